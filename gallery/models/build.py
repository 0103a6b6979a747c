"""Builds the models that keras.applications lacks: ``python gallery/models/build.py`` (needs TensorFlow).

Only architectures are stored, without weights; the gallery is drawn from these files without TensorFlow.
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def transfer_learning() -> Any:
    """A frozen InceptionResNetV2 with augmentation before it and a new head of ten classes after it."""
    import keras
    from keras import layers

    base = keras.applications.InceptionResNetV2(include_top=False, weights=None, input_shape=(299, 299, 3))
    base.trainable = False
    image = keras.Input((299, 299, 3), name="image")
    x = layers.RandomFlip("horizontal")(image)
    x = layers.RandomRotation(0.1)(x)
    x = layers.RandomZoom(0.1)(x)
    x = base(x, training=False)
    x = layers.GlobalAveragePooling2D()(x)
    x = layers.Dropout(0.2)(x)
    return keras.Model(image, layers.Dense(10, activation="softmax")(x), name="transfer_learning")


def unet() -> Any:
    """A U-Net whose encoder is ResNet50, tapped at five strides (decoder as in segmentation_models)."""
    import keras
    from keras import layers

    encoder = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(224, 224, 3))
    taps = ["conv4_block6_out", "conv3_block4_out", "conv2_block3_out", "conv1_relu", None]
    x = encoder.output
    for width, tap in zip((256, 128, 64, 32, 16), taps, strict=True):
        x = layers.UpSampling2D()(x)
        if tap:
            x = layers.Concatenate()([x, encoder.get_layer(tap).output])
        for _ in range(2):
            x = layers.Conv2D(width, 3, padding="same", use_bias=False)(x)
            x = layers.Activation("relu")(layers.BatchNormalization()(x))
    outputs = layers.Conv2D(21, 1, activation="softmax")(x)
    return keras.Model(encoder.input, outputs, name="unet_resnet50")


def retinanet() -> Any:
    """RetinaNet: a feature pyramid of five levels on ResNet50, and two heads that all levels share, for 80 classes."""
    import keras
    from keras import layers

    backbone = keras.applications.ResNet50(include_top=False, weights=None, input_shape=(512, 512, 3))
    c3, c4, c5 = (backbone.get_layer(f"conv{stage}_out").output for stage in ("3_block4", "4_block6", "5_block3"))

    def out(x: Any) -> Any:
        return layers.Conv2D(256, 3, padding="same")(x)

    p5 = layers.Conv2D(256, 1)(c5)
    p4 = layers.Add()([layers.UpSampling2D()(p5), layers.Conv2D(256, 1)(c4)])
    p3 = layers.Add()([layers.UpSampling2D()(p4), layers.Conv2D(256, 1)(c3)])
    p6 = layers.Conv2D(256, 3, 2, padding="same")(c5)
    p7 = layers.Conv2D(256, 3, 2, padding="same")(layers.ReLU()(p6))
    levels, outputs = (out(p3), out(p4), out(p5), p6, p7), []
    for name, values in (("classes", 80), ("boxes", 4)):
        head = [layers.Conv2D(256, 3, padding="same", activation="relu") for _ in range(4)]
        head += [layers.Conv2D(9 * values, 3, padding="same"), layers.Reshape((-1, values))]
        ends = []
        for y in levels:
            for layer in head:
                y = layer(y)
            ends.append(y)
        outputs.append(layers.Concatenate(axis=1, name=name)(ends))
    return keras.Model(backbone.input, outputs, name="retinanet")


def transformer() -> Any:
    """The base model of "Attention is all you need": 6 encoder and 6 decoder layers, padding and causal masks."""
    import keras
    from keras import layers, ops

    width, heads, vocabulary, length = 512, 8, 37000, 128
    embedding = layers.Embedding(vocabulary, width, name="embedding")

    @keras.saving.register_keras_serializable("gallery")
    class PositionalEncoding(layers.Layer):  # type: ignore[misc]
        """Scales embeddings and adds sines and cosines of the position; it has no weights."""

        def call(self, x: Any) -> Any:
            rate = ops.power(10000.0, -ops.arange(0, width, 2, dtype="float32") / width)
            angle = ops.arange(length, dtype="float32")[:, None] * rate
            return x * width**0.5 + ops.concatenate([ops.sin(angle), ops.cos(angle)], axis=-1)

    def embed(ids: Any) -> Any:
        return layers.Dropout(0.1)(PositionalEncoding()(embedding(ids)))

    def attend(x: Any, memory: Any, mask: Any, causal: bool = False) -> Any:
        y = layers.MultiHeadAttention(heads, width // heads)(x, memory, attention_mask=mask, use_causal_mask=causal)
        return layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(y)]))

    def feed_forward(x: Any) -> Any:
        y = layers.Dense(width)(layers.Dense(4 * width, activation="relu")(x))
        return layers.LayerNormalization()(layers.Add()([x, layers.Dropout(0.1)(y)]))

    source = keras.Input((length,), dtype="int32", name="source")
    target = keras.Input((length,), dtype="int32", name="target")
    source_mask = ops.expand_dims(ops.not_equal(source, 0), 1)
    target_mask = ops.expand_dims(ops.not_equal(target, 0), 1)
    memory = embed(source)
    for _ in range(6):
        memory = feed_forward(attend(memory, memory, source_mask))
    x = embed(target)
    for _ in range(6):
        x = attend(x, x, target_mask, causal=True)
        x = feed_forward(attend(x, memory, source_mask))
    return keras.Model([source, target], layers.Dense(vocabulary, activation="softmax")(x), name="transformer")


def cspdarknet53() -> Any:
    """CSPDarknet53 (Wang et al. 2020; Bochkovskiy et al. 2020): residual units on half of each stage's channels."""
    import keras
    from keras import layers

    def conv(x: Any, filters: int, size: int, strides: int = 1) -> Any:
        x = layers.Conv2D(filters, size, strides=strides, padding="same", use_bias=False)(x)
        return layers.Activation("mish")(layers.BatchNormalization()(x))

    image = keras.Input((256, 256, 3), name="image")
    x = conv(image, 32, 3)
    for stage, count in enumerate((1, 2, 8, 8, 4)):
        filters = 64 << stage
        half = filters // (2 if stage else 1)  # the first stage keeps all channels on both branches
        x = conv(x, filters, 3, 2)
        cross, y = conv(x, half, 1), conv(x, half, 1)
        for _ in range(count):
            y = layers.Add()([y, conv(conv(y, filters // 2, 1), half, 3)])
        x = conv(layers.Concatenate()([conv(y, half, 1), cross]), filters, 1)
    x = layers.GlobalAveragePooling2D()(x)
    return keras.Model(image, layers.Dense(1000, activation="softmax")(x), name="cspdarknet53")


def main() -> None:
    """Write the configuration of each model."""
    for build in (transfer_learning, unet, retinanet, transformer, cspdarknet53):
        text = json.dumps(json.loads(build().to_json()), separators=(",", ":"))
        (HERE / f"{build.__name__}.json").write_text(text + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
