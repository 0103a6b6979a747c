"""A sheet as DOT text: one graph with fixed positions, so that Graphviz draws and moves nothing.

Pure text; nothing is run here. What shaped this (each was measured):

- everything is drawn six times larger and scaled back by ``viewport``, since glyph advances are rounded;
- an invisible node of the sheet's size anchors the coordinates, since nop2 shifts the drawing to the origin;
- text stands in nodes only: text in ``_background`` crashes several layout programs;
- ``layout=nop2`` makes every program of Graphviz keep the positions: plain ``dot`` would find its own, off the page;
- no name of a node is text from the model: boxes are n0, n1 …, texts t0_0 …, arrows e0 …;
- arrows are edges, drawn first; shapes without an end (frames, bars, cards) are in ``_background``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from blockviz.errors import DrawError
from blockviz.quoting import dot
from blockviz.render.formats.bezier import arrow_head, dashes, outline, rounded, toward
from blockviz.runtime.records import dataclass
from blockviz.scene import Arrow, Box, Disc, Page, Path, Point, Sheet, Span, Words
from blockviz.text.font_metrics import width as text_width

if TYPE_CHECKING:
    import pydot

SCALE = 6
# For other programs: Graphviz 2 writes the factor back in two decimals; 0.18 is exact, also at 96 and at 200 dpi.
OTHERS_SCALE = 1 / 0.18
_BASELINE = 0.3875  # em from the middle of a node to the baseline of its plain label
_STRING = 12000  # DOT strings are limited to 16384 bytes


def number(value: float) -> str:
    """At most two decimals, no trailing zeros, never ``-0``."""
    return f"{round(value, 2) + 0.0:g}" if abs(value) < 1e4 else f"{round(value, 1):.1f}"


def node_name(index: int) -> str:
    """The name and id of a sheet's box in DOT, whatever the layer is called."""
    return f"n{index}"


Attributes: TypeAlias = dict[str, str]  # values as they stand in DOT text, quotes included


@dataclass(frozen=True, slots=True)
class Document:
    """A sheet as a graph: attributes of the whole, of nodes by default, nodes and edges in drawing order."""

    name: str
    graph: Attributes
    node: Attributes
    nodes: tuple[tuple[str, Attributes], ...]
    edges: tuple[tuple[str, str, Attributes], ...]


def document(page: Page, index: int = 0, dpi: float | None = None, scale: float = SCALE) -> Document:
    """The graph of one sheet; ``dpi`` is for raster formats; ``scale``: how much larger than the page it is drawn."""
    sheet = page.sheets[index]
    writer = _Writer(sheet, page.families, scale)
    nodes = [writer.page_node(), *(writer.box(box, node_name(i)) for i, box in enumerate(sheet.boxes))]
    for number_, words in enumerate(sheet.words):
        nodes += writer.words(number_, words)
    return Document(
        "figure",
        {**writer.graph_attributes(), **({"dpi": number(dpi)} if dpi else {})},
        {"fontname": dot.string(",".join(page.families)), "fixedsize": "true", "margin": "0", "label": '""'},
        tuple(nodes),
        tuple(writer.arrow(arrow, n) for n, arrow in enumerate(sheet.arrows)),
    )


def sheet_to_dot(page: Page, index: int = 0, dpi: float | None = None, scale: float = SCALE) -> str:
    """The DOT text of one sheet of a page."""
    doc = document(page, index, dpi, scale)
    lines = [
        f"digraph {doc.name} {{", f"  graph [{_listed(doc.graph)}];", f"  node [{_listed(doc.node)}];",
        *(f"  {name} [{_listed(attributes)}];" for name, attributes in doc.nodes),
        *(f"  {a} -> {b} [{_listed(attributes)}];" for a, b, attributes in doc.edges), "}", "",
    ]  # fmt: skip
    return "\n".join(lines)


def _listed(attributes: Attributes) -> str:
    return ", ".join(f"{key}={value}" for key, value in attributes.items())


class _Writer:
    """Turns elements into DOT statements; y is flipped here and nowhere else."""

    def __init__(self, sheet: Sheet, families: Sequence[str], scale: float) -> None:
        self.sheet, self.scale = sheet, scale
        self.font = families[0] if scale == SCALE else ",".join(families[:4])  # a list has its style at the end
        self.names = {box.id: node_name(index) for index, box in enumerate(sheet.boxes)}

    def at(self, point: Point) -> str:
        return f"{number(point[0] * self.scale)},{number((self.sheet.height - point[1]) * self.scale)}"

    def graph_attributes(self) -> Attributes:
        sheet = self.sheet
        view = f"{number(sheet.width)},{number(sheet.height)},{1 / self.scale:.9f}"
        centre = f"{number(sheet.width * self.scale / 2)},{number(sheet.height * self.scale / 2)}"
        return {
            "layout": "nop2", "viewport": f'"{view},{centre}"', "pad": "0", "margin": "0", "outputorder": "edgesfirst",
            "bgcolor": f'"{sheet.background or "transparent"}"', "_background": _split(" ".join(self.background())),
        }  # fmt: skip

    def background(self) -> Iterable[str]:
        for shape in self.sheet.shapes:
            yield from self.disc(shape) if isinstance(shape, Disc) else self.path(shape)
        for arrow in self.sheet.arrows:
            if arrow.head and self.is_thick(arrow):
                yield from self.path(arrow_head(arrow))
        for box in self.sheet.boxes:
            contour = outline(box)
            if contour is not None:
                yield from self.path(contour)

    def disc(self, disc: Disc) -> Iterable[str]:
        yield from self.pen(disc.line, disc.fill, disc.stroke)
        x, y = self.at((disc.x, disc.y)).split(",")
        radius = number(disc.radius * self.scale)
        yield f"{'E' if disc.fill else 'e'} {x} {y} {radius} {radius}"

    def path(self, path: Path) -> Iterable[str]:
        strokes = dashes(path)
        if strokes:
            if path.fill:
                yield from self.path(Path(path.points, "", path.fill, path.stroke, path.closed, path.radius))
            yield from self.pen(path.line, "", path.stroke)
            yield from (self.points("L", stroke) for stroke in strokes)
            return
        yield from self.pen(path.line, path.fill, path.stroke)
        if path.radius:
            yield self.points("b" if path.fill else "B", rounded(path.points, path.radius, path.closed))
        elif path.closed:
            yield self.points("P" if path.fill else "p", path.points)
        else:
            yield self.points("L", path.points)

    def points(self, operation: str, points: Sequence[Point]) -> str:
        return f"{operation} {len(points)} " + " ".join(self.at(point).replace(",", " ") for point in points)

    def page_node(self) -> tuple[str, Attributes]:
        sheet = self.sheet
        return "page", {
            "shape": "box", "style": "invis", "pos": f'"{self.at((sheet.width / 2, sheet.height / 2))}"',
            "width": self.inches(sheet.width), "height": self.inches(sheet.height),
        }  # fmt: skip

    def box(self, box: Box, name: str) -> tuple[str, Attributes]:
        forms = {"box": ("box", "rounded"), "rect": ("box", "solid"), "circle": ("circle", "solid")}
        bare = outline(box) is not None
        shape, style = forms.get(box.form, ("plaintext", "solid"))
        out = {
            "shape": "plaintext" if bare else shape, "style": f'"{style}{",filled" if box.fill and not bare else ""}"',
            "id": name, "pos": f'"{self.at((box.x + box.width / 2, box.y + box.height / 2))}"',
            "width": self.inches(box.width), "height": self.inches(box.height),
        }  # fmt: skip
        if not bare:
            out |= {
                "color": f'"{box.line or box.fill or "transparent"}"', "fillcolor": f'"{box.fill or "transparent"}"',
                "penwidth": number(box.stroke * self.scale) if box.line else "0",
            }  # fmt: skip
        if box.lines:
            out |= {"fontsize": number(box.size * self.scale), "fontcolor": f'"{box.colour}"', "label": self.html(box)}
        if box.title:
            out["comment"] = dot.string(box.title)
        return name, out

    def words(self, index: int, words: Words) -> Iterator[tuple[str, Attributes]]:
        """One node a run, placed by our own measuring, so that a line may mix styles and keep its edge."""
        widths = [text_width(run.text, words.size, run.bold, run.italic) for run in words.runs]
        x = words.x - {"start": 0.0, "middle": sum(widths) / 2, "end": sum(widths)}[words.anchor]
        for part, (run, width) in enumerate(zip(words.runs, widths, strict=True)):
            anchor = words.anchor if len(words.runs) == 1 else "start"
            if run.text.strip():  # Graphviz's PDF now and then crashes on a label without letters
                yield f"t{index}_{part}", self.run(run, words, x, width, anchor, f"t{index}_{part}")
            x += width

    def run(self, run: Span, words: Words, x: float, width: float, anchor: str, ident: str) -> Attributes:
        room = width * 1.05 + 2
        left = {"start": x, "middle": x + (width - room) / 2, "end": x + width - room}[anchor]
        mark = {"start": "\\l", "middle": "", "end": "\\r"}[anchor]
        out = {
            "shape": "plaintext", "id": ident, "label": dot.string(run.text, mark),
            "pos": f'"{self.at((left + room / 2, words.y - _BASELINE * words.size))}"',
            "width": self.inches(room), "height": self.inches(words.size * 1.5),
            "fontsize": number(words.size * self.scale), "fontcolor": f'"{run.colour or words.colour}"',
        }  # fmt: skip
        if run.bold or run.italic:
            out["fontname"] = dot.string(self.font + (" Bold" if run.bold else "") + (" Italic" if run.italic else ""))
        return out

    def arrow(self, arrow: Arrow, index: int) -> tuple[str, str, Attributes]:
        points = list(arrow.points)
        tip, start = points[-1], ""
        out = {"id": f"e{index}", "color": f'"{arrow.colour}"', "penwidth": number(arrow.stroke * self.scale)}
        if arrow.head:
            points[-1] = toward(tip, points[-2], arrow.head)
        if arrow.head and not self.is_thick(arrow):
            start = f"e,{self.at(tip)} "
            out["arrowsize"] = number(arrow.head * self.scale / 10)
        else:
            out["arrowhead"] = "none"
        out["pos"] = f'"{start}{" ".join(self.at(point) for point in rounded(points, arrow.radius))}"'
        return self.names.get(arrow.source, "page"), self.names.get(arrow.target, "page"), out

    def is_thick(self, arrow: Arrow) -> bool:
        """Whether Graphviz would widen the head of a line so thick; the head is then drawn as a shape."""
        return arrow.stroke * self.scale > 4.0

    def inches(self, points: float) -> str:
        return f"{points * self.scale / 72:.4f}"

    def pen(self, line: str, fill: str, stroke: float) -> Iterable[str]:
        colour = line or "transparent"
        yield f"c {len(colour)} -{colour}"
        if fill:
            yield f"C {len(fill)} -{fill}"
        style = f"setlinewidth({number(stroke * self.scale)})"
        yield f"S {len(style)} -{style}"

    def html(self, box: Box) -> str:
        """The label of a box as an HTML-like label; a small blank line sets its lines apart."""
        gap = f'<BR/><FONT POINT-SIZE="{number(box.size * self.scale * 0.16)}"> </FONT><BR/>'
        return "<" + gap.join("".join(_run(run) for run in line) for line in box.lines) + ">"


def _split(text: str) -> str:
    """A long DOT string as a sum of short ones."""
    if not text:
        return '""'
    words, pieces, size = text.split(" "), [[]], 0  # type: tuple[list[str], list[list[str]], int]
    for word in words:
        if size + len(word) > _STRING:
            pieces.append([])
            size = 0
        pieces[-1].append(word)
        size += len(word) + 1
    return " + ".join(f'"{" ".join(piece)} "' for piece in pieces)


def _run(run: Span) -> str:
    text = dot.html(run.text)
    if run.colour:
        text = f'<FONT COLOR="{run.colour}">{text}</FONT>'
    if run.italic:
        text = f"<I>{text}</I>"
    return f"<B>{text}</B>" if run.bold else text


def page_to_pydot(page: Page, index: int = 0, dpi: float | None = None) -> pydot.Dot:
    """A sheet as ``pydot.Dot``, as Keras' own ``model_to_dot`` returns one; ``dpi`` is for raster formats.

    Raises
    ------
    DrawError : pydot is not installed.
    """
    try:
        import pydot
    except ImportError:
        raise DrawError("pydot is missing; run: pip install pydot") from None
    doc = document(page, index, dpi, OTHERS_SCALE)
    out = pydot.Dot(doc.name, graph_type="digraph", **doc.graph)
    out.set_node_defaults(**doc.node)
    for name, attributes in doc.nodes:
        fields: dict[str, Any] = dict(attributes)
        out.add_node(pydot.Node(name, **fields))
    for source, target, attributes in doc.edges:
        fields = dict(attributes)
        out.add_edge(pydot.Edge(source, target, **fields))
    return out
