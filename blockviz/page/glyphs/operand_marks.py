"""What stands at an arrow's head where one arrow is several operands, or the reader tells its operands apart."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from itertools import pairwise
from math import inf

from blockviz.ir import Item, LayerGraph, Node
from blockviz.ops.attention_roles import operand_roles
from blockviz.ops.families import family
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.glyphs.free_place import Place, Taken
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import replace
from blockviz.scene import Arrow, Box, Words
from blockviz.text.font_metrics import middle, run_width, width

Operand = tuple[str, int]  # (what gives it, "" for what enters from outside; number of its output)


def operand_words(item: Item, operands: Sequence[Operand]) -> dict[str, str]:
    """Source → what stands at its arrow: ``×2`` for a tensor that is read twice, ``q`` and ``k, v`` at attention."""
    sources = dict.fromkeys(source for source, _ in operands)
    if isinstance(item, Node) and family(item.op) == "attention" and len(operands) > 1:
        roles = operand_roles(item, len(operands))
        roles = ["k, v" if role == "v" and "k" not in roles else role for role in roles]  # the value is the key, too
        pairs = [(giver, role) for role, (giver, _) in zip(roles, operands, strict=True)]
        found = {source: [role for giver, role in pairs if giver == source] for source in sources}
        return {source: ", ".join(filter(None, roles)) for source, roles in found.items() if any(roles)}
    out = {}
    for source in sources:
        counts = Counter(number for giver, number in operands if giver == source)
        if len(counts) > 1:
            out[source] = f"{len(counts)} tensors"
        elif (times := max(counts.values())) > 1:
            out[source] = f"×{times}"
    return out


def words_in(body: LayerGraph, group: str, sides: Mapping[str, Sequence[int]]) -> dict[tuple[str, str], str]:
    """(source, target) of the arrows of a body → what stands at their heads, by ids as they are drawn.

    sides : box → numbers of the entries that reach it from the side, where their words stand already.
    """
    entered: dict[str, list[tuple[int, int]]] = {}
    for number, ports in enumerate(body.entries):
        for name, index in ports:
            entered.setdefault(name, []).append((index, number))
    out = {}
    for name in body:
        reads = [(to, source, number) for to, source, number in body.operand_list(name)]
        reads += [(to, f"\x00in{number}", 0) for to, number in entered.get(name, ())]
        operands = [(source, number) for _, source, number in sorted(reads)]
        words = operand_words(body.item(name), operands)
        outside = [source for source in words if source.startswith("\x00in")]
        beside = {f"\x00in{number}" for number in sides.get(name, ())}
        drawn = {source for source, _ in operands if source.startswith("\x00in")} - beside
        for source, text in words.items():
            if source not in outside:
                out[f"{group}/{source}", f"{group}/{name}"] = text
            elif drawn == {source}:
                out["", f"{group}/{name}"] = text
    return out


def mark_operands(canvas: Canvas, first: int, words: Mapping[tuple[str, str], str], theme: Theme) -> None:
    """Write the words at the heads of the arrows that were drawn from number ``first`` on, once each."""
    left, heads, taken = dict(words), _heads(canvas, first), Taken(canvas)
    lines = Counter((arrow.source, arrow.target) for arrow in canvas.arrows[first:])
    for ends, count in lines.items():
        if left.get(ends) == f"{count} tensors":  # each has a line of its own
            del left[ends]
    size, boxes = theme.type.small, {box.id: box for box in canvas.boxes}
    written: dict[str, list[Words]] = defaultdict(list)
    crowded: dict[str, None] = {}
    for number in range(first, len(canvas.arrows)):
        arrow = canvas.arrows[number]
        text = left.pop((arrow.source, arrow.target), "")
        if text:
            canvas.arrows[number] = replace(arrow, title=text)
            joined = boxes.get(arrow.source), boxes.get(arrow.target)
            places = _places(arrow, joined, width(text, size), size, heads.get(arrow.target, ()))
            place = taken.best([one for one in places if not _is_anothers(one, arrow, canvas)] or places, text, size)
            if not taken.is_free(place, text, size):
                if each := _one_each(arrow, joined, text, heads.get(arrow.target, ())):
                    canvas.arrows[number] = each[0]
                    canvas.arrows += each[1:]
                    continue
                place = next((one for one in _on_the_way(arrow, size) if taken.is_free(one, text, size)), place)
                if not arrow.group and not taken.is_free(place, text, size):
                    crowded[arrow.target] = None
            canvas.text(place.x, place.y, text, size, theme.colours.muted, place.anchor)
            written[arrow.target].append(canvas.words[-1])
    for target in crowded:
        read = _marked(canvas, first, words, target)
        if all(arrow.title == words[arrow.source, target] for arrow in read):
            _say_inside(canvas, boxes.get(target), [arrow.title for arrow in read], written[target], theme)


def _marked(canvas: Canvas, first: int, words: Mapping[tuple[str, str], str], target: str) -> list[Arrow]:
    """The lines to a box that stand for several operands or have a line for each, from above and from the left."""
    lines = [one for one in canvas.arrows[first:] if one.target == target and (one.source, target) in words]
    return sorted(lines, key=lambda arrow: arrow.points[-1][::-1])


def _say_inside(canvas: Canvas, box: Box | None, read: Sequence[str], written: Sequence[Words], theme: Theme) -> None:
    """``2 + 4 tensors in`` (or ``2 + 4 in``) at the right end of the box that reads them, in place of words at lines.

    read : what each line to it stands for. written : the words at these lines, which found no place.
    """
    counts = [found[1] for found in (re.fullmatch(r"(\d+) tensors", text) for text in read) if found]
    if box is None or len(counts) < len(read) or box.form in ("circle", "funnel", "spread"):
        return
    size = theme.type.small
    place = Place(box.x + box.width - size, middle(box.y + box.height / 2, size), "end")
    others = [one for one in canvas.words if one not in written]
    label = max((run_width(line, box.size) for line in box.lines), default=0.0)
    taken = [(box.x + (box.width - label) / 2, box.y, box.x + (box.width + label) / 2, box.y + box.height)]
    taken += [(b.x, b.y, b.x + b.width, b.y + b.height) for b in canvas.boxes if b is not box]
    taken += [Place(one.x, one.y, one.anchor).rect(run_width(one.runs, one.size), one.size) for one in others]
    apart = size * 0.6
    for words in (f"{' + '.join(counts)} tensors in", f"{' + '.join(counts)} in"):
        left, top, right, foot = place.rect(width(words, size), size)
        if not any(left - apart < r and a < right and top < b and t < foot for a, t, r, b in taken if r - a > 0):
            canvas.words[:] = others
            colour = theme.colours.bar_text if box.fill == theme.colours.bar else theme.colours.muted
            canvas.text(place.x, place.y, words, size, colour, "end")
            return


def _is_anothers(place: Place, arrow: Arrow, canvas: Canvas) -> bool:
    """Whether words would stand along the end of a level line that comes to the same box from another."""
    for other in canvas.arrows:
        if other is arrow or other.target != arrow.target or _is_upright(other) or other.source == arrow.source:
            continue
        (x0, _), (x1, y) = other.points[-2:]
        if abs(y - place.y) < _NEAR and min(x0, x1) - _NEAR < place.x < max(x0, x1) + _NEAR:
            return True
    return False


def _one_each(arrow: Arrow, ends: tuple[Box | None, Box | None], text: str, heads: Sequence[float]) -> list[Arrow]:
    """A line down to its box as one for each of its operands, where there is no room to say how many they are.

    heads : where lines end at the box. Nothing where there is no room for these lines, either.
    """
    found, (giver, box) = re.fullmatch(r"×(\d)|(\d) tensors", text), ends
    if found is None or box is None or not _is_upright(arrow):
        return []
    count = int(found[1] or found[2])
    if len(arrow.points) > 2:
        return _from_its_turn(arrow, box, count, heads)
    return _side_by_side(arrow, (giver, box), count) if giver is not None else []


def _side_by_side(arrow: Arrow, ends: Sequence[Box], count: int) -> list[Arrow]:
    """As many lines straight down from one box to the other."""
    apart, (x, _) = arrow.head * 2, arrow.points[0]
    half = apart * (count - 1) / 2
    if not all(box.x < x - half - apart and x + half + apart < box.x + box.width for box in ends):
        return []
    shifts = [number * apart - half for number in range(count)]
    return [replace(arrow, points=tuple((x + shift, y) for x, y in arrow.points), title="") for shift in shifts]


def _from_its_turn(arrow: Arrow, box: Box, count: int, heads: Sequence[float]) -> list[Arrow]:
    """A line that turns down to its box, and others that leave it before that turn."""
    apart, ((before, _), (x, level), (_, foot)) = arrow.head * 2, arrow.points[-3:]
    step = apart if before > x else -apart
    places = [x + step * number for number in range(1, count)]
    inside = all(box.x + apart / 2 < place < box.x + box.width - apart / 2 for place in places)
    free = all(abs(place - head) >= apart * 0.9 for place in places for head in heads)
    level_part = abs(before - x) - arrow.radius * 0.75  # where a corner has hardly left the level yet
    if not inside or not free or level_part < apart * (count - 1):
        return []
    return [replace(arrow, title=""), *(replace(arrow, points=((p, level), (p, foot)), title="") for p in places)]


def _heads(canvas: Canvas, first: int) -> dict[str, list[float]]:
    """Box id → where the arrows that reach it upright from number ``first`` on end."""
    found: dict[str, list[float]] = {}
    for arrow in canvas.arrows[first:]:
        if _is_upright(arrow):
            found.setdefault(arrow.target, []).append(arrow.points[-1][0])
    return found


def _is_upright(arrow: Arrow) -> bool:
    (x0, y0), (x1, y1) = arrow.points[-2:]
    return abs(x1 - x0) < abs(y1 - y0)


_NEAR = 9.0  # points from the end of a line within which words are taken for its own
_FAR = 4.0  # sizes of small type beyond a box at which words no longer belong to it


def _places(
    arrow: Arrow, ends: tuple[Box | None, Box | None], wide: float, size: float, heads: Sequence[float]
) -> list[Place]:
    """Where words may stand that are so wide, the best place first."""
    giver, box = ends
    places = []
    if giver is not None and box is not None and not arrow.group:
        gap = box.y - giver.y - giver.height
        if 0 < gap < size * 1.35:  # too low for words, cards may hide them
            places += _beside_gap(giver, box, size)
    (x0, y0), (x1, y1) = arrow.points[-2:]
    if _is_upright(arrow):
        before = min((x1 - x for x in heads if x < x1), default=inf)
        after = min((x - x1 for x in heads if x > x1), default=inf)
        base = y1 - size * 0.35 if y0 < y1 else y1 + size
        sides = [Place(x1 + size * 0.4, base), Place(x1 - size * 0.4, base, "end")]
        places += sides if after >= before else reversed(sides)  # not between two arrows
    else:
        ahead = size if x0 < x1 else -size
        anchor, start = ("end", x1 - ahead * 0.7) if x0 < x1 else ("start", x1 - ahead * 0.7)
        along = [Place(start, y1 - size * 0.3, anchor), Place(start, y1 + size, anchor)]
        short = box is not None and wide > abs(x1 - x0) - size * 0.7  # then above its box
        above = []
        if box is not None:
            edge = Place(box.x + box.width, box.y - size * 0.3, "end")
            above = [Place(box.x, box.y - size * 0.3) if x0 < x1 else edge]
            if giver is not None and giver.y < box.y + box.height and box.y < giver.y + giver.height:
                # side by side: over both, where what follows is higher
                above.append(replace(edge, y=min(box.y, giver.y) - size * 0.3))
        places += [*above, *along] if short else [*along, *above]
    if box is not None and box.form == "circle":
        places += _beside_box(box, size)
    return places


def _on_the_way(arrow: Arrow, size: float) -> list[Place]:
    """Places at the earlier stretches of a line that turns, where its end has no room."""
    places = []
    for (x0, y0), (x1, y1) in reversed(list(pairwise(arrow.points))[:-1]):
        x, y = (x0 + x1) / 2, (y0 + y1) / 2
        if abs(x1 - x0) < abs(y1 - y0):
            places += [Place(x + size * 0.4, y + size * 0.35), Place(x - size * 0.4, y + size * 0.35, "end")]
        else:
            places += [Place(x, y - size * 0.3, "middle"), Place(x, y + size, "middle")]
    return places


def _beside_gap(giver: Box, box: Box, size: float) -> list[Place]:
    """Places beside a gap between two boxes, or where that is far from the lower one, beside this one."""
    right, level = max(box.x + box.width, giver.x + giver.width) + size * 0.9, (giver.y + giver.height + box.y) / 2
    at_gap = [Place(right + beyond, level + size * 0.35) for beyond in (0.0, size * 0.6)]  # clear of cards behind a box
    near = _beside_box(box, size)
    return [*near, *at_gap] if right > box.x + box.width + size * _FAR else [*at_gap, *near]


def _beside_box(box: Box, size: float) -> list[Place]:
    """Places beside a box: on the level of its middle, and over a line that joins it there."""
    right, left, centre = box.x + box.width + size * 0.5, box.x - size * 0.5, box.y + box.height / 2
    return [
        place
        for level in (centre + size * 0.35, centre - size * 0.3)
        for place in (Place(right, level), Place(left, level, "end"))
    ]
