"""A graph as arrays, with one label per call: what it does, width apart; never its name.

What only matters while training (dropout, noise), identities, the input layers of nested models and the
padding that stands as a layer before what it pads are transparent: they are looked through.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from functools import lru_cache
from typing import Any, TypeAlias

from blockviz.backbones.own_padding import completes, pads_windows
from blockviz.ir import Composite, Item, LayerGraph, Node
from blockviz.ops.families import activation_of, family, merge_name
from blockviz.runtime.records import dataclass, field

Tensor: TypeAlias = tuple[int, int]
"""(position of a node in its view, output index)"""

_WIDTHS = ("filters", "units", "projection_dim")
# What a call computes does not depend on these, or only by how it was trained or by the input's size.
_SILENT = frozenset({
    "name", "trainable", "dtype", "seed", "data_format", "batch_shape", "batch_input_shape", "sparse", "ragged",
    "optional", "autocast", "momentum", "epsilon", "rate", "noise_shape", "init_values", "mean", "variance",
    "synchronized", "quantization_config", "build_input_shape", "activation", "mask",
}).union(_WIDTHS)  # fmt: skip
_USUAL: Mapping[str, Any] = {
    "groups": 1, "dilation_rate": [1, 1], "use_bias": True, "center": True, "scale": True, "depth_multiplier": 1,
    "keepdims": False, "invert": False, "renorm": False, "rms_scaling": False, "negative_slope": 0.0, "threshold": 0.0,
    "output_padding": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """A graph as arrays in topological order, with what is transparent left out.

    ``readers[i]`` are the positions that read node i. ``outputs`` are the tensors that the graph returns.
    ``through`` gives each transparent node the tensor that it hands on.
    """

    names: list[str]
    items: list[Item]
    labels: list[str]
    codes: list[int]
    widths: list[int | None]
    operands: list[tuple[Tensor, ...]]
    readers: list[list[int]]
    outputs: frozenset[Tensor]
    through: dict[str, Tensor] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.names)


def view_of(graph: LayerGraph) -> View:
    """The graph's view; linear in nodes and edges."""
    view = View([], [], [], [], [], [], [], frozenset(), {})
    tensor: dict[str, Tensor] = {}
    for name in graph:
        item = graph.item(name)
        reads = tuple(
            (tensor[source][0], out) if tensor[source][1] < 0 else tensor[source]
            for _, source, out in graph.operand_list(name)
        )
        if reads and len(reads) == 1 and (is_transparent(item) or pads_windows(graph, name)):
            tensor[name] = view.through[name] = reads[0]
            continue
        position = len(view.names)
        tensor[name] = (position, -1)
        label = _padded(graph, name, item, label_of(item))
        view.names.append(name)
        view.items.append(item)
        view.labels.append(label)
        view.codes.append(_code(label))
        view.widths.append(width_of(item))
        view.operands.append(reads)
        view.readers.append([])
        for source in dict.fromkeys(source for source, _ in reads):
            view.readers[source].append(position)
    outputs = frozenset((tensor[name][0], out) if tensor[name][1] < 0 else tensor[name] for name, out in graph.exits)
    return View(
        view.names, view.items, view.labels, view.codes, view.widths, view.operands, view.readers, outputs, view.through
    )


def _padded(graph: LayerGraph, name: str, item: Item, label: str) -> str:
    """The label of a call with what a layer before it pads."""
    for source in graph.edges_into(name):
        padding = graph.item(source)
        if not isinstance(padding, Node) or not isinstance(item, Node) or not pads_windows(graph, source):
            continue
        if completes(padding, item):
            return label.replace("padding=valid", "padding=same")
        return f"{label} padded={_value(padding, 'padding', padding.config.get('padding'))}"
    return label


def is_transparent(item: Item) -> bool:
    """Whether the call hands its one tensor on as it is, once training is over."""
    if isinstance(item, Composite):
        return False
    kind = family(item.op)
    return kind in ("input", "dropout") or (item.op in ("Activation", "Identity") and activation_of(item) == "linear")


def label_of(item: Item) -> str:
    """What the call does, width apart: operation, kernel, stride, padding, dilation, groups, bias, activation.

    Amounts that follow from the input's size are evened out: Keras pads ``((0, 1), (0, 1))`` or
    ``((1, 1), (1, 1))`` before a strided convolution, depending on whether the size is even.
    """
    if isinstance(item, Composite):
        return f"block {item.type}"
    if family(item.op) == "act":
        return f"act {activation_of(item)}"
    config = item.config
    parts = [merge_name(item.op)]
    for key in sorted(config):
        if key in _SILENT or (key in _USUAL and config[key] == _USUAL[key]) or key == _own_width(item):
            continue
        if key == "padding" and set(_listed(config.get("kernel_size"))) == {1}:
            continue  # there is nothing to pad
        parts.append(f"{key}={_value(item, key, config[key])}")
    if (activation := activation_of(item)) != "linear":
        parts.append(activation)
    if item.args:
        parts.append(repr(sorted((key, value) for key, value in item.args.items() if key != "mask")))
    return " ".join(parts)


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _value(node: Node, key: str, value: Any) -> Any:
    if key == "padding" and isinstance(value, (list, tuple)):
        return [max(side) if isinstance(side, (list, tuple)) else side for side in value]
    if key == "groups" and node.inputs and value == node.inputs[0][-1]:
        return "channels"
    if key == "target_shape":
        return len(value)
    if key == "axis":
        return "channels" if family(node.op) == "norm" or _joins_channels(node) else value
    return value


def _joins_channels(node: Node) -> bool:
    """Whether a merge along an axis joins the last one, however that is counted (also once per time step)."""
    sizes = [shape[-1] for shape in node.inputs if shape]
    last = node.outputs[0][-1] if node.outputs and node.outputs[0] else None
    if last is None or None in sizes:
        return node.config.get("axis") in (-1, len(node.inputs[0]) - 1 if node.inputs else -1)
    return len(sizes) > 1 and sum(size or 0 for size in sizes) == last


def width_of(item: Item) -> int | None:
    """Output channels that the call itself decides on, or their multiple; None where they follow from its input."""
    if isinstance(item, Composite):
        return None
    width = item.config.get(_own_width(item))
    return width if isinstance(width, int) else None


def _own_width(node: Node) -> str:
    """The key that holds what the call decides of its width: a depthwise convolution only multiplies."""
    if node.op.startswith("Depthwise"):
        return "depth_multiplier"
    return next((key for key in _WIDTHS if key in node.config), "")


@lru_cache(maxsize=4096)
def _code(label: str) -> int:
    return int.from_bytes(hashlib.blake2b(label.encode(), digest_size=8).digest(), "big")
