"""The layout that a person would give an overview, for the zoo and for networks made to mislead the rule."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blockviz.ir import Node
from blockviz.outline.model import Station
from blockviz.outline.overview_graph import OverviewGraph, overview_of
from blockviz.outline.overview_layout import LAYOUTS, OverviewLayout, decide_layout
from blockviz.outline.stations import stations_of
from blockviz.runtime.records import replace
from blockviz.summary import Summary
from blockviz.tables.inspect import tree
from graphs import ZOO, Builder
from summaries import own_summary, zoo_summary

FOLDER = Path(__file__).parent.parent / "layouts"
EXPECTED = json.loads((FOLDER / "expected.json").read_text("utf-8"))


def layout(summary: Summary) -> str:
    return decide_layout(overview_of(summary.outline)).name


@pytest.mark.parametrize("name", EXPECTED["own"])
def test_networks_that_hide_their_layout(name: str) -> None:
    assert layout(own_summary(name)) in EXPECTED["own"][name]


def _smallest_of_each_answer() -> list[str]:
    """Of the networks of the zoo for which a person would give an answer the one with the smallest file."""
    answers: dict[tuple[str, ...], str] = {}
    for name in sorted(EXPECTED["zoo"], key=lambda name: (ZOO / f"{name}.json.gz").stat().st_size):
        answers.setdefault(tuple(EXPECTED["zoo"][name]), name)
    return sorted(answers.values())


def test_nearly_all_networks_of_the_zoo_get_the_layout_of_a_person() -> None:
    names = _smallest_of_each_answer()
    right = [layout(zoo_summary(name)) in EXPECTED["zoo"][name] for name in names]
    assert sum(right) >= len(right) - 1 >= 10


def test_json_and_text_say_the_layout_and_why() -> None:
    summary = own_summary("unet_open")
    assert summary.to_dict()["layout"] == "U"
    assert "layout: U, since skips at 4 resolutions over lower ones" in [*tree(summary.outline, explain=True)]


def test_levels_in_one_run_are_opened_and_a_chain_stays_folded() -> None:
    ups = [part for part in own_summary("unet_open").overview if "up level" in part.name]
    assert [part.repeat for part in ups] == [1, 1, 1, 1]
    chain = own_summary("gpt_mini").overview
    assert [part.repeat for part in chain if part.repeat > 1] == [4]


def choose(*stations: Station, outputs: tuple[tuple[int, ...], ...] = ((10,),)) -> OverviewLayout:
    return decide_layout(OverviewGraph(stations, outputs))


def station(name: str, inputs: str, *shape: int, layers: int = 6, repeat: int = 1) -> Station:
    return Station(name, not inputs, repeat, False, shape, layers if inputs else 0, tuple(inputs.split()))


def test_a_skip_at_one_resolution_is_no_u() -> None:
    path = [station("i", "", 64, 64, 3), station("a", "i", 64, 64, 8), station("b", "a", 32, 32, 16)]
    found = choose(*path, station("c", "b a", 64, 64, 8), outputs=((64, 64, 8),))
    assert found.name == "chain"


def test_skips_at_two_resolutions_are_a_u() -> None:
    fall = [station("i", "", 64, 64, 3), station("a", "i", 64, 64, 8), station("b", "a", 32, 32, 16)]
    rise = [station("c", "b", 16, 16, 32), station("d", "c b", 32, 32, 16), station("e", "d a", 64, 64, 8)]
    found = choose(*fall, *rise, outputs=((64, 64, 8),))
    assert (found.name, set(found.skips)) == ("U", {("b", "d"), ("a", "e")})


@pytest.mark.parametrize(("deep", "wanted"), [(3, "streams"), (1, "chain")])
def test_branches_that_never_meet_again_are_streams_unless_they_are_a_last_layer_each(deep: int, wanted: str) -> None:
    heads = [station(f"{head}{n}", f"{head}{n - 1}" if n else "i", 10, layers=6) for head in "abc" for n in range(deep)]
    assert choose(station("i", "", 64, 64, 3), *heads, outputs=((10,),) * 3).name == wanted


def test_every_layout_has_a_name_that_the_command_line_takes() -> None:
    assert set(LAYOUTS) == {"chain", "U", "pyramid", "stacks", "streams", "board"}


def _attending(asks: str, keeps: str) -> set[str]:
    """What a call of attention remembers, its mask given first; ``asks`` and ``keeps`` are ids of inputs."""
    builder = Builder()
    first, second = builder.input(), builder.input()
    ids = {"a": builder.conv(first, 8), "b": builder.conv(second, 8)}
    mask = builder.input()
    name = builder.add("MultiHeadAttention", mask, ids[asks], ids[keeps], num_heads=2, key_dim=4)
    node = builder.graph.item(name)
    assert isinstance(node, Node)
    builder.graph.nodes[name]["item"] = replace(node, args={"attention_mask": "$0", "query": "$1", "value": "$2"})
    (station,) = (one for one in stations_of(builder.finish(name)) if one.id == name)
    return {key for key, given in ids.items() if given in station.memories}


def test_attention_remembers_what_it_does_not_ask_with() -> None:
    assert _attending("a", "b") == {"b"}
    assert _attending("a", "a") == set()  # of itself, and a mask is no memory
