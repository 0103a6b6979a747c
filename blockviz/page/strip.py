"""The overview from left to right: a strip of boxes with brackets above and shapes below, for models of few parts.

Brackets name what a reader asks of a transfer model: data preparation, frozen backbone, trained head.
"""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.drawing import Arrow, Box, Group, Path, Point, Run
from blockviz.facts import imagenet_facts
from blockviz.ir import item_leaves
from blockviz.outline import Part
from blockviz.page.boxes import Size, badge_size, draw_badge, draw_hatch, draw_lock, draw_stack
from blockviz.page.canvas import Canvas
from blockviz.page.diagram import draw_block_box
from blockviz.page.overview import Overview
from blockviz.page.parts import is_big, shape_of
from blockviz.page.words import count_text, number_text, plural, shape_text
from blockviz.records import dataclass
from blockviz.text import middle, run_width, width, wrap


@dataclass(frozen=True, slots=True)
class Bracket:
    """Consecutive parts with something in common: indices from ``first`` to ``last``, a bold word and a note."""

    first: int
    last: int
    word: str
    note: str
    accent: bool = False


@dataclass(slots=True)
class Strip(Overview):
    """The parts in one row, or in several rows read like text."""

    @property
    def rightward(self) -> bool:
        """Always: from left to right."""
        return True

    def most_columns(self) -> int:
        """In how many rows the strip may be set; none where the parts are no plain sequence."""
        if self.towers or not all(self.wires[a] == [b] for a, b in zip(self.order, self.order[1:], strict=False)):
            return 0
        return 3 if len(self.order) > 4 else 1

    # Measuring

    @property
    def _row_gap(self) -> float:
        return self.theme.type.label * 2.0

    @property
    def _arrow(self) -> float:
        return self.theme.type.label * 1.9

    def _edge(self, rows: int) -> float:
        """Room at both ends for the line that goes on in the next row."""
        return self.theme.type.label * 1.3 if rows > 1 else 0.0

    @property
    def _box_height(self) -> float:
        type_ = self.theme.type
        return type_.heading * (6.6 if any(is_big(part) for part in self.parts.values()) else 4.4)

    def _rows(self, rows: int) -> list[list[str]]:
        """The parts in so many rows of about equal width."""
        widths = {name: self._wide(self.parts[name]) + self._arrow for name in self.order}
        total, out, used = sum(widths.values()), [list[str]()], 0.0
        for name in self.order:
            if out[-1] and used + widths[name] / 2 > total / rows and len(out) < rows:
                out.append([])
                used = 0.0
            out[-1].append(name)
            used += widths[name]
        return out

    def _wide(self, part: Part) -> float:
        """The width of a box: its longest line."""
        type_ = self.theme.type
        shape = width(shape_text(shape_of(part)), type_.label)
        if self.is_plain(part):
            label = self.label(part)
            heads, tails = self._lines_of(part)
            text = max(
                [width(line, type_.heading, bold=True) for line in heads] + [width(line, type_.small) for line in tails]
            )
            slant = type_.label * 1.4 if label.form in ("funnel", "spread") else 0.0
            return max(text + type_.label * 1.5 + slant, shape + type_.label * 0.3, type_.label * 5)
        name = run_width(self._name(part), type_.heading * (1.25 if is_big(part) else 1.0))
        under = max(width(line, type_.small) for line in (self._strip_under(part), self._accuracy(part)))
        badge = badge_size(part.letter, self.theme).width + type_.label * 0.6 if part.letter else 0.0
        count = width(f"×{part.repeat}", type_.big, bold=True) + type_.label * 0.6 if part.repeat > 1 else 0.0
        return max(badge + max(name, under) + count + type_.label * (4.5 if is_big(part) else 1.8), shape)

    def least_width(self, columns: int = 1) -> float:
        """Width of the longest row."""
        rows = self._rows(max(1, columns))
        return (
            max(sum(self._wide(self.parts[name]) for name in row) + self._arrow * (len(row) - 1) for row in rows)
            + 2 * self._edge(columns)
            + self.theme.type.label * 0.4
        )

    def _lines_of(self, part: Part) -> tuple[list[str], list[str]]:
        """(bold lines, small lines) in the box of a unit or layer."""
        type_ = self.theme.type
        label = self.label(part)
        head, tail = label.head, label.tail
        if not label.comma and tail and label.family != "train":
            first, _, tail = tail.partition(", ")
            head = f"{head} {first}"
        tails = wrap(tail, type_.small, type_.label * 11) if head and tail else []
        if part.repeat > 1:
            tails = [*tails[:-1], f"{tails[-1]}, ×{part.repeat}"] if tails else [f"×{part.repeat}"]
        tails += ["train only"] if label.family == "train" else []
        return wrap(head or tail, type_.heading, type_.label * 7.5), tails

    def measure(self, room: float, columns: int = 1) -> float | None:
        """Height at a width, or None where the rows are wider."""
        if self.least_width(columns) > room + 0.01:
            return None
        return self._row_height * columns + self._row_gap * (columns - 1) + self._share_height

    @property
    def _row_height(self) -> float:
        type_ = self.theme.type
        above = type_.small * 2.6 if self.brackets() else type_.small * 0.3
        return above + self._box_height + type_.label * 1.7

    @property
    def _share_height(self) -> float:
        return self.theme.type.label * 2.4 if self._frozen_share() else 0.0

    def _frozen_share(self) -> float:
        cost = self.context.outline.cost
        frozen = sum(part.cost.params for part in self.parts.values() if part.cost.params and not part.cost.trainable)
        return frozen / cost.params if cost.params else 0.0

    def brackets(self) -> list[Bracket]:
        """Data, frozen and trained stretches where a part is frozen; else stages of several parts."""
        parts = list(self.parts.values())
        frozen = [i for i, part in enumerate(parts) if part.cost.params and not part.cost.trainable]
        if not frozen:
            return _stages(parts)
        first, last = frozen[0], frozen[-1]
        augmented = any(self.is_plain(part) and self.label(part).family == "train" for part in parts[:first])
        out = [Bracket(0, first - 1, "data", "augmented on the fly" if augmented else "")] if first else []
        out.append(Bracket(first, last, "frozen", _weights_note(self.context.outline.weights)))
        if last + 1 < len(parts):
            trained = sum(part.cost.trainable for part in parts[last + 1 :])
            out.append(
                Bracket(last + 1, len(parts) - 1, "trained head", f"{number_text(trained)} parameters", accent=True)
            )
        return out

    # Drawing

    def draw(self, room: float, height: float, columns: int = 1) -> Canvas:
        """Draw at a width; spare width goes into the boxes."""
        canvas = Canvas(room, self.measure(room, columns) or height)
        canvas.groups.append(Group("", "Overview", 0, 0, room, canvas.height))
        rows = self._rows(columns)
        place: dict[str, tuple[float, float, float]] = {}
        for number, row in enumerate(rows):
            need = sum(self._wide(self.parts[name]) for name in row) + self._arrow * (len(row) - 1)
            spare = min(room - need - 2 * self._edge(columns), need * 0.35) / max(1, len(row) * 2 - 1)
            x = self._edge(columns)
            y = number * (self._row_height + self._row_gap) + (self.theme.type.small * 2.6 if self.brackets() else 0.0)
            for name in row:
                wide = self._wide(self.parts[name]) + spare
                place[name] = (x, y, wide)
                x += wide + self._arrow + spare
        for name, (x, y, wide) in place.items():
            self._box(canvas, self.parts[name], x, y, wide)
        self._lines(canvas, place)
        for bracket in self.brackets():
            self._bracket(canvas, bracket, place)
        if self._frozen_share():
            self._shares(canvas, room, canvas.height - self.theme.type.label * 1.2)
        return canvas

    def _inner_height(self, part: Part) -> float:
        return (
            self._box_height
            if is_big(part) or not any(is_big(p) for p in self.parts.values())
            else self._box_height * 0.68
        )

    def _box(self, canvas: Canvas, part: Part, x: float, y: float, wide: float) -> None:
        type_, colours = self.theme.type, self.theme.colours
        tall = self._inner_height(part)
        top = y + (self._box_height - tall) / 2
        if self.is_plain(part):
            self._plain(canvas, part, x, top, Size(wide, tall))
        else:
            self._block(canvas, part, x, top, Size(wide, tall))
        shape = shape_text(shape_of(part))
        canvas.text(x + wide / 2, y + self._box_height + type_.label * 1.35, shape, type_.label, colours.text, "middle")

    def _plain(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        type_, colours = self.theme.type, self.theme.colours
        label = self.label(part)
        fill, line = self.theme.family(label.family if label.family != "merge" else "other")
        form = {"merge": "box", "bar": "box", "pill": "box"}.get(label.form, label.form)
        if part.repeat > 1 and not part.shared:
            draw_stack(canvas, self.theme, x, y, size)
        canvas.boxes.append(
            Box(
                f"/{part.id}",
                x,
                y,
                size.width,
                size.height,
                form,
                colours.page if label.hollow else fill,
                line,
                type_.stroke * (1.9 if label.heavy else 1.1),
                label.dashed,
                title=self._title(part),
            )
        )
        heads, tails = self._lines_of(part)
        total = len(heads) * type_.heading * 1.1 + len(tails) * type_.small * 1.25
        base = y + (size.height - total) / 2 + type_.heading * 0.85
        for text in heads:
            canvas.text(x + size.width / 2, base, text, type_.heading, colours.text, "middle", bold=True)
            base += type_.heading * 1.1
        base -= type_.heading * 1.1 - type_.small * 1.3
        for text in tails:
            canvas.text(x + size.width / 2, base, text, type_.small, colours.text, "middle")
            base += type_.small * 1.25

    def _strip_under(self, part: Part) -> str:
        layers = sum(len(copy) for copy in part.copies) or len({n.layer.name for n in item_leaves(part.item)})
        return f"{plural(layers, 'layer')} · {count_text(part.cost.params)} params"

    def _accuracy(self, part: Part) -> str:
        """Published accuracy of a whole backbone with ImageNet's weights; empty for anything else."""
        outline = self.context.outline
        whole = (one.name for one in outline.backbones if part.name in (one.name, one.title) and not one.cut_at)
        name = next(whole, None) if outline.weights == "imagenet" and is_big(part) else None
        facts = imagenet_facts(name) if name else {}
        words = [
            f"{label} {facts[key]}\u2009%" for key, label in (("top1", "top-1"), ("top5", "top-5")) if key in facts
        ]
        return ", ".join(words)

    def _block(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        type_, colours = self.theme.type, self.theme.colours
        frozen = bool(part.cost.params) and not part.cost.trainable
        if part.repeat > 1 and not part.shared:
            draw_stack(canvas, self.theme, x, y, size)
        canvas.rect(x, y, size.width, size.height, colours.block, radius=2.0)
        name_size = type_.heading * (1.25 if is_big(part) else 1.0)
        name, unders = self._name(part), [line for line in (self._strip_under(part), self._accuracy(part)) if line]
        if frozen:
            draw_hatch(canvas, x, y, size, colours.hatch, type_.stroke * 0.7)
            inner = min(
                size.width - type_.label * 3,
                max(run_width(name, name_size), *(width(line, type_.small) for line in unders)) + type_.label * 1.6,
            )
            canvas.rect(x + (size.width - inner) / 2, y + size.height * 0.22, inner, size.height * 0.56, colours.block)
            draw_lock(
                canvas,
                x + type_.label * 0.6,
                y + size.height - type_.label * 2.2,
                type_.label * 1.6,
                colours.badge,
                colours.block,
            )
        draw_block_box(canvas, self.theme, f"/{part.id}", x, y, size, self._title(part), "", hollow=True)
        left, right = x, x + size.width
        if part.letter:
            badge = badge_size(part.letter, self.theme)
            draw_badge(
                canvas,
                part.letter,
                self.theme,
                f"/{part.id}|badge",
                x + type_.label * 0.6,
                y + (size.height - badge.height) / 2,
                filled=part.letter in self.context.defined,
            )
            left += badge.width + type_.label * 0.9
        if part.repeat > 1:
            text = f"×{part.repeat}"
            canvas.text(
                right - type_.label * 0.6,
                middle(y + size.height / 2, type_.big),
                text,
                type_.big,
                colours.text,
                "end",
                bold=True,
            )
            right -= width(text, type_.big, bold=True) + type_.label * 0.9
        centre = (left + right) / 2
        base = y + size.height / 2 - type_.small * (0.25 + 0.65 * (len(unders) - 1))
        canvas.text(centre, base, name, name_size, colours.text, "middle")
        for number, line in enumerate(unders):
            at = base + type_.small * (1.5 + 1.3 * number)
            canvas.text(centre, at, line, type_.small, colours.text if frozen else colours.muted, "middle")

    def _lines(self, canvas: Canvas, place: dict[str, tuple[float, float, float]]) -> None:
        type_, colours = self.theme.type, self.theme.colours
        for a, b in zip(self.order, self.order[1:], strict=False):
            (xa, ya, wa), (xb, yb, _) = place[a], place[b]
            start, end = (xa + wa, ya + self._box_height / 2), (xb, yb + self._box_height / 2)
            colour, stroke = colours.line, type_.stroke * 1.3
            points: tuple[Point, ...] = (start, end)
            if ya != yb:  # on to the next row: around the end of one and back to the beginning of the other
                above = type_.small * 2.6 if self.brackets() else 0.0
                lane = ya + self._row_height - above + self._row_gap * 0.25
                out, back, bend = start[0] + type_.label, type_.label * 0.3, type_.label
                canvas.rule((start, (out, start[1]), (out, lane), (out - bend, lane)), colour, stroke, 4.0)
                canvas.rule(((out - bend, lane), (back + bend, lane)), colour, stroke)
                points = ((back + bend, lane), (back, lane), (back, end[1]), end)
            canvas.arrows.append(Arrow(points, colour, stroke, 4.0, type_.label * 0.62, f"/{a}", f"/{b}"))

    def _bracket(self, canvas: Canvas, bracket: Bracket, place: dict[str, tuple[float, float, float]]) -> None:
        type_, colours = self.theme.type, self.theme.colours
        colour = colours.accent if bracket.accent else colours.line
        names = self.order[bracket.first : bracket.last + 1]
        for row in dict.fromkeys(place[name][1] for name in names):
            spots = [place[name] for name in names if place[name][1] == row]
            left, right = spots[0][0], spots[-1][0] + spots[-1][2]
            y = row - type_.small * 0.9
            canvas.shapes.append(
                Path(((left, y + 2.6), (left, y), (right, y), (right, y + 2.6)), colour, "", type_.stroke)
            )
            runs: tuple[Run, ...] = (
                Run(bracket.word, bold=True),
                *((Run(_spaced(bracket.note), colour=colours.muted),) if bracket.note else ()),
            )
            if run_width(runs, type_.small) > right - left + self._arrow:
                runs = runs[:1]
            canvas.text((left + right) / 2, y - type_.small * 0.45, runs, type_.small, colours.text, "middle")

    def _shares(self, canvas: Canvas, room: float, y: float) -> None:
        """A bar of all parameters, the frozen ones hatched."""
        type_, colours = self.theme.type, self.theme.colours
        total, share = self.context.outline.cost.params, self._frozen_share()
        head: tuple[Run, ...] = (
            Run("parameters", bold=True),
            Run(f" {count_text(total)} in total", colour=colours.muted),
        )
        percent = f"{share * 100:.2f}" if share > 0.99 else f"{share * 100:.1f}"
        rest = f"{100 - float(percent):.2f}" if share > 0.99 else f"{100 - float(percent):.1f}"
        tail: tuple[Run, ...] = (
            Run(f"{percent}\u2009% frozen, "),
            Run(f"{rest}\u2009% trained", bold=True, colour=colours.accent),
        )
        left = run_width(head, type_.small) + type_.label
        right = room - run_width(tail, type_.small) - type_.label
        thick = type_.label * 0.9
        canvas.text(0, middle(y, type_.small), head, type_.small, colours.text)
        canvas.text(room, middle(y, type_.small), tail, type_.small, colours.text, "end")
        if right - left < type_.label * 5:
            return
        canvas.rect(left, y - thick / 2, right - left, thick, colours.block)
        draw_hatch(canvas, left, y - thick / 2, Size((right - left) * share, thick), colours.hatch, type_.stroke * 0.7)
        canvas.rect(left, y - thick / 2, right - left, thick, "", colours.block_line, type_.stroke * 0.7)
        at = left + (right - left) * share
        canvas.rule(((at, y - thick * 0.8), (at, y + thick * 0.8)), colours.accent, type_.stroke * 1.6)


def _weights_note(weights: str | None) -> str:
    """What a bracket says of the weights that were named."""
    return {None: "", "imagenet": ", ImageNet weights"}.get(weights, f", {weights}")


def _spaced(note: str) -> str:
    return note if note.startswith(",") else f" {note}"


def _stages(parts: Sequence[Part]) -> list[Bracket]:
    out: list[Bracket] = []
    start = 0
    for i in range(1, len(parts) + 1):
        if i == len(parts) or parts[i].stage != parts[start].stage:
            stage = parts[start].stage
            if stage and i - start > 1:
                out.append(Bracket(start, i - 1, stage if not stage.isdigit() else f"stage {stage}", ""))
            start = i
    return out
