"""Inputs that come to one box from the side: a mask, a time embedding, the state of a recurrent layer.

Such an input takes part in no fork or merge. Drawn as a column of its own it would tangle the wiring around it; drawn
as a short arrow into the side of the box that reads it, the block stays the column that papers draw.
"""

from __future__ import annotations

from collections import defaultdict

from blockviz.ir import LayerGraph, Node
from blockviz.ops.families import family

_MOST = 2  # arrows into one side of a box
_READERS = 2  # boxes that one such input may go to


def side_entries(body: LayerGraph) -> dict[str, tuple[int, ...]]:
    """Boxes with the numbers of the entries that reach them from the side.

    A box keeps at least one input from above, and an entry that a merge reads is never a side input.
    """
    found: dict[str, list[int]] = defaultdict(list)
    for number, ports in enumerate(body.entries):
        readers = dict.fromkeys(name for name, _ in ports)
        if readers and len(readers) <= _READERS and all(_takes_aside(body, name, number) for name in readers):
            for name in readers:
                found[name].append(number)
    out = {name: tuple(numbers) for name, numbers in found.items() if len(numbers) <= _MOST}
    return {name: numbers for name, numbers in out.items() if all(_whole(body, number, out) for number in numbers)}


def _takes_aside(body: LayerGraph, name: str, number: int) -> bool:
    """Whether a box reads something else that may come from above."""
    item = body.item(name)
    if isinstance(item, Node) and (family(item.op) == "merge" or len(item.inputs) < 2):
        return False
    if body.pred[name]:
        return True
    first = min((index, entry) for entry, ports in enumerate(body.entries) for reader, index in ports if reader == name)
    return first[1] != number


def _whole(body: LayerGraph, number: int, sides: dict[str, tuple[int, ...]]) -> bool:
    """Whether an entry is a side input wherever it is read."""
    return all(number in sides.get(name, ()) for name, _ in body.entries[number])
