"""What the gallery says can be done draws its figures, and its audit sees what must not be printed."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import subprocess
import sys
from pathlib import Path

import make
import pytest
from audit import page_use, problems

from blockviz.backbones.catalogue import backbone_names
from blockviz.cli import main
from blockviz.page.style.page_size import parse_page
from blockviz.render import save
from blockviz.scene import Arrow, Box, Page, Sheet, Span, Words

_METADATA = re.compile(r"<metadata>.*?</metadata>")


def test_every_script_is_listed() -> None:
    scripts = {path.stem for path in make.HERE.glob("*.py")} - {"make", "audit", "test_gallery"}
    assert scripts == set(make.SCRIPTS)


@pytest.mark.parametrize("name", make.SCRIPTS[1::6])
def test_a_command_draws_what_its_script_drew(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """That a script draws the figures that are kept, and that these print, is what ``make.py --check`` is for."""
    monkeypatch.chdir(make.HERE.parent)
    draw_by_command(name, tmp_path)


def draw_by_command(name: str, tmp_path: Path) -> None:
    script = make.read_script(name)
    for figure, command in zip(script.figures, script.commands, strict=True):
        drawn = tmp_path / f"{figure}.svg"
        words = [str(drawn) if word == f"{figure}.pdf" else word for word in shlex.split(command)]
        assert main(words[1:]) == 0
        kept = make.HERE / make.FIGURES / f"{figure}.svg"
        assert _without_metadata(drawn) == _without_metadata(kept), "stale: run python gallery/make.py"


@pytest.mark.parametrize(
    ("rule", "words", "size"),
    [
        ("overlap", [(20, 20, "first"), (24, 24, "second")], "40mmx40mm"),
        ("overflow", [(62, 60, "wider than")], "40mmx40mm"),
        ("clipped", [(95, 90, "across the edge")], "40mmx40mm"),
        ("font", [(20, 20, "in small print")], "40mmx40mm"),
        ("size", [(20, 20, "on a larger page")], "30mmx30mm"),
        ("blank", [], "40mmx40mm"),
    ],
)
def test_audit(rule: str, words: list[tuple[float, float, str]], size: str, tmp_path: Path) -> None:
    type_size = 5.0 if rule == "font" else 7.0
    lines = tuple(Words(x, y, (Span(text),), type_size, "#000000") for x, y, text in words)
    box = Box("box", 50, 50, 40, 20, line="#000000", fill="#ffffff")
    sheet = Sheet(113.0, 113.0, "#ffffff", boxes=(box,), words=lines)
    save(Page("page", "a page", (sheet,)), tmp_path / "page.pdf")
    assert {line.split(":")[0] for line in problems(tmp_path / "page.pdf", parse_page(size))} == {rule}


@pytest.mark.parametrize("name", ["unet"])
def test_another_process_draws_the_same_bytes(name: str, tmp_path: Path) -> None:
    script = make.read_script(name)
    drawn = set()
    for seed in ("0", "1"):  # the order of sets depends on it
        environment = os.environ | {"PYTHONHASHSEED": seed}
        subprocess.run([sys.executable, str(script.path)], cwd=tmp_path, env=environment, check=True, timeout=120)
        drawn.add((tmp_path / f"{script.figures[0]}.svg").read_bytes())
    assert len(drawn) == 1


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


@pytest.mark.parametrize("page", ["README.md", "index.html"])
def test_index_shows_every_figure(page: str) -> None:
    text = (make.HERE / page).read_text(encoding="utf-8")
    links = set(re.findall(r'(?:href|src)="([^"]+)"|\]\(([^)]+)\)', text))
    files = {first or second for first, second in links}
    assert [name for name in sorted(files) if not (make.HERE / name).is_file()] == []
    figures = [f"figures/{figure}" for name in make.SCRIPTS for figure in make.read_script(name).figures]
    networks = [f"networks/{name}" for name in backbone_names()]
    assert {f"{stem}{suffix}" for stem in figures + networks for suffix in (".svg", ".png")} <= files
    assert len(networks) == 40


def _without_metadata(path: Path) -> str:
    return _METADATA.sub("", path.read_text(encoding="utf-8"))


def test_audit_sees_a_line_through_a_word_and_says_how_much_of_a_page_is_used(tmp_path: Path) -> None:
    words = Words(20, 50, (Span("crossed out"),), 8.0, "#000000")
    line = Arrow(((10, 47), (90, 47)), "#000000")
    page = Page("x", "", (Sheet(100, 100, "#ffffff", arrows=(line,), words=(words,)),))
    save(page, tmp_path / "x.pdf")
    assert "struck: 'crossed'" in problems(tmp_path / "x.pdf", parse_page("100x100"))
    use = page_use(tmp_path / "x.pdf")
    assert 0.1 < use.ink < 0.2 and 0.3 < use.height < 0.7
