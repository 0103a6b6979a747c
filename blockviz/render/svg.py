"""Make Graphviz' SVG a good citizen: names and descriptions for screen readers, tooltips, steady ids, metadata.

Text stays text. The fallback fonts have Arimo's metrics, so a viewer without Arimo keeps the layout.
"""

from __future__ import annotations

import re

from blockviz.drawing import Page, Path
from blockviz.render.dot import clean
from blockviz.render.escape import attribute, xml
from blockviz.render.geometry import dashes
from blockviz.render.geometry import outline as own_outline
from blockviz.render.pdf import reproducibility

_NODE = re.compile(r'<g id="([^"]*)" class="node">\n<title>.*?</title>\n(.*?)</g>\n', re.DOTALL)
_EDGE = re.compile(r'<g id="([^"]*)" class="edge">\n<title>.*?</title>\n', re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n", re.DOTALL)
_SPACER = re.compile(r"<text [^>]*> ?</text>\n")
_STYLED = re.compile(r'font-family="Arimo((?: Bold)?)((?: Italic)?)"')


def finished(
    svg: str, page: Page, sheet: int = 0, outline_text: bool = False, version: str = "", command: str = ""
) -> str:
    """The SVG of one sheet with title, description, a title per box, ids that don't move, and metadata."""
    body = _COMMENT.sub("", svg[svg.index("<svg") :])
    families = ", ".join(page.families)
    head_end = body.index(">") + 1
    head = _head(page, sheet)
    body = body[head_end:].lstrip()
    body = re.sub(r'(<g id="graph0"[^>]*>)\n<title>.*?</title>', r"\1", body, count=1, flags=re.DOTALL)
    body = _SPACER.sub("", body)
    body = _with_own_outlines(body, page, sheet)
    body = _NODE.sub(lambda match: _node(match, _titles(page, sheet)), body)
    body = _EDGE.sub(lambda match: f'<g id="{match[1]}" class="edge">\n', body)
    body = _STYLED.sub(_font, body)
    body = re.sub(r'font-family="[^"]*"', 'font-family="' + families + '"', body).replace(' xml:space="preserve"', "")
    body = body.replace("&#45;", "-")
    if outline_text:
        from blockviz.render.glyphs import outlined

        body = outlined(body)
    meta = f"<metadata>{xml(reproducibility(page, version, command))}</metadata>\n"
    names = f'<title id="title">{xml(page.title)}</title>\n'
    names += f'<desc id="desc">{xml(page.description)}</desc>\n'
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "\n" + names + meta + body


def _head(page: Page, sheet: int) -> str:
    width, height = page.sheets[sheet].width, page.sheets[sheet].height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" xml:space="preserve" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">'
    )


def _titles(page: Page, sheet: int) -> dict[str, str]:
    return {box.id: box.title for box in page.sheets[sheet].boxes if box.title}


def _node(match: re.Match[str], titles: dict[str, str]) -> str:
    ident, inner = match[1], match[2].strip()
    if not inner:
        return ""
    name = _unescaped(ident)
    title = titles.get(name)
    if re.fullmatch(r"t\d+_\d+", name):
        return inner + "\n"
    tip = f"<title>{xml(title)}</title>\n" if title else ""
    return f'<g id={attribute(anchor(name))} class="box">\n{tip}{inner}\n</g>\n'


def anchor(name: str) -> str:
    """A box id as a fragment that can stand in a link: no white space."""
    return re.sub(r"\s", "_", clean(name)).strip("/") or "box"


def _unescaped(text: str) -> str:
    text = re.sub(r"&#(\d+);", lambda match: chr(int(match[1])), text)
    return text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", '"').replace("&amp;", "&")


def _with_own_outlines(body: str, page: Page, sheet: int) -> str:
    """Move the contours that are drawn in the background (pills, trapeziums, dashes) into the groups of their boxes."""
    own = [(box.id, _pieces(contour)) for box in page.sheets[sheet].boxes if (contour := own_outline(box)) is not None]
    count = sum(pieces for _, pieces in own)
    ground_end = body.index("/>", body.index("<polygon")) + 3
    first_group = body.find('<g id="', ground_end)
    shapes = body[ground_end : first_group if first_group >= 0 else len(body)].splitlines(keepends=True)
    if not count or first_group < 0 or len(shapes) < count:
        return body
    moved = iter(shapes[len(shapes) - count :])
    body = body[:ground_end] + "".join(shapes[: len(shapes) - count]) + body[first_group:]
    for ident, pieces in own:
        drawn = "".join(next(moved) for _ in range(pieces))
        mark = f'<g id="{_svg_id(ident)}" class="node">\n'
        at = body.find(mark)
        after = body.index("</title>\n", at) + len("</title>\n") if at >= 0 else body.index('<g id="', ground_end)
        body = body[:after] + drawn + body[after:]
    return body


def _pieces(contour: Path) -> int:
    """How many background shapes a contour became."""
    strokes = len(dashes(contour))
    return strokes + bool(contour.fill) if strokes else 1


def _svg_id(name: str) -> str:
    """An id as Graphviz writes it into SVG."""
    out = xml(name).replace('"', "&quot;").replace("'", "&#39;").replace("-", "&#45;")
    return out.replace("\u00a0", "&#160;")


def _font(match: re.Match[str]) -> str:
    style = ' font-weight="bold"' if match[1] else ""
    return f'font-family="Arimo"{style}' + (' font-style="italic"' if match[2] else "")
