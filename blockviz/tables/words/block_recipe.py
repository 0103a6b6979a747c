"""A model's blocks in a line, as papers write them: ``Bottleneck 3-4-6-3``."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from blockviz.outline.model import KnownNetwork, Outline, Part


def repeated(outline: Outline) -> Iterator[tuple[tuple[Part, ...], tuple[int, ...]]]:
    """What occurs more than once in the overview: its parts, and how often it occurs in each."""
    groups: dict[str, list[Part]] = defaultdict(list)
    for part in outline.parts:
        if part.kind not in {"input", "output"}:
            groups[part.letter or f"/{part.name}"].append(part)
    for parts in groups.values():
        runs = tuple(part for part in parts if part.letter or part.repeat > 1)
        counts = tuple(part.repeat for part in runs)
        if sum(counts) > 1:
            yield runs, counts


def recipe(outline: Outline) -> str:
    """``Bottleneck 3-4-6-3``, or ``Inception-ResNet-A ×10; Inception-ResNet-B ×20``; backbones come first.

    Empty if there is no backbone and nothing repeats.
    """
    backbones = [
        f"{found[0].title or found[0].name} backbone" + (f", called {len(found)} times" if len(found) > 1 else "")
        for found in distinct_backbones(outline)
    ]
    blocks = [f"{parts[0].name} {_counts(counts)}" for parts, counts in repeated(outline)]
    return "; ".join(backbones + blocks)


def distinct_backbones(outline: Outline) -> list[tuple[KnownNetwork, ...]]:
    """The backbones, those of the same layers (called more than once) together."""
    groups: dict[tuple[str, ...], list[KnownNetwork]] = defaultdict(list)
    for found in outline.backbones:
        groups[found.layers].append(found)
    return [tuple(group) for group in groups.values()]


def _counts(counts: tuple[int, ...]) -> str:
    alone = len(counts) == 1 or set(counts) == {1}
    return f"×{sum(counts)}" if alone else "-".join(map(str, counts))
