"""ConvNeXtTiny on US Letter: 3, 3, 9 and 3 blocks at four widths.

blockviz render ConvNeXtTiny -o ConvNeXtTiny.pdf --weights imagenet --page letter
"""

import blockviz

summary = blockviz.summarize("ConvNeXtTiny", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"ConvNeXtTiny.{suffix}", page="letter")
