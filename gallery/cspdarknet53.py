"""CSPDarknet53: five stages of one module, in which *n* residual units stand beside a short branch.

blockviz render gallery/models/cspdarknet53.json -o cspdarknet53.pdf --title CSPDarknet53 --page a4
"""

from pathlib import Path

import blockviz

model = Path(__file__).parent / "models/cspdarknet53.json"
summary = blockviz.summarize(model, name="CSPDarknet53")
for suffix in ("svg", "pdf"):
    summary.save(f"cspdarknet53.{suffix}", page="a4")
