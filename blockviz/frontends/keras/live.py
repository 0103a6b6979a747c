"""Models in memory: what they would write to a file is read like a file.

Works on any object with Keras' interface, so that neither Keras nor TensorFlow is imported here.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from functools import cache
from math import prod
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.dtypes import ITEM_BYTES
from blockviz.frontends.keras.lay_out import Live, graph_from_config
from blockviz.frontends.keras.model_json import model_kind
from blockviz.frontends.keras.node_builder import Counts
from blockviz.ir import LayerGraph, Shape


def is_live(source: Any) -> bool:
    """Whether the object is a Keras model in memory."""
    return hasattr(source, "to_json") and hasattr(source, "layers") and not isinstance(source, type)


def read_live(model: Any) -> LayerGraph:
    """The layer graph of a model in memory; equal to that of the model's file.

    Raises
    ------
    ModelError : a subclassed model, whose wiring only its code knows, or one that can't be serialised.
    """
    config = _described(model)
    if model_kind(config) is None:
        raise ModelError(
            f"a model of class {quoted(type(model).__name__)} has no graph: only Functional and Sequential models "
            "record how their layers are wired; rebuild it with keras.Model(inputs, outputs)"
        )
    return graph_from_config(config, counts=_counts(model), live=Live(_output_shapes(model), _same_layers(model)))


def _output_shapes(model: Any) -> tuple[Shape, ...]:
    """Shapes of the model's outputs, in Keras' order; none where the model has none to show."""
    shapes = [getattr(tensor, "shape", None) for tensor in getattr(model, "outputs", None) or ()]
    return tuple(tuple(shape) for shape in shapes if shape is not None) if None not in shapes else ()


def _same_layers(model: Any) -> dict[str, str]:
    """Path → first path, for a layer that a model inside uses, too."""
    first: dict[int, str] = {}
    paths = ((path, first.setdefault(id(layer), path)) for path, layer in _paths(model, ""))
    return {path: known for path, known in paths if path != known}


def _described(model: Any) -> Mapping[str, Any]:
    """What the model would write; where a custom layer refuses, what its tensors show."""
    from blockviz.frontends.keras.live_wiring import describe  # only models in memory need it

    try:
        config: Mapping[str, Any] = json.loads(model.to_json())
    except Exception as error:  # custom layers fail in ways of their own
        found = describe(model)
        if found is None and not isinstance(error, NotImplementedError):
            raise ModelError(
                f"the model can't describe itself ({type(error).__name__}: {error}); "
                "give its custom layers a get_config() of plain values"
            ) from error
        return found or {}
    return (describe(model) or config) if _hides_its_graph(model, config) else config


def _hides_its_graph(model: Any, entry: Any) -> bool:
    """Whether the model, or one inside, has a graph but writes only what it was made from, as KerasHub's do."""
    if model_kind(entry) is None:
        return hasattr(model, "_inputs_struct")
    inner = {layer.name: layer for layer in model.layers if is_live(layer)}
    config = entry["config"]
    written = config if isinstance(config, list) else config["layers"]
    return any(_hides_its_graph(inner[name], data) for data in written if (name := _name(data)) in inner)


def _name(data: Mapping[str, Any]) -> Any:
    config = data.get("config")
    return data.get("name") or (config.get("name") if isinstance(config, dict) else None)


def _counts(model: Any) -> Counts:
    @cache
    def layers() -> dict[str, Any]:
        return dict(_paths(model, ""))

    def count(path: str) -> tuple[int, int, int] | None:
        layer = layers().get(path)
        return None if layer is None or not getattr(layer, "built", True) else _sizes(layer)

    return count


def _paths(model: Any, path: str) -> Iterator[tuple[str, Any]]:
    for layer in model.layers:
        own = f"{path}/{layer.name}" if path else layer.name
        yield own, layer
        inner = getattr(layer, "layer", None)
        if is_live(layer):
            yield from _paths(layer, own)
        elif inner is not None and hasattr(inner, "name"):
            yield f"{own}/{inner.name}", inner
            yield from _paths(inner, f"{own}/{inner.name}") if is_live(inner) else ()


def _sizes(layer: Any) -> tuple[int, int, int]:
    sizes = [prod(weight.shape) for weight in layer.weights]
    trained = sum(prod(weight.shape) for weight in layer.trainable_weights)
    kinds = [ITEM_BYTES.get(str(getattr(weight.dtype, "name", weight.dtype)), 4) for weight in layer.weights]
    taken = sum(size * kind for size, kind in zip(sizes, kinds, strict=True))
    return sum(sizes), sum(sizes) - trained if layer.trainable else 0, taken
