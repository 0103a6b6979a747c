"""The calmest arrangement that holds what is to be shown, in the largest type that fits it."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.page.fitting.draw import Draft
from blockviz.page.fitting.head_and_foot import Arrangement
from blockviz.page.fitting.layout_cache import Detail, LayoutCache, Options
from blockviz.page.overview.column import Overview
from blockviz.page.style.page_size import PageSize
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, replace

#: Sizes of type that are tried, times the usual; and on a slide, which is read from afar.
_STEPS = (0.86, 0.92, 1.0, 1.04, 1.08, 1.12, 1.16, 1.2, 1.24, 1.28, 1.32)
_AFAR = (1.4, 1.5, 1.6, 1.7, 1.8)

_LOWER, _LARGER = 0.9, 1.03  # from here on a figure is much lower, or its type larger, in a less calm arrangement
_LYING = 0.95  # so much lower in a column of text, where height is dear, with blocks on their side
_FILLED = 0.97  # so much lower it must be with panels in the hole under an overview
_MUCH_LOWER = 0.72  # so much lower a figure must be to be worth the numbers in its boxes
_PARTED = {True: 0.75, False: 0.85}  # so much smaller, or lower in a column, to be worth a block in one piece
_NAMED = 0.6  # so much lower to be worth drawings of a block's other forms
_FULL = 0.8  # of the height: from here on larger type must not break labels


@dataclass(frozen=True, slots=True)
class Choice:
    """A draft that fits, and the size of its type, times the usual."""

    draft: Draft
    scale: float


def first_fit(workshop: LayoutCache, size: PageSize, detail: Detail, scales: Sequence[float]) -> Choice | None:
    """The calmest arrangement that holds a detail, in the largest type that fits it; the lowest on a free height.

    In a column blocks lie on their side where that makes the figure much lower; long ones stand in two columns where
    one would leave much of the sheet empty.
    """
    best = _fit_upright(workshop, size, detail, scales)
    if size.fixed or not detail.letters or detail.across:
        return best
    if not detail.wrapped and workshop.may_wrap(detail):
        parted = _fit_upright(workshop, size, replace(detail, wrapped=True), scales)
        if parted is not None and (best is None or _is_lighter(parted, best, _PARTED[size.shrinks])):
            best = parted
    if workshop.narrow:
        lying = _fit_upright(workshop, size, replace(detail, across=True, compact=True, dense=True), scales)
        best = lying if lying is not None and (best is None or _is_lighter(lying, best, _LYING)) else best
    if best is not None and workshop.narrow and any(panel.drawn for panel in best.draft.panels):
        named = first_fit(workshop, size, replace(detail, variants=False), scales)
        if named is not None and _is_lighter(named, best, _NAMED):
            best = named
    return best


def with_formulas(choice: Choice) -> Choice:
    """The same, with what its idioms compute in the legend, where that has room."""
    draft, workshop = choice.draft, choice.draft.workshop
    detail = replace(draft.detail, formulas=True)
    if not workshop.context.formulas or not (detail.legend and workshop.options.legend):
        return choice
    for way in dict.fromkeys((detail, replace(detail, dense=True))):
        told = Draft(workshop, draft.size, way, draft.arrangement, squeeze=draft.squeeze)
        fits = bool(told.formulas()) and told.fits()
        if fits and (told.strain(), told.is_cramped()) <= (draft.strain(), draft.is_cramped()):
            told.settle()
            return Choice(told, choice.scale)
    return choice


def _fit_upright(workshop: LayoutCache, size: PageSize, detail: Detail, scales: Sequence[float]) -> Choice | None:
    """As `first_fit` with panels as the detail says, found once: plainer details meet in the plainest panels."""
    key = (size, detail, tuple(scales))
    if key not in workshop.upright:
        workshop.upright[key] = _fitted_upright(workshop, size, detail, scales)
    return workshop.upright[key]


def _fitted_upright(workshop: LayoutCache, size: PageSize, detail: Detail, scales: Sequence[float]) -> Choice | None:
    overview = workshop.overview(detail.two_lines, detail.info, detail.flat)
    best: Choice | None = None
    for arrangement in _arrangements(overview, bool(detail.letters)):
        choice = _in_largest_type(workshop, size, detail, arrangement, scales)
        if choice is not None and choice.draft.has_hole() and len(detail.letters) > 1:
            around = replace(arrangement, kind="around")
            choice = _better(choice, _in_largest_type(workshop, size, detail, around, scales))
        if choice is not None and (best is None or _is_lower(choice, best)):
            best = choice
        if best is not None and size.fixed:
            return best
    return best


def _better(beside: Choice, around: Choice | None) -> Choice:
    """Panels around the overview where that lets the type be larger, or the figure much lower."""
    if around is None or around.scale < beside.scale - 0.001:
        return beside
    low = not around.draft.size.fixed and _is_lower(around, beside, _FILLED)
    return around if low or around.scale > beside.scale * _LARGER else beside


def _is_lighter(choice: Choice, calmer: Choice, less: float) -> bool:
    """Whether a sheet is much smaller in units of its type: larger type is a gain, and numbers in boxes are, too."""
    mine, theirs = (one.size_cost() / (_MUCH_LOWER if one.bareness() else 1.0) for one in (choice.draft, calmer.draft))
    return mine < theirs * less and not choice.draft.is_cramped()


def _is_lower(choice: Choice, calmer: Choice, less: float = _LOWER) -> bool:
    """Whether an arrangement makes the figure much lower, or smaller where its sheet is cut, without cutting names."""
    less = 1.0 if calmer.draft.around is not None else less  # panels on two sides of an overview are not calm
    if choice.draft.bareness() > calmer.draft.bareness():
        if choice.draft.size.shrinks:  # the sheet may be as large as that needs
            return False
        less = _MUCH_LOWER
    power = 2 if choice.draft.size.shrinks else 1
    mine, theirs = (one.draft.size_cost() * one.scale**power for one in (choice, calmer))
    lower = mine < theirs * less
    return lower and not choice.draft.is_cramped()


def _in_largest_type(
    workshop: LayoutCache, size: PageSize, detail: Detail, arrangement: Arrangement, scales: Sequence[float]
) -> Choice | None:
    """From the usual size upwards, or where that is too large already, from the smallest one."""
    usual = max(workshop.theme.type.scale, size.type_scale)
    upper = [scale for scale in scales if scale >= usual]
    lower = [scale for scale in scales if scale < usual]
    for steps, squeeze in ((upper, not lower), (lower, True)):
        best = None
        for scale in steps:
            draft = Draft(workshop, size.shrunk(scale), detail, arrangement, squeeze=squeeze and best is None)
            if not draft.fits() or (best is not None and steps is upper and _is_worse(draft, best.draft)):
                break
            best = Choice(draft, scale)
        if best is not None:
            best.draft.settle()
            return best
    return None


def _is_worse(draft: Draft, smaller: Draft) -> bool:
    """Whether larger type costs calm on a page that is full enough."""
    return draft.strain() > smaller.strain() and smaller.fill() > _FULL


def _arrangements(overview: Overview, panels: bool) -> list[Arrangement]:
    """Arrangements to try, the calmest first."""
    most, strip = overview.most_columns(), overview.rightward
    if panels and strip and most == 1:
        return [Arrangement("hole"), Arrangement("below")]
    if not panels or strip:
        return [Arrangement("below" if panels else "alone", columns) for columns in range(1, most + 1)]
    if overview.is_strip:
        return [Arrangement("below", form) for form in range(1, most + 1)]
    if overview.inside:  # its "columns" are boards, of which the first is the calmest
        return [Arrangement(kind, board) for board in range(1, most + 1) for kind in ("beside", "below")]
    order = [("beside", 1), ("beside", 2), ("below", 1), ("beside", 3), ("below", 2), ("below", 3)]
    return [Arrangement(kind, columns) for kind, columns in order if columns <= most]


def least_scale(theme: Theme, options: Options) -> float:
    """The scale at which the smallest type of a theme is as small as it may be."""
    return options.min_font / theme.type.small * 1.001


def scales_of(theme: Theme, options: Options, size: PageSize) -> list[float]:
    """Sizes of type to try, the smallest first; a figure that is as high as it needs is set in the usual type."""
    least = least_scale(theme, options)
    usual = max(theme.type.scale, size.type_scale)
    steps = [step for step in _STEPS if size.fixed or step <= 1.0]
    steps += _AFAR if size.type_scale > 1.0 else ()
    return sorted(dict.fromkeys(max(least, usual * step) for step in steps))


def smaller_scales(least: float, than: float) -> list[float]:
    """Sizes of type below the usual ones of a medium, down to the smallest that is allowed."""
    return [least + (than - least) * part / 4 for part in range(4)] if least < than - 0.01 else []
