"""Borders of blocks where the code that made the calls has them."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.ir import LayerGraph, Node, Scope, blocks_in, leaves, verify
from blockviz.runtime.records import replace
from blockviz.search.author_modules import AuthorModules
from blockviz.search.find_blocks import FindBlocks
from blockviz.search.linearise import Interner
from graphs import Builder

Made = list[list[str]]


def _within(graph: LayerGraph, made: dict[str, tuple[str, list[str]]]) -> LayerGraph:
    """The graph with composites: path → class and ids of its calls."""
    for path in sorted(made):
        for name in made[path][1]:
            node = graph.item(name)
            assert isinstance(node, Node)
            graph.nodes[name]["item"] = replace(node, within=(*node.within, path))
    graph.graph["composites"] = {path: Scope(path, op, 1) for path, (op, _) in made.items()}
    return graph


def _rotated(count: int = 4) -> tuple[LayerGraph, Made]:
    """A chain of dense and normalisation whose period can be cut anywhere; the author cuts before the dense layer."""
    builder = Builder()
    x = builder.add("Dense", builder.input(), params=64, channels=8, units=8)
    x = builder.add("LayerNormalization", x, params=8)
    made: Made = []
    for _ in range(count):
        calls = [x := builder.add("Dense", x, params=64, channels=8, units=8)]
        calls.append(x := builder.add("Softmax", x))
        calls.append(x := builder.add("LayerNormalization", x, params=8))
        made.append(calls)
    return builder.finish(x), made


def _blocks(graph: LayerGraph) -> list[set[str]]:
    return [{node.id for node in leaves(block.body)} for block in blocks_in(graph)]


def test_blocks_begin_and_end_where_the_class_does() -> None:
    graph, made = _rotated()
    graph = _within(graph, {f"layer_{i}": ("Mixer", calls) for i, calls in enumerate(made)})
    found = FindBlocks()(graph)
    verify(found, graph)
    assert _blocks(found) == [set(calls) for calls in made]


@pytest.mark.parametrize(("path", "op"), [("layer_{}", "Mixer"), ("layers/{}/mixer", "")])
def test_another_cut_is_kept_where_the_author_says_so(path: str, op: str) -> None:
    """By the class, and where only paths are known, by these without their numbers."""
    graph, made = _rotated(5)
    flat = [name for calls in made for name in calls]
    shifted = [flat[start : start + 3] for start in range(1, 13, 3)]
    graph = _within(graph, {path.format(i): (op, calls) for i, calls in enumerate(shifted)})
    assert _blocks(FindBlocks()(graph)) == [set(calls) for calls in shifted]


def _nothing(change: Callable[[LayerGraph, Made], LayerGraph], **options: int) -> bool:
    return AuthorModules(**options)(change(*_rotated()), Interner()) is None


def test_without_a_class_that_is_made_again_there_is_nothing_to_say() -> None:
    assert _nothing(lambda graph, made: graph)
    assert _nothing(lambda graph, made: _within(graph, {"net": ("Net", [name for calls in made for name in calls])}))
    assert _nothing(lambda graph, made: _within(graph, {f"l{i}": ("Sequential_", c) for i, c in enumerate(made)}))
    assert _nothing(lambda graph, made: _within(graph, {f"l{i}": ("Wrap", c[:1]) for i, c in enumerate(made)}))
    assert _nothing(
        lambda graph, made: _within(graph, {f"l{i}": ("Mixer", calls) for i, calls in enumerate(made)}), min_repeat=5
    )


def test_a_first_copy_that_makes_what_the_others_read_is_one_of_them() -> None:
    builder = Builder()
    x, made, mask = builder.input(), {}, ""
    for number in range(4):
        calls = []
        if not number:
            calls += [mask := builder.add("Softmax", x)]
            calls += [mask := builder.add("Activation", mask, activation="tanh")]
        for _ in range(3):
            calls.append(x := builder.add("Dense", x, params=64, channels=8, units=8))
        calls.append(x := builder.add("Multiply", x, mask))
        calls.append(x := builder.add("LayerNormalization", x, params=8))
        made[f"layer_{number}"] = ("Layer", calls)
    graph = _within(builder.finish(x), made)
    found = AuthorModules()(graph, Interner())
    assert found is not None
    assert [block.type for block in blocks_in(found)] == ["T0"] * 4


def test_each_call_of_a_composite_is_a_copy() -> None:
    builder = Builder()
    x, made, paths = builder.input(), [], {}
    for number in range(3):
        names = [x := builder.add("Dense", x, params=64, channels=8, units=8) for _ in range(2)]
        names.append(x := builder.add("LayerNormalization", x, params=8))
        made.append(names)
        paths[f"layer_{number}"] = ("Layer", names)
    again = [x := builder.add("Softmax", x)]
    again += [x := builder.again(name, x) for name in made[0]]
    paths["layer_0"] = ("Layer", made[0] + again)
    graph = _within(builder.finish(x), paths)
    found = AuthorModules()(graph, Interner())
    assert found is not None
    verify(found, graph)
    assert [set(names) for names in (*made, again)] == _blocks(found)


def test_a_layer_that_is_used_twice_inside_is_one_composite_still() -> None:
    builder = Builder()
    x, paths, made = builder.input(), {}, []
    for number in range(3):
        names = [x := builder.add("Dense", x, params=64, channels=8, units=8)]
        names.append(x := builder.add("LayerNormalization", x, params=8))
        names.append(x := builder.again(names[0], x))
        names.append(x := builder.add("Softmax", x))
        made.append(set(names))
        paths[f"layer_{number}"] = ("Layer", names)
    found = AuthorModules()(_within(builder.finish(x), paths), Interner())
    assert found is not None
    assert _blocks(found) == made


def test_a_shortcut_that_some_copies_lack_makes_no_second_type() -> None:
    builder = Builder()
    x, made = builder.input(), {}
    for number in range(6):
        calls = [y := builder.add("Dense", x, params=64, channels=8, units=8)]
        calls.append(y := builder.add("Softmax", y))
        calls.append(y := builder.add("LayerNormalization", y, params=8))
        if number % 3:
            calls.append(y := builder.add("Add", x, y))
        x = y
        made[f"layer_{number}"] = ("Layer", calls)
    found = AuthorModules()(_within(builder.finish(x), made), Interner())
    assert found is not None
    assert [block.type for block in blocks_in(found)] == ["T0"] * 6


def test_paths_alike_but_for_numbers_do_not_make_one_class_of_two() -> None:
    """``repeat_1/0`` and ``repeat_2/0`` of Inception-ResNet-v2 are modules of two classes."""
    builder = Builder()
    made = {}

    def conv(x: str, height: int, width: int) -> str:
        return builder.add("Conv2D", x, params=8, channels=8, filters=8, kernel_size=[height, width])

    x = builder.input()
    for stage, (size, count) in enumerate(((7, 6), (3, 5))):
        for number in range(count):
            calls = [conv(x, 1, 1), conv(x, 1, 1)]
            calls.append(conv(calls[-1], 1, size))
            calls.append(conv(calls[-1], size, 1))
            calls.append(builder.add("Concatenate", calls[0], calls[-1]))
            calls.append(conv(calls[-1], 1, 1))
            calls.append(x := builder.add("Add", x, calls[-1]))
            made[f"repeat_{stage}/{number}"] = ("", calls)
    found = FindBlocks()(_within(builder.finish(x), made))
    types = [block.type for block in blocks_in(found)]
    assert sorted(types.count(key) for key in set(types)) == [5, 6]
