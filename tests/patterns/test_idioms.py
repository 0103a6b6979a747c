"""Idioms are met in every spelling, and what only looks like one gets no name.

``spellings.json.gz`` holds small networks, each with one idiom in one spelling or a near miss, as Keras saves their
architecture: what a use is called, which words are as right, which are false, and the calls of each use.
"""

from __future__ import annotations

import gzip
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from blockviz.frontends import read_model
from blockviz.ir import Idiom, LayerGraph, Occurrence, leaves
from blockviz.page.proof import page_faults
from blockviz.patterns.entries import entries
from blockviz.patterns.find import find_idioms
from blockviz.pipeline import summarize
from blockviz.tables.inspect import inspection
from summaries import pair_summary

HERE = Path(__file__).parent
MISSED = {"vq_embedding"}  # quantised twice in a row, the straight-through sum of one can't be told from the next


@cache
def spellings() -> dict[str, dict[str, Any]]:
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress((HERE / "spellings.json.gz").read_bytes()))
    return found


@pytest.fixture
def architecture(tmp_path: Path) -> Any:
    def write(name: str) -> str:
        path = tmp_path / f"{name}.json"
        path.write_text(json.dumps(spellings()[name]["model"]), encoding="utf-8")
        return str(path)

    return write


def has(name: str, words: Iterable[str]) -> bool:
    return any(re.search(r"(?<![a-z])" + re.escape(word.lower()), name.lower()) for word in words)


def layers_of(graph: LayerGraph, found: list[Occurrence]) -> Iterator[tuple[str, set[str]]]:
    names = {node.id: node.layer.name for node in leaves(graph)}
    for one in found:
        yield one.word, {names[call] for call in one.calls}


def listed_in(model: dict[str, Any]) -> list[tuple[str, set[str]]]:
    """The words of a model's idioms, each with the layers of one use."""
    return _listed_in(json.dumps(model))


@cache
def _listed_in(text: str) -> list[tuple[str, set[str]]]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        path.write_text(text, encoding="utf-8")
        graph = read_model(str(path))
    return list(layers_of(graph, find_idioms(graph)))


def listed_of(name: str) -> list[tuple[str, set[str]]]:
    return listed_in(spellings()[name]["model"])


READABLE = [name for name, case in spellings().items() if case["idiom"] and case["readable"]]


def test_every_use_in_every_spelling_is_found() -> None:
    for name in READABLE:
        case, listed = spellings()[name], listed_of(name)
        words = [case["idiom"], *case["also"]]
        for use in map(set, case["calls"]):
            found = any(has(word, words) and use <= held and len(held - use) <= 2 for word, held in listed)
            assert found or name in MISSED, (name, use, listed)


@cache
def further() -> dict[str, dict[str, Any]]:
    """One use each, ``words`` any of which is right, behind the layers ``before``."""
    text = gzip.decompress((HERE / "further_spellings.json.gz").read_bytes())
    found: dict[str, dict[str, Any]] = json.loads(text)
    return found


def test_further_spellings_are_found(tmp_path: Path) -> None:
    for name, case in further().items():
        path = tmp_path / "model.json"
        path.write_text(json.dumps(case["model"]), encoding="utf-8")
        graph = read_model(str(path))
        use = {node.layer.name for node in leaves(graph) if node.op != "InputLayer"} - set(case["before"])
        listed = list(layers_of(graph, find_idioms(graph)))
        # a projection in front may be no part of it
        assert any(has(word, case["words"]) and len(use - held) <= 1 for word, held in listed), (name, listed)


@cache
def written() -> dict[str, dict[str, Any]]:
    """One use or two, in words any of which is right; for a near miss, any of which is false."""
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress((HERE / "written_spellings.json.gz").read_bytes()))
    return found


def written_in(case: dict[str, Any]) -> list[tuple[str, set[str]]]:
    return [(word.replace("normalisation", "norm"), held) for word, held in listed_in(case["model"])]


def test_spellings_written_with_functions_are_found_and_near_misses_get_no_name() -> None:
    for name, case in written().items():
        listed, words = written_in(case), case["words"]
        for use in () if case["near"] else map(set, case["uses"]):
            assert any(has(w, words) and use <= held and len(held - use) <= 2 for w, held in listed), (name, listed)
        calls = {call for use in case["uses"] for call in use}
        assert not (case["near"] and [w for w, held in listed if has(w, words) and held & calls]), name


def test_no_use_gets_a_false_name() -> None:
    for name, case in spellings().items():
        calls = {call for use in case["calls"] for call in use}
        for word, held in listed_of(name):
            assert not (held & calls and has(word, case["not"])), (name, word)


@pytest.mark.parametrize("name", ["cross_ops", "window_ops", "layer_norm_moments", "se_dense"])
def test_an_idiom_is_one_box_and_listed(name: str, architecture: Any) -> None:
    case, summary = spellings()[name], summarize(architecture(name))
    report = inspection(summary.outline)
    assert [found["name"] for found in report["idioms"]] == [case["idiom"]] * 3
    boxes = [item for graph in bodies(summary.graph) for item in graph.items() if isinstance(item, Idiom)]
    assert {box.word for box in boxes} == {case["idiom"]}


@pytest.mark.parametrize("name", ["attention_pool_layers", "drop_path_ones", "glu_split", "rotary_slices"])
def test_pages_with_idioms_are_true(name: str, architecture: Any) -> None:
    """A word under a slab is no legend's, and what acts in training only is dashed whether a layer or an idiom."""
    summary = summarize(architecture(name))
    for size in ({"page": "a4"}, {"width": "84mm"}):
        page = summary.page(**size)
        assert page_faults(page, summary.graph, summary.source) == []


def bodies(graph: Any) -> Iterator[Any]:
    yield graph
    for item in graph.items():
        if not isinstance(item, Idiom) and hasattr(item, "body"):
            yield from bodies(item.body)


def test_attributes_that_matter_are_said(architecture: Any) -> None:
    (first, *_) = find_idioms(read_model(architecture("gqa_repeat")))
    assert (first.word, first.attributes["heads"], first.attributes["kv_heads"]) == ("Grouped-query attention", 4, 2)
    (first, *_) = find_idioms(read_model(architecture("window_ops")))
    assert (first.attributes["heads"], first.attributes["window"]) == (2, 4)


@pytest.mark.parametrize("network", ["ResNet50", "InceptionV3", "DenseNet121", "NASNetMobile", "ConvNeXtTiny", "VGG16"])
def test_networks_without_idioms_get_none(network: str) -> None:
    assert find_idioms(read_model(network)) == []


@pytest.mark.parametrize(("network", "word", "count"), [("EfficientNetB0", "Squeeze-and-excitation", 16),
                                                        ("MobileNetV3Large", "Squeeze-and-excitation", 8)])  # fmt: skip
def test_known_networks(network: str, word: str, count: int) -> None:
    assert [one.word for one in find_idioms(read_model(network))].count(word) == count


def test_every_entry_has_a_word_and_something_that_defines_it() -> None:
    for entry in entries():
        assert entry.name and entry.references, entry.key
        assert entry.formulas or entry.function or entry.core, entry.key


@pytest.mark.parametrize("name", ["bias_for_all_layers", "mask_for_all_layers"])
def test_what_all_layers_add_to_their_scores_is_no_part_of_one(name: str) -> None:
    """A bias of an embedding is no shortcut around layers; a mask that is made once is made outside of them."""
    summary = pair_summary(name)
    assert [found.name for found in summary.outline.idioms] == ["Multi-head attention"] * 3
    assert [(found.name, found.count) for found in summary.outline.definitions] == [("Transformer layer", 3)]


@pytest.mark.parametrize(("name", "count"), [("masked_couplings", 4), ("masked_places_of_their_own", 0)])
def test_places_of_a_mask_are_coupled_by_those_of_its_complement(name: str, count: int) -> None:
    found = [idiom for idiom in pair_summary(name).outline.idioms if idiom.name == "Affine coupling"]
    assert len(found) == count and all(idiom.attributes["form"] == "masked" for idiom in found)


def test_how_neighbours_are_chosen_is_a_box_in_the_block_that_reads_them(tmp_path: Path) -> None:
    """The block that is named after an idiom is drawn open: a box of its own name would hide what it is."""
    summary = summarize(example("edge_convolutions_in_a_row", tmp_path))
    (block,) = summary.outline.definitions
    assert (block.name, block.count) == ("EdgeConv", 3)
    boxes = [item for item in block.body.items() if isinstance(item, Idiom)]
    assert [(box.word, box.attributes) for box in boxes] == [("kNN", {"k": 5})]
    assert page_faults(summary.page(page="a4"), summary.graph, summary.source) == []


@pytest.mark.parametrize(
    ("name", "said"), [("scores_by_distance", "relative_bias"), ("scores_masked_by_pairs", "masked")]
)
def test_what_queries_give_by_distance_is_no_mask(name: str, said: str, tmp_path: Path) -> None:
    (found,) = find_idioms(read_model(example(name, tmp_path)))
    assert found.attributes.keys() & {"relative_bias", "masked"} == {said}


def example(name: str, folder: Path) -> str:
    path = folder / f"{name}.json"
    examples = json.loads(gzip.decompress((HERE / "idiom_examples.json.gz").read_bytes()))
    path.write_text(json.dumps(examples[name]["model"]), encoding="utf-8")
    return str(path)
