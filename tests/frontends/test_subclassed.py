"""Forty subclassed models as people write them: each becomes a page that shows its blocks, its parameters exact."""

from __future__ import annotations

from typing import Any

import pytest

pytestmark = pytest.mark.tensorflow
pytest.importorskip("keras")

from blockviz import summarize  # noqa: E402
from blockviz.ir import layers_of, leaves  # noqa: E402
from subclassed import MODELS  # noqa: E402

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


@pytest.mark.parametrize("name", MODELS)
def test_a_subclassed_model_is_a_page_that_shows_its_blocks(name: str) -> None:
    model, inputs = MODELS[name]()
    summary = summarize(model, inputs=inputs)
    graph = summary.source
    assert not graph.graph["closed"]
    assert sum(layer.params or 0 for layer in layers_of(leaves(graph)).values()) == model.count_params()
    assert summary.page()
    if name in REPEATS:
        assert REPEATS[name] in _counts(summary)


def test_there_are_forty_of_them() -> None:
    assert len(MODELS) >= 40
