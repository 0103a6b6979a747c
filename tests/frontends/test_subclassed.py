"""Forty subclassed models as people write them: each becomes a page that shows its blocks, its parameters exact."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest

from blockviz import summarize
from blockviz.ir import layers_of, leaves

pytestmark = pytest.mark.tensorflow

# Their names, read without importing Keras: tests that need no TensorFlow are not to wait for it.
FILES = sorted((Path(__file__).parents[1] / "subclassed").glob("*.py"))
NAMES = [name for file in FILES for name in re.findall(r"^@model\ndef (\w+)", file.read_text("utf-8"), re.MULTILINE)]

# Per model, the repeats that its code writes: how many times, as any block, unit or row of units of the page.
REPEATS = {
    "resnet": 4, "mlp": 3, "unet": 4, "vision_transformer": 4, "squeeze_excite_net": 4, "conv_mixer": 5,
    "densenet": 4, "inception_tutorial": 3, "swin_like": 4, "text_transformer": 3, "mini_gpt": 4,
    "neural_machine_translation": 3, "switch_transformer": 3, "temporal_convolution": 4, "wavenet": 5,
    "graph_attention": 3, "message_passing": 3, "custom_linear_layers": 3, "perceiver": 3,
    "detr_like": 3, "tensorflow_style": 3, "tensorflow_attention": 3, "gated_residual_network": 4,
}  # fmt: skip


def _counts(summary: Any) -> set[int]:
    return {part.repeat for part in summary.overview} | {found.count for found in summary.blocks}


@pytest.fixture(scope="module")
def models() -> dict[str, Any]:
    pytest.importorskip("keras")
    from subclassed import MODELS

    return MODELS


@pytest.mark.parametrize("name", NAMES)
def test_a_subclassed_model_is_a_page_that_shows_its_blocks(name: str, models: dict[str, Any]) -> None:
    model, inputs = models[name]()
    summary = summarize(model, inputs=inputs)
    graph = summary.source
    assert not graph.graph["closed"]
    assert sum(layer.params or 0 for layer in layers_of(leaves(graph)).values()) == model.count_params()
    assert summary.page()
    if name in REPEATS:
        assert REPEATS[name] in _counts(summary)


def test_there_are_forty_of_them(models: dict[str, Any]) -> None:
    assert sorted(models) == sorted(NAMES)
    assert len(NAMES) >= 40
