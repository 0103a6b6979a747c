"""In what two bodies are wired differently: what only one of them has is looked through."""

from __future__ import annotations

from itertools import combinations
from time import process_time

from blockviz.ir import Layer, LayerGraph, Node
from blockviz.structure.rewiring import rewired


def body(reads: dict[str, list[str]]) -> LayerGraph:
    """Concatenations that read each other; what reads nothing reads what enters."""
    graph = LayerGraph()
    for name, sources in reads.items():
        shapes = ((None, 8),) * max(1, len(sources))
        node = Node(name, Layer(name, "Concatenate", {}, module="keras.layers"), shapes, ((None, 8),))
        graph.add_item(node, [(place, source, 0) for place, source in enumerate(sources)])
    graph.graph["entries"] = tuple(((name, 0),) for name, sources in reads.items() if not sources)
    graph.graph["exits"] = ((list(reads)[-1], 0),)
    return graph


def dense(names: list[str]) -> dict[str, list[str]]:
    """Each reads all before it."""
    reads: dict[str, list[str]] = {name: [] for name in names}
    for before, after in combinations(names, 2):
        reads[after].append(before)
    return reads


def test_what_only_one_has_is_looked_through() -> None:
    main = body({"a": [], "b": ["a"], "c": ["b"]})
    other = body({"a": [], "c": ["a"]})
    assert rewired(main, other, {"a": "a", "c": "c"}) == []
    assert rewired(body({"a": [], "b": [], "c": ["b"]}), other, {"a": "a", "c": "c"}) == [("c", "c")]


def test_where_all_read_all_before_them_there_are_too_many_paths_to_follow() -> None:
    names = [f"n{number}" for number in range(60)]
    main, other = body(dense(names)), body(dense([names[0], names[-1]]))
    start = process_time()
    assert rewired(main, other, {names[0]: names[0], names[-1]: names[-1]}) == [(names[-1], names[-1])]
    assert process_time() - start < 5
