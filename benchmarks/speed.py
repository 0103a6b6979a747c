#!/usr/bin/env python3
"""A cold `blockviz render` against `keras.utils.plot_model` from the same file, and against the floor.

    python benchmarks/speed.py [--model InceptionResNetV2] [--repeat 7] [--file MODEL.keras]

The floor starts Python, imports networkx and pygraphviz, reads the same config.json, lays out 25 boxes and
writes a PDF. All three run in processes of their own, in turn; times are medians, memory is the peak.
Last it prints what the modules of each room cost a render to import, and what `--help` costs.
A first run that does not count writes blockviz' bytecode where it is missing: pip does so when it installs.
`plot_model` needs TensorFlow, pydot and a `dot` on the path.
"""

from __future__ import annotations

import argparse
import os
import re
import statistics
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

SAVE = "import sys, keras; getattr(keras.applications, sys.argv[1])(weights=None).save(sys.argv[2])"
PLOT = """
import sys, keras
model = keras.saving.load_model(sys.argv[1], compile=False)
keras.utils.plot_model(model, to_file=sys.argv[2], show_shapes=True)
"""
HELP = """
import runpy, sys
target, sys.argv[1:] = sys.argv[1], ["--help"]
sys.stdout = open(target, "w")
runpy.run_module("blockviz", run_name="__main__")
"""
FLOOR = """
import json, sys, zipfile
import networkx, pygraphviz
config = json.loads(zipfile.ZipFile(sys.argv[1]).read("config.json"))
graph = pygraphviz.AGraph(directed=True)
names = [layer["config"]["name"] for layer in config["config"]["layers"][:25]]
for a, b in zip(names, names[1:]):
    graph.add_edge(a, b)
graph.node_attr["shape"] = "box"
graph.layout("dot")
graph.draw(sys.argv[2], format="pdf")
"""


ROOMS = 3  # imports of which the fastest counts


@dataclass(frozen=True)
class Measured:
    """Wall seconds, processor seconds (steadier where the machine is busy), peak memory of the largest process."""

    seconds: float
    processor: float
    megabytes: float


def run(command: list[str], target: Path) -> Measured:
    """Run a command that must write ``target``."""
    target.unlink(missing_ok=True)
    start = time.perf_counter()
    with tempfile.TemporaryFile() as log:
        process = subprocess.Popen(command, stdout=log, stderr=log)
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        seconds = time.perf_counter() - start
        if process.returncode or not target.exists():
            log.seek(0)
            raise SystemExit(f"{command[0]} failed: {log.read().decode()[-2000:]}")
    return Measured(seconds, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def median(runs: list[Measured]) -> Measured:
    return Measured(
        statistics.median(each.seconds for each in runs),
        statistics.median(each.processor for each in runs),
        max(each.megabytes for each in runs),
    )


def imports(render: list[str], target: Path) -> dict[str, float]:
    """Milliseconds by room that a render spends on importing its modules, what these import in turn apart."""
    best: dict[str, float] = {}
    for _ in range(ROOMS):
        target.unlink(missing_ok=True)
        done = subprocess.run(
            [sys.executable, "-X", "importtime", "-m", "blockviz", *render], capture_output=True, text=True, check=True
        )
        rooms: dict[str, float] = {}
        for own, name in re.findall(r"^import time:\s+(\d+) \|\s+\d+ \|\s+(\S+)$", done.stderr, re.MULTILINE):
            first, _, rest = name.partition(".")
            room = f"blockviz.{rest.partition('.')[0]}".rstrip(".") if first == "blockviz" else first
            room = room if first in ("blockviz", "networkx", "pygraphviz") else "standard library and the rest"
            rooms[room] = rooms.get(room, 0.0) + int(own) / 1000
        best = min(best or rooms, rooms, key=lambda one: sum(one.values()))
    return best


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model", default="InceptionResNetV2")
    parser.add_argument("--repeat", type=int, default=7)
    parser.add_argument("--file", type=Path, help="a saved model, instead of building one")
    options = parser.parse_args()
    os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "3")
    os.environ.setdefault("CUDA_VISIBLE_DEVICES", "")
    os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
    with tempfile.TemporaryDirectory() as folder:
        model = options.file or Path(folder, f"{options.model}.keras")
        if not model.exists():
            run([sys.executable, "-c", SAVE, options.model, str(model)], model)
        target = Path(folder, "figure.pdf")
        render = [str(Path(sys.executable).with_name("blockviz")), "render", str(model), "-o", str(target)]
        run(render, target)
        floor_runs, render_runs = [], []
        for _ in range(options.repeat):
            floor_runs.append(run([sys.executable, "-c", FLOOR, str(model), str(target)], target))
            render_runs.append(run(render, target))
        rooms = imports(render[1:], target)
        helped = median([run([sys.executable, "-c", HELP, str(target)], target) for _ in range(options.repeat)])
        floor, ours = median(floor_runs), median(render_runs)
        plot = median([run([sys.executable, "-c", PLOT, str(model), str(target)], target) for _ in range(2)])
        size = model.stat().st_size / 1e6
    print(f"{model.name}, {size:.0f} MB, cold processes, median of {options.repeat} (plot_model: of 2)")
    for name, each in (("floor", floor), ("blockviz render", ours), ("keras plot_model", plot)):
        print(f"  {name:18} {each.seconds:7.3f} s  {each.processor:7.3f} s of processor  {each.megabytes:6.0f} MB")
    for name, above, below in (("blockviz / floor", ours, floor), ("plot_model / blockviz", plot, ours)):
        ratios = (above.seconds / below.seconds, above.processor / below.processor, above.megabytes / below.megabytes)
        print("  {:22} {:.2f} in time, {:.2f} in processor time, {:.2f} in memory".format(name, *ratios))
    print(f"  --help: {helped.processor:.3f} s of processor")
    print(
        "  imports: "
        + ", ".join(f"{room} {cost:.1f} ms" for room, cost in sorted(rooms.items(), key=lambda one: -one[1]))
    )
    met = ours.processor <= 1.6 * floor.processor and ours.megabytes <= 150 and helped.processor < 0.15
    print("  " + ("met" if met else "NOT met") + ": at most 1.6 times the floor, 150 MB, 0.15 s for --help")
    return 0 if met else 1


if __name__ == "__main__":
    sys.exit(main())
