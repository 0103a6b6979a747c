"""Draw single boxes: a labelled operation, a merge, a bar, a badge, a stack of copies, a lock."""

from __future__ import annotations

from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.unit_label import Label
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import dataclass
from blockviz.scene import Box, Disc, Path, Span
from blockviz.text.font_metrics import CAP, middle, run_width, width

LEAST = 3.4  # the least width of a box, in units of the label's type
LEADING = 1.15  # from one line of a label to the next, in its type
BADGE = 1.75  # the side of a letter badge, in units of the heading's type


@dataclass(frozen=True, slots=True)
class Size:
    """Width and height in points."""

    width: float
    height: float


def label_size(label: Label, theme: Theme, most: int = 1, least: float = LEAST) -> Size:
    """The room a label needs with its box around it, on at most so many lines."""
    size = theme.type.label
    lines = label.lines(most)
    text = max(run_width(line, size) for line in lines)
    close = len(lines) > 1 and label.family != "sequence"  # whose words keep clear of its double edge
    pad = {"pill": 1.3, "funnel": 1.9, "spread": 1.9}.get(label.form, 0.75 if close else 1.05) * size
    height = size * (1.65 if len(lines) == 1 else 0.3 + LEADING * len(lines))
    if label.form == "merge":
        return Size(size * 1.5, size * 1.5)
    if label.form == "bar":
        return Size(text + pad, size * 1.45)
    return Size(max(text + pad, size * least), height)


def draw_label(
    canvas: Canvas,
    label: Label,
    theme: Theme,
    ident: str,
    x: float,
    y: float,
    size: Size,
    *,
    most: int = 1,
    title: str = "",
    group: str = "",
    below: bool = False,
) -> None:
    """Draw a label's box with its top left at (x, y).

    most : lines that its words may take. below : whether what a circle says beside its sign stands under it, where a
    line leaves it at the right.
    """
    colours, type_ = theme.colours, theme.type
    if label.form == "merge":
        _merge(canvas, label, theme, Box(ident, x, y, size.width, size.height, title=title, group=group), below)
        return
    fill, line = theme.family(label.family if label.family != "merge" else "other")
    text, stroke, form = colours.text, type_.firm, label.form
    if label.form == "bar":
        fill, line, text, form, stroke = colours.bar, "", colours.bar_text, "box", 0.0
    elif label.hollow:
        fill = colours.page
    if label.heavy:
        stroke *= 1.9
    canvas.boxes.append(
        Box(
            ident,
            x,
            y,
            size.width,
            size.height,
            form,
            fill,
            line,
            stroke,
            label.dashed,
            label.lines(most),
            type_.label,
            text,
            title or label.text,
            group,
        )
    )
    if label.family == "sequence":  # the second cue of attention and recurrence: a double edge left and right
        for edge in (x + 2.2, x + size.width - 2.2):
            canvas.boxes.append(
                Box(
                    f"{ident}|{'l' if edge < x + size.width / 2 else 'r'}",
                    edge - 0.2,
                    y,
                    0.4,
                    size.height,
                    "rect",
                    line,
                    "",
                )
            )


def _merge(canvas: Canvas, label: Label, theme: Theme, box: Box, below: bool) -> None:
    """A circle with its sign drawn as strokes, since the font has no circled plus."""
    colours, stroke = theme.colours, theme.type.stroke
    radius = box.width / 2
    cx, cy, arm = box.x + radius, box.y + radius, radius * 0.55
    if label.tail:
        size = theme.type.small
        x, y = box.x + box.width + size * 0.4, middle(cy - size * 0.55, size)
        x, y = (cx, box.y + box.height + size) if below else (x, y)
        canvas.text(x, y, label.tail, size, colours.muted, "middle" if below else "start")
    canvas.shapes.append(Disc(cx, cy, radius, "", colours.page))
    strokes = {"+": (((-1, 0), (1, 0)), ((0, -1), (0, 1))), "−": (((-1, 0), (1, 0)),)}.get(
        label.sign, (((-0.72, -0.72), (0.72, 0.72)), ((-0.72, 0.72), (0.72, -0.72)))
    )
    for (ax, ay), (bx, by) in strokes:
        points = ((cx + ax * arm, cy + ay * arm), (cx + bx * arm, cy + by * arm))
        canvas.shapes.append(Path(points, colours.line, "", stroke))
    canvas.boxes.append(
        Box(
            box.id,
            box.x,
            box.y,
            box.width,
            box.height,
            "circle",
            "",
            colours.line,
            stroke,
            title=box.title or label.text,
            group=box.group,
        )
    )


def badge_size(letter: str, theme: Theme, side: float = BADGE) -> Size:
    """The room of a letter badge: square, wider for long letters; ``side`` is in units of the heading's type."""
    side *= theme.type.heading
    return Size(max(side, width(letter, theme.type.badge, bold=True) + theme.type.heading * 0.6), side)


def draw_badge(
    canvas: Canvas,
    letter: str,
    theme: Theme,
    ident: str,
    x: float,
    y: float,
    *,
    filled: bool = True,
    side: float = BADGE,
) -> Size:
    """A badge with its top left at (x, y), in the hue of its type: filled where a panel defines it, else outlined."""
    size = badge_size(letter, theme, side)
    colours, (hue, _) = theme.colours, theme.hue(letter)
    canvas.boxes.append(
        Box(
            ident,
            x,
            y,
            size.width,
            size.height,
            "box",
            hue if filled else colours.page,
            hue,
            theme.type.stroke,
            False,
            ((Span(letter, bold=True),),),
            theme.type.badge,
            colours.badge_text if filled else colours.text,
        )
    )
    return size


def block_line(theme: Theme, letter: str) -> str:
    """The outline of a block's box: the hue of its type, slate for what has no letter."""
    return theme.hue(letter)[0] if letter else theme.colours.block_line


def draw_stack(
    canvas: Canvas, theme: Theme, x: float, y: float, size: Size, *, parallel: bool = False, letter: str = ""
) -> None:
    """Cards peeping out behind a box: down and to the right, several copies in a row; left and right, side by side."""
    line = block_line(theme, letter)
    for i in (2, 1):
        shift = 2.1 * i * theme.type.label / 7
        shorter = min(shift, size.height * 0.1 * i) if parallel else 0.0
        canvas.rect(
            x - shift if parallel else x + shift,
            y + shorter if parallel else y + shift,
            size.width + 2 * shift if parallel else size.width,
            size.height - 2 * shorter,
            theme.colours.page,
            line,
            theme.type.thin,
            radius=2.0,
        )


def draw_lock(canvas: Canvas, x: float, y: float, height: float, colour: str, ground: str) -> None:
    """A padlock (frozen weights) with its top left at (x, y)."""
    width_, body = height * 0.82, height * 0.56
    bow = height * 0.2
    top = y + height - body
    canvas.rule(
        (
            (x + width_ / 2 - bow, top),
            (x + width_ / 2 - bow, y + bow * 0.2),
            (x + width_ / 2 + bow, y + bow * 0.2),
            (x + width_ / 2 + bow, top),
        ),
        colour,
        height * 0.13,
        radius=bow,
    )
    canvas.rect(x, top, width_, body, colour, radius=height * 0.08)
    canvas.shapes.append(Disc(x + width_ / 2, top + body * 0.45, height * 0.075, "", ground))


def draw_hatch(canvas: Canvas, x: float, y: float, size: Size, colour: str, stroke: float, step: float = 6.0) -> None:
    """Diagonal lines across a rectangle: frozen weights."""
    offset = step
    while offset < size.width + size.height:
        x0, y0 = (x + offset, y) if offset <= size.width else (x + size.width, y + offset - size.width)
        x1, y1 = (x, y + offset) if offset <= size.height else (x + offset - size.height, y + size.height)
        canvas.rule(((x0, y0), (x1, y1)), colour, stroke)
        offset += step


def baseline(y: float, height: float, size: float) -> float:
    """Baseline of one line of text centred in a box of that height."""
    return middle(y + height / 2, size)


__all__ = [
    "CAP",
    "Size",
    "badge_size",
    "baseline",
    "draw_badge",
    "draw_hatch",
    "draw_label",
    "draw_lock",
    "draw_stack",
    "label_size",
]


def draw_block_box(
    canvas: Canvas,
    theme: Theme,
    ident: str,
    x: float,
    y: float,
    size: Size,
    title: str,
    group: str,
    hollow: bool = False,
    letter: str = "",
) -> None:
    """The box of a block in the hue of its type, without words; ``hollow`` where its ground is drawn already."""
    colours = theme.colours
    canvas.boxes.append(
        Box(
            ident,
            x,
            y,
            size.width,
            size.height,
            "box",
            "" if hollow else colours.block,
            block_line(theme, letter),
            theme.type.firm,
            title=title,
            group=group,
        )
    )
