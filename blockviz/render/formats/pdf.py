"""Make Graphviz' PDF and EPS the same on every run, give them a title, and join sheets into one file.

cairo writes its objects one after the other with a plain cross-reference table, so a file can be taken apart
into numbered objects and written anew; that also leaves its date of making behind.
"""

from __future__ import annotations

import re

from blockviz.errors import DrawError
from blockviz.quoting import pdf
from blockviz.runtime.records import dataclass
from blockviz.scene import Page

_DATE = b"(D:20000101000000Z)"
_REFERENCE = re.compile(rb"(?<![\d.])(\d+) 0 R\b")
_ENTRY = re.compile(rb"^(\d{10}) (\d{5}) ([nf])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class _File:
    """A PDF taken apart: objects by number, and the numbers of catalogue and information."""

    objects: dict[int, bytes]
    root: int
    info: int


def finished(sheets: list[bytes], page: Page, version: str = "", command: str = "") -> bytes:
    """One PDF of all sheets with a fixed date, the figure's name as title and its prose summary as subject.

    Raises
    ------
    DrawError : several sheets, and Graphviz' PDF is not built as expected (another version of cairo).
    """
    files = [_parsed(sheet) for sheet in sheets]
    if any(file is None for file in files):
        if len(sheets) > 1:
            raise DrawError("this Graphviz writes PDF in a way that can't be joined; leave out --engine system")
        return re.sub(rb"(/CreationDate ?\(D:)\d{14}", rb"\g<1>20000101000000", sheets[0])
    return _written([file for file in files if file], _information(page, version, command))


def finished_eps(data: bytes, page: Page) -> bytes:
    """An EPS file with the figure's title and without the date of its making."""
    data = re.sub(rb"(?m)^%%CreationDate:.*\n", b"", data)
    title = b"%%Title: " + pdf.comment(page.title) + b"\n"
    return re.sub(rb"(?m)^%%Creator:.*\n", lambda match: match[0] + title, data, count=1)


def reproducibility(page: Page, version: str, command: str) -> str:
    """``blockviz 0.1.0; command; structure hash``: what drew this figure from what."""
    parts = [f"blockviz {version}".strip(), command, f"structure {page.structure_hash}" if page.structure_hash else ""]
    return "; ".join(part for part in parts if part)


def _information(page: Page, version: str, command: str) -> bytes:
    fields = {
        b"Title": page.title, b"Subject": page.description, b"Keywords": reproducibility(page, version, command),
        b"Creator": f"blockviz {version}".strip(),
    }  # fmt: skip
    body = b"".join(b"   /" + key + b" " + pdf.string(value) + b"\n" for key, value in fields.items() if value)
    return b"<< /Producer (cairo)\n" + body + b"   /CreationDate " + _DATE + b"\n>>"


def _parsed(data: bytes) -> _File | None:
    start = re.search(rb"startxref\s*(\d+)\s*%%EOF\s*$", data)
    if start is None or data[int(start[1]) : int(start[1]) + 4] != b"xref":
        return None
    table, trailer = int(start[1]), data.rindex(b"trailer")
    offsets = sorted(int(at) for at, _, kind in _ENTRY.findall(data[table:trailer]) if kind == b"n")
    objects: dict[int, bytes] = {}
    for begin, end in zip(offsets, [*offsets[1:], table], strict=True):
        head = re.match(rb"(\d+) 0 obj\s", data[begin:end])
        if head is None:
            return None
        objects[int(head[1])] = data[begin + head.end() : data.rindex(b"endobj", begin, end)]
    root, info = (re.search(rb"/" + key + rb" (\d+) 0 R", data[trailer:]) for key in (b"Root", b"Info"))
    return _File(objects, int(root[1]), int(info[1])) if root and info else None


def _written(files: list[_File], information: bytes) -> bytes:
    """All pages under one new page tree, objects renumbered from 4 on."""
    objects: list[bytes] = []
    kids: list[int] = []
    for file in files:
        pages = _REFERENCE.search(file.objects[file.root].split(b"/Pages")[1])
        tree = int(pages[1]) if pages else 0
        kept = [number for number in sorted(file.objects) if number not in (file.root, file.info, tree)]
        renamed = {number: 4 + len(objects) + i for i, number in enumerate(kept)} | {tree: 2}
        kids += [renamed[int(kid)] for kid in _REFERENCE.findall(file.objects[tree].split(b"/Kids")[1].split(b"]")[0])]
        objects += [_renumbered(file.objects[number], renamed) for number in kept]
    listed = b" ".join(b"%d 0 R" % kid for kid in kids)
    page_tree = b"<< /Type /Pages\n   /Kids [ %b ]\n   /Count %d\n>>" % (listed, len(kids))
    everything = [b"<< /Type /Catalog\n   /Pages 2 0 R\n>>", page_tree, information, *objects]
    out = bytearray(b"%PDF-1.5\n%\xb5\xed\xae\xfb\n")
    offsets = []
    for number, body in enumerate(everything, 1):
        offsets.append(len(out))
        out += b"%d 0 obj\n" % number + body.rstrip(b"\r\n") + b"\nendobj\n"
    table = len(out)
    out += b"xref\n0 %d\n0000000000 65535 f \n" % (len(everything) + 1)
    out += b"".join(b"%010d 00000 n \n" % offset for offset in offsets)
    out += b"trailer\n<< /Size %d\n   /Root 1 0 R\n   /Info 3 0 R\n>>\nstartxref\n%d\n%%%%EOF\n" % (
        len(everything) + 1,
        table,
    )
    return bytes(out)


def _renumbered(body: bytes, renamed: dict[int, int]) -> bytes:
    """References changed in the dictionary; the bytes of a stream stay untouched."""
    cut = body.find(b"stream\n")
    head, rest = (body, b"") if cut < 0 else (body[:cut], body[cut:])
    return _REFERENCE.sub(lambda match: b"%d 0 R" % renamed.get(int(match[1]), 0), head) + rest
