"""The command line as people expect it: what it says, what it finds, and what it completes."""

from __future__ import annotations

import io
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

import blockviz
from blockviz import cli
from blockviz.backbones.catalogue import backbone_names
from blockviz.errors import UsageError

ROOT = Path(__file__).parents[2]


def network(units: int = 8) -> str:
    layers = [{"class_name": "Dense", "config": {"name": f"d{n}", "units": units}} for n in range(3)]
    config = {"name": "net", "build_input_shape": [None, 8], "layers": layers}
    return json.dumps({"class_name": "Sequential", "config": config})


@pytest.fixture
def model(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "net.json"
    path.write_text(network())
    monkeypatch.chdir(tmp_path)
    return path


def test_a_model_alone_prints_its_tree(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["net.json"]) == cli.main(["inspect", "net.json"]) == cli.main(["-q", "net.json"]) == 0
    said = capsys.readouterr().out
    assert said.count("net: 4 layers") == 3
    assert cli.main(["VGG16"]) == 0 and "VGG16: 23 layers" in capsys.readouterr().out
    assert cli.main(["missing.keras"]) == 1 and "missing.keras" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        cli.main(["rendr", "net.json"])
    assert "invalid choice" in capsys.readouterr().err


def test_what_was_written_is_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", "net.json", "-o", "f.svg", "--page", "a4"]) == 0
    assert capsys.readouterr().err == "blockviz: wrote f.svg (A4, 2 boxes)\n"
    assert cli.main(["table", "net.json", "-o", "t.csv"]) == 0
    assert capsys.readouterr().err == "blockviz: wrote t.csv\n"
    for words in (["-q", "render", "net.json", "-o", "f.svg"], ["render", "net.json", "-o", "f.svg", "--quiet"],
                  ["table", "net.json"]):  # fmt: skip
        assert cli.main(words) == 0 and capsys.readouterr().err == ""
    assert cli.main(["render", "net.json", "-o", "f.svg", "-v"]) == 0
    said = capsys.readouterr().err
    assert "read in" in said and "find-blocks: " in said


def test_debug_shows_the_traceback(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "none.json"]) == 1 and "Traceback" not in capsys.readouterr().err
    assert cli.main(["inspect", "none.json", "--debug"]) == 1 and "Traceback" in capsys.readouterr().err


def test_open_hands_the_file_to_the_desktop(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    program = model.with_name("open" if sys.platform == "darwin" else "xdg-open")
    program.write_text('#!/bin/sh\necho "$1" > opened.txt\n')
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{model.parent}{os.pathsep}{os.environ['PATH']}")
    assert cli.main(["render", "net.json", "-o", "f.svg", "--open"]) == 0
    for _ in range(100):
        if (model.with_name("opened.txt")).exists() and model.with_name("opened.txt").read_text():
            break
        time.sleep(0.05)
    assert model.with_name("opened.txt").read_text() == "f.svg\n"


def test_what_a_callable_prints_stays_out_of_the_output(model: Path) -> None:
    code = "def make():\n    import os\n    print('LOUD')\n    os.system('echo LOUDER')\n    return {'no': 'model'}\n"
    model.with_name("mine.py").write_text(code)
    done = subprocess.run([sys.executable, "-m", "blockviz", "inspect", "mine:make"], capture_output=True, text=True,
                          cwd=model.parent, env={**os.environ, "PYTHONPATH": str(ROOT)}, check=False)  # fmt: skip
    assert done.stdout == "" and "LOUD\n" in done.stderr and "LOUDER" in done.stderr and done.returncode == 1


def test_inspect_lists_the_layers(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["inspect", "net.json", "--layers"]) == 0
    said = capsys.readouterr().out
    assert "copy 3" in said and "d2  Dense  → 8  72" in said


def test_an_own_network_can_be_removed(
    model: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("BLOCKVIZ_HOME", str(model.parent / "own"))
    monkeypatch.setenv("XDG_DATA_HOME", str(model.parent / "own"))
    assert cli.main(["catalogue", "add", "Mine", "net.json"]) == 0
    assert cli.main(["catalogue", "remove", "Mine"]) == 0 and "removed" in capsys.readouterr().out
    assert cli.main(["catalogue", "list"]) == 0 and "Mine" not in capsys.readouterr().out
    assert cli.main(["catalogue", "remove", "Mine"]) == 2 and "never added" in capsys.readouterr().err
    assert cli.main(["catalogue", "remove", "VGG16"]) == 2 and "comes with blockviz" in capsys.readouterr().err
    assert cli.main(["catalogue", "remove", "../net"]) == 2
    assert cli.main(["catalogue", "remove"]) == 2


def test_settings_are_found_upwards_and_by_command(model: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    below = model.parent / "a" / "b"
    below.mkdir(parents=True)
    model.with_name("blockviz.toml").write_text(
        'theme = "grey"\n[render]\nwidth = "84mm"\ndepth = 2\n[inspect]\nexplain = true\ndepth = 1\n'
    )
    monkeypatch.chdir(below)
    drawn = cli.parse(["render", str(model), "-o", "x.svg"])
    assert (drawn.theme, drawn.width, drawn.depth) == ("grey", "84mm", 2)
    read = cli.parse(["inspect", str(model)])
    assert read.explain is True and read.depth == 1 and not hasattr(read, "theme")
    assert cli.parse(["render", str(model), "-o", "x.svg", "--theme", "dark", "--depth", "4"]).theme == "dark"
    typed = cli.parse(["render", str(model), "-o", "x.svg", "--page", "a4"])
    assert typed.page == "a4" and typed.width is None
    (below / "blockviz.toml").write_text("depth = 5\n")  # the nearest one counts, alone
    nearest = cli.parse(["render", str(model), "-o", "x.svg"])
    assert nearest.depth == 5 and nearest.theme == "paper"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("colour = 1", "no option 'colour' for any command"),
        ("[render]\nexplain = true", "no option 'explain' for render"),
        ("[inspect]\nexplain = 1", "explain is true or false"),
        ("depth = 'two'", "--depth wants a whole number"),
        ("render = 3", "render is a table"),
        ("load = true", "load is taken only from a file that is named"),
        ("[render]\nforce = true", "force is taken only"),
        ("depth = ", "can't be read as TOML"),
    ],
)
def test_settings_are_checked(text: str, said: str, model: Path) -> None:
    model.with_name("blockviz.toml").write_text(text)
    command = ["inspect", "net.json"] if "[inspect]" in text else ["render", "net.json", "-o", "x.svg"]
    with pytest.raises(UsageError, match=said.replace("[", r"\[")):
        cli.parse(command)


#: What a shell starts behind ``&`` ignores interrupts, and so would all that it starts.
INTERRUPTIBLE = """
import runpy, signal
signal.signal(signal.SIGINT, signal.default_int_handler)
runpy.run_module("blockviz", run_name="__main__")
"""


def test_watch_draws_again(model: Path) -> None:
    figure = model.with_name("f.svg")
    process = subprocess.Popen(
        [sys.executable, "-c", INTERRUPTIBLE, "render", "net.json", "-o", "f.svg", "--watch"], cwd=model.parent,
        env={**os.environ, "PYTHONPATH": str(ROOT)}, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    try:
        assert _until(lambda: figure.exists() and "216 parameters" in figure.read_text("utf-8"))
        model.write_text("{broken")
        time.sleep(1.5)
        model.write_text(network(units=16))
        assert _until(lambda: "688 parameters" in figure.read_text("utf-8"))
    finally:
        process.send_signal(signal.SIGINT)
        _, said = process.communicate(timeout=30)
    assert process.returncode == 0 and said.count("wrote f.svg") == 2
    assert said.count("watching net.json") in (2, 3)  # it may be ended before it says so once more


def _until(holds: object) -> bool:
    end = time.monotonic() + 60
    while time.monotonic() < end:
        if holds():  # type: ignore[operator]
            return True
        time.sleep(0.1)
    return False


def test_watch_wants_a_file(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", "VGG16", "-o", "f.svg", "--watch"]) == 2 and "a file" in capsys.readouterr().err
    assert cli.main(["render", "net.json", "-o", "-", "--format", "svg", "--watch"]) == 2


def test_the_package_shows_its_public_names_and_nothing_else() -> None:
    code = "import blockviz; blockviz.summarize; print(dir(blockviz) == sorted(blockviz.__all__))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout == "True\n"
    assert all(hasattr(blockviz, name) for name in blockviz.__all__)


def test_python_writes_into_files_and_file_objects(model: Path) -> None:
    text, data = io.StringIO(), io.BytesIO()
    said = blockviz.compare(["VGG16", "VGG19"], text, format="csv")
    assert said == text.getvalue() and said.count("\n") == 3
    blockviz.compare(["VGG16", "VGG19"], "c.md")
    assert model.with_name("c.md").read_text().startswith("Models compared")
    blockviz.summarize("VGG16").save(data, format="svg")
    assert data.getvalue().startswith(b"<?xml") or b"<svg" in data.getvalue()[:400]
    report = io.StringIO()
    blockviz.report(["VGG16"], report, format="html")
    assert "data:image/svg" in report.getvalue()
    with pytest.raises(UsageError, match="several files"):
        blockviz.report(["VGG16"], io.StringIO(), format="tex")
    with pytest.raises(UsageError, match="a report is"):
        blockviz.report(["VGG16"], io.BytesIO())
    blockviz.cite("VGG16", "vgg.bib")
    assert "simonyan2015vgg" in model.with_name("vgg.bib").read_text()
    blockviz.diff("VGG16", "VGG19").save(data, format="svg")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish", "tcsh"])
def test_scripts_know_names_and_options(shell: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["completion", shell]) == 0
    said = capsys.readouterr().out
    assert "min-font" in said or shell == "tcsh"
    if shell != "tcsh":
        assert all(name in said for name in (*backbone_names(), "grey", "mermaid", "typst"))
    if shutil.which(shell) and shell != "tcsh":
        assert subprocess.run([shell, "-n"], input=said, text=True, check=False).returncode == 0


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["render", "net.json", "-o", "a.svg", "-o", "a.svg"], "-o/--output is given twice"),
        (["render", "net.json", "-o", "a.svg", "--output", "b.svg"], "-o/--output is given twice"),
        (["rendr", "net.json"], "COMMAND: invalid choice 'rendr'; did you mean render? There are render, inspect"),
        (["render", "net.json", "-o", "a.svg", "--layout", "tree"], "--layout: invalid choice 'tree'; there are auto"),
        (["render", "net.json"], "required: -o/--output; blockviz render --help says more"),
        (["render", "net.json", "-o", "a.svg", "--limit", "calls"], "give NAME=N, such as calls=200000, not 'calls'"),
        (["render", "net.json", "-o", "a.svg", "--limit", "calls=0"], "give NAME=N, such as calls=200000, not"),
        (["render", "net.json", "-o", "a.svg", "--limit", "call=3"], "no limit 'call'; there are calls, repeats"),
        (["table", "net.json", "--width", "4"], "a width is for tables in LaTeX"),
    ],
)
def test_what_is_mistyped_gets_one_sentence(
    words: list[str], said: str, model: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    try:
        status = cli.main(words)
    except SystemExit as end:
        status = end.code
    heard = capsys.readouterr()
    assert status == 2 and said in heard.err and heard.err.count("\n") == 1 and heard.out == ""
    assert not model.with_name("a.svg").exists()


def test_options_without_effect_are_told(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["render", "net.json", "-o", "a.svg", "--label", "x", "--bare"]) == 0
    said = capsys.readouterr().err
    assert "--label is for the figure environment, which --caption writes" in said and "--bare is for TikZ" in said
    assert cli.main(["render", "net.json", "-o", "a.svg", "--label", "fig:x", "--caption-file", "sub.tex"]) == 0
    assert capsys.readouterr().err.splitlines()[1:] == ["blockviz: wrote sub.tex"]
    written = model.with_name("sub.tex").read_text("utf-8")
    assert r"\label{fig:x}" in written and "{a.svg}" in written


def test_the_columns_that_a_table_leaves_out_are_those_that_its_first_lines_name(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.main(["table", "MobileNet", "--format", "latex", "--width", "84mm"]) == 0
    said = capsys.readouterr()
    (written,) = (line for line in said.out.splitlines() if line.startswith("% left out"))
    told = said.err.partition("left out for the width: ")[2].partition(";")[0]
    assert written.partition("width: ")[2].replace("\\%", "%") == told and "RF" in told


def test_a_figure_says_the_command_that_drew_it_and_not_that_of_the_process(model: Path) -> None:
    figure = model.with_suffix(".svg")
    assert cli.main(["render", model.name, "-o", figure.name, "--width", "84mm"]) == 0
    assert f"blockviz render {model.name} -o {figure.name} --width 84mm" in figure.read_text("utf-8")
