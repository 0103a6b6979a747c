"""Equal units in a row as one box with a number, as papers draw a separable convolution that is applied twice.

Where height is dear only: each of them has its own box otherwise.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import groupby, pairwise

from blockviz.ir import Composite, Fold, LayerGraph, Node, Unit, contract
from blockviz.ops.families import anchor, family
from blockviz.page.glyphs.label import Label
from blockviz.runtime.records import dataclass

Labeller = Callable[[str, Unit], Label]  # of a unit as the item of this name is labelled


@dataclass(frozen=True, slots=True)
class Repeated:
    """A body in which rows of equal units are one. ``once`` : such a unit → one of the row; ``counts`` : how many."""

    body: LayerGraph
    once: dict[str, Unit]
    counts: dict[str, int]


def repeated(body: LayerGraph, label: Labeller) -> Repeated:
    """The body with each row of units that are drawn alike as one, under the name of the last of them.

    An activation between two of them may be the end of the one or the beginning of the other: ReLU, conv, BN, ReLU,
    conv, BN is twice the same.
    """
    folds, once, counts = list[Fold](), dict[str, Unit](), dict[str, int]()
    for row in _rows(body):
        nodes = [_nodes(body, name) for name in row]
        for stretch, steps in _alike(row, nodes, label) or _alike(row, _activation_first(nodes), label):
            last = stretch[-1]
            every = [node for step in steps for node in step]
            folds.append(Fold(stretch, _series_of(last, every)))
            once[last], counts[last] = _series(last, steps[-1]), len(stretch)
    return Repeated(contract(body, folds) if folds else body, once, counts)


def _alike(
    row: Sequence[str], steps: Sequence[Sequence[Node]], label: Labeller
) -> list[tuple[list[str], list[Sequence[Node]]]]:
    """Stretches of a row whose units are drawn alike, with their calls."""
    labels = [label(name, _series(name, nodes)) for name, nodes in zip(row, steps, strict=True)]
    out = []
    for _, found in groupby(range(len(row)), key=labels.__getitem__):
        places = list(found)
        if len(places) > 1 and labels[places[0]].count == 1:
            out.append(([row[place] for place in places], [steps[place] for place in places]))
    return out


def _rows(body: LayerGraph) -> Iterator[list[str]]:
    """Units one after the other, each read by the next one alone."""
    row: list[str] = []
    for name in body:
        plain = _is_plain(body, name)
        if row and not (plain and list(body.pred[name]) == row[-1:] and _is_read_once(body, row[-1])):
            if len(row) > 1:
                yield row
            row = []
        row = [*row, name] if plain else []
    if len(row) > 1:
        yield row


def _is_plain(body: LayerGraph, name: str) -> bool:
    item = body.item(name)
    if not isinstance(item, Node) and not (
        type(item) is Unit and all(isinstance(one, Node) for one in item.body.items())
    ):
        return False
    main = anchor(item)
    return main is not None and family(main.op) == "conv" and len(item.inputs) == 1


def _is_read_once(body: LayerGraph, name: str) -> bool:
    return len(body.succ[name]) == 1 and name not in {giver for giver, _ in body.exits}


def _nodes(body: LayerGraph, name: str) -> list[Node]:
    item = body.item(name)
    return [item] if isinstance(item, Node) else [one for one in item.body.items() if isinstance(one, Node)]


def _activation_first(steps: Sequence[Sequence[Node]]) -> list[list[Node]]:
    """The calls of a row, an activation at the end of a unit moved to the beginning of the next; none where the row
    does not begin with one."""
    out = [list(nodes) for nodes in steps]
    for before, after in pairwise(out if family(out[0][0].op) == "act" else []):
        if family(before[-1].op) == "act":
            after.insert(0, before.pop())
    return out


def _series_of(name: str, nodes: Sequence[Node]) -> Callable[[LayerGraph], Composite]:
    return lambda _: _series(name, nodes)


def _series(name: str, nodes: Sequence[Node]) -> Unit:
    """A unit of calls one after the other."""
    inner = LayerGraph(name="")
    for number, node in enumerate(nodes):
        inner.add_item(node, [(0, nodes[number - 1].id, 0)] if number else [])
    inner.graph["entries"] = (((nodes[0].id, 0),),)
    inner.graph["exits"] = ((nodes[-1].id, 0),)
    return Unit(name, inner)
