"""The overview of an encoder with taps: a staircase, each step beside the tensor that it takes from the encoder."""

from __future__ import annotations

import itertools

from blockviz.ir import item_leaves
from blockviz.outline.model import Part, Tap
from blockviz.page.glyphs.boxes import Size, badge_size, draw_badge, draw_block_box, draw_hatch, draw_lock
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import params_text, plural, shape_text
from blockviz.page.overview.column import Hole
from blockviz.page.overview.part_wiring import is_big, output_text, tap_of_readers, values_text
from blockviz.page.overview.strip.strip import Strip
from blockviz.runtime.records import dataclass
from blockviz.scene import Frame, Span
from blockviz.text.font_metrics import run_width, shorten, width


@dataclass(slots=True)
class Stairs(Strip):
    """A tapped network at the left, the parts that read it rising to the right."""

    def most_columns(self) -> int:
        """1 where the model has this shape, else 0."""
        return 1 if self._tower() is not None and len(self._steps()) >= 2 else 0

    def _tower(self) -> Part | None:
        tapped = [part for part in self.parts.values() if is_big(part) and len(part.taps) > 1]
        if len(tapped) != 1:
            return None
        at = self.order.index(tapped[0].id)
        before, after = self.order[: at + 1], self.order[at:]
        chained = all(b in self.wires[a] for row in (before, after) for a, b in itertools.pairwise(row))
        outside = any(
            b not in self.order[i + 1 : i + 2] and a != tapped[0].id
            for i, a in enumerate(self.order)
            for b in self.wires[a]
            if b in self.parts
        )
        return tapped[0] if chained and not outside else None

    def _steps(self) -> list[Part]:
        tower = self._tower()
        return [self.parts[name] for name in self.order[self.order.index(tower.id) + 1 :]] if tower else []

    def _first(self) -> list[Part]:
        tower = self._tower()
        return [self.parts[name] for name in self.order[: self.order.index(tower.id)]] if tower else []

    def _taps(self) -> dict[str, Tap]:
        """Which tap each step takes: told by the shape of the tensor it reads."""
        tower = self._tower()
        return tap_of_readers(tower, self._steps()) if tower else {}

    # Measuring

    @property
    def _pitch(self) -> float:
        return self.theme.type.heading * 3.9

    @property
    def _step_height(self) -> float:
        return self.theme.type.heading * 2.7

    @property
    def _tower_head(self) -> float:
        """Room in the tower for its name and counts, above the highest tap."""
        return self.theme.type.heading * 3.4

    @property
    def _name_size(self) -> float:
        """The type of the tower's name."""
        return self.theme.type.heading * 1.25

    def _tower_width(self) -> float:
        tower = self._tower()
        if tower is None:
            return 0.0
        type_, space = self.theme.type, self.theme.space
        taps = max(
            width(shape_text(tap.shape), type_.label) + badge_size(tap.stage or "•", self.theme).width
            for tap in tower.taps
        )
        name = run_width(self._name(tower), self._name_size)
        return max(taps + space.wide, name, width(self._strip_under(tower), type_.small)) + space.row

    def _step_width(self, part: Part) -> float:
        type_, space = self.theme.type, self.theme.space
        if self.is_plain(part):
            return self._wide(part)
        badge = badge_size(part.letter, self.theme).width + space.inner if part.letter else 0.0
        text = run_width(self._short_name(part), type_.heading)
        marks = space.inner + self.tally_room(part)
        return max(
            badge + max(text, width(params_text(part.cost), type_.small) + marks) + space.lead,
            width(output_text(part), type_.label),
        )

    def _short_name(self, part: Part) -> tuple[Span, ...]:
        """Only the parameters' values where a letter already says the type."""
        values = values_text(part)
        return (Span(f"({values})", bold=True),) if part.letter and values else self._name(part)

    def _levels(self) -> dict[str, int]:
        """The row of each step, 0 at the bottom (the tower's own output)."""
        tower = self._tower()
        assert tower is not None
        rows = {tap: len(tower.taps) - 1 - i for i, tap in enumerate(tower.taps)}
        taps, out, level = self._taps(), {}, 0
        for part in self._steps():
            if part.id in taps:
                level = rows[taps[part.id]]
            elif not self.is_plain(part):
                level += 1
            out[part.id] = level
        return out

    def least_width(self, columns: int = 1) -> float:
        """Width of tower and steps."""
        return (
            self._tower_width()
            + sum(self._step_width(part) + self._arrow for part in self._steps())
            + self.theme.type.label
        )

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the steps are wider."""
        if self.least_width() > room + 0.01:
            return None
        return self._top() + (max(self._levels().values()) + 1) * self._pitch

    def _top(self) -> float:
        """Room above the highest row, for what comes before the tower."""
        tower = self._tower()
        above = (self._step_height + self.theme.space.row) * len(self._first()) + self._tower_head
        spare = (max(self._levels().values()) + 1 - len(tower.taps if tower else ())) * self._pitch
        return max(self.theme.space.lead, above - spare)

    def _places(self, room: float) -> dict[str, tuple[float, float, float]]:
        """Left, top and width of each step."""
        total = self.measure(room) or 0.0
        spare = (room - self.least_width()) / max(1, len(self._steps()))
        x, out, levels = self._tower_width() + self._arrow + spare / 2, {}, self._levels()
        for part in self._steps():
            wide = self._step_width(part) + spare * 0.4
            out[part.id] = (x, self._row(levels[part.id], total) - self._step_height / 2, wide)
            x += wide + self._arrow + spare * 0.6
        return out

    def _row(self, level: int, total: float) -> float:
        return total - (level + 0.5) * self._pitch

    def hole(self, room: float) -> Hole:
        """The largest rectangle under the steps, at the lower right."""
        total, places = self.measure(room) or 0.0, list(self._places(room).values())
        best = Hole(room, total, 0.0, 0.0)
        for i in range(len(places) - 1):
            x = places[i][0] + places[i][2] + self._arrow * 1.5
            under = max(place[1] for place in places[i + 1 :]) + self._step_height + self.theme.space.lead
            hole = Hole(x, under, room - x, total - under)
            if min(hole.width, hole.height) > 0 and hole.width * hole.height > best.width * best.height:
                best = hole
        return best

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1, shown: frozenset[str] = frozenset()) -> Canvas:
        """Draw at a width."""
        total = self.measure(room) or height
        canvas = Canvas(room, total, shown=shown)
        canvas.groups.append(Frame("", "Overview", 0, 0, room, total))
        tower, places = self._tower(), self._places(room)
        assert tower is not None
        rows = len(tower.taps)
        top = total - rows * self._pitch - self._tower_head
        self._draw_before(canvas, tower, top)
        self._draw_tower(canvas, tower, top, total)
        for part in self._steps():
            self._step(canvas, part, *places[part.id])
        self._connect(canvas, tower, places, total)
        return canvas

    def _draw_before(self, canvas: Canvas, tower: Part, top: float) -> None:
        """What comes before the tower, above it."""
        type_, wide, space = self.theme.type, self._tower_width(), self.theme.space
        y = top
        below = tower.id
        for part in reversed(self._first()):
            y -= self._step_height * 0.7 + space.row
            size = Size(wide, self._step_height * 0.7)
            self._draw_part(canvas, part, 0.0, y, size)
            text = output_text(part)
            canvas.text(
                wide + space.side,
                y + size.height / 2 + type_.small * 0.35,
                text,
                type_.small,
                self.theme.colours.muted,
            )
            end = (wide / 2, y + size.height + space.row)
            self._link(canvas, ((wide / 2, y + size.height), end), part.id, below)
            below = part.id

    def _draw_tower(self, canvas: Canvas, tower: Part, top: float, total: float) -> None:
        type_, colours, wide, space = self.theme.type, self.theme.colours, self._tower_width(), self.theme.space
        size = Size(wide, total - top)
        canvas.rect(0.0, top, wide, size.height, colours.block, radius=2.0)
        if tower.cost.params and not tower.cost.trainable:
            draw_hatch(canvas, 0.0, top, size, colours.hatch, type_.thin, 9.0)
            draw_lock(canvas, space.side, total - space.wide, space.lead, colours.badge, colours.block)
        draw_block_box(canvas, self.theme, f"/{tower.id}", 0.0, top, size, self.title_of(tower), "", hollow=True)
        left = type_.label
        canvas.text(left, top + type_.heading * 1.5, self._name(tower), self._name_size, colours.text)
        layers = sum(len(copy) for copy in tower.copies) or len({n.layer.name for n in item_leaves(tower.item)})
        under = f"{plural(layers, 'layer')} · {params_text(tower.cost)} params"
        canvas.text(
            left,
            top + type_.heading * 1.5 + type_.small * 1.5,
            shorten(under, type_.small, wide - left),
            type_.small,
            colours.muted,
        )
        for i, tap in enumerate(tower.taps):
            y = self._row(len(tower.taps) - 1 - i, total)
            letter = tap.stage or "•"
            badge = badge_size(letter, self.theme)
            x = wide - badge.width - space.side
            draw_badge(canvas, letter, self.theme, f"/{tower.id}|tap{i}", x, y - badge.height / 2)
            canvas.text(x - space.side, y + space.tight, shape_text(tap.shape), type_.label, colours.text, "end")

    def _step(self, canvas: Canvas, part: Part, x: float, y: float, wide: float) -> None:
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        size = Size(wide, self._step_height)
        canvas.text(x, y - space.near, output_text(part), type_.label, colours.text)
        if self.is_plain(part):
            self._plain(canvas, part, x, y, size)
            return
        draw_block_box(canvas, self.theme, f"/{part.id}", x, y, size, self.title_of(part), "", letter=part.letter or "")
        left = x + space.inner
        if part.letter:
            left += self._badge(canvas, part, part.letter, x, y, size) + space.near
        canvas.text(left, y + size.height * 0.45, self._short_name(part), type_.heading, colours.text)
        base, params = y + size.height * 0.82, params_text(part.cost)
        canvas.text(left, base, params, type_.small, colours.muted)
        self.draw_kinds(canvas, part, left + width(params, type_.small) + space.inner, base)

    def _connect(
        self, canvas: Canvas, tower: Part, places: dict[str, tuple[float, float, float]], total: float
    ) -> None:
        taps = self._taps()
        before, start = tower.id, (self._tower_width(), self._row(0, total))
        for part in self._steps():
            x, y, wide = places[part.id]
            middle = y + self._step_height / 2
            level = abs(start[1] - middle) < 1.0
            end = (x, middle) if level else (x + wide / 2, y + self._step_height)
            points = (start, end) if level else (start, (end[0], start[1]), end)
            self._link(canvas, points, before, part.id)
            if part.id in taps:
                line = ((self._tower_width(), middle), (x, middle))
                self._link(canvas, line, tower.id, part.id, self.theme.colours.skip, 1.6)
            before, start = part.id, (x + wide, middle)
