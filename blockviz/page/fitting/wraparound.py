"""Panels around a low overview: some under it, the others beside both, so that no hole is left below it."""

from __future__ import annotations

from blockviz.page.fitting.column_packing import Packer, Packing
from blockviz.runtime.records import dataclass

_HIGH = 1e6
_STRAIN = 0.06


@dataclass(frozen=True, slots=True)
class Around:
    """Panels under the overview, panels beside, and the height of both columns together."""

    under: Packing
    beside: Packing
    height: float


def pack_around(packer: Packer, left: float, right: float, above: float) -> Around | None:
    """The lowest way to part panels between the room under an overview and that beside it.

    ``left`` and ``right`` are the widths of the two, ``above`` the height that the overview takes with the gap below
    it. Letters stay together: either the first or the last ones stand under the overview.
    """
    best: Around | None = None
    for cut in range(1, count := len(packer.panels)):
        first, last = packer.part(0, cut), packer.part(cut, count)
        for under, beside in ((first, last), (last, first)):
            one, other = under.pack(left, _HIGH), beside.pack(right, _HIGH)
            if one is None or other is None:
                continue
            height = max(above + one.height, other.height)
            if best is None or _score(Around(one, other, height)) < _score(best) - 0.5:
                best = Around(one, other, height)
    return best


def _score(around: Around) -> float:
    """The height, as if each panel that stands badly took some more of it."""
    return around.height * (1 + _STRAIN * (around.under.strain + around.beside.strain))
