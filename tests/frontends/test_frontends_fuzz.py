"""Whatever a file says: a layer graph or one sentence, nothing else."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from blockviz.errors import ModelError
from blockviz.frontends import graph_from_config
from blockviz.frontends.keras.files import parse_config
from blockviz.ir import LayerGraph, leaves
from configs import keras2_inner, layer, legacy, model, source, tensor

Path = tuple[Any, ...]


def _keras3() -> dict[str, Any]:
    nested = model(
        "n",
        [source("i"), layer("Dense", "a", [tensor("i")], units=4), layer("LSTM", "b", [tensor("a")], units=2)],
        {"k": ["i", 0, 0]},
        [["a", 0, 0], ["b", 0, 0]],
        [{"k": tensor("x")}],
        [tensor("n", 0, 1)],
    )
    timed = layer("TimeDistributed", "t", [tensor("x")], layer=copy.deepcopy(nested))
    both = layer("Bidirectional", "bi", [tensor("x")], layer=layer("LSTM", "f", units=3, return_state=True))
    layers = [
        source("x"),
        nested,
        timed,
        both,
        layer("Concatenate", "c", [[tensor("n", 0, 0), tensor("n", 1, 1), tensor("t")]], axis=-1),
        layer("Add", "plus", [1.0, tensor("c")], module="keras.src.ops.numpy"),
        layer("Conv2D", "conv", [tensor("plus")], filters=3, kernel_size=[3, 3], strides=[1, 1], padding="same"),
        layer("Reshape", "r", [tensor("conv")], target_shape=[-1, 2]),
    ]
    return model("m", layers, {"x": ["x", 0, 0]}, [["r", 0, 0], ["n", 2, 0], ["bi", 0, 1]])


def _keras2() -> dict[str, Any]:
    layers = [
        legacy("InputLayer", "x", batch_input_shape=[None, 4]),
        keras2_inner("n", [["x", 0, 0, {}]]),
        legacy("TFOpLambda", "tf.math.add", [["n", 1, 0, {"y": ["x", 0, 0]}]], function="math.add"),
        legacy("Concatenate", "c", [["n", 1, 0, {}], ["tf.math.add", 0, 0, {}]], axis=-1),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["c", 0, 0]]}
    return {"class_name": "Functional", "config": config}


def _sequential() -> dict[str, Any]:
    layers = [layer("Dense", "a", units=3), layer("Dropout", "b", rate=0.1)]
    return {"class_name": "Sequential", "config": {"name": "s", "layers": layers, "build_input_shape": [None, 4]}}


SEEDS = (_keras3(), _keras2(), _sequential())
KEYS = st.sampled_from(["class_name", "config", "layers", "layer"])
SCALARS = st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(["x", "n", "$0", "$9", ""])
JUNK = st.recursive(SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(KEYS, inner), max_leaves=5)


def _paths(value: Any, path: Path = ()) -> list[Path]:
    found = [path] if path else []
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, inner in items:
        found += _paths(inner, (*path, key))
    return found


def _get(value: Any, path: Path) -> Any:
    for key in path:
        value = value[key]
    return value


def _mutate(config: dict[str, Any], data: st.DataObject) -> None:
    if not config:
        return
    path = data.draw(st.sampled_from(_paths(config)))
    parent, key = _get(config, path[:-1]), path[-1]
    action = data.draw(st.sampled_from(["junk", "swap", "remove", "double"]))
    if action == "junk":
        parent[key] = data.draw(JUNK)
    elif action == "swap":
        parent[key] = copy.deepcopy(_get(config, data.draw(st.sampled_from(_paths(config)))))
    elif action == "remove":
        del parent[key]
    elif isinstance(parent, list):
        parent.append(copy.deepcopy(parent[key]))


@pytest.mark.parametrize("seed", SEEDS, ids=("keras 3", "keras 2", "sequential"))
def test_the_seeds_themselves_are_fine(seed: dict[str, Any]) -> None:
    assert all(() not in node.outputs for node in leaves(graph_from_config(seed)) if node.op != "Conv2D")


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(SEEDS), st.data())
def test_mutations_of_a_model_are_graphs_or_sentences(seed: dict[str, Any], data: st.DataObject) -> None:
    config = copy.deepcopy(seed)
    for _ in range(data.draw(st.integers(1, 4))):
        _mutate(config, data)
    try:
        graph = graph_from_config(config)
    except ModelError as error:
        assert str(error)
        return
    _is_whole(graph)


def _is_whole(graph: LayerGraph) -> None:
    """Edges and exits lead to outputs that exist, the order is topological, and configurations are JSON."""
    seen: set[str] = set()
    for node in leaves(graph):
        reads = graph.operand_list(node.id)
        assert [to for to, _, _ in reads] == list(range(len(node.inputs)))
        assert all(name in seen and out < len(graph.item(name).outputs) for _, name, out in reads)
        assert node.layer.params is None or node.layer.params >= 0
        json.dumps([node.config, node.args])
        seen.add(node.id)
    assert all(out < len(graph.item(name).outputs) for name, out in graph.exits)
    assert set(graph.inputs) <= seen


@given(st.binary(max_size=60) | st.text(max_size=60).map(str.encode))
def test_bytes_are_a_dict_or_a_sentence(data: bytes) -> None:
    try:
        assert isinstance(parse_config(data, "m.keras"), dict)
    except ModelError as error:
        assert "\n" not in str(error)
