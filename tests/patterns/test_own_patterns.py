"""Patterns of the user's own: one mechanism for block types and idioms, in a file or written from a model."""

from __future__ import annotations

import tomllib
from pathlib import Path

import pytest

from blockviz.cli import main
from blockviz.errors import UsageError
from blockviz.patterns.own import read_patterns
from blockviz.pipeline import summarize
from blockviz.structure.block_patterns import block_patterns
from blockviz.structure.graph_notation import notation_of, parse_pattern


def test_a_pattern_written_from_a_model_names_its_block(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    assert main(["pattern", "ResNet50", "--block", "A", "-o", str(mine)]) == 0
    (table,) = tomllib.loads(mine.read_text(encoding="utf-8")).values()
    mine.write_text(mine.read_text(encoding="utf-8").replace(table["name"], "My unit"), encoding="utf-8")
    names = [each.name for each in summarize("ResNet50", patterns=mine).outline.definitions]
    assert "My unit" in names
    assert "My unit" not in [each.name for each in summarize("ResNet50").outline.definitions]


def test_an_idiom_of_ones_own_is_found(tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('[tail]\nname = "Tail"\nformulas = ["act(norm(conv(x)))"]\nbox = "never"\n', encoding="utf-8")
    assert {each.name for each in summarize("VGG16", patterns=mine).outline.idioms} == set()
    assert "Tail" in {each.name for each in summarize("ResNet50", patterns=mine).outline.idioms}


@pytest.mark.parametrize(("text", "says"), [
    ("[a]\nname = 3\n", r"mine.toml': \[a\] is no pattern: it needs a name, such as name ="),
    ('[a]\nname = "A"\n', "it needs graphs or forms .of a block., or formulas or a function"),
    ('[a]\nname = "A"\ngraphs = "conv"\n', "graphs is a list of texts, such as graphs = .*, not 'conv'"),
    ('[a]\nname = "A"\ngraphs = ["in > a=conv"]\nnera = "x"\n', "it may not have 'nera'; did you mean near"),
    ('[a]\nname = "A"\ngraphs = ["in > a=conv"]\nnear = 3\n', "near is a text, not 3"),
    ('[a]\nname = "A"\nforms = ["res(conv"]\n', "a form lacks"),
    ('[a]\ngraphs = ["in > x"]\nname = "A"\n', "before it is introduced"),
    ('[a]\ngraphs = ["in > x=conv"]\n', "it needs a name"),
    ('[a]\nname = "A"\nformulas = ["x +"]\n', "no formula"),
    ('[a]\nname = "A"\nformulas = ["__import__(x).y"]\n', "is no"),
    ("a = 3\n", "is a table under .a., with name and graphs or formulas"),
])  # fmt: skip
def test_what_is_no_pattern_gets_one_sentence(text: str, says: str, tmp_path: Path) -> None:
    (tmp_path / "mine.toml").write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=says) as caught:
        read_patterns(tmp_path / "mine.toml")
    assert "\n" not in str(caught.value)


def test_an_unknown_block_type_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["pattern", "VGG16", "--block", "Z"]) == 2
    assert "no block type" in capsys.readouterr().err


@pytest.mark.parametrize("pattern", block_patterns()[::7], ids=lambda pattern: pattern.key)
def test_the_notation_reads_back(pattern: object) -> None:
    for text, size in pattern.graphs:  # type: ignore[attr-defined]
        graph = parse_pattern(notation_of(parse_pattern(text)))
        assert (len(graph), graph.number_of_edges()) == size
