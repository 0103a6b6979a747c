"""Make Graphviz' SVG a good citizen: names and descriptions for screen readers, tooltips, steady ids, metadata.

Text stays text. The fallback fonts have Arimo's metrics, so a viewer without Arimo keeps the layout.
"""

from __future__ import annotations

import re

from blockviz.quoting import xml
from blockviz.render.formats.bezier import dashes
from blockviz.render.formats.bezier import outline as own_outline
from blockviz.render.formats.dot import node_name
from blockviz.render.formats.pdf import reproducibility
from blockviz.scene import Page, Path

# An id that no program takes for anything else; shorter or numbered ones are Graphviz' and blockviz' own.
_PLAIN_ID = re.compile(r"(?!(?:[nte]|box-|graph|node|edge|clust)\d|title$|desc$)[A-Za-z][\w:@.,|/-]{3,79}", re.ASCII)
_NODE = re.compile(r'<g id="([^"]*)" class="node">\n<title>.*?</title>\n(.*?)</g>\n', re.DOTALL)
_EDGE = re.compile(r'<g id="([^"]*)" class="edge">\n<title>.*?</title>\n', re.DOTALL)
_COMMENT = re.compile(r"<!--.*?-->\n", re.DOTALL)
_SPACER = re.compile(r"<text [^>]*> ?</text>\n")
_TEXT = re.compile(r"(<text [^>]*>)([^<]*)(</text>)")
_SOFT = re.compile("^ +| +$|  +")
_STYLED = re.compile(r'font-family="Arimo((?: Bold)?)((?: Italic)?)"')


def finished(
    svg: str, page: Page, sheet: int = 0, outline_text: bool = False, version: str = "", command: str = "",
    numbered: bool = False,
) -> str:  # fmt: skip
    """The SVG of one sheet with title, description, a title per box, ids that don't move, and metadata.

    ``numbered`` : boxes are ``box-0``, ``box-1`` … whatever they are called, for a document with ids of its own.
    """
    body = _COMMENT.sub("", svg[svg.index("<svg") :])
    families = ", ".join(page.families)
    head_end = body.index(">") + 1
    head = _head(page, sheet)
    body = body[head_end:].lstrip()
    body = re.sub(r'(<g id="graph0"[^>]*>)\n<title>.*?</title>', r"\1", body, count=1, flags=re.DOTALL)
    body = _SPACER.sub("", body)
    body = _with_own_outlines(body, page, sheet)
    titles, ids = _titles(page, sheet), anchors(page, sheet, numbered)
    body = _NODE.sub(lambda match: _node(match, titles, ids), body)
    body = _EDGE.sub(lambda match: f'<g id="{match[1]}" class="edge">\n', body)
    body = _STYLED.sub(_font, body)
    body = re.sub(r'font-family="[^"]*"', 'font-family="' + families + '"', body).replace(' xml:space="preserve"', "")
    body = _TEXT.sub(_with_hard_spaces, body.replace("&#45;", "-"))
    if outline_text:
        from blockviz.render.formats.outlined_text import outlined

        body = outlined(body)
    meta = f"<metadata>{xml.text(reproducibility(page, version, command))}</metadata>\n"
    names = f'<title id="title">{xml.text(page.title)}</title>\n'
    names += f'<desc id="desc">{xml.text(page.description)}</desc>\n'
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + head + "\n" + names + meta + body


def _with_hard_spaces(match: re.Match[str]) -> str:
    """A text whose spaces at the ends (beside another style) no viewer drops: browsers do, whatever the root says."""
    return match[1] + _SOFT.sub(lambda found: "\u00a0" * len(found[0]), match[2]) + match[3]


def _head(page: Page, sheet: int) -> str:
    width, height = page.sheets[sheet].width, page.sheets[sheet].height
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width:g}pt" height="{height:g}pt" '
        f'viewBox="0 0 {width:g} {height:g}" role="img" aria-labelledby="title desc">'
    )


def _titles(page: Page, sheet: int) -> dict[str, str]:
    return {node_name(index): box.title for index, box in enumerate(page.sheets[sheet].boxes) if box.title}


def _node(match: re.Match[str], titles: dict[str, str], ids: dict[str, str]) -> str:
    name, inner = match[1], match[2].strip()
    if not inner:
        return ""
    if name not in ids:  # a line of words
        return inner + "\n"
    tip = f"<title>{xml.text(titles[name])}</title>\n" if name in titles else ""
    return f'<g id="{ids[name]}" class="box">\n{tip}{inner}\n</g>\n'


def anchors(page: Page, sheet: int, numbered: bool = False) -> dict[str, str]:
    """The id of each box's group by its name in DOT: the box's own where no document could misread it.

    A plain id stays where it is when a layer is added elsewhere; all others are numbered.
    """
    found, taken = {}, set()  # type: tuple[dict[str, str], set[str]]
    for index, box in enumerate(page.sheets[sheet].boxes):
        own = box.id.strip("/")
        is_free = not numbered and _PLAIN_ID.fullmatch(own) and own not in taken
        taken.add(own)
        found[node_name(index)] = own if is_free else f"box-{index}"
    return found


def _with_own_outlines(body: str, page: Page, sheet: int) -> str:
    """Move the contours that are drawn in the background (pills, trapeziums, dashes) into the groups of their boxes."""
    boxes = enumerate(page.sheets[sheet].boxes)
    own = [(node_name(i), _pieces(contour)) for i, box in boxes if (contour := own_outline(box)) is not None]
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
        mark = f'<g id="{ident}" class="node">\n'
        at = body.find(mark)
        after = body.index("</title>\n", at) + len("</title>\n") if at >= 0 else body.index('<g id="', ground_end)
        body = body[:after] + drawn + body[after:]
    return body


def _pieces(contour: Path) -> int:
    """How many background shapes a contour became."""
    strokes = len(dashes(contour))
    return strokes + bool(contour.fill) if strokes else 1


def _font(match: re.Match[str]) -> str:
    style = ' font-weight="bold"' if match[1] else ""
    return f'font-family="Arimo"{style}' + (' font-style="italic"' if match[2] else "")
