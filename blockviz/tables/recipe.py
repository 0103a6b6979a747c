"""A model's blocks in a line, as papers write them: ``Bottleneck 3-4-6-3``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from blockviz.outline import Outline, Part


def repeated(outline: Outline) -> Iterator[tuple[tuple[Part, ...], tuple[int, ...]]]:
    """What occurs more than once in the overview: its parts, and how often it occurs in each."""
    groups: dict[str, list[Part]] = defaultdict(list)
    for part in outline.parts:
        if part.kind not in {"input", "output"}:
            groups[part.letter or f"/{part.name}"].append(part)
    for parts in groups.values():
        runs = tuple(part for part in parts if part.letter or part.repeat * part.parallel > 1)
        counts = tuple(part.repeat * part.parallel for part in runs)
        if sum(counts) > 1:
            yield runs, counts


def recipe(outline: Outline) -> str:
    """``Bottleneck 3-4-6-3``, or ``Inception-ResNet-A ×10; Inception-ResNet-B ×20``; empty if nothing repeats."""
    return "; ".join(f"{parts[0].name} {_counts(counts)}" for parts, counts in repeated(outline))


def _counts(counts: tuple[int, ...]) -> str:
    alone = len(counts) == 1 or set(counts) == {1}
    return f"×{sum(counts)}" if alone else "-".join(map(str, counts))
