r"""A sheet as TikZ that a person can read and edit: colours and styles on top, then one node or line a row.

LaTeX sets the text itself, in Helvetica (Arimo's metrics). Boxes are nodes with names, n0, n1 …, and arrows that run
straight from one to the next are drawn between these names.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.quoting import latex
from blockviz.render.formats.bezier import dashes, outline
from blockviz.render.formats.dot import number
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Arrow, Box, Disc, Page, Path, Point, Sheet, Span, Words

_HEAD = r"""\documentclass[tikz,border=0pt]{standalone}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[scaled=1.0]{helvet}
\usepackage{textcomp}
\usetikzlibrary{arrows.meta}
\renewcommand{\familydefault}{\sfdefault}
\begin{document}
"""
_TAIL = "\\end{document}\n"
_BARE = r"""% in the preamble: \usepackage{tikz,textcomp} \usepackage[scaled]{helvet} \usetikzlibrary{arrows.meta}
"""
_CORNERS = 2.0
_ANCHORS = {"start": "base west", "middle": "base", "end": "base east"}


def sheet_to_tikz(page: Page, index: int = 0, bare: bool = False) -> str:
    """A LaTeX document with one ``tikzpicture``, which compiles with pdflatex alone; ``bare`` gives only that."""
    return _BARE + picture(page, index) if bare else _HEAD + picture(page, index) + _TAIL


def picture(page: Page, index: int = 0) -> str:
    """Only the ``tikzpicture`` environment, to be input into a document that loads TikZ and helvet."""
    sheet = page.sheets[index]
    writer = _Writer(sheet)
    body = list(writer.body())
    corner = f"({number(sheet.width)},{number(sheet.height)})"
    lines = [
        f"% {latex.text(page.title)}",
        *(f"\\definecolor{{{_name(colour)}}}{{HTML}}{{{colour[1:].upper()}}}" for colour in sorted(writer.colours)),
        r"\begin{tikzpicture}[",
        r"  x=1bp, y=-1bp, line cap=round, line join=round, inner sep=0pt, outer sep=0pt, font=\sffamily,",
        *(f"  {name}/.style={{{style}}}," for style, name in writer.styles.items()),
        "]",
        rf"\path[use as bounding box] (0,0) rectangle {corner};",
        *body,
    ]
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _name(colour: str) -> str:
    return "c" + colour[1:]


def _at(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"


@dataclass(slots=True)
class _Writer:
    """Writes the elements, and remembers which styles and colours they take."""

    sheet: Sheet
    styles: dict[str, str] = field(default_factory=dict)
    colours: set[str] = field(default_factory=set)
    nodes: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.nodes = {box.id: f"n{number_}" for number_, box in enumerate(self.sheet.boxes)}

    def body(self) -> Iterator[str]:
        """A line an element. Boxes come before arrows, whose ends they are; what is behind comes first."""
        sheet = self.sheet
        if sheet.background:
            corner = f"({number(sheet.width)},{number(sheet.height)})"
            yield rf"\fill[{self.colour(sheet.background)}] (0,0) rectangle {corner};"
        for shape in sheet.shapes:
            yield from self.disc(shape) if isinstance(shape, Disc) else self.path(shape)
        places = {box.id: box for box in sheet.boxes}
        # arrows end at the rims of boxes, so that nothing shows which of the two is drawn first
        for box in sheet.boxes:
            yield from self.box(box)
        for arrow in sheet.arrows:
            yield self.arrow(arrow, places)
        for words in sheet.words:
            yield from self.words(words)

    def colour(self, name: str) -> str:
        self.colours.add(name)
        return _name(name)

    def style(self, kind: str, words: str) -> str:
        """The name of a style, by its kind and in order of use."""
        if words not in self.styles:
            self.styles[words] = f"{kind} {sum(name.startswith(f'{kind} ') for name in self.styles.values()) + 1}"
        return self.styles[words]

    def paint(self, line: str, fill: str, stroke: float) -> str:
        parts = [
            f"draw={self.colour(line)}, line width={number(stroke)}bp" if line else "",
            f"fill={self.colour(fill)}" if fill else "",
        ]
        return ", ".join(part for part in parts if part) or "draw=none"

    def disc(self, disc: Disc) -> Iterator[str]:
        style = self.style("disc", self.paint(disc.line, disc.fill, disc.stroke))
        yield rf"\path[{style}] {_at((disc.x, disc.y))} circle[radius={number(disc.radius)}];"

    def path(self, path: Path) -> Iterator[str]:
        if strokes := dashes(path):
            if path.fill:
                yield from self.path(Path(path.points, "", path.fill, path.stroke, path.closed, path.radius))
            pen = self.style("dash", self.paint(path.line, "", path.stroke))
            pieces = " ".join(f"{_at(a)} -- {_at(b)}" for a, b in strokes)
            yield rf"\path[{pen}] {pieces};"
            return
        rounds = f", rounded corners={number(path.radius)}bp" if path.radius else ""
        style = self.style("shape" if path.closed else "line", self.paint(path.line, path.fill, path.stroke) + rounds)
        xs, ys = ({point[axis] for point in path.points} for axis in (0, 1))
        if path.closed and len(path.points) == 4 and len(xs) == len(ys) == 2:
            yield rf"\path[{style}] {_at((min(xs), min(ys)))} rectangle {_at((max(xs), max(ys)))};"
            return
        body = " -- ".join(_at(point) for point in path.points)
        yield rf"\path[{style}] {body}{' -- cycle' if path.closed else ''};"

    def arrow(self, arrow: Arrow, places: dict[str, Box]) -> str:
        words = f"draw={self.colour(arrow.colour)}, line width={number(arrow.stroke)}bp"
        if arrow.head:
            length, wide = number(arrow.head), number(arrow.head * 0.72)
            words += f", -{{Triangle[length={length}bp, width={wide}bp]}}"
        if len(arrow.points) > 2 and arrow.radius:
            words += f", rounded corners={number(arrow.radius)}bp"
        ends = [_at(point) for point in arrow.points]
        if len(arrow.points) == 2:
            named = [_is_between(places.get(name), *arrow.points) for name in (arrow.source, arrow.target)]
            if all(named):
                ends = [f"({self.nodes[arrow.source]})", f"({self.nodes[arrow.target]})"]
        return rf"\draw[{self.style('arrow', words)}] {' -- '.join(ends)};"

    def box(self, box: Box) -> Iterator[str]:
        """A node with its text; a form that TikZ has no node for is drawn behind one."""
        contour, words = outline(box), ""
        if contour is not None:
            yield from self.path(contour)
            words = "draw=none"
        else:
            words = self.paint(box.line, box.fill, box.stroke)
            corner = f", rounded corners={number(_CORNERS)}bp" if box.form == "box" else ""
            words += ", circle" if box.form == "circle" else corner
        text = self.lines(box.lines)
        if text:
            words += f", {self.font(box.size, box.colour)}, align=center"
        style = self.style("box", words)
        size = f"minimum width={number(box.width)}bp, minimum height={number(box.height)}bp"
        middle = _at((box.x + box.width / 2, box.y + box.height / 2))
        said = f"  % {latex.text(box.title)}" if box.title else ""
        yield rf"\node[{style}, {size}] ({self.nodes[box.id]}) at {middle} {{{text}}};{said}"

    def lines(self, lines: Sequence[Sequence[Span]]) -> str:
        return r" \\ ".join(self.runs(line) for line in lines)

    def runs(self, runs: Sequence[Span]) -> str:
        return "".join(self.run(run) for run in runs).strip()

    def run(self, run: Span) -> str:
        text = latex.text(run.text)
        marks = (r"\bfseries" if run.bold else "") + (r"\itshape" if run.italic else "")
        marks += rf"\color{{{self.colour(run.colour)}}}" if run.colour else ""
        return f"{{{marks} {text}}}" if marks else text

    def font(self, size: float, colour: str) -> str:
        points = rf"\fontsize{{{number(size)}bp}}{{{number(size * 1.16)}bp}}\selectfont"
        return rf"text={self.colour(colour)}, font=\sffamily{points}"

    def words(self, words: Words) -> Iterator[str]:
        text = self.runs(words.runs)
        if text:
            style = self.style("text", f"{self.font(words.size, words.colour)}, anchor={_ANCHORS[words.anchor]}")
            yield rf"\node[{style}] at {_at((words.x, words.y))} {{{text}}};"


def _is_between(box: Box | None, a: Point, b: Point) -> bool:
    """Whether a straight line along an axis passes through the middle of a box and ends at its rim."""
    if box is None:
        return False
    x, y = box.x + box.width / 2, box.y + box.height / 2
    level = abs(a[1] - b[1]) < 0.05 and abs(a[1] - y) < 0.05
    plumb = abs(a[0] - b[0]) < 0.05 and abs(a[0] - x) < 0.05
    if level:
        return any(abs(abs(end[0] - x) - box.width / 2) < 0.3 for end in (a, b))
    return plumb and any(abs(abs(end[1] - y) - box.height / 2) < 0.3 for end in (a, b))
