"""A sheet as TikZ: a standalone document whose text LaTeX sets itself, in Helvetica (Arimo's metrics)."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.quoting import latex
from blockviz.render.formats.bezier import arrow_head, dashes, outline, rounded, toward
from blockviz.render.formats.dot import number
from blockviz.scene import Arrow, Box, Disc, Page, Path, Point, Sheet, Span, Words
from blockviz.text.font_metrics import width

_HEAD = r"""\documentclass[tikz,border=0pt]{standalone}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage[scaled=1.0]{helvet}
\usepackage{textcomp}
\renewcommand{\familydefault}{\sfdefault}
\begin{document}
"""
_TAIL = "\\end{document}\n"


def sheet_to_tikz(page: Page, index: int = 0) -> str:
    """A LaTeX document with one ``tikzpicture``; compiles with pdflatex alone."""
    return _HEAD + picture(page, index) + _TAIL


def picture(page: Page, index: int = 0) -> str:
    """Only the ``tikzpicture`` environment, to be input into a document that loads TikZ and helvet."""
    sheet = page.sheets[index]
    lines = [
        f"% {latex.text(page.title)}",
        r"\begin{tikzpicture}[x=1bp, y=-1bp, line cap=round, line join=round, inner sep=0pt, outer sep=0pt]",
        *(f"\\definecolor{{{name}}}{{HTML}}{{{name[1:].upper()}}}" for name in _colours(sheet)),
        f"\\path[use as bounding box] (0,0) rectangle ({number(sheet.width)},{number(sheet.height)});",
    ]
    if sheet.background:
        lines.append(
            f"\\fill[{_name(sheet.background)}] (0,0) rectangle ({number(sheet.width)},{number(sheet.height)});"
        )
    for shape in sheet.shapes:
        lines += _disc(shape) if isinstance(shape, Disc) else _path(shape)
    lines += [_arrow(arrow) for arrow in sheet.arrows]
    for box in sheet.boxes:
        lines += _box(box)
    for words in sheet.words:
        lines += _words(words)
    return "\n".join([*lines, r"\end{tikzpicture}", ""])


def _name(colour: str) -> str:
    return "c" + colour[1:]


def _colours(sheet: Sheet) -> list[str]:
    found = {sheet.background}
    for shape in sheet.shapes:
        found |= {shape.line, shape.fill}
    found |= {arrow.colour for arrow in sheet.arrows}
    for box in sheet.boxes:
        found |= {box.line, box.fill, box.colour} | {run.colour for line in box.lines for run in line}
    for words in sheet.words:
        found |= {words.colour} | {run.colour for run in words.runs}
    return [_name(colour) for colour in sorted(found - {""})]


def _at(point: Point) -> str:
    return f"({number(point[0])},{number(point[1])})"


def _style(line: str, fill: str, stroke: float) -> str:
    parts = [
        f"draw={_name(line)}, line width={number(stroke)}bp" if line else "",
        f"fill={_name(fill)}" if fill else "",
    ]
    return ", ".join(part for part in parts if part) or "draw=none"


def _disc(disc: Disc) -> list[str]:
    return [
        f"\\path[{_style(disc.line, disc.fill, disc.stroke)}] {_at((disc.x, disc.y))} "
        f"circle[radius={number(disc.radius)}];"
    ]


def _path(path: Path) -> list[str]:
    strokes = dashes(path)
    if strokes:
        ground = [_outline(path, "", path.fill)] if path.fill else []
        pen = _style(path.line, "", path.stroke)
        return [*ground, *(f"\\draw[{pen}] {_at(a)} -- {_at(b)};" for a, b in strokes)]
    return [_outline(path, path.line, path.fill)]


def _outline(path: Path, line: str, fill: str) -> str:
    if path.radius:
        body = _curve(rounded(path.points, path.radius, path.closed))
    else:
        body = " -- ".join(_at(point) for point in path.points)
    return f"\\path[{_style(line, fill, path.stroke)}] {body}{' -- cycle' if path.closed else ''};"


def _curve(points: Sequence[Point]) -> str:
    out = _at(points[0])
    for i in range(1, len(points) - 2, 3):
        out += f" .. controls {_at(points[i])} and {_at(points[i + 1])} .. {_at(points[i + 2])}"
    return out


def _arrow(arrow: Arrow) -> str:
    points = list(arrow.points)
    pen = f"draw={_name(arrow.colour)}, line width={number(arrow.stroke)}bp"
    if not arrow.head:
        return f"\\path[{pen}] {_curve(rounded(points, arrow.radius))};"
    points[-1] = toward(points[-1], points[-2], arrow.head)
    return f"\\path[{pen}] {_curve(rounded(points, arrow.radius))};\n{_path(arrow_head(arrow))[0]}"


def _box(box: Box) -> Iterator[str]:
    contour = outline(box)
    if contour is not None:
        yield from _path(contour)
    else:
        style = _style(box.line, box.fill, box.stroke)
        if box.form == "circle":
            middle = (box.x + box.width / 2, box.y + box.height / 2)
            yield f"\\path[{style}] {_at(middle)} circle[radius={number(box.width / 2)}];"
        else:
            corner = ", rounded corners=2bp" if box.form == "box" else ", sharp corners"
            far = (box.x + box.width, box.y + box.height)
            yield f"\\path[{style}{corner}] {_at((box.x, box.y))} rectangle {_at(far)};"
    leading = box.size * 1.16
    first = box.y + box.height / 2 - (len(box.lines) - 1) * leading / 2 + box.size * 0.35
    for number_, line in enumerate(box.lines):
        yield from _words(Words(box.x + box.width / 2, first + number_ * leading, line, box.size, box.colour, "middle"))


def _words(words: Words) -> Iterator[str]:
    widths = [width(run.text, words.size, run.bold, run.italic) for run in words.runs]
    if len(words.runs) == 1:
        anchor = {"start": "base west", "middle": "base", "end": "base east"}[words.anchor]
        yield _node(words.x, words.y, anchor, words.runs[0], words)
        return
    x = words.x - {"start": 0.0, "middle": sum(widths) / 2, "end": sum(widths)}[words.anchor]
    for run, wide in zip(words.runs, widths, strict=True):
        yield _node(x, words.y, "base west", run, words)
        x += wide


def _node(x: float, y: float, anchor: str, run: Span, words: Words) -> str:
    text = latex.text(run.text.strip(" ")) if run.text.strip(" ") else ""
    if not text:
        return "%"
    if run.text.startswith(" ") and anchor == "base west":
        x += width(" ", words.size, run.bold, run.italic) * (len(run.text) - len(run.text.lstrip(" ")))
    style = ("\\bfseries" if run.bold else "") + ("\\itshape" if run.italic else "")
    size = f"\\fontsize{{{number(words.size)}bp}}{{{number(words.size * 1.2)}bp}}\\selectfont{style}"
    colour = _name(run.colour or words.colour)
    return f"\\node[anchor={anchor}, text={colour}, font={{{size}}}] at {_at((x, y))} {{{text}}};"
