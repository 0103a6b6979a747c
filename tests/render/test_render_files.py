"""Files as their readers take them: DOT, SVG, PDF, EPS, TikZ, Mermaid, draw.io."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import outlines
from blockviz.errors import DrawError, UsageError
from blockviz.page import Options, compose, parse_page
from blockviz.quoting import latex
from blockviz.render import FORMATS, RenderOptions, format_of, render, save, write
from blockviz.render.formats.dot import page_to_pydot, sheet_to_dot
from blockviz.render.formats.latex_float import figure_environment
from blockviz.render.graphviz import engine
from blockviz.scene import Page, Span
from samples import in_turn

SVG = "{http://www.w3.org/2000/svg}"


@cache
def page(outline: str = "inception_resnet_v2", theme: str = "paper") -> Page:
    return compose(getattr(outlines, outline)(), parse_page("a4"), Options(theme=theme))


@pytest.mark.parametrize("outline", outlines.ALL)
def test_svg_is_well_formed_and_says_what_it_shows(outline: str) -> None:
    drawn = page(outline)
    root = ET.fromstring(render(drawn, "svg", RenderOptions(version="1.2", command="render <x> & y")))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == drawn.title and root.findtext(f"{SVG}desc") == drawn.description
    assert "blockviz 1.2; render <x> & y" in (root.findtext(f"{SVG}metadata") or "")
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    assert len(ids) == len(set(ids))
    words = " ".join("".join(element.itertext()) for element in root.iter(f"{SVG}text"))
    for part in getattr(outlines, outline)().parts:
        if part.letter:
            assert part.name.split("(")[0][:8] in words


def test_each_box_has_a_title_and_its_shape_inside_its_group() -> None:
    root = ET.fromstring(render(page("transfer"), "svg"))
    boxes = [g for g in root.iter(f"{SVG}g") if g.get("class") == "box" and g.find(f"{SVG}title") is not None]
    assert len(boxes) >= 6
    for box in boxes:
        shapes = [
            child for child in box if child.tag in (f"{SVG}path", f"{SVG}polygon", f"{SVG}ellipse", f"{SVG}polyline")
        ]
        assert shapes, ET.tostring(box)


def test_outlined_svg_needs_no_font() -> None:
    svg = render(page(), "svg", RenderOptions(outline_text=True)).decode()
    assert "<text" not in svg and "font-family" not in svg and 'aria-label="Inception-ResNet-A"' in svg
    ET.fromstring(svg)


BYTES = ("svg", "pdf", "png", "eps", "dot", "tikz", "mermaid", "drawio")


@cache
def drawn_under(seed: str) -> dict[str, tuple[int, str]]:
    """Length and digest of one figure by format, drawn in a process with this hash seed."""
    code = (
        "import hashlib, json, outlines; from blockviz.page import *; from blockviz.render import render; "
        "page = compose(outlines.resnet50(), parse_page('a4')); "
        f"files = {{form: render(page, form) for form in {BYTES}}}; "
        "print(json.dumps({form: (len(data), hashlib.sha256(data).hexdigest()) for form, data in files.items()}))"
    )
    env = {**os.environ, "PYTHONHASHSEED": seed, "PYTHONPATH": str(Path(__file__).parents[2])}
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=Path(__file__).parents[1], capture_output=True, check=True, env=env
    )
    return {form: tuple(found) for form, found in json.loads(done.stdout).items()}


@pytest.mark.parametrize("form", BYTES)
def test_same_bytes_in_two_processes(form: str) -> None:
    assert drawn_under("1")[form] == drawn_under("2")[form]
    assert drawn_under("1")[form][0] > 500


def test_pdf_holds_text_fonts_and_title(tmp_path: Path) -> None:
    pdfplumber = pytest.importorskip("pdfplumber")
    file = tmp_path / "x.pdf"
    file.write_bytes(render(page(), "pdf"))
    with pdfplumber.open(file) as pdf:
        assert len(pdf.pages) == 1 and pdf.metadata["Title"] == "InceptionResNetV2"
        assert (pdf.pages[0].width, pdf.pages[0].height) == (595, 842)
        text = pdf.pages[0].extract_text()
        assert min(char["size"] for char in pdf.pages[0].chars if char["text"].strip()) >= 5.95
    for words in ("Inception-ResNet-B", "35×35×320", "concat", "55.9"):
        assert words in text


@pytest.mark.skipif(not shutil.which("pdffonts"), reason="needs poppler")
def test_pdf_fonts_are_embedded(tmp_path: Path) -> None:
    file = tmp_path / "x.pdf"
    file.write_bytes(render(page(), "pdf"))
    table = subprocess.run(["pdffonts", str(file)], capture_output=True, text=True, check=True).stdout.splitlines()[2:]
    assert table and all(re.search(r"\byes\s+yes\s+(yes|no)\s+\d+\s+\d+$", line) for line in table), table
    text = subprocess.run(["pdftotext", "-layout", str(file), "-"], capture_output=True, text=True, check=True)
    assert "Inception-ResNet-A" in text.stdout and not text.stderr


@pytest.mark.skipif(not shutil.which("dot"), reason="needs Graphviz")
def test_dot_text_is_accepted_by_dot(tmp_path: Path) -> None:
    for outline in outlines.ALL:
        file = tmp_path / f"{outline}.dot"
        file.write_bytes(render(page(outline), "dot"))
        done = subprocess.run(["dot", "-Tcanon", str(file)], capture_output=True, text=True, check=False)
        said = engine.complaints(done.stderr.encode())  # not that its font is wider than ours
        assert done.returncode == 0 and not said, said


@pytest.mark.skipif(not shutil.which("neato"), reason="needs Graphviz")
def test_system_engine_draws_the_same_page() -> None:
    svg = render(page("resnet50"), "svg", RenderOptions(engine="system"))
    assert b"Bottleneck" in svg and ET.fromstring(svg) is not None


def test_pydot_document() -> None:
    pytest.importorskip("pydot")
    drawn = page("two_towers")
    graph = page_to_pydot(drawn)
    assert len(graph.get_nodes()) >= len(drawn.sheets[0].boxes)
    assert engine.run(graph.to_string(), "svg")


HOSTILE = [
    'a"b',
    "back\\slash\\N",
    "<b>&amp;",
    "$x_1^2$ %#{}~",
    "new\nline\ttab",
    "\x00\x1b[31m",
    "\ud800",
    "日本語",
    "]]>--> |;",
    "{x|y}",
]


DRAWN = [form for form in FORMATS if form in ("svg", "pdf", "png", "eps")]  # by a process each


@pytest.mark.parametrize(("name", "form"), in_turn(HOSTILE, DRAWN))
def test_hostile_names_break_nothing(name: str, form: str) -> None:
    from dataclasses import replace

    outline = outlines.two_towers()
    parts = tuple(
        replace(
            part,
            id=f"{name}{i}",
            name=name,
            inputs=tuple(f"{name}{[p.id for p in outline.parts].index(x)}" for x in part.inputs),
        )
        for i, part in enumerate(outline.parts)
    )
    definitions = tuple(replace(d, name=name) for d in outline.definitions)
    drawn = compose(replace(outline, name=name, parts=parts, definitions=definitions), parse_page("a4"))
    for other in (form, *(other for other in FORMATS if other not in DRAWN)):
        data = render(drawn, other)
        assert data
        if other in ("svg", "drawio"):
            ET.fromstring(data)


def test_latex_is_escaped() -> None:
    assert latex.text("a_b & 50% $x$ {y} \\z ~^#") == (
        r"a\_\allowbreak{}b \& 50\% \$x\$ \{y\} \textbackslash{}z \textasciitilde{}\textasciicircum{}\#"
    )


def test_figure_environment() -> None:
    text = figure_environment(["figures/net.pdf"], "50 % of R&D", "net", page(), "fig:net")
    assert r"\begin{figure*}[tbp]" in text and r"\caption{50 \% of R\&D}" in text and r"\label{fig:net}" in text
    with pytest.raises(UsageError):
        figure_environment(["a}b.pdf"], "", "net", page())


# Files and engine


def test_format_comes_from_the_suffix() -> None:
    assert format_of("x/y.SVG") == "svg" and format_of("a.tex") == "tikz" and format_of("-", "pdf") == "pdf"
    for wrong in (("a.docx", None), ("a", None), ("a.svg", "bmp")):
        with pytest.raises(UsageError):
            format_of(*wrong)


def test_file_appears_whole_or_not_at_all(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "x.svg"
    target.write_bytes(b"old")
    monkeypatch.setattr(os, "replace", lambda *_: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(DrawError, match="No space left"):
        write(target, b"new")
    assert target.read_bytes() == b"old" and [path.name for path in tmp_path.iterdir()] == ["x.svg"]


def test_unwritable_targets(tmp_path: Path) -> None:
    with pytest.raises(DrawError, match="no folder"):
        write(tmp_path / "nosuch" / "x.svg", b"")
    with pytest.raises(DrawError, match="is a folder"):
        write(tmp_path, b"")


def test_save_writes_by_suffix(tmp_path: Path) -> None:
    assert save(page("resnet50"), tmp_path / "a.pdf") == [str(tmp_path / "a.pdf")]
    assert (tmp_path / "a.pdf").read_bytes().startswith(b"%PDF")


def test_crash_of_graphviz_is_survived() -> None:
    crash = 'digraph { graph [_background="c 7 -#000000 T 10 10 0 20 1 -x"]; a }'
    with pytest.raises(DrawError, match="nothing was written"):
        engine.finish(engine.start("pdf", "dot"), crash)


def test_hanging_graphviz_is_stopped() -> None:
    worker = engine.start("svg")
    with pytest.raises(DrawError, match="longer than"):
        engine.finish(worker, sheet_to_dot(page()), timeout=0.001)
    assert worker.process.poll() is not None


def test_a_text_without_letters_is_left_out() -> None:
    drawn = page()
    sheet = drawn.sheets[0]
    blank = replace(sheet.words[0], runs=(Span(""), Span(" "), Span("seen")))
    dot = sheet_to_dot(replace(drawn, sheets=(replace(sheet, words=(blank,)),)))
    assert re.findall(r'label="([^"<]*)\\[lr]"', dot) == ["seen"]


def test_dropped_labels_are_errors() -> None:
    with pytest.raises(DrawError, match="could not draw"):
        engine.run('digraph { a [pos="1,1", label=<<B>x</I>>] }', "svg")


def test_font_is_measured_as_it_is_drawn(tmp_path: Path) -> None:
    """The private font set-up is in force: a line is as wide in the PDF as it was measured."""
    pdfplumber = pytest.importorskip("pdfplumber")
    from blockviz.text.font_metrics import run_width

    drawn = page()
    file = tmp_path / "x.pdf"
    file.write_bytes(render(drawn, "pdf"))
    title = next(words for words in drawn.sheets[0].words if words.runs[0].text == "InceptionResNetV2")
    with pdfplumber.open(file) as pdf:
        word = next(w for w in pdf.pages[0].extract_words() if w["text"] == "InceptionResNetV2")
    assert word["x1"] - word["x0"] == pytest.approx(run_width(title.runs, title.size), rel=0.02)
    assert word["x0"] == pytest.approx(title.x, abs=1.0)


@pytest.mark.latex
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
@pytest.mark.parametrize("outline", ["inception_resnet_v2", "two_towers"])
def test_tikz_compiles_alone(outline: str, tmp_path: Path) -> None:
    (tmp_path / "x.tex").write_bytes(render(page(outline), "tikz"))
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "x.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:].decode("latin-1")
    pdfplumber = pytest.importorskip("pdfplumber")
    with pdfplumber.open(tmp_path / "x.pdf") as pdf:
        assert float(pdf.pages[0].width) == pytest.approx(595, abs=1) and len(pdf.pages) == 1


def test_tikz_can_be_read_by_a_person() -> None:
    from blockviz.page import compose, parse_page

    drawn = compose(outlines.two_towers(), parse_page("a4"))
    text = render(drawn, "tikz").decode()
    head, body = text.split("\n]\n")
    lines = body.splitlines()[:-2]
    assert ".style={" in head and r"\definecolor" in head and ".style" not in body and r"\definecolor" not in body
    assert all(line.startswith("\\") and line.count(r"\node") + line.count(r"\draw") <= 1 for line in lines)
    nodes = re.findall(r"\(n\d+\) at ", body)
    assert len(nodes) == len(set(nodes)) == len(drawn.sheets[0].boxes)
    assert re.search(r"\\draw\[arrow \d+\] \(n\d+\) -- \(n\d+\);", body)
    bare = render(drawn, "tikz", RenderOptions(bare=True)).decode()
    assert bare.startswith("% in the preamble") and bare.endswith("\\end{tikzpicture}\n")
    assert "documentclass" not in bare
    assert body.removesuffix("\\end{document}\n") in bare


@pytest.mark.latex
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
def test_a_bare_picture_stands_in_a_document(tmp_path: Path) -> None:
    (tmp_path / "p.tex").write_bytes(render(page("two_towers"), "tikz", RenderOptions(bare=True)))
    preamble = (tmp_path / "p.tex").read_text("utf-8").splitlines()[0].partition(": ")[2]
    document = f"\\documentclass{{article}}{preamble}\\begin{{document}}\\input{{p}}\\end{{document}}"
    (tmp_path / "d.tex").write_text(document)
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "d.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stdout[-800:].decode("latin-1")


@pytest.mark.latex
@pytest.mark.skipif(not shutil.which("pdflatex"), reason="needs pdflatex")
def test_figure_environment_compiles(tmp_path: Path) -> None:
    save(page("two_towers"), tmp_path / "net.pdf")
    body = figure_environment(["net.pdf"], "", "Two <towers>", page("two_towers"))
    (tmp_path / "doc.tex").write_text(
        "\\documentclass{article}\\usepackage[T1]{fontenc}\\usepackage{textcomp,graphicx}\\begin{document}\n"
        + body
        + "\\end{document}\n",
        "utf-8",
    )
    done = subprocess.run(
        ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "doc.tex"],
        cwd=tmp_path,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-1500:].decode("latin-1")


def test_of_a_lost_worker_is_said_what_happened_and_not_where() -> None:
    said = b'Traceback (most recent call last):\n  File "x.py", line 3\n    draw()\nOSError: File too large\n\n'
    assert engine.complaints(said) == ["OSError: File too large"]
    assert engine.complaints(b"warning: a\n\nerror: b\n")[-1] == "error: b"
