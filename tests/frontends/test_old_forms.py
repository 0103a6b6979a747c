"""Architectures in old and neighbouring forms, read without a framework; and the sentence for what can't be read."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from blockviz.costs.macs import macs
from blockviz.errors import ModelError
from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, layers_of, leaves


def _written(tmp_path: Path, name: str, content: Any) -> str:
    data = content if isinstance(content, bytes) else json.dumps(content).encode()
    (tmp_path / name).write_bytes(data)
    return str(tmp_path / name)


def _params(graph: LayerGraph) -> list[int | None]:
    return [layer.params for layer in layers_of(leaves(graph)).values()]


def _layer(op: str, name: str, **config: Any) -> dict[str, Any]:
    return {"class_name": op, "config": {"name": name, **config}}


KERAS_1 = {
    "keras_version": "1.2.2", "class_name": "Sequential", "config": [
        _layer("Convolution2D", "c1", nb_filter=32, nb_row=3, nb_col=5, border_mode="same", subsample=[2, 2],
               dim_ordering="th", activation="relu", batch_input_shape=[None, 1, 28, 28], bias=True),
        _layer("MaxPooling2D", "p", pool_size=[2, 2], strides=[2, 2], border_mode="valid", dim_ordering="th"),
        _layer("Dropout", "o", p=0.25), _layer("Flatten", "f"),
        _layer("Dense", "d", output_dim=10, activation="softmax", bias=False),
    ],
}  # fmt: skip


def test_keras_1_is_read_in_the_words_of_keras_2(tmp_path: Path) -> None:
    graph = read_model(_written(tmp_path, "m.json", KERAS_1))
    assert [node.outputs[0] for node in leaves(graph)] == [
        (None, 1, 28, 28), (None, 32, 14, 14), (None, 32, 7, 7), (None, 32, 7, 7), (None, 1568), (None, 10),
    ]  # fmt: skip
    assert sum(count or 0 for count in _params(graph)) == 15 * 32 + 32 + 15680
    assert sum(macs(node) or 0 for node in leaves(graph)) == 14 * 14 * 15 * 32 + 15680
    without_version = {key: value for key, value in KERAS_1.items() if key != "keras_version"}
    assert _params(read_model(without_version)) == _params(graph)


def test_keras_1_recurrent_merged_and_wrapped_layers(tmp_path: Path) -> None:
    def call(name: str, op: str, *sources: str, **config: Any) -> dict[str, Any]:
        inbound = [[[source, 0, 0] for source in sources]] if sources else []
        return {**_layer(op, name, **config), "name": name, "inbound_nodes": inbound}

    layers = [
        call("x", "InputLayer", batch_input_shape=[None, 7], input_dtype="int32"),
        call("e", "Embedding", "x", input_dim=50, output_dim=8),
        call("l", "LSTM", "e", output_dim=4, inner_activation="hard_sigmoid", return_sequences=True),
        call("g", "GRU", "e", output_dim=4, return_sequences=True),
        call("m", "Merge", "l", "g", mode="concat", concat_axis=-1),
        call("t", "TimeDistributed", "m", layer=_layer("Dense", "inner", output_dim=3, bias=True)),
        call("s", "Merge", "t", "t", mode="sum"),
    ]
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [["s", 0, 0]]}
    graph = read_model(_written(tmp_path, "m.json", {"class_name": "Model", "config": config}))
    assert [node.op for node in leaves(graph)][4:] == ["Concatenate", "TimeDistributed", "Add"]
    assert _params(graph) == [0, 400, 4 * (12 * 4 + 4), 3 * (12 * 4 + 4), 0, 27, 0]


def test_what_was_written_before_keras_1_is_told_by_name(tmp_path: Path) -> None:
    old = {"name": "Sequential", "layers": [{"name": "Dense", "output_dim": 10, "input_shape": [20]}]}
    with pytest.raises(ModelError, match=r"Keras 0\.x"):
        read_model(_written(tmp_path, "m.json", old))


SEQUENTIAL = {
    "class_name": "Sequential",
    "config": {"name": "s", "layers": [_layer("Dense", "d", units=3, batch_input_shape=[None, 4], use_bias=True)]},
}


@pytest.mark.parametrize("topology", [{"keras_version": "2.4.0", "model_config": SEQUENTIAL}, SEQUENTIAL])
def test_tensorflow_js_keeps_the_architecture_under_its_topology(tmp_path: Path, topology: Any) -> None:
    document = {"format": "layers-model", "modelTopology": topology, "weightsManifest": []}
    assert _params(read_model(_written(tmp_path, "model.json", document))) == [0, 15]


def test_tensorflow_js_tells_the_weights_of_a_class_that_nobody_knows(tmp_path: Path) -> None:
    config = {"name": "s", "layers": [_layer("Mine", "mine", batch_input_shape=[None, 4])]}
    weights = [{"weights": [{"name": "mine/a", "shape": [4, 5], "dtype": "float32"}, {"name": "mine/b", "shape": [5]}]}]
    document = {"modelTopology": {"class_name": "Sequential", "config": config}, "weightsManifest": weights}
    assert _params(read_model(_written(tmp_path, "model.json", document))) == [0, 25]


def test_a_converted_graph_of_tensorflow_js_is_named(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"graph model.*tensorflowjs_converter"):
        read_model(_written(tmp_path, "model.json", {"format": "graph-model", "modelTopology": {"node": []}}))


def test_yaml_of_keras_2_is_read_and_nothing_in_it_is_run(tmp_path: Path) -> None:
    pytest.importorskip("yaml")
    text = """backend: tensorflow
class_name: Sequential
config:
  name: s
  layers:
  - class_name: Conv2D
    config: &c
      name: c
      filters: 4
      kernel_size: !!python/tuple [3, 3]
      batch_input_shape: !!python/tuple [null, 8, 8, 2]
keras_version: 2.2.4
"""
    graph = read_model(_written(tmp_path, "m.yaml", text.encode()))
    assert _params(graph) == [0, 76] and list(leaves(graph))[1].outputs == ((None, 6, 6, 4),)
    run = "class_name: Sequential\nconfig: !!python/object/apply:os.system ['true']\n"
    with pytest.raises(ModelError, match="YAML can't be read"):
        read_model(_written(tmp_path, "n.yaml", run.encode()))
    bomb = "class_name: Sequential\na0: &a0 [1, 1]\n"
    bomb += "".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 12))
    with pytest.raises(ModelError, match="enormous"):
        read_model(_written(tmp_path, "b.yaml", bomb.encode()))


def _record(*objects: tuple[str, Any]) -> bytes:
    """``keras_metadata.pb`` with these (path, settings)."""

    def field(number: int, value: bytes) -> bytes:
        size, out = len(value), b""
        while size > 127:
            out, size = out + bytes([size & 127 | 128]), size >> 7
        return bytes([number << 3 | 2]) + out + bytes([size]) + value

    return b"".join(
        field(1, b"\x10\x07" + field(3, path.encode()) + field(5, json.dumps(settings).encode()))
        for path, settings in objects
    )


def test_the_record_in_a_saved_model_of_keras_2(tmp_path: Path) -> None:
    marked = {"class_name": "__tuple__", "items": [3, 3]}
    shape = {"class_name": "TensorShape", "items": [None, 8, 8, 2]}
    layers = [_layer("Conv2D", "c", filters=4, kernel_size=marked, batch_input_shape=shape)]
    root = {"name": "s", "class_name": "Sequential", "config": {"name": "s", "layers": layers}}
    _written(tmp_path, "keras_metadata.pb", _record(("root.layer-0", layers[0]), ("root", root)))
    _written(tmp_path, "saved_model.pb", b"\x08\x01")
    for source in (tmp_path, tmp_path / "keras_metadata.pb"):
        assert _params(read_model(source)) == [0, 76]
    (tmp_path / "keras_metadata.pb").write_bytes(_record(("root", root))[:-3])
    with pytest.raises(ModelError, match="damaged"):
        read_model(tmp_path)
    (tmp_path / "keras_metadata.pb").unlink()
    with pytest.raises(ModelError, match="tf2onnx"):
        read_model(tmp_path)


def test_the_models_inside_a_model_without_a_graph_are_offered_by_name(tmp_path: Path) -> None:
    inside = {"encoder": SEQUENTIAL, "width": 3}
    path = _written(tmp_path, "m.json", {"class_name": "VAE", "module": "mine", "config": inside})
    with pytest.raises(ModelError, match=r"stands in its code.*--load.*'m\.json#encoder'"):
        read_model(path)
    assert _params(read_model(f"{path}#encoder")) == [0, 15]
    with pytest.raises(ModelError, match=r"no model 'decoder' inside; there is 'm\.json#encoder'"):
        read_model(f"{path}#decoder")


def test_of_many_models_inside_a_sentence_names_three(tmp_path: Path) -> None:
    inside = {f"encoder_{number}_{'x' * 999}": SEQUENTIAL for number in range(500)}
    path = _written(tmp_path, "m.json", {"class_name": "VAE", "module": "mine", "config": inside})
    with pytest.raises(ModelError, match="or one of 497 more") as caught:
        read_model(path)
    assert len(str(caught.value)) < 1200


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("m.keras", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        ("m.h5", b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n", "git lfs pull"),
        ("m.tflite", b"\x1c\x00\x00\x00TFL3rest", "--tflite"),
        ("frozen.pb", b"\n\x0f\n\x01x\x12\x0bPlaceholder", "--graphdef"),
        ("m.keras", b"", "empty file"),
    ],
)
def test_a_file_that_holds_no_architecture_is_named_with_the_remedy(
    tmp_path: Path, name: str, data: bytes, words: str
) -> None:
    with pytest.raises(ModelError, match=words):
        read_model(_written(tmp_path, name, data))


def test_an_output_that_only_the_model_returns_is_one() -> None:
    def call(name: str, op: str, *sources: str, **config: Any) -> dict[str, Any]:
        inbound = [[[source, 0, 0, {}] for source in sources]] if sources else []
        return {"class_name": op, "module": "mine" if op == "Two" else None, "name": name,
                "config": {"name": name, "trainable": True, **config}, "inbound_nodes": inbound}  # fmt: skip

    layers = [call("x", "InputLayer", batch_shape=[None, 8]), call("two", "Two", "x")]
    outputs = {"P2": ["two", 0, 0], "P3": ["two", 0, 1]}
    config = {"name": "m", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": outputs}
    graph = read_model({"class_name": "Functional", "config": config})
    assert graph.exits == (("two", 0), ("two", 1))
