#!/usr/bin/env python3
"""Properties that the tests ask of a sample, over all cases.

    python benchmarks/sweep.py [--every N] [SWEEP …]

backbones  every network of keras.applications is recognised in every form
pages      no page of a known network, the zoo or the gallery has a fault, at five sizes
layouts    the networks of the zoo get the layout that a person would give them
mutants    near misses of known networks get no name
sums       the rows of the tables of known networks sum to the published counts
copies     copies without a mark are isomorphic to the picture, in all networks of the zoo
noise      blocks that are planted in 4000 calls by chance are found
taps       inner tensors that are outputs add no boxes
growth     twice the size takes little more than twice the steps

``--every N`` takes every Nth case, from the first on. Exit status 1 if one fails.
"""

from __future__ import annotations

import argparse
import os
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("backbones", "outline", "page", "search", "structure", "tables")  # of tests whose names are imported
sys.path[:0] = [*(str(ROOT / "tests" / room) for room in ROOMS), *(str(ROOT / part) for part in ("tests", ""))]
os.environ.setdefault("BLOCKVIZ_STRICT", "1")  # a page with a false statement on it is an error

Case = tuple[str, Callable[[], list[str]]]  # what it is called, and what is wrong with it


def backbones() -> Iterator[Case]:
    from test_backbones import check, known

    from backbone_forms import FORMS
    from blockviz.backbones.catalogue import backbone_names

    def faults(name: str, form: str) -> list[str]:
        check(FORMS[form](known(name)))
        return []

    for name in backbone_names():
        for form in ("whole", "nested", "flattened", "renamed", "unet"):
            yield f"{name}, {form}", partial(faults, name, form)


def pages() -> Iterator[Case]:
    from test_page_by_place import SHEETS, ZOO
    from test_page_proof import FROM_ZOO, NETWORKS

    from blockviz.render import render
    from page.sheet_audit import sheet_faults
    from page.svg_reader import eye_faults
    from summaries import GALLERY_MODELS, gallery_summary, known_summary, zoo_summary

    def faults(make: Callable[[str], object], name: str, size: dict[str, str]) -> list[str]:
        page = make(name).page(**size)  # type: ignore[attr-defined]
        audited = page.sheets if make is gallery_summary else ()
        seen = eye_faults(render(page, "svg").decode("utf-8"))
        return [*seen, *(fault for sheet in audited for fault in sheet_faults(sheet))]

    known, zoo = sorted({*NETWORKS, "MobileNetV3Small"}), sorted({*ZOO, *FROM_ZOO})
    for make, names in ((known_summary, known), (zoo_summary, zoo), (gallery_summary, GALLERY_MODELS)):
        for name in names:
            for size in SHEETS:
                yield f"{name}, {size}", partial(faults, make, name, size)


def layouts() -> Iterator[Case]:
    from test_layout_choice import EXPECTED, layout

    from summaries import zoo_summary

    def faults(name: str, allowed: list[str]) -> list[str]:
        found = layout(zoo_summary(name))
        return [] if found in allowed else [f"{found}, a person: {' or '.join(allowed)}"]

    for name, allowed in EXPECTED["zoo"].items():
        yield name, partial(faults, name, allowed)


def mutants() -> Iterator[Case]:
    from test_backbones import MUTANTS, SAMPLE, named_mutants

    for name in SAMPLE:
        for kind in sorted(MUTANTS):
            yield f"{name}, {kind}", partial(named_mutants, name, kind)


def sums() -> Iterator[Case]:
    from test_tables import wrong_sums

    from blockviz.backbones.catalogue import backbone_names

    for name in backbone_names():
        yield name, partial(wrong_sums, name)


def copies() -> Iterator[Case]:
    from test_isomorphism import ZOO, strangers_in

    for path in ZOO:
        yield path.name.split(".")[0], partial(strangers_in, path)


def noise() -> Iterator[Case]:
    from test_finding import missing_of_planted

    yield "120 blocks in 4000 calls", partial(missing_of_planted, 40)


def taps() -> Iterator[Case]:
    from test_finding import TAPPED, TAPS, boxes_of_taps

    for name in TAPPED:
        for count, seed in TAPS:
            yield f"{name}, {count} taps", partial(boxes_of_taps, name, count, seed)


def growth() -> Iterator[Case]:
    from test_superlinear import GROWTH, steep

    for name, (_, size, _) in GROWTH.items():
        yield f"{name}, {2 * size} and {4 * size}", partial(steep, name, 2 * size)


SWEEPS = {each.__name__: each for each in (backbones, pages, layouts, mutants, sums, copies, noise, taps, growth)}
MOST = {"layouts": 0.03}  # share of cases that may fail: what a person would do is no proof


def run(name: str, every: int) -> bool:
    """Run a sweep and say what fails; gives whether it holds."""
    start, failed, cases = time.process_time(), 0, list(SWEEPS[name]())[::every]
    for label, faults in cases:
        try:
            found = faults()
        except Exception as error:
            found = [f"{type(error).__name__}: {error}"]
        failed += bool(found)
        for fault in found:
            print(f"{name}: {label}: {fault}", file=sys.stderr)
    print(
        f"{name:10} {len(cases):5} cases, {failed:3} fail, {time.process_time() - start:6.1f} s of processor",
        flush=True,
    )
    return failed <= MOST.get(name, 0.0) * len(cases)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sweeps", nargs="*", metavar="SWEEP", help=", ".join(SWEEPS))
    parser.add_argument("--every", type=int, default=1, metavar="N")
    options = parser.parse_args()
    if strange := sorted({*options.sweeps} - {*SWEEPS}):
        parser.error(f"there is no sweep {strange[0]}; there are {', '.join(SWEEPS)}")
    with tempfile.TemporaryDirectory() as folder:
        os.environ.setdefault("BLOCKVIZ_TEST_SUMMARIES", folder)
        held = [run(name, options.every) for name in options.sweeps or SWEEPS]
    return 0 if all(held) else 1


if __name__ == "__main__":
    sys.exit(main())
