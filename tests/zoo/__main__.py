"""``python -m zoo MODELS TRUTHS [NAME …]``: write the (gzipped) configurations and truth files of the networks.

Without a name all are written, and ``made_of.json``: what they were made of. With names that record is written, too, if
all others in it still hold.
"""

from __future__ import annotations

import json
import sys

from . import MADE_OF, NETWORKS, record, write

models, truths, *names = sys.argv[1:]
for name in names or NETWORKS:
    write(name, models, truths)
    print(name, flush=True)
old, new = json.loads(MADE_OF.read_text("utf-8")) if names else {}, record()
stale = [name for name, digest in new["networks"].items() if names and name not in names
         and (old["networks"].get(name), old["keras"]) != (digest, new["keras"])]  # fmt: skip
if stale:
    sys.exit(f"also made by changed code, or by another Keras: {' '.join(stale)}")
MADE_OF.write_text(json.dumps(new, indent=0) + "\n", "utf-8")
