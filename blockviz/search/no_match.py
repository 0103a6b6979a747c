"""Why something that looked like a block is none."""

from __future__ import annotations

from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class NoMatch:
    """A failure of the search: its reason, and the names of the items that it is about (of one copy, if of several)."""

    reason: str
    nodes: tuple[str, ...] = ()
    copies: int = 1
