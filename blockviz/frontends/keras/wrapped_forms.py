"""Architectures inside other documents: TensorFlow.js' ``model.json``, Keras 2's YAML, models in a model's settings."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping
from math import prod
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.keras.model_json import model_kind
from blockviz.frontends.keras.node_builder import Counts
from blockviz.ops.settings import LONGEST_SHAPE, MOST
from blockviz.runtime.limits import limits

_MOST_NODES = 2_000_000
_DEEPEST = 64
_WEIGHT = 24  # a line of YAML takes so many times the memory of a value of JSON while it is read
_OF_CONSTRUCTORS = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError)  # PyYAML lets them pass
_ENDLESS = 10**4000  # JSON has no number of more digits either


def unwrapped(entry: Mapping[str, Any]) -> tuple[Mapping[str, Any], Counts | None]:
    """(the architecture in a TensorFlow.js document, who counts its weights); another document is its own.

    Raises
    ------
    ModelError : the document holds a converted graph, or weights only.
    """
    topology = entry.get("modelTopology")
    if "modelTopology" not in entry or "class_name" in entry:
        return entry, None
    if not isinstance(topology, dict):
        raise ModelError("it is a TensorFlow.js document without a topology, so only weights")
    if entry.get("format") == "graph-model" or "node" in topology:
        raise ModelError(
            "it is a TensorFlow.js graph model, a converted graph that no longer knows its layers; convert the Keras "
            "model with `tensorflowjs_converter --output_format=tfjs_layers_model`, or give the Keras file itself"
        )
    found = topology.get("model_config", topology)
    version = {"keras_version": topology["keras_version"]} if "keras_version" in topology else {}
    return {**version, **found} if isinstance(found, dict) else entry, _manifest_counts(entry)


def _manifest_counts(entry: Mapping[str, Any]) -> Counts:
    """Counts from the shapes in the manifest: a weight is called by its layer's path and its own name."""
    totals: dict[str, tuple[int, int]] = defaultdict(lambda: (0, 0))
    groups = entry.get("weightsManifest")
    for group in groups if isinstance(groups, list) else ():
        weights = group.get("weights") if isinstance(group, dict) else None
        for weight in weights if isinstance(weights, list) else ():
            name, shape = (weight.get("name"), weight.get("shape")) if isinstance(weight, dict) else (None, None)
            if isinstance(name, str) and isinstance(shape, list) and len(shape) <= LONGEST_SHAPE and _are_sizes(shape):
                elements, size = totals[name.rpartition("/")[0]]
                totals[name.rpartition("/")[0]] = elements + prod(shape), size + 4 * prod(shape)

    def count(path: str) -> tuple[int, int, int] | None:
        found = totals.get(path, totals.get(path.rpartition("/")[2]))
        return None if found is None else (found[0], 0, found[1])

    return count


def _are_sizes(shape: list[Any]) -> bool:
    return all(type(size) is int and 0 <= size <= MOST for size in shape)


def from_yaml(data: bytes) -> Mapping[str, Any] | None:
    """The architecture that ``model.to_yaml()`` of Keras 1 or 2 wrote; None if the text is no such document.

    Nothing in it is run: tags name tuples at most.

    Raises
    ------
    ModelError : PyYAML is missing; the document is too large, unfolds to something enormous, or holds what JSON can't.
    """
    if not data.lstrip().startswith((b"backend:", b"class_name:", b"config:", b"!!python/tuple", b"---")):
        return None
    try:
        import yaml  # type: ignore[import-untyped]
    except ImportError:
        raise ModelError("it is an architecture in YAML; reading it needs PyYAML (pip install pyyaml)") from None
    limits().check("objects", _WEIGHT * sum(map(data.count, (b"\n", b"\r", b",", b"[", b"{", b"- "))), "it has")
    base = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

    class Loader(base):  # type: ignore[misc, valid-type]
        """Lists for tuples; no other tag, and no mapping that takes in others, which double within each other."""

        def flatten_mapping(self, node: Any) -> None:
            """Keras writes no ``<<``; it is left to fail as a tag that nobody knows."""

    Loader.add_constructor("tag:yaml.org,2002:python/tuple", lambda loader, node: loader.construct_sequence(node, True))
    Loader.add_constructor("tag:yaml.org,2002:python/unicode", lambda loader, node: loader.construct_scalar(node))
    try:
        found = yaml.load(data, Loader)
    except (yaml.YAMLError, RecursionError, *_OF_CONSTRUCTORS) as error:
        line = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise ModelError(f"its YAML can't be read: {line[:200]}") from None
    if _nodes(found, {}, 0) > _MOST_NODES:
        raise ModelError("its YAML refers to itself so often that it unfolds to something enormous")
    return found if isinstance(found, dict) else None


def _nodes(value: Any, seen: dict[int, int], depth: int) -> int:
    """How many values a document has once its references are followed; each is looked at once.

    Raises
    ------
    ModelError : a value of a type that JSON lacks (a date, a set), a key that is no text, an endless number.
    """
    if not isinstance(value, (dict, list)):
        if not isinstance(value, str | int | float | None) or (type(value) is int and abs(value) >= _ENDLESS):
            raise ModelError(f"its YAML holds what no architecture holds: {type(value).__name__} {quoted(value)}")
        return 1
    if depth > _DEEPEST or seen.get(id(value)) == 0:  # within itself
        return _MOST_NODES + 1
    if id(value) not in seen:
        seen[id(value)] = 0
        if isinstance(value, dict) and not all(isinstance(key, str) for key in value):
            raise ModelError("its YAML has keys that are no text")
        items = value.values() if isinstance(value, dict) else value
        seen[id(value)] = 1 + sum(_nodes(item, seen, depth + 1) for item in items)
    return seen[id(value)]


def parts(value: Any, path: str = "", depth: int = 0) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """(path, entry) of the models with a graph inside the settings of one without, outermost only."""
    if depth > 8:
        return
    if isinstance(value, dict) and model_kind(value) and isinstance(value.get("class_name"), str):
        yield path, value
        return
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield from parts(item, path if key == "config" else f"{path}.{key}" if path else str(key), depth + 1)
