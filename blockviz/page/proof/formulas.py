"""What a legend says that an idiom computes, read as a row and compared with the calls of each idiom of that word."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TypeAlias

from blockviz.ir import Composite, Idiom, LayerGraph, Node, expand
from blockviz.page.proof.facts import NORMS, SHORT_NORMS, activation_word, conv_words
from blockviz.page.proof.reading import Reading
from blockviz.runtime.records import replace

_MERGES = {" × ": ("Multiply", "Mul"), " + ": ("Add", "AddV2"), " − ": ("Subtract", "Sub")}
_VIEWS = ("Reshape", "ExpandDims", "Squeeze", "Flatten", "Permute", "Transpose", "Identity")
_POOLS = {"global avg": "GlobalAveragePooling", "global max": "GlobalMaxPooling", "mean": "Mean"}
_LAYERS = ("Conv1D", "Conv2D", "Conv3D", "Dense")
_Call: TypeAlias = "tuple[Node | int, tuple[_Call, ...]]"  # a call and what it reads, or the number of an input


def formula_faults(reading: Reading, graph: LayerGraph) -> Iterator[str]:
    """Rows that say something else than an idiom of their word computes."""
    said = {found[1]: found[2] for text in reading.notes if (found := re.fullmatch(r"([A-Z][^:]*): (.*[×+−].*)", text))}
    for idiom in _idioms(graph):
        if (row := said.get(idiom.word)) is not None and not _computes(row, idiom):
            yield f"the legend says that {idiom.word} is {row}, and {idiom.id} is not"


def _idioms(graph: LayerGraph) -> Iterator[Idiom]:
    for item in graph.items():
        if isinstance(item, Idiom):
            yield item
        elif isinstance(item, Composite):
            yield from _idioms(item.body)


def _computes(row: str, idiom: Idiom) -> bool:
    body = expand(idiom.body)
    return len(body.exits) == 1 and _is(row, _call(body, body.exits[0][0]))


def _call(body: LayerGraph, name: str) -> _Call:
    node = body.item(name)
    read: dict[int, _Call] = {at: _call(body, source) for at, source, _ in body.operand_list(name)}
    read |= {at: (number, ()) for number, ports in enumerate(body.entries) for one, at in ports if one == name}
    assert isinstance(node, Node)
    return node, tuple(one for _, one in sorted(read.items()))


def _is(row: str, call: _Call) -> bool:
    """Whether a row says what a call gives."""
    node, read = call
    if isinstance(node, Node) and len(read) == 1 and (node.op in _VIEWS or _is_tiny(node)):
        return _is(row, read[0])
    if row.startswith("(") and _close(row) == len(row) - 1:
        return _is(row[1:-1], call)
    before, arrow, word = _parted(row, " → ")
    if not arrow:
        for sign, ops in _MERGES.items():
            left, found, right = _parted(row, sign)
            if found:
                return isinstance(node, Node) and node.op in ops and _both(left, right, sign, read)
    if row in ("x", "y", "z"):
        return node == "xyz".index(row)
    return _steps(before if arrow else "", word if arrow else row, call)


def _both(left: str, right: str, sign: str, read: tuple[_Call, ...]) -> bool:
    """Whether what stands at both sides of the last sign is what a sum or product of several reads."""
    if len(read) < 2:
        return False
    first = _is(left, read[0]) if len(read) == 2 else _both(*_halves(left, sign), sign, read[:-1])
    return first and _is(right, read[-1])


def _halves(row: str, sign: str) -> tuple[str, str]:
    before, _, after = _parted(row, sign)
    return before, after


def _steps(before: str, word: str, call: _Call) -> bool:
    """Whether a call is the steps of one word after a row: a layer, its width and its activations."""
    head, *said = word.split(", ")
    wide = said.pop(0) if said and said[0].isdecimal() else ""
    if found := re.fullmatch(r"(Dense) (\d+)", head):
        head, wide = found.groups()
    for act in reversed(said):
        rest = _without(act, call)
        if rest is None:
            return False
        call = rest
    node, read = call
    if not isinstance(node, Node) or (not said and activation_word(node) and node.op in _LAYERS):
        return False
    if word == "std":
        return (inside := _deviating(call)) is not None and _reads(before, inside)
    if node.op in _LAYERS:
        kind = "Dense" if node.op == "Dense" else str(conv_words(node)["kernel"])
        units = str(node.config.get("units", node.config.get("filters")))
        plain = node.op == "Dense" or conv_words(node).get("stride") is None
        return head.removeprefix("conv ") == kind and wide in ("", units) and plain and _reads(before, read[0])
    told = _POOLS.get(head)
    right = node.op.startswith(told) if told else activation_word(node) == head and node.op not in _LAYERS
    return right and len(read) == 1 and not wide and _reads(before, read[0])


def _reads(before: str, call: _Call) -> bool:
    """Whether a row, or nothing for the one input, is what a step reads."""
    while isinstance(call[0], Node) and call[0].op in _VIEWS:
        call = call[1][0]
    return _is(before, call) if before else isinstance(call[0], int)


def _without(act: str, call: _Call) -> _Call | None:
    """What an activation or a normalisation is applied to; None where the call doesn't apply it."""
    node, read = call
    if not isinstance(node, Node):
        return None
    if node.op in _VIEWS:
        return _without(act, read[0])
    if act == "hard sigmoid":  # x + 3, ReLU6, × 1/6
        inner = read[0] if read else call
        ops = [node.op, *(one[0].op for one in (inner, *inner[1]) if isinstance(one[0], Node))]
        scaled = ops[:2] in (["Rescaling", "ReLU"], ["Multiply", "ReLU"]) and len(ops) == 3
        return inner[1][0][1][0] if scaled and ops[2] in ("Add", "Rescaling", "AddV2") else None
    if act == SHORT_NORMS.get(NORMS.get(node.op, "")):
        return read[0]
    if activation_word(node) != act:
        return None
    if node.op not in _LAYERS:
        return read[0]
    bare = {key: value for key, value in node.config.items() if key != "activation"}
    return _replaced(node, bare), read


def _replaced(node: Node, config: dict[str, object]) -> Node:

    return replace(node, layer=replace(node.layer, config=config))


def _deviating(call: _Call) -> _Call | None:
    """What a standard deviation is taken of: the root of the mean of what a tensor has over its mean, squared."""
    read: list[_Call] = [call]
    for op in (("Sqrt",), ("Mean",), ("Square", "Power", "Pow")):
        while isinstance(read[-1][0], Node) and _is_tiny(read[-1][0]):
            read.append(read[-1][1][0])
        node, below = read[-1]
        if not isinstance(node, Node) or node.op not in op or len(below) != 1:
            return None
        read.append(below[0])
    node, below = read[-1]
    if not isinstance(node, Node) or node.op not in _MERGES[" − "] or len(below) != 2:
        return None
    mean, over = below[1]
    return below[0] if isinstance(mean, Node) and mean.op == "Mean" and over[0] == below[0] else None


def _is_tiny(node: Node) -> bool:
    """Whether a call only adds a number against a division by zero."""
    numbers = [value for value in {**node.config, **node.args}.values() if isinstance(value, float)]
    return node.op in _MERGES[" + "] and len(numbers) == 1 and 0 < numbers[0] < 1e-3


def _close(row: str) -> int:
    """Where the bracket at the beginning is closed."""
    depth = 0
    for at, letter in enumerate(row):
        depth += (letter == "(") - (letter == ")")
        if not depth:
            return at
    return len(row)


def _parted(row: str, mark: str) -> tuple[str, str, str]:
    """A row before and after the last mark outside brackets; ("", "", row) where there is none."""
    depth = 0
    for at in range(len(row) - 1, -1, -1):
        depth += (row[at] == ")") - (row[at] == "(")
        if not depth and row.startswith(mark, at):
            return row[:at], mark, row[at + len(mark) :]
    return "", "", row
