"""Recall of known networks by form, and false names by kind of near miss.

    python benchmarks/backbones.py [NAME …] [--cuts N] [--mutants N]

All forms and near misses are made from the catalogue (`tests/backbone_forms.py`); no Keras, no
weights. Prints one line per form and kind, then what went wrong, then the slowest recognition.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
sys.path.insert(0, str(Path(__file__).parent.parent))

from backbone_forms import FORMS, MUTANTS, Case, Network, cut_cases, network, two_networks
from blockviz.backbones.catalogue import backbone_graph, backbone_names
from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.ir import Composite, verify
from blockviz.passes.collapse_backbones import CollapseBackbones


@dataclass
class Tally:
    """What was right of how many, what was wrong, and the slowest recognition (CPU seconds, name)."""

    right: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    seen: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    wrong: list[str] = field(default_factory=list)
    slowest: tuple[float, str] = (0.0, "")

    def add(self, form: str, right: bool, what: str) -> None:
        self.seen[form] += 1
        self.right[form] += right
        if not right:
            self.wrong.append(f"{form}: {what}")

    def recognise(self, config: dict[str, Any], what: str) -> list[Composite]:
        graph = graph_from_config(config)
        start = time.process_time()
        out = CollapseBackbones()(graph)
        self.slowest = max(self.slowest, (time.process_time() - start, what))
        verify(out, graph)
        return [item for item in out.items() if isinstance(item, Composite)]


def cases(net: Network, other: Network, cuts: int) -> Iterator[Case]:
    for make in FORMS.values():
        yield make(net)
    yield two_networks(net, other)
    net.cuts = net.cuts[:: max(1, len(net.cuts) // cuts)] if cuts else []
    yield from cut_cases(net)


def judge(case: Case, net: Network, tally: Tally) -> None:
    infos = [block.network for block in tally.recognise(case.config, f"{net.name} {case.form}")]
    found = [f"{info.title} [{info.form}, {len(info.taps)} taps]" for info in infos]
    right = [info.cut_at for info in infos] == [case.cut_at] * len(case.names)
    # Networks of a family begin alike: a cut in the shared part is rightly named after the smallest.
    right = right and (case.cut_at is not None or sorted(info.name for info in infos) == sorted(case.names))
    right = right and (case.kind is None or {info.form for info in infos} == {case.kind})
    right = right and (case.taps is None or len(infos[0].taps) == case.taps)
    tally.add(case.form, right, f"{net.name} {case.cut_at or ''} found {found}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("names", nargs="*")
    parser.add_argument("--cuts", type=int, default=6, help="places to cut each network at, three heads each")
    parser.add_argument("--mutants", type=int, default=6, help="near misses of each kind and network")
    options = parser.parse_args()
    names = options.names or list(backbone_names())
    recall, false = Tally(), Tally()
    for name in names:
        net = network(name, backbone_graph(name))
        other = "ResNet50" if name == "VGG16" else "VGG16"
        for case in cases(net, network(other, backbone_graph(other)), options.cuts):
            judge(case, net, recall)
        for kind, make in MUTANTS.items():
            for number, mutant in enumerate(make(net, options.mutants)):
                titles = [block.network.title for block in false.recognise(mutant.config(), f"{name} {kind}")]
                false.add(kind, not titles, f"{name} number {number} was called {titles}")
        print(name, end=" ", flush=True)
    print("\n\nrecognised")
    for form, seen in recall.seen.items():
        print(f"  {form:32} {recall.right[form]:5} of {seen}")
    print("near misses with a name")
    for kind, seen in false.seen.items():
        print(f"  {kind:32} {seen - false.right[kind]:5} of {seen}")
    for line in recall.wrong + false.wrong:
        print("!", line)
    slowest = max(recall.slowest, false.slowest)
    print(f"slowest: {slowest[0]:.3f} s of CPU ({slowest[1]})")


if __name__ == "__main__":
    main()
