"""One drawing for two forms of a block, in which the boxes that only some copies have are dashed."""

from __future__ import annotations

from blockviz.ir import LayerGraph
from blockviz.outline.dashed_parts import _wired_alike
from graphs import Builder


def _cell(projected: bool) -> tuple[LayerGraph, list[str]]:
    """Two tensors are summed, one of them projected in some copies; the other one is in all."""
    builder = Builder()
    one, other = builder.input(), builder.input()
    fitted = builder.conv(one, 8, 1, norm=False, act=False)
    way = builder.conv(other, 8, 1, norm=False, act=False) if projected else other
    total = builder.add("Add", fitted, way)
    return builder.finish(total), [one, other, fitted, *([way] if projected else []), total]


def test_a_dashed_box_is_the_one_that_the_main_form_lacks() -> None:
    (main, ours), (base, theirs) = _cell(projected=False), _cell(projected=True)
    one, other, fitted, way, total = theirs
    assert _wired_alike(main, base, dict(zip(ours, (one, other, fitted, total), strict=True)), frozenset({way}))
    assert not _wired_alike(main, base, dict(zip(ours, (one, other, way, total), strict=True)), frozenset({fitted}))
