"""The windows of convolutions and poolings, and items that differ in nothing else."""

from __future__ import annotations

from collections.abc import Container

from blockviz.ir import Item, Layer, LayerGraph, Node, Unit, item_leaves, with_items
from blockviz.ops.families import family, form_label, is_depthwise
from blockviz.ops.per_step import called
from blockviz.runtime.records import replace
from blockviz.structure.canonical_form import is_silent, item_form, sizes_of

_SETTING = {"conv": "kernel_size", "pool": "pool_size"}
_USUAL = {"conv": 3, "pool": 2}


def window_of(node: Node) -> tuple[int, ...]:
    """The sides of the window of a convolution or pooling."""
    return tuple(sizes_of(node.config.get(_SETTING[family(node.op)])))


def has_window(node: Node) -> bool:
    """Whether a call has a window that its label tells, of more than one place unless it pools."""
    kind = family(node.op)
    return kind == "pool" or (kind == "conv" and not is_depthwise(node) and max(window_of(node)) > 1)


def usual_layer(node: Node) -> Layer:
    """The layer of a call that has a window, with a window of the usual size; a side of one place stays one."""
    kind = family(node.op)
    sizes = [1 if size == 1 and kind != "pool" else _USUAL[kind] for size in window_of(node)]
    return replace(node.layer, config={**node.config, _SETTING[kind]: tuple(sizes)})


def with_usual_windows(body: LayerGraph, names: Container[str]) -> LayerGraph:
    """The body with windows of the usual size in these items, and steps as long as the windows that pool."""

    def usual(item: Item) -> Item:
        if isinstance(item, Node):
            if not has_window(item):
                return item
            layer = usual_layer(item)
            if "pool_size" in layer.config and sizes_of(item.config.get("strides")) == [*window_of(item)]:
                layer = replace(layer, config={**layer.config, "strides": layer.config["pool_size"]})
            return replace(item, layer=layer)
        return replace(item, body=with_items(item.body, usual))

    return with_items(body, lambda item: usual(item) if item.id in names else item)


def window_change(before: Item, after: Item) -> tuple[object, ...] | None:
    """The windows of two items that differ in nothing else; None of others."""
    old, new = list(item_leaves(before)), list(item_leaves(after))
    if len(old) != len(new):
        return None
    changes = [(one, other) for one, other in zip(old, new, strict=True) if form_label(one) != form_label(other)]
    if not changes or not all(has_window(one) and _usual(one) == _usual(other) for one, other in changes):
        return None
    return tuple([(one.op, window_of(one), window_of(other)) for one, other in changes])


def usual_form(item: Item) -> str:
    """The form of an item with windows of the usual size."""
    if isinstance(item, Node):
        return _usual(item) or item_form(item)
    if not isinstance(item, Unit):
        return item_form(item)
    calls = [node for node in item_leaves(item) if not is_silent(node)]
    return "[" + " ".join(_usual(node) or form_label(node) for node in calls) + "]"


def _usual(node: Node) -> str:
    inner = called(node)
    form = form_label(replace(inner, layer=usual_layer(inner))) if has_window(inner) else ""
    return form if inner is node or not form else f"per step {form}"
