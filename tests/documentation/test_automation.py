"""The GitHub Action and the pre-commit hooks: their steps and entries are run in a repository of a paper."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from examples import ROOT, examples, prepare

from blockviz import cli

ACTION = yaml.safe_load((ROOT / "action.yml").read_text("utf-8"))
HOOKS = yaml.safe_load((ROOT / ".pre-commit-hooks.yaml").read_text("utf-8"))
TOML = '[[figure]]\noutput = "a.svg"\nmodel = "model.keras"\ncollapse-backbone = true\n'


@pytest.fixture
def paper(tmp_path: Path) -> Path:
    """A clone with a committed model and settings, whose origin takes pushes."""
    folder = tmp_path / "paper"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", "origin.git")
    git(tmp_path, "clone", "-q", "origin.git", "paper")
    prepare(folder)
    (folder / "blockviz.toml").write_text(TOML)
    git(folder, "checkout", "-q", "-B", "main")
    commit(folder)
    return folder


def git(folder: Path, *words: str) -> str:
    identity = ["-c", "user.name=a", "-c", "user.email=a@b.c"]
    return subprocess.run(["git", *identity, *words], cwd=folder, capture_output=True, text=True, check=True).stdout


def commit(folder: Path) -> None:
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "more")
    git(folder, "push", "-q", "origin", "main")


def step(name: str, folder: Path, **inputs: str) -> subprocess.CompletedProcess[str]:
    """Run a step of the action as its runner does, with ``blockviz`` and ``pip`` of this checkout."""
    (found,) = (each for each in ACTION["runs"]["steps"] if each.get("name") == name)
    given = {name: value["default"] for name, value in ACTION["inputs"].items()} | inputs
    texts: dict[str, str] = found["env"]
    values = {f"inputs.{name}": value for name, value in given.items()} | {"github.action_path": "SOURCE"}
    own = {name: re.sub(r"\$\{\{ (\S+) \}\}", lambda each: values[each[1]], text) for name, text in texts.items()}
    programs = folder.parent / "bin"
    programs.mkdir(exist_ok=True)
    for program, text in {"blockviz": f'"{sys.executable}" -m blockviz "$@"', "python": 'echo "python $*"'}.items():
        (programs / program).write_text(f"#!/bin/sh\nexec {text}\n")
        (programs / program).chmod(0o755)
    environment = {
        **os.environ, **own, "PATH": f"{programs}:{os.environ['PATH']}", "PYTHONPATH": str(ROOT),
        "RUNNER_TEMP": str(folder.parent),
    }  # fmt: skip
    command = ["bash", "--noprofile", "--norc", "-eo", "pipefail", "-c", found["run"]]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_the_action_has_what_its_steps_and_the_recipe_ask_for() -> None:
    text = (ROOT / "action.yml").read_text("utf-8")
    assert set(re.findall(r"inputs\.([\w-]+)", text)) == set(ACTION["inputs"])
    assert ACTION["runs"]["using"] == "composite"
    assert all(each["shell"] == "bash" for each in ACTION["runs"]["steps"] if "run" in each)
    assert not any("${{" in each.get("run", "") for each in ACTION["runs"]["steps"]), "a stranger's text in a script"
    (shown,) = (one for one in examples(ROOT / "docs/recipes/redraw.md") if one.file == "figures.yml")
    steps = yaml.safe_load(shown.text)["jobs"]["figures"]["steps"]
    assert set(steps[-1]["with"]) <= set(ACTION["inputs"])


def test_the_action_installs_what_stands_beside_it(paper: Path) -> None:
    assert step("Install blockviz", paper).stdout == "python -m pip install SOURCE\n"
    assert step("Install blockviz", paper, extras="tensorflow").stdout == "python -m pip install SOURCE[tensorflow]\n"


def test_the_action_fails_where_a_figure_is_stale(paper: Path) -> None:
    done = step("Draw", paper)
    assert done.returncode == 1 and done.stdout == "a.svg\n" and "stale" in done.stderr
    assert not (paper / "a.svg").exists()
    assert step("Draw", paper, **{"on-change": "push"}).returncode == 2


def test_the_action_commits_what_it_drew(paper: Path) -> None:
    asked = {"on-change": "commit", "message": "Redraw 'all' $(figures)"}
    done = step("Draw", paper, **asked)
    assert done.returncode == 0, done.stderr
    assert git(paper, "log", "-1", "--format=%s %an", "origin/main") == "Redraw 'all' $(figures) github-actions[bot]\n"
    assert git(paper, "show", "--format=", "--name-only", "HEAD") == "a.svg\n"
    assert step("Draw", paper, **asked).returncode == 0 and step("Draw", paper).returncode == 0
    assert git(paper, "rev-list", "--count", "HEAD") == "2\n"


def test_hooks_are_a_valid_manifest() -> None:
    command = [sys.executable, "-m", "pre_commit", "validate-manifest", str(ROOT / ".pre-commit-hooks.yaml")]
    subprocess.run(command, check=True, capture_output=True)
    for name in ("model.keras", "net.onnx", "sub/blockviz.toml", "net.py"):
        assert all(re.search(hook["files"], name) for hook in HOOKS), name


@pytest.mark.parametrize("hook", HOOKS, ids=lambda hook: hook["id"])
def test_a_hook_stops_the_commit_until_the_figures_are_right(
    hook: dict[str, Any], paper: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    program, _, words = hook["entry"].partition(" ")
    here = {**hook, "entry": f'"{sys.executable}" -m {program} {words}', "language": "system"}
    (paper / ".pre-commit-config.yaml").write_text(yaml.safe_dump({"repos": [{"repo": "local", "hooks": [here]}]}))
    (paper / "a.svg").write_text("<svg/>")
    commit(paper)

    def run() -> subprocess.CompletedProcess[str]:
        environment = {**os.environ, "PYTHONPATH": str(ROOT), "PRE_COMMIT_HOME": str(tmp_path / "cache")}
        command = [sys.executable, "-m", "pre_commit", "run", "--all-files"]
        return subprocess.run(command, cwd=paper, env=environment, capture_output=True, text=True, check=False)

    done = run()
    assert done.returncode == 1 and "a.svg" in done.stdout
    drawn = "--check" not in hook["entry"]
    assert ("files were modified by this hook" in done.stdout) == drawn == ((paper / "a.svg").stat().st_size > 100)
    if not drawn:
        monkeypatch.chdir(paper)
        assert cli.main(["redraw"]) == 0
    commit(paper)
    assert run().returncode == 0
