"""Boxes of a panel that stand for several convolutions in a row: as many as they say, and all alike."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence

from blockviz.ir import Node

_ALIKE = ("kernel_size", "filters", "strides", "dilation_rate", "groups", "padding")


def row_faults(
    texts: Mapping[str, str], owner: Mapping[str, str], calls: Sequence[Node], reads: Mapping[str, Sequence[str]]
) -> Iterator[str]:
    """What is not so. texts : box → what it says. owner : call → its box. reads : call → the calls that it reads."""
    nodes = {node.id: node for node in calls}
    hidden = {name for name, node in nodes.items() if _is_heavy(node) and name not in owner}
    for name, box in owner.items():
        told = re.search(r"(?:^|[\s|])×(\d+)(?:$|[\s|])", texts[box])
        if (
            told is None
            or not _is_heavy(nodes[name])
            or len({n for n, b in owner.items() if b == box and _is_heavy(nodes[n])}) > 1
        ):
            continue
        row = list(_before(nodes[name], nodes, reads, hidden))
        hidden -= {node.id for node in row}
        if len(row) + 1 != int(told[1]):
            yield f"{box} stands for {len(row) + 1} in a row, and its box says {told[0].strip()}"
        for node in row:
            if any(node.config.get(key) != nodes[name].config.get(key) for key in _ALIKE) or node.op != nodes[name].op:
                yield f"{node.id} is drawn as one with {name}, which is of another form"
    for name in sorted(hidden):
        yield f"{name} is in no box"


def _before(
    node: Node, nodes: Mapping[str, Node], reads: Mapping[str, Sequence[str]], hidden: set[str]
) -> Iterator[Node]:
    """The convolutions without a box of their own before one, through calls of one input."""
    at = node.id
    while len(reads.get(at, ())) == 1:
        (at,) = reads[at]
        if at in hidden:
            yield nodes[at]
        elif at not in nodes or _is_heavy(nodes[at]):
            return


def _is_heavy(node: Node) -> bool:
    return "kernel_size" in node.config and bool(node.layer.params)
