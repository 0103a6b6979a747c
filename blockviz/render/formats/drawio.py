"""A page as a draw.io document: every box where it stands, arrows attached to their boxes, words as text cells."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.quoting import xml
from blockviz.render.formats.dot import number
from blockviz.scene import Arrow, Box, Disc, Page, Path, Sheet, Span, Words
from blockviz.text.font_metrics import run_width

_FORMS = {
    "box": "rounded=1;absoluteArcSize=1;arcSize=4;", "rect": "rounded=0;", "pill": "rounded=1;arcSize=50;",
    "circle": "ellipse;",
    "funnel": "shape=trapezoid;perimeter=trapezoidPerimeter;size=5;fixedSize=1;flipV=1;",
    "spread": "shape=trapezoid;perimeter=trapezoidPerimeter;size=5;fixedSize=1;",
}  # fmt: skip


def page_to_drawio(page: Page) -> str:
    """An ``mxfile`` with one diagram a sheet."""
    out = ['<?xml version="1.0" encoding="UTF-8"?>', '<mxfile host="blockviz">']
    for index, sheet in enumerate(page.sheets):
        out.append(f'<diagram id="sheet{index}" name={xml.attribute(page.title or "figure")}>')
        out.append(
            f'<mxGraphModel page="1" pageWidth="{number(sheet.width)}" pageHeight="{number(sheet.height)}" '
            f'background="{sheet.background or "none"}"><root><mxCell id="0"/><mxCell id="1" parent="0"/>'
        )
        out += _cells(sheet)
        out.append("</root></mxGraphModel></diagram>")
    return "\n".join([*out, "</mxfile>", ""])


def _cells(sheet: Sheet) -> Iterator[str]:
    names = {box.id: f"b{number_}" for number_, box in enumerate(sheet.boxes)}
    for n, shape in enumerate(sheet.shapes):
        yield _disc(shape, n) if isinstance(shape, Disc) else _path(shape, n)
    for n, arrow in enumerate(sheet.arrows):
        yield _arrow(arrow, n, names)
    for box in sheet.boxes:
        yield _box(box, names[box.id])
    for n, words in enumerate(sheet.words):
        yield _words(words, n)


def _html(runs: tuple[Span, ...]) -> str:
    out = ""
    for run in runs:
        text = xml.text(run.text)
        text = f"<i>{text}</i>" if run.italic else text
        out += f"<b>{text}</b>" if run.bold else text
    return out


def _vertex(ident: str, value: str, style: str, x: float, y: float, width: float, height: float) -> str:
    return (
        f'<mxCell id="{ident}" value={xml.attribute(value)} style={xml.attribute(style)} vertex="1" parent="1">'
        f'<mxGeometry x="{number(x)}" y="{number(y)}" width="{number(width)}" height="{number(height)}" as="geometry"/>'
        "</mxCell>"
    )


def _paint(fill: str, line: str, stroke: float) -> str:
    return f"fillColor={fill or 'none'};strokeColor={line or 'none'};strokeWidth={number(stroke)};"


def _box(box: Box, ident: str) -> str:
    style = (
        _FORMS.get(box.form, _FORMS["box"])
        + _paint(box.fill, box.line, box.stroke)
        + "html=1;whiteSpace=nowrap;spacing=0;"
    )
    style += f"fontFamily=Arimo,Helvetica,Arial;fontSize={number(box.size)};fontColor={box.colour};" + (
        "dashed=1;" if box.dashed else ""
    )
    return _vertex(ident, "<br>".join(_html(line) for line in box.lines), style, box.x, box.y, box.width, box.height)


def _words(words: Words, index: int) -> str:
    wide = run_width(words.runs, words.size) * 1.03 + 1
    left = words.x - {"start": 0.0, "middle": wide / 2, "end": wide}[words.anchor]
    align = {"start": "left", "middle": "center", "end": "right"}[words.anchor]
    style = (
        f"text;html=1;whiteSpace=nowrap;spacing=0;align={align};verticalAlign=middle;fontFamily=Arimo,Helvetica,Arial;"
        f"fontSize={number(words.size)};fontColor={words.colour};"
    )
    return _vertex(f"w{index}", _html(words.runs), style, left, words.y - words.size * 0.95, wide, words.size * 1.2)


def _disc(disc: Disc, index: int) -> str:
    style = "ellipse;" + _paint(disc.fill, disc.line, disc.stroke)
    return _vertex(f"s{index}", "", style, disc.x - disc.radius, disc.y - disc.radius, disc.radius * 2, disc.radius * 2)


def _path(path: Path, index: int) -> str:
    xs, ys = [x for x, _ in path.points], [y for _, y in path.points]
    is_box = path.closed and len(path.points) == 4 and len(set(xs)) == 2
    if is_box:
        style = ("rounded=1;absoluteArcSize=1;arcSize=6;" if path.radius else "") + _paint(
            path.fill, path.line, path.stroke
        )
        return _vertex(f"s{index}", "", style, min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    style = f"endArrow=none;html=1;rounded={int(bool(path.radius))};"
    style += f"strokeColor={path.line or path.fill or 'none'};strokeWidth={number(path.stroke)};"
    return _edge(f"s{index}", style, path.points, "", "")


def _arrow(arrow: Arrow, index: int, names: dict[str, str]) -> str:
    style = f"endArrow={'block' if arrow.head else 'none'};endFill=1;endSize={number(arrow.head)};html=1;rounded=1;"
    style += f"arcSize=6;strokeColor={arrow.colour};strokeWidth={number(arrow.stroke)};"
    return _edge(f"e{index}", style, arrow.points, names.get(arrow.source, ""), names.get(arrow.target, ""))


def _edge(ident: str, style: str, points: tuple[tuple[float, float], ...], source: str, target: str) -> str:
    ends = (f' source="{source}"' if source else "") + (f' target="{target}"' if target else "")
    inner = "".join(f'<mxPoint x="{number(x)}" y="{number(y)}"/>' for x, y in points[1:-1])
    (x0, y0), (x1, y1) = points[0], points[-1]
    return (
        f'<mxCell id="{ident}" style={xml.attribute(style)} edge="1" parent="1"{ends}>'
        '<mxGeometry relative="1" as="geometry">'
        f'<mxPoint x="{number(x0)}" y="{number(y0)}" as="sourcePoint"/>'
        f'<mxPoint x="{number(x1)}" y="{number(y1)}" as="targetPoint"/>'
        f'<Array as="points">{inner}</Array></mxGeometry></mxCell>'
    )
