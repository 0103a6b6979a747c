"""A slide of 16:9 with large type: MobileNetV2.

blockviz render MobileNetV2 -o MobileNetV2-slide.pdf --weights imagenet --page slide --theme slides
"""

import blockviz

summary = blockviz.summarize("MobileNetV2", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"MobileNetV2-slide.{suffix}", page="slide", theme="slides")
