"""The notation of the block patterns."""

import pytest

from blockviz.structure.block_patterns import block_patterns, parse_pattern

GRAPHS = [(pattern.key, text, size) for pattern in block_patterns() for text, size in pattern.graphs]


@pytest.mark.parametrize(("key", "text", "size"), GRAPHS, ids=[f"{key}-{n}" for n, (key, *_) in enumerate(GRAPHS)])
def test_size_is_that_of_the_graph(key: str, text: str, size: tuple[int, int]) -> None:
    graph = parse_pattern(text)
    assert (len(graph), graph.number_of_edges()) == size
    assert all(label for _, label in graph.nodes(data="label"))
