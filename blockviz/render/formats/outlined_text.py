"""Text of an SVG turned into outlines, so that it looks the same in every viewer and needs no font."""

from __future__ import annotations

import re
from functools import cache
from html import unescape
from typing import Any

from blockviz.render.formats.dot import number
from blockviz.text.font_files import font_folder

_TEXT = re.compile(r"<text ([^>]*)>(.*?)</text>", re.DOTALL)
_FIELD = re.compile(r'([\w-]+)="([^"]*)"')


def outlined(svg: str) -> str:
    """Replace every ``<text>`` by a ``<path>`` of its glyphs, the words kept in ``aria-label``."""
    return _TEXT.sub(_path, svg)


def _path(match: re.Match[str]) -> str:
    fields = dict(_FIELD.findall(match[1]))
    text = unescape(match[2])
    style = (fields.get("font-weight") == "bold", fields.get("font-style") == "italic")
    size = float(fields.get("font-size", "10"))
    glyphs, advance = _glyph_run(text, style)
    x, y = float(fields.get("x", "0")), float(fields.get("y", "0"))
    unit = size / _font(style)[1]
    x -= advance * unit * {"middle": 0.5, "end": 1.0}.get(fields.get("text-anchor", "start"), 0.0)
    fill = fields.get("fill", "#000000")
    return f'<path aria-label="{match[2]}" fill="{fill}" stroke="none" d="{_moved(glyphs, x, y, unit)}"/>'


def _glyph_run(text: str, style: tuple[bool, bool]) -> tuple[list[tuple[str, tuple[Any, ...], float]], float]:
    """Drawing commands with the pen's position, and the total advance, in font units."""
    from fontTools.pens.recordingPen import DecomposingRecordingPen

    glyphs, _, names = _font(style)
    out: list[tuple[str, tuple[Any, ...], float]] = []
    at = 0.0
    for char in text:
        glyph = glyphs[names.get(ord(char), ".notdef")]
        pen = DecomposingRecordingPen(glyphs)
        glyph.draw(pen)
        out += [(command, points, at) for command, points in pen.value]
        at += glyph.width
    return out, at


@cache
def _font(style: tuple[bool, bool]) -> tuple[Any, float, dict[int, str]]:
    from fontTools.ttLib import TTFont

    bold, italic = style
    font = TTFont(font_folder() / ("Arimo-Italic[wght].ttf" if italic else "Arimo[wght].ttf"))
    return font.getGlyphSet(location={"wght": 700 if bold else 400}), float(font["head"].unitsPerEm), font.getBestCmap()


def _moved(commands: list[tuple[str, tuple[Any, ...], float]], x: float, y: float, unit: float) -> str:
    """SVG path data; TrueType's quadratic splines with implied points are spelled out."""
    out: list[str] = []

    def at(point: tuple[float, float], shift: float) -> str:
        return f"{number(x + (point[0] + shift) * unit)} {number(y - point[1] * unit)}"

    for command, points, shift in commands:
        if command == "moveTo":
            out.append("M" + at(points[0], shift))
        elif command == "lineTo":
            out.append("L" + at(points[0], shift))
        elif command == "qCurveTo":
            for control, end in _quadratics(points):
                out.append(f"Q{at(control, shift)} {at(end, shift)}")
        elif command == "curveTo":
            out.append("C" + " ".join(at(point, shift) for point in points))
        else:
            out.append("Z")
    return "".join(out)


def _quadratics(points: tuple[Any, ...]) -> list[tuple[tuple[float, float], tuple[float, float]]]:
    controls, end = points[:-1], points[-1]
    out = []
    for i, control in enumerate(controls):
        last = i == len(controls) - 1
        to = end if last else ((control[0] + controls[i + 1][0]) / 2, (control[1] + controls[i + 1][1]) / 2)
        out.append((control, to))
    return out
