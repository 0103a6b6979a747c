#!/usr/bin/env python3
"""What the one objective says: of the true drawing beside the one found, and what each price, convention and way
to search carries.

    python benchmarks/objective.py [NAME …]              the length of the found drawing and of the paper's
    python benchmarks/objective.py --ablation [NAME …]   F1 and exact counts without each price, convention and way

Where the true drawing is shorter, the search has missed it; where it is longer, a price is wrong. ``-`` stands for a
true drawing whose copies are no convex sets of the items that the search sees. The sealed half of the zoo (an odd hash
of the name) is only summed up.
"""

from __future__ import annotations

import argparse
import dataclasses
import hashlib
import json
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from blockviz.errors import VerifyError
from blockviz.frontends import read_model
from blockviz.ir import Block, BlockType, Fold, LayerGraph, contract, item_leaves
from blockviz.outline.build import survey
from blockviz.pipeline import DEFAULT_PASSES, run_passes
from blockviz.search.conventions import CONVENTIONS
from blockviz.search.description_length import description_length
from blockviz.search.find_blocks import FindBlocks
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.search.ways import WAYS
from blockviz.summary import Summary
from score import score
from score_blocks import found_entries, networks

_AT = next(number for number, step in enumerate(DEFAULT_PASSES) if isinstance(step, FindBlocks))


def is_sealed(name: str) -> bool:
    """Whether a network may be scored, but not looked at."""
    return int(hashlib.sha1(name.encode()).hexdigest(), 16) % 2 == 1


def prepared(model: str) -> LayerGraph:
    """The graph as the search sees it."""
    return run_passes(read_model(model), DEFAULT_PASSES[:_AT])


def true_drawing(graph: LayerGraph, stages: Sequence[dict[str, Any]]) -> LayerGraph:
    """The graph with the paper's copies contracted, one type a name of a block.

    Raises
    ------
    VerifyError : a copy is no convex set of items.
    """
    owner = {node.layer.name: item.id for item in graph.items() for node in item_leaves(item)}
    at = {name: position for position, name in enumerate(graph)}
    folds, taken, types = [], set[str](), dict(graph.types)
    for stage in stages:
        if stage.get("repeats", 0) < 2 or stage.get("optional"):
            continue
        key = str(stage.get("block") or stage["name"])
        types[key] = BlockType(key)
        for layers in stage["layers"]:
            members = sorted({owner[name] for name in layers if name in owner} - taken, key=at.__getitem__)
            if len(members) > 1:
                taken.update(members)
                folds.append(Fold(members, _maker(key, members[0])))
    out = contract(graph, folds)
    out.graph["types"] = types
    return out


def _maker(key: str, first: str) -> Any:
    return lambda body: Block(f"{key}:{first}", body, key)


def lengths(names: Sequence[str]) -> Iterator[tuple[str, str, float, float | None]]:
    """(group, name, length of the found drawing, length of the true one)."""
    with tempfile.TemporaryDirectory() as folder:
        for group, name, path, model in networks(names, Path(folder)):
            graph, truth = prepared(model), json.loads(path.read_text(encoding="utf-8"))
            found = description_length(FindBlocks()(graph), Prices(), Interner())
            try:
                true = description_length(true_drawing(graph, truth["stages"]), Prices(), Interner())
            except VerifyError:
                true = None
            yield group, name, found, true


def scores(names: Sequence[str], find: FindBlocks) -> dict[str, list[tuple[float, float]]]:
    """Per half of the zoo (and keras.applications), F1 and exact counts of each network in its best reading."""
    found: dict[str, list[tuple[float, float]]] = {}
    with tempfile.TemporaryDirectory() as folder:
        for group, name, path, model in networks(names, Path(folder)):
            source = read_model(model)
            passes = [find if isinstance(step, FindBlocks) else step for step in DEFAULT_PASSES]
            graph = run_passes(source, passes)
            report = Summary(graph, source, survey(graph, source, None, {})).to_dict()
            _, best = score(json.loads(path.read_text(encoding="utf-8")), found_entries(report))
            if best is not None:
                half = group if group != "zoo" else "sealed" if is_sealed(name) else "tuned"
                found.setdefault(half, []).append((best.f1, best.count))
    return found


def verdict_on(found: float, true: float | None) -> str:
    """What is at fault where the two drawings differ by more than half a box."""
    if true is None:
        return "not drawable"
    return "" if abs(true - found) <= 0.5 else "search" if true < found else "price"


def print_lengths(names: Sequence[str]) -> None:
    missed = {"search": 0, "price": 0, "not drawable": 0}
    for group, name, found, true in lengths(names):
        verdict = verdict_on(found, true)
        if verdict:
            missed[verdict] += 1
        if group != "zoo" or not is_sealed(name):
            print(f"{name:24} found {found:7.2f}  true {'-' if true is None else format(true, '7.2f'):>7}  {verdict}")
    print(", ".join(f"{verdict}: {count}" for verdict, count in missed.items()))


def print_ablation(names: Sequence[str]) -> None:
    ways = [("nothing", FindBlocks())]
    left_out = [each.name for each in CONVENTIONS] + [each.name for each in WAYS] + ["reparse", "small"]
    ways += [(name, FindBlocks(without=frozenset((name,)))) for name in left_out]
    fields = [field.name for field in dataclasses.fields(Prices)]
    ways += [(price, FindBlocks(prices=dataclasses.replace(Prices(), **{price: 0.0}))) for price in fields]
    for name, find in ways:
        for half, rows in scores(names, find).items():
            f1, count = (sum(column) / len(rows) for column in zip(*rows, strict=True))
            print(f"without {name:18} {half:20} F1 {f1:.4f} count {count:.4f} of {len(rows)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--ablation", action="store_true")
    options = parser.parse_args()
    (print_ablation if options.ablation else print_lengths)(options.names)


if __name__ == "__main__":
    main()
