"""The block of the literature inside one that has no name but for what it does: ``Residual block with BAM``."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

from blockviz.ir import LayerGraph, Occurrence
from blockviz.structure.block_patterns import BlockPattern
from blockviz.structure.block_rows import LONGEST, named_piece
from blockviz.structure.idiom_steps import with_idioms
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import skeleton
from blockviz.structure.traits import is_causal

_FEWEST = 5  # calls of a piece whose name says more than what is around it does
_MOST = 6  # steps of a piece in a row


def inner_block(body: LayerGraph, idioms: tuple[Occurrence, ...] = ()) -> BlockPattern | None:
    """The pattern of the largest piece of a body that has a name; None where no piece of some size has one."""
    plain, causal = skeleton(body), is_causal(body)
    for graph in (with_idioms(plain, body, idioms) or plain, plain):
        lines = [line for line in step_lines(graph) if len(line) <= LONGEST]
        pieces = {piece: _calls(piece) for line in lines for piece in _pieces(line) if piece != line}
        large = [piece for piece, calls in pieces.items() if calls >= _FEWEST]
        named = (named_piece(piece, causal) for piece in sorted(large, key=pieces.__getitem__, reverse=True))
        if (found := next(filter(None, named), None)) is not None:
            return found
    return None


def _pieces(line: tuple[Step, ...]) -> Iterator[tuple[Step, ...]]:
    """What stands in a row in a line, or in a way of one of its steps."""
    for start, end in combinations(range(len(line) + 1), 2):
        if end - start <= _MOST and not any("taps" in step.marks for step in line[start:end]):
            yield line[start:end]
    for way in (way for step in line for way in step.ways):
        yield from _pieces(way)


def _calls(steps: Sequence[Step]) -> int:
    return sum([1 + len(step.net) + sum([_calls(way) for way in step.ways]) for step in steps])
