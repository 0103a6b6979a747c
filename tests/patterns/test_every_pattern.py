"""Idioms, named blocks and networks are one kind of data: each has an example, a near miss, and a citation.

An example bears the word and is told by what defines it; a near miss looks like it and doesn't bear it.
"""

from __future__ import annotations

import copy
import gzip
import json
from collections import Counter
from collections.abc import Iterator
from functools import cache
from typing import Any

import pytest

from blockviz.backbones.catalogue import backbone_graph, backbone_info, backbone_names
from blockviz.backbones.operand_arrays import view_of
from blockviz.backbones.recognise import find_backbones
from blockviz.backbones.registry import shipped_library
from blockviz.errors import BlockvizError
from blockviz.patterns.entries import entries
from blockviz.structure.block_patterns import BlockPattern, block_patterns, name_of_graph
from blockviz.tables.words.cite import bibliography
from patterns.test_idioms import HERE, further, has, listed_in, spellings, written
from structure.test_forms import _named, line
from structure.test_patterns import concrete

IDIOMS = sorted({entry.name for entry in entries()})
BLOCKS = {pattern.key: pattern for pattern in block_patterns()}


@cache
def examples() -> dict[str, dict[str, Any]]:
    """One use each, ``words`` any of which is right; ``near`` where none of them is."""
    found: dict[str, dict[str, Any]] = json.loads(gzip.decompress((HERE / "idiom_examples.json.gz").read_bytes()))
    return found


@pytest.mark.parametrize("name", examples())
def test_examples_bear_their_word_and_what_looks_like_one_does_not(name: str) -> None:
    case = examples()[name]
    told = [word.replace("normalisation", "norm") for word, _ in listed_in(case["model"])]
    assert any(has(word, case["words"]) for word in told) is not case["near"], told


def spelled() -> Iterator[tuple[str, dict[str, Any]]]:
    """Every small network that the tests have, by name."""
    for kept in (examples(), spellings(), further(), written()):
        yield from ((name, case["model"]) for name, case in kept.items())


@cache
def words_in() -> dict[str, frozenset[str]]:
    """The words that each of them is told."""
    return {name: frozenset([word for word, _ in listed_in(model)]) for name, model in spelled()}


#: What a call is changed into for a near miss: one step that is another, all else as it was.
OTHERWISE = {
    "Multiply": "Add", "Add": "Multiply", "Subtract": "Add", "TrueDivide": "Multiply", "Softmax": "Relu",
    "Sigmoid": "Relu", "Mean": "Max", "Max": "Mean", "Square": "Abs", "Rsqrt": "Abs", "Sqrt": "Abs", "Exp": "Abs",
    "Sin": "Abs", "Cos": "Abs", "GlobalAveragePooling2D": "GlobalMaxPooling2D", "Maximum": "Add", "Tanh": "Relu",
    "Abs": "Square", "Round": "Abs", "LayerNormalization": "Dropout", "BatchNormalization": "Dropout",
    "Silu": "Relu", "Gelu": "Relu", "Sum": "Max", "Concatenate": "Add", "Roll": "Abs", "Where": "Maximum",
    "Matmul": "Add", "Softplus": "Relu", "Sign": "Abs", "DepthwiseConv2D": "Dropout", "DepthwiseConv1D": "Dropout",
    "Einsum": "Matmul", "Power": "Multiply", "Cumsum": "Abs", "Relu": "Abs", "Minimum": "Maximum",
    "Transpose": "Abs", "Permute": "ReLU", "FFT2": "Abs", "Norm": "Max", "Elu": "Abs",
}  # fmt: skip
SETTINGS = {"sigmoid": "relu", "softmax": "relu", "tanh": "relu", "silu": "relu", "gelu": "relu"}


def changed(model: dict[str, Any]) -> Iterator[dict[str, Any]]:
    """The network with one call, or the activation of one, changed."""
    for place, layer in enumerate(model["config"]["layers"]):
        made = copy.deepcopy(model)
        found = made["config"]["layers"][place]
        if (activation := layer["config"].get("activation")) in SETTINGS:
            found["config"]["activation"] = SETTINGS[activation]
        elif layer["class_name"] in OTHERWISE:
            found["class_name"] = OTHERWISE[layer["class_name"]]
        else:
            continue
        yield made


def told(model: dict[str, Any]) -> Counter[str]:
    """How often each word is told; nothing of a network whose changed call doesn't go with its neighbours."""
    try:
        return Counter(word for word, _ in listed_in(model))
    except BlockvizError:
        return Counter()


@pytest.mark.parametrize("word", IDIOMS)
def test_an_idiom_has_an_example_a_near_miss_and_a_citation(word: str) -> None:
    examples = sorted((name for name, words in words_in().items() if word in words), key=lambda name: calls_in()[name])
    assert examples, "no network of the tests has it"
    models = dict(spelled())
    tried = ((models[name], model) for name in examples[:4] for model in changed(models[name]))
    near = next((model for before, model in tried if told(model)[word] < told(before)[word]), None)
    assert near is not None, "no call of it can be another that takes the name away"
    for entry in entries():
        if entry.name == word:
            assert entry.references and set(entry.references) <= bibliography().keys()


@cache
def calls_in() -> dict[str, int]:
    return {name: len(model["config"]["layers"]) for name, model in spelled()}


@pytest.mark.parametrize("initial", sorted({key[0] for key in BLOCKS}))
def test_blocks_have_an_example_a_near_miss_and_a_citation(initial: str) -> None:
    for key, pattern in BLOCKS.items():
        if key.startswith(initial):
            assert _faults(pattern) == [], key


def _faults(pattern: BlockPattern) -> list[str]:
    given = {"preactivated": bool(pattern.preactivation), "expands": True, "skips": pattern.skips,
             "unbiased": pattern.unbiased, "plain": pattern.plain}  # fmt: skip
    found = [name_of_graph(concrete(text), **given) for text, _ in pattern.graphs]
    names = {one.name if one else "" for one in found} | {_named(line(text), pattern) for text in pattern.forms}
    near = name_of_graph(concrete(pattern.near), **given) if pattern.near else None
    holds = {
        "its examples bear its name": names == {pattern.name},
        "its near miss does not": near is None or near.name != pattern.name,
        "what is far does not": pattern.name not in {_named(line(text), pattern) for text in pattern.far},
        "graphs have near misses": pattern.near or not pattern.graphs,
        "forms have what is far": pattern.far or not pattern.forms,
        "it has papers": pattern.references and set(pattern.references) <= bibliography().keys(),
    }
    return [what for what, is_so in holds.items() if not is_so]


@cache
def networks_in(name: str) -> frozenset[str]:
    return frozenset([found.entry.name for found in find_backbones(view_of(backbone_graph(name)), shipped_library())])


@pytest.mark.parametrize("name", backbone_names())
def test_a_network_has_an_example_a_near_miss_and_a_citation(name: str) -> None:
    info = backbone_info(name)
    assert networks_in(name) == {info.name}
    assert info.near != name and name not in networks_in(info.near)
    assert info.references and set(info.references) <= bibliography().keys()
