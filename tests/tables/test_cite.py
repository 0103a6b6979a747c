"""The papers behind what was recognised."""

from __future__ import annotations

import re

from backbone_forms import FORMS, network
from blockviz.backbones.catalogue import backbone_graph, backbone_info, backbone_names, templates_dir
from blockviz.frontends.keras.lay_out import graph_from_config
from blockviz.patterns.entries import entries
from blockviz.pipeline import summarize
from blockviz.structure.block_patterns import block_patterns
from blockviz.tables.words.bibtex import references
from blockviz.tables.words.cite import bibliography, cite


def test_every_key_has_an_entry() -> None:
    keys = {key for name in backbone_names() for key in backbone_info(name).references}
    keys |= {key for pattern in block_patterns() for key in pattern.references}
    keys |= {key for entry in entries() for key in entry.references}
    assert keys <= bibliography().keys()


def test_every_entry_can_be_read() -> None:
    text = (templates_dir() / "references.bib").read_text(encoding="utf-8")
    found = references([text])
    assert [entry.key for entry in found] == list(bibliography())
    for entry in found:
        assert {"author", "title", "year"} <= entry.fields.keys()
        assert entry.link or entry.fields["pages"]


def test_backbone_and_blocks() -> None:
    graph = graph_from_config(FORMS["unet"](network("ResNet50", backbone_graph("ResNet50"))).config)
    citation = cite(summarize(graph, collapse_backbone=True).outline, summarize(graph).outline)
    assert citation.sentence.startswith(r"The model builds on ResNet50~\cite{he2016resnet}")
    assert citation.bibtex.startswith("@inproceedings{he2016resnet,")
    keys = re.findall(r"^@\w+\{([^,]+)", citation.bibtex, re.MULTILINE)
    assert len(keys) == len(set(keys))
    assert set(re.findall(r"\\cite\{([^}]+)\}", citation.sentence)) == set(keys)


def test_names_are_escaped_for_latex() -> None:
    net = network("ResNet50", backbone_graph("ResNet50"))
    model = net.sketch.keep("conv4_block6_out")
    outline = summarize(graph_from_config(model.config()), collapse_backbone=True).outline
    assert r"ResNet50 up to conv4\_\allowbreak{}block6\_\allowbreak{}out" in cite(outline).sentence


def test_nothing_recognised_cites_nothing() -> None:
    outline = summarize(graph_from_config({
        "class_name": "Sequential", "config": {"name": "plain", "layers": [
            {"class_name": "InputLayer", "config": {"name": "x", "batch_shape": [None, 8]}},
            {"class_name": "Dense", "config": {"name": "y", "units": 2, "activation": "linear", "use_bias": True}},
        ]},
    })).outline  # fmt: skip
    assert cite(outline) == ("", "")


def test_a_users_own_reference() -> None:
    entry = "@misc{us2024ours,\n  author = {Us},\n  title = {Ours},\n  year = {2024},\n}"
    assert bibliography(entry)["us2024ours"] == entry
