"""What a figure calls the inputs and outputs of a model."""

from __future__ import annotations

import pytest

from blockviz.page.glyphs.end_words import end_words
from blockviz.page.glyphs.title_words import title_of
from blockviz.runtime.records import replace
from blockviz.text.snake_case import snake_case
from summaries import zoo_summary


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


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("resnet50", "ResNet50"),
        ("mobilenetv2_1.00_224", "MobileNetV2 1.00 224"),
        ("MobilenetV3large", "MobileNetV3Large"),
        ("inception_v3", "InceptionV3"),
        ("vgg16_cats", "VGG16 Cats"),
        ("resnet50-cats", "ResNet50 Cats"),
        ("ResNet50-cats", "ResNet50-cats"),  # as its author has it
        ("nafnetv2_tiny", "NAFNetV2 Tiny"),  # its own blocks are NAFNet blocks
        ("res2net50_26w_4s", "Res2Net50 26w 4s"),  # as its paper has it
        ("RepVGG_A0", "RepVGG-A0"),
        ("quartznet5x5", "QuartzNet 5×5"),
        ("yolox_s", "YOLOX-S"),
        ("ecapa_tdnn", "ECAPA-TDNN"),
        ("conformer_ctc", "Conformer CTC"),
        ("sknet50", "SKNet50"),
        ("pvt_v2_b1", "PVTv2-B1"),
        ("unet_plusplus", "U-Net++"),
        ("wrn_28_10", "WRN-28-10"),
        ("clip_vit_b32", "CLIP ViT-B32"),
        ("primer_small", "primer_small"),  # a word of its own before it was a network
        ("ssd_mobilenet", "SSD MobileNet"),
        ("maxvit_tiny", "MaxViT Tiny"),
        ("naimishnet", "naimishnet"),
        ("my model", "my model"),
        ("_", "_"),
    ],
)
def test_a_title_spells_a_network_as_the_literature_does_and_nothing_else(name: str, title: str) -> None:
    outline = replace(zoo_summary("NAFNet").outline, name=name)
    assert "NAFNet block" in {found.name for found in outline.definitions}
    assert title_of(outline) == title
