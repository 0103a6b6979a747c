"""The notation of forms, and every form of a pattern: what it says bears the name, what looks like it doesn't."""

from __future__ import annotations

import re
from time import process_time

import networkx as nx
import pytest

from blockviz.structure.block_forms import Part, fits_form, kinds_fit, parse_form
from blockviz.structure.block_patterns import BlockPattern, block_patterns
from blockviz.structure.graph_notation import rows_of
from blockviz.structure.labels import kind_of
from blockviz.structure.series_steps import Step, step_lines
from structure.test_patterns import concrete, label_of_wanted

FORMED = [pattern for pattern in block_patterns() if pattern.forms]


def line(text: str) -> tuple[Step, ...]:
    """The shortest row of steps of a form."""
    return _line(parse_form(text))


def _line(parts: tuple[Part, ...]) -> tuple[Step, ...]:
    out: list[Step] = []
    for part in parts:
        for _ in range(part.least):
            out += _line(part.choices[0]) if part.choices else [_step(part)]
    return tuple(out)


def _step(part: Part) -> Step:
    if part.net:
        return Step("net", net=rows_of(concrete(part.net)))
    ways = tuple(_line(way) for way in (*part.ways, *part.ways[-1:] * part.more))
    label = "conv:1" if part.labels == ("any",) else part.labels[0]
    return Step(label_of_wanted(label), part.marks, bool(part.beside), ways)


def _kinds(steps: tuple[Step, ...]) -> frozenset[str]:
    found = {step.label.partition(":")[0] for step in steps if not step.net}
    found |= {kind_of(label) for step in steps for label, _ in step.net} - {"in", "out"}
    return frozenset(found.union(*[_kinds(way) for step in steps for way in step.ways]))


def _named(steps: tuple[Step, ...], given: BlockPattern) -> str:
    """The name of a row of steps, where all else that a pattern asks for is so."""
    kinds = _kinds(steps)
    for pattern in FORMED:
        asked = (pattern.preactivation, pattern.skips, pattern.plain, pattern.unbiased, pattern.last, pattern.expands)
        had = (given.preactivation, given.skips, given.plain, given.unbiased, given.last, given.expands)
        allowed = all(one in (None, False, other) for one, other in zip(asked, had, strict=True))
        allowed = allowed and set(pattern.asks) <= set(given.asks)
        if allowed and any(kinds_fit(kinds, text) and fits_form(steps, text) for text in pattern.forms):
            return pattern.name
    return ""


def steps(text: str) -> tuple[Step, ...]:
    return next(step_lines(concrete(text)))


@pytest.mark.parametrize(("graph", "form"), [
    ("in > a=conv:1 > b=conv:k > c=conv:1 > s=add; in > s", "res(conv:1 conv:k conv:1)"),
    ("in > a=conv:1 > b=conv:k > b2=conv:k > c=conv:1 > s=add; in > p=conv:1 > s", "res(conv:1 conv:k+ conv:1)"),
    ("in > a=conv:k > c=concat; in > c; c > b=conv:k > d=concat; in > d; a > d > e=conv:1 > s=add; in > s",
     "res(concat[=; conv:k]{2,2} conv:1)"),
    ("in > u=up > c=concat > a=conv:k; in2 > c", "up concat~ conv:k"),
    ("in > a=conv:k > e=add > b=conv:k > s=add; in2 > t=dense > e; in > s", "res(conv:k add.by_dense~ conv:k)"),
    ("in > a=conv:1 > c=concat; in > b=conv:3x3 > c; in > d=conv:5x5 > c", "concat[conv:1; conv:k ...]"),
    ("in > s=add > t=add; in > a=conv:1 > s; in > b=conv:k > t", "add[=; conv:1; conv:k]"),
    ("in > a=dense > b=dense; a > c=dense > s=sub; in > s", "sub[=; dense.taps dense]"),
    ("in > a=conv:1 > d=dw > m=mul; a > m > b=conv:1 > n=mul; d > n > c=conv:1",
     "conv:1 mul[net`in > d=dw > x=mul; in > x > y=conv:1 > out; d > out`] conv:1"),
])  # fmt: skip
def test_a_graph_as_a_row_of_steps(graph: str, form: str) -> None:
    assert any(fits_form(found, form) for found in step_lines(concrete(graph)))


@pytest.mark.parametrize(("graph", "form"), [
    ("in > a=conv:1 > b=conv:k > s=add; in > s", "res(conv:1 conv:k conv:1)"),
    ("in > a=conv:k > s=add; in2 > s", "res(conv:k)"),
    ("in > a=attn > s=add; in > s; in2 > a", "res(attn)"),
    ("in > d=dw > m=mul; in > m > b=conv:1 > n=mul; in > n",
     "mul[net`in > d=dw > x=mul; in > x > y=conv:1 > out; d > out`]"),
    ("in > a=conv:k > m=mul; in > m", "res(conv:k)"),
    ("in > a=dense > b=dense; a > c=dense > s=sub; in > s", "sub[=; dense dense]"),
])  # fmt: skip
def test_what_a_row_of_steps_is_not(graph: str, form: str) -> None:
    assert not any(fits_form(found, form) for found in step_lines(concrete(graph)))


def test_what_is_no_series_is_a_net() -> None:
    """The ways of a highway layer's two products cross."""
    graph: nx.DiGraph[str] = concrete("in > t=dense > m=mul > s=add; in > h=dense > m; in > n=mul > s; t > n")
    (found,) = next(step_lines(graph))
    assert [step.label for way in found.ways for step in way] == ["net"]


@pytest.mark.parametrize("rate", [1, 2])
def test_a_net_asks_for_marks_of_its_calls(rate: int) -> None:
    ways = "in > d1=dw > s2=add; in > d2=dw%s > s2; s2 > s3=add; in > d3=dw%s > s3"
    graph: nx.DiGraph[str] = concrete(ways % ("", "") + "; d1 > c=concat; s2 > c; s3 > c")
    for name in ("d2", "d3"):
        graph.nodes[name]["marks"] = frozenset(["dilated"] if rate > 1 else [])
    wanted = ways % (".dilated", ".dilated")
    form = f"concat[net`{wanted}; d1 > out; s2 > out; s3 > out`]"
    assert any(fits_form(found, form) for found in step_lines(graph)) is (rate > 1)


@pytest.mark.parametrize("text", ["res(conv:k", "conv:k)", "add[=; conv:1", "~", "conv:k.", "{2,3}"])
def test_a_text_that_is_no_form_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="form"):
        parse_form(text)


def test_no_kind_of_its_own_rules_a_form_out() -> None:
    for text in sorted({text for pattern in FORMED for text in pattern.forms}):
        assert kinds_fit(_kinds(line(text)), text) and not re.search(r"\s{2,}", text), text


def test_a_fork_of_a_hundred_ways_is_compared_in_no_time() -> None:
    ways = "; ".join(f"in > a{number}=conv:3x3 > m" for number in range(1, 120))
    graph = concrete(f"in > p=pool > m=concat; {ways}")
    (found,) = step_lines(graph)
    began = process_time()
    assert not fits_form(found, "concat[conv:1; conv:3x3; conv:k; conv:3x3 ...]")
    assert fits_form(found, "concat[pool; conv:k ...]")
    assert process_time() - began < 2.0
