"""Dropout of a sum or a product within an idiom makes it no other."""

from __future__ import annotations

import copy
from typing import Any

import pytest

from patterns.test_idioms import listed_in, spellings, written


def tensors(value: Any) -> list[dict[str, Any]]:
    """The tensors that a call reads."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        return [value]
    parts = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return [found for part in parts for found in tensors(part)]


def with_dropout(model: dict[str, Any]) -> dict[str, Any]:
    """The network with dropout behind each product that a sum reads."""
    made = copy.deepcopy(model)
    layers = made["config"]["layers"]
    products = {layer["name"] for layer in layers if layer["class_name"] == "Multiply"}
    for layer in [layer for layer in layers if layer["class_name"] == "Add"]:
        for tensor in tensors(layer["inbound_nodes"]):
            source = tensor["config"]["keras_history"][0]
            if source in products:
                name = f"drop_{len(layers)}"
                call = {"args": [copy.deepcopy(tensor)], "kwargs": {}}
                added = {"module": "keras.layers", "class_name": "Dropout", "name": name, "inbound_nodes": [call]}
                layers.insert(layers.index(layer), {**added, "config": {"name": name, "rate": 0.1}})
                tensor["config"]["keras_history"] = [name, 0, 0]
    return made


CASES = {
    "cross_low_rank": spellings, "g_highway_sub": written, "g_sk": written,
    "d_coupling_ops": written,
}  # fmt: skip


@pytest.mark.parametrize("name", CASES)
def test_dropout_of_a_product_takes_no_word_away(name: str) -> None:
    model = CASES[name]()[name]["model"]
    changed = with_dropout(model)
    assert len(changed["config"]["layers"]) > len(model["config"]["layers"])
    assert [word for word, _ in listed_in(changed)] == [word for word, _ in listed_in(model)]
