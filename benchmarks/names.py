"""How many repeated block types bear a name of the field: the share of those whose name only says what they do.

    python benchmarks/names.py [--at-most 0.1] [--rows] [NAME …]

The networks of the zoo and the gallery's opened ones. A type is repeated where it has two copies or more and a letter.
Rows are printed for the networks whose name has an even hash (see objective.py): the others are only counted. Exit
status 1 where the share is higher; a block that no paper names counts as well.
"""

from __future__ import annotations

import argparse
import gzip
import json
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from blockviz import summarize
from blockviz.ir import LayerGraph
from blockviz.ir.packed_json import unpack
from blockviz.outline.model import Definition
from objective import is_sealed

ROOT = Path(__file__).parents[1]
OPENED = [*(ROOT / "gallery/inside").glob("*.json.gz"), *(ROOT / "gallery/models").glob("*.json")]


def networks(names: list[str]) -> Iterator[tuple[str, bool, Path]]:
    """Name, whether its rows stay unseen, and the file."""
    zoo = sorted((ROOT / "tests/zoo_models").glob("*.json.gz"))
    for path in [*zoo, *sorted(OPENED)]:
        name = path.name.partition(".")[0] if path not in zoo else path.name.removesuffix(".json.gz")
        if not names or name in names:
            yield name, path in zoo and is_sealed(name), path


def repeated_types(model: Path, folder: Path) -> list[Definition]:
    """The lettered types of a network of which there are several."""
    source: LayerGraph | Path = model
    if ".graph." in model.name:  # opened, and stored as a graph
        source = unpack(json.loads(gzip.decompress(model.read_bytes())))
    elif model.suffix == ".gz":
        source = folder / "model.json"
        source.write_bytes(gzip.decompress(model.read_bytes()))
    return [found for found in summarize(source).outline.definitions if found.letter and found.count > 1]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--at-most", type=float, default=1.0)
    parser.add_argument("--rows", action="store_true")
    asked = parser.parse_args()
    counts = {False: [0, 0], True: [0, 0]}
    with tempfile.TemporaryDirectory() as folder:
        for name, sealed, model in networks(asked.names):
            types = repeated_types(model, Path(folder))
            generic = [found for found in types if found.source == "structure"]
            counts[sealed][0] += len(generic)
            counts[sealed][1] += len(types)
            if asked.rows and not sealed and generic:
                print(f"{name}: " + "; ".join(f"{found.letter} {found.name} ×{found.count}" for found in generic))
    for sealed, (generic_types, all_types) in counts.items():
        print(f"{'sealed' if sealed else 'tuned'}: {generic_types} of {all_types} repeated types without a name")
    share = sum(pair[0] for pair in counts.values()) / max(sum(pair[1] for pair in counts.values()), 1)
    print(f"{share:.3f}")
    return 0 if share <= asked.at_most else 1


if __name__ == "__main__":
    sys.exit(main())
