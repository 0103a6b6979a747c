"""Settings of layers are what Keras writes, or one sentence says which is not; classes of others are left alone."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from blockviz.errors import ModelError, quoted
from blockviz.frontends import graph_from_config
from blockviz.ops.settings import KINDS
from blockviz.ops.vocabulary import knows
from blockviz.pipeline import summarize
from configs import layer, model, source, tensor

WRONG = [10**400, float("nan"), float("inf"), -1e300, {"a": 1}, [[[[1]]]], ["x", None, {}]]


def _with(op: str, **config: Any) -> dict[str, Any]:
    entry = layer(op, "it", [tensor("x")], **config)
    return model("m", [source("x", (None, 8, 8, 3)), entry], ["x", 0, 0], ["it", 0, 0])


@pytest.mark.parametrize("key", sorted(KINDS))
def test_every_setting_is_checked(key: str) -> None:
    refused = 0
    for value in WRONG:
        try:
            graph_from_config(_with("Conv2D", **{"filters": 4, "kernel_size": [3, 3], key: value}))
        except ModelError as error:
            assert "'it'" in str(error) and len(str(error)) < 400
            refused += 1
    assert refused >= 3  # a few may be lists or objects


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("Dense", {"units": [1]}), ("Dense", {"units": True}), ("Dense", {"units": 0}), ("Dense", {"units": "8"}),
        ("Conv2D", {"filters": 4, "kernel_size": [3, 3], "groups": "x"}), ("Activation", {"activation": [1]}),
        ("Conv2D", {"filters": 4, "kernel_size": [3, -3]}), ("Conv2D", {"filters": 4, "kernel_size": 3, "strides": 0}),
        ("Dropout", {"rate": float("nan")}), ("Conv2D", {"filters": 2**41, "kernel_size": [1, 1]}),
        ("Dense", {"units": 8, "use_bias": "no"}), ("LSTM", {"units": 4, "return_sequences": [0]}),
        ("ZeroPadding2D", {"padding": [[1, -1], [0, 0]]}), ("Reshape", {"target_shape": [10**20]}),
        ("TimeDistributed", {"layer": 3}), ("RNN", {"cell": {"class_name": 3, "config": {}}}),
    ],
)  # fmt: skip
def test_what_keras_never_writes_is_one_sentence(op: str, settings: dict[str, Any]) -> None:
    with pytest.raises(ModelError, match="layer 'it' is"):
        graph_from_config(_with(op, **settings))


@pytest.mark.parametrize(
    ("op", "settings"),
    [
        ("Dense", {"units": 64.0}), ("GroupNormalization", {"groups": -1}), ("Lambda", {"output_shape": "f"}),
        ("ZeroPadding2D", {"padding": 1}), ("MaxPooling2D", {"pool_size": [2, 2], "strides": None}),
        ("BatchNormalization", {"axis": [3]}), ("Normalization", {"axis": None, "mean": 0.5}),
        ("Activation", {"activation": {"class_name": "LeakyReLU", "config": {"negative_slope": 0.1}}}),
        ("Reshape", {"target_shape": [-1, 3]}), ("Activation", {"activation": None}),
        ("MultiHeadAttention", {"num_heads": 2, "key_dim": 3, "output_shape": None, "attention_axes": [1]}),
        ("EinsumDense", {"equation": "abcd,de->abce", "output_shape": [None, None, 4], "bias_axes": None}),
    ],
)  # fmt: skip
def test_what_keras_writes_passes(op: str, settings: dict[str, Any]) -> None:
    assert len(graph_from_config(_with(op, **settings))) == 2


def test_a_class_of_somebody_else_may_mean_something_else() -> None:
    own = {"units": [64, 32], "kernel_size": "wide", "activation": 3, "rate": "slow"}
    entry = layer("Tower", "it", [tensor("x")], module="lab.layers", **own)
    summary = summarize(model("m", [source("x", (None, 8)), entry], ["x", 0, 0], ["it", 0, 0]))
    config = summary.source.item("it").config
    assert config == {f"own {key}": value for key, value in own.items()} and not knows("Tower")
    summary.page()


@given(st.recursive(st.text() | st.integers() | st.floats() | st.binary(), st.lists))
def test_a_quotation_is_short_and_printable(value: Any) -> None:
    assert len(quoted(value)) <= 200 and quoted(value).isprintable()


def test_what_is_endless_is_quoted_at_once() -> None:
    nested: list[Any] = []
    for _ in range(100):
        nested = [nested, nested]
    for value in ("x" * 10**7, 10**5000, [10**5000] * 10**6, nested):
        assert len(quoted(value)) <= 200
