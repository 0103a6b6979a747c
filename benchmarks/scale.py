#!/usr/bin/env python3
"""Time and memory of a summary against the number of nodes, with the fitted exponent.

    python benchmarks/scale.py [--kinds repeated,noise,nested] [--sizes 1000,…]

Each graph is summarised in a process of its own, so the peak memory is its own.
"""

from __future__ import annotations

import argparse
import gc
import json
import math
import resource
import subprocess
import sys
import time
from collections.abc import Sequence

from synthetic import KINDS

SIZES = "1000,3000,10000,30000,100000"


def one(kind: str, size: int) -> dict[str, float]:
    from blockviz.pipeline import summarize

    graph = KINDS[kind](size)
    gc.disable()  # as the command does
    start = time.process_time()  # steadier than wall time where the machine is busy; nothing here waits
    summarize(graph)
    seconds = time.process_time() - start
    return {
        "nodes": len(graph),
        "seconds": seconds,
        "megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def exponent(sizes: Sequence[float], seconds: Sequence[float]) -> float:
    """Slope of the least-squares line through (log size, log seconds)."""
    xs, ys = [math.log(x) for x in sizes], [math.log(y) for y in seconds]
    mean_x, mean_y = sum(xs) / len(xs), sum(ys) / len(ys)
    rise = sum((x - mean_x) * (y - mean_y) for x, y in zip(xs, ys, strict=True))
    return rise / sum((x - mean_x) ** 2 for x in xs)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kinds", default=",".join(KINDS))
    parser.add_argument("--sizes", default=SIZES)
    parser.add_argument("--one", nargs=2, metavar=("KIND", "SIZE"), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(one(options.one[0], int(options.one[1]))))
        return 0
    for kind in options.kinds.split(","):
        rows = []
        for size in options.sizes.split(","):
            command = [sys.executable, __file__, "--one", kind, size]
            rows.append(json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout))
            row = rows[-1]
            print(f"{kind:9} {row['nodes']:7} nodes  {row['seconds']:7.2f} s  {row['megabytes']:6.0f} MB", flush=True)
        if len(rows) > 1:
            slope = exponent([row["nodes"] for row in rows], [row["seconds"] for row in rows])
            print(f"{kind:9} time grows as nodes^{slope:.2f}", flush=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
