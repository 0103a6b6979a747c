"""RetinaNet: a feature pyramid on ResNet50; the two heads are called at five levels with the same weights.

blockviz render gallery/models/retinanet.json -o retinanet.pdf --title RetinaNet --page a4
"""

from pathlib import Path

import blockviz

model = Path(__file__).parent / "models/retinanet.json"
summary = blockviz.summarize(model, name="RetinaNet")
for suffix in ("svg", "pdf"):
    summary.save(f"retinanet.{suffix}", page="a4")
