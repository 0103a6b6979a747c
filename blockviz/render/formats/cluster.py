"""The overview as a cluster of plain DOT: boxes and arrows without positions, to stand in somebody else's graph."""

from __future__ import annotations

from typing import TYPE_CHECKING

from blockviz.errors import DrawError
from blockviz.outline.model import Outline, Part
from blockviz.quoting import dot
from blockviz.text.numbers import range_text

if TYPE_CHECKING:
    import pydot


def outline_to_cluster(outline: Outline, rankdir: str = "TB") -> pydot.Cluster:
    """One box a part, one arrow a tensor; nodes are named ``n0``, ``n1`` … whatever the layers are called.

    Raises
    ------
    DrawError : pydot is not installed.
    """
    try:
        import pydot
    except ImportError:
        raise DrawError("pydot is missing; run: pip install pydot") from None
    out = pydot.Cluster("model", label=dot.string(outline.name), style='"dashed"', rankdir=rankdir)
    names = {part.id: f"n{number}" for number, part in enumerate(outline.parts)}
    for part in outline.parts:
        out.add_node(pydot.Node(names[part.id], shape="box", style='"rounded"', label=_label(part)))
    for part in outline.parts:
        for source, _ in part.operands:
            if source in names:
                out.add_edge(pydot.Edge(names[source], names[part.id]))
    return out


def _label(part: Part) -> str:
    """Name and count, and below them the shape of what leaves."""
    first = f"{part.letter} · {part.name} {part.times}" if part.letter else f"{part.name} {part.times}"
    rows = (dot.html(first.strip()), dot.html(range_text(part.output_shapes)))
    return f"<{'<BR/>'.join(row for row in rows if row)}>"
