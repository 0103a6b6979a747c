"""What a placement asks for: how large each part is drawn, which wires there are, how wide words print."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from math import inf

import networkx as nx

from blockviz.costs.cost import cost_of
from blockviz.ir import Node, Shape, item_leaves
from blockviz.outline.model import Part
from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.glyphs.boxes import badge_size
from blockviz.page.glyphs.operand_marks import operand_words
from blockviz.page.glyphs.words import has_params, params_text, shape_text
from blockviz.page.layout.placement import Caption, Placement, Spot, Wire
from blockviz.page.layout.wire_router import places_beside
from blockviz.page.overview.part_wiring import is_big
from blockviz.page.overview.shape.cards import Cards, slab_height, slab_width
from blockviz.page.overview.shape.levels import open_side
from blockviz.page.overview.shape.small_cards import small_card
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, replace
from blockviz.text.font_metrics import unbroken, width, wrap

_MANY = 4  # boxes to which a condition is no line
_LOW = 4.2  # how high, in units of the label's type, the finest slab of a strip is from which on slabs are wide


@dataclass(frozen=True, slots=True)
class Pieces:
    """The parts of one overview as a placement sees them."""

    cards: Cards

    @property
    def unit(self) -> float:
        """The size of the label's type."""
        return self.cards.theme.type.label

    def small(self, text: str, bold: bool = False) -> float:
        """Width of small words."""
        return width(text, self.cards.theme.type.small, bold=bold)

    def said_of(self, source: str, target: str) -> float:
        """Width of what is said of an arrow (``5 tensors``); 0 where nothing is."""
        part = self.cards.parts[target]
        return self.small(operand_words(part.item, part.operands).get(source, ""))

    def between(self, view: OverviewGraph, a: str, b: str, gap: float) -> float:
        """An arrow between neighbours in a row, with room for what is said of it."""
        words = self.said_of(a, b) if view.graph.has_edge(a, b) else 0.0
        return max(gap, words + self.unit * 1.2 if words else 0.0)

    def held(self, names: Iterable[str]) -> str:
        """Parameters of several parts, each layer with the first part that calls it; "" where there are none."""
        members, seen = set(names), set[str]()
        nodes: list[Node] = []
        for name, part in self.cards.parts.items():
            own = list(item_leaves(part.item))
            nodes += [node for node in own if name in members and node.layer.name not in seen]
            seen |= {node.layer.name for node in own}
        cost = cost_of(nodes)
        return params_text(cost) if has_params(cost) else ""

    def spots(self, view: OverviewGraph, style: Style) -> dict[str, Spot]:
        """The measured box of every part."""
        scaled = [name for name in view.order if self.is_slab(view, name, style)]
        areas = [area for name in scaled if (area := view.area[name])]
        finest, coarsest = max(areas, default=1), min(areas, default=1)
        out = {}
        for name in view.order:
            part = self.cards.parts[name]
            if self.is_slab(view, name, style):
                tall = slab_height(view.area[name], finest, coarsest, self.unit * 2.6, self.unit * style.tall)
                light = style.strip and not part.cost.params and self.cards.is_plain(part) and part.kind != "input"
                out[name] = self._icon(part) if light else self._slab(part, view.channels(name), tall, style)
            else:
                small = style.small and not is_big(part)
                room = self.unit * style.room
                out[name] = small_card(self.cards, part, style) if small else self.cards.card(part, room)
            out[name].rim = out[name].depth if part.parallel else 0.0
        return out

    def _slab(self, part: Part, channels: int | None, tall: float, style: Style) -> Spot:
        type_ = self.cards.theme.type
        inside = [width(part.times, type_.heading, bold=True) + 3.0 + 2 * self.cards.depth(part)] if part.times else []
        inside += [badge_size(part.letter, self.cards.theme).width + 3.0] if part.letter else []
        marks = 0.0 if style.strip else self.cards.tally_room(part, brief=True)  # a strip says it under the slab
        inside += [marks + 3.0] if marks else []
        share = min(1.0, style.tall / _LOW) if style.strip else 1.0  # slabs of a low strip are narrower, too
        wide = max([slab_width(channels, self.unit) * share, *inside])
        least = type_.small * 1.2 if marks else 0.0
        least += badge_size(part.letter or "", self.cards.theme).height + (type_.heading * 1.4 if part.times else 3.0)
        tall = max(tall, least if inside else 0.0)
        return Spot(part.id, wide, tall, self.cards.depth(part), head=type_.small * 1.5)

    def _icon(self, part: Part) -> Spot:
        """A small box for what has no weights, with room for ×N, or a circle with its sign."""
        if self.cards.is_sign(part):
            size = self.cards.sign_size(part)
            return Spot(part.id, size.width, size.height)
        times = width(part.times, self.cards.theme.type.heading, bold=True) + 3.0 if part.times else 0.0
        return Spot(part.id, max(self.unit, times), self.unit * 1.9, self.cards.depth(part))

    def channels_text(self, view: OverviewGraph, name: str) -> str:
        """Channels of what comes out of a part that has weights, or of an input."""
        part, channels = self.cards.parts[name], view.channels(name)
        return str(channels) if channels and (part.cost.params or part.kind == "input") else ""

    def side_text(self, view: OverviewGraph, name: str) -> str:
        """One number for a square grid, else all sizes; nothing for vectors and for what has no weights.

        Of open sizes the share of the input, whose sizes are letters.
        """
        part, grid = self.cards.parts[name], view.grid(view.shapes[name])
        if not grid or not (part.cost.params or part.kind == "input"):
            return ""
        if None in grid:
            return open_side(view, name, part.output_shape if part.kind == "input" else ())
        return str(grid[0]) if len(set(grid)) == 1 else "×".join(map(str, grid))

    def cost_text(self, name: str) -> str:
        """Parameters of a part that has some of its own."""
        part = self.cards.parts[name]
        return params_text(part.cost) if has_params(part.cost) and not part.again else ""

    def strip_name(self, name: str, room: float, channels: str) -> list[tuple[str, bool]]:
        """The lines of a unit's or a layer's name below its slab, (text, bold), without ``channels`` that stand there
        already; blocks have brackets."""
        part = self.cards.parts[name]
        if not self.cards.is_plain(part) or self.cards.is_sign(part):
            size = self.cards.theme.type.small
            return [
                (line, False) for words in self.cards.remarks(part) for line in wrap(words, size, max(room, size * 8))
            ]
        label = self.cards.label(part)
        size = self.cards.theme.type.small
        said = "" if part.kind == "input" else channels  # an input's number is no width
        tails = [word for word in label.tail.replace(",", "").split(" ") if word and word != said]
        longest = max((width(word, size, bold=True) for word in unbroken(f"{label.head} {label.tail}")), default=0.0)
        room = max(room, longest + 0.1)
        if tails and self.small(whole := " ".join([label.head, *tails]), True) <= room:
            return [(whole, True)]
        heads = [(line, True) for line in wrap(label.head, size, room)]
        return heads + [(line, False) for line in (wrap(" ".join(tails), size, room) if tails else [])]

    def type_text(self, names: list[str]) -> str:
        """A type's name with the number of its copies among these parts."""
        parts = [self.cards.parts[name] for name in names]
        count = sum(part.repeat for part in parts)
        return f"{parts[0].name.partition(',')[0]}{f' ×{count}' if count > 1 else ''}"

    def key(self, view: OverviewGraph, out: Placement, left: float, y: float, room: float) -> None:
        """What the letters stand for and how often, in lines no wider than a room, the first with its base at y."""
        x = left
        for text in self._key_texts(view):
            wide = self.small(text, bold=True)
            if x > left and x + wide > left + room:
                x, y = left, y + self.cards.theme.type.small * 1.15
            out.captions.append(Caption(x, y, text, wide, "start", "small", True, "text"))
            x += wide + self.unit * 1.6

    def key_widths(self, view: OverviewGraph) -> list[float]:
        """How wide it prints what each letter stands for."""
        return [self.small(text, bold=True) for text in self._key_texts(view)]

    def _key_texts(self, view: OverviewGraph) -> list[str]:
        names: dict[str, list[str]] = {}
        for name in view.order:
            if letter := self.cards.parts[name].letter:
                names.setdefault(letter, []).append(name)
        return [f"{letter} {self.type_text(found)}" for letter, found in names.items()]

    def is_slab(self, view: OverviewGraph, name: str, style: Style) -> bool:
        """Whether a part is drawn to scale: a block with a letter and a grid, whose name its panel tells."""
        part = self.cards.parts[name]
        if style.strip or not style.slabs:
            return style.strip and not is_big(part) and not self.cards.is_sign(part)
        if self.cards.remarks(part):  # a slab has no room for what else is to say
            return False
        if style.small:
            return bool(part.letter) and not is_big(part)
        known = view.area[name] is not None and len(view.shapes[name]) == view.rank
        return known and bool(part.letter) and not is_big(part)

    def condition(self, view: OverviewGraph, name: str) -> str:
        """``to each A and C``: what is said of a vector that every block of some types reads (a step of diffusion).

        "" where it is read otherwise.
        """
        readers = view.after(name)
        letters = {view.parts[one].type for one in readers}
        every = [one for one in view.order if view.parts[one].type in letters]
        told = [letter for one in readers if (letter := self.cards.parts[one].letter)]
        if view.area[name] or len(readers) < _MANY or every != readers or len(told) < len(readers):
            return ""
        *most, last = dict.fromkeys(told)
        return f"to each {' and '.join(filter(None, [', '.join(most), last]))}"

    def wires(self, view: OverviewGraph, layout: OverviewLayout, said: Collection[str] = ()) -> list[Wire]:
        """Every wire once, but those from what words say; skips with the tensor that they carry."""
        straight = set(nx.transitive_reduction(view.graph).edges)
        out = []
        for u in view.order:
            for v in view.after(u) if u not in said else ():
                if (u, v) in layout.skips:
                    out.append(Wire(u, v, "skip", self._skip_text(u, view.tensor(u, v))))
                elif (u, v) == layout.memory:
                    out.append(Wire(u, v, "memory"))
                else:
                    out.append(Wire(u, v, "flow" if (u, v) in straight else "side"))
        return out

    def _skip_text(self, name: str, sizes: Shape) -> str:
        """The shape of what a skip carries, with letters where its part has them."""
        whole = self.cards.parts[name].output_shape
        return shape_text(whole if tuple(whole[1:]) == tuple(sizes) else (None, *sizes))

    def caption_channels(self, view: OverviewGraph, out: Placement, style: Style) -> None:
        """The channels above each slab; beside the middle, where a line comes from above."""
        low = self.cards.theme.type.small * 0.45
        for name, spot in out.spots.items():
            channels = view.channels(name)
            if not (channels and self.is_slab(view, name, style)):
                continue
            text = str(channels)
            wide = self.small(text, bold=True)
            from_above = [u for u in view.before(name) if out.spots[u].bottom <= spot.y - spot.head]
            to_above = [v for v in view.after(name) if out.spots[v].bottom <= spot.y - spot.head]
            straight = any(abs(out.spots[one].cx - spot.cx) < spot.width / 2 for one in from_above + to_above)
            shift = (wide / 2 + 2.5) * (-1 if from_above else 1) if straight else 0.0
            out.captions.append(Caption(spot.cx + shift, spot.y - low, text, wide, "middle", bold=True, colour="text"))

    def caption_skips(self, out: Placement, gap: float) -> None:
        """The tensor of each skip above its line, where the line is straight, past no box, and has room for it."""
        for wire in out.wires:
            u, v = out.spots[wire.source], out.spots[wire.target]
            between = any(u.right < one.cx < v.x and _is_straight(u, one) for one in out.spots.values())
            if wire.look != "skip" or not wire.text or v.x < u.right or not _is_straight(u, v) or between:
                continue
            wide = self.small(wire.text)
            if v.x - u.right - u.depth > wide + gap * 0.6:
                middle = (u.right + u.depth + v.x) / 2
                words = Caption(middle, u.cy - 2.4, wire.text, wide, "middle", colour="skip")
                if out.has_room_for(words):
                    out.captions.append(words)

    def uncross_channels(self, out: Placement) -> None:
        """Channels that a routed line would strike stand beside it, over their slab."""
        for number, words in enumerate(out.captions):
            if not (words.bold and words.anchor == "middle" and words.text.isdecimal()):
                continue
            out.captions[number] = replace(words, width=0.0, x=-inf)  # what makes room for itself
            aside = words.width / 2 + 3.0
            places = [replace(words, x=words.x + shift) for shift in (0.0, aside, -aside)]
            places += [replace(one, y=one.y - self.cards.theme.type.small) for one in places]
            free = (one for one in places if out.is_free(replace(one, width=one.width + 4.0)))
            out.captions[number] = next(free, words)

    def caption_bent_skips(self, out: Placement) -> None:
        """The tensor of each skip that changes its row, where a routed line has room beside it."""
        for found in out.routes:
            wire = found.wire
            if wire.look != "skip" or not wire.text or _is_straight(out.spots[wire.source], out.spots[wire.target]):
                continue
            words = (replace(one, colour="skip") for one in places_beside(found, wire.text, self.small(wire.text)))
            if place := next((one for one in words if out.is_free(one) and not out.is_on_an_edge(one)), None):
                out.captions.append(place)


def _is_straight(u: Spot, v: Spot) -> bool:
    """Whether a line may run level from one box to another."""
    return abs(u.cy - v.cy) < 1.0
