"""`blockviz redraw`: what blockviz.toml names is drawn where it changed, and nothing else is touched."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from test_command_line import network

from blockviz import cli

SETTINGS = """
theme = "grey"

[[figure]]
output = "figures/column.svg"
model = "net.json"
width = "84mm"
caption-file = "column.tex"
label = "fig:net"

[[figure]]
command = "table"
output = "table.md"
model = "net.json"

[[figure]]
command = "diff"
output = "changes.txt"
models = ["net.json", "VGG16"]
"""
ALL = ["figures/column.svg", "column.tex", "table.md", "changes.txt"]


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "net.json").write_text(network())
    (tmp_path / "blockviz.toml").write_text(SETTINGS)
    (tmp_path / "figures").mkdir()
    monkeypatch.chdir(tmp_path)
    return tmp_path


def written(capsys: pytest.CaptureFixture[str], *words: str, status: int = 0) -> list[str]:
    assert cli.main(["redraw", *words]) == status
    return capsys.readouterr().out.splitlines()


def refused(capsys: pytest.CaptureFixture[str], *words: str) -> str:
    assert cli.main(["redraw", *words]) in (1, 2)
    said = capsys.readouterr()
    assert said.out == "" and said.err.count("\n") == 1 and "Traceback" not in said.err
    return said.err


def test_only_what_changed_is_drawn(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert written(capsys, "--check", status=1) == ALL and not (folder / "table.md").exists()
    assert written(capsys) == ALL
    assert "216 parameters" in (folder / "figures/column.svg").read_text("utf-8")
    for name in ALL:
        os.utime(folder / name, (1, 1))
    assert written(capsys) == written(capsys, "--check") == []
    assert {(folder / name).stat().st_mtime for name in ALL} == {1}
    (folder / "net.json").write_text(network(units=16))
    assert written(capsys, "table.md") == ["table.md"]
    assert written(capsys, "--check", status=1) == ["figures/column.svg", "column.tex", "changes.txt"]
    assert "216 parameters" in (folder / "figures/column.svg").read_text("utf-8")
    assert len(written(capsys)) == 3
    assert "688 parameters" in (folder / "figures/column.svg").read_text("utf-8")


def test_the_files_are_those_that_the_commands_write(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(capsys)
    kept = {name: (folder / name).read_text("utf-8") for name in ALL}
    assert cli.main(["table", "net.json", "-o", "typed.md"]) == 0
    assert (folder / "typed.md").read_text("utf-8") == kept["table.md"]
    assert cli.main(["diff", "net.json", "VGG16", "-o", "changes.txt"]) == 1
    assert (folder / "changes.txt").read_text("utf-8") == kept["changes.txt"]
    assert "render net.json -o column.svg --width 84mm --caption-file column.tex" in kept["figures/column.svg"]
    assert r"\includegraphics[width=238bp]{figures/column.svg}" in kept["column.tex"]


def test_from_anywhere_and_relative_to_the_file(folder: Path, capsys: pytest.CaptureFixture[str],
                                                monkeypatch: pytest.MonkeyPatch) -> None:  # fmt: skip
    monkeypatch.chdir(folder / "figures")
    assert written(capsys, "table.md") == ["../table.md"]
    assert written(capsys, "changes.txt", "--config", "../blockviz.toml") == ["../changes.txt"]
    assert os.getcwd() == str(folder / "figures")


def test_an_edited_caption_stays(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    written(capsys)
    with (folder / "column.tex").open("a") as caption:
        caption.write("mine")
    (folder / "net.json").write_text(network(units=16))
    assert cli.main(["redraw"]) == 0
    said = capsys.readouterr()
    assert "column.tex" not in said.out and "column.tex was edited and stays" in said.err
    assert (folder / "column.tex").read_text("utf-8").endswith("mine")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "names nothing to draw"),
        ('figure = "a.pdf"', "[[figure]]"),
        ('[[figure]]\nmodel = "net.json"', '[[figure]] 1 needs an output, such as output = "figure.pdf"'),
        ('[[figure]]\noutput = "a.pdf"', '[[figure]] 1 (a.pdf): render needs model = "a.keras"'),
        ('[[figure]]\noutput = "a.md"\ncommand = "diff"\nmodel = "net.json"', "diff needs models = "),
        ('[[figure]]\noutput = "a.md"\ncommand = "draw"\nmodel = "net.json"', "command is one of render, table"),
        ('[[figure]]\noutput = "a.pdf"\nmodel = "net.json"\nwidht = "84mm"', "no option 'widht' for render"),
        ('[[figure]]\noutput = "a.pdf"\nmodel = "net.json"\nwidth = 84', "--width wants a length"),
        ('[[figure]]\noutput = "a.pdf"\nmodel = "net.json"\nwatch = true', "watch has no meaning"),
        ('[[figure]]\noutput = "a.xyz"\nmodel = "net.json"', "(a.xyz): the suffix"),
        ('[[figure]]\noutput = "a.pdf"\nmodel = "gone.keras"', "(a.pdf): "),
        ('[[figure]]\noutput = "../a.svg"\nmodel = "net.json"', "neither beside blockviz.toml nor below it"),
        ('[[figure]]\noutput = "net.json"\nmodel = "net.json"\nformat = "svg"', "net.json"),
        ('[[figure]]\noutput = "a.svg"\nmodel = "own:make"', "give --config blockviz.toml"),
        ('[[figure]]\noutput = "a.svg"\nmodel = "net.json"\nload = true', "give --load, or --config blockviz.toml"),
        ('[[figure]]\noutput = "a.svg"\nmodel = "VGG16"\n' * 2, "two [[figure]] have the output 'a.svg'"),
    ],
)
def test_what_is_wrong_is_said_with_the_number_of_the_figure(
    text: str, said: str, folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / "blockviz.toml").write_text(text)
    before = sorted(folder.iterdir())
    assert said in refused(capsys)
    assert sorted(folder.iterdir()) == before and (folder / "net.json").read_text() == network()


def test_code_runs_only_for_a_file_that_is_named(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (folder / "own.py").write_text("open('ran', 'w').close()\ndef make(): raise ValueError('made')\n")
    (folder / "blockviz.toml").write_text('[[figure]]\noutput = "a.svg"\nmodel = "own:make"')
    refused(capsys)
    assert not (folder / "ran").exists()
    assert "'own:make' failed: ValueError: made" in refused(capsys, "--config", "blockviz.toml")
    assert (folder / "ran").exists()


def test_other_commands_take_no_notice_of_figures(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", "net.json", "-o", "f.svg"]) == 0
    capsys.readouterr()
    assert "no [[figure]] has the output 'x.pdf'; there are figures/column.svg, table.md" in refused(capsys, "x.pdf")
    (folder / "blockviz.toml").unlink()
    assert "there is no blockviz.toml here or above" in refused(capsys)
