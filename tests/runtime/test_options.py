"""One schema of options for the command line, TOML and Python; what is wrong is one sentence and status 2."""

from __future__ import annotations

import argparse
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from test_output_files import MODEL

from blockviz import cli, plot_model, summarize
from blockviz.errors import UsageError
from blockviz.runtime.options import OPTIONS, checked, from_text
from samples import in_turn

ROOT = Path(__file__).parents[2]


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(MODEL)
    return path


def _actions() -> Iterator[argparse.Action]:
    top = cli.parser()
    (commands,) = (action for action in top._actions if isinstance(action, argparse._SubParsersAction))
    for command in commands.choices.values():
        yield from (action for action in command._actions if action.option_strings and action.nargs != 0)


def test_every_option_that_takes_a_value_is_in_the_schema() -> None:
    assert {action.dest for action in _actions()} <= set(OPTIONS)


WRONG: dict[str, list[Any]] = {
    "width": [84, "0mm", "9" * 400, "84 parsecs", [], True],
    "theme": [3, "nosuch", "x" * 300],
    "pages": [7, 0, "2", 1.5, True],
    "engine": ["x", 3],
    "direction": ["up", ["down"]],
    "dpi": [0, -5, float("nan"), float("inf"), 20_000, "x", True],
    "min_font": ["x", [], -1],
    "depth": [0, 2.5, True, 10**400],
    "min_repeat": [0, "2"],
    "page": [3, "0x0", "9" * 400, "a4x", "axb"],
    "keep": [3, [1]],
    "expand": [3, [None]],
    "rename": [3, ["x"], {"A": 3}],
    "title": [3, "x" * 5000],
    "weights": [[1]],
    "collapse_backbone": ["no", 1],
    "outline_text": ["yes"],
}


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{" + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_toml, value)) + "]"
    return {True: "true", False: "false"}[value] if isinstance(value, bool) else f"{value!r}".replace("'", '"')


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_toml_is_one_sentence(name: str, model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for value in WRONG[name]:
        if value is None or value == [None]:
            continue
        settings = model.with_name("blockviz.toml")
        settings.write_text(f"{name.replace('_', '-')} = {_toml(value)}\n")
        words = ["render", str(model), "-o", str(model.with_name("x.dot")), "--config", str(settings)]
        assert cli.main(words) == 2, value
        said = capsys.readouterr().err
        assert said.count("\n") == 1 and len(said) < 500
    assert not model.with_name("x.dot").exists()


@pytest.mark.parametrize("name", WRONG)
def test_what_is_wrong_in_python_is_one_sentence(name: str, model: Path) -> None:
    for value in WRONG[name]:
        key = {"title": "name"}.get(name, name)
        structure = ("depth", "min_repeat", "keep", "expand", "rename", "name", "weights", "collapse_backbone")
        with pytest.raises(UsageError) as caught:
            if key in structure:
                summarize(str(model), **{key: value})
            else:
                summarize(str(model)).save(model.with_name("x.png"), **{key: value})
        assert len(str(caught.value)) < 400
    assert not model.with_name("x.png").exists()


@pytest.mark.parametrize(
    "words",
    [
        ["--width", "9" * 400], ["--dpi", "nan"], ["--dpi=-5"], ["--dpi", "20000"], ["--pages", "9" * 5000],
        ["--depth", "x"], ["--min-font", "0"], ["--page", "9" * 400], ["--theme", "x" * 300], ["--limit", "calls=x"],
        ["--limit", "calls"], ["--rename", "x" * 400], ["--config", "/dev/zero"], ["--min-repeat", "٣"],
    ],
)  # fmt: skip
def test_what_is_wrong_on_the_command_line_is_one_sentence(
    words: list[str], model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.main(["render", str(model), "-o", str(model.with_name("x.png")), *words]) == 2
    said = capsys.readouterr().err
    assert said.count("\n") == 1 and len(said) < 400 and not model.with_name("x.png").exists()


def test_argparse_repeats_no_more_than_needed(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        cli.main(["render", str(model), "-o", "x.svg", "--engine", "x" * 100_000])
    assert len(capsys.readouterr().err.splitlines()[-1]) < 500


@pytest.mark.parametrize(
    ("name", "text", "value"),
    [("pages", "2", 2), ("dpi", "96", 96.0), ("depth", "2", 2), ("min_font", "6pt", 6.0), ("width", "84mm", "84mm"),
     ("engine", "system", "system"), ("theme", "grey", "grey")],
)  # fmt: skip
def test_a_text_and_a_value_are_read_alike(name: str, text: str, value: Any) -> None:
    assert from_text(name)(text) == checked(name, value) == value


def test_what_is_right_in_toml_counts(model: Path) -> None:
    settings = model.with_name("blockviz.toml")
    settings.write_text('[blockviz]\npages = 2\nwidth = "84mm"\nmin-font = 5\nexpand = []\nlimit = {calls = 9}\n'
                        'rename = {}\ncollapse-nested = true\n')  # fmt: skip
    found = cli.parse(["render", str(model), "-o", "x.svg", "--config", str(settings)])
    assert (found.pages, found.width, found.min_font, found.limit) == (2, "84mm", 5.0, {"calls": 9})
    assert found.collapse_nested is True


def test_a_picture_too_large_is_refused(model: Path) -> None:
    with pytest.raises(Exception, match="pixels is too large"):
        plot_model(str(model), model.with_name("x.png"), dpi=2400, page="a3")


@pytest.mark.parametrize(
    ("text", "said"),
    [("colours = 3", "can't be used"), ("[type]\ntitle = -5", "no size"), ("[type]\nsmall = nan", "no size"),
     ("[families]\nconv = [1, 2]", "not a colour"), ('base = "x"', "no theme"), ("a = " + "[" * 5000, "nested")],
)  # fmt: skip
def test_a_theme_that_is_none_is_one_sentence(text: str, said: str, tmp_path: Path) -> None:
    from blockviz.page import load_theme

    (tmp_path / "t.toml").write_text(text)
    with pytest.raises(UsageError, match=said):
        load_theme(str(tmp_path / "t.toml"))


@pytest.mark.parametrize(
    ("command", "closed"),
    in_turn(["inspect M", "render M -o F", "table M -o F --format csv", "inspect x"] * 2,
            ["<&-", ">&-", "2>&-", "<&- >&- 2>&-", "2>&-"]),
)  # fmt: skip
def test_closed_streams_are_survived(command: str, closed: str, model: Path) -> None:
    words = command.replace("M", str(model)).replace("F", str(model.with_name("out.svg")))
    script = f"{sys.executable} -m blockviz {words} {closed}"
    done = subprocess.run(["sh", "-c", script], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode in (0, 1) and "Traceback" not in done.stderr
    if " -o " in command:
        assert done.returncode == 0 and done.stderr.count("\n") == ("2>&-" not in closed)
        assert model.with_name("out.svg").stat().st_size > 50


def test_a_bug_is_one_sentence(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("blockviz.pipeline.run_passes", lambda *_: 1 / 0)
    assert cli.main(["inspect", str(model)]) == 1
    assert "a bug in blockviz" in capsys.readouterr().err
    monkeypatch.setenv("BLOCKVIZ_DEBUG", "1")
    with pytest.raises(ZeroDivisionError):
        cli.main(["inspect", str(model)])


@pytest.mark.parametrize("kind", ["folder", "fifo", "home", "long"])
def test_an_odd_home_is_no_hindrance(kind: str, model: Path) -> None:
    import os

    cache = model.with_name("cache") / "blockviz"
    cache.mkdir(parents=True)
    if kind == "folder":
        (cache / "fonts.conf").mkdir()
    elif kind == "fifo":
        os.mkfifo(cache / "fonts.conf")
    env = {**os.environ, "XDG_CACHE_HOME": str(cache.parent)}
    if kind == "home":
        env |= {"XDG_CACHE_HOME": "", "HOME": os.fsdecode(b"/nowhere/\xff\xfe")}
    elif kind == "long":
        env |= {"XDG_CACHE_HOME": "/" + "x" * 5000, "BLOCKVIZ_HOME": "x" * 5000}
    words = ["render", str(model), "-o", str(model.with_name("x.svg")), "--collapse-backbone"]
    done = subprocess.run([sys.executable, "-m", "blockviz", *words], env=env, capture_output=True, text=True,
                          check=False, cwd=ROOT, timeout=60)  # fmt: skip
    wrote, *notes = done.stderr.splitlines()
    assert (done.returncode, notes) == (0, ["blockviz: no known network to collapse"]) and "wrote" in wrote
