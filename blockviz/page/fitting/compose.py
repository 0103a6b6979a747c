"""Put a figure together within a physical size: the detail goes down step by step, the type never."""

from __future__ import annotations

from collections.abc import Sequence
from math import inf

from blockviz.errors import PageError
from blockviz.outline.model import Outline
from blockviz.outline.overview_graph import overview_of
from blockviz.page.fitting.crop import cropped
from blockviz.page.fitting.details import details, without_minor
from blockviz.page.fitting.draw import Draft
from blockviz.page.fitting.fit import Arrangement
from blockviz.page.fitting.layout_cache import Detail, LayoutCache, Options
from blockviz.page.fitting.meet_outlines import meet_outlines
from blockviz.page.fitting.omissions import advice_on, left_out, repeated_out
from blockviz.page.fitting.scale import scaled
from blockviz.page.fitting.second_sheet import PanelSheet
from blockviz.page.glyphs.header_footer import describe
from blockviz.page.overview.column import Overview
from blockviz.page.overview.shape.choice import chosen
from blockviz.page.style.page_size import PageSize
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Page, Sheet

_STEPS = (
    0.86,
    0.92,
    1.0,
    1.04,
    1.08,
    1.12,
    1.16,
    1.2,
    1.24,
    1.28,
    1.32,
)  # sizes of type that are tried, times the usual
_AFAR = (1.4, 1.5, 1.6, 1.7, 1.8)  # and on a slide, which is read from afar

_COLUMN = 300.0  # points: narrower is one column of a page of two
_LOWER, _LARGER = 0.9, 1.03  # from here on a figure is much lower, or its type larger, in a less calm arrangement
_MUCH_LOWER = 0.72  # so much lower a figure must be to be worth the numbers in its boxes
_FULL = 0.8  # of the height: from here on larger type must not break labels


@dataclass(frozen=True, slots=True)
class _Choice:
    draft: Draft
    scale: float


@dataclass(frozen=True, slots=True)
class _Composed:
    """A page, how much it had to leave out (`left_out`), and how many panels of that.

    nameless, bare, poor : whether it has lost its title, all panels, or such a panel or the numbers of its overview.
    """

    page: Page
    left_out: int
    panels_out: int = 0
    nameless: bool = False
    bare: bool = False
    poor: bool = False


def compose(outline: Outline, size: PageSize, options: Options | None = None) -> Page:
    """The figure of an outline within a physical size.

    Detail goes down in steps until the page holds it: variants in words, activations inside their convolutions,
    one-line overview boxes, short arrows, then the panels of the types that occur once, the legend, and the panels of
    those with the fewest layers; at last the numbers beside the overview, the totals and the title;
    the type is never set below ``min_font``.

    Raises
    ------
    PageError : not even the overview alone fits; the sentence says what would help.
    UsageError : an unknown theme.
    """
    options = options or Options()
    theme = options.look()
    if options.direction == "auto":
        return _to_the_right(outline, size, options) or compose(outline, size, replace(options, direction="down"))
    room = size.shrunk(_least_scale(theme, options)).room
    workshop = LayoutCache(outline, options, theme, narrow=size.width < _COLUMN, room=room)
    best = _composed(workshop, size)
    if (best is None or best.left_out) and workshop.may_be_boarded():  # high for a column; a board is wide
        board = _composed(LayoutCache(outline, options, theme, boards=True), size)
        if board is not None and (best is None or board.left_out < best.left_out):
            best = board
    if best is not None and best.poor and size.taller > size.height:
        taller = _composed(workshop, replace(size, height=size.taller))
        if taller is not None and (taller.bare, taller.left_out) < (best.bare, best.left_out):
            best = taller
    if best is not None and not (best.nameless and size.most > size.height):
        return best.page
    if options.direction == "right":
        page = compose(outline, size, replace(options, direction="down"))
        return replace(page, advice=("too narrow for --direction right, drawn downwards", *page.advice))
    if size.most > size.height:
        return compose(outline, replace(size, height=size.most), options)
    raise PageError(_too_small(workshop, size, options.min_font / theme.type.small))


def _to_the_right(outline: Outline, size: PageSize, options: Options) -> Page | None:
    """A chain with a network as one box reads from left to right, as a thesis draws it: data, backbone, own head."""
    if not outline.backbones or chosen(overview_of(outline), options.layout).name != "chain":
        return None
    right = replace(options, direction="right")
    workshop = LayoutCache(outline, right, options.look(), narrow=size.width < _COLUMN)
    if not workshop.overview(two_lines=True).rightward:
        return None
    best = _composed(workshop, size)
    return best.page if best is not None and not best.left_out else None


def _composed(workshop: LayoutCache, size: PageSize) -> _Composed | None:
    """The page with the most detail that holds; None if not even the overview alone fits.

    Where type is usually large, as on a slide, smaller type comes before panels or the legend are left out.
    """
    outline, options, theme = workshop.outline, workshop.options, workshop.theme
    scales = _scales(theme, options, size)
    smaller = reversed(_smaller(max(_least_scale(theme, options), theme.type.scale), scales[0]))
    sizes = [scales, *([scale] for scale in smaller)]
    best = _best_of(workshop, size, sizes, frozenset(), None)
    if best is not None and best.panels_out > 1 and len(outline.definitions) > 1:
        alone = _Hopeless(workshop, size, scales[:1])
        hopeless = frozenset(d.letter for d in outline.definitions if alone.judged((d.letter,)))
        if 0 < len(hopeless) < best.panels_out:
            best = _best_of(workshop, size, sizes, hopeless, best)
    if best is not None:
        return best
    for detail in details(outline, replace(options, panels=False)):
        choice = _first_fit(workshop, size, detail, _smaller(_least_scale(theme, options), scales[0]))
        if choice is not None:
            return _page(choice, outline, size, options)
    return None


def _best_of(
    workshop: LayoutCache, size: PageSize, sizes: Sequence[Sequence[float]], hopeless: frozenset[str],
    best: _Composed | None,
) -> _Composed | None:  # fmt: skip
    """The page with the most detail over sizes of type, if it leaves out less than ``best``; ``hopeless`` letters have
    no panel in any."""
    for way in _ways(workshop, size, sizes[0], hopeless):
        for steps in sizes if best is None or best.bare else sizes[:1] if hopeless else []:
            if best is None or best.left_out:
                best = _in_type(workshop, size, steps, way, best.left_out if best is not None else inf) or best
    return best


def _in_type(
    workshop: LayoutCache, size: PageSize, scales: Sequence[float], way: Sequence[Detail], most: float
) -> _Composed | None:
    """The page with the most detail in one of some sizes of type, if it leaves out less than ``most``."""
    outline, options = workshop.outline, workshop.options
    hopeless = _Hopeless(workshop, size, scales[:1])
    second = options.pages > 1 and options.panels
    cut: _Choice | None = None
    for detail in way:
        if cut is not None and detail.letters != cut.draft.detail.letters:
            break
        if left_out(outline, detail, options) >= most or detail.letters in hopeless:
            continue
        if not workshop.reaches(detail, size.width / scales[0], size.height / scales[0]):
            continue
        if second and len(detail.letters) < len(outline.definitions):
            second = False
            page = _on_two_sheets(workshop, size, scales)
            if page is not None:
                return page
        choice = _first_fit(workshop, size, detail, scales)
        if choice is not None and (not choice.draft.cuts_names() or not detail.letters):
            return _page(choice, outline, size, options)
        cut = cut or choice  # the same panels with less beside them may leave names whole
        hopeless.judge(detail.letters)
    return _page(cut, outline, size, options) if cut is not None else None


def _ways(
    workshop: LayoutCache, size: PageSize, scales: Sequence[float], hopeless: frozenset[str]
) -> list[list[Detail]]:
    """What may be shown, the most detail first; what comes second is for a page that has no panel otherwise.

    What kind of network it is says more than the panel of a minor block, but not more than what all blocks are: so a
    shape that the page holds is given up where no panel at all has room with it.
    """
    every = list(details(workshop.outline, workshop.options, hopeless))
    alone = Detail((), two_lines=False, legend=False)
    if not workshop.has_shape() or _first_fit(workshop, size, alone, scales[:1]) is None:
        return [every]
    flat = [detail for detail in every if detail.flat and detail.letters]
    return [[detail for detail in every if detail not in flat], flat]


@dataclass(slots=True)
class _Hopeless:
    """Sets of panels that do not fit even in their plainest forms, found once each to spare all ways in between."""

    workshop: LayoutCache
    size: PageSize
    scales: Sequence[float]
    known: dict[tuple[str, ...], bool] = field(default_factory=dict)

    def __contains__(self, letters: tuple[str, ...]) -> bool:
        return self.known.get(letters, False)

    def judged(self, letters: tuple[str, ...]) -> bool:
        """Whether these panels do not fit, found now if it was not known."""
        plain = Detail(letters)
        if not self.workshop.reaches(plain, self.size.width / self.scales[0], self.size.height / self.scales[0]):
            return True
        self.judge(letters)
        return letters in self

    def judge(self, letters: tuple[str, ...]) -> None:
        """Try the plainest forms of these panels, unless that was done before."""
        if letters and letters not in self.known:
            plain = Detail(letters, variants=False, dense=True, two_lines=False, legend=False, omissions=False)
            flat = replace(plain, flat=True, info=False)
            forms = [replace(one, compact=compact) for one in (plain, flat) for compact in (False, True)]
            forms += [replace(plain, compact=True, wrapped=True), replace(plain, compact=True, across=True)]
            self.known[letters] = all(_first_fit(self.workshop, self.size, form, self.scales) is None for form in forms)


def _page(choice: _Choice, outline: Outline, size: PageSize, options: Options) -> _Composed:
    sheet = _exact(meet_outlines(scaled(choice.draft.draw(), choice.scale)), size)
    advice = advice_on(outline, choice.draft.detail, options, size)
    if options.direction == "right" and not choice.draft.overview.rightward:
        advice = ("the parts are no plain sequence, so they are drawn downwards", *advice)
    page = Page(outline.name, describe(outline), (sheet,), advice, outline.structure_hash)
    detail = choice.draft.detail
    out = len(outline.definitions) - len(detail.letters) if options.panels else 0
    bare = out > 0 and not detail.letters
    poor = bare or repeated_out(outline, detail, options) > 0 or not detail.info
    return _Composed(page, left_out(outline, detail, options), out, not detail.title, bare, poor)


def _smaller(least: float, than: float) -> list[float]:
    """Sizes of type below the usual ones of a medium, down to the smallest that is allowed."""
    return [least + (than - least) * part / 4 for part in range(4)] if least < than - 0.01 else []


def _on_two_sheets(workshop: LayoutCache, size: PageSize, scales: Sequence[float]) -> _Composed | None:
    """The overview and the first panels on one sheet, the other panels on a second; an overview of many boxes with
    one line in each, before panels are left out."""
    outline = workshop.outline
    usual = [scale for scale in scales if scale <= max(workshop.theme.type.scale, size.type_scale)]
    for dropped in range(len(outline.definitions)):
        letters = without_minor(outline.definitions, dropped)
        if not workshop.reaches(Detail(letters), size.width / scales[0], size.height / scales[0]):
            continue
        for plain in (Detail(()), Detail((), two_lines=False), Detail((), two_lines=False, legend=False)):
            for scale in reversed(usual or scales[:1]):
                page = _parted(workshop, size, replace(plain, elsewhere=letters), scale)
                if page is not None:
                    return page
    return None


def _parted(workshop: LayoutCache, size: PageSize, plain: Detail, scale: float) -> _Composed | None:
    """Two sheets with as many of the panels as can be on the first one."""
    outline, letters = workshop.outline, plain.elsewhere
    if _first_fit(workshop, size, plain, [scale]) is None:
        return None
    for kept in range(len(letters) - 1, -1, -1):
        rest = PanelSheet(workshop, size.shrunk(scale), letters[kept:], frozenset(letters))
        detail = replace(plain, letters=letters[:kept], elsewhere=letters[kept:])
        first = _first_fit(workshop, size, detail, [scale]) if rest.fits() else None
        if first is not None:
            sheets = tuple(_exact(meet_outlines(scaled(draft.draw(), scale)), size) for draft in (first.draft, rest))
            shown, options = replace(detail, letters=letters), workshop.options
            advice = advice_on(outline, shown, options, size)
            page = Page(outline.name, describe(outline), sheets, advice, outline.structure_hash)
            return _Composed(page, left_out(outline, shown, options))
    return None


def _exact(sheet: Sheet, size: PageSize) -> Sheet:
    """The sheet with the size that was asked for, in whole points."""
    if size.fixed:
        return replace(sheet, width=size.width, height=size.height)
    height = min(size.height, float(int(sheet.height + 0.999)))
    made = replace(sheet, width=size.width, height=height)
    return cropped(made, size.margin) if size.shrinks else made


def _first_fit(workshop: LayoutCache, size: PageSize, detail: Detail, scales: Sequence[float]) -> _Choice | None:
    """The calmest arrangement that holds a detail, in the largest type that fits it; the lowest on a free height.

    In a column blocks lie on their side where that makes the figure much lower.
    """
    best = _fit_upright(workshop, size, detail, scales)
    if workshop.narrow and not size.fixed and detail.letters and not detail.across:
        lying = _fit_upright(workshop, size, replace(detail, across=True, compact=True, dense=True), scales)
        if lying is not None and (best is None or _is_lower(lying, best)):
            return lying
    return best


def _fit_upright(workshop: LayoutCache, size: PageSize, detail: Detail, scales: Sequence[float]) -> _Choice | None:
    overview = workshop.overview(detail.two_lines, detail.info, detail.flat)
    best: _Choice | None = None
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


def _better(beside: _Choice, around: _Choice | None) -> _Choice:
    """Panels around the overview where that lets the type be larger, or the figure much lower."""
    if around is None or around.scale < beside.scale - 0.001:
        return beside
    low = not around.draft.size.fixed and _is_lower(around, beside)
    return around if low or around.scale > beside.scale * _LARGER else beside


def _is_lower(choice: _Choice, calmer: _Choice) -> bool:
    """Whether an arrangement makes the figure much lower without cutting names."""
    less = _MUCH_LOWER if choice.draft.is_small() and not calmer.draft.is_small() else _LOWER
    lower = choice.draft.needs() * choice.scale < calmer.draft.needs() * calmer.scale * less
    return lower and not choice.draft.is_cramped()


def _in_largest_type(
    workshop: LayoutCache, size: PageSize, detail: Detail, arrangement: Arrangement, scales: Sequence[float]
) -> _Choice | None:
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
            best = _Choice(draft, scale)
        if best is not None:
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


def _least_scale(theme: Theme, options: Options) -> float:
    """The scale at which the smallest type of a theme is as small as it may be."""
    return options.min_font / theme.type.small * 1.001


def _scales(theme: Theme, options: Options, size: PageSize) -> list[float]:
    """Sizes of type to try, the smallest first; a figure that is as high as it needs is set in the usual type."""
    least = _least_scale(theme, options)
    usual = max(theme.type.scale, size.type_scale)
    steps = [step for step in _STEPS if size.fixed or step <= 1.0]
    steps += _AFAR if size.type_scale > 1.0 else ()
    return sorted(dict.fromkeys(max(least, usual * step) for step in steps))


def _too_small(workshop: LayoutCache, size: PageSize, scale: float) -> str:
    plainest = Detail((), two_lines=False, legend=False, info=False, title=False, totals=False)
    draft = Draft(workshop, size.shrunk(scale), plainest, Arrangement("alone"))
    need = draft.overview.least_width()
    tall = (draft.overview.measure(need) or 0) + draft.size.height - draft.body_room(True)
    return (
        f"the overview of {workshop.outline.name} alone needs about {need * scale:.0f} x {tall * scale:.0f} pt in "
        f"{workshop.options.min_font:g} pt type, and the page has {size.width:.0f} x {size.height:.0f} pt; "
        "use a larger --page, or a smaller --min-font"
    )


__all__ = ["Options", "compose"]
