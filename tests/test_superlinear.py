"""Wiring that grows faster than its nodes: steps are counted, since clocks tell little, and results compared with
plain ways to the same end."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from contextlib import suppress
from cProfile import Profile

import networkx as nx
import pytest

from blockviz.errors import PageError
from blockviz.ir import LayerGraph
from blockviz.outline.model import Station
from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import skips
from blockviz.page.layout.least_room import least_rows, least_width
from blockviz.page.layout.ranks import rank_layout, ranked
from blockviz.page.layout.series_parallel import Tangle
from blockviz.page.overview.board.placement import Wiring, lines_of
from blockviz.pipeline import summarize
from blockviz.search.few_live_order import _WORK, _Tightening, tightened
from blockviz.search.linearise import _steps
from blockviz.structure.ancestry import Ancestry, _closes, closes_a_skip
from tangles import dense, parallel, sheets, stars, tangle, tapped


def _calls(make: Callable[[int], LayerGraph], size: int) -> int:
    """Calls of Python functions until there is a page, or it is known that none holds it."""
    graph, heard = make(size), Profile(builtins=False)
    with heard, suppress(PageError):
        summarize(graph).page()
    return sum(entry.callcount for entry in heard.getstats())


#: A graph of a size; the size here, half of that in ``benchmarks/sweep.py``; how often the calls for twice the size.
GROWTH: dict[str, tuple[Callable[[int], LayerGraph], int, float]] = {
    "dense": (dense, 16, 5.0), "parallel": (parallel, 40, 3.5), "tangle": (tangle, 40, 4.0), "tapped": (tapped, 3, 4.0),
    "sheets": (lambda width: sheets(3, width), 4, 4.5), "stars": (lambda width: stars(6, width), 6, 3.0),
}  # fmt: skip


def steep(name: str, size: int) -> list[str]:
    """What says that twice the size takes many more calls."""
    make, _, most = GROWTH[name]
    _calls(make, 2)  # what is read once
    few, many = _calls(make, size), _calls(make, 2 * size)
    return [] if many < most * few else [f"{few} calls for {size}, {many} for {2 * size}"]


@pytest.mark.parametrize("name", GROWTH)
def test_twice_the_size_takes_little_more_than_twice_the_wires(name: str) -> None:
    assert steep(name, GROWTH[name][1]) == []


def test_the_order_of_a_tangle_costs_no_more_than_its_budget() -> None:
    for graph in (parallel(300), tangle(150)):
        state = _Tightening(graph, eager=False)
        order = state.run()
        assert state.work < _WORK + 50_000
        at = {name: place for place, name in enumerate(order)}
        assert sorted(order) == sorted(graph) and all(at[a] < at[b] for a, b in graph.edges)
    assert tightened(parallel(30)) == _Tightening(parallel(30), eager=False).run()


def _overview(seed: int) -> OverviewGraph:
    rng, stations = random.Random(seed), []
    for n in range(rng.randint(2, 16)):
        reads = tuple(f"p{i}" for i in sorted(rng.sample(range(n), min(n, rng.randint(0, 3)))))
        side = rng.choice((4, 8, 16))
        stations.append(Station(f"p{n}", not reads, 1, False, (side, side, 8), rng.randint(0, 3), reads))
    return OverviewGraph(stations, [])


@pytest.mark.parametrize("seed", range(25))
def test_bits_say_what_sets_say(seed: int) -> None:
    view = _overview(seed)
    for name in view.order:
        assert view.ancestors[name] == nx.ancestors(view.graph, name) | {name}
        assert view.below(name) == nx.descendants(view.graph, name)
        pairs = itertools.combinations(view.before(name), 2)
        assert list(view.crossing(view.before(name))) == [
            (a, b) for a, b in pairs if a not in view.ancestors[b] and b not in view.ancestors[a]
        ]
        assert view.load(name) == sum(view.layers(one) for one in view.ancestors[name])
    assert skips(view) == _plain_skips(view)


def _plain_skips(view: OverviewGraph) -> list[tuple[str, str]]:
    found = []
    for u, v in view.graph.edges:
        start, area = u, view.area[u]
        while view.graph.in_degree(start) == 1 and view.area[above := next(view.graph.predecessors(start))] == area:
            start = above
        between = nx.descendants(view.graph, start) & nx.ancestors(view.graph, v)
        lower = any((view.area[name] or 0) < (area or 0) for name in between)
        if area == view.area[v] and view.graph.in_degree(v) > 1 and lower:
            found.append((u, v))
    return found


@pytest.mark.parametrize("seed", range(25))
def test_lines_of_a_board_are_those_that_a_fresh_look_finds(seed: int) -> None:
    rng = random.Random(seed)
    names = tuple(f"n{i}" for i in range(rng.randint(1, 25)))
    wiring = Wiring(
        names,
        {name: tuple(rng.sample(names[:i], min(i, rng.randint(0, 4)))) for i, name in enumerate(names)},
        {name: float(rng.randint(1, 3)) for name in names},
        {name: (None, *[8] * rng.randint(0, 2)) for name in names},
        dict.fromkeys(names, ""),
    )
    assert lines_of(wiring) == _plain_lines(wiring)


def _plain_lines(wiring: Wiring) -> list[list[str]]:
    left, readers, out = dict.fromkeys(wiring.order), wiring.readers(), list[list[str]]()
    while left:
        total, before = dict[str, float](), dict[str, str | None]()
        for name in left:
            main = [s for s in wiring.sources[name] if s in left and not wiring.is_side(s, name)]
            before[name] = best = max(main, key=total.__getitem__, default=None)
            total[name] = wiring.weights[name] + (total[best] if best is not None else 0.0)
        at: str | None = max((name for name in left if out or not readers[name]), key=total.__getitem__)
        line = []
        while at is not None:
            line.append(at)
            at = before[at]
        left = {name: None for name in left if name not in line}
        out.append(line[::-1])
    return out


@pytest.mark.parametrize("seed", range(30))
def test_numbers_of_steps_are_equal_where_what_is_seen_is(seed: int) -> None:
    rng = random.Random(seed)
    forms = [rng.randint(0, 2) for _ in range(14)]
    reads = [tuple((rng.randint(-1, n - 1), rng.randint(0, 1)) for _ in range(rng.randint(0, 3))) for n in range(14)]
    seen = []
    for place, (form, operands) in enumerate(zip(forms, reads, strict=True)):
        offsets = [(place - source, out) if source >= 0 else None for source, out in operands]
        for reach, number in _steps(forms, reads)[place]:
            seen.append((number, (form, tuple(one if one and one[0] <= reach else 0 for one in offsets))))
    for (a, one), (b, two) in itertools.combinations(seen, 2):
        assert (a == b) == (one == two)


def test_ranks_are_longest_paths() -> None:
    edges = (("\x00source", "a"), ("a", "b"), ("b", "c"), ("a", "c"), ("c", "d"), ("e", "d"), ("a", "e"), ("d", "f"))
    tangled = Tangle(("a", "b", "c", "e", "d"), edges, "f")
    assert ranked(tangled) == {"a": 0, "b": 1, "c": 2, "e": 2, "d": 3}
    assert least_rows(tangled) == 4


def test_a_page_says_what_a_network_beyond_all_pages_would_need() -> None:
    with pytest.raises(PageError, match="alone needs about"):
        summarize(tangle(160)).page()
    assert any("no room for any panel" in note for note in summarize(dense(70)).page().advice)


@pytest.mark.parametrize("seed", range(20))
def test_no_layout_is_narrower_than_its_least_width(seed: int) -> None:
    rng, gap = random.Random(seed), 5.0
    ids = tuple(f"n{i}" for i in range(rng.randint(2, 25)))
    pairs = [(a, b) for a, b in itertools.combinations(ids, 2) if rng.random() < 0.25]
    edges = [("\x00source", b) for b in ids if not any(to == b for _, to in pairs)]
    edges += [(a, "end") for a in ids if not any(source == a for source, _ in pairs)]
    tangled = Tangle(ids, (*edges, *pairs), "end")
    sizes = dict.fromkeys(ids, (gap * rng.uniform(0.6, 4.0), 8.0))
    assert least_width(tangled, gap) <= rank_layout(tangled, sizes, 9.0, gap).width + 0.01


def test_a_body_of_too_many_wires_is_not_laid_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("blockviz.page.panel.diagram.decompose", None)
    page = summarize(sheets(6, 20)).page()
    assert any("no room for any panel" in note for note in page.advice)


def _skeleton(seed: int) -> nx.DiGraph[str]:
    rng, graph = random.Random(seed), nx.DiGraph()
    for n in range(rng.randint(2, 14)):
        reads = rng.sample(range(n), min(n, rng.randint(0, 3)))
        label = rng.choice(("add", "concat", "add")) if len(reads) > 1 else rng.choice(("conv:3", "act", "in"))
        graph.add_node(f"n{n}", label=label)
        graph.add_edges_from((f"n{one}", f"n{n}") for one in reads)
    return graph


@pytest.mark.parametrize("seed", range(60))
def test_skips_are_those_that_a_look_at_every_way_finds(seed: int) -> None:
    graph = _skeleton(seed)
    kin = Ancestry(graph)
    for name in graph:
        assert set(kin.of(name)) == nx.ancestors(graph, name) | {name}
        if graph.nodes[name]["label"] == "add":
            assert _closes(graph, kin, name, 10**6)[0] == _closes_plainly(graph, name)
    ends = [name for name in graph if graph.nodes[name]["label"] == "add"]
    assert closes_a_skip(graph, kin) == any(_closes_plainly(graph, name) for name in ends)
    pairs = itertools.permutations(ends, 2)
    assert kin.unrelated(ends) == (not any(nx.has_path(graph, a, b) for a, b in pairs))


def _closes_plainly(graph: nx.DiGraph[str], end: str) -> bool:
    """Whether of two ways from one node, through different inputs, one has at most one convolution, and fewer."""
    counts: dict[str, dict[str, list[int]]] = {}
    for start in graph:
        for way in nx.all_simple_paths(graph, start, end) if start != end else ():
            weighty = sum(graph.nodes[name]["label"].startswith("conv") for name in way[1:-1])
            counts.setdefault(start, {}).setdefault(way[-2], []).append(weighty)
    return any(
        min(one) <= 1 and min(one) < max(other)
        for ways in counts.values()
        for (a, one), (b, other) in itertools.permutations(ways.items(), 2)
    )
