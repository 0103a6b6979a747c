"""What looks like a block of the literature and lacks what defines it doesn't bear its name."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.backbones.catalogue import backbone_graph
from blockviz.pipeline import summarize
from graphs import Builder

Body = Callable[[Builder, str], str]


def named(body: Body, width: int = 16, around: Body | None = None) -> str:
    """The name of a block that stands four times in a row."""
    builder = Builder()
    x = builder.conv(builder.input(), width, 7)
    if around is not None:
        x = around(builder, x)
    for _ in range(4):
        x = body(builder, x)
    found = summarize(builder.finish(builder.add("Dense", x, channels=3, params=9, units=3))).outline.definitions
    return next(one.name for one in found if one.count > 1)


def dense(builder: Builder, x: str, units: int, activation: str = "linear") -> str:
    return builder.add("Dense", x, channels=units, params=9, units=units, activation=activation)


def depthwise(builder: Builder, x: str, kernel: int = 3, norm: str = "BatchNormalization") -> str:
    return builder.add(norm, builder.add("DepthwiseConv2D", x, params=9, kernel_size=[kernel, kernel]), params=4)


def excited(builder: Builder, x: str, gate: str) -> str:
    squeezed = builder.sized("GlobalAveragePooling2D", x, 1, keepdims=True)
    return builder.add("Multiply", x, dense(builder, dense(builder, squeezed, 4, "relu"), 16, gate))


def se_basic(gate: str) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = excited(builder, builder.conv(builder.conv(x, 16), 16, act=False), gate)
        return builder.add("ReLU", builder.add("Add", y, x))

    return body


def inverted(wide: int, *, sums: bool = True, gate: str = "", down: bool = False) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = depthwise(builder, builder.conv(x, wide, 1))
        y = builder.conv(y, 16, 1, act=False) if not gate else builder.conv(excited_wide(builder, y, gate), 16, 1)
        return builder.add("Add", y, x) if sums else y

    def excited_wide(builder: Builder, x: str, gate: str) -> str:
        squeezed = builder.sized("GlobalAveragePooling2D", x, 1, keepdims=True)
        return builder.add("Multiply", x, dense(builder, dense(builder, squeezed, 4, "relu"), wide, gate))

    return body


def bottleneck(wide: int) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = builder.conv(builder.conv(builder.conv(x, wide, 1), wide), 16, 1, act=False)
        return builder.add("ReLU", builder.add("Add", y, x))

    return body


def convnext(norm: str, wide: int) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = dense(builder, dense(builder, depthwise(builder, x, 7, norm), wide, "gelu"), 16)
        return builder.add("Add", y, x)

    return body


def fire(squeezed: int) -> Body:
    def body(builder: Builder, x: str) -> str:
        x = builder.conv(x, squeezed, 1)
        return builder.add("Concatenate", builder.conv(x, 8, 1), builder.conv(x, 8, 3), channels=16)

    return body


def time_depth(kernel: list[int]) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = builder.add("Conv2D", x, params=9, channels=16, filters=16, kernel_size=kernel, activation="relu")
        x = builder.add("LayerNormalization", builder.add("Add", y, x), params=4)
        y = dense(builder, dense(builder, x, 64, "relu"), 16)
        return builder.add("LayerNormalization", builder.add("Add", y, x), params=4)

    return body


def half_shuffled(builder: Builder, x: str) -> str:
    y = depthwise(builder, builder.conv(x, 16, 1))
    return builder.add("Concatenate", x, builder.conv(y, 16, 1), channels=32)


def side_by_side(join: str) -> Body:
    def body(builder: Builder, x: str) -> str:
        return builder.add(join, builder.conv(x, 16), builder.conv(builder.conv(x, 16), 16))

    return body


def styled(builder: Builder, x: str) -> str:
    """A sum and a product with what dense layers make of another tensor."""
    style = builder.sized("GlobalMaxPooling2D", x, 1, keepdims=True)
    y = builder.add("Multiply", builder.conv(x, 16), dense(builder, style, 16))
    return builder.add("Add", y, dense(builder, style, 16))


def mlp(activation: str) -> Body:
    return lambda builder, x: dense(builder, dense(builder, x, 32, activation), 16)


def blueprint(between: bool) -> Body:
    def body(builder: Builder, x: str) -> str:
        x = builder.conv(x, 16, 1, norm=False, act=between)
        return builder.add("ReLU", depthwise(builder, x))

    return body


def tabular(norm: str) -> Body:
    def body(builder: Builder, x: str) -> str:
        y = builder.add(norm, x, params=4)
        return builder.add("Add", dense(builder, dense(builder, y, 32, "relu"), 16), x)

    return body


def recurrent(shared: bool) -> Body:
    """A convolution of the input and of what it gave, three times."""

    def body(builder: Builder, x: str) -> str:
        first = y = builder.add("Conv2D", x, params=9, channels=16, filters=16, kernel_size=[3, 3], activation="relu")
        for _ in range(2):
            y = builder.add("Add", x, y)
            y = builder.again(first, y) if shared else builder.conv(y, 16, norm=False)
        return y

    return body


def dueling(centred: bool) -> Body:
    def body(builder: Builder, x: str) -> str:
        value, advantage = (dense(builder, dense(builder, x, 32, "relu"), units) for units in (1, 16))
        if centred:
            mean = builder.add("Mean", advantage, axis=-1, keepdims=True, channels=1)
            advantage = builder.add("Subtract", advantage, mean, channels=16)
        return builder.add("Add", advantage, value)

    return body


@pytest.mark.parametrize(("far", "near", "word"), [
    # what the call is that defines the name: a gate's activation, a norm, the shape of a kernel
    (se_basic("softmax"), se_basic("sigmoid"), "SE "),
    (se_basic("linear"), se_basic("hard_sigmoid"), "SE "),
    (se_basic("relu6"), se_basic("sigmoid"), "SE "),
    (inverted(64, gate="relu"), inverted(64, gate="sigmoid"), "MBConv"),
    (convnext("BatchNormalization", 64), convnext("LayerNormalization", 64), "ConvNeXt"),
    (time_depth([3, 3]), time_depth([5, 1]), "Time-depth"),
    (mlp("linear"), mlp("relu"), "MLP"),
    # what no copy has
    (inverted(64, sums=False), inverted(64), "Inverted residual"),
    (inverted(64, sums=False, gate="sigmoid"), inverted(64, gate="sigmoid"), "MBConv"),
    # which widths there are
    (bottleneck(64), bottleneck(4), "Bottleneck"),
    (convnext("LayerNormalization", 4), convnext("LayerNormalization", 64), "ConvNeXt"),
    (inverted(4, gate="sigmoid"), inverted(64, gate="sigmoid"), "MBConv"),
    (fire(64), fire(4), "Fire"),
    # what the literature has a name for
    (blueprint(True), blueprint(False), "Blueprint"),
    (tabular("LayerNormalization"), tabular("BatchNormalization"), "Tabular"),
    (recurrent(False), recurrent(True), "Recurrent convolutional"),
    (dueling(False), dueling(True), "Dueling"),
])  # fmt: skip
def test_a_name_needs_what_defines_it(far: Body, near: Body, word: str) -> None:
    assert word in named(near)
    assert word not in named(far)


@pytest.mark.parametrize("body", [side_by_side("Add"), side_by_side("Average"), styled])
def test_not_every_sum_closes_a_shortcut(body: Body) -> None:
    assert "Residual" not in named(body)
    assert "shortcut" not in named(body)


def test_a_unit_that_nothing_shuffles_is_none_of_shufflenet() -> None:
    assert "Shuffle" not in named(half_shuffled)


def test_a_hard_sigmoid_in_pieces_gates() -> None:
    """A sum with a number, a ReLU that is capped at 6, and a product with a number."""
    found = summarize(backbone_graph("MobileNetV3Small")).outline.definitions
    assert [one.name for one in found if one.count > 1] == ["MBConv"]
