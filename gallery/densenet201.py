"""DenseNet201: four dense blocks of 6, 12, 48 and 32 layers with transitions between them.

blockviz render DenseNet201 -o DenseNet201.pdf --weights imagenet
"""

import blockviz

summary = blockviz.summarize("DenseNet201", weights="imagenet")
for suffix in ("svg", "pdf"):
    summary.save(f"DenseNet201.{suffix}")
