"""A finished SVG read by place and shape alone, with no code and no data of blockviz: what a reader's eye can check.

`eye_faults` names what is not right on a page: lines that begin or end beside their boxes, signs with one arrow, boxes
that nothing leads to, inputs that cannot be told apart, letters without a panel, entries of the legend for nothing,
shapes that are cut short, shares that don't make a whole.
"""

from __future__ import annotations

import math
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import pairwise

Point = tuple[float, float]
SVG = "{http://www.w3.org/2000/svg}"
NEAR = 1.3  # points between the end of a line and what it touches
_NUMBER = re.compile(r"-?\d*\.?\d+(?:e-?\d+)?")


@dataclass
class Shape:
    """An outline: its corners (curves sampled), its colours, and whether it closes."""

    points: list[Point]
    fill: str
    stroke: str
    round: bool = False

    @property
    def sides(self) -> tuple[float, float, float, float]:
        """Left, top, right, foot."""
        xs, ys = [x for x, _ in self.points], [y for _, y in self.points]
        return min(xs), min(ys), max(xs), max(ys)

    @property
    def size(self) -> Point:
        left, top, right, foot = self.sides
        return right - left, foot - top


@dataclass
class Text:
    x: float
    y: float
    size: float
    text: str
    anchor: str = "start"


@dataclass
class Thing:
    """A group that the page calls a box: its outline and the texts within it."""

    shape: Shape
    says: list[str] = field(default_factory=list)

    @property
    def text(self) -> str:
        return "".join(self.says).replace("\u00a0", " ").strip()


@dataclass
class Seen:
    """All on one page."""

    width: float
    height: float
    boxes: list[Thing] = field(default_factory=list)
    lines: list[Shape] = field(default_factory=list)
    heads: list[Shape] = field(default_factory=list)
    arrows: list[Shape] = field(default_factory=list)
    shapes: list[Shape] = field(default_factory=list)
    texts: list[Text] = field(default_factory=list)
    frames: list[Shape] = field(default_factory=list)


def read_svg(svg: str) -> Seen:
    """Everything on a page in points, with no meaning yet except boxes and what is drawn as an arrow."""
    root = ET.fromstring(svg)
    width, height = (float(v) for v in root.get("viewBox", "0 0 0 0").split()[2:])
    seen = Seen(width, height)
    for group in root.iter(f"{SVG}g"):
        transform = group.get("transform", "")
        if not transform:
            continue
        scale = float(re.search(r"scale\(([\d.]+)", transform)[1])  # type: ignore[index]
        dx, dy = map(float, re.search(r"translate\(([-\d.]+) ([-\d.]+)\)", transform).groups())  # type: ignore[union-attr]
        for child in group:
            _read(child, scale, dx, dy, seen)
    return seen


def _read(item: ET.Element, scale: float, dx: float, dy: float, seen: Seen) -> None:
    kind = item.tag.removeprefix(SVG)
    if kind == "g":
        shapes = [shape for child in item if (shape := _shape(child, scale, dx, dy))]
        texts = [text for child in item if (text := _text(child, scale, dx, dy))]
        if item.get("class") == "edge":
            seen.arrows += [shape for shape in shapes if shape.fill == "none"]
        elif shapes:
            outline = max(shapes, key=lambda shape: shape.size[0] * shape.size[1])
            seen.boxes.append(Thing(outline, [text.text for text in texts]))
    elif (text := _text(item, scale, dx, dy)) is not None:
        seen.texts.append(text)
    elif (shape := _shape(item, scale, dx, dy)) is not None:
        corners = len(set(shape.points))
        if shape.fill == "none" and shape.points[0] != shape.points[-1]:
            seen.lines.append(shape)
        elif kind == "polygon" and corners == 3 and max(shape.size) < 9:
            seen.heads.append(shape)
        elif shape.fill == "none" and kind == "path" and min(shape.size) > 20:
            seen.frames.append(shape)
        else:
            seen.shapes.append(shape)


def _text(item: ET.Element, scale: float, dx: float, dy: float) -> Text | None:
    if item.tag != f"{SVG}text":
        return None
    x, y = float(item.get("x", 0)), float(item.get("y", 0))
    size, anchor = float(item.get("font-size", 0)) * scale, item.get("text-anchor", "start")
    return Text((x + dx) * scale, (y + dy) * scale, size, item.text or "", anchor)


def _shape(item: ET.Element, scale: float, dx: float, dy: float) -> Shape | None:
    kind = item.tag.removeprefix(SVG)
    fill, stroke = item.get("fill", "none"), item.get("stroke", "none")
    if kind == "ellipse":
        cx, cy, r = float(item.get("cx", 0)), float(item.get("cy", 0)), float(item.get("rx", 0))
        turn = [k * math.tau / 48 for k in range(49)]
        points = [(cx + r * math.cos(a), cy + r * math.sin(a)) for a in turn]
    elif kind in ("polygon", "polyline"):
        values = [float(v) for v in _NUMBER.findall(item.get("points", ""))]
        points = list(zip(values[::2], values[1::2], strict=True))
    elif kind == "path":
        points = _sampled(item.get("d", ""))
    else:
        return None
    return Shape([((x + dx) * scale, (y + dy) * scale) for x, y in points], fill, stroke, kind == "ellipse")


def _sampled(d: str) -> list[Point]:
    """Points of a path of lines and cubic curves."""
    out: list[Point] = []
    for command, rest in re.findall(r"([A-Za-z])([^A-Za-z]*)", d):
        values = [float(v) for v in _NUMBER.findall(rest)]
        pairs = list(zip(values[::2], values[1::2], strict=True))
        if command in "ML":
            out += pairs
        elif command == "C":
            for a, b, c in zip(pairs[::3], pairs[1::3], pairs[2::3], strict=True):
                start = out[-1]
                out += [_bezier(start, a, b, c, t / 6) for t in range(1, 7)]
    return out


def _bezier(p: Point, a: Point, b: Point, c: Point, t: float) -> Point:
    s = 1 - t
    w = (s**3, 3 * s * s * t, 3 * s * t * t, t**3)
    return (w[0] * p[0] + w[1] * a[0] + w[2] * b[0] + w[3] * c[0],
            w[0] * p[1] + w[1] * a[1] + w[2] * b[1] + w[3] * c[1])  # fmt: skip


def away(point: Point, shape: Shape) -> float:
    """From a point to the outline of a shape."""
    return min((_to_segment(point, a, b) for a, b in pairwise(shape.points)), default=math.inf)


def _to_segment(p: Point, a: Point, b: Point) -> float:
    ax, ay, bx, by = *a, *b
    long = (bx - ax) ** 2 + (by - ay) ** 2
    t = 0.0 if long == 0 else max(0.0, min(1.0, ((p[0] - ax) * (bx - ax) + (p[1] - ay) * (by - ay)) / long))
    return math.hypot(p[0] - ax - t * (bx - ax), p[1] - ay - t * (by - ay))


def tip(head: Shape) -> tuple[Point, Point]:
    """(the tip of an arrowhead, the middle of its back): the corner farthest from the middle of the other two."""
    corners = list(dict.fromkeys(head.points))
    best = max(corners, key=lambda c: math.dist(c, _middle([o for o in corners if o != c])))
    return best, _middle([corner for corner in corners if corner != best])


def _middle(points: Sequence[Point]) -> Point:
    return sum(x for x, _ in points) / len(points), sum(y for _, y in points) / len(points)


# ---- what can be wrong


def eye_faults(svg: str, inputs: Sequence[str] = (), outputs: Sequence[str] = ()) -> list[str]:
    """What is not right on a page; ``inputs`` and ``outputs`` are the names that the model's configuration gives."""
    return list(_faults(read_svg(svg), inputs, outputs))


def _faults(seen: Seen, inputs: Sequence[str], outputs: Sequence[str]) -> Iterator[str]:
    yield from _lines(seen)
    yield from _signs(seen)
    yield from _words(seen, inputs, outputs)
    yield from _words_on_words(seen)
    yield from _legend(seen)
    yield from _letters(seen)


def _place(point: Point) -> str:
    return f"({point[0]:.0f}, {point[1]:.0f})"


def _outlines(seen: Seen) -> list[Shape]:
    """What a line can begin or end at: boxes, cards of a stack, frames of panels, dots."""
    return [*(box.shape for box in seen.boxes), *seen.shapes, *seen.frames]


def _lines(seen: Seen) -> Iterator[str]:
    outlines, runs = _outlines(seen), [*seen.arrows, *seen.lines]
    for head in seen.heads:
        end, back = tip(head)
        if not any(away(end, shape) < NEAR for shape in outlines) and not _leaves_a_panel(end, seen):
            yield f"an arrowhead at {_place(end)} touches nothing"
        if not any(away(back, run) < NEAR for run in runs):
            yield f"an arrowhead at {_place(end)} has no line"
    backs = [tip(head)[1] for head in seen.heads]
    for run in seen.arrows:
        for end in (run.points[0], run.points[-1]):
            if any(math.dist(end, back) < NEAR for back in backs) or any(away(end, shape) < NEAR for shape in outlines):
                continue
            others = [other for other in runs if other is not run and away(end, other) < NEAR]
            if not others and not _goes_on(end, runs, run) and not _says(end, seen):
                yield f"a line ends in the open at {_place(end)}"


def _leaves_a_panel(end: Point, seen: Seen) -> bool:
    """Whether an arrow ends inside a frame with what it gives beside or below its tip."""
    inside = any(_holds(frame, end) for frame in seen.frames)
    return inside and any(
        -2.2 * text.size < text.y - end[1] < 2.2 * text.size and -80 < text.x - end[0] < 40 for text in seen.texts
    )


def _holds(shape: Shape, point: Point) -> bool:
    left, top, right, foot = shape.sides
    return left < point[0] < right and top < point[1] < foot


def _goes_on(end: Point, runs: Sequence[Shape], own: Shape) -> bool:
    """Whether a line goes on behind a gap where another crosses it."""
    ends = [point for run in runs if run is not own for point in (run.points[0], run.points[-1])]
    return any(math.dist(end, other) < 13 and min(abs(end[0] - other[0]), abs(end[1] - other[1])) < 0.6
               for other in ends)  # fmt: skip


def _says(end: Point, seen: Seen) -> bool:
    """Whether a text stands where a line begins or ends: an input or output of a panel, a mark that it goes on."""
    return any(abs(text.y - end[1]) < 2.2 * text.size and -60 < text.x - end[0] < 60 for text in seen.texts)


def _signs(seen: Seen) -> Iterator[str]:
    """A sum or product has two arrows, or one that says how many tensors it carries."""
    for box in seen.boxes:
        width, height = box.shape.size
        if not box.shape.round or width > 22 or abs(width - height) > 1 or re.fullmatch(r"[A-Z]{1,2}", box.text):
            continue
        into = [head for head in seen.heads if away(tip(head)[0], box.shape) < NEAR]
        left, top, right, foot = box.shape.sides
        near = [t.text for t in seen.texts if left - 60 < t.x < right + 60 and top - 30 < t.y < foot + 30]
        if len(into) == 1 and not any(re.search(r"×\s*\d|tensors", text) for text in near):
            yield f"a sign at {_place((left, top))} has a single arrow"


_CUT = re.compile(r"[\d?]×…|\d…×|×\d+…|\d…\d")  # ``…×f`` says that the axes before the channels differ


def _words(seen: Seen, inputs: Sequence[str], outputs: Sequence[str]) -> Iterator[str]:
    rows = [*(box.text for box in seen.boxes), *(_row(seen))]
    for text in rows:
        if _CUT.search(text):
            yield f"{text!r} is cut short"
        if re.search(r"\b(None|nan|inf|Traceback)\b|\{|<class|0x[0-9a-f]{4}", text):
            yield f"{text!r} is no word of a figure"
    page = " ".join(rows)
    if len(inputs) > 1:
        bare = sum(box.text == "input" for box in seen.boxes)
        if bare > 1:
            yield f"{bare} boxes say nothing but 'input'"
        missing = [name for name in inputs if not _is_named(name, page) and not _in_a_range(name, inputs, page)]
        if missing and "input" in page:
            yield f"the inputs {missing} are shown nowhere"
    if len(outputs) > 1:
        missing = [name for name in outputs if not _is_named(name, page) and not _in_a_range(name, outputs, page)]
        if missing:
            yield f"the outputs {missing} are shown nowhere"


def _is_named(name: str, page: str) -> bool:
    """Whether all words of a name stand there, or a number in place of one that Keras gave."""
    if re.fullmatch(r"(input|output)s?(_layer)?(_?\d+)?", name):
        return bool(re.search(rf"\b{name[:5]}\w* \d", page))
    words = [word for word in re.split("[-_]", name) if word not in ("input", "inputs", "output", "outputs")]
    return all(word in page for word in words)


def _words_on_words(seen: Seen) -> Iterator[str]:
    """Texts of one line of which one stands on the other; they are taken for narrower than they are."""
    spans = sorted(((*_span(text), text.y, text) for text in seen.texts), key=lambda span: span[:3])
    for number, (_, right, y, text) in enumerate(spans):
        for other_left, other_right, other_y, other in spans[number + 1 :]:
            if other_left > right:
                break
            small = min(text.size, other.size)
            if abs(other_y - y) < small * 0.5 and min(right, other_right) - other_left > small:
                yield f"{other.text!r} stands on {text.text!r} at {_place((other_left, y))}"


def _span(text: Text) -> tuple[float, float]:
    wide = 0.42 * text.size * len(text.text.strip())
    left = text.x - {"start": 0.0, "middle": wide / 2, "end": wide}[text.anchor]
    return left, left + wide


def _in_a_range(name: str, names: Sequence[str], page: str) -> bool:
    """Whether a name is between two that the page gives as the first and the last of several."""
    at = names.index(name)
    pairs = [(a, b) for a in names[:at] for b in names[at + 1 :]]
    return any(f"{a} … {b}".replace("_", " ") in page.replace("_", " ") for a, b in pairs)


def _row(seen: Seen) -> list[str]:
    """Texts of one line, joined: pieces in other styles stand side by side on one baseline."""
    rows: list[str] = []
    last: Text | None = None
    for text in seen.texts:
        if last is not None and abs(text.y - last.y) < 0.1 and abs(text.size - last.size) < 0.1 and (
            0 <= text.x - last.x < len(last.text) * last.size * 0.54 + 1
        ):  # fmt: skip
            rows[-1] += text.text
        else:
            rows.append(text.text)
        last = text
    return [row.replace("\u00a0", " ").replace("\u2009", " ").replace("\u200a", "").strip() for row in rows]


def _wraps(text: Text, seen: Seen) -> bool:
    """Whether a text is a further line of words: right under others that begin where it does and end in a comma."""
    above = (one for one in seen.texts if abs(one.x - text.x) < 0.1 and 0.9 < (text.y - one.y) / text.size < 1.4)
    return any(one.text.rstrip().endswith(",") for one in above)


_ENTRIES = {
    r"stride (\d+)": r"↓{0}(?!\d)", r"dilation (\d+)": r"\bd{0}(?!\d)", r"(\d+) groups": r"\bg{0}(?!\d)",
    r"depthwise": r"\bDW\b", r"transposed convolution": r"\bup-conv", r"valid padding": r"\bV\b",
}  # fmt: skip


def _legend(seen: Seen) -> Iterator[str]:
    rows = _row(seen)
    loose = [row for row in rows if not any(re.fullmatch(pattern, row) for pattern in _ENTRIES)]
    shorts = {row for row in loose if sum(row == other for other in loose) < 2}  # what stands once may be the legend's
    words = (f"{box.text} {' '.join(box.says)}" for box in seen.boxes)
    said = " ".join([*words, *(row for row in loose if row not in shorts or " " in row)])
    starts = [text for text in seen.texts if text.anchor == "start"]  # not under slabs
    parted = [text for text in starts if not _wraps(text, seen)]  # words of a variant may wrap before its stride
    explained = _row(replace(seen, texts=parted))
    for row in explained:
        for pattern, sign in _ENTRIES.items():
            if row == "depthwise" and "separable" in explained:  # on two lines
                continue
            if (found := re.fullmatch(pattern, row)) and not re.search(sign.format(*found.groups()), said):
                yield f"the legend explains {row!r}, and no box says it"
    signs = [box for box in seen.boxes if box.shape.round and 5 < box.shape.size[0] < 36]
    for word in ("add", "multiply", "subtract"):
        if word in _row(seen) and not signs:
            yield f"the legend explains {word!r}, and there is no such sign"


def _letters(seen: Seen) -> Iterator[str]:
    """A filled badge has a panel, a hollow one has none, and the page says so."""
    badges = [box for box in seen.boxes if re.fullmatch(r"[A-Z][A-Z′″]?", box.text) and box.shape.size[0] < 24]
    filled = {box.text for box in badges if box.shape.fill not in ("none", "#ffffff")}
    rows, inside = _row(seen), {box.text for box in badges if any(_corner(box, frame) for frame in seen.frames)}
    for letter in sorted(filled - inside):
        yield f"the letter {letter} is drawn as if it had a panel"
    hollow = {box.text for box in badges} - filled
    wrapped = {f"{a} {b}" for a, b in pairwise(rows)}
    if hollow and "panel left out" not in {*rows, *wrapped} and not any("left out: " in row for row in rows):
        yield f"letters {sorted(hollow)} have no panel, and nothing says so"


def _corner(badge: Thing, frame: Shape) -> bool:
    """Whether a badge stands in the top left corner of a frame, as the letter of a panel does."""
    (left, top, _, _), (x, y, _, _) = badge.shape.sides, frame.sides
    return 0 <= left - x < 14 and 0 <= top - y < 14


# ---- names of a model's inputs and outputs, from its own file


def names_of(config: dict[str, object]) -> tuple[list[str], list[str]]:
    """(inputs, outputs) of a saved model, as its configuration names them."""
    inner = config.get("config")
    assert isinstance(inner, dict)
    return list(_leaves(inner.get("input_layers"))), list(_leaves(inner.get("output_layers"), True))


def _leaves(value: object, keyed: bool = False, key: str = "") -> Iterator[str]:
    if isinstance(value, dict):
        for name, inner in value.items():
            yield from _leaves(inner, keyed, name)
    elif isinstance(value, list) and len(value) == 3 and isinstance(value[0], str) and isinstance(value[1], int):
        yield key if keyed and key else value[0]
    elif isinstance(value, list):
        for inner in value:
            yield from _leaves(inner, keyed, "")
