"""How the parts of an overview hang together."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import pairwise

from blockviz.ir import Item, Node, Run, Shape
from blockviz.outline.model import Part, Tap
from blockviz.page.glyphs.words import shape_text
from blockviz.page.layout.series_parallel import SINK, SOURCE
from blockviz.structure.setting_letters import COUNTS
from blockviz.text.font_metrics import width
from blockviz.text.numbers import range_text

_HAIR = 0.01  # points by which sums of widths may be off


def representative(item: Item) -> Item:
    """A unit or call that stands for a run of equal ones; the item itself where there is none."""
    at = item
    while isinstance(at, Run) and len(at.body):
        at = next(iter(at.body.items()))
    return at


def values_text(part: Part) -> str:
    """The values of a part's parameters, ``64, 3×3``; how many blocks it holds is said with its letter, ``n = 8``."""
    return ", ".join(f"{symbol}\u200a=\u200a{v}" if symbol in COUNTS else v for symbol, v in part.values.items())


def is_big(part: Part) -> bool:
    """Whether a part is a whole network drawn as one box."""
    return part.kind in ("backbone", "nested") and not isinstance(part.item, Node)


def tap_of_readers(tower: Part, parts: Iterable[Part]) -> dict[str, Tap]:
    """Which tap each later part reads beside the network's own end, told by the shapes of the tensors that enter it."""
    left = list(tower.taps)
    readers = [part for part in parts if tower.id in part.inputs]
    if readers and _takes(readers[0], left[-1]):
        left.pop()  # the deepest tensor goes on along the main line
    out: dict[str, Tap] = {}
    for part in readers:
        found = next((tap for tap in reversed(left) if _takes(part, tap)), None)
        if found is not None:
            out[part.id] = found
            left.remove(found)
    return out


def _takes(part: Part, tap: Tap) -> bool:
    return any(tap.shape[1:] == shape[1:] for shape in part.item.inputs)


def shape_of(part: Part) -> Shape:
    """The tensor that goes on from a part: of a tapped network the deepest one."""
    return part.taps[-1].shape if part.taps else part.output_shape


def output_text(part: Part) -> str:
    """The shapes of what leaves a part, that of its end first; over branches side by side, from least to most.

    Each is said once: how many tensors leave is seen at the arrows. Nothing where nobody knows any of them.
    """
    if part.taps or part.parallel or not part.other_shapes:
        text = shape_text(shape_of(part)) if part.taps else range_text(part.output_shapes)
        return text if text != "?" else ""
    return ", ".join(dict.fromkeys(shape_text(shape) for shape in (part.output_shape, *part.other_shapes)))


def fitting_shapes(part: Part, size: float, room: float) -> str:
    """The shapes of what leaves a part as far as they have room; never a part of one."""
    whole, end = output_text(part), shape_text(shape_of(part)) if not part.parallel else ""
    end = end if end != "?" else ""
    count = whole.count(", ")
    more = (f"{end} and {count} more", f"{end} +{count}") if count and end else ()
    forms = [whole, *more, end]
    return next((form for form in forms if form and width(form, size) <= room + _HAIR), "")


def wires_between(parts: dict[str, Part]) -> dict[str, list[str]]:
    """Readers of every part, with the virtual ends of `blockviz.page.layout.series_parallel`."""
    wires: dict[str, list[str]] = {SOURCE: [], **{name: [] for name in parts}, SINK: []}
    for name, part in parts.items():
        sources = [source for source in dict.fromkeys(part.inputs) if source in parts]
        for source in sources or [SOURCE]:
            wires[source].append(name)
    for name in parts:
        if not wires[name]:
            wires[name].append(SINK)
    return wires


def runs_side_by_side(parts: Mapping[str, Part]) -> bool:
    """Whether some part reads nothing of the one before it, so that one column would tear a line apart."""
    return any(a not in parts[b].inputs for a, b in pairwise(parts))
