"""A second set recorded from the papers before anything was looked for in it: classifiers.

Where a published number of parameters is known, the width is the paper's.
"""

from __future__ import annotations

from typing import Any

from .heldout import _classifier, _conv, _conv_relu
from .recorder import Recorder


def vovnet(rec: Recorder) -> Any:
    """VoVNet-39 (Lee et al. 2019, Table 1): one-shot aggregation of five convolutions; 1, 1, 2 and 2 modules."""
    from keras import Input, layers

    def osa(x: Any, filters: int, out: int) -> Any:
        features = [x]
        for _ in range(5):
            features.append(_conv_relu(features[-1], filters, 3))
        return _conv_relu(layers.concatenate(features), out, 1)

    inputs = Input((224, 224, 3))
    x = _conv_relu(_conv_relu(_conv_relu(inputs, 64, 3, 2), 64, 3), 128, 3, 2)
    for stage, (count, filters, out) in enumerate(((1, 128, 256), (1, 160, 512), (2, 192, 768), (2, 224, 1024)), 2):
        x = layers.MaxPooling2D(3, 2, "same")(x) if stage > 2 else x
        for _ in range(count):
            y = osa(x, filters, out)
            rec.copy(f"stage {stage}", x, y, "OSA module")
            rec.copy("stages 2-5", x, y, "OSA module", reading="six OSA modules")
            x = y
    return _classifier(inputs, x)


def poolformer(rec: Recorder) -> Any:
    """PoolFormer-S12 (Yu et al. 2022, Figure 2, Table 1): pooling mixes tokens; stages of 2, 2, 6 and 2 blocks."""
    from keras import Input, Model, layers

    def block(x: Any, name: str) -> Any:
        width = x.shape[-1]
        y = layers.GroupNormalization(1, name=f"{name}_norm1")(x)
        pooled = layers.AveragePooling2D(3, strides=1, padding="same", name=f"{name}_pool")(y)
        x = layers.Add(name=f"{name}_add1")([x, layers.Subtract(name=f"{name}_mixer")([pooled, y])])
        y = layers.GroupNormalization(1, name=f"{name}_norm2")(x)
        y = layers.Conv2D(4 * width, 1, activation="gelu", name=f"{name}_fc1")(y)
        return layers.Add(name=f"{name}_add2")([x, layers.Conv2D(width, 1, name=f"{name}_fc2")(y)])

    x = inputs = Input((224, 224, 3))
    for stage, (count, width) in enumerate(((2, 64), (2, 128), (6, 320), (2, 512)), 1):
        size, strides = (7, 4) if stage == 1 else (3, 2)
        x = layers.Conv2D(width, size, strides=strides, padding="same", name=f"embed{stage}")(x)
        for index in range(count):
            y = block(x, f"stage{stage}_block{index}")
            rec.copy(f"stage {stage}", x, y, "PoolFormer block")
            x = y
    x = layers.GlobalAveragePooling2D(name="pool")(layers.GroupNormalization(1, name="norm")(x))
    return Model(inputs, layers.Dense(1000, name="head")(x), name="poolformer_s12")


def mnasnet(rec: Recorder) -> Any:
    """MnasNet-A1 (Tan et al. 2019, Figure 7 (a)): rows of inverted bottlenecks, some with squeeze-and-excitation."""
    from keras import Input, layers

    apart = "first blocks of the rows apart"

    def depthwise(x: Any, size: int, strides: int) -> Any:
        y = layers.DepthwiseConv2D(size, strides=strides, padding="same", use_bias=False)(x)
        return layers.ReLU()(layers.BatchNormalization()(y))

    def mbconv(x: Any, filters: int, expand: int, size: int, strides: int, se: bool) -> Any:
        y = depthwise(_conv_relu(x, expand * x.shape[-1], 1), size, strides)
        if se:
            s = layers.GlobalAveragePooling2D(keepdims=True)(y)
            s = layers.Conv2D(x.shape[-1] // 4, 1, activation="relu")(s)
            y = layers.multiply([y, layers.Conv2D(y.shape[-1], 1, activation="sigmoid")(s)])
        y = _conv(y, filters, 1)
        return layers.add([x, y]) if strides == 1 and x.shape[-1] == filters else y

    rows = (
        (2, 24, 6, 3, 2, False), (3, 40, 3, 5, 2, True), (4, 80, 6, 3, 2, False), (2, 112, 6, 3, 1, True),
        (3, 160, 6, 5, 2, True), (1, 320, 6, 3, 1, False),
    )  # fmt: skip
    inputs = Input((224, 224, 3))
    x = _conv(depthwise(_conv_relu(inputs, 32, 3, 2), 3, 1), 16, 1)
    for count, filters, expand, size, strides, se in rows:
        title = f"MBConv{expand} with {filters} channels"
        for index in range(count):
            y = mbconv(x, filters, expand, size, 1 if index else strides, se)
            rec.copy(title, x, y, "MBConv with SE" if se else "MBConv", ("", apart) if index else "")
            x = y
    return _classifier(inputs, _conv_relu(x, 1280, 1))


def gmlp(rec: Recorder) -> Any:
    """gMLP-S (Liu et al. 2021, Figure 1, Table 1): 30 blocks with a spatial gating unit, no attention."""
    from keras import Input, Model, layers, ops

    def block(x: Any) -> Any:
        y = layers.Dense(1536, activation="gelu")(layers.LayerNormalization()(x))
        left, right = ops.split(y, 2, axis=-1)
        right = layers.Permute((2, 1))(layers.LayerNormalization()(right))
        right = layers.Dense(196, kernel_initializer="zeros", bias_initializer="ones")(right)
        y = layers.multiply([left, layers.Permute((2, 1))(right)])
        return layers.add([x, layers.Dense(256)(y)])

    inputs = Input((224, 224, 3))
    x = layers.Reshape((196, 256))(layers.Conv2D(256, 16, strides=16)(inputs))
    for _ in range(30):
        y = block(x)
        rec.copy("gMLP blocks", x, y, "gMLP block")
        x = y
    x = layers.GlobalAveragePooling1D()(layers.LayerNormalization()(x))
    return Model(inputs, layers.Dense(1000)(x))
