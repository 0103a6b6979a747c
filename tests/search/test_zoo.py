"""The zoo's truth files say what its builders record, and its builders what the papers draw."""

from __future__ import annotations

import gzip
import json
from pathlib import Path

import pytest

from zoo import MADE_OF, NETWORKS, build, record

PAPERS = Path(__file__).parents[1] / "papers_zoo"
MODELS = Path(__file__).parents[1] / "zoo_models"


def test_truths_have_the_papers_repeats() -> None:
    for name in NETWORKS:
        truth = json.loads((PAPERS / f"{name}.json").read_text(encoding="utf-8"))
        repeats = {stage["name"]: stage["repeats"] for stage in truth["stages"] if not stage.get("optional")}
        assert {stage: count for stage, count in repeats.items() if count > 1} == dict(NETWORKS[name].repeats), name


def _to_build() -> list[str]:
    """One network of each module; all of them under another version of Keras than wrote the files.

    What one version makes of unchanged code it would make again: building them all takes longer than all that is tested
    with them.
    """
    made_of = json.loads(MADE_OF.read_text("utf-8"))
    modules = {NETWORKS[name].build.__module__: name for name in sorted(NETWORKS, reverse=True)}
    return sorted(modules.values()) if made_of["keras"] == record()["keras"] else sorted(NETWORKS)


def test_the_files_are_made_of_the_code_as_it_is() -> None:
    assert json.loads(MADE_OF.read_text("utf-8"))["networks"] == record()["networks"], (
        "the code of the zoo has changed: python -m zoo zoo_models papers_zoo"
    )


@pytest.mark.tensorflow
@pytest.mark.parametrize("name", _to_build())
def test_the_files_are_what_the_builder_makes(name: str) -> None:
    model, truth = build(name)
    assert truth == json.loads((PAPERS / f"{name}.json").read_text(encoding="utf-8"))
    stored = json.loads(gzip.decompress((MODELS / f"{name}.json.gz").read_bytes()))["config"]
    found = json.loads(model.to_json())["config"]
    assert [layer["name"] for layer in found["layers"]] == [layer["name"] for layer in stored["layers"]]
