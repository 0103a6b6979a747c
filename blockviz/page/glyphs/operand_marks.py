"""What stands at an arrow's head where one arrow is several operands, or the reader tells its operands apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Item, LayerGraph, Node
from blockviz.ops.families import family
from blockviz.page.glyphs.canvas import Canvas
from blockviz.page.style.theme import Theme
from blockviz.runtime.records import replace
from blockviz.scene import Arrow
from blockviz.text.font_metrics import width

Operand = tuple[str, int]  # (what gives it, "" for what enters from outside; number of its output)
_ROLES = {"q": "query", "v": "value", "k": "key"}  # in the order of a call's operands
_SHORT = {name: role for role, name in _ROLES.items()}


def operand_words(item: Item, operands: Sequence[Operand]) -> dict[str, str]:
    """Source → what stands at its arrow: ``×2`` for a tensor that is read twice, ``q`` and ``k, v`` at attention."""
    sources = dict.fromkeys(source for source, _ in operands)
    if isinstance(item, Node) and family(item.op) == "attention" and len(sources) > 1:
        roles = _roles_of(item, len(operands))
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


def _roles_of(node: Node, count: int) -> list[str]:
    """What each operand is to a call of attention; the value is the key, too, where no key is given."""
    named = dict(_named(node.args))
    free = iter(role for role, name in _ROLES.items() if name not in named.values())
    roles = [_SHORT.get(named[number], "mask") if number in named else next(free, "") for number in range(count)]
    return ["k, v" if role == "v" and "k" not in roles else role for role in roles]


def _named(args: Mapping[str, object]) -> Iterator[tuple[int, str]]:
    """(number of an operand, the keyword by which it was given), masks in lists included."""
    for key, value in args.items():
        for one in value if isinstance(value, list) else [value]:
            if isinstance(one, str) and one[:1] == "$" and one[1:].isdecimal():
                yield int(one[1:]), key


def words_in(body: LayerGraph, group: str) -> dict[tuple[str, str], str]:
    """(source, target) of the arrows of a body → what stands at their heads, by ids as they are drawn."""
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
        drawn = {source for source, _ in operands if source.startswith("\x00in")}
        for source, text in words.items():
            if source not in outside:
                out[f"{group}/{source}", f"{group}/{name}"] = text
            elif len(drawn) == 1:
                out["", f"{group}/{name}"] = text
    return out


def mark_operands(canvas: Canvas, first: int, words: Mapping[tuple[str, str], str], theme: Theme) -> None:
    """Write the words at the heads of the arrows that were drawn from number ``first`` on, once each."""
    left = dict(words)
    for number in range(first, len(canvas.arrows)):
        arrow = canvas.arrows[number]
        text = left.pop((arrow.source, arrow.target), "")
        if text:
            canvas.arrows[number] = replace(arrow, title=text)
            _write(canvas, arrow, text, theme)


def _write(canvas: Canvas, arrow: Arrow, text: str, theme: Theme) -> None:
    (x0, y0), (x1, y1) = arrow.points[-2:]
    size = theme.type.small
    box = next((box for box in canvas.boxes if box.id == arrow.target), None)
    if abs(x1 - x0) < abs(y1 - y0):
        canvas.text(x1 + size * 0.4, y1 - size * 0.35 if y0 < y1 else y1 + size, text, size, theme.colours.muted)
    elif box is not None and width(text, size) > abs(x1 - x0) - size * 0.7:  # too long for the arrow: above its box
        canvas.text(box.x, box.y - size * 0.3, text, size, theme.colours.muted)
    else:
        anchor = "end" if x0 < x1 else "start"
        canvas.text(x1 + (-size if x0 < x1 else size) * 0.7, y1 - size * 0.3, text, size, theme.colours.muted, anchor)
