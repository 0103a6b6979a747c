"""Items that stand for a row of others while blocks are looked for; `bypassed_rows.unfolded` opens them again."""

from __future__ import annotations

from blockviz.ir import Block


class Row(Block):
    """A row of blocks: a block like its single neighbours, however long it is."""

    __slots__ = ()

    @property
    def kind(self) -> str:
        """A row is drawn and compared as one block."""
        return "block"


class UnitRow(Row):
    """A row of equal units, or a single one; its type says their form."""

    __slots__ = ()


class Step(UnitRow):
    """A single unit that gives another resolution than it reads."""

    __slots__ = ()


class Sum(UnitRow):
    """A sum of two tensors, alone or with the projection in its skip; its operands are in no order."""

    __slots__ = ()
