"""A block that is a row of named blocks: one after the other, each with what defines it.

A piece that a tensor passes by is told with its shortcut, as long as nothing goes around two pieces.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import groupby, islice

import networkx as nx

from blockviz.ir import LayerGraph, Occurrence
from blockviz.runtime.records import replace
from blockviz.structure.block_forms import fits_form
from blockviz.structure.block_patterns import BlockPattern, block_patterns, forms_for
from blockviz.structure.idiom_steps import IDIOM_LABELS, with_idioms
from blockviz.structure.labels import kind_of
from blockviz.structure.relaxed_blocks import NO_STREAMS, one_stream, respelled
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import skeleton
from blockviz.structure.traits import is_causal

LONGEST = 24  # steps of a line that is cut
_MOST = 2  # names that a reader is told
_SPOKEN = frozenset(IDIOM_LABELS.values())


def match_row(
    body: LayerGraph, idioms: tuple[Occurrence, ...] = (), streams: Mapping[int, int] = NO_STREAMS
) -> tuple[BlockPattern, ...]:
    """The patterns of the fewest pieces that the steps of a body fall into; a piece as often as it stands in a row.

    ``idioms`` : with those in the body as single steps it may be what it isn't without. Empty where a piece has no
    name, where none is a block that the literature draws, or where there are too many. ``streams`` : see `one_stream`.
    """
    plain = one_stream(skeleton(body), streams)
    spoken = with_idioms(plain, body, idioms) or plain
    readings = list(dict.fromkeys([spoken, plain, respelled(spoken)]))  # what is an idiom is read as one first
    return next(filter(None, (_row_of(graph, body) for graph in readings)), ())


def _row_of(graph: nx.DiGraph[str], body: LayerGraph) -> tuple[BlockPattern, ...]:
    for line in step_lines(graph):
        if len(line) > LONGEST or (len(line) == 1 and not line[0].ways):
            continue
        pieces = _pieces(tuple(line), is_causal(body))
        distinct = [key for key, _ in groupby(pieces, key=lambda pattern: pattern.name)]
        if pieces and len(distinct) <= _MOST and any(not pattern.wide for pattern in pieces):
            return pieces
    return ()


def name_of_row(pieces: Sequence[BlockPattern]) -> str:
    """What a row is called: ``Basic blocks``, ``Strided convolution and basic block``."""
    rows = [(name, len(list(same))) for name, same in groupby(pattern.name for pattern in pieces)]
    words = [plural(name) if count > 1 else name for name, count in rows]
    return " and ".join([words[0], *[inside_phrase(word) for word in words[1:]]])


def plural(name: str) -> str:
    """A name of several blocks; what says with what a block is stays behind: ``Basic blocks with shortcut``."""
    noun, between, rest = name.partition(" with ")
    return f"{noun}{'' if noun.endswith('s') else 's'}{between}{rest}"


def inside_phrase(name: str) -> str:
    """A name within a phrase: its first letter is small, unless it is a proper name or an abbreviation."""
    first = name.partition(" ")[0]
    return name[0].lower() + name[1:] if first in _common_words() else name


@lru_cache(maxsize=1)
def _common_words() -> frozenset[str]:
    """First words of names that are written small within other names, too."""
    within = {word for pattern in block_patterns() for word in re.findall(r"(?<= )[a-z][\w-]*", pattern.name)}
    ends = ("ed", "al", "ly", "rrent", "Task", "Transition", "-projection", "ional", "wise", "able", "-only")
    firsts = {pattern.name.partition(" ")[0] for pattern in block_patterns()}
    return frozenset(w for w in firsts if w[1:].islower() and (w.lower() in within or w.endswith(ends)))


@lru_cache(maxsize=256)
def _pieces(line: tuple[Step, ...], causal: bool) -> tuple[BlockPattern, ...]:
    """The fewest pieces of a line that each have a name; of as few, those whose first is longest."""
    best: dict[int, tuple[BlockPattern, ...]] = {len(line): ()}
    for start in range(len(line) - 1, -1, -1):
        for end in range(len(line), start, -1):
            if end not in best or ((start, end) == (0, len(line)) and len(line) > 1):
                continue
            if start in best and len(best[start]) <= len(best[end]) + 1:
                continue
            if (found := next(_named(line[start:end], causal), None)) is not None:
                best[start] = (found, *best[end])
    return best.get(0, ())


def named_piece(piece: tuple[Step, ...], causal: bool) -> BlockPattern | None:
    """The pattern of a piece of a line by itself; none of those that say little."""
    return next((pattern for pattern in _named(piece, causal) if not pattern.wide), None)


def _named(piece: tuple[Step, ...], causal: bool) -> Iterator[BlockPattern]:
    """Patterns of a piece that its steps are enough for; those that say little last, and for one call only."""
    kinds = _kinds(piece)
    for wide in (0, 1):
        if wide and len(piece) > 1:
            return
        for pattern, forms in forms_for(kinds, None, wide):
            if pattern.name in IDIOM_LABELS and not (len(piece) == 1 and piece[0].label in _SPOKEN):
                continue  # what is an idiom is told by what it computes
            if not _asks_more(pattern, piece, causal) and any(fits_form(piece, form) for form in forms):
                yield pattern
        if not wide:
            yield from _passed_by(piece, causal)


def _passed_by(piece: tuple[Step, ...], causal: bool) -> Iterator[BlockPattern]:
    """What a tensor passes by as it is, and what is added to it again, as a pattern: ``Fire module with shortcut``."""
    if len(piece) != 1 or piece[0].label not in ("add", "join") or piece[0].beside or len(piece[0].ways) != 2:
        return
    shortcut, way = sorted(piece[0].ways, key=len)
    if shortcut or len(way) > LONGEST or any("taps" in step.marks for step in (*way, *piece)):
        return
    inside = tuple(islice(_named(way, causal), 1)) or _pieces(way, causal)
    if inside and len({pattern.name for pattern in inside}) == 1 and not inside[0].wide:
        name = name_of_row(inside)
        yield replace(inside[0], key=f"{inside[0].key}, with shortcut", name=f"{name} with shortcut")


def _asks_more(pattern: BlockPattern, piece: Sequence[Step], causal: bool) -> bool:
    """Whether a pattern asks for what a piece doesn't say: a sum that is activated stands in no pre-activated block."""
    activated = bool(piece[-1].ways) and "active" in piece[-1].marks
    return bool(
        pattern.preactivation or (pattern.preactivation is False and not activated) or (pattern.timeless and causal)
        or pattern.expands or pattern.skips or pattern.unbiased or pattern.plain or pattern.last
        or pattern.asks
    )  # fmt: skip


def _kinds(steps: Sequence[Step]) -> frozenset[str]:
    found = {step.label.partition(":")[0] for step in steps if not step.net}
    found |= {kind_of(label) for step in steps for label, _ in step.net} - {"in", "out"}
    return frozenset(found.union(*[_kinds(way) for step in steps for way in step.ways]))
