"""The attack itself: its judges see what is planted, its cases are the same each time, a short run is clean."""

from __future__ import annotations

import json
import os
import random
from pathlib import Path
from typing import Any

import networkx as nx
import pytest

from blockviz.frontends import graph_from_config
from blockviz.pipeline import summarize
from fuzz import attacks, consumers, faults, mutants, names
from fuzz.campaign import campaign, report
from fuzz.expander import differences
from fuzz.networks import network
from fuzz.shrink import shrunk_bytes, shrunk_json
from fuzz.trial import Fault, attempt


def _raise(error: BaseException) -> str:
    raise error


def _spin() -> str:
    while True:
        pass


def _eat() -> str:
    """More than can be had, at once: a worker may have hundreds of megabytes at hand, and filling them takes time."""
    return str(len(bytes(4 << 30)) * 0)


@pytest.mark.parametrize(
    ("action", "kind", "why"),
    [
        (lambda: "", "clean", ""),
        (lambda: "blockviz: no", "refused", "blockviz: no"),
        (lambda: _raise(KeyError("x")), "fault", "traceback: KeyError"),
        (lambda: _raise(Fault("half a file")), "fault", "half a file"),
        (lambda: _raise(SystemExit(3)), "fault", "traceback: SystemExit"),
        (lambda: os._exit(7), "fault", "crash: status 7"),
        (_spin, "fault", "hang"),
        (_eat, "fault", "memory"),
    ],
)
def test_an_attempt_ends_as_it_must(action: Any, kind: str, why: str) -> None:
    outcome = attempt(action, seconds=0.5, megabytes=150)
    assert outcome.kind == kind and outcome.why.startswith(why)


def test_the_second_expander_sees_each_kind_of_difference() -> None:
    made = next(made for made in map(network, range(20)) if "Conv2D" in {call.op for call in made.calls.values()})
    summary = summarize(graph_from_config(made.config))
    assert summary.blocks and differences(summary.graph, made) == []
    call = next(call for call in made.calls.values() if call.reads and "filters" in call.config)
    call.config["filters"] += 1
    assert any("filters" in line for line in differences(summary.graph, made))
    call.config["filters"] -= 1
    reads, call.reads = call.reads, ((made.inputs[0], 5),)
    assert any("other tensors" in line for line in differences(summary.graph, made))
    call.reads = reads
    made.outputs = ((made.inputs[0], 0),)
    assert any("outputs" in line for line in differences(summary.graph, made))
    broken = nx.DiGraph.copy(summary.graph)
    broken.remove_edge(*next(iter(broken.edges)))
    with pytest.raises(AssertionError, match="has 0 sources"):
        differences(broken, made)


SOUND = '<svg xmlns="http://www.w3.org/2000/svg"><g id="a"><text>x</text></g></svg>'
PLANTED = [
    ("svg", SOUND.replace("<text>", "<script>alert(1)</script><text>")),
    ("svg", SOUND.replace("<g ", '<g onclick="x()" ')),
    ("svg", SOUND.replace('id="a"', 'id="a b"')),
    ("drawio", '<mxfile><mxCell value="&lt;img src=x onerror=alert(1)&gt;"/></mxfile>'),
    ("html", "<p>x</p><script>alert(1)</script>"),
    ("html", '<img src="https://evil.org/x.png">'),
    ("dot", 'digraph figure { n0 [URL="javascript:alert(1)"] }'),
    ("dot", 'digraph figure { "a\\"b" }'),
    ("mermaid", "flowchart TB\nclick n0 href x"),
    ("markdown", "a [link](https://evil.org)"),
    ("markdown", "a\n\n- b"),
    ("csv", "a,b\n=1+1,c\n"),
    ("csv", "a,b\nc\n"),
    ("text", "a\x1b[31mb"),
    ("json", '["\u202e"]'),
]


@pytest.mark.parametrize(("form", "text"), PLANTED)
def test_consumers_see_what_is_planted(form: str, text: str) -> None:
    assert consumers.problems(form, text.encode())


@pytest.mark.browser
@pytest.mark.skipif(consumers.CHROMIUM is None, reason="needs Chromium")
def test_the_browser_falls_into_the_trap() -> None:
    assert consumers.browser([SOUND.encode()]) == []
    script = SOUND.replace("<text>", "<script>alert(1)</script><text>")
    link = SOUND.replace("<text>", '<a href="javascript:alert(2)"><text>').replace("</text>", "</text></a>")
    found = consumers.browser([script.encode(), link.encode()])
    assert any("trap" in line for line in found) and any("elements came in: ['a']" in line for line in found)


def test_small_cases_are_found() -> None:
    assert shrunk_bytes(b"a" * 100 + b"XY" + b"b" * 100, lambda data: b"XY" in data, 5.0) == b"XY"
    value = {"a": [1, 2, {"bad": "x" * 50 + "!" + "y" * 50}], "c": list(range(99))}
    assert shrunk_json(value, lambda other: "!" in json.dumps(other), 5.0) == {"a": [{"bad": "!"}]}


@pytest.mark.parametrize("seed", range(12))
def test_a_seed_is_a_case(seed: int) -> None:
    one, other = mutants.mutant(seed), mutants.mutant(seed)
    assert (one.name, one.edit) == (other.name, other.edit)
    assert network(seed).config == network(seed).config
    if not one.name.endswith("h5"):
        assert one.data == other.data


@pytest.mark.parametrize("position", names.POSITIONS)
def test_a_model_with_a_plain_text_at_each_place_is_drawn(position: str, tmp_path: Path) -> None:
    assert attacks._named(position, "plain", "dot", tmp_path).kind == "clean"


def test_a_short_run_is_clean(tmp_path: Path) -> None:
    """The run of `.ci/run` is longer; this one says that the machinery works."""
    tallies = campaign(2.0, seed=10_000, only=("mutants", "graphs", "names"), count=2, cases=tmp_path)
    assert all(tally.tried == 2 for tally in tallies.values())
    assert not any(tally.ended["fault"] for tally in tallies.values()), report(tallies)
    assert report(tallies).count("\n") == 3


def test_half_a_file_would_be_seen(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bench = faults.Bench(tmp_path, b"whole", 0.1)

    def _torn(bench: faults.Bench, _: Any) -> str:
        bench.figure.write_bytes(b"who")
        return "killed"

    monkeypatch.setattr(faults, "_kill", _torn)
    with pytest.raises(Fault, match="neither the old file nor the new one"):
        faults.fault(bench, next(n for n in range(50) if random.Random(n).choice(faults.KINDS) == "_kill"))
