"""ResNet50 in a single column of a paper: one parametric block, with its projection shortcut as a variant.

blockviz render ResNet50 -o ResNet50-84mm.pdf --weights imagenet --width 84mm
"""

import blockviz

summary = blockviz.summarize("ResNet50", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"ResNet50-84mm.{suffix}", width="84mm")
