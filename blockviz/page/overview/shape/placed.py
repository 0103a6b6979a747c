"""An overview that was placed: it offers its forms from the roomiest to the tightest, and draws the one that fits."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from itertools import pairwise
from math import inf

from blockviz.ir import item_leaves
from blockviz.ops.families import family
from blockviz.outline.model import Part
from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.glyphs.boxes import badge_size, draw_badge
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.operand_marks import operand_words
from blockviz.page.glyphs.unit_label import Label
from blockviz.page.glyphs.words import has_params, params_text
from blockviz.page.layout.faults import faults
from blockviz.page.layout.operand_lines import one_each
from blockviz.page.layout.placement import Caption, Placement, Route, Spot
from blockviz.page.layout.stretch_rows import stretched
from blockviz.page.layout.wire_router import crossings, joinings, partings, places_beside, route
from blockviz.page.overview.part_wiring import is_big
from blockviz.page.overview.shape.cards import Cards
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.small_cards import draw_small_card
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field, replace
from blockviz.scene import Arrow, Box, Disc, Frame, Point, Span
from blockviz.text.font_metrics import middle, width

_OF_WORDS = 3  # axes of an input, with the batch; one with more has height, width and channels
_FORMS = 7  # forms that a page may choose from
_TOUCH = 0.01  # points that widths may differ by
_SPREAD = 1.6  # how much wider than it needs a strip becomes to fill its room

Placer = Callable[[Pieces, OverviewGraph, OverviewLayout, Style], Placement]


@dataclass(slots=True)
class PlacedOverview(Cards):
    """Parts placed by a layout; ``columns`` everywhere is the number of a form."""

    view: OverviewGraph = field(init=False)
    layout: OverviewLayout = field(init=False)
    placer: Placer = field(init=False)
    forms: list[tuple[Style, Placement]] = field(init=False)
    _wide: dict[tuple[int, float], Placement] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self._read()
        self.inside = True
        self.forms = []

    def place(
        self, view: OverviewGraph, layout: OverviewLayout, placer: Placer, styles: tuple[Style, ...], room: float = inf
    ) -> None:
        """Place the forms, and keep those without a fault that are no wider than a room: a few, the roomiest first."""
        self.view, self.layout, self.placer = view, layout, placer
        for style in styles:
            for way in self._ways(style):
                if form := self._sound(way, room):
                    self.forms.append(form)
                    if not way.sized:
                        break
            if len(self.forms) >= _FORMS:
                break

    def _ways(self, style: Style) -> tuple[Style, ...]:
        """A style with as much as it may say, then with less: instead, or, where sizes cost height, as well."""
        if style.strip and not style.over and self._operand_words():
            return style, replace(style, said=True)
        return (replace(style, sized=True), style) if style.small and not style.slabs else (style,)

    def _sound(self, style: Style, room: float) -> tuple[Style, Placement] | None:
        """A form without a fault; a short strip may need to be wider than its parts for the names below them."""
        placement = self._placed(style, room)
        if placement is not None and style.strip and room < inf and any(faults(placement)):
            style = replace(style, wide=min(room, placement.inner * _SPREAD))
            placement = self._placed(style, room)
        return None if placement is None or any(faults(placement)) else (style, placement)

    def _placed(self, style: Style, room: float = inf) -> Placement | None:
        pieces = Pieces(self)
        placement = self.placer(pieces, self.view, self.layout, style)
        if placement.inner > room:
            return None
        route(placement)
        if not style.strip:
            pieces.uncross_channels(placement)
        pieces.caption_bent_skips(placement)
        self._say_operands(placement)
        placement.frame()
        return placement if placement.width + self._rim <= room + _TOUCH else None

    def _operand_words(self) -> dict[tuple[str, str], str]:
        """(source, reader) → what the arrow is to its reader."""
        return {
            (source, part.id): text
            for part in self.parts.values()
            for source, text in operand_words(part.item, part.operands).items()
        }

    def _say_operands(self, placement: Placement) -> None:
        """What each arrow is to its reader, where there is room beside it; a form without that room has a fault."""
        words = self._operand_words()
        for found in list(placement.routes):
            text = words.get((found.wire.source, found.wire.target), "")
            if text and found.wire.look != "memory":
                wide = width(text, self.theme.type.small)
                free = [one for one in places_beside(found, text, wide) if placement.is_free(one)]
                place = next((one for one in free if not placement.is_on_an_edge(one)), free[0] if free else None)
                if place is not None:
                    placement.captions.append(place)
                elif each := one_each(placement, found, text, self.theme.space.inner * 1.6):
                    at = placement.routes.index(found)
                    placement.routes[at : at + 1] = each
                else:
                    placement.faults.append(f"no room for {text!r} beside {found.wire.source} to {found.wire.target}")

    @property
    def shows_shares(self) -> bool:
        """None: a row or a box says its parameters in figures."""
        return False

    @property
    def says_operands(self) -> bool:
        """Always: the words are placed with the lines."""
        return True

    @property
    def is_strip(self) -> bool:
        """Whether its slabs stand in rows."""
        return all(style.strip for style, _ in self.forms)

    def numbers(self, columns: int = 1) -> tuple[str, str] | None:
        """As of the box with the shortest; what it is, by whether a row says the resolution."""
        style = self.forms[columns - 1][0]
        if style.strip:
            return self._over_and_under(style.costs)
        cards = [part for part in self.parts.values() if not Pieces(self).is_slab(self.view, part.id, style)]
        told = [
            f"{self.out(part)} · {params_text(part.cost)}"
            for part in cards if has_params(part.cost) and not part.again and not self.is_sign(part)
        ]  # fmt: skip
        if style.small or not told:
            return None
        return min(told, key=len), "channels · parameters" if self.short else "output · parameters"

    def _over_and_under(self, costs: bool) -> tuple[str, str] | None:
        """What the figures over and under the slabs of a strip are."""
        axes = max((len(shape) for shape in self.view.shapes.values()), default=0)
        if axes < 2:
            return ("", "above: units, below: parameters") if costs else None
        known = any(Pieces(self).side_text(self.view, name) for name in self.view.order)
        maps = any(
            len(shape) > _OF_WORDS for shape in self.context.outline.input_shapes
        )  # else words of sentences, say
        grid = ("length" if axes <= 2 else "resolution" if maps else "size") if known else ""
        passed = any(edge not in set(pairwise(self.view.order)) for edge in self.view.graph.edges)
        below = ", ".join(filter(None, [grid, "channels in bold" * passed, "parameters" * costs]))
        return "", ", ".join(filter(None, ["" if passed else "above: channels", below and f"below: {below}"]))

    def seen(self, part: Part, columns: int = 1) -> Label:
        """A slab has the colour of a convolution alone; what else it is stands in words under it."""
        label = self.label(part)
        slab = Pieces(self).is_slab(self.view, part.id, self.forms[columns - 1][0])
        return replace(label, family="slab", form="", dashed=False) if slab and label.family != "conv" else label

    def bareness(self, columns: int = 1) -> int:
        """1 where the boxes of a form are small, 2 where they have no sizes either."""
        style = self.forms[columns - 1][0]
        return style.small + (style.small and not style.sized)

    def most_columns(self) -> int:
        """How many forms there are to choose from; none where no form is without a fault."""
        return len(self.forms)

    def stage_width(self, columns: int = 1) -> float:
        """None: the rows say the stages."""
        return 0.0

    def least_width(self, columns: int = 1) -> float:
        """The width of a form."""
        return self.forms[columns - 1][1].width + self._rim

    @property
    def _rim(self) -> float:
        """The strokes of what stands at the edges."""
        return self.theme.type.stroke * 2

    def measure(self, room: float, columns: int = 1) -> float | None:
        """The height of a form, or None where it is wider than the room."""
        if self.least_width(columns) > room + _TOUCH:
            return None
        return self._set_in(room, columns).height + self.theme.space.near

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw a form in the middle of a width; where it may be higher, its rows stand further apart."""
        style, placement = self.forms[columns - 1][0], self._set_in(room, columns)
        if not style.strip:
            placement = stretched(placement, height - self.theme.space.near)
        canvas = Canvas(room, placement.height + self.theme.space.near, shown=shown)
        canvas.groups.append(Frame("", "Overview", 0, 0, room, canvas.height))
        dx, dy = (room - placement.width) / 2, self.theme.space.hair
        for band in placement.bands:
            fill = "" if band.frame else self.theme.family("input")[0]
            line = self.theme.colours.frame if band.frame else ""
            canvas.rect(band.x + dx, band.y + dy, band.width, band.height, fill, line, radius=2.0)
        for rule in placement.rules:
            points = [(x + dx, y + dy) for x, y in rule]
            canvas.rule(points, self.theme.colours.muted, self.theme.type.thin, 1.5)
        for number, found in enumerate(placement.routes):
            self._draw_route(canvas, found, crossings(found, placement.routes[:number]), dx, dy)
        canvas.links += [(f"/{source}", f"/{target}") for source, target in placement.said]
        for x, y in [*partings(placement.routes), *joinings(placement.routes)]:
            canvas.shapes.append(Disc(x + dx, y + dy, self.theme.type.heavy, "", self.theme.colours.line))
        pieces = Pieces(self)
        for name, spot in placement.spots.items():
            if pieces.is_slab(self.view, name, style):
                self._draw_slab(canvas, spot, dx, dy, style)
                continue
            part = self.parts[name]
            if style.small and not is_big(part):
                draw_small_card(self, canvas, part, spot, style, dx, dy)
            else:
                self.draw_card(canvas, part, spot, self.theme.type.label * style.room, dx, dy)
        for caption in (one for one in placement.captions if not one.of or one.of in canvas.shown):
            self._draw_caption(canvas, caption, dx, dy)
        return canvas

    def _set_in(self, room: float, columns: int) -> Placement:
        """A form as it stands in a width; a strip makes use of all of it."""
        style, placement = self.forms[columns - 1]
        key = (columns, round(room, 2))
        if style.strip and key not in self._wide:
            self._wide[key] = self._spread(style, placement, room)
        return self._wide.get(key, placement)

    def _spread(self, style: Style, placement: Placement, room: float) -> Placement:
        """A strip set as wide as its room, if that is without fault."""
        spare = room - self._rim - placement.width
        wide = min(placement.width + spare, placement.width * _SPREAD) - (placement.width - placement.inner)
        spread = self._placed(replace(style, wide=wide))
        return placement if spread is None or any(faults(spread)) or spread.width > room else spread

    def _draw_route(self, canvas: Canvas, found: Route, over: Sequence[Point], dx: float, dy: float) -> None:
        """An arrow with a gap where it crosses a line that was drawn before."""
        type_, colours, wire, space = self.theme.type, self.theme.colours, found.wire, self.theme.space
        colour = colours.skip if wire.look == "skip" else colours.line
        points = tuple((x + dx, y + dy) for x, y in found.points)
        for x, y in over:
            before, points = _parted(points, (x + dx, y + dy), type_.stroke * 3.0)
            if before:
                canvas.rule(before, colour, type_.firm, 3.5)
        ends = (f"/{wire.source}", f"/{wire.target}")
        canvas.arrows.append(Arrow(points, colour, type_.firm, 3.5, space.inner, *ends))

    def _draw_slab(self, canvas: Canvas, spot: Spot, dx: float, dy: float, style: Style) -> None:
        """A block to scale: its channels above, its badge and ×N inside."""
        part, type_, colours = self.parts[spot.id], self.theme.type, self.theme.colours
        x, y = spot.x + dx, spot.y + dy
        fill, line = self._hue(part)
        if spot.depth:
            for step in (2, 1):
                shift = spot.depth * step / 2
                if style.strip and part.parallel:  # side by side is one above the other here
                    tall = spot.height + shift
                    canvas.rect(x + shift / 2, y - shift / 2, spot.width - shift, tall, colours.page, line, 0.6, 1.5)
                else:
                    canvas.rect(x + shift, y + shift, spot.width, spot.height, colours.page, line, 0.6, 1.5)
        canvas.boxes.append(
            Box(f"/{part.id}", x, y, spot.width, spot.height, "box", fill, line, type_.firm,
                title=self.title_of(part))
        )  # fmt: skip
        self._draw_slab_words(canvas, spot, x + spot.width / 2, y, style)

    def _hue(self, part: Part) -> tuple[str, str]:
        if self.is_plain(part):
            label = self.label(part)
            fill, line = self.theme.family(label.family if label.family != "merge" else "other")
            return (self.theme.colours.page if label.hollow else fill), line
        return self._main_hue(part)

    def _main_hue(self, part: Part) -> tuple[str, str]:
        """Fill and line of the family of operation that holds most of a block's parameters."""
        held: Counter[str] = Counter()
        for node in item_leaves(part.items[0]):
            held[family(node.op)] += node.layer.params or 0
        kind, most = max(held.items(), key=lambda pair: pair[1], default=("", 0))
        if not most or kind not in self.theme.families:
            return self.theme.colours.block, self.theme.colours.block_line
        return self.theme.family(kind)

    def _draw_slab_words(self, canvas: Canvas, spot: Spot, centre: float, y: float, style: Style) -> None:
        part, type_, space = self.parts[spot.id], self.theme.type, self.theme.space
        if not part.letter:
            if part.times:
                base = middle(y + spot.height / 2, type_.heading)
                canvas.text(centre, base, part.times, type_.heading, self.theme.colours.text, "middle", bold=True)
            return
        badge = badge_size(part.letter or "", self.theme)
        marks = 0.0 if style.strip else self.tally_room(part, brief=True)
        tall = badge.height + (space.heading if part.times else 0.0) + (type_.small * 1.1 if marks else 0.0)
        top = y + (spot.height - tall) / 2
        filled = part.letter in canvas.shown
        if not part.times or spot.height > tall:
            draw_badge(canvas, part.letter or "", self.theme, f"/{part.id}|badge", centre - badge.width / 2, top,
                       filled=filled)  # fmt: skip
        if part.times:
            low, half = top + badge.height + type_.heading, middle(y + spot.height / 2, type_.heading)
            base = low if spot.height > tall else half
            canvas.text(centre, base, part.times, type_.heading, self.theme.colours.text, "middle", bold=True)
        if marks:
            left = centre - (marks - space.near) / 2
            self.draw_kinds(canvas, part, left, top + tall - type_.small * 0.1, brief=True)

    def _draw_caption(self, canvas: Canvas, caption: Caption, dx: float, dy: float) -> None:
        size = getattr(self.theme.type, caption.size)
        colour = getattr(self.theme.colours, caption.colour)
        runs = (Span(caption.text, bold=caption.bold),)
        canvas.text(caption.x + dx, caption.y + dy, runs, size, colour, caption.anchor)


def _parted(points: Sequence[Point], at: Point, half: float) -> tuple[tuple[Point, ...], tuple[Point, ...]]:
    """A line before and after a gap around a point on it; whole where the gap would take a corner or an end."""
    for number, (a, b) in enumerate(pairwise(points)):
        for axis in (0, 1):
            low, high = sorted((a[axis], b[axis]))
            if a[1 - axis] == b[1 - axis] == at[1 - axis] and low + half * 2 < at[axis] < high - half * 2:
                step = half if b[axis] > a[axis] else -half
                ends = [list(at), list(at)]
                ends[0][axis], ends[1][axis] = at[axis] - step, at[axis] + step
                first, second = ((x, y) for x, y in ends)
                return (*points[: number + 1], first), (second, *points[number + 1 :])
    return (), tuple(points)
