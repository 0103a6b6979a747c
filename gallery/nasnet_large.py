"""NASNetLarge: 1041 layers, of which 18 normal cells and 4 reduction cells, each reading the last two outputs.

blockviz render NASNetLarge -o NASNetLarge.pdf --weights imagenet
"""

import blockviz

summary = blockviz.summarize("NASNetLarge", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"NASNetLarge.{suffix}")
