"""A panel against every copy that it stands for: its wiring, its labels, and the letters that lead to it."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import (
    UNKNOWN,
    Block,
    Group,
    LayerGraph,
    Node,
    Shape,
    blocks_in,
    item_leaves,
    leaves,
    letters_of,
)
from blockviz.page.proof.counterparts import counterparts, items_in, kind_of
from blockviz.page.proof.facts import shape_says
from blockviz.page.proof.operations import box_faults, says_width, width_faults
from blockviz.page.proof.reading import Line, Reading, text_of
from blockviz.page.proof.rows import row_faults

_SILENT = {"InputLayer", "Identity", "Reshape", "Activation", "ReLU", "Transpose", "Permute", "Flatten", "GetItem",
           "ExpandDims", "Squeeze", "Softmax"}  # fmt: skip


def panel_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Statements of the panels that are not so."""
    letters = letters_of(graph)
    copies: dict[str, list[Block | Group]] = defaultdict(list)
    for block in blocks_in(graph):
        copies[letters[block.type]].append(block)
    for letter, filled, box in reading.badges:
        if box.startswith("legend") or not letter:
            continue
        if filled and letter not in reading.panels:
            yield f"the letter {letter} at {box} has no panel, and is drawn as if it had one"
        if not filled and letter in reading.panels:
            yield f"the letter {letter} at {box} has a panel, and is drawn as if it had none"
        if letter not in copies:
            yield f"the letter {letter} at {box} stands for no block"
    if any(not filled for _, filled, _ in reading.badges) and not _says_left_out(reading):
        yield "a letter has no panel, and nothing says that it was left out"
    for letter in reading.panels:
        yield from (f"panel {letter}: {fault}" for fault in _panel(reading, letter, copies.get(letter, [])))


def _says_left_out(reading: Reading) -> bool:
    return "panel left out" in [*reading.texts, *reading.notes] or any("left out: " in text for text in reading.texts)


def _panel(reading: Reading, letter: str, copies: Sequence[Block | Group]) -> Iterator[str]:
    if not copies:
        yield "defines no block of the model"
        return
    groups = {said.box.group for said in reading.boxes.values() if said.box.group.split(".")[0] == letter}
    drawn = {group: [key.partition("/")[2] for key, said in reading.boxes.items() if said.box.group == group]
             for group in sorted(groups)}  # fmt: skip
    holders = {group: next((block for block in copies if _holds(block, ids)), None) for group, ids in drawn.items()}
    apart = {block.variant for group, block in holders.items() if block is not None and group != letter}
    for group, ids in drawn.items():
        shown = holders[group]
        if shown is None:
            yield f"draws boxes that no copy has: {ids[:3]}"
            continue
        lines = [line for line in reading.lines if line.arrow.group == group]
        yield from _wiring_faults(shown, ids, lines, reading)
        texts = {name: reading.boxes[f"{group}/{name}"].text for name in ids}
        if not any("in all …" in text for text in reading.texts):
            yield from row_faults(texts, _owners(shown, ids), list(leaves(shown.body)), _flat(shown.body))
        yield from _exit_faults(shown, lines, reading, [b for b in copies if b.variant == shown.variant])
        if group == letter:
            yield from _label_faults(reading, group, ids, shown, [b for b in copies if b.variant not in apart])


def _holds(block: Block | Group, ids: Sequence[str]) -> bool:
    return set(ids) <= {item.id for item in items_in(block.body)}


def _wiring_faults(block: Block | Group, ids: Sequence[str], lines: Sequence[Line], reading: Reading) -> Iterator[str]:
    """Arrows between the boxes of a panel: those of the calls behind them, through what a panel leaves out."""
    owner = _owners(block, ids)
    flat = _flat(block.body)
    wanted: set[tuple[str, str]] = set()
    for target, box in owner.items():
        for source in flat.get(target, ()):
            wanted |= {(start, box) for start in _givers(source, owner, flat) if start != box}
    drawn = Counter((_id(line.source), _id(line.target)) for line in lines)
    left_out = any("in all …" in text for text in reading.texts)
    goes_on = any("continues the left" in text for text in reading.texts)  # a column begins with what the other gives
    for source, target in sorted(wanted):
        if not drawn[source, target] and not (goes_on and drawn["", target]):
            yield f"{target} reads {source}, and no arrow says so"
    for source, target in sorted(drawn):
        if source and target and (source, target) not in wanted and not left_out:
            yield f"an arrow leads from {source} to {target}, which reads nothing of it"
    for line in lines:
        said = reading.boxes.get(line.target)
        if said is None or said.box.form != "circle":
            continue
        into = [other for other in lines if other.target == line.target]
        if len(into) == 1 and not re.search("×|tensors", into[0].words):
            yield f"{_id(line.target)} is a sign with a single arrow"


def _exit_faults(
    shown: Block | Group, lines: Sequence[Line], reading: Reading, copies: Sequence[Block | Group]
) -> Iterator[str]:
    """The shape at the tip of a line out of a panel is that of a tensor which its box gives, in every copy drawn so."""
    alike = [block for block in copies if len(block.body) == len(shown.body) and block.body.exits]
    places = {name: number for number, name in enumerate(shown.body)}
    for line in lines:
        name = _id(line.source)
        if line.target or not any(giver == name for giver, _ in shown.body.exits):
            continue
        told = _at_tip(line, reading)
        pieces = [re.sub(r"^\d+ of ", "", piece) for piece in told.split(", ")]
        if not all(re.fullmatch(r"[\w?×–()/+−²′″]+", piece) for piece in pieces):
            continue
        numbers = [out for giver, out in shown.body.exits if giver == name]
        items = [list(block.body.items())[places[name]] for block in alike]
        given = [[item.outputs[out] for out in numbers if out < len(item.outputs)] for item in items]
        if any(UNKNOWN in shapes for shapes in given):
            given = [[UNKNOWN]]  # what one copy doesn't know, a drawing for all doesn't say
        given = _open_where_one_is(given)
        for shapes in given:
            if shapes and not any(shape_says(piece, shape) for piece in pieces for shape in shapes):
                yield f"what {name} gives is said to be {told}, and is {[tuple(shape[1:]) for shape in shapes]}"
                break


def _open_where_one_is(given: Sequence[Sequence[Shape]]) -> list[list[Shape]]:
    """The shapes of each copy, open along the axes where that of another copy is."""
    ranks = {len(shape) for shapes in given for shape in shapes}
    if len(ranks) != 1:
        return [list(shapes) for shapes in given]
    known = [all(shape[axis] is not None for shapes in given for shape in shapes) for axis in range(ranks.pop())]
    return [[_opened(shape, known) for shape in shapes] for shapes in given]


def _opened(shape: Shape, known: Sequence[bool]) -> Shape:
    """A shape, open where a size is not known; itself, with its letters, where that changes nothing."""
    found = tuple(size if one else None for size, one in zip(shape, known, strict=True))
    return shape if found == tuple(shape) else found


def _at_tip(line: Line, reading: Reading) -> str:
    """The words under the tip of a line, or at its right."""
    x, y = line.arrow.points[-1]
    low = [w for w in reading.loose if -w.size < w.y - y < 2 * w.size]
    under = [w for w in low if w.anchor == "middle" and abs(w.x - x) < 2 * w.size and w.y > y]
    right = [w for w in low if w.anchor == "start" and 0 < w.x - x < 3 * w.size and w.y < y + w.size]
    near = min([*under, *right], key=lambda words: abs(words.x - x), default=None)
    if near is None:
        return ""
    goes_on = [text_of(w) for w in right if w is not near and w.x == near.x and text_of(w).startswith("×")]
    return text_of(near) + "".join(goes_on)


def _id(name: str) -> str:
    return name.partition("/")[2]


def _owners(block: Block | Group, ids: Sequence[str]) -> dict[str, str]:
    """Call → the box that shows it: the innermost drawn item around it."""
    wanted, owner = set(ids), dict[str, str]()
    for item in items_in(block.body):
        if item.id in wanted:
            owner |= {node.id: item.id for node in item_leaves(item)}
    return owner


def _flat(body: LayerGraph) -> Mapping[str, list[str]]:
    """Call → the calls that it reads, through all composites of a body."""
    reads: dict[str, list[str]] = {node.id: [] for node in leaves(body)}
    _wire(body, {}, reads)
    return reads


def _wire(body: LayerGraph, fed: Mapping[tuple[str, int], list[str]], reads: dict[str, list[str]]) -> None:
    """``fed`` : (item, input) → calls outside the body that feed it."""
    for name in body:
        item = body.item(name)
        into: dict[int, list[str]] = defaultdict(list)
        for (at, index), sources in fed.items():
            if at == name:
                into[index] += sources
        for to, source, out in body.operand_list(name):
            into[to].append(_giver(body, source, out))
        if isinstance(item, Node):
            reads[name] += [source for sources in into.values() for source in sources]
            continue
        inner: dict[tuple[str, int], list[str]] = defaultdict(list)
        for number, ports in enumerate(item.body.entries):
            for port in ports:
                inner[port] += into.get(number, [])
        _wire(item.body, inner, reads)


def _giver(body: LayerGraph, name: str, out: int) -> str:
    item = body.item(name)
    return name if isinstance(item, Node) else _giver(item.body, *item.body.exits[out])


def _givers(source: str, owner: Mapping[str, str], reads: Mapping[str, list[str]], depth: int = 0) -> set[str]:
    """Boxes whose tensor a call reads, through calls that no box shows."""
    if source in owner:
        return {owner[source]}
    if depth > 64:
        return set()
    return {box for before in reads.get(source, ()) for box in _givers(before, owner, reads, depth + 1)}


def _label_faults(
    reading: Reading, group: str, ids: Sequence[str], shown: Block | Group, copies: Sequence[Block | Group]
) -> Iterator[str]:
    """Labels hold for the copies of the main form, and widths for all copies whose form has no drawing of its own.

    Of a form with fewer paths nothing says which of several like boxes it lacks: what one of them says is said.
    """
    main = [block for block in copies if block.variant == (None if _has_main(copies) else shown.variant)]
    places = {block.id: counterparts(shown, block) for block in copies}
    kinds = {item.id: kind_of(item) for item in items_in(shown.body)}
    texts = {name: reading.boxes[f"{group}/{name}"].text for name in ids}
    for name, text in texts.items():
        like = [texts[other] for other in ids if other != name and kinds.get(other) == kinds.get(name)]
        own = [found for block in main if (found := places[block.id].get(name)) is not None]
        every = [
            found for block in copies if (found := places[block.id].get(name)) is not None
            and (block in main or not any(says_width(one, found) for one in like))
        ]  # fmt: skip
        yield from (f"{name}: {fault}" for fault in box_faults(text, own or every, reading, symbolic=True))
        yield from (f"{name}: {fault}" for fault in width_faults(text, every))


def _has_main(copies: Sequence[Block | Group]) -> bool:
    return any(block.variant is None for block in copies)
