"""What an operation is: its family, its activation, and labels that say when two calls are alike.

Families are by what an operation does to a tensor, over Keras' layer classes and `keras.ops`
alike. Names of layers are never looked at.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from blockviz.ir import Item, Node
from blockviz.ops.registry import OPERATIONS
from blockviz.quoting import abridged

FAMILY: Mapping[str, str] = {name: row.family for name, row in OPERATIONS.items()}

_ACTIVATION_OPS = {name: row.means for name, row in OPERATIONS.items() if row.family == "act" and row.means}
_SAME_ACTIVATION = {"swish": "silu", "hard_swish": "hard_silu", "": "linear", "None": "linear"}
_MERGES = {name: row.means for name, row in OPERATIONS.items() if row.family == "merge" and row.means}
_REMEMBERED = 1 << 17  # answers about the last calls: every pass asks for them again
DEPTHWISE = frozenset({"DepthwiseConv1D", "DepthwiseConv2D"})
SEPARABLE = frozenset({"SeparableConv1D", "SeparableConv2D"})
#: Families of calls that convolve, multiply by a matrix, attend or recur.
WEIGHTY = frozenset({"conv", "dense", "attention", "recurrent"})


def family(op: str) -> str:
    """The family of an operation by class name; ``other`` for what is not known."""
    return FAMILY.get(op, "other")


def merge_name(op: str) -> str:
    """One name for a merge however it was written (layer, ``keras.ops``)."""
    return _MERGES.get(op, op)


def activation_name(value: Any) -> str:
    """The name of an activation from its configuration (a name, a serialised object or None)."""
    if isinstance(value, Mapping):
        inner = value.get("config")
        value = inner if isinstance(inner, str) else value.get("class_name", "custom")
    name = abridged(str(value)) if value is not None else "linear"
    return _SAME_ACTIVATION.get(name, name)


def activation_of(node: Node) -> str:
    """The activation that a call applies: ``relu6`` for a ReLU capped at 6, ``linear`` for none."""
    if node.op in _ACTIVATION_OPS:
        name = _ACTIVATION_OPS[node.op]
        capped = node.config.get("max_value")
        return f"relu{capped:g}" if name == "relu" and isinstance(capped, int | float) and capped else name
    return activation_name(node.config.get("activation"))


def is_neutral(node: Node) -> bool:
    """Whether a call changes nothing of what the network computes: an identity, a linear activation."""
    return node.op == "Identity" or (node.op == "Activation" and activation_of(node) == "linear")


_REDUCTIONS = frozenset({"Mean", "ReduceMean", "Max", "ReduceMax", "Amax"})


def pools_globally(node: Node) -> bool:
    """Whether a call leaves one value per channel: a global pooling, or a reduction written out."""
    if family(node.op) == "global":
        return True
    if node.op not in _REDUCTIONS or not node.inputs or not node.outputs:
        return False
    before, after = node.inputs[0], node.outputs[0]
    return len(before) > 2 and before[-1:] == after[-1:] and all(size == 1 for size in after[1:-1])


@lru_cache(maxsize=_REMEMBERED)
def is_depthwise(node: Node) -> bool:
    """A depthwise convolution, also one written as a grouped convolution with one channel a group."""
    if node.op in DEPTHWISE:
        return True
    groups = node.config.get("groups") or 1
    return family(node.op) == "conv" and groups > 1 and groups == node.config.get("filters")


#: Settings that are no architecture.
IGNORED = frozenset({
    "name", "trainable", "dtype", "seed", "build_config", "data_format", "batch_shape", "batch_input_shape",
    "sparse", "ragged", "optional", "autocast", "quantization_config",
})  # fmt: skip


_IN_ORDER = json.JSONEncoder(sort_keys=True, default=str)


@lru_cache(maxsize=_REMEMBERED)
def exact_label(node: Node) -> str:
    """Equal for two calls of the same architecture, widths included; names, weights and seeds apart."""
    config = {key: value for key, value in node.config.items() if key not in IGNORED}
    arguments = json.dumps(dict(node.args), default=str) if node.args else "{}"
    return f"{node.op}|{_IN_ORDER.encode(config)}|{arguments}"


@lru_cache(maxsize=_REMEMBERED)
def form_label(node: Node, *, activation: bool = True) -> str:
    """Equal for two calls that do the same at perhaps another width, stride, dilation or rate.

    ``activation``: whether the kind of activation counts.

    The kernel counts, but not that of a depthwise convolution, which papers give as a parameter
    of the block (3×3 or 5×5 MBConv).
    """
    kind = family(node.op)
    if kind == "conv":
        depthwise = is_depthwise(node)
        kernel = "" if depthwise else _sizes(node.config.get("kernel_size"))
        grouped = "g" if (node.config.get("groups") or 1) > 1 and not depthwise else ""
        name = "dw" if depthwise else node.op
        return f"{name}{kernel}{grouped}{_suffix(activation_of(node)) if activation else ''}"
    if kind == "dense" and _only_scales(node):
        return f"scale{_suffix(activation_of(node)) if activation else ''}"
    if kind == "dense":
        return f"dense{_suffix(activation_of(node)) if activation else ''}"
    if kind == "act":
        return f"act:{activation_of(node)}" if activation else "act"
    if kind == "pool":
        return f"{node.op}{_sizes(node.config.get('pool_size'))}"
    if kind == "merge":
        return merge_name(node.op)
    if kind in ("dropout", "pad"):
        return kind
    if kind == "attention" and looks_back(node):
        return f"{node.op}:causal"
    return f"{node.op}{_inside(node.config, activation)}"


def looks_back(node: Node) -> bool:
    """Whether an attention is told to be causal: no position reads a later one."""
    said = {**node.config, **node.args}
    return any(said.get(key) is True for key in ("use_causal_mask", "is_causal", "causal"))


def _only_scales(node: Node) -> bool:
    """Whether an ``EinsumDense`` sums over nothing: ``btc,c->btc`` is a factor for each channel, no dense layer."""
    found = re.fullmatch(r"([\w.]+),([\w.]+)->([\w.]+)", str(node.config.get("equation", "")).replace(" ", ""))
    return found is not None and not (set(found[1]) & set(found[2]) - set(found[3]))


def _inside(config: Mapping[str, Any], activation: bool) -> str:
    """What a wrapper or a recurrence of given cells calls: class, kernel and activation of the layers inside."""
    found = [config[key] for key in ("layer", "cell", "cells") if key in config]
    inner = [one for each in found for one in (each if isinstance(each, list | tuple) else [each])]
    texts = []
    for entry in inner:
        own = entry.get("config") if isinstance(entry, Mapping) else None
        if isinstance(own, Mapping):
            acts = f":{own['activation']}" if activation and isinstance(own.get("activation"), str) else ""
            texts.append(f"{entry.get('class_name')}{_sizes(own.get('kernel_size'))}{acts}{_inside(own, activation)}")
    return f"({' '.join(texts)})" if texts else ""


def _suffix(activation: str) -> str:
    return "" if activation == "linear" else f"+{activation}"


def _sizes(value: Any) -> str:
    return "x".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def joins(node: Node) -> bool:
    """Whether a call joins branches: a merge, or a call nobody knows that reads several tensors."""
    return len(node.inputs) > 1 and family(node.op) in ("merge", "other")


ANCHORS = ("conv", "dense", "norm", "pool", "attention", "recurrent", "embed")


def anchor(item: Item) -> Node | None:
    """The call that gives a unit its character: its convolution or dense layer, else its first telling call."""
    if isinstance(item, Node):
        return item
    nodes = [inner for inner in item.body.items() if isinstance(inner, Node)]
    for kind in ANCHORS:
        for node in nodes:
            if family(node.op) == kind:
                return node
    return nodes[0] if nodes else None
