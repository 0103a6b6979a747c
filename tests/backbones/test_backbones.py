"""Known networks are found wherever they hide, and near misses are not."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from backbone_forms import (
    FORMS,
    MUTANTS,
    Case,
    Network,
    Sketch,
    cut,
    cut_nested,
    cut_with_convolutions,
    flattened,
    nested,
    network,
    siamese,
    two_networks,
)
from blockviz.backbones.catalogue import backbone_graph, templates_dir
from blockviz.backbones.operand_arrays import view_of
from blockviz.backbones.recognise import near_misses
from blockviz.backbones.registry import add_backbone, home, library
from blockviz.errors import ModelError, UsageError
from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.ir import Backbone, Composite, LayerGraph, Nested, leaves, verify
from blockviz.passes.collapse_backbones import CollapseBackbones
from blockviz.passes.collapse_nested import CollapseNested
from samples import in_turn, smallest_of_each_paper

SAMPLE = ("ResNet50", "ResNet50V2", "VGG16", "MobileNetV2", "EfficientNetB0", "InceptionV3", "ConvNeXtTiny", "Xception")


@cache
def known(name: str) -> Network:
    return network(name, backbone_graph(name))


def collapsed(config: dict[str, Any]) -> tuple[LayerGraph, list[Composite]]:
    graph = graph_from_config(config)
    order = list(graph)
    out = CollapseBackbones()(graph)
    verify(out, graph)
    assert list(graph) == order, "the input graph was touched"
    return out, [item for item in out.items() if isinstance(item, Composite)]


def check(case: Case) -> list[Composite]:
    _, blocks = collapsed(case.config)
    assert sorted(block.network.name for block in blocks) == sorted(case.names)
    first = blocks[0].network
    assert first.cut_at == case.cut_at
    assert case.kind is None or {block.network.form for block in blocks} == {case.kind}
    assert case.taps is None or len(first.taps) == case.taps
    return blocks


@pytest.mark.parametrize(
    ("name", "form"), in_turn(smallest_of_each_paper(), ["whole", "nested", "flattened", "renamed", "unet"])
)
def test_every_network(name: str, form: str) -> None:
    check(FORMS[form](known(name)))


@pytest.mark.parametrize(("form", "name"), in_turn(sorted(FORMS) * 2, [*SAMPLE, SAMPLE[0]]))
def test_every_form(form: str, name: str) -> None:
    check(FORMS[form](known(name)))


@pytest.mark.parametrize("name", SAMPLE[::3])
def test_cuts_at_ends_of_blocks(name: str) -> None:
    cut_at_ends(name)


def cut_at_ends(name: str) -> None:
    net = known(name)
    for end in net.cuts[:: max(1, len(net.cuts) // 4)]:
        for case in (cut(net, end), cut_nested(net, end), cut_with_convolutions(net, end)):
            _, blocks = collapsed(case.config)
            assert [block.network.cut_at for block in blocks] == [case.cut_at]
            assert end.endswith(blocks[0].network.title.rpartition(" up to ")[2])


def named_mutants(name: str, kind: str) -> list[str]:
    """The names that near misses get."""
    found = [collapsed(mutant.config())[1] for mutant in MUTANTS[kind](known(name), 4)]
    return [block.network.title for blocks in found for block in blocks]


@pytest.mark.parametrize(("name", "kind"), in_turn(SAMPLE, sorted(MUTANTS)))
def test_near_misses_get_no_name(name: str, kind: str) -> None:
    assert named_mutants(name, kind) == []


def test_a_near_miss_is_explained() -> None:
    net = known("ResNet50")
    model = net.sketch.copy()
    model.calls["conv4_block3_2_conv"].config["kernel_size"] = [5, 5]
    view = view_of(graph_from_config(model.config()))
    reason = "operation replaced at conv4_block3_2_conv"
    assert near_misses(view, library()) == [f"input_layer: not ResNet50, since {reason}"]
    assert near_misses(view_of(graph_from_config(net.sketch.config())), library()) == []


def test_a_shared_beginning_is_named_after_the_smallest_network() -> None:
    _, (block,) = collapsed(cut(known("ResNet101"), "conv4_block6_out").config)
    assert block.network.title == "ResNet50 up to conv4_block6_out"
    _, (block,) = collapsed(cut(known("ResNet152"), "conv4_block30_out").config)
    assert block.network.title == "ResNet152 up to conv4_block30_out"


def test_two_networks_on_one_input() -> None:
    check(two_networks(known("ResNet50"), known("VGG16")))


def test_siamese_shares_its_layers() -> None:
    blocks = check(siamese(known("MobileNetV2")))
    assert all(block.network.shared for block in blocks)
    assert blocks[0].network.layers == blocks[1].network.layers


def test_taps_by_stage_and_shape() -> None:
    (block,) = check(FORMS["unet"](known("ResNet50")))
    assert [(tap.stage, tap.shape) for tap in block.network.taps] == [
        ("C1", (None, 112, 112, 64)),
        ("C2", (None, 56, 56, 256)),
        ("C3", (None, 28, 28, 512)),
        ("C4", (None, 14, 14, 1024)),
        ("C5", (None, 7, 7, 2048)),
    ]
    assert len(block.outputs) == 5


def test_a_network_has_no_taps_when_only_its_end_is_read() -> None:
    (block,) = check(flattened(known("ResNet50")))
    assert block.network.taps == ()


def test_frozen_to() -> None:
    (block,) = check(FORMS["frozen"](known("VGG16")))
    assert block.network.trainable == "partly"
    assert block.network.frozen_to == "block3_conv2"
    model = Sketch()
    base = model.nest(known("VGG16").body, model.input((None, 224, 224, 3)), name="base", trainable=False)
    model.outputs = [(model.add("Flatten", base), 0)]
    _, (block,) = collapsed(model.config())
    assert block.network.trainable == "none"


def test_preprocessing_belongs_to_a_network_that_has_it() -> None:
    net = known("ResNet50")
    model = net.body
    photo = next(iter(model.calls))
    model.calls["scale"] = scale = model.calls[photo].copy()
    scale.op, scale.config, scale.reads = "Rescaling", {"scale": 1 / 255, "offset": 0.0}, [(photo, 0)]
    model.rewire(photo, "scale", besides=("scale",))
    model.sort()
    out, (block,) = collapsed(model.config())
    assert "scale" in out
    _, (block,) = collapsed(known("EfficientNetB0").body.config())
    assert {"rescaling", "normalization"} <= set(block.network.layers)


def test_nothing_known_leaves_the_graph_alone() -> None:
    model = Sketch()
    model.outputs = [(model.add("Dense", model.input((None, 8)), units=4, activation="relu", use_bias=True), 0)]
    graph = graph_from_config(model.config())
    assert CollapseBackbones()(graph) is graph


def test_collapse_nested_under_its_own_name() -> None:
    inner = Sketch()
    tensor = inner.input((None, 16), "features")
    inner.outputs = [(inner.add("Dense", tensor, units=4, activation="relu", use_bias=True), 0)]
    model = Sketch()
    left, right = model.input((None, 16), "left"), model.input((None, 16), "right")
    name = model.nest(inner, left, name="encoder")
    again = model.call_again(name, right)
    model.calls["difference"] = model.calls[left].copy()
    model.calls["difference"].op, model.calls["difference"].config = "Subtract", {}
    model.calls["difference"].reads = [(name, 0), again]
    model.calls["difference"].shape = None
    model.outputs = [("difference", 0)]
    graph = graph_from_config(model.config())
    out = CollapseNested()(graph)
    verify(out, graph)
    blocks = [item for item in out.items() if isinstance(item, Composite)]
    assert [block.network.title for block in blocks] == ["encoder", "encoder"]
    assert all(isinstance(block, Nested) and block.network.shared for block in blocks)


def test_collapse_nested_leaves_recognised_networks() -> None:
    graph = graph_from_config(nested(known("VGG16")).config)
    out = CollapseNested()(CollapseBackbones()(graph))
    verify(out, graph)
    assert [type(item) for item in out.items() if isinstance(item, Composite)] == [Backbone]


def own_network() -> LayerGraph:
    model = Sketch()
    tensor = model.input((None, 64, 64, 3))
    for filters in (24, 40, 72, 120, 200):
        for strides in (1, 2):
            tensor = model.add(
                "Conv2D", tensor, filters=filters, kernel_size=[3, 3], strides=[strides, strides], padding="same",
                dilation_rate=[1, 1], groups=1, activation="relu", use_bias=True, data_format="channels_last",
            )  # fmt: skip
    model.outputs = [(tensor, 0)]
    return graph_from_config(model.config("ours"))


def test_a_users_own_backbone(tmp_path: Path) -> None:
    path = add_backbone("OurNet", own_network(), tmp_path, reference="us2024ournet")
    assert path.parent == tmp_path
    out = CollapseBackbones(library(tmp_path))(own_network())
    (block,) = [item for item in out.items() if isinstance(item, Composite)]
    assert (block.network.title, block.network.reference) == ("OurNet", "us2024ournet")
    assert sum(1 for _ in leaves(out)) == sum(1 for _ in leaves(own_network()))


def test_home_follows_the_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("BLOCKVIZ_HOME", str(tmp_path))
    assert home() == tmp_path / "backbones"
    monkeypatch.delenv("BLOCKVIZ_HOME")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    assert home() == tmp_path / "blockviz" / "backbones"


@pytest.mark.parametrize("name", ["", "../escape", "a/b", "ResNet50", "x" * 65])
def test_names_that_cannot_be_added(name: str, tmp_path: Path) -> None:
    with pytest.raises(UsageError):
        add_backbone(name, own_network(), tmp_path)


def test_a_broken_own_backbone_is_named(tmp_path: Path) -> None:
    (tmp_path / "Broken.json.gz").write_bytes(b"nothing")
    with pytest.raises(ModelError, match=r"Broken\.json\.gz"):
        library(tmp_path)


def test_the_stored_hashes_are_those_of_the_stored_graphs() -> None:
    import sys

    sys.path.insert(0, str(templates_dir()))
    try:
        from generate_probes import table
    finally:
        sys.path.pop(0)
    stored = json.loads((templates_dir() / "backbones" / "probes.json").read_text(encoding="utf-8"))
    assert json.loads(json.dumps(table())) == stored
