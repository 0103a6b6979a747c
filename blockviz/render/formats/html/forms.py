"""What is said of one call or block on the interactive page, without its name: equal for all that are alike."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from math import isfinite
from typing import Any

from blockviz.costs.cost import cost_of, macs
from blockviz.ir import UNKNOWN, Backbone, Composite, Idiom, LayerGraph, Nested, Node, Run, Shape, item_leaves
from blockviz.ops.families import family
from blockviz.quoting import abridged, visible
from blockviz.structure.canonical_form import short_name
from blockviz.text.numbers import bounded, shape_text

Form = dict[str, Any]
_LONGEST_TEXT, _MOST_ENTRIES, _DEEPEST = 2000, 200, 12
_EXACT = 2**53  # beyond it a number of JavaScript is another number


class Table:
    """Values by number, each once."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._numbers: dict[str, int] = {}

    def number(self, value: Any) -> int:
        """The number of a value that JSON can hold."""
        key = json.dumps(value)
        found = self._numbers.setdefault(key, len(self.values))
        if found == len(self.values):
            self.values.append(value)
        return found


def call_form(node: Node, config_number: Callable[[Any], int]) -> Form:
    """One call: its class, settings, shapes and costs; what nobody knows is "?"."""
    layer = node.layer
    found = {
        "kind": "call",
        "name": visible(node.op),
        "family": family(node.op),
        **_shapes(node.inputs, node.outputs),
        "params": "?" if layer.params is None else f"{layer.params:,}",
        "trainable": "?" if layer.params is None else f"{layer.trainable_params:,}",
        "macs": "?" if (count := macs(node)) is None else f"{count:,}",
        "config": config_number(plain(layer.config)),
        "args": plain(node.args),
        "module": visible(layer.module),
        "within": [visible(path) for path in node.within],
        "frozen": not layer.trainable,
    }
    return {key: value for key, value in found.items() if value not in ("", [], {}, False) or key == "config"}


def block_form(item: Composite, graph: LayerGraph, letters: Mapping[str, str]) -> Form:
    """What has a body: its kind, name and letter, shapes, and the sum of the costs inside."""
    cost = cost_of(item_leaves(item))
    found = {
        "kind": item.kind,
        "name": visible(_name(item, graph)),
        "letter": letters.get(item.type, ""),
        "variant": visible(item.variant or ""),
        "stage": visible(item.stage or ""),
        "parallel": isinstance(item, Run) and item.parallel,
        **_shapes(item.inputs, item.outputs),
        "params": bounded(f"{cost.params:,}", cost.params, "params" in cost.bounds),
        "trainable": bounded(f"{cost.trainable:,}", cost.trainable, "params" in cost.bounds),
        "macs": bounded(f"{cost.macs:,}", cost.macs, "macs" in cost.bounds),
        "attributes": plain(item.attributes) if isinstance(item, Idiom) else {},
    }
    return {key: value for key, value in found.items() if value not in ("", [], {}, False)}


def plain(value: Any, depth: int = 0) -> Any:
    """A setting as JSON holds it, of a size that can be read; what a file may make endless is cut and says so."""
    if isinstance(value, str):
        return visible(abridged(value, _LONGEST_TEXT))
    if value is None or isinstance(value, bool):
        return value
    if isinstance(value, int):
        return value if abs(value) < _EXACT else abridged(_digits(value), _LONGEST_TEXT)
    if isinstance(value, float):
        return value if isfinite(value) else str(value)
    if depth >= _DEEPEST:
        return "…"
    if isinstance(value, Mapping):
        return {str(plain(str(key))): plain(value[key], depth + 1) for key in _first(value)} | _rest(
            len(value), "… entries in all"
        )
    if isinstance(value, (list, tuple)):
        cut = [plain(entry, depth + 1) for entry in value[:_MOST_ENTRIES]]
        return [*cut, f"… {len(value):,} in all"] if len(value) > _MOST_ENTRIES else cut
    return visible(abridged(str(value), _LONGEST_TEXT))


def _digits(value: int) -> str:
    """A whole number in digits; one of thousands of them, which Python refuses to print, by its size."""
    return str(value) if value.bit_length() < 10_000 else f"a number of {value.bit_length():,} bits"


def _first(keys: Iterable[Any]) -> list[Any]:
    return [key for number, key in enumerate(keys) if number < _MOST_ENTRIES]


def _rest(count: int, words: str) -> dict[str, Any]:
    return {words: count} if count > _MOST_ENTRIES else {}


def _shapes(inputs: Iterable[Shape], outputs: Iterable[Shape]) -> Form:
    return {"in": [_shape(shape) for shape in inputs], "out": [_shape(shape) for shape in outputs] or ["?"]}


def _shape(shape: Shape) -> str:
    return "?" if shape == UNKNOWN else shape_text(shape)


def _name(item: Composite, graph: LayerGraph) -> str:
    if item.type in graph.types:
        return graph.types[item.type].name
    if isinstance(item, Backbone | Nested):
        return item.network.title or item.network.name
    return short_name(next(iter(item.body.items())) if isinstance(item, Run) else item)
