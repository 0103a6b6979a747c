"""The interactive page: one HTML file with the figure, the data of every layer, and the script that shows them.

It loads nothing and sends nothing: its policy allows the one script and the one style sheet that stand in it, by
their digests, and lets no script make markup of text. What a model says is in it as escaped text of the figure, and
as data that the script puts into the document as text. The script is built from ``web/`` (`npm run build`).
"""

from __future__ import annotations

import hashlib
import re
from base64 import b64encode
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any

from blockviz.quoting import script, xml
from blockviz.scene import Page, Palette, Sheet

_PAINTED = re.compile(r"<(polygon|path|polyline|ellipse|text)\b([^<>]*)>")
_PAINT = re.compile(r' (fill|stroke)="(#[0-9a-f]{6})"')


def page_to_html(svg: str, page: Page, contents: Mapping[str, Any], version: str = "") -> str:
    """The whole file.

    Parameters
    ----------
    svg : the page's one sheet as SVG, its boxes numbered. page : with a palette. contents : of `contents_of`.
    """
    palette = page.palette or Palette()
    style = _shades(palette) + _asset("page.css")
    code = _asset("page.js")
    said = {key: value for key, value in contents.items() if key not in ("ids", "parts")}
    said |= {"figure": _figure(page.sheets[0], contents), "advice": list(page.advice), "version": version}
    policy = (
        f"default-src 'none'; script-src {_digest(code)}; style-src {_digest(style)}; img-src data:; base-uri 'none'; "
        "form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
    )
    theme = ' data-theme="dark"' if palette.starts_dark else ""
    return (
        f'<!DOCTYPE html>\n<html lang="en"{theme}>\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        f"<title>{xml.text(page.title)}</title>\n<style>{style}</style>\n</head>\n<body>\n"
        f'<div id="bv-figure">{_classed(svg[svg.index("<svg") :], palette)}</div>\n'
        f'<script type="application/json" id="bv-data">{script.data(said)}</script>\n<script>{code}</script>\n'
        "</body>\n</html>\n"
    )


@cache
def _asset(name: str) -> str:
    return Path(__file__).with_name(name).read_text(encoding="utf-8").strip()


def _digest(text: str) -> str:
    return f"'sha256-{b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _shades(palette: Palette) -> str:
    """Custom properties: the colours of the drawing by number, those of its roles by name, in both themes."""
    numbers = {code: number for number, (code, _, _) in enumerate(palette.shades)}
    roles = "".join(f"--{role.replace('_', '-')}:var(--c{numbers[code]});"
                    for role, code in palette.roles.items() if code)  # fmt: skip
    light, dark = (
        "".join(f"--c{number}:{shade[column] or 'none'};" for number, shade in enumerate(palette.shades))
        for column in (1, 2)
    )
    classes = "".join(f".f{n}{{fill:var(--c{n})}}.s{n}{{stroke:var(--c{n})}}" for n in numbers.values())
    return (
        f":root{{color-scheme:light;{light}}}"
        f"@media (prefers-color-scheme:dark){{:root:not([data-theme=light]){{color-scheme:dark;{dark}}}}}"
        f":root[data-theme=dark]{{color-scheme:dark;{dark}}}body{{{roles}}}{classes}\n"
    )


def _classed(svg: str, palette: Palette) -> str:
    """The drawing with a class in place of each numbered colour."""
    numbers = {code: number for number, (code, _, _) in enumerate(palette.shades)}

    def painted(tag: re.Match[str]) -> str:
        classes: list[str] = []

        def paint(found: re.Match[str]) -> str:
            if found[2] not in numbers:
                return found[0]
            classes.append(f"{found[1][0]}{numbers[found[2]]}")
            return ""

        rest = _PAINT.sub(paint, tag[2])
        return f'<{tag[1]} class="{" ".join(classes)}"{rest}>' if classes else tag[0]

    return _PAINTED.sub(painted, svg)


def _figure(sheet: Sheet, contents: Mapping[str, Any]) -> Mapping[str, Any]:
    """Where boxes and panels stand, in points, and which node of the tree each box is (-1: none that can be opened)."""
    parts, ids = dict(contents["parts"]), contents["ids"]
    boxes, at = [], {}  # type: tuple[list[list[float | str]], dict[str, int]]
    for number, box in enumerate(sheet.boxes):
        lead = f"{box.group}/"
        node = (ids if box.group else parts).get(box.id[len(lead) :]) if box.id.startswith(lead) else None
        if node is None:  # a badge, a mark, a sample of the legend
            continue
        at[box.id] = len(boxes)
        place = [round(side, 2) for side in (box.x, box.y, box.width, box.height)]
        boxes.append([number, node, *place, box.group])
    return {
        "width": sheet.width,
        "height": sheet.height,
        "boxes": boxes,
        "arrows": [[at.get(arrow.source, -1), at.get(arrow.target, -1), int(arrow.head > 0)] for arrow in sheet.arrows],
        "frames": [[frame.id, *(round(side, 2) for side in (frame.x, frame.y, frame.width, frame.height))]
                   for frame in sheet.groups],
    }  # fmt: skip
