"""Which cases of a sweep stand in the tests: rules that look at no result. All cases are in ``benchmarks/sweep.py``."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

PAPERS = Path(__file__).parent / "papers"

S, T = TypeVar("S"), TypeVar("T")


def in_turn(names: Sequence[S], others: Sequence[T]) -> list[tuple[S, T]]:
    """Each name with one of the others, in turn, instead of with all of them."""
    return [(name, others[number % len(others)]) for number, name in enumerate(names)]


def smallest_of_each_paper() -> list[str]:
    """Of the networks of keras.applications those with the fewest calls among the networks of their paper."""
    papers: dict[str, tuple[int, str]] = {}
    for file in sorted(PAPERS.glob("*.json")):
        truth = json.loads(file.read_text("utf-8"))
        title, size = truth["source"]["title"], (truth["n_nodes"], file.stem)
        papers[title] = min(papers.get(title, size), size)
    return sorted(name for _, name in papers.values())
