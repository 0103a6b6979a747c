"""The scorer itself, and the reading of `inspect --json` that it gets."""

from __future__ import annotations

import json
import sys
from pathlib import Path

TESTS = Path(__file__).parents[1]
sys.path.insert(0, str(TESTS.parent / "benchmarks"))

from score import score  # noqa: E402
from score_blocks import found_entries  # noqa: E402

TRUTHS = sorted([*(TESTS / "papers").glob("*.json"), *(TESTS / "papers_zoo").glob("*.json")])


def test_the_truth_itself_scores_full_marks() -> None:
    for path in TRUTHS:
        truth = json.loads(path.read_text(encoding="utf-8"))
        found = [{"type": stage["name"], "instances": stage["layers"]} for stage in truth["stages"]]
        assert all(each is None or (each.f1 == 1 and each.count == 1) for each in score(truth, found)), path.stem


def test_pairs_of_blocks_are_no_blocks() -> None:
    truth = _truth(4)
    pairs = [[*truth["stages"][0]["layers"][i], *truth["stages"][0]["layers"][i + 1]] for i in (0, 2)]
    primary, _ = score(truth, [{"type": "A", "instances": pairs}])
    assert primary is not None
    assert (primary.f1, primary.count) == (0, 0)


def test_a_variant_and_the_rest_make_an_exact_count() -> None:
    truth = _truth(3)
    layers = truth["stages"][0]["layers"]
    other = {"type": "B", "instances": [["z1", "z2"]]}
    variant = {"type": "A: stride 2", "variant_of": "A", "instances": layers[:1]}
    primary, _ = score(truth, [variant, {"type": "A", "instances": layers[1:]}, other])
    assert primary is not None
    assert (primary.f1, primary.count) == (1, 1)
    strangers = [{"type": "A", "instances": layers[:1]}, {"type": "C", "instances": layers[1:]}, other]
    primary, _ = score(truth, strangers)
    assert primary is not None
    assert primary.count == 0


def test_layers_on_a_border_count_for_nobody() -> None:
    truth = {**_truth(2), "ambiguous_layers": ["pool"]}
    layers = [["pool", *names] for names in truth["stages"][0]["layers"]]
    primary, _ = score(truth, [{"type": "A", "instances": layers}])
    assert primary is not None
    assert (primary.f1, primary.count) == (1, 1)


def test_another_reading_may_be_the_better_one() -> None:
    truth = _truth(4)
    layers = truth["stages"][0]["layers"]
    pairs = [[*layers[0], *layers[1]], [*layers[2], *layers[3]]]
    stage = {"name": "pairs", "repeats": 2, "layers": pairs}
    truth["alternatives"] = [{"reading": "pairs", "stages": [stage]}]
    _, best = score(truth, [{"type": "A", "instances": pairs}])
    assert best is not None
    assert (best.reading, best.f1, best.count) == ("pairs", 1, 1)


def test_inspect_is_read_by_type_stage_and_variant_with_the_runs_drawn() -> None:
    instances = [
        {"layers": ["a"], "variant": "stride 2", "stage": "1"},
        {"layers": ["b"], "variant": None, "stage": "1"},
        {"layers": ["c"], "variant": None, "stage": "1"},
        {"layers": ["d"], "variant": None, "stage": "2"},
    ]
    report = {
        "blocks": [{"type": "A", "level": 0, "instances": instances}],
        "overview": [
            {"type": None, "repeat": 1, "copies": [["x"]]},
            {"type": "A", "repeat": 2, "copies": [["b"], ["c"]]},
            {"type": None, "name": "conv", "repeat": 2, "copies": [["u"], ["v"]]},
        ],
    }
    assert found_entries(report) == [
        {"type": "A: stride 2", "level": 0, "instances": [["a"]], "stage": "1", "variant_of": "A"},
        {"type": "A", "level": 0, "instances": [["b"], ["c"]], "stage": "1"},
        {"type": "A", "level": 0, "instances": [["d"]], "stage": "2"},
        {"type": "A", "instances": [["b"], ["c"]], "runs": [[0, 1]]},
        {"type": "conv", "instances": [["u"], ["v"]], "runs": [[0, 1]]},
    ]


def _truth(copies: int) -> dict:
    layers = [[f"conv_{i}", f"bn_{i}", f"relu_{i}"] for i in range(copies)]
    return {"stages": [{"name": "stage", "role": "stage", "repeats": copies, "layers": layers}]}
