"""What the search refuses keeps its reason and its nodes, and `inspect --explain` says it."""

from __future__ import annotations

import pytest

from blockviz.cli import main
from blockviz.ir import LayerGraph
from blockviz.pipeline import run_passes
from blockviz.search.no_match import NoMatch
from blockviz.search.refusals import refusals
from graphs import Builder


def refused(graph: LayerGraph) -> list[NoMatch]:
    found: list[LayerGraph] = []
    run_passes(graph, after=lambda step, given, _: found.extend([given] if step.name == "find-blocks" else []))
    return refusals(found[0])


def residual(b: Builder, x: str, width: int = 16) -> str:
    y = b.conv(b.conv(x, width, 1), width, 3)
    return b.add("Add", x, b.conv(y, width, 1, act=False))


def test_a_part_that_is_almost_a_block_says_in_what_it_is_none() -> None:
    b = Builder()
    x = b.conv(b.input(), 16)
    for _ in range(4):
        x = residual(b, x)
    x = b.conv(b.conv(b.add("MaxPooling2D", x), 16, 1), 24, 3)
    (one,) = refused(b.finish(b.add("Dense", b.add("GlobalAveragePooling2D", x), units=10)))
    assert one.reason == "it ends in another operation"
    assert len(one.nodes) == 3 and "pool" in one.nodes[0].lower()


def test_a_repeat_that_does_not_pay_says_what_it_saves() -> None:
    b = Builder()
    x = b.input()
    for kernel in range(4, 50):  # in a small network it would pay
        x = b.conv(x, 16, kernel)
    for _ in range(2):
        x = b.add("MaxPooling2D", b.conv(x, 16, 3))
    (one,) = refused(b.finish(b.add("Dense", b.add("GlobalAveragePooling2D", x), units=10)))
    assert one.copies == 2 and one.reason.startswith("it saves ")


def test_what_is_wholly_in_blocks_has_no_refusals() -> None:
    b = Builder()
    x = b.input()
    for _ in range(6):
        x = residual(b, x, 3)
    assert refused(b.finish(x)) == []


def test_inspect_explains_what_is_no_block(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["inspect", "InceptionResNetV2", "--explain"]) == 0
    lines = [line for line in capsys.readouterr().out.splitlines() if line.startswith("no block: ")]
    assert any("boxes, and must save" in line for line in lines)
    assert main(["inspect", "InceptionResNetV2"]) == 0
    assert "no block" not in capsys.readouterr().out
