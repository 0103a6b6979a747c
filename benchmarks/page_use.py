"""How much of a figure's page carries ink: the mean over the networks of the zoo, drawn as large as they need.

    python benchmarks/page_use.py [--at-least 0.6] [NAME …]

Exit status 1 where the mean is lower. Ink is counted in cells of 12 points, see gallery/audit.py.
"""

from __future__ import annotations

import argparse
import gzip
import sys
import tempfile
from pathlib import Path

from blockviz import summarize

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT / "gallery"))

from audit import page_use  # noqa: E402


def ink_of(name: str, folder: Path) -> float:
    """The share of cells with ink on the page of a network of the zoo."""
    model = folder / f"{name}.json"
    model.write_bytes(gzip.decompress((ROOT / "tests/zoo_models" / f"{name}.json.gz").read_bytes()))
    page = folder / f"{name}.pdf"
    summarize(model).save(page)
    return page_use(page).ink


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--at-least", type=float, default=0.0)
    asked = parser.parse_args()
    names = asked.names or [path.name.split(".json")[0] for path in sorted((ROOT / "tests/zoo_models").glob("*.gz"))]
    with tempfile.TemporaryDirectory() as folder:
        found = {name: ink_of(name, Path(folder)) for name in names}
    for name, ink in sorted(found.items(), key=lambda pair: pair[1]):
        print(f"{ink:.2f}  {name}")
    mean = sum(found.values()) / len(found)
    print(f"{mean:.2f}  mean")
    return 0 if mean >= asked.at_least else 1


if __name__ == "__main__":
    sys.exit(main())
