"""Orders for modules of several streams: the order of the calls is all that they change."""

from __future__ import annotations

import itertools

import networkx as nx
import pytest

from blockviz.ir import LayerGraph
from blockviz.search.few_live_order import in_step
from blockviz.search.frontier_order import evened, frontier_order
from graphs import Builder
from summaries import pair_summary
from tangles import dense, parallel, sheets, stars, tangle


def exchanges(modules: int, streams: int = 3, read: int | None = None) -> LayerGraph:
    """Modules that go on in each stream, then add what all others say; so many outputs of the last are read."""
    b = Builder()
    image = b.input(size=64)
    tensors = [b.conv(image, 8)]
    for scale in range(1, streams):
        tensors.append(b.conv(b.sized("MaxPooling2D", tensors[-1], 64 >> scale), 8 << scale))
    for _ in range(modules):
        tensors = [b.conv(tensor, 8 << scale) for scale, tensor in enumerate(tensors)]
        tensors = [b.add("ReLU", b.add("Add", *(_at(b, tensors, k, scale) for k in range(streams))))
                   for scale in range(streams)]  # fmt: skip
    return b.finish(*[b.conv(tensor, 4, 1) for tensor in tensors[: read or streams]])


def _at(b: Builder, tensors: list[str], source: int, scale: int) -> str:
    """A stream at the scale of another one."""
    x, width = tensors[source], 8 << scale
    for step in range(source, scale):
        x = b.conv(b.sized("MaxPooling2D", x, 32 >> step), width)
    return b.sized("UpSampling2D", b.conv(x, width, 1), 64 >> scale) if scale < source else x


@pytest.mark.parametrize("streams", [2, 3, 4])
@pytest.mark.parametrize("modules", [3, 4])
def test_modules_stand_one_behind_the_other_in_one_inner_order(streams: int, modules: int) -> None:
    graph = exchanges(modules, streams)
    order, (copies,) = frontier_order(graph)
    assert sorted(order) == sorted(graph)
    assert all(order.index(a) < order.index(b) for a, b in graph.edges)
    assert len(copies) >= modules - 1  # before the first of them a stream may begin in several calls
    assert all(one[1] == other[0] for one, other in itertools.pairwise(copies))
    classes = [[graph.item(name).op for name in order[slice(*copy)]] for copy in copies]
    assert all(found == classes[0] for found in classes)


def test_what_is_one_stream_between_its_blocks_has_no_such_modules() -> None:
    b = Builder()
    x = b.conv(b.input(), 16)
    for _ in range(4):
        x = b.add("ReLU", b.add("Add", x, b.conv(b.conv(b.conv(x, 4, 1), 4), 16, 1, act=False)))
    graph = b.finish(b.add("GlobalAveragePooling2D", x))
    assert frontier_order(graph) == (list(graph), ())


@pytest.mark.parametrize("graph", [parallel(40), tangle(60), dense(20), sheets(4, 8), stars(5, 12)])
def test_any_graph_keeps_its_calls_and_its_wiring(graph: LayerGraph) -> None:
    for order in (in_step(graph)[0], frontier_order(graph)[0]):
        assert sorted(order) == sorted(graph)
        assert all(order.index(a) < order.index(b) for a, b in nx.DiGraph(graph).edges)


def test_copies_of_a_module_are_cut_alike() -> None:
    modules = (((2, 8), (8, 14)),)
    types = [[(0, 3), (4, 6), (10, 12), (13, 16)], [(2, 4), (20, 22)]]
    assert evened(types, modules) == [[(4, 6), (10, 12)], [(2, 4), (8, 10), (20, 22)]]


def test_blocks_inside_copies_of_a_module_have_stages_of_their_own() -> None:
    blocks = {block["type"]: block for block in pair_summary("exchanges_132").to_dict()["blocks"]}
    inner = [copy["stage"] for copy in blocks["B"]["instances"]]
    (module,) = {copy["stage"] for copy in blocks["C"]["instances"]}
    assert {stage.rpartition(".")[0] for stage in inner if stage.startswith(f"{module}.")} == {
        f"{module}.{copy}" for copy in (1, 2, 3)
    }
