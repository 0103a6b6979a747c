"""The catalogue's networks as torchvision and timm build them: known with their edition; what almost is one is none."""

from __future__ import annotations

import gzip
import json

import pytest

from blockviz.backbones.folded_norms import with_norms_folded
from blockviz.backbones.operand_arrays import view_of
from blockviz.backbones.recognise import find_backbones
from blockviz.backbones.registry import library, shipped_library
from blockviz.ir import Layer, LayerGraph, Node, leaves
from blockviz.ir.packed_json import unpack
from blockviz.runtime.records import replace

SOME = ["ResNet50", "MobileNetV2", "DenseNet121", "EfficientNetB0", "ConvNeXtTiny", "VGG16", "InceptionV3"]
WORDS = ("timm", "torchvision")
EDITIONS = [entry for entry in shipped_library().entries if any(word in str(entry.form) for word in WORDS)]


def stored(name: str) -> LayerGraph:
    """The graph of a network's edition, of torchvision's where there are two."""
    own = [entry for entry in EDITIONS if entry.name == name and not entry.folded]
    entry = min(own, key=lambda entry: "torchvision" not in str(entry.form))
    return unpack(json.loads(gzip.decompress(entry.path.read_bytes())))


def changed(graph: LayerGraph, name: str, **config: object) -> LayerGraph:
    """The graph with the configuration of one layer changed."""
    out = LayerGraph(**graph.graph)
    for node in leaves(graph):
        if node.id == name:
            node = replace(node, layer=replace(node.layer, config={**node.config, **config}))
        out.add_item(node, graph.operand_list(node.id))
    return out


def names_in(graph: LayerGraph) -> list[tuple[str, str | None]]:
    return [(found.entry.name, found.entry.form) for found in find_backbones(view_of(graph), library())]


@pytest.mark.parametrize("name", SOME)
def test_an_edition_is_known_with_its_norms_or_without(name: str) -> None:
    graph = stored(name)
    ((found, form),) = names_in(graph)
    # Where padding aside all build the same network, it is that of keras.applications.
    assert (found, "torchvision" in str(form)) == (name, name not in ("DenseNet121", "MobileNetV2"))
    if any(node.op == "BatchNormalization" for node in leaves(graph)):
        for biased in (True, False):
            ((found, form),) = names_in(with_norms_folded(graph, biased=biased))
            assert (found, str(form).endswith("batch norm folded")) == (name, True)


@pytest.mark.parametrize("name", SOME)
def test_an_edition_with_one_kernel_changed_has_no_name(name: str) -> None:
    graph = stored(name)
    convolutions = [n for n in leaves(graph) if "Conv" in n.op and n.config["kernel_size"] == [3, 3]]
    if not convolutions:
        convolutions = [n for n in leaves(graph) if "Conv" in n.op]
    middle: Node = convolutions[len(convolutions) // 2]
    near = changed(graph, middle.id, kernel_size=[5, 5])
    assert names_in(near) == []


def test_a_network_that_only_begins_like_another_is_no_cut_of_it() -> None:
    """EfficientNet-Lite0 begins as MobileNetV2 does, and goes on with wider kernels wherever it convolves depthwise."""
    near = graph = stored("MobileNetV2")
    grids = [node for node in leaves(graph) if node.op == "DepthwiseConv2D"]
    for node in grids[3:]:
        near = changed(near, node.id, kernel_size=[5, 5])
    assert names_in(near) == []


@pytest.mark.parametrize("name", [f"EfficientNetV2B{number}" for number in range(4)])
def test_the_small_networks_of_efficientnet_v2_are_known_as_timm_builds_them(name: str) -> None:
    ((found, form),) = names_in(stored(name))
    assert (found, form) == (name, "timm")


def test_padding_may_be_a_layer_of_its_own() -> None:
    """A port to Keras pads before it convolves; padding by another amount is another network."""
    graph, out = stored("ResNet50"), LayerGraph()
    out.graph.update(graph.graph)
    for node in leaves(graph):
        operands = graph.operand_list(node.id)
        if node.config.get("strides") == [2, 2] and node.config.get("kernel_size") == [3, 3]:
            pad = Layer(f"{node.id}/pad", "ZeroPadding2D", {"padding": [[1, 1], [1, 1]]})
            out.add_item(Node(pad.name, pad, node.inputs, node.inputs), operands)
            node = replace(node, layer=replace(node.layer, config={**node.config, "padding": "valid"}))
            operands = [(0, pad.name, 0)]
        out.add_item(node, operands)
    ((found, form),) = names_in(out)
    assert (found, "torchvision" in str(form)) == ("ResNet50", True)
    pads = [node.id for node in leaves(out) if node.op == "ZeroPadding2D"]
    assert names_in(changed(out, pads[1], padding=[[3, 3], [3, 3]])) == []


def test_the_stride_tells_the_editions_of_resnet_apart() -> None:
    """torchvision's bottlenecks stride in the 3×3 convolution, those of keras.applications in the first."""
    graph = stored("ResNet50")
    strided = [n.config["kernel_size"] for n in leaves(graph) if n.config.get("strides") == [2, 2] and "Conv" in n.op]
    assert strided.count([3, 3]) == 3
    assert all(entry.form for entry in EDITIONS)
