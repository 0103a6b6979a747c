"""VGG16 in half a page: a chain without a fork, folded into its five stages.

blockviz render VGG16 -o VGG16.pdf --weights imagenet --width 84mm
"""

import blockviz

summary = blockviz.summarize("VGG16", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"VGG16.{suffix}", width="84mm")
