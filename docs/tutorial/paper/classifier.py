"""A classifier of flowers on MobileNetV2, whose last three blocks learn."""

import keras

TRAINED_FROM = "block_14_expand"  # this layer and what comes behind it learn


def build(weights: str | None = None) -> keras.Model:
    """The model; ``weights="imagenet"`` downloads those of the backbone."""
    backbone = keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights=weights)
    learns = False
    for layer in backbone.layers:
        learns = learns or layer.name == TRAINED_FROM
        layer.trainable = learns

    image = keras.Input((160, 160, 3), name="image")
    scaled = keras.layers.Rescaling(1 / 127.5, offset=-1)(image)
    pooled = keras.layers.GlobalAveragePooling2D()(backbone(scaled))
    dropped = keras.layers.Dropout(0.2)(pooled)
    hidden = keras.layers.Dense(128, activation="relu")(dropped)
    flower = keras.layers.Dense(5, activation="softmax", name="flower")(hidden)
    return keras.Model(image, flower, name="Flowers")


if __name__ == "__main__":
    build().save("classifier.keras")
