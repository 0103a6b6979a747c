"""Which layers of a live Keras model are opened, and which are boxes.

A composite holds layers and has code of its own; Keras' own classes are boxes, whatever they hold. Works on
Keras 3's objects by their classes' modules and attributes; nothing is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from blockviz.costs.cost import ATTENTION, LAYER_CLASSES

_OWN = "keras.src.layers"
_DROPOUTS = frozenset({
    "Dropout", "SpatialDropout1D", "SpatialDropout2D", "SpatialDropout3D", "GaussianDropout", "AlphaDropout",
})  # fmt: skip
_MODELS = ("keras.src.models.functional", "keras.src.models.sequential")


def is_layer(operation: Any) -> bool:
    """Whether an operation is a layer (or model), not a function of ``keras.ops``."""
    return hasattr(operation, "_flatten_layers")


def is_kerass(operation: Any) -> bool:
    """Whether the class is one of Keras' own layers."""
    return type(operation).__module__.startswith(_OWN)


def is_graph_model(layer: Any) -> bool:
    """Whether the layer is a Functional or Sequential model, which records its graph."""
    return any(cls.__module__ in _MODELS for cls in type(layer).__mro__)


def sublayers(layer: Any) -> list[Any]:
    """The layers that a layer holds itself."""
    return list(layer._flatten_layers(include_self=False, recursive=False)) if is_layer(layer) else []


def is_composite(layer: Any) -> bool:
    """Whether the layer is opened: a model, or a layer of the user's that holds layers.

    A subclass of Keras' attention stays a box: its projections are what the box stands for.
    """
    if not is_layer(layer) or is_kerass(layer):
        return False
    if is_graph_model(layer):
        return True
    return bool(sublayers(layer)) and kerass_base(layer) not in ATTENTION


def does_nothing(layer: Any) -> bool:
    """Whether one of Keras' own layers hands on what it is given: an identity, a dropout of nothing."""
    if not is_kerass(layer):
        return False
    kind = type(layer).__name__
    if kind == "Activation":
        return getattr(layer.activation, "__name__", "") == "linear"
    return kind == "Identity" or (kind in _DROPOUTS and not layer.rate)


def kerass_base(operation: Any) -> str | None:
    """The nearest class of Keras' own among an operation's bases whose weights are known; None if there is none."""
    for cls in type(operation).__mro__:
        if cls.__module__.startswith(_OWN) and cls.__name__ in LAYER_CLASSES:
            return cls.__name__
    return None


def holds_composites(model: Any) -> bool:
    """Whether a model in memory has anything to open: it is subclassed, or a layer in it is a composite."""
    if not is_graph_model(model):
        return True
    return any(not is_graph_model(layer) for layer in _composites(model))


def _composites(model: Any) -> Iterator[Any]:
    """The composites that a Functional or Sequential model calls, those in wrappers and nested models included."""
    for layer in model._flatten_layers(include_self=False, recursive=False):
        inner = getattr(layer, "layer", None) if is_kerass(layer) else None
        for found in (layer, inner):
            if found is not None and is_composite(found):
                yield found
                if is_graph_model(found):
                    yield from _composites(found)
