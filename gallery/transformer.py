"""The base model of "Attention is all you need": six encoder and six decoder layers, with masks into every layer.

blockviz render gallery/models/transformer.json -o transformer.pdf --title Transformer --width 174mm
"""

from pathlib import Path

import blockviz

model = Path(__file__).parent / "models/transformer.json"
summary = blockviz.summarize(model, name="Transformer")
for suffix in ("svg", "pdf"):
    summary.save(f"transformer.{suffix}", width="174mm")
