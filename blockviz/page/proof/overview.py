"""The overview against the block graph: boxes, arrows, operands, shapes, counts, names of inputs and outputs, marks."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from itertools import permutations

from blockviz.costs.cost import Cost, cost_of
from blockviz.ir import Block, Group, Item, LayerGraph, Node, Run, item_leaves, layers_of, leaves
from blockviz.page.proof.facts import copies_of, distinct, leaving, number_says, shape_says
from blockviz.page.proof.operations import box_faults
from blockviz.page.proof.reading import Reading, Said, text_of

_LETTERED = r"[\d?LTSRQPHW′″²/+−()]+"  # a size of a shape that has letters for open ones


def overview_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Statements of the overview that are not so."""
    yield from reading.faults
    missing = [name for name in graph if f"/{name}" not in reading.boxes]
    yield from (f"{name} has no box in the overview" for name in missing)
    yield from _arrow_faults(reading, graph)
    yield from _tensor_faults(reading, graph)
    whole = cost_of(leaves(graph))
    mixed = len({layer.trainable for layer in layers_of(leaves(graph)).values() if layer.params != 0}) > 1
    owned: set[str] = set()
    for name in graph:
        if (said := reading.boxes.get(f"/{name}")) is None:
            continue
        item = graph.item(name)
        weights = {node.layer.name for node in item_leaves(item) if node.layer.params}
        again = bool(weights) and weights <= owned
        owned |= weights
        yield from (f"{name}: {fault}" for fault in _box_faults(said, item, graph, name, whole, again, reading))
        yield from (f"{name}: {fault}" for fault in _training_faults(said, item, mixed))
    yield from _end_faults(reading, graph)


def _arrow_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Every operand is one arrow, or one of a marked arrow; and there is no other arrow."""
    drawn = [line for line in reading.lines if line.target.startswith("/") or line.source.startswith("/")]
    pairs = Counter((line.source, line.target) for line in drawn)
    pairs += Counter(pair for pair in _told_pairs(reading) if not pairs[pair])
    wanted: set[tuple[str, str]] = set()
    for name in graph:
        by_source: dict[str, list[int]] = {}
        for _, source, out in graph.operand_list(name):
            by_source.setdefault(source, []).append(out)
        for source, outs in by_source.items():
            pair = (f"/{source}", f"/{name}")
            wanted.add(pair)
            if not pairs[pair]:
                yield f"{name} reads {source}, and no arrow says so"
            elif pairs[pair] < len(outs):
                said = " ".join(line.words for line in drawn if (line.source, line.target) == pair)
                told = f"{len(set(outs))} tensors" if len(set(outs)) > 1 else f"×{len(outs)}"
                roles = re.search(r"\b([qkv]|states?)\b", said)
                box = reading.boxes.get(f"/{name}")
                counts = sorted(len(set(each)) for each in by_source.values() if len(set(each)) > 1)
                inside = box is not None and _counts_inside(box) == counts and len(set(outs)) > 1
                if told not in said and not roles and not inside:
                    yield f"{name} reads {len(outs)} tensors of {source}, drawn as {pairs[pair]} arrow without a mark"
    for source, target in pairs:
        if source and target and (source, target) not in wanted:
            yield f"an arrow leads from {source} to {target}, which reads nothing of it"


def _told_pairs(reading: Reading) -> Iterator[tuple[str, str]]:
    """(source, reader) of what words beside a box say in place of lines: ``to each A and C``."""
    for words in reading.loose:
        told = re.fullmatch(r"to each ([A-Z]+(?:(?:, | and )[A-Z]+)*)", text_of(words))
        if told is None:
            continue
        beside = [said.box for said in reading.boxes.values() if said.box.y < words.y < said.box.y + said.box.height]
        before = [box for box in beside if not box.group and box.x + box.width <= words.x]
        source = max(before, key=lambda box: box.x, default=None)
        if source is not None:
            letters = re.findall(r"[A-Z]+", told[1])
            yield from ((source.id, box) for letter, _, box in reading.badges if letter in letters and box[:1] == "/")


def _tensor_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Shapes in the colour of a line are those of a tensor that a line of this colour carries beside them."""
    for words in reading.loose:
        told = text_of(words)
        if not re.fullmatch(rf"{_LETTERED}(×{_LETTERED})+", told):
            continue
        near = [line for line in reading.lines if line.arrow.colour == words.colour and told in line.words]
        ends = [(line.source.lstrip("/"), line.target.lstrip("/")) for line in near if line.source.startswith("/")]
        carried = [
            graph.item(source).outputs[out]
            for giver, reader in ends
            if giver in graph and reader in graph
            for _, source, out in graph.operand_list(reader)
            if source == giver and out < len(graph.item(source).outputs)
        ]
        if carried and not any(shape_says(told, shape) for shape in carried):
            yield f"a line from {ends[0][0]} says {told}, and carries {[tuple(shape[1:]) for shape in carried]}"


def _counts_inside(box: Said) -> list[int]:
    """How many tensors each line to a box stands for, as the box itself says: ``2 + 4 tensors in``, ``2 + 4 in``."""
    found = next(filter(None, (re.fullmatch(r"([\d +]+)(?: tensors)? in", text) for text in box.inside)), None)
    return sorted(map(int, found[1].split(" + "))) if found else []


def _box_faults(
    said: Said, item: Item, graph: LayerGraph, name: str, whole: Cost, again: bool, reading: Reading
) -> Iterator[str]:
    copies = copies_of(item)
    if len(copies) > 1 and not re.search(rf"(?<![\d?×])×{len(copies)}\b|\b{len(copies)} calls", said.text):
        yield f"stands for {len(copies)} copies, and its box doesn't say so"
    told = re.search(r"(?<![\d×?])×(\d+)$|\b(\d+) calls", said.text)
    if len(copies) == 1 and told and isinstance(item, Block):
        yield f"is one copy, and its box says {told[0]}"
    heads = (text_of(words) for words in reading.loose if words.anchor == "start")
    if any(re.fullmatch("output(, param.*)?", text) for text in heads):  # what a column says of its notes
        yield from _shape_faults(said, item, graph, name)
        yield from _count_faults(said, item, graph, name, whole, again)
    yield from _size_faults(said, item, graph, name)
    everything = " ".join([*said.inside, *(text for text, _ in said.beside)])
    if again and "same weights" not in everything:
        yield "is a further call of weights above, and doesn't say so"
    if not isinstance(item, Block | Group) and not (isinstance(item, Run) and item.type):
        yield from box_faults(said.text, copies, reading)


def _size_faults(said: Said, item: Item, graph: LayerGraph, name: str) -> Iterator[str]:
    """Sizes in a line, alone or before parameters: of what leaves, with channels or without, or as a layer is set."""
    lines = [text.split(" · ")[0] for text in said.inside if re.fullmatch(r"\d+(×\d+)+( · .*)?", text)]
    values = [value for node in item_leaves(item) for value in node.config.values()] if lines else []
    lists = [value for value in values if isinstance(value, list | tuple)]
    lists += permutations([value for value in values if isinstance(value, int)], 2)
    set_to = {"×".join(map(str, value)) for value in lists}
    shapes = distinct(leaving(graph, name))
    for told in lines:
        if told not in set_to and not any(shape_says(told, cut) for shape in shapes for cut in (shape, shape[:-1])):
            yield f"says {told}, and gives {[tuple(shape[1:]) for shape in shapes]}"


def _shape_faults(said: Said, item: Item, graph: LayerGraph, name: str) -> Iterator[str]:
    """Shapes beside the box of a column: each that leaves is given, or counted."""
    shapes, notes = distinct(leaving(graph, name)), [text for text, _ in said.beside]
    pieces = [piece for text in notes for piece in text.split(", ")]
    more = any(re.search(r"and \d+ more| \+\d+$", piece) for piece in pieces)
    bare = [re.split(r" and | \+", piece)[0] for piece in pieces]
    inside = [word for text in said.inside for word in text.split()]  # of outputs with names of their own
    told = [shape for shape in shapes if any(shape_says(piece, shape) for piece in (*bare, *inside))]
    if not told and any(re.fullmatch(rf"[\d?×–()]+|scalar|{_LETTERED}(×{_LETTERED})+", text) for text in notes):
        yield f"says none of its shapes {[tuple(s[1:]) for s in shapes]}: {notes}"
    side_by_side = isinstance(item, Run) and item.parallel
    if told and len(told) < len(shapes) and not more and not side_by_side:
        yield f"gives tensors of {len(shapes)} shapes and says {len(told)}: {notes}"


def _count_faults(said: Said, item: Item, graph: LayerGraph, name: str, whole: Cost, again: bool) -> Iterator[str]:
    """Parameters and shares beside the box of a column."""
    shapes, cost = distinct(leaving(graph, name)), cost_of(item_leaves(item))
    bound, share = "params" in cost.bounds, cost.params / max(1, whole.params)
    for text, size in said.beside:
        is_count = size < said.box.size and re.fullmatch(r"(≥ )?[\d.]+( [kMGT])?|\?", text)
        true = number_says(text, cost.params, bound) or any(shape_says(text, shape) for shape in shapes)
        if is_count and not again and not true:
            yield f"says {text} parameters and has {cost.params}{' at least' if bound else ''}"
        if text.endswith("%") and "params" in whole.bounds:
            yield f"says a share ({text}) of a total that is only a bound"
        elif text.endswith("%") and not _share_says(text, share):
            yield f"says {text} of all parameters, and has {100 * share:.2f} %"


def _share_says(text: str, share: float) -> bool:
    told = text.removesuffix("%").strip()
    if told.startswith("<"):
        return 0 < 100 * share < 0.05 + 1e-9
    if told.startswith(">"):
        return 100 * share > 99.9
    return abs(float(told) - 100 * share) <= 0.0501


def _training_faults(said: Said, item: Item, mixed: bool) -> Iterator[str]:
    """Frozen weights are said where some of the model are trained and some are not (``mixed``)."""
    own = {layer.trainable for layer in layers_of(item_leaves(item)).values() if layer.params != 0}
    told = "frozen" in said.text
    locked = not isinstance(item, Node) and item.kind in ("backbone", "nested")
    if mixed and False in own and not told and not locked:
        yield "is frozen, wholly or in part, and doesn't say so"
    if told and own == {True}:
        yield "says that it is frozen, and is trained"


def _end_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Inputs and outputs bear their names where there are several."""
    inputs = [node for node in leaves(graph) if node.op == "InputLayer" and not node.inputs]
    everything = " ".join(said.text for said in reading.boxes.values()).replace(" | ", " ")
    if len(inputs) > 1:
        for node in inputs:
            said = reading.boxes.get(f"/{node.id}")
            if said is not None and not _names_input(_all_said(said), node.layer.name):
                yield f"the input {node.layer.name} stands without its name among {len(inputs)}"
    names = graph.graph.get("output_names", ())
    if len(graph.exits) > 1 and len(names) == len(graph.exits):
        for (giver, _), name in zip(graph.exits, names, strict=True):
            said = reading.boxes.get(f"/{giver}")
            if said is not None and "output" not in said.text and not _is_told(said, "output"):
                yield f"{giver} gives the output {name}, and its box doesn't say so"
    if len(inputs) > 1 and "input" not in everything:
        yield "the model has several inputs, and none is shown"


def _all_said(said: Said) -> str:
    """What stands in a box, or under it where the box is too small for words."""
    return " ".join([said.text.replace(" | ", " "), *(text for text, _ in said.beside)])


def _names_input(text: str, name: str) -> bool:
    """Whether a box has all words of an input's name, or a number where nobody gave it one."""
    if name in text or (re.fullmatch(r"input(s|_layer)?(_?\d+)?", name) and re.search(r"\binputs? \d", text)):
        return True
    return all(word in text for word in re.split("[-_]", name) if word.lower() not in ("input", "inputs"))


def _is_told(said: Said, word: str) -> bool:
    return any(word in text for text, _ in said.beside)
