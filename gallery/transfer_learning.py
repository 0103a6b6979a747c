"""Transfer learning as a strip: the frozen backbone is one box; in light and dark.

blockviz render gallery/models/transfer_learning.json -o transfer.pdf --title "Transfer learning"
    --collapse-backbone --weights imagenet --width 174mm --direction right
blockviz render gallery/models/transfer_learning.json -o transfer-dark.pdf --title "Transfer learning"
    --collapse-backbone --weights imagenet --width 174mm --direction right --theme dark
"""

from pathlib import Path

import blockviz

model = Path(__file__).parent / "models/transfer_learning.json"
summary = blockviz.summarize(model, collapse_backbone=True, weights="imagenet", name="Transfer learning")
for suffix in ("svg", "pdf"):
    summary.save(f"transfer.{suffix}", width="174mm", direction="right")
    summary.save(f"transfer-dark.{suffix}", width="174mm", direction="right", theme="dark")
