"""Passes, text in and text out: each file holds a graph, and what it is behind passes whose names stand before them.

``python tests/passes/test_goldens.py`` writes the files anew; read what changed.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from blockviz.ir import LayerGraph
from blockviz.ir.text import parse, to_text
from blockviz.pipeline import run_passes

FILES = sorted((Path(__file__).parent / "goldens").glob("*.txt"))
MARK = "\n== "


def stages(text: str) -> Iterator[tuple[str, str]]:
    """(name of a pass, text behind it); the model itself has no name."""
    model, *behind = text.split(MARK)
    yield "", model
    for stage in behind:
        name, _, found = stage.partition("\n")
        yield name, found


def passed(model: str) -> dict[str, str]:
    """The text of a model behind each pass."""
    found: dict[str, str] = {}

    def keep(step: object, graph: LayerGraph, _: float) -> None:
        found[step.name] = to_text(graph)  # type: ignore[attr-defined]

    run_passes(parse(model), after=keep)
    return found


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_a_model_is_this_text_behind_a_pass(file: Path) -> None:
    (_, model), *behind = stages(file.read_text(encoding="utf-8"))
    found = passed(model)
    assert to_text(parse(model)) == model
    assert behind
    for name, text in behind:
        assert found[name] == text.rstrip() + "\n"
        assert to_text(parse(text)) == found[name]


if __name__ == "__main__":
    for file in FILES:
        (_, model), *behind = stages(file.read_text(encoding="utf-8"))
        found = passed(model)
        file.write_text(model + "".join(f"{MARK}{name}\n{found[name]}" for name, _ in behind), encoding="utf-8")
