"""A block that is a row of named blocks: one after the other, each with what defines it, nothing going around both."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from itertools import groupby

from blockviz.ir import LayerGraph
from blockviz.structure.block_forms import fits_form
from blockviz.structure.block_patterns import BlockPattern, block_patterns, forms_for, is_causal
from blockviz.structure.idiom_steps import IDIOM_LABELS
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import skeleton

_LONGEST = 24  # steps of a line that is cut
_MOST = 2  # names that a reader is told


def match_row(body: LayerGraph) -> tuple[BlockPattern, ...]:
    """The patterns of the fewest pieces that the steps of a body fall into; a piece as often as it stands in a row.

    Empty where a piece has no name, where none is a block that the literature draws, or where there are too many.
    """
    for line in step_lines(skeleton(body)):
        if not 1 < len(line) <= _LONGEST:
            continue
        pieces = _pieces(tuple(line), is_causal(body))
        distinct = [key for key, _ in groupby(pieces, key=lambda pattern: pattern.name)]
        if pieces and len(distinct) <= _MOST and any(not pattern.wide for pattern in pieces):
            return pieces
    return ()


def name_of_row(pieces: Sequence[BlockPattern]) -> str:
    """What a row is called: ``Basic blocks``, ``Strided convolution and basic block``."""
    rows = [(name, len(list(same))) for name, same in groupby(pattern.name for pattern in pieces)]
    words = [name + "s" * (count > 1 and not name.endswith("s")) for name, count in rows]
    return " and ".join([words[0], *[_inside(word) for word in words[1:]]])


def _inside(name: str) -> str:
    """A name within a phrase: its first letter is small, unless it is a proper name or an abbreviation."""
    first = name.partition(" ")[0]
    return name[0].lower() + name[1:] if first in _common_words() else name


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """First words of names that are written small within other names, too."""
    within = {word for pattern in block_patterns() for word in re.findall(r"(?<= )[a-z][\w-]*", pattern.name)}
    ends = ("ed", "al", "ional", "wise", "able")
    firsts = {pattern.name.partition(" ")[0] for pattern in block_patterns()}
    return frozenset(w for w in firsts if w[1:].islower() and (w.lower() in within or w.endswith(ends)))


@lru_cache(maxsize=256)
def _pieces(line: tuple[Step, ...], causal: bool) -> tuple[BlockPattern, ...]:
    """The fewest pieces of a line that each have a name; of as few, those whose first is longest."""
    best: dict[int, tuple[BlockPattern, ...]] = {len(line): ()}
    for start in range(len(line) - 1, -1, -1):
        for end in range(len(line), start, -1):
            if end not in best or (start, end) == (0, len(line)):
                continue
            if start in best and len(best[start]) <= len(best[end]) + 1:
                continue
            if (found := next(_named(line[start:end], causal), None)) is not None:
                best[start] = (found, *best[end])
    return best.get(0, ())


def _named(piece: tuple[Step, ...], causal: bool) -> Iterator[BlockPattern]:
    """Patterns of a piece that its steps are enough for; those that say little last, and for one call only."""
    kinds = _kinds(piece)
    for wide in (False, True):
        if wide and len(piece) > 1:
            return
        for pattern, forms in forms_for(kinds, None, wide):
            if pattern.name in IDIOM_LABELS:
                continue  # what is an idiom is told by what it computes
            if not _asks_more(pattern, piece, causal) and any(fits_form(piece, form) for form in forms):
                yield pattern


def _asks_more(pattern: BlockPattern, piece: Sequence[Step], causal: bool) -> bool:
    """Whether a pattern asks for what a piece doesn't say: a sum that is activated stands in no pre-activated block."""
    activated = bool(piece[-1].ways) and "active" in piece[-1].marks
    return bool(
        pattern.preactivation or (pattern.preactivation is False and not activated) or (pattern.timeless and causal)
        or pattern.expands or pattern.skips or pattern.unbiased or pattern.plain or pattern.last
    )  # fmt: skip


def _kinds(steps: Sequence[Step]) -> frozenset[str]:
    found = {step.label.partition(":")[0] for step in steps if not step.net}
    found |= {label.partition(":")[0] for step in steps for label, _ in step.net} - {"in", "out"}
    return frozenset(found.union(*[_kinds(way) for step in steps for way in step.ways]))
