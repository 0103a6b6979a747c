"""Structure, text measuring, alignment and sizes."""

from __future__ import annotations

import itertools
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from blockviz.errors import UsageError
from blockviz.page.layout.brandes_koepf import Layered, positions
from blockviz.page.layout.series_parallel import SINK, SOURCE, Chain, Fork, Leaf, Tangle, decompose, decompose_wires
from blockviz.page.style.page_size import parse_page
from blockviz.runtime.lengths import parse_length
from blockviz.text.font_metrics import shorten, width, wrap
from outlines import add, concat, graph, relu, sh, unit


def test_residual_block_is_a_fork_with_an_empty_branch() -> None:
    s = sh(8, 8, 64)
    body = graph(
        {
            "a": (unit(1, 64, s), ["in"]),
            "b": (unit(3, 64, s), ["a"]),
            "m": (add(s), ["b", "in"]),
            "r": (relu(s), ["m"]),
        },
        [s],
    )
    chain = decompose(body)
    fork = chain.parts[1]
    assert isinstance(fork, Fork) and [len(branch.parts) for branch in fork.branches] == [2, 0]
    assert fork.merge is not None and "add" in fork.merge


def test_branches_come_in_the_order_of_the_concatenation() -> None:
    s = sh(8, 8, 64)
    body = graph(
        {
            "long1": (unit(1, 64, s), ["in"]),
            "long2": (unit(3, 64, s), ["long1"]),
            "short": (unit(1, 64, s), ["in"]),
            "m": (concat(s), ["short", "long2"]),
        },
        [s],
    )
    fork = decompose(body).parts[1]
    assert isinstance(fork, Fork) and [len(branch.parts) for branch in fork.branches] == [1, 2]


def test_crossing_wires_are_a_tangle() -> None:
    s = sh(8, 8, 64)
    body = graph(
        {
            "a": (unit(1, 64, s), ["in"]),
            "b": (unit(1, 64, s), ["in1"]),
            "c": (add(s), ["a", "b"]),
            "d": (add(s), ["a", "b"]),
            "m": (concat(s), ["c", "d"]),
        },
        [s, s],
    )
    assert any(isinstance(part, Tangle) for part in decompose(body).parts)


def _ids(chain: Chain) -> list[str]:
    out: list[str] = []
    for part in chain.parts:
        if isinstance(part, Leaf):
            out.append(part.id)
        elif isinstance(part, Fork):
            out += [name for branch in part.branches for name in _ids(branch)]
        else:
            out += part.ids
    return out


@settings(max_examples=60, deadline=None)
@given(
    st.integers(1, 14).flatmap(
        lambda n: st.tuples(st.just(n), st.sets(st.tuples(st.integers(0, n - 1), st.integers(0, n - 1)), max_size=30))
    )
)
def test_every_box_is_drawn_exactly_once(drawn: tuple[int, set[tuple[int, int]]]) -> None:
    count, pairs = drawn
    edges = {(min(p), max(p)) for p in pairs if p[0] != p[1]}
    wires: dict[str, list[str]] = {SOURCE: [], **{str(i): [] for i in range(count)}, SINK: []}
    for a, b in sorted(edges):
        wires[str(a)].append(str(b))
    for i in range(count):
        if not any(b == i for _, b in edges):
            wires[SOURCE].append(str(i))
        if not wires[str(i)]:
            wires[str(i)].append(SINK)
    assert sorted(_ids(decompose_wires(wires))) == sorted(str(i) for i in range(count))


@settings(max_examples=40, deadline=None)
@given(st.lists(st.integers(1, 6), min_size=1, max_size=6), st.randoms(use_true_random=False))
def test_rows_never_overlap(sizes: list[int], random: Any) -> None:
    rows, number = [], 0
    for size in sizes:
        rows.append(list(range(number, number + size)))
        number += size
    above: dict[int, list[int]] = {v: [] for v in range(number)}
    below: dict[int, list[int]] = {v: [] for v in range(number)}
    for upper, lower in itertools.pairwise(rows):
        for v in lower:
            for u in random.sample(upper, random.randint(1, min(2, len(upper)))):
                above[v].append(u)
                below[u].append(v)
    widths = {v: float(random.randint(1, 40)) for v in range(number)}
    x = positions(Layered(rows, above, below, widths, frozenset(), 4.0))
    for row in rows:
        for a, b in itertools.pairwise(row):
            assert x[b] - x[a] >= (widths[a] + widths[b]) / 2 + 4.0 - 1e-6


def test_widths_match_the_font() -> None:
    ttf = pytest.importorskip("fontTools.ttLib")
    from blockviz.text.font_files import font_folder

    for bold in (False, True):
        font = ttf.TTFont(font_folder() / "Arimo[wght].ttf", lazy=True)
        names, drawn = font.getBestCmap(), font.getGlyphSet(location={"wght": 700 if bold else 400})
        text = "Inception-ResNet-A (f) 35×35×320 – 1.23\u2009M · Ångström Привет ≥ α"
        expected = sum(drawn[names[ord(char)]].width for char in text) / font["head"].unitsPerEm * 10
        assert width(text, 10, bold) == pytest.approx(expected, abs=1e-6)


def test_shorten_and_wrap_keep_to_the_room() -> None:
    assert width(shorten("a very long block name", 8, 40), 8) <= 40
    assert shorten("short", 8, 400) == "short"
    assert all(width(line, 8) <= 60 for line in wrap("projection shortcut, stride 2, no activation", 8, 60))


def test_a_number_stays_with_its_word() -> None:
    room = width("projection shortcut, stride", 8) + 0.1
    assert wrap("projection shortcut, stride 2", 8, room) == ["projection shortcut,", "stride 2"]
    assert wrap("64, 128, 256", 8, width("64, 128,", 8) + 0.1) == ["64, 128,", "256"]  # no words, so any will do


@pytest.mark.parametrize(
    ("text", "points"), [("84mm", 238.11), ("3.3in", 237.6), ("238pt", 238.0), ("8.4 cm", 238.11), ("100", 100.0)]
)
def test_lengths(text: str, points: float) -> None:
    assert parse_length(text) == pytest.approx(points, abs=0.01)


def test_pages() -> None:
    assert (parse_page("a4").width, parse_page("a4").height) == (595, 842)
    assert (parse_page("174mmx240mm").width, parse_page("174x240mm").height) == (493, 680)
    assert not parse_page(width="84mm").fixed
    for wrong in ("a9", "10", "0x10mm", "-3mm x 4mm", "axb"):
        with pytest.raises(UsageError):
            parse_page(wrong)
    with pytest.raises(UsageError):
        parse_length("84 parsecs")
