#!/usr/bin/env python3
"""Properties that the tests ask of a sample, over all cases.

    python benchmarks/sweep.py [--every N] [SWEEP …]

backbones  every network of keras.applications is recognised in every form, and cut off at ends of its blocks
pages      no page of a known network, the zoo or the gallery has a fault, at five sizes
figures    no published figure has a fault, and every network of gallery/inside is one page that prints
commands   what the gallery says can be typed draws its figures
wires      on overviews of branched networks every wire is drawn and runs around boxes, under any hash seed
contract   pages of all sizes and directions hold what stands on them
passes     each pass keeps the three invariants, in all networks of the zoo
planted    blocks that are planted in random networks are found
blocks     all repeats of those networks of the zoo are found that once were
shapes     inferred shapes are those that Keras computed, in all networks of the zoo
layouts    the networks of the zoo get the layout that a person would give them
mutants    near misses of known networks get no name
sums       the rows of the tables of known networks sum to the published counts
copies     copies without a mark are isomorphic to the picture, in all networks of the zoo
noise      blocks that are planted in 4000 calls by chance are found, and none where none is planted
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
from contextlib import chdir
from functools import partial
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
ROOMS = ("backbones", "outline", "page", "passes", "search", "shapes", "structure", "tables")  # of tests imported
PARTS = (*(f"tests/{room}" for room in ROOMS), "gallery", "gallery/inside", "tests", "")
sys.path[:0] = [str(ROOT / part) for part in PARTS]
os.environ.setdefault("BLOCKVIZ_STRICT", "1")  # a page with a false statement on it is an error

Case = tuple[str, Callable[[], list[str]]]  # what it is called, and what is wrong with it


def backbones() -> Iterator[Case]:
    from test_backbones import SAMPLE, check, cut_at_ends, known

    from backbone_forms import FORMS
    from blockviz.backbones.catalogue import backbone_names

    for name in backbone_names():
        for form in sorted(FORMS) if name in SAMPLE else ("whole", "nested", "flattened", "renamed", "unet"):
            yield f"{name}, {form}", lambda name=name, form=form: held(check, FORMS[form](known(name)))
    for name in SAMPLE:
        yield f"{name}, cut", partial(held, cut_at_ends, name)


def held(check: Callable[..., object], *given: object) -> list[str]:
    """Ask a test that raises where something is wrong."""
    check(*given)
    return []


def pages() -> Iterator[Case]:
    from test_page_by_place import SHEETS, ZOO
    from test_page_proof import FROM_ZOO, NETWORKS
    from test_values_proof import LETTERED

    from blockviz.render import render
    from page.sheet_audit import sheet_faults
    from page.svg_reader import eye_faults
    from summaries import GALLERY_MODELS, gallery_summary, known_summary, zoo_summary

    def faults(make: Callable[[str], object], name: str, size: dict[str, str]) -> list[str]:
        page = make(name).page(**size)  # type: ignore[attr-defined]
        audited = page.sheets if make is gallery_summary else ()
        seen = eye_faults(render(page, "svg").decode("utf-8"))
        return [*seen, *(fault for sheet in audited for fault in sheet_faults(sheet))]

    known, zoo = sorted({*NETWORKS, "MobileNetV3Small"}), sorted({*ZOO, *FROM_ZOO, *LETTERED})
    for make, names in ((known_summary, known), (zoo_summary, zoo), (gallery_summary, GALLERY_MODELS)):
        for name in names:
            for size in SHEETS:
                yield f"{name}, {size}", partial(faults, make, name, size)


def figures() -> Iterator[Case]:
    from test_inside import STORED, faults_on_paper
    from test_page_by_place import PUBLISHED

    from page.svg_reader import eye_faults

    def printed(name: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder:
            return faults_on_paper(name, Path(folder))

    for path in PUBLISHED:
        yield path.stem, lambda path=path: eye_faults(path.read_text("utf-8"))
    for name in STORED:
        yield name, partial(printed, name)


def commands() -> Iterator[Case]:
    import make
    from test_gallery import draw_by_command

    def faults(name: str) -> list[str]:
        with tempfile.TemporaryDirectory() as folder, chdir(ROOT):
            return held(draw_by_command, name, Path(folder))

    for name in make.SCRIPTS:
        yield name, partial(faults, name)


def wires() -> Iterator[Case]:
    from test_page_overview import BRANCHED, draw_every_wire, draw_under_another_hash_seed

    for name in BRANCHED:
        yield name, partial(held, draw_every_wire, name)
        yield f"{name}, another seed", partial(held, draw_under_another_hash_seed, name)


def contract() -> Iterator[Case]:
    from test_page_compose import KINDS, keep_the_contract

    import outlines

    for outline in outlines.ALL:
        for kind in KINDS:
            yield f"{outline}, {' '.join(kind)}", partial(held, keep_the_contract, outline, *kind)


def passes() -> Iterator[Case]:
    from test_passes import keep_the_invariants

    from blockviz.backbones.catalogue import backbone_graph
    from graphs import zoo
    from samples import smallest_of_each_paper

    for name in smallest_of_each_paper():
        yield name, lambda name=name: held(keep_the_invariants, backbone_graph(name))
    for name in zoo_names():
        yield name, lambda name=name: held(keep_the_invariants, zoo(name))


def planted() -> Iterator[Case]:
    from test_passes import find_planted

    for seed in range(200):
        yield str(seed), partial(held, find_planted, seed)


def blocks() -> Iterator[Case]:
    from test_papers import SOLVED, score_fully

    for name in SOLVED:
        yield name, partial(held, score_fully, name)


def shapes() -> Iterator[Case]:
    from test_shapes import ZOO, differing_in

    for path in ZOO:
        yield path.name.split(".")[0], partial(differing_in, path)


def zoo_names() -> list[str]:
    from graphs import ZOO

    return sorted(path.name.split(".")[0] for path in ZOO.glob("*.json.gz"))


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
    from test_finding import found_by_chance, missing_of_planted

    yield "120 blocks in 4000 calls", partial(missing_of_planted, 40)
    yield "4000 calls", partial(found_by_chance, 4000)


def taps() -> Iterator[Case]:
    from test_finding import TAPPED, TAPS, boxes_of_taps

    for name in TAPPED:
        for count, seed in TAPS:
            yield f"{name}, {count} taps", partial(boxes_of_taps, name, count, seed)


def growth() -> Iterator[Case]:
    from test_superlinear import GROWTH, steep

    for name, (_, size, _) in GROWTH.items():
        yield f"{name}, {2 * size} and {4 * size}", partial(steep, name, 2 * size)


SWEEPS = {
    each.__name__: each
    for each in (backbones, pages, figures, commands, wires, contract, passes, planted, blocks, shapes, layouts,
                 mutants, sums, copies, noise, taps, growth)
}  # fmt: skip
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
