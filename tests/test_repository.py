"""The repository says what it does and does what it says."""

from __future__ import annotations

import argparse
import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
LONGEST_MODULE = 500
USUAL_MODULE = 250
MACHINE = re.compile(r"(?<![\w.\])}])/(?:home|root|tmp|work|Users)/\w")


def tracked() -> list[Path]:
    """The files that git knows; all text files of the checkout where git or its folder is missing."""
    done = subprocess.run(["git", "-C", str(ROOT), "ls-files"], capture_output=True, text=True, check=False)
    if done.returncode == 0:
        return [ROOT / name for name in done.stdout.splitlines() if (ROOT / name).is_file()]
    return [path for path in ROOT.rglob("*") if path.is_file() and ".git" not in path.parts]


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def test_no_file_names_a_machine() -> None:
    suffixes = {".py", ".md", ".toml", ".json", ".bib", ".svg", ".tex", ".html", ".dot", ""}
    texts = {path: path.read_text("utf-8", "replace") for path in tracked() if path.suffix in suffixes}
    assert [path.relative_to(ROOT).as_posix() for path, text in texts.items() if MACHINE.search(text)] == []


def test_modules_are_read_at_one_sitting() -> None:
    lines = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in (ROOT / "blockviz").rglob("*.py")}
    assert {path.name: count for path, count in lines.items() if count > LONGEST_MODULE} == {}
    assert sum(count > USUAL_MODULE for count in lines.values()) <= len(lines) / 6


def test_nothing_of_ours_is_told_by_its_address_and_only_the_command_touches_the_garbage_collection() -> None:
    """Things of ours have identities of their own; frontends meet foreign objects, which they hold while they ask."""
    addressed, collecting = [], []
    for path in sorted((ROOT / "blockviz").rglob("*.py")):
        name, text = path.relative_to(ROOT / "blockviz"), path.read_text(encoding="utf-8")
        if not re.search(r"\bid\(|\bgc\b", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "id":
                addressed += [f"{name}:{node.lineno}"] * (name.parts[0] != "frontends")
            elif isinstance(node, ast.Import) and any(alias.name == "gc" for alias in node.names):
                collecting.append(name.as_posix())
    assert addressed == []
    assert collecting == ["__main__.py"]


def test_ci_runs_the_readmes_test_command() -> None:
    command = "pytest -n 2 --dist worksteal"
    for name in ("README.md", "CONTRIBUTING.md", ".ci/run"):
        assert command in (ROOT / name).read_text(encoding="utf-8"), name


def test_the_package_runs_as_a_module_and_helps_without_reading_any_library() -> None:
    code = "import sys, runpy; sys.argv[1:] = ['--help']; runpy.run_module('blockviz', run_name='__main__')"
    heavy = "tensorflow keras networkx pygraphviz h5py"
    ending = f"import os, sys; os._exit = lambda status: print(set(sys.modules) & set('{heavy}'.split()))"
    done = subprocess.run([sys.executable, "-c", f"{ending}; {code}"], capture_output=True, text=True, check=True)
    assert "usage: blockviz" in done.stdout
    assert done.stdout.endswith("set()\n")


@pytest.mark.parametrize("page", [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *sorted((ROOT / "docs").rglob("*.md"))],
                         ids=lambda path: path.name)  # fmt: skip
def test_links_lead_somewhere(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    targets = re.findall(r"\]\(([^)#\s]+)\)|<img[^>]* src=\"([^\"]+)\"", text)
    local = [link or image for link, image in targets if not (link or image).startswith("http")]
    assert [target for target in local if not (page.parent / target).exists()] == []


def test_the_changelog_knows_the_version() -> None:
    assert f"## {project()['version']} " in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")


def test_the_license_is_whole() -> None:
    text = (ROOT / "LICENSE").read_text(encoding="utf-8")
    assert "Apache License" in text and "END OF TERMS AND CONDITIONS" in text


def test_every_network_of_the_zoo_has_truth_and_configuration() -> None:
    truths = {path.stem for path in (ROOT / "tests/papers_zoo").glob("*.json")}
    assert truths == {path.name.removesuffix(".json.gz") for path in (ROOT / "tests/zoo_models").glob("*.gz")}
    assert len(list((ROOT / "tests/papers").glob("*.json"))) == 40


@pytest.mark.parametrize("script", ["score_blocks.py", "scale.py", "speed.py", "sweep.py"])
def test_benchmarks_start(script: str) -> None:
    command = [sys.executable, str(ROOT / "benchmarks" / script), "--help"]
    assert "usage" in subprocess.run(command, capture_output=True, text=True, check=True).stdout


def test_the_documentation_has_every_option_and_no_other() -> None:
    from blockviz.cli import parser

    commands = next(action for action in parser()._actions if isinstance(action, argparse._SubParsersAction))
    options = {
        flag
        for command in commands.choices.values()
        for action in command._actions
        for flag in action.option_strings
        if flag.startswith("--")
    }
    text = (ROOT / "docs/options.md").read_text(encoding="utf-8")
    assert set(re.findall(r"(?<![\w-])--[a-z][a-z-]+", text)) | {"--help"} == options
    assert [name for name in commands.choices if f"`{name}" not in text] == []


@pytest.mark.parametrize(
    ("words", "status", "said"),
    [
        (["--version"], 0, ""),
        (["inspect", "ResNet50"], 0, ""),
        (["inspect", "no-such-network"], 1, "no-such-network"),
        (["bogus"], 2, "invalid choice"),
    ],
)
def test_the_command_ends_with_its_status_and_all_that_it_had_to_say(words: list[str], status: int, said: str) -> None:
    done = subprocess.run([sys.executable, "-m", "blockviz", *words], capture_output=True, text=True, check=False)
    assert done.returncode == status
    assert said in done.stderr and "Traceback" not in done.stderr
    assert bool(done.stdout.endswith("\n")) == (status == 0)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a device that is always full is Linux' own")
@pytest.mark.parametrize("words", [["inspect", "ResNet50"], ["render", "VGG16", "--format", "dot", "-o", "-"]])
def test_a_full_disk_behind_standard_output_is_one_sentence(words: list[str]) -> None:
    with open("/dev/full", "wb") as full:
        done = subprocess.run(
            [sys.executable, "-m", "blockviz", *words], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 1
    assert done.stderr.startswith("blockviz: can't write to standard output") and done.stderr.count("\n") == 1


def test_a_reader_that_leaves_early_is_no_failure() -> None:
    command = [sys.executable, "-m", "blockviz", "inspect", "ResNet152", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    assert process.stdout is not None and process.stderr is not None
    process.stdout.read(10)
    process.stdout.close()
    assert process.stderr.read() == b""
    assert process.wait() == 0
