"""The end of every reader: what the vocabulary does not have gets into no graph, and no reader goes around it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

import blockviz
from blockviz.errors import ModelError
from blockviz.ir import LayerGraph
from blockviz.ops.node_writer import NodeWriter, foreign_layer, known_layer, layer_of_class

SHAPE = (None, 4)


def test_an_operation_that_the_vocabulary_has_not_is_refused() -> None:
    for op, module in (("Frobnicate", "keras.layers"), ("Dense", "lab.layers"), ("frobnicate", "keras.ops")):
        with pytest.raises(ValueError, match="the vocabulary has no"):
            known_layer("it", op, {}, module=module)


def test_a_class_of_the_vocabulary_does_not_pass_for_one_that_nobody_knows() -> None:
    with pytest.raises(ValueError, match="the vocabulary has 'Dense'"):
        foreign_layer("it", "Dense", {}, module="keras.layers")
    assert foreign_layer("it", "Dense", {}, module="lab.layers").params is None


def test_a_setting_of_a_wrong_type_is_refused_and_one_of_a_foreign_class_kept_apart() -> None:
    with pytest.raises(ModelError, match="units of the layer 'it'"):
        known_layer("it", "Dense", {"units": "many"})
    assert layer_of_class("it", "Tower", {"units": "many"}, module="lab").config == {"own units": "many"}


def test_calls_get_names_of_their_own_and_read_only_what_is_there() -> None:
    writer = NodeWriter(LayerGraph(name="net"))
    writer.call("x", known_layer("x", "InputLayer", {}), (), (), (SHAPE,))
    dense = known_layer("a", "Dense", {"units": 4}, params=20)
    names = [
        writer.call("a", dense, [("x", 0)], (SHAPE,), (SHAPE,), number=number).id for number in (1, 2, 2)
    ]  # fmt: skip
    assert names == ["a", "a@2", "a@2'"]
    for port in (("nobody", 0), ("a", 1)):
        with pytest.raises(ValueError, match="which nothing gives"):
            writer.call("b", dense, [port], (SHAPE,), (SHAPE,))
    assert list(writer.graph) == ["x", *names]


def test_no_reader_makes_layers_or_nodes_itself() -> None:
    """Only the room of operations does (and `blockviz.ir`, which reads graphs back)."""
    frontends = Path(blockviz.__file__).parent / "frontends"
    found = []
    for path in frontends.rglob("*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        taken = {
            name.asname or name.name
            for item in ast.walk(tree)
            if isinstance(item, ast.ImportFrom) and (item.module or "").startswith("blockviz.ir")
            for name in item.names
        }
        made = [
            item.func.id for item in ast.walk(tree) if isinstance(item, ast.Call) and isinstance(item.func, ast.Name)
        ]
        found += [(path.name, name) for name in made if name in taken & {"Node", "Layer"}]
    assert not found
