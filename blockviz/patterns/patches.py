"""Neighbouring pixels joined into tokens."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import Item, Node, Port
from blockviz.ops.families import family
from blockviz.patterns.axes import Axis
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.moves import moved
from blockviz.patterns.values import Tensor, Value
from blockviz.patterns.walks import ancestors


def patches(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Neighbouring pixels joined into one token: of the image (embedding), or of a map on the way (merging).

    What a kernel larger than one reads is but folded into channels.
    """
    value = tensor.value
    if tensor.views:
        return
    if value.op == "concat" and (source := _quadrants(value)) is not None:
        readers = [lowering.graph.item(name) for name in lowering.graph.succ[port[0]]]
        yield Found((source,), {"folded": True} if any(map(_convolves, readers)) else {"merging": True}, {})
        return
    if value.op == "linear":
        inner = value.args[0]
        while inner.value.op == "norm" and not inner.views:
            inner = inner.value.args[0]
        if inner.value.op == "concat" and (source := _quadrants(inner.value)) is not None:
            yield Found((source,), {"merging": True}, {}, rearranges=True)
            return
        facts = moved(inner)
        if "patches" in facts:
            source = plain(inner)
            merging = not _is_input(source)
            yield Found((Tensor(source.value, source.value.dims),), {"merging": merging},
                        {} if merging else {"patch": facts["window"]}, rearranges=True)  # fmt: skip
        return
    table = value.op == "poly" and len(value.args) == 2 and any(_is_table(atom) for atom in value.args)
    conv = next((plain(atom) for atom in value.args if not _is_table(atom)), tensor) if table else tensor
    while conv.value.op == "norm":
        conv = plain(conv.value.args[0])
        if value.op == "norm" and any(len(lowering.graph.succ[name]) > 1 for name in lowering.graph.pred[port[0]]):
            return  # the norm that a block begins with
    node = conv.value.node
    if conv.value.op == "conv" and node is not None and _is_input(plain(conv.value.args[0])):
        kernel, strides = (_list(node.config.get(key)) for key in ("kernel_size", "strides"))
        readers = [lowering.graph.item(name) for name in lowering.graph.succ[port[0]]]
        flattened = (
            table or value.op == "norm" or any(isinstance(item, Node) and item.op == "Reshape" for item in readers)
        )
        if kernel == strides and min(kernel, default=1) > 1 and flattened:
            patch = kernel[0] if kernel == kernel[:1] * 2 else tuple(kernel)  # or of a sequence, or of several frames
            yield Found((plain(conv.value.args[0]),), {"merging": False}, {"patch": patch}, rearranges=True)


def _convolves(item: Item) -> bool:
    return (
        isinstance(item, Node)
        and family(item.op) == "conv"
        and max(_list(item.config.get("kernel_size")), default=1) > 1
    )


def _is_table(tensor: Tensor) -> bool:
    """Whether a tensor is looked up by position: it depends on no value of an input."""
    return tensor.value.given or tensor.value.op == "embedding"


def _list(value: object) -> list[int]:
    return [n for n in value if isinstance(n, int)] if isinstance(value, list | tuple) else []


def _is_input(tensor: Tensor) -> bool:
    return all(value.op in ("inputlayer", "poly", "part") or value.given for value in ancestors(tensor.value, limit=8))


def _quadrants(value: Value) -> Tensor | None:
    """The tensor whose every other pixels are joined, each offset once."""
    cuts, source = set(), None
    for arg in value.args:
        found = plain(arg)
        steps: list[tuple[Axis, int]] = []
        while found.value.op == "part":
            groups = found.value.attrs["groups"]
            assert isinstance(groups, tuple)
            if any(step < 2 for _, _, _, step in groups):
                return None
            steps += [(group[0], start) for group, start, _, _ in groups]
            found = found.value.args[0]
        if (
            not steps
            or any(not isinstance(step, tuple) for step in steps)
            or (source is not None and found.key != source.key)
        ):
            return None
        source = found
        cuts.add(frozenset(steps))
    return source if len(cuts) == len(value.args) and len(cuts) >= 4 else None
