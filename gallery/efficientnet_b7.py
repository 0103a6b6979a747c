"""EfficientNetB7: 816 layers, nearly all of them in 55 copies of one inverted residual block.

blockviz render EfficientNetB7 -o EfficientNetB7.pdf --weights imagenet
"""

import blockviz

summary = blockviz.summarize("EfficientNetB7", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"EfficientNetB7.{suffix}")
