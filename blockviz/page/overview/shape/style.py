"""How widely an overview is set: from the roomiest form, tried first, to the tightest."""

from __future__ import annotations

from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Style:
    """Lengths in units of the label's type.

    room : where the words of a box are broken. gap : an arrow between neighbours. slabs : whether boxes are drawn to
    scale. stair : whether each row of a U steps inwards. tall : the height of the finest slab.
    strip : whether words stand outside the boxes, so that all are slabs. rows : of a strip.
    wide : points that a strip's rows are spread over, where they need less.
    keyed : whether the types of a strip are named in lines under it, and not under brackets.
    over : how many lines may go on from a row of a strip to the next besides the one that joins them.
    said : whether a strip has room for what is said of its arrows.
    costs : whether parameters stand under the slabs of a strip.
    inline : whether masks stand in their stack, and not beside it.
    small : whether boxes are no wider than their longest word, in small type and without parameters; with ``slabs``,
    every block is one. sized : whether small boxes say what comes out where that changes.
    """

    room: float = 12.0
    gap: float = 1.75
    slabs: bool = False
    stair: bool = False
    tall: float = 8.0
    strip: bool = False
    rows: int = 1
    wide: float = 0.0
    keyed: bool = False
    over: int = 0
    said: bool = False
    costs: bool = False
    inline: bool = False
    small: bool = False
    sized: bool = False
