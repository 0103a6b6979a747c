"""Names that the readers of other frameworks pass on are as harmless as those of Keras."""

from __future__ import annotations

import pytest

from blockviz.ir import leaves
from blockviz.ops.builder import Builder, Origin
from blockviz.quoting import visible


@pytest.mark.parametrize("name", ["a\u202eb", "c\x1b[31m\n", "d\ud800", "\u2066" * 10_000])
def test_no_name_hides_anything(name: str) -> None:
    builder = Builder(name)
    x = builder.input(name, (1, 4))
    (y,) = builder.unknown(Origin(name, within=((name, name),)), name, [x], [(1, 4)], "elsewhere")
    builder.draft.outputs = [y]
    graph = builder.finish()
    texts = [graph.graph["name"], *(text for node in leaves(graph) for text in (node.id, node.op, *node.within))]
    assert len(texts) >= 6 and all(visible(text) == text and len(text) <= 500 for text in texts)
