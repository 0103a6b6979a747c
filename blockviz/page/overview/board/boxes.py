"""The boxes of a board: what elsewhere stands beside a box (shape, parameters, their share) stands in it."""

from __future__ import annotations

from blockviz.outline.model import Part
from blockviz.page.glyphs.boxes import BADGE, Size, badge_size, draw_badge, draw_block_box, draw_label
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.words import has_params, params_text, share_base
from blockviz.page.overview.column import Overview
from blockviz.page.overview.part_boxes import name_in_room
from blockviz.page.overview.part_wiring import fitting_shapes, is_big, output_text
from blockviz.page.style.theme import BADGE_LETTER, Theme
from blockviz.runtime.records import dataclass, replace
from blockviz.text.font_metrics import middle, run_width, width

_TIGHT_BADGE = 1.4  # as `blockviz.page.glyphs.boxes.BADGE`
_NAME, _UNDER = 0.385, 0.715  # baselines of the two lines in a box, as shares of its height; a bar is below them


@dataclass(slots=True)
class BoardBoxes(Overview):
    """Sizes and drawings of single boxes on a board.

    Where there are many (``two_lines`` is off), a block has one line: its letter and its shape.
    """

    def _unders(self, part: Part) -> tuple[str, ...]:
        """What stands under a name, from the longest form to the shortest."""
        shape = output_text(part)
        if self.is_plain(part) and not has_params(part.cost) and shape in self.label(part).tail.split():
            return ("",)  # a reshape says it
        said = "" if self.is_plain(part) else ", ".join(self.remarks(part))
        params = [params_text(part.cost)] if has_params(part.cost) and not part.again else []
        forms = [" · ".join(filter(None, [shape, *params]))] if params else []
        forms = [*(f"{form}, shared weights" for form in forms if part.shared), *forms, shape]
        return (*(f"{form} · {said}" for form in forms if said), *([said] if said else ()), *forms)

    def _fitting(self, part: Part, room: float) -> str:
        """The longest form of what a box says of its output that it has room for."""
        size, forms = self.theme.type.small, self._unders(part)
        return next((form for form in forms if width(form, size) <= room), fitting_shapes(part, size, room))

    # Sizes

    @property
    def _badge_side(self) -> float:
        return BADGE if self.two_lines else _TIGHT_BADGE

    @property
    def _badge_theme(self) -> Theme:
        """The type of a badge in a box of one line is the smallest there is, never less."""
        type_ = self.theme.type
        return (
            self.theme
            if self.two_lines
            else replace(self.theme, type=replace(type_, heading=type_.small / BADGE_LETTER))
        )

    def _badge(self, part: Part) -> Size:
        return badge_size(part.letter or "", self._badge_theme, self._badge_side)

    @property
    def _count_size(self) -> float:
        """The size of type of a block's ×N."""
        return self.theme.type.big if self.two_lines else self.theme.type.heading

    def _count(self, part: Part) -> float:
        """Room for ×N and what keeps it apart."""
        size = self._count_size
        return width(part.times, size, bold=True) + self.theme.space.inner if part.repeat > 1 else 0.0

    def _beside(self, part: Part) -> float:
        """Room that the ×N of units or layers takes, on both sides of what is centred."""
        size = self.theme.type.label
        return 2 * (width(part.times, size, bold=True) + size * 0.6) if part.repeat > 1 else 0.0

    def _need(self, part: Part) -> float:
        type_, under, space = self.theme.type, width(self._unders(part)[0], self.theme.type.small), self.theme.space
        if self.is_plain(part) or is_big(part):
            need, below = Overview._need(self, part), under + self._beside(part) + space.lead
            return max(need, below) if self.two_lines and self.is_plain(part) else need
        name = run_width(self._name(part), type_.heading) if self.two_lines or not part.letter else 0.0
        badge = self._badge(part).width + space.inner if part.letter else 0.0
        return badge + max(name, under + self.tally_room(part)) + self._count(part) + space.row

    def _least(self, part: Part) -> float:
        """What a box must have: its whole label, or its letter beside its shape."""
        if self.is_sign(part):
            return self._sign_room(part)
        if self.is_plain(part) or is_big(part) or not part.letter:
            return self._need(part)
        said = ", ".join(self.remarks(part))
        text = width(said or self._unders(part)[-1], self.theme.type.small) + self.tally_room(part)
        space = self.theme.space
        edges = max(space.row, space.side + 2 * space.inner)
        return min(self._need(part), self._badge(part).width + text + self._count(part) + edges)

    def _height(self, part: Part) -> float:
        type_, space = self.theme.type, self.theme.space
        if is_big(part):
            return Overview._height(self, part)
        if self.is_plain(part):
            return type_.label * 3.0 if self.two_lines else space.lead
        if not self.two_lines and part.letter:
            return self._badge(part).height + space.tight
        return type_.heading * (2.8 if self.two_lines else 1.95)

    # Drawing

    def _draw_part(self, canvas: Canvas, part: Part, x: float, y: float, size: Size) -> None:
        if not self.two_lines or is_big(part) or self.is_sign(part) or not self.is_plain(part):
            Overview._draw_part(self, canvas, part, x, y, size)
            return
        self.draw_copies(canvas, part, x, y, size)
        type_, place, space = self.theme.type, len(canvas.boxes), self.theme.space
        draw_label(canvas, self.label(part), self.theme, f"/{part.id}", x, y, size, title=self.title_of(part))
        box, centre = canvas.boxes[place], x + size.width / 2
        canvas.boxes[place] = replace(box, lines=())  # its label moves up to make room for what stands below it
        under = self._fitting(part, size.width - self._beside(part) - type_.label)
        base = y + size.height * _NAME if under else middle(y + size.height / 2, type_.label)
        canvas.text(centre, base, self._label_runs(part), type_.label, box.colour, "middle")
        canvas.text(centre, y + size.height * (_UNDER + 0.02), under, type_.small, box.colour, "middle")
        if part.repeat > 1:
            right, base = x + size.width - space.side, middle(y + size.height / 2, type_.label)
            canvas.text(right, base, part.times, type_.label, box.colour, "end", bold=True)
        inset = type_.label * (1.9 if box.form in ("funnel", "spread") else 0.8)
        ground = self.theme.colours.track if box.fill == self.theme.colours.page else self.theme.colours.page
        self._share(canvas, part, x + inset, x + size.width - inset, y + size.height - space.near, ground)

    def _draw_block(self, canvas: Canvas, part: Part, ident: str, x: float, y: float, size: Size) -> None:
        colours, space = self.theme.colours, self.theme.space
        self.draw_copies(canvas, part, x, y, size)
        draw_block_box(canvas, self.theme, ident, x, y, size, self.title_of(part), "", letter=part.letter or "")
        left, right = x + space.side, x + size.width - space.inner
        if part.letter:
            badge, filled, side = self._badge(part), part.letter in canvas.shown, self._badge_side
            top = y + (size.height - badge.height) / 2
            draw_badge(canvas, part.letter, self._badge_theme, f"{ident}|badge", left, top, filled=filled, side=side)
            left += badge.width + space.inner
        if part.repeat > 1:
            base = middle(y + size.height / 2, self._count_size)
            canvas.text(right, base, part.times, self._count_size, colours.text, "end", bold=True)
            right -= self._count(part)
        self._block_words(canvas, part, y, size.height, left, right)
        if self.two_lines:
            end = x + size.width - space.side
            self._share(canvas, part, left, end, y + size.height - space.near, colours.page)

    def _block_words(self, canvas: Canvas, part: Part, y: float, height: float, left: float, right: float) -> None:
        """A block's name with its output and the marks of its copies below; where the room is short, the output, or the
        name where no panel says it."""
        type_, colours, space = self.theme.type, self.theme.colours, self.theme.space
        name, under = self._name(part, right - left), self._fitting(part, right - left - self.tally_room(part))
        after = left + width(under, type_.small) + space.near
        crushed = run_width(self._name(part), type_.heading) > (right - left) * 1.6
        if part.letter and (crushed or not self.two_lines):
            base = middle(y + height / 2, type_.small)
            brief = name_in_room(part.name, "", type_.small, right - left)
            nameless = part.letter not in canvas.shown and not self.remarks(part)  # an output is said before a name
            if nameless and "…" not in brief:
                canvas.text(left, base, brief, type_.small, colours.text, bold=True)
                return
            canvas.text(left, base, under, type_.small, colours.text)
            self.draw_kinds(canvas, part, after, base)
            return
        if not self.two_lines:
            canvas.text(left, middle(y + height / 2, type_.heading), name, type_.heading, colours.text)
            return
        canvas.text(left, y + height * _NAME, name, type_.heading, colours.text)
        base = y + height * _UNDER
        canvas.text(left, base, under, type_.small, colours.muted)
        self.draw_kinds(canvas, part, after, base)

    def _share(self, canvas: Canvas, part: Part, left: float, right: float, top: float, ground: str) -> None:
        """The bar of a box's share of all parameters, along its lower edge."""
        total, thick = share_base(self.context.outline.cost), self.theme.space.hair
        if not part.cost.params or not total or part.again:
            return
        room, filled = right - left, part.cost.params / total
        canvas.front_rect(left, top, room, thick, ground, "", 0.0)
        canvas.front_rect(left, top, max(0.4, room * filled), thick, self.theme.colours.share, "", 0.0)
