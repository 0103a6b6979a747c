"""Networks as Keras builds them with other arguments, and other networks made by the same constructors."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.ir import Composite, verify
from blockviz.passes.collapse_backbones import CollapseBackbones

pytestmark = pytest.mark.tensorflow


def titles(model: Any) -> list[str]:
    graph = graph_from_config(json.loads(model.to_json()))
    out = CollapseBackbones()(graph)
    verify(out, graph)
    return [item.network.title for item in out.items() if isinstance(item, Composite)]


def build(name: str, **options: Any) -> Any:
    import keras

    keras.backend.clear_session()
    return getattr(keras.applications, name)(weights=None, **options)


@pytest.mark.parametrize(
    ("name", "options", "title"),
    [
        ("MobileNet", {"alpha": 0.25, "classes": 7}, "MobileNet (α = 0.25)"),
        ("MobileNet", {"depth_multiplier": 2}, "MobileNet"),
        ("MobileNetV2", {"alpha": 0.35, "input_shape": (96, 96, 3)}, "MobileNetV2 (α = 0.35)"),
        ("MobileNetV2", {"alpha": 1.4, "include_top": False}, "MobileNetV2 (α = 1.4)"),
        ("MobileNetV2", {"alpha": 0.2}, "MobileNetV2 (α = 0.2)"),
        ("MobileNetV3Small", {"alpha": 0.75}, "MobileNetV3Small (α = 0.75)"),
        ("MobileNetV3Small", {"alpha": 0.5, "include_top": False, "pooling": "avg"}, "MobileNetV3Small (α = 0.5)"),
        ("MobileNetV3Large", {"minimalistic": True}, "MobileNetV3Large (minimalistic)"),
        ("MobileNetV3Large", {"minimalistic": True, "alpha": 0.5}, "MobileNetV3Large (minimalistic, α = 0.5)"),
        ("MobileNetV3Large", {"include_preprocessing": False, "include_top": False}, "MobileNetV3Large"),
        ("ResNet50", {"include_top": False, "input_shape": (97, 161, 1), "pooling": "max"}, "ResNet50"),
        ("EfficientNetB0", {"include_top": False, "input_shape": (161, 131, 3)}, "EfficientNetB0"),
        ("EfficientNetV2B0", {"include_preprocessing": False, "classes": 5}, "EfficientNetV2B0"),
        ("ConvNeXtTiny", {"include_top": False, "pooling": "avg"}, "ConvNeXtTiny"),
        ("NASNetMobile", {"include_top": False, "input_shape": (None, None, 3)}, "NASNetMobile (any input size)"),
        ("NASNetMobile", {"include_top": False, "input_shape": (97, 97, 3)}, "NASNetMobile"),
        ("DenseNet121", {"include_top": False, "input_shape": (None, None, 3)}, "DenseNet121"),
    ],
)
def test_arguments(name: str, options: dict[str, Any], title: str) -> None:
    assert titles(build(name, **options)) == [title]


def resnet(*repeats: int, preact: bool = False, use_bias: bool = True) -> Any:
    from keras.src.applications import resnet as source

    stack = source.stack_residual_blocks_v2 if preact else source.stack_residual_blocks_v1

    def body(x: Any) -> Any:
        for stage, (filters, blocks) in enumerate(zip((64, 128, 256, 512), repeats, strict=True), 2):
            stride = {"stride1": 1} if (stage == 5 if preact else stage == 2) else {}
            x = stack(x, filters, blocks, name=f"conv{stage}", **stride)
        return x

    return source.ResNet(body, preact, use_bias, weights=None)


def densenet(*blocks: int) -> Any:
    from keras.src.applications.densenet import DenseNet

    return DenseNet(list(blocks), weights=None)


def efficientnet(width: float, depth: float) -> Any:
    from keras.src.applications.efficientnet import EfficientNet

    return EfficientNet(width, depth, 224, weights=None, name="custom")


def convnext(depths: list[int], widths: list[int]) -> Any:
    from keras.src.applications.convnext import ConvNeXt

    return ConvNeXt(depths, widths, weights=None, name="custom")


def nasnet(blocks: int, filters: int) -> Any:
    from keras.src.applications.nasnet import NASNet

    return NASNet((224, 224, 3), penultimate_filters=filters, num_blocks=blocks, stem_block_filters=32,
                  skip_reduction=False, weights=None)  # fmt: skip


@pytest.mark.parametrize(
    "make",
    [
        lambda: resnet(2, 2, 2, 2),
        lambda: resnet(3, 4, 5, 3),
        lambda: resnet(3, 4, 7, 3),
        lambda: resnet(3, 4, 6, 4),
        lambda: resnet(3, 4, 6, 2),
        lambda: resnet(3, 4, 22, 3),
        lambda: resnet(3, 4, 6, 3, use_bias=False),
        lambda: resnet(3, 4, 6, 2, preact=True),
        lambda: resnet(3, 4, 5, 3, preact=True),
        lambda: densenet(6, 12, 24, 12),
        lambda: densenet(6, 12, 24, 17),
        lambda: densenet(6, 12, 20, 16),
        lambda: efficientnet(1.05, 1.0),
        lambda: efficientnet(1.0, 1.3),
        lambda: efficientnet(2.2, 3.6),
        lambda: convnext([3, 3, 6, 3], [96, 192, 384, 768]),
        lambda: convnext([3, 3, 9, 2], [96, 192, 384, 768]),
        lambda: convnext([3, 3, 9, 3], [80, 160, 320, 640]),
        lambda: nasnet(3, 1056),
        lambda: nasnet(5, 1056),
        lambda: nasnet(4, 960),
    ],
)
def test_other_networks_of_a_family(make: Callable[[], Any]) -> None:
    import keras

    keras.backend.clear_session()
    assert titles(make()) == []
