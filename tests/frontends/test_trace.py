"""Composite layers and subclassed models of a live model: opened, counted exactly, and left as they were."""

from __future__ import annotations

import json
from typing import Any

import pytest

from blockviz import summarize
from blockviz.costs.cost import macs
from blockviz.errors import ModelError, UsageError
from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, Node, layers_of, leaves
from blockviz.ir.packed_json import pack

pytestmark = pytest.mark.tensorflow


def _keras() -> Any:
    return pytest.importorskip("keras")


def _encoder_layer() -> Any:
    keras = _keras()
    layers = keras.layers

    class EncoderLayer(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self, width: int, **options: Any) -> None:
            super().__init__(**options)
            self.attention = layers.MultiHeadAttention(2, width // 2)
            self.feed_forward = keras.Sequential([layers.Dense(4 * width, activation="gelu"), layers.Dense(width)])
            self.before, self.between = layers.LayerNormalization(), layers.LayerNormalization()

        def call(self, x: Any) -> Any:
            y = self.before(x)
            x = x + self.attention(y, y)
            return x + self.feed_forward(self.between(x))

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

    return EncoderLayer


def _vit() -> Any:
    keras = _keras()
    layers, ops = keras.layers, keras.ops
    encoder = _encoder_layer()

    class Patches(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.project = layers.Conv2D(16, 8, strides=8)
            self.position = layers.Embedding(17, 16)

        def build(self, shape: Any) -> None:
            self.token = self.add_weight(shape=(1, 1, 16), name="token")
            super().build(shape)

        def call(self, x: Any) -> Any:
            x = ops.reshape(self.project(x), (ops.shape(x)[0], 16, 16))
            token = ops.broadcast_to(self.token, (ops.shape(x)[0], 1, 16))
            return ops.concatenate([token, x], 1) + self.position(ops.arange(17))

    image = keras.Input((32, 32, 3), name="image")
    x = Patches()(image)
    for number in range(3):
        x = encoder(16, name=f"layer_{number}")(x)
    return keras.Model(image, layers.Dense(10, name="head")(x[:, 0]), name="vit")


def _node(graph: LayerGraph, name: str) -> Node:
    found = graph.item(name)
    assert isinstance(found, Node)
    return found


def _params(graph: LayerGraph) -> int:
    return sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())


def test_a_composite_is_opened_with_its_path_and_its_own_weights() -> None:
    model = _vit()
    graph = read_model(model)
    assert _params(graph) == model.count_params()
    assert [scope.op for scope in graph.composites.values()].count("EncoderLayer") == 3
    dense = next(node for node in leaves(graph) if node.op == "Dense" and node.within)
    assert dense.within[0] == "layer_0" and not dense.scope
    join = next(node for node in leaves(graph) if node.op == "Concatenate")
    assert join.layer.params == 16 and join.outputs == ((None, 17, 16),)
    table = next(node for node in leaves(graph) if node.op == "Embedding")
    assert table.layer.params == 17 * 16 and not table.inputs


def test_macs_of_what_was_opened_are_exact() -> None:
    graph = read_model(_vit())
    one = 4 * 17 * 16 * 16 + 2 * 17 * 17 * 16 + 2 * 17 * 16 * 64
    assert sum(macs(node) or 0 for node in leaves(graph)) == 16 * 8 * 8 * 3 * 16 + 3 * one + 160
    assert not any(macs(node) is None for node in leaves(graph))


def test_the_blocks_of_an_opened_model_are_found() -> None:
    summary = summarize(_vit())
    assert [(found.name, found.count) for found in summary.blocks] == [("Encoder layer", 3)]


def test_nothing_stays_on_the_users_objects_or_on_keras() -> None:
    keras = _keras()
    from keras.src.backend.common import global_state, variables
    from keras.src.layers.layer import Layer
    from keras.src.ops.operation import Operation

    model = _vit()
    layers = list(model._flatten_layers())

    def state() -> Any:
        wiring = [(len(layer._inbound_nodes), len(layer._outbound_nodes), len(layer._losses)) for layer in layers]
        names = dict(global_state.get_global_attribute("object_name_uids"))
        patched = [dict(vars(cls)) for cls in (Layer, Operation, keras.KerasTensor, variables.Variable)]
        return wiring, names, patched, [weight.numpy().tolist() for weight in model.weights]

    before = state()
    one, other = read_model(model), read_model(model)
    assert state() == before
    assert json.dumps(pack(one)) == json.dumps(pack(other))
    assert model(keras.ops.zeros((1, 32, 32, 3))).shape == (1, 10)


def _net(call: Any, **attributes: Any) -> Any:
    """A subclassed model with a ``call``."""
    keras = _keras()

    class Net(keras.Model):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="net")
            for name, value in attributes.items():
                setattr(self, name, value)

    Net.call = call
    return Net()


def test_a_subclassed_model_is_run_on_what_it_was_built_for() -> None:
    keras = _keras()
    layers = keras.layers
    model = _net(lambda self, x: self.dense(self.flat(self.conv(x))), conv=layers.Conv2D(8, 3), flat=layers.Flatten(),
                 dense=layers.Dense(10))  # fmt: skip
    with pytest.raises(ModelError, match="--input"):
        read_model(model)
    model.build((None, 28, 28, 1))
    graph = read_model(model)
    assert [node.op for node in leaves(graph)] == ["InputLayer", "Conv2D", "Flatten", "Dense"]
    assert _params(graph) == model.count_params() and graph.item("dense" if "dense" in graph else list(graph)[-1])


def test_a_model_that_nobody_called_is_run_on_the_given_inputs() -> None:
    keras = _keras()
    layers = keras.layers

    def model() -> Any:
        return _net(lambda self, image, text: self.join([self.a(image), self.pool(self.b(text))]), a=layers.Dense(4),
                    b=layers.Embedding(9, 4), pool=layers.GlobalAveragePooling1D(), join=layers.Add())  # fmt: skip

    graph = read_model(model(), {"image": (1, 3), "text": (1, 7)})
    assert graph.inputs == ("image", "text") and _params(graph) == 16 + 36
    graph = read_model(model(), [keras.ops.zeros((2, 3)), keras.KerasTensor((None, 7), "int32")])
    assert graph.inputs == ("image", "text") and _node(graph, "text").config["dtype"] == "int32"


def test_outputs_may_be_a_dict_a_tree_and_hold_what_is_no_tensor() -> None:
    keras = _keras()
    layers = keras.layers
    model = _net(lambda self, x: {"b": (self.one(x), None), "a": self.two(x), "c": 3}, one=layers.Dense(2),
                 two=layers.Dense(3))  # fmt: skip
    graph = read_model(model, (1, 5))
    assert [graph.item(name).outputs[index] for name, index in graph.exits] == [(None, 3), (None, 2)]


def test_open_sizes_stay_open_unless_they_are_given() -> None:
    keras = _keras()
    tokens = keras.Input((None,), dtype="int32", name="tokens")
    x = keras.layers.Embedding(50, 16)(tokens)
    model = keras.Model(tokens, _encoder_layer()(16, name="layer")(x))
    graph = read_model(model)
    assert graph.item(graph.exits[0][0]).outputs == ((None, None, 16),)
    assert any(macs(node) is None for node in leaves(graph))
    graph = read_model(model, {"tokens": (1, 12)})
    assert graph.item(graph.exits[0][0]).outputs == ((None, 12, 16),)
    assert not any(macs(node) is None for node in leaves(graph))
    with pytest.raises(UsageError, match="no input 'word'"):
        read_model(model, {"word": (1, 12)})


def test_what_lies_along_the_batch_axis_is_counted_for_one_example() -> None:
    keras = _keras()
    ops = keras.ops

    def windows(self: Any, x: Any) -> Any:
        batch = ops.shape(x)[0]
        parts = ops.reshape(x, (batch * 4, 4, 8))
        return ops.reshape(self.dense(parts), (batch, 16, 24))

    graph = read_model(_net(windows, dense=keras.layers.Dense(24)), (1, 16, 8))
    dense = next(node for node in leaves(graph) if node.op == "Dense")
    assert dense.rows == (4, 4) and dense.inputs == ((None, 4, 8),) and macs(dense) == 16 * 8 * 24


def test_a_layer_of_unknown_class_is_a_box_whose_work_is_counted() -> None:
    keras = _keras()

    class Linear(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(shape[-1], 6))

        def call(self, x: Any) -> Any:
            return keras.ops.matmul(x, self.kernel)

    graph = read_model(_net(lambda self, x: self.linear(x), linear=Linear(name="linear")), (1, 5, 4))
    node = _node(graph, "linear")
    assert (node.op, node.layer.params, macs(node)) == ("Linear", 24, 5 * 4 * 6)


def test_a_composite_in_time_distributed_is_opened_for_every_step() -> None:
    keras = _keras()
    video = keras.Input((5, 7, 16), name="video")
    model = keras.Model(video, keras.layers.TimeDistributed(_encoder_layer()(16, name="layer"), name="steps")(video))
    graph = read_model(model)
    attention = next(node for node in leaves(graph) if node.op == "MultiHeadAttention")
    assert attention.outputs == ((None, 5, 7, 16),) and attention.scope == ("steps",)
    assert graph.item(graph.exits[0][0]).outputs == ((None, 5, 7, 16),)


def test_what_cant_be_run_symbolically_stays_a_box_with_the_reason() -> None:
    keras = _keras()

    class Picky(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="picky")
            self.dense = keras.layers.Dense(4)

        def call(self, x: Any) -> Any:
            return self.dense(x) if keras.ops.sum(x) > 0 else self.dense(-x)

        def compute_output_spec(self, x: Any) -> Any:
            return keras.KerasTensor((*x.shape[:-1], 4))

    x = keras.Input((8,))
    layer = Picky()
    layer.dense.build((None, 8))
    model = keras.Model(x, keras.layers.Dense(2)(layer(x)))
    graph = read_model(model)
    assert _node(graph, "picky").layer.params == 36
    assert list(graph.graph["closed"]) == ["picky"] and "Picky" in graph.graph["closed"]["picky"]


def test_a_size_is_set_from_the_command_line(tmp_path: Any, capsys: Any, monkeypatch: Any) -> None:
    from blockviz.cli import main

    (tmp_path / "mine.py").write_text(
        "import keras\n"
        "class Net(keras.Model):\n"
        "    def __init__(self):\n"
        "        super().__init__(name='net')\n"
        "        self.conv, self.pool = keras.layers.Conv2D(8, 3), keras.layers.GlobalAveragePooling2D()\n"
        "    def call(self, image):\n"
        "        return self.pool(self.conv(image))\n"
    )
    monkeypatch.chdir(tmp_path)
    assert main(["inspect", "mine:Net"]) == 1
    assert "--input" in capsys.readouterr().err
    assert main(["inspect", "mine:Net", "--input", "1x34x34x3"]) == 0
    assert f"224 parameters, {32 * 32 * 27 * 8:,} MACs" in capsys.readouterr().out
    assert main(["inspect", "mine:Net", "--input", "34 by 34"]) == 2


def _written_for_tensorflow() -> Any:
    keras = _keras()
    tf = pytest.importorskip("tensorflow")
    layers = keras.layers

    class Gate(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="gate")
            self.value, self.open, self.drop = layers.Dense(8), layers.Dense(8), layers.Dropout(0.1)

        def build(self, shape: Any) -> None:
            self.scale = self.add_weight(shape=(8,), name="scale")
            self.value.build(shape)
            self.open.build(shape)

        def call(self, x: Any) -> Any:
            batch = tf.shape(x)[0]
            y = self.drop(self.value(x)) * tf.sigmoid(self.open(x)) * self.scale
            y = tf.reshape(y, [batch, 2, 4, 4])
            return tf.matmul(y, tf.transpose(y, [0, 1, 3, 2]))

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], 2, 4, 4)

    return Gate


def test_code_of_tensorflows_own_is_opened_through_a_graph() -> None:
    keras = _keras()
    if keras.config.backend() != "tensorflow":
        pytest.skip("only TensorFlow's backend has TensorFlow's graph")
    x = keras.Input((4, 8), name="x")
    model = keras.Model(x, keras.layers.Flatten()(_written_for_tensorflow()()(x)))
    graph = read_model(model)
    assert not graph.graph["closed"] and _params(graph) == model.count_params() == 2 * 72 + 8
    inside = [node for node in leaves(graph) if node.within == ("gate",)]
    assert [node.op for node in inside] == [
        "Dense", "Dense", "Sigmoid", "Multiply", "Multiply", "Reshape", "Transpose", "Matmul",
    ]  # fmt: skip
    assert inside[4].layer.params == 8 and inside[-1].outputs == ((None, 2, 4, 4),)
    assert sum(macs(node) or 0 for node in inside) == 2 * 4 * 64 + 2 * 4 * 4 * 4


def test_convolutions_of_a_tensorflow_graph_are_layers() -> None:
    keras = _keras()
    if keras.config.backend() != "tensorflow":
        pytest.skip("only TensorFlow's backend has TensorFlow's graph")
    tf = pytest.importorskip("tensorflow")

    class Stem(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="stem")
            self.dense = keras.layers.Dense(8)

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(3, 3, 3, 16))
            self.depthwise = self.add_weight(shape=(3, 3, 16, 1))
            self.dense.build((None, 6, 6, 16))

        def call(self, x: Any) -> Any:
            x = tf.nn.conv2d(x, self.kernel, strides=2, padding="SAME")
            return self.dense(tf.nn.depthwise_conv2d(x, self.depthwise, [1, 1, 1, 1], "VALID"))

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], 6, 6, 8)

    x = keras.Input((16, 16, 3))
    model = keras.Model(x, Stem()(x))
    graph = read_model(model)
    _, conv, depthwise, dense = leaves(graph)
    assert _params(graph) == model.count_params() and dense.op == "Dense"
    assert (conv.op, conv.config["strides"], conv.config["padding"]) == ("Conv2D", [2, 2], "same")
    assert (depthwise.op, depthwise.config["padding"]) == ("DepthwiseConv2D", "valid")
    assert [macs(conv), macs(depthwise)] == [8 * 8 * 27 * 16, 6 * 6 * 9 * 16]


def _written_with_variables() -> Any:
    keras = _keras()
    layers, ops = keras.layers, keras.ops

    class Stem(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="stem")
            self.norm = layers.BatchNormalization()

        def build(self, shape: Any) -> None:
            self.kernel = self.add_weight(shape=(3, 3, 4, 16), name="kernel")
            self.depthwise = self.add_weight(shape=(5, 5, 16, 1), name="depthwise")
            self.up = self.add_weight(shape=(2, 2, 6, 16), name="up")
            self.matrix = self.add_weight(shape=(6, 10), name="matrix")
            self.norm.build((None, 16, 16, 16))

        def call(self, x: Any) -> Any:
            x = self.norm(ops.conv(x, self.kernel, strides=2, padding="same"))
            x = ops.depthwise_conv(x, self.depthwise, padding="same")
            x = ops.conv_transpose(x, self.up, strides=2)
            return ops.matmul(x, self.matrix)

        def compute_output_shape(self, shape: Any) -> Any:
            return (shape[0], 32, 32, 10)

    return Stem


def test_a_function_on_a_variable_is_the_layer_that_does_the_same() -> None:
    keras = _keras()
    x = keras.Input((32, 32, 8), name="x")
    model = keras.Model(x, _written_with_variables()()(x))
    graph = read_model(model)
    assert _params(graph) == model.count_params()
    found = [node for node in leaves(graph) if node.within]
    assert [node.op for node in found] == [
        "Conv2D", "BatchNormalization", "DepthwiseConv2D", "Conv2DTranspose", "Dense",
    ]  # fmt: skip
    first = found[0].config
    assert (first["kernel_size"], first["filters"], first["groups"], first["strides"]) == ([3, 3], 16, 2, [2, 2])
    assert (found[3].config["filters"], found[4].config["units"]) == (6, 10)
    wanted = [16 * 16 * 9 * 4 * 16, 0, 16 * 16 * 25 * 16, 16 * 16 * 4 * 6 * 16, 32 * 32 * 60]
    assert [macs(node) for node in found] == wanted


def test_a_file_of_composites_is_loaded_only_where_that_is_asked_for(
    tmp_path: Any, capsys: Any, monkeypatch: Any
) -> None:
    import sys

    from blockviz.cli import main

    keras = _keras()
    (tmp_path / "ours.py").write_text(
        "import keras\n"
        "@keras.saving.register_keras_serializable('ours')\n"
        "class Net(keras.Model):\n"
        "    def __init__(self, **options):\n"
        "        super().__init__(**options)\n"
        "        self.dense = keras.layers.Dense(3)\n"
        "    def call(self, x):\n"
        "        return self.dense(x)\n"
    )
    monkeypatch.chdir(tmp_path)
    monkeypatch.syspath_prepend(str(tmp_path))
    model = __import__("ours").Net(name="net")
    model(keras.ops.zeros((1, 4)))
    model.save("net.keras")
    assert main(["inspect", "net.keras"]) == 1
    assert "--load" in capsys.readouterr().err
    assert main(["inspect", "net.keras", "--load"]) == 0
    assert "15 parameters, 12 MACs" in capsys.readouterr().out
    monkeypatch.delitem(sys.modules, "ours")
    (tmp_path / "ours.py").unlink()
    assert main(["inspect", "net.keras", "--load"]) == 1
    assert "the package 'ours'" in capsys.readouterr().err


def test_a_block_that_coincides_with_a_composite_goes_by_its_class_unless_the_literature_has_a_name() -> None:
    keras = _keras()
    layers = keras.layers

    class Twist(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.a, self.b, self.c = layers.Dense(8), layers.Dense(8), layers.Dense(8)

        def call(self, x: Any) -> Any:
            y = keras.ops.cast(self.a(x), "float16")
            return keras.ops.maximum(self.b(x), self.c(keras.ops.stop_gradient(y)))

    x = keras.Input((8,))
    y = x
    for _ in range(3):
        y = Twist()(y)
    summary = summarize(keras.Model(x, y))
    assert [(found.name, found.source, found.count) for found in summary.blocks] == [("Twist", "layer names", 3)]
    assert not {"Cast", "StopGradient"} & {node.op for node in leaves(summary.source)}
    assert [found.name for found in summarize(_vit()).blocks] == ["Encoder layer"]


def test_what_passes_on_what_it_is_given_is_no_call() -> None:
    keras = _keras()

    class DropPath(keras.layers.Layer):  # type: ignore[misc, name-defined]
        def call(self, x: Any, training: Any = None) -> Any:
            return x * keras.random.uniform((1,)) if training else x

    dense, drop = keras.layers.Dense(4), DropPath()
    graph = read_model(_net(lambda self, x: x + drop(dense(x)), dense=dense, drop=drop), (1, 4))
    assert [node.op for node in leaves(graph)] == ["InputLayer", "Dense", "Add"]


def test_what_does_nothing_is_looked_through_and_shares_no_weights() -> None:
    keras = _keras()
    keras.backend.clear_session()  # which numbers names anew
    layers = keras.layers

    class Twice(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__()
            self.one, self.two, self.drop = layers.Dense(8), layers.Dense(8), layers.Dropout(0.1)
            self.none, self.same, self.plain = layers.Dropout(0.0), layers.Identity(), layers.Activation("linear")

        def call(self, x: Any) -> Any:
            y = self.drop(self.one(self.none(x)))
            y = keras.ops.pad(y, [[0, 0], [0, 0]])
            return x + self.drop(self.two(self.plain(self.same(y))))

    x = y = keras.Input((8,))
    for _ in range(3):
        y = Twice()(y)
    summary = summarize(keras.Model(x, y))
    ops = [node.op for node in leaves(summary.source) if node.within[:1] == ("twice",)]
    assert ops == ["Dense", "Dropout", "Dense", "Dropout", "Add"]
    assert [(found.count, bool(found.called)) for found in summary.blocks] == [(3, False)]


def test_a_model_that_cant_be_run_says_why() -> None:
    keras = _keras()
    picky = _net(lambda self, x: self.dense(x) if keras.ops.sum(x) > 0 else x, dense=keras.layers.Dense(4))
    with pytest.raises(ModelError, match="can't be run on symbolic tensors") as caught:
        read_model(picky, (1, 4))
    assert "NotOpenedError" not in str(caught.value) and "Error: " in str(caught.value)
