"""Cutting a tensor and joining parts: slices, splits, concatenations."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blockviz.ir import Node
from blockviz.patterns.axes import Axis, Dims, Group, regrouped, resolved, resolved_dims, size_of
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.settings import option
from blockviz.patterns.values import Tensor


def item_of(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of indexing with numbers, slices, new axes and dots."""
    (tensor,) = inputs
    index = node.args.get("1", node.args.get("key"))
    index = index if isinstance(index, list) else [index]
    taken = sum(1 for entry in index if entry is not None and not _is_dots(entry))
    entries: list[Any] = []
    for entry in index:
        missing = len(tensor.dims) - taken
        entries += [{"slice": [None, None, None]}] * missing if _is_dots(entry) else [entry]
    consumed = sum(1 for entry in entries if entry is not None)
    entries += [{"slice": [None, None, None]}] * (len(tensor.dims) - consumed)
    left = list(resolved_dims(tensor.dims))
    cuts: list[tuple[Group, int, int, int]] = []
    dims: list[Group] = []
    for entry in entries:
        if entry is None:
            dims.append(())
            continue
        group = left.pop(0)
        size = _count(group)
        if isinstance(entry, int):
            if group:
                cuts.append((group, entry % size if size else entry, 1, 1))
            continue
        start, stop, step = entry["slice"]
        if (start, stop, step) in ((None, None, None), (0, None, None), (None, None, 1)) or not group:
            dims.append(group)
            continue
        if size is None:
            cuts.append((group, start or 0, stop or -1, step or 1))
            dims.append((Axis(None, group[0].kind, group[-1], start or 0),))
            continue
        start, stop, step = slice(start, stop, step).indices(size)
        count = len(range(start, stop, step))
        if count == size and step == 1:
            dims.append(group)
            continue
        cuts.append((group, start, count, step))
        dims.append(() if count == 1 else (Axis(count, group[0].kind, group[-1], start),))
    return _cut(lowering, node, tensor, cuts, tuple(dims))


def _is_dots(entry: Any) -> bool:
    return isinstance(entry, Mapping) and entry.get("class_name") == "__ellipsis__"


def _count(group: Group) -> int | None:

    return size_of(group)


def _cut(
    lowering: Lowering, node: Node, tensor: Tensor, cuts: Sequence[tuple[Group, int, int, int]], dims: Dims
) -> list[Tensor]:
    """A part of a tensor: per cut the axes, the first index, how many, and the step."""
    if not cuts:
        return lowering.viewed(node, tensor, dims)
    key = tuple([(tuple(map(id, group)), start, count, step) for group, start, count, step in cuts])
    known = lowering.store.make("part", [tensor], dims, [node.id], node, {"cuts": key})
    known.attrs = {"cuts": key, "groups": tuple(cuts)}
    if known.dims is not dims and len(known.dims) == len(dims):  # an equal part was cut before: its axes
        dims = known.dims
    return [Tensor(known, dims)]


def split_parts(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of splits."""
    (tensor,) = inputs
    place = option(node, "axis", 2, 0) % len(tensor.dims)
    group = resolved(tensor.dims[place])
    start, out = 0, []
    for shape in node.outputs:
        size = shape[place] if node.op == "Split" else 1
        if size is None and (whole := node.inputs[0][place]) is not None:
            size = whole // len(node.outputs)  # an axis of queries, keys and values in front is no batch
        if size is None:
            return []
        axes = () if size == 1 else (Axis(size, group[0].kind, group[-1], start),)
        dims = tuple([axes if p == place else g for p, g in enumerate(tensor.dims) if p != place or node.op == "Split"])
        out += _cut(lowering, node, tensor, [(group, start, size, 1)], dims)
        start += size
    return out


def cropped(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of croppings."""
    (tensor,) = inputs
    crops = node.config["cropping"]
    crops = [crops] if node.op == "Cropping1D" else crops
    cuts, dims = [], list(resolved_dims(tensor.dims))
    for place, (before, _) in enumerate(crops, 1):
        size, count = node.inputs[0][place], node.outputs[0][place]
        if size != count and count is not None:
            cuts.append((dims[place], before, count, 1))
            dims[place] = () if count == 1 else (Axis(count, "space", dims[place][-1], before),)
    return _cut(lowering, node, tensor, cuts, tuple(dims))


def joined(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of joins; parts that make up the whole again are the whole, or it rolled."""
    rank = len(node.outputs[0])
    place = option(node, "axis", 1, -1 if node.op == "Concatenate" else 0) % rank
    if node.op == "Stack":
        inputs = [Tensor(t.value, (*t.dims[:place], (), *t.dims[place:]), t.views, t.primes) for t in inputs]
        copied = len({t.key for t in inputs}) == 1 and inputs
        if copied:
            copies = (Axis(len(inputs), copy=True),)
            own = inputs[0].dims
            return lowering.viewed(node, inputs[0], (*own[:place], copies, *own[place + 1 :]))
    first = inputs[0]
    kind = next((axis.kind for t in inputs for axis in resolved(t.dims[place])), "channel" if place == rank - 1 else "")
    axes: Group = (Axis(node.outputs[0][place], kind),)
    dims = tuple([axes if p == place else _varied([t.dims[p] for t in inputs]) for p in range(len(first.dims))])
    if _holds_a_parameter(node, inputs, place):  # a class token
        return lowering.value("concat", node, inputs, dims, place=place - rank, stack=False, axis=axes[0])
    if (whole := _rejoined(inputs, place)) is not None:
        source, shift, group = whole
        dims = tuple([group if p == place else g for p, g in enumerate(first.dims)])
        if shift == 0:
            return lowering.viewed(node, source, dims)
        return lowering.value("roll", node, inputs, dims, group=group, shift=shift)
    if (moved := _moved_beside(inputs, place)) is not None:
        return lowering.viewed(node, inputs[0].value.args[0], moved)
    return lowering.value("concat", node, inputs, dims, place=place - rank, stack=node.op == "Stack", axis=axes[0])


def _holds_a_parameter(node: Node, inputs: Sequence[Tensor], place: int) -> bool:
    """Whether what a call joins is longer than its operands: the rest is a weight, which is no operand."""
    sizes = [size_of(resolved(t.dims[place])) for t in inputs]
    size = node.outputs[0][place]
    return node.op != "Stack" and None not in sizes and size is not None and sum(filter(None, sizes)) < size


def _moved_beside(inputs: Sequence[Tensor], place: int) -> Dims | None:
    """The axes of a tensor whose equal parts along one size are joined along another: a transposition in pieces."""
    found = [cut[0] for t in inputs if t.value.op == "part" and isinstance(cut := t.value.attrs["groups"], tuple)
             and len(cut) == 1]  # fmt: skip
    if len(found) != len(inputs) or len({t.value.args[0].key for t in inputs}) > 1 or any(t.primes for t in inputs):
        return None
    (group, _, count, _), rank = found[0], len(inputs[0].dims)
    if any(cut != (group, number * count, count, 1) for number, cut in enumerate(found)):
        return None
    if size_of(group) != count * len(inputs):
        return None
    own = [resolved_dims(t.dims) for t in inputs]
    cut_at = [p for p in range(rank) if _is_cut_at(inputs[0], p, group)]
    kept = [p for p in range(rank) if p not in cut_at]
    if len(cut_at) != (count > 1) or place in cut_at or any(dims[p] != own[0][p] for dims in own for p in kept):
        return None
    pieces = regrouped((group,), (len(inputs), count))
    if pieces is None:
        return None
    return tuple([pieces[1] if p in cut_at else (*pieces[0], *g) if p == place else g for p, g in enumerate(own[0])])


def _is_cut_at(tensor: Tensor, place: int, group: Group) -> bool:
    """Whether the size along which a part was cut out stands there."""
    return any(axis.origin is group[-1] for axis in tensor.dims[place])


def _varied(groups: Sequence[Group]) -> Group:
    """The axes of the first tensor that isn't a copy along a size."""
    return next((group for group in groups if group and not all(axis.copy for axis in resolved(group))), groups[0])


def _rejoined(inputs: Sequence[Tensor], place: int) -> tuple[Tensor, int, Group] | None:
    """The tensor whose parts are joined again, how far it is rolled, and its axes there."""
    cuts = [tensor.value.attrs.get("groups") for tensor in inputs]
    if any(
        not isinstance(cut, tuple) or len(cut) != 1 or t.value.op != "part" for cut, t in zip(cuts, inputs, strict=True)
    ):
        return None
    found = [cut[0] for cut in cuts if isinstance(cut, tuple)]
    source = inputs[0].value.args[0]
    group = found[0][0]
    size = _count(group)
    if size is None or any(t.value.args[0].key != source.key for t in inputs) or any(cut[0] != group for cut in found):
        return None
    if any(cut[2] > 1 and not _is_cut_at(t, place, group) for cut, t in zip(found, inputs, strict=True)):
        return None
    start = at = found[0][1]
    for _, first, count, step in found:
        if first != at or step != 1:
            return None
        at = (at + count) % size
    return (source, start, group) if at == start and sum(cut[2] for cut in found) == size else None
