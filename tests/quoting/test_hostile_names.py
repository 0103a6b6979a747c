"""A model whose names attack the programs that read its figure: all that comes of them is text."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import xml.etree.ElementTree as ET
from html import unescape
from pathlib import Path
from typing import Any

import pytest

from blockviz.cli import main
from blockviz.pipeline import summarize
from blockviz.quoting import visible
from blockviz.tables import FORMATS as TABLES
from samples import in_turn

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SVG = "{http://www.w3.org/2000/svg}"
FIGURES = {"svg": "svg", "pdf": "pdf", "png": "png", "eps": "eps", "dot": "dot", "tex": "tikz", "mmd": "mermaid",
           "drawio": "drawio", "pptx": "pptx"}  # fmt: skip


def network(name: str, layer: str = "d0", op: str = "Dense", activation: str = "linear") -> dict[str, Any]:
    """Two layers, with a text of a stranger in each place that a figure prints."""
    layers = [
        {"class_name": op, "config": {"name": layer, "units": 8, "activation": activation}},
        {"class_name": "Softmax", "config": {"name": "s"}},
    ]
    return {"class_name": "Sequential", "config": {"name": name, "build_input_shape": [None, 8], "layers": layers}}


LINK = 'x\\" { n0 [label=CLICK shape=box pos=<600,600> width=2 fontsize=60 URL=<javascript:alert(1)> id=evil] //'
NODE = 'd\\"[pos=<1200,4500> width=2 height=1 fontsize=60 label=CLICK URL=<javascript:alert(2)>];//'
IMAGE = '\\";n9 [image=<secret.png> shape=none pos=<600,600>];//'
MARKUP = '<TABLE HREF="javascript:alert(3)"><TR><TD><IMG SRC="secret.png"/></TD></TR></TABLE>'
SCRIPT = "]]>--></text></title><script>alert(4)</script><a href='javascript:alert(5)'>"
HIDDEN = "a\u202eb\u2028c\x1b[31md\ud800e\u0000f"
ATTACKS = {
    "a name that ends its string": network('a\\"'),
    "a link": network(LINK),
    "a node": network("m", layer=NODE),
    "an image": network(IMAGE, layer=IMAGE, op=IMAGE),
    "a class name as markup": network(MARKUP, layer=MARKUP, op=MARKUP),
    "an activation as markup": network(SCRIPT, layer=SCRIPT, activation=SCRIPT),
    "backslashes at the end": network("m\\", layer="d\\\\", op="Own\\", activation="act\\\\\\"),
    "hidden characters": network(HIDDEN, layer=HIDDEN, op=HIDDEN, activation=HIDDEN),
    "endless names": network(
        '\\"<b>' * 100_000, layer="\u202e" * 100_000, op="O \u2028" * 100_000, activation="a" * 10**6
    ),
}


@pytest.fixture(params=list(ATTACKS))
def model(request: pytest.FixtureRequest, tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(json.dumps(ATTACKS[request.param]))
    return path


def drawn(model: Path, suffix: str, *options: str) -> Path:
    target = model.with_name(f"figure.{suffix}")
    assert main(["render", str(model), "-o", str(target), "--format", FIGURES[suffix], *options]) == 0
    assert 60 < target.stat().st_size < 10**6
    return target


BY_GRAPHVIZ = ("pdf", "png", "eps")  # what it draws as SVG too, below, in a process each


@pytest.mark.parametrize(("name", "drawing"), in_turn(list(ATTACKS), BY_GRAPHVIZ))
def test_every_other_figure_is_drawn(name: str, drawing: str, tmp_path: Path) -> None:
    (tmp_path / "model.json").write_text(json.dumps(ATTACKS[name]))
    for suffix in (drawing, *(suffix for suffix in FIGURES if suffix not in (*BY_GRAPHVIZ, "svg"))):
        drawn(tmp_path / "model.json", suffix)


@pytest.mark.parametrize("options", [(), ("--outline-text",)])
def test_svg_holds_the_name_as_text_and_nothing_that_acts(model: Path, options: tuple[str, ...]) -> None:
    root = ET.parse(drawn(model, "svg", *options)).getroot()
    assert root.findtext(f"{SVG}title") == visible(summarize(str(model)).outline.name)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "title", "desc", "metadata", "g", "path", "polygon", "polyline", "ellipse", "text"}
    for element in root.iter():
        assert not any(re.search("href|^on|src", key) for key in element.attrib)
        assert re.fullmatch(r"[\w:@.,|/-]*", element.get("id", ""), re.ASCII)


def test_dot_has_names_in_labels_and_comments_only(model: Path) -> None:
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = pygraphviz.AGraph(string=drawn(model, "dot").read_text("utf-8"), strict=False)
    assert all(re.fullmatch(r"page|n\d+|t\d+_\d+", node) for node in graph.nodes())
    for node in graph.nodes():
        assert not set(map(str.lower, node.attr.keys())) & {"url", "href", "image", "shapefile", "target"}


def test_tables_and_words_are_made(model: Path, capfd: pytest.CaptureFixture[str]) -> None:
    for form in TABLES:
        assert main(["table", str(model), "--format", form]) == 0
        said = capfd.readouterr().out
        assert visible(said.replace("\n", "")) == said.replace("\n", "") and len(said) < 100_000
    for command in (["inspect", str(model)], ["inspect", str(model), "--json"], ["describe", str(model)]):
        assert main(command) == 0
        said = capfd.readouterr().out.replace("\n", "")
        assert visible(said) == said and len(said) < 100_000


def test_complaints_repeat_no_escape_sequence(capfd: pytest.CaptureFixture[str], tmp_path: Path) -> None:
    name = str(tmp_path / "a\x1b]0;owned\x07\u202e.keras")
    for words in (
        ["inspect", name],
        ["inspect", "x", name],
        [name],
        ["render", name, "-o", name],
        ["table", name, "--format", name],
    ):
        try:
            assert main(words)
        except SystemExit as error:
            assert error.code == 2
        said = capfd.readouterr().err
        assert "owned" in said and visible(said.replace("\n", "")) == said.replace("\n", "")


TRAP = """<script>
window.sprung = []; window.alert = m => sprung.push(m); window.onerror = m => { sprung.push(m); };
</script>"""
REPORT = """<script>window.onload = () => {
const all = what => document.querySelectorAll(what);
for (const e of all('a, [onclick], [onload]')) e.dispatchEvent(new MouseEvent('click', {bubbles: true}));
document.title = JSON.stringify([sprung, ...['script', 'a', 'g.box'].map(what => all(what).length)]); };</script>"""


@pytest.mark.browser
@pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")
def test_a_browser_runs_nothing(tmp_path: Path) -> None:
    """Every figure in one page, clicked wherever something could be clicked."""
    figures = []
    for name, config in ATTACKS.items():
        (tmp_path / "model.json").write_text(json.dumps(config))
        figure = drawn(tmp_path / "model.json", "svg").read_text("utf-8")
        figures.append(figure[figure.index("<svg") :])
        assert main(["report", str(tmp_path / "model.json"), "-o", str(tmp_path / "report.html")]) == 0, name
        figures.append((tmp_path / "report.html").read_text("utf-8").partition("<body>")[2].partition("</body>")[0])
    page = tmp_path / "page.html"
    page.write_text(f"<!doctype html><meta charset=utf-8><title></title>{TRAP}{''.join(figures)}{REPORT}", "utf-8")
    command = [
        str(CHROMIUM), "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom",
        f"--user-data-dir={tmp_path / 'profile'}", page.as_uri(),
    ]  # fmt: skip
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    title = re.search(r"<title>(\[.*?)</title>", done.stdout, re.DOTALL)
    assert title, done.stderr[-1000:]
    sprung, scripts, links, boxes = json.loads(unescape(title[1]))
    assert (sprung, scripts, links) == ([], 2, 0) and boxes >= 2 * len(ATTACKS)
