"""Every script of the gallery runs, draws what its command draws, and its pages can be printed."""

from __future__ import annotations

import re
import shlex
import shutil
from pathlib import Path

import make
import pytest
from audit import problems

from blockviz.cli import main
from blockviz.page.sizes import parse_page

_METADATA = re.compile(r"<metadata>.*?</metadata>")


def test_every_script_is_listed() -> None:
    scripts = {path.stem for path in make.HERE.glob("*.py")} - {"make", "audit", "test_gallery"}
    assert scripts == set(make.SCRIPTS)


@pytest.mark.parametrize("name", make.SCRIPTS)
def test_script(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / make.FIGURES).mkdir()
    assert make.draw_script(name, tmp_path) == []
    monkeypatch.chdir(make.HERE.parent)
    script = make.read_script(name)
    for figure, command in zip(script.figures, script.commands, strict=True):
        drawn = tmp_path / f"{figure}.svg"
        words = [str(drawn) if word == f"{figure}.pdf" else word for word in shlex.split(command)]
        assert main(words[1:]) == 0
        assert _without_metadata(drawn) == _without_metadata(tmp_path / make.FIGURES / f"{figure}.svg")


def test_audit_finds_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / make.FIGURES).mkdir()
    make.draw_script("vgg16", tmp_path)
    page = tmp_path / make.FIGURES / "VGG16.pdf"
    rules = {line.split(":")[0] for line in problems(page, parse_page("40mmx40mm"), min_font=12.0)}
    assert rules == {"size", "font"}


def test_stale_names_the_files_that_differ(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    kept, fresh = tmp_path / "kept", tmp_path / "fresh"
    (kept / make.FIGURES).mkdir(parents=True)
    (kept / make.FIGURES / "a.svg").write_text("old")
    (kept / make.FIGURES / "b.svg").write_text("same")
    shutil.copytree(kept, fresh)
    monkeypatch.setattr(make, "HERE", kept)
    assert make.stale(fresh) == []
    (fresh / make.FIGURES / "a.svg").write_text("new")
    (fresh / make.FIGURES / "c.svg").write_text("missing")
    assert make.stale(fresh) == ["figures/a.svg", "figures/c.svg"]


def _without_metadata(path: Path) -> str:
    return _METADATA.sub("", path.read_text(encoding="utf-8"))
