"""The graph read from a file is the graph of the model in memory, and both are what Keras says of itself."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import pytest

from blockviz.backbones import catalogue
from blockviz.frontends import graph_from_config, read_model
from blockviz.ir import LayerGraph, layers_of, leaves
from blockviz.ir.packed_json import pack

pytestmark = pytest.mark.tensorflow


def _keras() -> Any:
    return pytest.importorskip("keras")


def _shared() -> Any:
    keras = _keras()
    a, b = keras.Input((8,), name="a"), keras.Input((8,), name="b")
    tower = keras.Sequential([keras.Input((8,)), keras.layers.Dense(4, name="d")], name="tower")
    dense = keras.layers.Dense(4, name="shared")
    left, right = dense(tower(a)), dense(tower(b))
    return keras.Model([a, b], [dense(left), keras.layers.Dot(1, name="dot")([left, right])], name="siamese")


def _nested() -> Any:
    keras = _keras()
    layers = keras.layers
    x = keras.Input((None, None, 3), name="image")
    y = layers.Conv2D(4, 3, strides=2, padding="same", name="c")(x)
    z = layers.Conv2D(6, 1, name="d")(y)
    inner = keras.Model(x, {"low": y, "high": z}, name="inner")
    x = keras.Input((32, 32, 3), name="x")
    outs = inner(x)
    middle = keras.Model(x, [layers.Add(name="twice")([outs["high"], outs["high"]]), outs["low"]], name="middle")
    middle.trainable = False
    p, q = keras.Input((32, 32, 3), name="p"), keras.Input((32, 32, 3), name="q")
    (a, b), (c, _) = middle(p), middle(q)
    joined = keras.ops.concatenate([a, b, c], axis=-1) * 2.0 + 1
    return keras.Model({"q": q, "p": p}, {"z": keras.layers.Flatten(name="flat")(joined), "a": p}, name="outer")


def _sequence() -> Any:
    keras = _keras()
    layers = keras.layers
    video = keras.Input((5, 16, 16, 3), name="video")
    frame = keras.Sequential(
        [keras.Input((16, 16, 3)), layers.Conv2D(2, 3, name="conv"), layers.Flatten(name="flat")], name="frame"
    )
    x = layers.TimeDistributed(frame, name="frames")(video)
    x = layers.TimeDistributed(layers.Dense(7, name="inner_dense"), name="dense")(x)
    x, *states = layers.Bidirectional(layers.LSTM(3, return_sequences=True, return_state=True), name="bi")(x)
    x = layers.MultiHeadAttention(2, 4, name="mha")(query=x, value=x, key=x, use_causal_mask=True)
    x = layers.LSTM(6, name="last")(x, initial_state=[layers.concatenate(states[:2]), layers.concatenate(states[2:])])
    return keras.Model(video, x, name="video_net")


def _text() -> Any:
    keras = _keras()
    layers = keras.layers
    tokens = keras.Input((12,), dtype="int32", name="tokens")
    x = layers.Embedding(50, 8, mask_zero=True, name="embed")(tokens)
    x = layers.MultiHeadAttention(2, 4, name="mha")(x, x)
    x = keras.ops.where(x > 0, x, 0.0)[:, 0]
    first, second = keras.ops.split(x, 2, axis=-1)
    return keras.Model(tokens, [first, keras.ops.einsum("bi,bj->bij", first, second)], name="text")


def _deferred() -> Any:
    keras = _keras()
    layers = keras.layers
    inner = keras.Sequential([layers.Dense(4, name="a"), layers.ReLU(name="r")], name="inner")
    return keras.Sequential([keras.Input((6,), name="start"), inner, layers.Dense(2, name="end")], name="chain")


def _outputs_of_nested() -> Any:
    keras = _keras()
    layers = keras.layers
    chain = keras.Sequential([layers.Dense(4, name="a"), layers.ReLU(name="r")], name="chain")
    start = keras.Input((4,), name="start")
    net = keras.Model(start, layers.Dense(4, name="b")(layers.Dense(4, name="c")(start)), name="net")
    x, y = keras.Input((4,), name="x"), keras.Input((4,), name="y", optional=True)
    once, twice = chain(x), net(x)
    return keras.Model({"x": x, "y": y}, [chain(once), net(twice), twice, once, net(y), x], name="many")


def _masked() -> Any:
    keras = _keras()
    layers = keras.layers
    q, v = keras.Input((4, 8), name="q"), keras.Input((6, 8), name="v")
    mask = keras.Input((4, 6), dtype="bool", name="mask")
    head = layers.MultiHeadAttention(2, 4, name="head")(q, v, attention_mask=mask)
    pair = {"left": keras.Input((4, 8), name="l"), "right": keras.Input((4, 8), name="r")}
    merge = keras.Model(pair, layers.Concatenate(name="cat")([pair["right"], pair["left"]]), name="merge")
    merged = merge({"right": head, "left": q})
    normal = layers.LayerNormalization(name="norm")(layers.Dropout(0.1, name="drop")(merged, training=True))
    return keras.Model([q, v, mask], keras.ops.mean(normal, axis=[1]), name="masked")


MODELS: tuple[Callable[[], Any], ...] = (
    _shared, _nested, _sequence, _text, _deferred, _outputs_of_nested, _masked
)  # fmt: skip


def _params(graph: LayerGraph) -> int:
    return sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())


def _without_modules(packed: dict[str, Any]) -> dict[str, Any]:
    """HDF5 files leave out which module a class comes from."""
    return {**packed, "layers": [[op, *rest] for op, _, *rest in packed["layers"]]}


@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__.strip("_"))
def test_all_forms_of_a_model_give_one_graph(build: Callable[[], Any], tmp_path: Path) -> None:
    keras = _keras()
    keras.backend.clear_session()
    model = build()
    graph = read_model(model)
    (tmp_path / "model.json").write_text(model.to_json())
    model.save(tmp_path / "model.keras")
    model.save(tmp_path / "model.h5")
    for suffix in (".json", ".keras"):
        assert pack(read_model(tmp_path / f"model{suffix}")) == pack(graph), suffix
    assert _without_modules(pack(read_model(tmp_path / "model.h5"))) == _without_modules(pack(graph))
    assert _params(graph) == model.count_params()
    assert all(layer.params is not None for layer in layers_of(leaves(graph)).values())
    assert [graph.item(name).outputs[index] for name, index in graph.exits] == [t.shape for t in model.outputs]
    assert [graph.item(name).outputs[0] for name in graph.inputs] == [t.shape for t in model.inputs]
    for source, target, data in graph.edges(data=True):
        for out, into in data["operands"]:
            assert graph.item(source).outputs[out] == graph.item(target).inputs[into], (source, target)


def test_mixed_precision_is_no_architecture() -> None:
    keras = _keras()
    keras.backend.clear_session()
    plain = pack(read_model(_nested()))
    keras.backend.clear_session()
    keras.mixed_precision.set_global_policy("mixed_float16")
    try:
        mixed = pack(read_model(_nested()))
    finally:
        keras.mixed_precision.set_global_policy("float32")
    assert [call[:4] for call in mixed["calls"]] == [call[:4] for call in plain["calls"]]  # bytes of a number apart
    assert {key: value for key, value in mixed.items() if key != "calls"} == {
        key: value for key, value in plain.items() if key != "calls"
    }


def test_a_frozen_model_freezes_its_layers() -> None:
    _keras().backend.clear_session()
    graph = read_model(_nested())
    inner = [layer for layer in layers_of(leaves(graph)).values() if layer.name.startswith("middle/")]
    assert inner and not any(layer.trainable for layer in inner)


def _unbuilt_sequential() -> Any:
    return _keras().Sequential([_keras().layers.Dense(3)])


def _subclassed() -> Any:
    class Own(_keras().Model):  # type: ignore[misc]
        def call(self, x: Any) -> Any:
            return x

    return Own()


def test_a_sequential_that_was_never_built_still_has_a_graph() -> None:
    graph = read_model(_unbuilt_sequential())
    assert [node.op for node in leaves(graph)] == ["InputLayer", "Dense"]


def test_a_subclassed_model_says_what_to_do() -> None:
    from blockviz.errors import ModelError

    with pytest.raises(ModelError, match="say it with --input"):
        read_model(_subclassed())


TEMPLATES = Path(__file__).parents[2] / "templates"


def _generator() -> Any:
    spec = importlib.util.spec_from_file_location("generate_backbones", TEMPLATES / "generate_backbones.py")
    assert spec and spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _keras_version() -> str:
    try:
        return version("keras")
    except PackageNotFoundError:
        return ""


def _to_build() -> list[str]:
    """The smallest network of each paper; all of them under another version of Keras than wrote the catalogue."""
    index = {name: catalogue.backbone_info(name) for name in catalogue.backbone_names()}
    made_by = json.loads((TEMPLATES / "backbones" / "made_by.json").read_text("utf-8"))["keras"]
    by_size = sorted(index, key=lambda name: -index[name].params)
    smallest = {index[name].references: name for name in by_size}
    return sorted(smallest.values()) if made_by == _keras_version() else sorted(index)


@pytest.mark.parametrize("name", _to_build())
def test_the_catalogue_is_what_keras_builds(name: str) -> None:
    _keras()
    assert json.loads(json.dumps(pack(_generator().live_graph(name)))) == json.loads(
        json.dumps(pack(catalogue.backbone_graph(name)))
    )


def test_the_catalogue_has_every_network() -> None:
    _keras()
    assert list(catalogue.backbone_names()) == _generator().network_names()


def _comparable(graph: LayerGraph) -> list[tuple[Any, ...]]:
    return [
        (node.id, node.op, node.inputs, node.outputs, dict(node.args), node.scope, node.config, node.layer.trainable,
         node.layer.params, graph.operand_list(node.id))
        for node in leaves(graph)
    ]  # fmt: skip


@pytest.mark.parametrize("build", MODELS, ids=lambda build: build.__name__.strip("_"))
def test_the_tensors_show_what_the_file_says(build: Callable[[], Any]) -> None:
    from blockviz.frontends.keras.live_wiring import describe

    _keras().backend.clear_session()
    model = build()
    walked, written = graph_from_config(describe(model) or {}), read_model(model)
    assert _comparable(walked) == _comparable(written)
    assert (walked.exits, walked.inputs, walked.scopes) == (written.exits, written.inputs, written.scopes)


def test_layers_that_cannot_describe_themselves_are_read_from_their_tensors() -> None:
    keras = _keras()
    keras.backend.clear_session()

    class Mute(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, function: Any) -> None:
            super().__init__(name="mute")
            self.function, self.inner = function, keras.layers.Dense(3)

        def build(self, shape: Any) -> None:
            self.inner.build(shape)

        def call(self, x: Any) -> Any:
            return self.function(self.inner(x))

        def get_config(self) -> Any:
            raise NotImplementedError

    x = keras.Input((4,), name="x")
    shared = keras.layers.Dense(4, name="d")
    unused = shared(keras.Input((4,)))
    y = Mute(lambda v: v)(shared(shared(x)))
    graph = read_model(keras.Model(x, [y, shared(x)], name="m"))
    assert unused is not None
    assert list(graph) == ["x", "d", "d@2", "d@3", "mute/dense"]  # opened, though it can't be written
    assert {node.layer.name: node.layer.params for node in leaves(graph)} == {"x": 0, "d": 20, "mute/dense": 15}
    chain = read_model(keras.Sequential([keras.Input((4,)), Mute(lambda v: v)], name="s"))
    assert [node.op for node in leaves(chain)] == ["InputLayer", "Dense"]


def test_models_that_write_only_what_they_are_made_from_are_read_from_their_tensors() -> None:
    keras = _keras()
    keras.backend.clear_session()

    class Backbone(keras.Model):  # type: ignore[misc]
        """As KerasHub's: built from layers, but its configuration is its constructor's arguments."""

        def __init__(self, units: int, **kwargs: Any) -> None:
            x = keras.Input((4,), name="x")
            super().__init__(x, keras.layers.Dense(units, name="d")(x), **kwargs)
            self.units = units

        def get_config(self) -> dict[str, Any]:
            return {"name": self.name, "units": self.units}

    assert list(read_model(Backbone(3, name="own"))) == ["x", "d"]
    image = keras.Input((4,), name="image")
    around = read_model(keras.Model(image, keras.layers.Dense(2, name="head")(Backbone(3, name="b")(image))))
    assert [node.layer.name for node in leaves(around)] == ["image", "b/d", "head"]
    chain = read_model(keras.Sequential([keras.Input((4,)), Backbone(3, name="c")], name="s"))
    assert [node.layer.name for node in leaves(chain)][-1] == "c/d"


def test_custom_layers_get_their_size_from_the_weights(tmp_path: Path) -> None:
    keras = _keras()
    keras.backend.clear_session()

    class Own(keras.layers.Layer):  # type: ignore[misc]
        def __init__(self, units: int = 3, **kwargs: Any) -> None:
            super().__init__(**kwargs)
            self.units, self.inner = units, keras.layers.Dense(units)

        def build(self, shape: Any) -> None:
            self.inner.build(shape)
            self.scale = self.add_weight(shape=(self.units,), name="scale")

        def call(self, x: Any) -> Any:
            return self.inner(x) * self.scale

        def get_config(self) -> dict[str, Any]:
            return {**super().get_config(), "units": self.units}

    nested = keras.Sequential([keras.Input((5,)), Own(4, name="b"), Own(3, name="c")], name="nested")
    model = keras.Sequential([keras.Input((7,)), Own(5, name="a"), nested, Own(2, name="d")], name="own")
    model.save(tmp_path / "own.keras")
    model.save(tmp_path / "own.h5")
    (tmp_path / "own.json").write_text(model.to_json())
    expected = {"a": 45, "nested/b": 28, "nested/c": 18, "d": 10}
    opened = layers_of(leaves(read_model(model)))
    assert sum(layer.params or 0 for layer in opened.values()) == sum(expected.values())
    for source in (tmp_path / "own.keras", tmp_path / "own.h5"):
        layers = layers_of(leaves(read_model(source)))
        assert {name: layer.params for name, layer in layers.items() if layer.op == "Own"} == expected, source
    unknown = layers_of(leaves(read_model(tmp_path / "own.json")))
    assert unknown["a"].params is None
    assert graph_from_config(json.loads(model.to_json())).graph["name"] == "own"
