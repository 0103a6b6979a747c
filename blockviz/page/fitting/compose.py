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
from blockviz.page.fitting.first_fit import Choice, first_fit, least_scale, scales_of, smaller_scales, with_formulas
from blockviz.page.fitting.head_and_foot import Arrangement
from blockviz.page.fitting.layout_cache import Detail, LayoutCache, Options
from blockviz.page.fitting.meet_outlines import meet_outlines
from blockviz.page.fitting.omissions import advice_on, left_out, repeated_out
from blockviz.page.fitting.scale import scaled
from blockviz.page.fitting.second_sheet import PanelSheet
from blockviz.page.glyphs.header_footer import describe
from blockviz.page.overview.shape.choice import chosen, parts_beside
from blockviz.page.style.page_size import PageSize
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Page, Sheet

_COLUMN = 300.0  # points: narrower is one column of a page of two
_LARGER = 1.15  # times as high, and as large, a sheet may be for branches that stand side by side
_TALLER, _SHORT = 1.4, 312.0  # so much taller, or points high, a column may be for parts that stand side by side


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

    @property
    def lack(self) -> tuple[bool, int]:
        """The less the better; any panel says more than all that may stand beside one."""
        return self.bare, self.left_out

    @property
    def given_up(self) -> tuple[bool, bool, int, int]:
        """How much it had to leave out, what is worst first."""
        return self.bare, self.poor, self.left_out, self.panels_out


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
    if options.direction == "auto":
        return _to_the_right(outline, size, options) or compose(outline, size, replace(options, direction="down"))
    theme = options.look()
    room = size.shrunk(least_scale(theme, options)).room
    return _fitted(LayoutCache(outline, options, theme, narrow=size.width < _COLUMN, room=room), size, {})


def _fitted(workshop: LayoutCache, size: PageSize, lower: dict[float, LayoutCache]) -> Page:
    """The figure of a workshop's outline; ``lower`` : those with marks in place of switches, for the next height."""
    outline, options = workshop.outline, workshop.options
    best = _side_by_side(workshop, size)
    for most in (2, inf):
        marked = _marked(outline, most)  # marks need less height than a table, and say less
        if marked is not outline and (best is None or (best.left_out if most == 2 else best.poor)):
            if most not in lower:
                lower[most] = LayoutCache(marked, options, workshop.theme, narrow=workshop.narrow, room=workshop.room)
            found = _in_any_form(lower[most], size)
            best = found if found is not None and (best is None or found.given_up < best.given_up) else best
    if best is not None and not (best.nameless and size.most > size.height):
        return best.page
    if options.direction == "right":
        page = compose(outline, size, replace(options, direction="down"))
        return replace(page, advice=("too narrow for --direction right, drawn downwards", *page.advice))
    if size.most > size.height:
        return _fitted(workshop, replace(size, height=size.most), lower)
    raise PageError(_too_small(workshop, size, options.min_font / workshop.theme.type.small))


def _marked(outline: Outline, most: float) -> Outline:
    """The outline with marks in place of switches where a type has up to so many variants."""
    told = [bool(found.switches) and len(found.variants) <= most for found in outline.definitions]
    if not any(told):
        return outline
    pairs = zip(outline.definitions, told, strict=True)
    return replace(outline, definitions=tuple(replace(one, switches=()) if few else one for one, few in pairs))


def _side_by_side(workshop: LayoutCache, size: PageSize) -> _Composed | None:
    """The page with what stands beside other parts at their side; in a row, where that makes it much lower."""
    best, view = _in_any_form(workshop, size), overview_of(workshop.outline)
    beside = parts_beside(view, chosen(view, workshop.options.layout))
    if not workshop.narrow:
        return _drawn_wide(workshop, size, best, beside)
    if not beside:
        return best
    row = _in_any_form(workshop.drawn_as("chain"), size)
    if best is None or row is None:
        return best or row
    tall, low = (one.page.sheets[0].height for one in (best, row))
    held = tall <= max(size.height, low) and tall <= max(low * _TALLER, _SHORT)
    return best if held and best.given_up <= row.given_up else row


def _drawn_wide(workshop: LayoutCache, size: PageSize, column: _Composed | None, beside: bool) -> _Composed | None:
    """A chain that is no plain column on a sheet as high as it needs: with branches side by side where these are no
    larger, as a strip where no panel is to stand beside it."""
    outline, options = workshop.outline, workshop.options
    if size.fixed or options.layout != "auto" or options.direction == "right" or column is None:
        return column
    if chosen(overview_of(outline), "auto").name != "chain" or not (beside or not outline.definitions):
        return column
    other = workshop.drawn_as("streams" if beside else "chain")
    drawn = _in_any_form(other, size) if other.is_placed() else None
    if drawn is None or drawn.given_up > column.given_up:
        return column
    mine, theirs = (one.page.sheets[0] for one in (drawn, column))
    held = mine.height <= theirs.height * _LARGER and mine.width * mine.height <= theirs.width * theirs.height * _LARGER
    return drawn if held or not beside else column


def _in_any_form(workshop: LayoutCache, size: PageSize) -> _Composed | None:
    """The page with the most detail as the size is, on a board, or taller."""
    best = _in_column_or_on_board(workshop, size)
    if best is not None and best.poor and size.taller > size.height:
        taller = _in_column_or_on_board(workshop, replace(size, height=size.taller))
        if taller is not None and taller.lack < best.lack:
            best = taller
    return best


def _in_column_or_on_board(workshop: LayoutCache, size: PageSize) -> _Composed | None:
    """The page that leaves out less; what is high for a column is wide on a board."""
    best = _composed(workshop, size)
    if (best is None or best.left_out) and workshop.may_be_boarded():
        boarded = _composed(workshop.on_board(), size)
        if boarded is not None and (best is None or boarded.left_out < best.left_out):
            return boarded
    return best


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
    scales = scales_of(theme, options, size)
    smaller = reversed(smaller_scales(max(least_scale(theme, options), theme.type.scale), scales[0]))
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
        choice = first_fit(workshop, size, detail, smaller_scales(least_scale(theme, options), scales[0]))
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
                most = inf if best is None or best.bare else best.left_out  # any panel says more than a legend
                made = _in_type(workshop, size, steps, way, most)
                best = made if made is not None and (best is None or made.lack < best.lack) else best
    return best


def _in_type(
    workshop: LayoutCache, size: PageSize, scales: Sequence[float], way: Sequence[Detail], most: float
) -> _Composed | None:
    """The page with the most detail in one of some sizes of type, if it leaves out less than ``most``."""
    outline, options = workshop.outline, workshop.options
    hopeless = _Hopeless(workshop, size, scales[:1])
    second = options.pages > 1 and options.panels
    cut: Choice | None = None
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
        choice = first_fit(workshop, size, detail, scales)
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
    if not workshop.has_shape() or first_fit(workshop, size, alone, scales[:1]) is None:
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
            plain = Detail(letters, variants=False, dense=True, tables=False, two_lines=False, legend=False)
            plain = replace(plain, omissions=False)
            flat = replace(plain, flat=True, info=False)
            forms = [replace(one, compact=compact) for one in (plain, flat) for compact in (False, True)]
            forms += [replace(plain, compact=True, wrapped=True), replace(plain, compact=True, across=True)]
            self.known[letters] = all(first_fit(self.workshop, self.size, form, self.scales) is None for form in forms)


def _page(choice: Choice, outline: Outline, size: PageSize, options: Options) -> _Composed:
    choice = with_formulas(choice)
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
    if first_fit(workshop, size, plain, [scale]) is None:
        return None
    for kept in range(len(letters) - 1, -1, -1):
        rest = PanelSheet(workshop, size.shrunk(scale), letters[kept:], frozenset(letters))
        detail = replace(plain, letters=letters[:kept], elsewhere=letters[kept:])
        first = first_fit(workshop, size, detail, [scale]) if rest.fits() else None
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
