"""The blocks of the papers: the smallest network of each in keras.applications, and some of the zoo."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from blockviz.summary import Summary
from graphs import ZOO
from samples import smallest_of_each_paper
from score import score
from score_blocks import found_entries
from summaries import known_summary, zoo_summary

PAPERS = Path(__file__).parents[1] / "papers"
PAPERS_ZOO = Path(__file__).parents[1] / "papers_zoo"
BOXES = 25


def scored(truth: Path, summary: Summary):  # type: ignore[no-untyped-def]
    return summary, score(json.loads(truth.read_text(encoding="utf-8")), found_entries(summary.to_dict()))[0]


@pytest.mark.parametrize("name", smallest_of_each_paper())
def test_every_stage_of_the_paper_is_found_and_counted(name: str) -> None:
    summary, result = scored(PAPERS / f"{name}.json", known_summary(name))
    assert (result.f1, result.count) == (1.0, 1.0)
    assert len(summary.overview) <= BOXES


# Networks of the zoo whose repeats are all found and counted, the smallest of which are asked here, and all of them in
# benchmarks/sweep.py; benchmarks/score_blocks.py looks at all networks.
SOLVED = (
    "BERT", "CSPDarknet53", "DenseNet40", "FractalNet", "InceptionResNetV1", "MLPMixer", "ResNeXt50", "SE-ResNet50",
    "StackedHourglass", "TCN", "ViT-B16", "WaveNet", "GoogLeNet", "Transformer",
)  # fmt: skip


@pytest.mark.parametrize("name", sorted(SOLVED, key=lambda name: (ZOO / f"{name}.json.gz").stat().st_size)[:8])
def test_networks_outside_the_catalogue(name: str) -> None:
    score_fully(name)


def score_fully(name: str) -> None:
    _, result = scored(PAPERS_ZOO / f"{name}.json", zoo_summary(name))
    assert (result.f1, result.count) == (1.0, 1.0)
