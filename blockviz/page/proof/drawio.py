"""A draw.io document read back: every box, arrow and text of the sheet, and none besides."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from html import unescape
from xml.etree import ElementTree

from blockviz.page.proof.reading import text_of
from blockviz.scene import Box, Page, Sheet

_NEAR = 0.02  # points by which a document's numbers are rounded


def document_faults(text: str, page: Page) -> Iterator[str]:
    """What a draw.io document of a page lacks, adds, or says otherwise."""
    diagrams = ElementTree.fromstring(text).findall("diagram")
    if len(diagrams) != len(page.sheets):
        yield f"the document has {len(diagrams)} diagrams for {len(page.sheets)} sheets"
    for diagram, sheet in zip(diagrams, page.sheets, strict=False):
        yield from _sheet_faults(diagram, sheet)


def _sheet_faults(diagram: ElementTree.Element, sheet: Sheet) -> Iterator[str]:
    cells = {cell.get("id", ""): cell for cell in diagram.iter("mxCell")}
    places = {(box.x, box.y, box.width, box.height): ident for ident, box in _vertices(cells).items()}
    names: dict[str, str] = {}
    for box in sheet.boxes:
        found = next((ident for place, ident in places.items() if _is_at(place, box) and ident[:1] == "b"), None)
        if found is None:
            yield f"the document has no box at the place of {box.id}"
            continue
        names[box.id] = found
        wanted = "".join(run.text for line in box.lines for run in line)
        if (told := _plain(cells[found].get("value", ""))) != wanted:
            yield f"the document's {box.id} says {told!r}, and the figure {wanted!r}"
    drawn = Counter((names.get(arrow.source, ""), names.get(arrow.target, "")) for arrow in sheet.arrows)
    edges = [cell for cell in cells.values() if cell.get("edge") and "endArrow=none" not in cell.get("style", "")]
    lines = [cell for cell in cells.values() if cell.get("edge") and cell.get("id", "").startswith("e")]
    told_edges = Counter((cell.get("source", ""), cell.get("target", "")) for cell in lines)
    for pair in (drawn - told_edges) + (told_edges - drawn):
        yield f"the document and the figure differ in the edge {pair}"
    if len(edges) > len(sheet.arrows):
        yield f"the document has {len(edges)} arrows, and the figure {len(sheet.arrows)}"
    texts = Counter(_plain(cell.get("value", "")).strip() for ident, cell in cells.items() if ident[:1] == "w")
    wanted_texts = Counter(text_of(words) for words in sheet.words)
    for text in (wanted_texts - _thin(texts)) + (_thin(texts) - wanted_texts):
        yield f"the document and the figure differ in the text {text!r}"


def _vertices(cells: dict[str, ElementTree.Element]) -> dict[str, Box]:
    found = {}
    for ident, cell in cells.items():
        place = cell.find("mxGeometry")
        if cell.get("vertex") and place is not None:
            x, y, wide, tall = (float(place.get(key, "0")) for key in ("x", "y", "width", "height"))
            found[ident] = Box(ident, x, y, wide, tall)
    return found


def _is_at(place: tuple[float, float, float, float], box: Box) -> bool:
    pairs = zip(place, (box.x, box.y, box.width, box.height), strict=True)
    return all(abs(one - two) < _NEAR for one, two in pairs)


def _plain(value: str) -> str:
    return unescape(re.sub(r"</?[bi]>|<br>", "", value))


def _thin(texts: Counter[str]) -> Counter[str]:
    """Texts as a page's are read: thin spaces as spaces."""
    return Counter({text.replace("\u200a", "").replace("\u2009", " ").strip(): count for text, count in texts.items()})
