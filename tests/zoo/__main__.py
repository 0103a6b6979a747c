"""``python -m zoo MODELS TRUTHS [NAME …]``: write the (gzipped) configurations and truth files of the networks."""

from __future__ import annotations

import sys

from . import NETWORKS, write

models, truths, *names = sys.argv[1:]
for name in names or NETWORKS:
    write(name, models, truths)
    print(name, flush=True)
