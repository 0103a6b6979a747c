"""Marks of variants: a square that is filled another way for each kind, the same in the overview and in a panel."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from blockviz.outline.model import Variant
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.text.font_metrics import width

# What is filled of a square, as (left, top, width, height) in shares of its side; from the ninth kind on again.
_FILLS: tuple[tuple[tuple[float, float, float, float], ...], ...] = (
    ((0.0, 0.0, 1.0, 1.0),),
    ((0.0, 0.0, 0.5, 1.0),),
    ((0.3, 0.3, 0.4, 0.4),),
    ((0.0, 0.5, 1.0, 0.5),),
    ((0.0, 0.0, 0.5, 0.5), (0.5, 0.5, 0.5, 0.5)),
    ((0.5, 0.0, 0.5, 1.0),),
    ((0.0, 0.35, 1.0, 0.3),),
    ((0.0, 0.0, 1.0, 0.5),),
)


def mark_size(theme: Theme) -> float:
    """The side of a mark."""
    return theme.type.small * 0.8


def mark_step(theme: Theme) -> float:
    """From one mark of a row to the next."""
    return mark_size(theme) * 1.35


def mark_lead(theme: Theme) -> float:
    """From a mark's left to the words behind it."""
    return mark_size(theme) * 1.6


def kind_of(name: str | None, variants: Sequence[Variant]) -> int | None:
    """Which variant of a type a copy is, in the order of the panel's list; None for the main form."""
    if not name:
        return None
    return next((number for number, variant in enumerate(variants) if variant.name == name), 0)


def draw_mark(canvas: Canvas, theme: Theme, kind: int | None, x: float, y: float, front: bool = False) -> None:
    """The mark of a kind with its top left at (x, y), empty for the main form; ``front`` : before boxes."""
    side, colours, stroke = mark_size(theme), theme.colours, theme.type.thin
    fills = _FILLS[kind % len(_FILLS)] if kind is not None else ()
    rect = canvas.front_rect if front else canvas.rect
    whole = kind is not None and kind % len(_FILLS) == 0
    ground = colours.badge if whole else colours.page if front else ""
    rect(x, y, side, side, ground, colours.badge, stroke)
    for left, top, wide, tall in () if whole else fills:
        rect(x + left * side, y + top * side, wide * side, tall * side, colours.badge, "", 0.0)


def _tally(copies: Sequence[str | None], variants: Sequence[Variant]) -> list[tuple[int, str]]:
    """Each kind of variant among copies, and how many are of it; "" where there is one copy."""
    counts = Counter(kind for name in copies if (kind := kind_of(name, variants)) is not None)
    return [(kind, str(count) if len(copies) > 1 else "") for kind, count in sorted(counts.items())]


def tally_width(copies: Sequence[str | None], variants: Sequence[Variant], theme: Theme) -> float:
    """Room for `draw_tally` and what keeps it apart; 0 where no copy is a variant."""
    found = _tally(copies, variants)
    digits = sum(width(count, theme.type.small) for _, count in found)
    return mark_step(theme) * len(found) + digits + theme.space.near if found else 0.0


def draw_tally(
    canvas: Canvas, theme: Theme, copies: Sequence[str | None], variants: Sequence[Variant], x: float, base: float
) -> None:
    """One mark a kind from x on, with the number of copies of it, where there is no room for a mark a copy."""
    size, side = theme.type.small, mark_size(theme)
    for kind, count in _tally(copies, variants):
        draw_mark(canvas, theme, kind, x, base - side, front=True)
        if count:
            canvas.text(x + side * 1.15, base, count, size, theme.colours.muted)
        x += mark_step(theme) + width(count, size)
