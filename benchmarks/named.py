"""How often a block bears the word that its author would say, in networks that were written before they were read.

    python benchmarks/named.py [--rows] [NAME …]

The networks stand in `tests/named`. A repeated type is named right, by a word that any row of such layers bears (MLP),
by its layers' names, only by what it does, or falsely. Rows are printed for the networks whose name has an even hash
(see objective.py): the others are only counted.
"""

from __future__ import annotations

import argparse
import importlib
import re
import sys
from collections import Counter
from pathlib import Path

from blockviz import summarize
from blockviz.outline.model import Definition
from blockviz.structure.block_patterns import block_patterns
from objective import is_sealed

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))


def verdict(found: Definition, right: frozenset[str]) -> str:
    """What a type's name is worth: ``right``, ``wide``, ``layers``, ``generic`` or ``false``."""
    name = re.sub(r" \d+$", "", found.name)
    if name in right or _names_each(name, right):
        return "right"
    if any(pattern.wide and pattern.name == name for pattern in block_patterns()):
        return "wide"
    return {"structure": "generic", "layer names": "layers"}.get(found.source, "false")


def _names_each(name: str, right: frozenset[str]) -> bool:
    """Whether a row of blocks is named by words each of which is right: ``Basic blocks and transition``."""
    parts = [part.removesuffix("s") for part in name.lower().split(" and ")]
    return set(parts) <= {word.lower() for word in right}


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--rows", action="store_true")
    asked = parser.parse_args()
    networks = importlib.import_module("named").all_networks()
    counts: dict[bool, Counter[str]] = {False: Counter(), True: Counter()}
    for name in asked.names or networks:
        build, right = networks[name]
        types = [found for found in summarize(build()).outline.definitions if found.letter and found.count > 1]
        for found in types:
            said = verdict(found, right)
            counts[is_sealed(name)][said] += 1
            if asked.rows and said != "right" and not is_sealed(name):
                print(f"{name}: {found.letter} {found.name} ×{found.count} is {said}")
    for sealed, found_counts in counts.items():
        told = ", ".join(f"{count} {said}" for said, count in sorted(found_counts.items()))
        print(f"{'sealed' if sealed else 'tuned'}: {told} of {found_counts.total()} repeated types")
    return 0


if __name__ == "__main__":
    sys.exit(main())
