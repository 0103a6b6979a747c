"""Which tensors of a draft are feature maps with the channels on axis 1; everything is shown channels last.

Convolutions, their normalisation and pooling say so; what works element by element hands it on in both
directions, since a reshape before a convolution can't know (the channel shuffle of ShuffleNet).
"""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.ir import Shape
from blockviz.ops.drafts import Draft, Order, Tensor

_TYING = (Order.SAME, Order.MAP, Order.LAST)


def maps_of(draft: Draft) -> set[Tensor]:
    """The tensors of a draft that lie channels first, of rank 3 or more."""
    groups = _Groups()
    marked: list[Tensor] = []
    last: list[Tensor] = []
    regrouped: list[tuple[Tensor, Tensor]] = []
    for call in draft.calls:
        tied = _alike([*call.inputs, *call.outputs]) if call.order in _TYING else []
        for tensor in tied[1:]:
            groups.join(tied[0], tensor)
        if call.order is Order.MAP:
            marked += tied[:1]
        elif call.order is Order.LAST:
            last += tied[:1]
        elif call.order is Order.GRID and _keeps_channels(call.inputs[0].shape, call.outputs[0].shape):
            regrouped.append((call.inputs[0], call.outputs[0]))
    roots = groups.spread({groups.root(one) for one in marked}, {groups.root(one) for one in last}, regrouped)
    tensors = [tensor for call in draft.calls for tensor in call.outputs]
    return {t for t in tensors if t.shape is not None and len(t.shape) > 2 and groups.root(t) in roots}


def _alike(tensors: Sequence[Tensor]) -> list[Tensor]:
    """The operands and results of the highest rank: what is broadcast to them has no order of its own."""
    rank = max((len(t.shape) for t in tensors if t.shape is not None), default=0)
    return [t for t in tensors if t.shape is not None and len(t.shape) == rank] if rank > 2 else []


def _keeps_channels(before: Shape | None, after: Shape | None) -> bool:
    return bool(before and after and len(before) > 2 and len(after) > 2 and before[:2] == after[:2])


class _Groups:
    """Sets of tensors that lie alike (union-find)."""

    def __init__(self) -> None:
        self.parent: dict[Tensor, Tensor] = {}

    def root(self, tensor: Tensor) -> Tensor:
        while (above := self.parent.get(tensor)) is not None:
            if (further := self.parent.get(above)) is not None:
                self.parent[tensor] = further
            tensor = above
        return tensor

    def join(self, a: Tensor, b: Tensor) -> None:
        first, second = self.root(a), self.root(b)
        if first is not second:
            self.parent[second] = first

    def spread(self, marked: set[Tensor], last: set[Tensor], pairs: Sequence[tuple[Tensor, Tensor]]) -> set[Tensor]:
        """The marked sets and those that a regrouping of the grid ties to them, unless features lie last there."""
        edges = [(self.root(a), self.root(b)) for a, b in pairs]
        known, grown = set(marked), True
        while grown:
            grown = False
            for a, b in edges:
                if (a in known) != (b in known) and (new := b if a in known else a) not in last:
                    known.add(new)
                    grown = True
        return known


def shown_axes(rank: int, is_map: bool) -> tuple[int, ...]:
    """Per axis as shown, the axis of the source that it is."""
    return (0, *range(2, rank), 1) if is_map and rank > 2 else tuple(range(rank))


def shown_axis(axis: int, rank: int, is_map: bool) -> int:
    """Where an axis of the source is shown; the last one is -1."""
    place = shown_axes(rank, is_map).index(axis % rank)
    return -1 if place == rank - 1 else place
