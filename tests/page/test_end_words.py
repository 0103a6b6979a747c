"""What a figure calls the inputs and outputs of a model."""

from __future__ import annotations

import pytest

from blockviz.page.glyphs.end_words import end_words
from blockviz.text.snake_case import snake_case


@pytest.mark.parametrize(
    ("names", "kind", "kinds", "words"),
    [
        (["image_input", "input-age"], "input", set(), ["image", "age"]),
        (["input_layer", "input_layer_1"], "input", set(), ["1", "2"]),
        (["input_1", "tokens"], "input", set(), ["1", "tokens"]),
        (["actor_output", "critic_output"], "output", {"dense"}, ["actor", "critic"]),
        (["conv1d_transpose_1"], "output", {"conv1d_transpose"}, [""]),
        (["dense_1", "mask"], "output", {"dense", "conv2d"}, ["1", "mask"]),
        (["dense_1"], "output", {"conv2d"}, ["dense 1"]),  # somebody's own word for it
        (["output_mask", "mask"], "output", {"conv2d"}, ["output_mask", "mask"]),  # or both were "mask"
        (["output", "outputs_"], "output", {"conv2d"}, ["1", "outputs"]),
    ],
)
def test_a_name_is_said_in_words_and_a_given_one_by_its_number(
    names: list[str], kind: str, kinds: set[str], words: list[str]
) -> None:
    assert list(end_words(names, kind, kinds).values()) == words


@pytest.mark.parametrize(
    ("name", "words"), [("Conv1DTranspose", "conv1d_transpose"), ("LayerScale", "layer_scale"), ("GRU", "gru")]
)
def test_classes_are_spelled_as_keras_names_their_layers(name: str, words: str) -> None:
    assert snake_case(name) == words
