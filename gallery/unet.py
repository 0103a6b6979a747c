"""A U-Net on a ResNet50 encoder: the encoder is one box, with the five inner tensors that the decoder reads.

blockviz render gallery/models/unet.json -o unet.pdf --title "U-Net on ResNet50" --collapse-backbone --width 174mm
    --direction right
"""

from pathlib import Path

import blockviz

model = Path(__file__).parent / "models/unet.json"
summary = blockviz.summarize(model, collapse_backbone=True, name="U-Net on ResNet50")
for suffix in ("svg", "pdf"):
    summary.save(f"unet.{suffix}", width="174mm", direction="right")
