"""Code that calls JAX itself, under Keras' JAX backend: ``KERAS_BACKEND=jax pytest -m jax tests/frontends``.

CI's Keras runs on TensorFlow, which can't trace it.
"""

from __future__ import annotations

import os
from typing import Any

import pytest

from blockviz.costs.cost import macs
from blockviz.frontends import read_model
from blockviz.ir import LayerGraph, Node, layers_of, leaves, size_words
from blockviz.pipeline import summarize

pytestmark = pytest.mark.jax
if os.environ.get("KERAS_BACKEND") != "jax":
    pytest.skip("needs KERAS_BACKEND=jax", allow_module_level=True)
jax: Any = pytest.importorskip("jax", reason="code of JAX' own needs JAX")
keras: Any = pytest.importorskip("keras")
jnp, lax, layers = jax.numpy, jax.lax, keras.layers
from subclassed import jax_style  # noqa: E402


def _params(graph: LayerGraph) -> int:
    return sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())


def _macs(graph: LayerGraph) -> list[int | None]:
    return [macs(node) for node in leaves(graph)]


ENCODER = 4 * (4 * 32 * 32 * 32 + 2 * 32 * 32 * 32 + 2 * 32 * 32 * 128) + 32 * 3
DECODER = 3 * (4 * 32 * 32 * 32 + 2 * 32 * 32 * 32 + 3 * 32 * 32 * 96) + 32 * 32 * 50
RESNET = 16 * 16 * 27 * 16 + 6 * 8 * 8 * 9 * 16 * 16 + 160
RECURRENT = 20 * (16 * 24 + 24 * 24) + 48


@pytest.mark.parametrize(
    ("name", "shape", "blocks", "count"),
    [
        ("JaxEncoder", (1, 32), [("Encoder layer", 4)], ENCODER),
        ("JaxDecoder", (1, 32), [("JaxDecoderLayer", 3)], DECODER),
        ("JaxResNet", (1, 32, 32, 3), [("Basic block", 3)], RESNET),
        ("JaxRecurrent", (1, 20), [], RECURRENT),
    ],
)
def test_a_model_that_calls_jax_is_opened(
    name: str, shape: tuple[int, ...], blocks: list[tuple[str, int]], count: int
) -> None:
    import numpy as np

    model = getattr(jax_style, name)()
    summary = summarize(model, inputs=np.zeros(shape, "float32" if len(shape) > 2 else "int32"))
    graph = summary.graph
    assert not graph.graph["closed"] and _params(graph) == model.count_params()
    assert None not in _macs(graph) and sum(filter(None, _macs(graph))) == count
    assert [(found.name, found.count) for found in summary.blocks] == blocks


def test_a_text_of_any_length_has_its_letter() -> None:
    graph = read_model(jax_style.JaxEncoder(), (1, None))
    shapes = {node.op: size_words(node.outputs[0]) for node in leaves(graph)}
    assert shapes["Gelu"] == ("L", "128") and shapes["Softmax"] == ("3",)


def _inner(call: Any) -> Any:
    """A functional model around a composite with such a ``call``, a dense layer, and weights of its own."""

    class Inner(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="inner")
            self.dense = layers.Dense(16)

        def build(self, shape: Any) -> None:
            self.dense.build(shape)
            self.w = self.add_weight(shape=(16, 24), name="w")
            self.kernel = self.add_weight(shape=(2, 2, 4, 8), name="kernel")

        def compute_output_spec(self, x: Any) -> Any:
            return keras.src.backend.compute_output_spec(self.call, x)

    Inner.call = call
    x = keras.Input((8, 16))
    return keras.Model(x, Inner()(x))


def _inside(call: Any) -> list[Node]:
    model = _inner(call)
    graph = read_model(model)
    assert not graph.graph["closed"] and _params(graph) == model.count_params()
    return [node for node in leaves(graph) if "inner" in node.within]


@jax.jit  # type: ignore[untyped-decorator]
def _product(x: Any, w: Any) -> Any:
    return jnp.tanh(x @ w)


CODE: list[tuple[Any, str]] = [
    (lambda s, x: jax.nn.softmax(s.dense(x), axis=-1), "Dense Softmax"),
    (lambda s, x: _product(s.dense(x), s.w.value), "Dense Dense Tanh"),
    (lambda s, x: jax.checkpoint(jnp.sin)(s.dense(x)), "Dense Sin"),
    (lambda s, x: jax.vmap(lambda row: row @ s.w.value)(s.dense(x)), "Dense Dense"),
    (lambda s, x: s.dense(x) + jax.random.normal(jax.random.key(0), x.shape), "Dense Add"),
    (lambda s, x: jnp.roll(s.dense(x), -2, axis=1), "Dense Roll"),
    (lambda s, x: jnp.pad(s.dense(x), ((0, 0), (1, 1), (0, 0)))[:, ::2], "Dense Pad GetItem"),
    (lambda s, x: jnp.concatenate([s.dense(x)[:, :1], x[:, 1:]], 1), "Dense GetItem GetItem Concatenate"),
    (lambda s, x: jnp.mean(s.dense(x), axis=1) / 1.0, "Dense Mean"),
    (lambda s, x: jnp.max(s.dense(x) * 1.0 + 0.0, axis=1), "Dense Max"),
    (lambda s, x: jax.nn.glu(jax.nn.silu(s.dense(x))), "Dense Silu Glu"),
    (lambda s, x: jax.nn.one_hot(jnp.argmax(s.dense(x), -1), 16), "Dense Argmax OneHot"),
    (lambda s, x: jnp.stack([s.dense(x[:, i]) for i in range(2)], 1), "GetItem Dense GetItem Dense Stack"),
    (lambda s, x: lax.top_k(s.dense(x), 4)[0], "Dense TopK"),
    (lambda s, x: s.dense(jnp.take(x, jnp.array([0, 2]), axis=1)), "Take Dense"),
    (lambda s, x: s.dense(x).at[:, 0].set(0.0), "Dense Scatter"),
    (lambda s, x: jax.image.resize(s.dense(x)[..., None], (x.shape[0], 9, 9, 1), "nearest"), "Dense ExpandDims Resize"),
    (
        lambda s, x: lax.conv_general_dilated(
            jnp.reshape(s.dense(x), (-1, 8, 4, 4)), s.kernel.value, (2, 2), "VALID",
            dimension_numbers=("NHWC", "HWIO", "NHWC")),
        "Dense Reshape Conv2D",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("call", "ops"), CODE, ids=[ops for _, ops in CODE])
def test_equations_are_calls_by_the_names_of_keras(call: Any, ops: str) -> None:
    found = _inside(call)
    assert " ".join(node.op for node in found) == ops
    assert None not in [macs(node) for node in found]


def test_softmax_and_gelu_written_out_stay_arithmetic_on_the_tensor_itself() -> None:
    def call(self: Any, x: Any) -> Any:
        y = self.dense(x)
        y = jnp.exp(y - jnp.max(y, axis=-1, keepdims=True))
        return y / jnp.sum(y, axis=-1, keepdims=True)

    found = _inside(call)
    assert [node.op for node in found] == ["Dense", "Max", "Subtract", "Exp", "Sum", "Divide"]
    assert found[1].config["keepdims"] and found[4].outputs == ((None, 8, 1),)


def test_a_causal_mask_is_told() -> None:
    def call(self: Any, x: Any) -> Any:
        q = self.dense(x)
        scores = jnp.where(jnp.tril(jnp.ones((8, 8), bool)), q @ jnp.swapaxes(q, 1, 2), -1e9)
        return jax.nn.softmax(scores) @ q

    where = next(node for node in _inside(call) if node.op == "Where")
    assert where.args["0"] == {"class_name": "Array", "config": {"shape": [8, 8], "trait": "triangle"}}
    assert where.args["2"] == -1e9


def test_a_loop_has_a_body_that_counts_as_often_as_it_is_run() -> None:
    found = _inside(lambda self, x: lax.fori_loop(0, 4, lambda _, y: self.dense(y), x))
    assert [(node.op, macs(node)) for node in found] == [("Dense", 4 * 8 * 16 * 16), ("Scan", 0)]
    assert {node.within for node in found} == {("inner", "inner/scan")} and found[-1].args == {"times": 4}


def test_what_a_composite_calls_in_a_loop_is_in_its_body() -> None:
    class Universal(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="universal")
            self.step = jax_style.JaxEncoderLayer(16, 2, name="step")

        def call(self, x: Any) -> Any:
            return lax.fori_loop(0, 6, lambda _, y: self.step(y), x)

    x = keras.Input((12, 16))
    model = keras.Model(x, Universal()(x))
    summary = summarize(model)
    graph = summary.source
    inside = [node for node in leaves(graph) if node.within]
    assert all(node.within[:2] == ("universal", "universal/scan") for node in inside)
    one = 4 * 12 * 16 * 16 + 2 * 12 * 12 * 16 + 2 * 12 * 16 * 64
    assert sum(macs(node) or 0 for node in inside) == 6 * one and _params(graph) == model.count_params()
    assert [found.name for found in summary.blocks] == ["Scan, 6 times"]


def test_nobody_knows_how_often_a_branch_or_an_open_loop_is_run() -> None:
    def branch(self: Any, x: Any) -> Any:
        return lax.cond(jnp.sum(x) > 0, self.dense, lambda y: 2 * y, x)

    def loop(self: Any, x: Any) -> Any:
        return lax.while_loop(lambda y: jnp.sum(y) < 0, self.dense, x)

    for call, kind in ((branch, "If"), (loop, "Loop")):
        counts = {node.op: macs(node) for node in _inside(call)}
        assert counts["Dense"] is None and counts[kind] == 0


@pytest.mark.filterwarnings("ignore:Layer 'inner' looks", "ignore:`build\\(\\)` was called")
def test_what_depends_on_values_stays_closed_with_both_reasons() -> None:
    def call(self: Any, x: Any) -> Any:
        return self.dense(x) if jnp.sum(x) > 0 else x

    class Inner(layers.Layer):  # type: ignore[misc, name-defined]
        def __init__(self) -> None:
            super().__init__(name="inner")
            self.dense = layers.Dense(16)

        def compute_output_shape(self, shape: Any) -> Any:
            return shape

        def compute_output_spec(self, x: Any) -> Any:
            return keras.KerasTensor(x.shape, x.dtype)

    Inner.call = call  # type: ignore[method-assign]
    x = keras.Input((8, 16))
    graph = read_model(keras.Model(x, Inner()(x)))
    assert "as a graph: TracerBoolConversionError" in graph.graph["closed"]["inner"]
    assert [node.op.rpartition(">")[2] for node in leaves(graph)] == ["InputLayer", "Inner"]


def test_nothing_stays_on_jax_or_on_the_model() -> None:
    import numpy as np

    model = jax_style.JaxEncoder()
    x = np.arange(32).reshape(1, 32)
    before, functions = np.asarray(model(x)), dict(vars(jax.nn))
    for _ in range(2):
        read_model(model)
    assert vars(jax.nn) == functions
    assert np.array_equal(np.asarray(model(x)), before)
