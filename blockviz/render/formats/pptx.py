"""A page as a presentation: native shapes with real text, connectors glued to them, a group a block.

One slide a sheet, as large as the sheet. An arrow that is straight or has one bend is a connector; one with more bends,
which every program would lay out anew, is a freeform.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any

from blockviz.errors import DrawError
from blockviz.quoting import slides
from blockviz.render.formats.bezier import rounded
from blockviz.runtime.records import dataclass, field
from blockviz.scene import Arrow, Box, Disc, Page, Path, Point, Sheet, Span, Words
from blockviz.text.font_metrics import run_width

_EMU = 12700  # a point
_FONT = "Arial"  # its metrics are those of Arimo, and every office program has it
_ASCENT = 0.905  # em from the top of a line to its baseline
_FORMS = {"box": "roundRect", "rect": "rect", "pill": "roundRect", "circle": "ellipse"}
_RADIUS = {"box": 3.0}
_LEAST, _MOST = 72.0, 4032.0  # points: sides of a slide
_PROPERTY = 255  # letters of a property of a document
_NEAR = 4.5  # points from a site at which an arrow is glued to it; cards behind a box are so deep
_DATE = (1980, 1, 1, 0, 0, 0)  # the same bytes at any time


def page_to_pptx(page: Page) -> bytes:
    """The presentation.

    Raises
    ------
    DrawError : python-pptx is not installed, or a sheet is smaller or larger than a slide can be.
    """
    try:
        from pptx import Presentation
    except ImportError:
        raise DrawError("python-pptx is missing; run: pip install 'blockviz[pptx]'") from None
    deck: Any = Presentation()
    wide, high = (max(getattr(sheet, side) for sheet in page.sheets) for side in ("width", "height"))
    if max(wide, high) > _MOST:
        raise DrawError(f"a slide is at most {_MOST / 72:.0f} inches wide and high; give a smaller --page")
    deck.slide_width, deck.slide_height = _emu(max(wide, _LEAST)), _emu(max(high, _LEAST))
    deck.core_properties.title, deck.core_properties.author = slides.text(page.title, _PROPERTY), "blockviz"
    deck.core_properties.comments = slides.text(page.description, _PROPERTY)
    for sheet in page.sheets:
        slide = deck.slides.add_slide(deck.slide_layouts[6])
        if sheet.background:
            slide.background.fill.solid()
            slide.background.fill.fore_color.rgb = _colour(sheet.background)
        _Writer(slide.shapes, sheet).write()
    out = io.BytesIO()
    deck.save(out)
    return _dated(out.getvalue())


def _dated(data: bytes) -> bytes:
    """The archive with one date for all of its files."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for name in old.namelist():
            new.writestr(zipfile.ZipInfo(name, _DATE), old.read(name), zipfile.ZIP_DEFLATED)
    return out.getvalue()


def _emu(points: float) -> int:
    return round(points * _EMU)


def _colour(text: str) -> Any:
    from pptx.dml.color import RGBColor

    kind: Any = RGBColor
    return kind.from_string(text.lstrip("#").upper())


@dataclass(slots=True)
class _Writer:
    """Puts the elements of a sheet onto a slide, in the order in which they are drawn."""

    shapes: Any
    sheet: Sheet
    known: dict[str, tuple[Any, Box]] = field(default_factory=dict)

    def write(self) -> None:
        for shape in self.sheet.shapes:
            self._disc(self.shapes, shape) if isinstance(shape, Disc) else self._path(shape)
        place = len(self.shapes._spTree)  # arrows go behind the boxes, but need to know them
        words = list(self.sheet.words)
        for box, inner in _blocks(self.sheet.boxes):
            own = [line for line in words if _is_inside(line, box)] if box.lines == () else []
            words = [line for line in words if line not in own] if own else words
            self._block(box, inner, own)
        for line in words:
            self._words(self.shapes, line)
        behind = [self._arrow(arrow) for arrow in self.sheet.arrows]
        for number, element in enumerate(behind):
            self.shapes._spTree.insert(place + number, element)

    def _block(self, box: Box, inner: Sequence[Box], words: Sequence[Words]) -> None:
        """A box alone, or a group of it with its badge, its marks and its words."""
        into = self.shapes
        if inner or words:
            group = self.shapes.add_group_shape()
            group.name = slides.text(box.title or box.id)
            into = group.shapes
        for each in (box, *inner):
            self._box(into, each)
        for line in words:
            self._words(into, line)

    def _box(self, into: Any, box: Box) -> None:
        shape = self._shape(into, _FORMS.get(box.form, "rect"), box.x, box.y, box.width, box.height)
        shape.name = slides.text(box.title or box.id)
        least = max(min(box.width, box.height), 0.1)
        if box.form in ("box", "pill"):
            shape.adjustments[0] = 0.5 if box.form == "pill" else min(0.5, _RADIUS["box"] / least)
        elif box.form in ("funnel", "spread"):
            _set_outline(shape._element.spPr, box)
        self._paint(shape, box.fill, box.line, box.stroke, (2.0, 1.4) if box.dashed else ())
        self.known[box.id] = shape, box
        frame = shape.text_frame
        self._frame(frame, "middle")
        for number, line in enumerate(box.lines):
            paragraph = frame.paragraphs[0] if number == 0 else frame.add_paragraph()
            self._runs(paragraph, line, box.size, box.colour, "middle")

    def _shape(self, into: Any, form: str, x: float, y: float, width: float, height: float) -> Any:
        from pptx.enum.shapes import MSO_SHAPE

        kinds = {"roundRect": MSO_SHAPE.ROUNDED_RECTANGLE, "rect": MSO_SHAPE.RECTANGLE, "ellipse": MSO_SHAPE.OVAL}
        shape = into.add_shape(kinds[form], _emu(x), _emu(y), _emu(width), _emu(height))
        style = shape._element.find(_tag("p:style"))  # a theme's shadow and colours
        if style is not None:
            shape._element.remove(style)
        return shape

    def _paint(self, shape: Any, fill: str, line: str, stroke: float, dash: tuple[float, ...]) -> None:
        from pptx.enum.dml import MSO_LINE

        if fill:
            shape.fill.solid()
            shape.fill.fore_color.rgb = _colour(fill)
        else:
            shape.fill.background()
        if not line:
            shape.line.fill.background()
            return
        shape.line.color.rgb = _colour(line)
        shape.line.width = _emu(stroke)
        if dash:
            shape.line.dash_style = MSO_LINE.DASH

    def _words(self, into: Any, words: Words) -> None:
        """A line of text: a box without a border that wraps nothing."""
        wide = run_width(words.runs, words.size) * 1.04 + 2
        left = words.x - {"start": 0.0, "middle": wide / 2, "end": wide}[words.anchor]
        top = words.y - _ASCENT * words.size
        shape = into.add_textbox(_emu(left), _emu(top), _emu(wide), _emu(words.size * 1.2))
        self._frame(shape.text_frame, "top")
        self._runs(shape.text_frame.paragraphs[0], words.runs, words.size, words.colour, words.anchor)

    def _frame(self, frame: Any, anchor: str) -> None:
        from pptx.enum.text import MSO_ANCHOR

        frame.margin_left = frame.margin_right = frame.margin_top = frame.margin_bottom = 0
        frame.word_wrap = False
        frame.vertical_anchor = MSO_ANCHOR.MIDDLE if anchor == "middle" else MSO_ANCHOR.TOP

    def _runs(self, paragraph: Any, runs: Sequence[Span], size: float, colour: str, anchor: str) -> None:
        from pptx.enum.text import PP_ALIGN

        paragraph.alignment = {"start": PP_ALIGN.LEFT, "middle": PP_ALIGN.CENTER, "end": PP_ALIGN.RIGHT}[anchor]
        for span in runs:
            run = paragraph.add_run()
            run.text = slides.text(span.text)
            run.font.size, run.font.name = _emu(size), _FONT
            run.font.bold, run.font.italic = span.bold, span.italic
            run.font.color.rgb = _colour(span.colour or colour)

    def _disc(self, into: Any, disc: Disc) -> None:
        x, y, side = disc.x - disc.radius, disc.y - disc.radius, disc.radius * 2
        self._paint(self._shape(into, "ellipse", x, y, side, side), disc.fill, disc.line, disc.stroke, ())

    def _path(self, path: Path) -> None:
        xs, ys = [x for x, _ in path.points], [y for _, y in path.points]
        wide, high = max(xs) - min(xs), max(ys) - min(ys)
        is_box = path.closed and len(path.points) == 4 and len(set(xs)) == len(set(ys)) == 2
        form = "roundRect" if is_box and path.radius else "rect"
        shape = self._shape(self.shapes, form, min(xs), min(ys), wide, high)
        if is_box and path.radius:
            shape.adjustments[0] = min(0.5, path.radius / max(min(wide, high), 0.1))
        elif not is_box:
            _set_geometry(shape._element.spPr, rounded(path.points, path.radius, path.closed), path.closed)
        self._paint(shape, path.fill, path.line, path.stroke, path.dash)

    def _arrow(self, arrow: Arrow) -> Any:
        """A connector glued to its boxes, if it has at most one bend, else a freeform; gives its element.

        Programs lay out a connector with more bends anew, across whatever stands there.
        """
        points = arrow.points
        bends = len(points) - 2
        if bends > 1 or (bends == 1 and not _is_elbow(points)):
            return self._freeform(arrow)
        # an elbow runs along first; one that runs down first is the same, seen from its end
        turned = bends == 1 and abs(points[0][0] - points[1][0]) < 0.01
        ends = [(arrow.source, points[0]), (arrow.target, points[-1])]
        return self._connector(arrow, ends[::-1] if turned else ends, "headEnd" if turned else "tailEnd")

    def _connector(self, arrow: Arrow, ends: Sequence[tuple[str, Point]], head: str) -> Any:
        from pptx.enum.shapes import MSO_CONNECTOR

        (_, (x0, y0)), (_, (x1, y1)) = ends
        link = self.shapes.add_connector(MSO_CONNECTOR.STRAIGHT, _emu(x0), _emu(y0), _emu(x1), _emu(y1))
        link.name = slides.text(arrow.title or "arrow")
        element = link._element
        if len(arrow.points) == 3:
            element.spPr.find(_tag("a:prstGeom")).set("prst", "bentConnector2")
        style = element.find(_tag("p:style"))
        if style is not None:
            element.remove(style)
        self._stroke(link.line, arrow, head)
        for (name, point), glue in zip(ends, (link._connect_begin_to, link._connect_end_to), strict=True):
            if name in self.known:
                shape, box = self.known[name]
                site, distance = _site(box, point)
                if distance < _NEAR:  # LibreOffice moves a glued end to the site at once
                    glue(shape, site)
        return element

    def _freeform(self, arrow: Arrow) -> Any:
        xs, ys = [x for x, _ in arrow.points], [y for _, y in arrow.points]
        shape = self._shape(self.shapes, "rect", min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
        shape.name = slides.text(arrow.title or "arrow")
        _set_geometry(shape._element.spPr, rounded(arrow.points, arrow.radius), False)
        shape.fill.background()
        self._stroke(shape.line, arrow, "tailEnd")
        return shape._element

    def _stroke(self, line: Any, arrow: Arrow, head: str) -> None:
        from lxml import etree

        line.color.rgb, line.width = _colour(arrow.colour), _emu(arrow.stroke)
        if arrow.head:
            etree.SubElement(line._get_or_add_ln(), _tag(f"a:{head}"), type="triangle", w="med", len="med")


def _is_elbow(points: Sequence[Point]) -> bool:
    """Whether three points make a right angle along the axes."""
    a, b, c = points
    level = [abs(a[axis] - b[axis]) < 0.01 and abs(b[1 - axis] - c[1 - axis]) < 0.01 for axis in (0, 1)]
    return any(level)


def _tag(name: str) -> str:
    from pptx.oxml.ns import qn

    found: str = qn(name)
    return found


def _site(box: Box, point: Point) -> tuple[int, float]:
    """The connection site nearest to a point and how far it is: top, left, bottom, right, as the form counts them."""
    x, y = box.x + box.width / 2, box.y + box.height / 2
    sites = ((x, box.y), (box.x, y), (x, box.y + box.height), (box.x + box.width, y))
    away = [abs(x - point[0]) + abs(y - point[1]) for x, y in sites]
    near = away.index(min(away))
    return (near * 2 if box.form == "circle" else near), away[near]


def _set_geometry(properties: Any, curve: Sequence[Point], closed: bool) -> None:
    """A shape's outline as Bézier pieces, in place of its preset form."""
    from lxml import etree

    preset = properties.find(_tag("a:prstGeom"))
    left, top = min(x for x, _ in curve), min(y for _, y in curve)
    wide, high = (_emu(max(values) - min(values)) for values in zip(*curve, strict=True))
    custom = etree.Element(_tag("a:custGeom"))
    for name in ("avLst", "gdLst", "ahLst", "cxnLst"):
        etree.SubElement(custom, _tag(f"a:{name}"))
    etree.SubElement(custom, _tag("a:rect"), l="0", t="0", r="r", b="b")
    path = etree.SubElement(etree.SubElement(custom, _tag("a:pathLst")), _tag("a:path"), w=str(wide), h=str(high))
    if not closed:
        path.set("fill", "none")

    def put(into: Any, point: Point) -> None:
        etree.SubElement(into, _tag("a:pt"), x=str(_emu(point[0] - left)), y=str(_emu(point[1] - top)))

    put(etree.SubElement(path, _tag("a:moveTo")), curve[0])
    for at in range(1, len(curve) - 2, 3):
        piece = etree.SubElement(path, _tag("a:cubicBezTo"))
        for point in curve[at : at + 3]:
            put(piece, point)
    if closed:
        etree.SubElement(path, _tag("a:close"))
    properties.replace(preset, custom)


def _set_outline(properties: Any, box: Box) -> None:
    """A funnel or a spread with the four connection sites of a rectangle; a preset turned over has its text turned."""
    from lxml import etree

    top, foot = (0.0, box.slant) if box.form == "funnel" else (box.slant, 0.0)
    corners = ((top, 0.0), (box.width - top, 0.0), (box.width - foot, box.height), (foot, box.height))
    _set_geometry(properties, rounded(corners, 0.0, True), True)
    sites = properties.find(f".//{_tag('a:cxnLst')}")
    middle = box.width / 2, box.height / 2
    for x, y in ((middle[0], 0.0), (0.0, middle[1]), (middle[0], box.height), (box.width, middle[1])):
        site = etree.SubElement(sites, _tag("a:cxn"), ang="0")
        etree.SubElement(site, _tag("a:pos"), x=str(_emu(x)), y=str(_emu(y)))


def _blocks(boxes: Sequence[Box]) -> Iterator[tuple[Box, list[Box]]]:
    """Boxes with the badges and marks that stand on them."""
    found: list[tuple[Box, list[Box]]] = []
    for box in boxes:
        owner = next((each for each in reversed(found) if _stands_on(box, each[0])), None)
        if owner is None:
            found.append((box, []))
        else:
            owner[1].append(box)
    yield from found


def _stands_on(box: Box, other: Box) -> bool:
    within = other.x - 0.1 <= box.x and box.x + box.width <= other.x + other.width + 0.1
    return within and other.y - 0.1 <= box.y and box.y + box.height <= other.y + other.height + 0.1


def _is_inside(words: Words, box: Box) -> bool:
    wide = run_width(words.runs, words.size)
    left = words.x - {"start": 0.0, "middle": wide / 2, "end": wide}[words.anchor]
    return box.x <= left and left + wide <= box.x + box.width and box.y < words.y <= box.y + box.height
