"""InceptionResNetV2 on A4, in colour and for a grey print: ten, twenty and ten blocks found in a flat graph.

blockviz render InceptionResNetV2 -o InceptionResNetV2.pdf --weights imagenet
blockviz render InceptionResNetV2 -o InceptionResNetV2-grey.pdf --weights imagenet --theme grey
"""

import blockviz

summary = blockviz.summarize("InceptionResNetV2", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"InceptionResNetV2.{suffix}")
    summary.save(f"InceptionResNetV2-grey.{suffix}", theme="grey")
