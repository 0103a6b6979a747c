"""The marks of variants: on the copies that differ, and on no other, with the words that their panel has for them."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Composite, Item, LayerGraph, blocks_in, letters_of
from blockviz.page.proof.facts import copies_of
from blockviz.page.proof.reading import Reading, Said, text_of
from blockviz.runtime.records import dataclass
from blockviz.scene import Box, Frame, Path, Sheet, Words

_SIDES = (2.5, 12.0)  # points: the least and the longest side of a mark
_NEAR = 0.4

Rect = tuple[float, float, float, float]
Look = tuple[tuple[int, ...], ...]  # what is filled of a square, in eighths of its side; empty for the main form


@dataclass(frozen=True, slots=True)
class Mark:
    """A square by its place and what of it is filled."""

    x: float
    y: float
    side: float
    look: Look


def mark_faults(reading: Reading, graph: LayerGraph, sheets: Sequence[Sheet]) -> Iterator[str]:
    """Boxes of the overview whose marks are not those of their copies; only where a panel lists the kinds."""
    letters, listed = letters_of(graph), _listed(sheets)
    front = [mark for sheet in sheets for mark in _marks([_rect(box) for box in sheet.boxes if _may_be(box)])]
    for name in graph:
        item, said = graph.item(name), reading.boxes.get(f"/{name}")
        first = copies_of(item)[0]
        if said is None or not isinstance(first, Composite) or letters.get(first.type) not in reading.panels:
            continue
        variants = _variants(item)
        own = _marks_in(said.box, front)
        yield from (f"{name}: {fault}" for fault in _box_faults(own, variants, listed[letters[first.type]], said))
    for ident, variants, letter in _nested(graph, letters):
        inner = reading.boxes.get(ident)
        if inner is not None and letter in reading.panels:
            faults = _box_faults(_marks_in(inner.box, front), variants, listed[letter], inner)
            yield from (f"panel {ident}: {fault}" for fault in faults)


def _nested(graph: LayerGraph, letters: Mapping[str, str]) -> Iterator[tuple[str, list[str | None], str]]:
    """(id of a block's box in a panel, variants of its copies, its letter), where all copies of the panel agree."""
    found: dict[str, list[list[Item]]] = defaultdict(list)
    for block in blocks_in(graph):
        if block.variant is None:
            found[letters[block.type]].append(list(block.body.items()))
    for outer, rows in found.items():
        for place, item in enumerate(rows[0]):
            kinds = {tuple(_variants(row[place])) if place < len(row) else () for row in rows}
            first = copies_of(item)[0]
            if len(kinds) == 1 and isinstance(first, Composite) and first.type in letters:
                yield f"{outer}/{item.id}", _variants(item), letters[first.type]


def _variants(item: Item) -> list[str | None]:
    return [copy.variant if isinstance(copy, Composite) else None for copy in copies_of(item)]


def _marks_in(box: Box, marks: Sequence[Mark]) -> list[Mark]:
    return sorted((mark for mark in marks if _is_in(mark, box)), key=lambda mark: mark.x)


def _box_faults(
    own: Sequence[Mark], variants: Sequence[str | None], listed: Mapping[Look, list[str]], said: Said
) -> Iterator[str]:
    wanted = {name for name in variants if name}
    looks = [mark.look for mark in own]
    counted = len(variants) > 1 and sum(text.isdecimal() for text in said.inside) >= len(looks)
    if len(looks) == len(variants) and not counted and "…" not in said.inside:
        for number, (look, name) in enumerate(zip(looks, variants, strict=True), 1):
            if bool(look) != bool(name) or (name and not _names(listed.get(look, ()), name)):
                is_, told = name or "of the main form", listed.get(look) or "the main form"
                yield f"copy {number} is {is_}, and its mark says {told}"
        return
    filled = {look for look in looks if look}
    for name in sorted(wanted):
        if not any(_names(listed.get(look, ()), name) for look in filled):
            yield f"has a copy that differs ({name}), and no mark says so"
    for look in filled:
        if not any(_names(listed.get(look, ()), name) for name in wanted):
            yield f"has a mark for {listed.get(look)}, and no such copy"
    if counted:  # one mark a kind, with the number of its copies
        counts = Counter(name for name in variants if name)
        numbers = {text for text in said.inside if text.isdecimal()}
        missing = [name for name, count in counts.items() if str(count) not in numbers]
        yield from (f"has {counts[name]} copies with {name}, and doesn't say how many" for name in missing)


def _names(words: Sequence[str], name: str) -> bool:
    """Whether what a panel says of a mark is a variant's name, whole or as far as there was room."""
    return any(name.startswith(text.rstrip("…").strip()) or text.startswith(name) for text in words)


def _listed(sheets: Sequence[Sheet]) -> dict[str, dict[Look, list[str]]]:
    """Per panel what stands beside each of its marks, without the number of copies."""
    found: dict[str, dict[Look, list[str]]] = defaultdict(lambda: defaultdict(list))
    for sheet in sheets:
        squares = _marks([_area(shape) for shape in sheet.shapes if isinstance(shape, Path) and shape.closed])
        for frame in sheet.groups:
            if not frame.id:
                continue
            for mark in squares:
                if _is_in(mark, frame) and (text := _beside(mark, sheet.words)):
                    found[frame.id][mark.look].append(text)
    return found


def _beside(mark: Mark, words: Sequence[Words]) -> str:
    """The text at the right of a mark, and the name in it: ``3× dashed: projection shortcut`` is a shortcut's."""
    near = [w for w in words if 0 < w.x - mark.x < mark.side * 3 and 0 <= w.y - mark.y < mark.side * 1.8]
    if not near:
        return ""
    first = min(near, key=lambda one: (abs(one.y - mark.y - mark.side), one.x))
    told = re.match(r"\d+(?:×| copies:| copy:) (?:dashed: )?(.*)", text_of(first))
    return told[1] if told else ""


def _may_be(box: Box) -> bool:
    return box.id.startswith("mark")


def _rect(box: Box) -> tuple[Rect, bool, bool]:
    """(place, whether it has a line, whether its line and fill are one colour)."""
    return (box.x, box.y, box.width, box.height), bool(box.line), box.fill == box.line


def _area(path: Path) -> tuple[Rect, bool, bool]:
    xs, ys = [x for x, _ in path.points], [y for _, y in path.points]
    place = (min(xs), min(ys), max(xs) - min(xs), max(ys) - min(ys))
    return place, bool(path.line), path.fill == path.line


def _marks(found: Sequence[tuple[Rect, bool, bool]]) -> list[Mark]:
    """The squares with a line around them, each with what is filled inside."""
    fills = [place for place, lined, _ in found if not lined]
    out = []
    for (x, y, wide, tall), lined, whole in found:
        if not lined or abs(wide - tall) > _NEAR or not _SIDES[0] < wide < _SIDES[1]:
            continue
        inner = [one for one in fills if _covers((x, y, wide, tall), one)]
        parts = {tuple(round(8 * value / wide) for value in (a - x, b - y, w, h)) for a, b, w, h in inner}
        out.append(Mark(x, y, wide, ((0, 0, 8, 8),) if whole else tuple(sorted(parts))))
    return out


def _covers(outer: Rect, inner: Rect) -> bool:
    (x, y, w, h), (a, b, c, d) = outer, inner
    return x - _NEAR <= a and y - _NEAR <= b and a + c <= x + w + _NEAR and b + d <= y + h + _NEAR


def _is_in(mark: Mark, area: Box | Frame) -> bool:
    x, y = mark.x + mark.side / 2, mark.y + mark.side / 2
    return area.x <= x <= area.x + area.width and area.y <= y <= area.y + area.height
