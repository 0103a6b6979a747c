"""A classifier of flowers: MobileNetV2, its last three blocks trained, and a head of our own."""

import keras

TRAINED_FROM = "block_14_expand"  # this layer and what comes behind it learn


def build(weights: str | None = None) -> keras.Model:
    """The model; ``weights="imagenet"`` downloads what Keras offers for the backbone."""
    backbone = keras.applications.MobileNetV2(input_shape=(160, 160, 3), include_top=False, weights=weights)
    learns = False
    for layer in backbone.layers:
        learns = learns or layer.name == TRAINED_FROM
        layer.trainable = learns

    image = keras.Input((160, 160, 3), name="image")
    features = backbone(keras.layers.Rescaling(1 / 127.5, offset=-1)(image))
    pooled = keras.layers.GlobalAveragePooling2D()(features)
    hidden = keras.layers.Dense(128, activation="relu")(keras.layers.Dropout(0.2)(pooled))
    flower = keras.layers.Dense(5, activation="softmax", name="flower")(hidden)
    return keras.Model(image, flower, name="Flowers")


if __name__ == "__main__":
    build().save("classifier.keras")
