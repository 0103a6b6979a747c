"""Idioms that only move elements: shuffles, windows, shifts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import Any

from blockviz.ir import Node, Port
from blockviz.ops.families import family
from blockviz.patterns.axes import Axis, Group, resolved, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.values import Tensor


def views(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """A row of views by what it does to the axes: shuffles, windows, patches; seen where it ends."""
    graph = lowering.graph
    if not tensor.views and plain(tensor).value.op != "roll":
        return
    readers = [graph.item(name) for name in graph.succ[port[0]]]
    if any(
        isinstance(item, Node) and family(item.op) == "reshape" and item.op not in ("GetItem", "Split")
        for item in readers
    ):
        return
    if tensor.value.op == "roll" and not tensor.views:
        if not any(plain(t).value.op == "roll" for t in _read_with(lowering, port)):
            start = tensor
            while plain(start).value.op == "roll":
                first = plain(start).value.args[0]
                start = first.value.args[0] if first.value.op == "part" else first
            shift = tensor.value.attrs.get("shift")
            told = {"shift": abs(shift)} if isinstance(shift, int) else {}
            yield Found((plain(start),), {"roll": True}, told)
        return
    facts = moved(tensor)
    if (source := _round_trip(tensor)) is not None:
        yield Found((source,), {"windows": True}, {"window": moved_window(tensor)})
        return
    if facts:
        yield Found((Tensor(tensor.value, tensor.value.dims),), facts, {k: v for k, v in facts.items() if k in _SAID})


def _round_trip(tensor: Tensor) -> Tensor | None:
    """The map whose windows are put back here, little having been done inside."""
    value = tensor.value
    for _ in range(3):
        if len(value.args) != 1 or value.op not in ("linear", "norm", "fn", "conv"):
            return None
        before = value.args[0]
        facts = moved(Tensor(before.value, before.dims, before.views)) if before.views else {}
        if facts.get("windows"):
            sides = [resolved(group) for group in before.value.dims if group and group[0].kind == "space"]
            here = [resolved(group) for group in tensor.dims if len(resolved(group)) >= 2]
            back = [any(g[0] is side[0] and size_of(g) == size_of(side) for g in here) for side in sides]
            return Tensor(before.value, before.value.dims) if back and all(back) else None
        value = before.value
    return None


def moved_window(tensor: Tensor) -> int | None:
    """The size of the windows that a map is made of."""
    group = next((resolved(group) for group in tensor.dims if len(resolved(group)) == 2), ())
    return group[1].size if group else None


_SAID = frozenset({"groups", "factor", "window"})


def _read_with(lowering: Lowering, port: Port) -> list[Tensor]:
    return [lowering.tensors[name, 0] for name in lowering.graph.succ[port[0]] if (name, 0) in lowering.tensors]


def _coarse(before: Sequence[Group], after: Sequence[Group]) -> tuple[list[Group], list[Group]]:
    """The same with axes joined that stay side by side: they were split for the sake of other views."""
    follows = {one: two for group in after for one, two in pairwise(group)}
    joined: dict[Axis, Axis] = {}
    old = []
    for group in before:
        units: list[list[Axis]] = []
        for axis in group:
            if units and follows.get(units[-1][-1]) is axis and units[-1][-1].kind == axis.kind:
                units[-1].append(axis)
            else:
                units.append([axis])
        whole = [unit[0] if len(unit) == 1 else Axis(size_of(unit), unit[0].kind) for unit in units]
        for unit, axis in zip(units, whole, strict=True):
            joined.update(dict.fromkeys(unit, axis))
        old.append(tuple(whole))
    return old, [tuple(dict.fromkeys(joined.get(axis, axis) for axis in group)) for group in after]


def moved(tensor: Tensor) -> dict[str, Any]:
    """What a row of views does, as facts; empty for nothing that has a name."""
    before, after = _coarse(
        [resolved(group) for group in tensor.value.dims], [resolved(group) for group in tensor.dims]
    )
    if any(axis.copy for group in after for axis in group):
        return {}
    channels = next((g for g in before if g and all(axis.kind == "channel" for axis in g)), ())
    spatial = [g for g in before if g and all(axis.kind == "space" for axis in g)]
    if len(spatial) == 1 and len(spatial[0]) == 4:  # the pixels of a map in one row
        spatial = [spatial[0][:2], spatial[0][2:]]
    place = {axis: number for number, group in enumerate(after) for axis in group}
    if len(channels) == 2 and channels[::-1] in after and all(group in after for group in spatial):
        return {"shuffle": True, "groups": channels[0].size}
    if len(spatial) >= 2 and len(channels) >= 2 and all(len(g) == 1 for g in spatial):
        inner = [a[1] for g in spatial for a in after if len(a) == 2 and a[0] is g[0] and a[1] in channels]
        if len(set(inner)) == len(inner) == len(spatial):
            return {"pixels": True, "factor": inner[0].size}
    batch = next((g for g in before if g and g[0].kind == "batch"), ())
    if len(batch) == 3 and len(after) == 4 and len(after[0]) == 1:
        within = [axis for g in spatial for axis in g]
        pairs = [g for g in after[1:3] if len(g) == 2 and g[0] in batch and g[1] in within]
        if len(pairs) == 2 and [pairs[0][0], pairs[1][0]] == list(batch[1:]):
            return {"reverse": True, "window": pairs[0][1].size}
    split = [g for g in spatial if len(g) == 2]
    if len(spatial) >= 2 and len(split) == len(spatial) and all(axis in place for g in spatial for axis in g):
        inside = [g[1] for g in split]
        outside = [g[0] for g in split]
        ins, outs = {place[a] for a in inside}, {place[a] for a in outside}
        if ins & outs:
            return {}
        with_channels = any(place[axis] in ins for axis in channels if axis in place)
        order = [axis for group in after for axis in group if axis.kind == "space"]
        if order != [*outside, *inside]:
            return {}
        sides, back = {size_of(g) for g in spatial}, {size_of(g) for g in after if len(g) == 2}
        if len(sides) > 1 and len(back) == 1 and not with_channels:  # the sides of a map are the result, not the start
            return {"reverse": True, "window": split[-1][0].size}
        return {"patches" if with_channels else "windows": True, "window": inside[0].size}
    return {}
