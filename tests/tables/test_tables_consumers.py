"""Tables and reports in the programs that read them: pdflatex, Typst, Chromium."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from pathlib import Path

import pdfplumber
import pytest

from blockviz.documents import diff
from blockviz.outline.model import Outline
from blockviz.summary import Summary
from blockviz.tables import Entry, compare, report, table
from summaries import known_summary
from tables_samples import HOSTILE, dense, hostile_outline, outline, part

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
needs_latex = pytest.mark.skipif(
    not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="pdflatex or poppler is not installed"
)
needs_browser = pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed")
ARTICLE = "\\documentclass{article}\n\\usepackage{booktabs,tabularx,textcomp}\n\\begin{document}\n%s\n\\end{document}\n"


@pytest.fixture(scope="module")
def summaries() -> list[Summary]:
    return [known_summary(name) for name in ("ResNet50", "InceptionResNetV2", "EfficientNetB7", "ConvNeXtTiny")]


def forty_rows() -> Outline:
    """As many rows as a page has to hold, as wide as a real network's get."""
    words = ("Inverted residual with squeeze", "3×3 conv", "Inception-ResNet-A", "Bottleneck", "pooling")
    wide = dense("base", 2048)
    return outline([
        part(words[number % 5], [dense(f"d{number}", 10 ** (number % 7))], letter="ABCDE"[number % 5],
             stage=f"{number // 8 + 1}", repeat=number % 12 + 1, values={"f": str(16 * number)},
             output_shape=(None, 112, 112, 2048))
        for number in range(39)
    ] + [part("head", [wide])])  # fmt: skip


def pdflatex(document: str, folder: Path) -> tuple[str, list[str]]:
    """(log, text of each page); fails on any LaTeX error."""
    (folder / "t.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=folder, capture_output=True, timeout=120, check=False)
    log = done.stdout.decode("latin-1")
    assert done.returncode == 0, log[-2000:]
    text = subprocess.run(["pdftotext", "-layout", "t.pdf", "-"], cwd=folder, capture_output=True, check=True).stdout
    return log, text.decode().removesuffix("\f").split("\f")


@pytest.mark.latex
@needs_latex
def test_latex_tables_compile_and_fit_the_text(summaries: list[Summary], tmp_path: Path) -> None:
    tables = [table(one.outline, "latex", source=one.source) for one in summaries]
    tables.append(compare([one.outline for one in summaries], "latex"))
    log, pages = pdflatex(ARTICLE % "\n".join(tables), tmp_path)
    assert "Overfull" not in log
    assert "Bottleneck" in "".join(pages) and "25.64" in "".join(pages)


CLASSES = {
    "IEEEtran": r"\documentclass[conference]{IEEEtran}",
    # without its own fonts acmart takes bitmaps, which can't be expanded
    "acmart": r"\PassOptionsToPackage{expansion=false}{microtype}\documentclass[sigconf,nonacm]{acmart}",
    "llncs": r"\documentclass{llncs}",
    "article": r"\documentclass[twocolumn]{article}",
}


def has_class(name: str) -> bool:
    found = shutil.which("kpsewhich") and subprocess.run(["kpsewhich", f"{name}.cls"], capture_output=True, check=False)
    return bool(found and found.stdout.strip())


@pytest.mark.latex
@needs_latex
@pytest.mark.parametrize("name", CLASSES)
def test_latex_tables_fit_the_columns_of_journals(name: str, summaries: list[Summary], tmp_path: Path) -> None:
    if not has_class(name):
        pytest.skip(f"{name}.cls is not installed (texlive-publishers)")
    rooms = [None, r"\columnwidth", "textwidth", *([] if name == "article" else ["84mm"])]
    tables = []
    for room in rooms:
        tables += [table(one.outline, "latex", source=one.source, width=room) for one in summaries]
        tables.append(compare([one.outline for one in summaries], "latex", width=room))
        tables.append(diff(summaries[0], summaries[1]).text("latex", width=room))
    body = "\n".join(f"{text}\\clearpage" for text in tables)
    head = f"{CLASSES[name]}\n\\usepackage[T1]{{fontenc}}\\usepackage{{booktabs,tabularx,textcomp}}\\begin{{document}}"
    log, pages = pdflatex(f"{head}\n\\title{{T}}\\maketitle Text.\n{body}\n\\end{{document}}\n", tmp_path)
    assert [line for line in log.splitlines() if "Overfull" in line] == []
    assert "Bottleneck" in "".join(pages)


@pytest.mark.latex
@needs_latex
def test_forty_rows_fit_one_latex_page(tmp_path: Path) -> None:
    log, pages = pdflatex(ARTICLE % table(forty_rows(), "latex"), tmp_path)
    assert "Overfull" not in log and "too large for page" not in log
    assert len(pages) == 1
    assert len(re.findall(r"^.*112×112×2048.*$", pages[0], re.MULTILINE)) == 39


@pytest.mark.latex
@needs_latex
def test_hostile_names_compile(tmp_path: Path) -> None:
    sample = hostile_outline()
    _, pages = pdflatex(ARTICLE % table(sample, "latex", caption=" ".join(HOSTILE)), tmp_path)
    text = "".join(pages)
    assert "#1" in text and "script" in text and "U+4E2D" in text
    log, _ = pdflatex(report([Entry(sample)] * 2, "latex"), tmp_path)
    assert "Undefined" not in log


@pytest.mark.latex
@needs_latex
def test_a_report_compiles_with_its_figure_and_references(summaries: list[Summary], tmp_path: Path) -> None:
    paper = r"\usepackage[paperwidth=170mm,paperheight=180mm]{geometry}"
    figure = rf"\documentclass{{article}}{paper}\begin{{document}}Drawn\end{{document}}"
    pdflatex(figure, tmp_path)
    shutil.move(tmp_path / "t.pdf", tmp_path / "figure one.pdf")
    bibtex = r"@misc{key, author = {Chollet, Fran\c{c}ois}, title = {Some \& more}, year = {2017}}"
    entries = [Entry(one.outline, pdf="figure one.pdf", bibtex=bibtex, source=one.source) for one in summaries[:2]]
    log, pages = pdflatex(report(entries, "latex"), tmp_path)
    assert "Overfull \\hbox" not in log
    assert len(pages) <= 1 + 2 * len(entries)
    assert sum("Drawn" in page for page in pages) == 2
    assert "Some & more. 2017." in pages[-1]


def test_typst_compiles_real_and_hostile_tables(summaries: list[Summary], tmp_path: Path) -> None:
    typst = pytest.importorskip("typst")
    tables = [table(one.outline, "typst", source=one.source, label=f"tab:{i}") for i, one in enumerate(summaries)]
    tables += [compare([one.outline for one in summaries], "typst"), table(hostile_outline(), "typst")]
    source = tmp_path / "t.typ"
    source.write_text('#set page(paper: "a4", margin: 20mm)\n' + "#pagebreak()\n".join(tables), "utf-8")
    typst.compile(str(source), output=str(tmp_path / "t.pdf"))
    with pdfplumber.open(tmp_path / "t.pdf") as pdf:
        pages = [page.extract_text() or "" for page in pdf.pages]
    assert len(pages) == len(tables)
    assert "Bottleneck" in pages[0] and "25.6 M" in pages[0]
    assert "@ref" in pages[-1] and "<script>" in pages[-1]


def test_typst_compiles_a_report_without_latex(summaries: list[Summary], tmp_path: Path) -> None:
    typst = pytest.importorskip("typst")
    drawn = '<svg xmlns="http://www.w3.org/2000/svg" width="80" height="60">\n<text y="20">Drawn "\\here</text></svg>'
    bibtex = r"@misc{key, author = {Chollet, Fran\c{c}ois}, title = {Some \& more}, year = {2017}}"
    entries = [Entry(one.outline, drawn, bibtex=bibtex, source=one.source) for one in summaries[:2]]
    for number, document in enumerate((report(entries, "typst"), report([Entry(hostile_outline())] * 2, "typst"))):
        (tmp_path / "t.typ").write_text(document, "utf-8")
        typst.compile(str(tmp_path / "t.typ"), output=str(tmp_path / f"{number}.pdf"))
    with pdfplumber.open(tmp_path / "0.pdf") as pdf:
        pages = [page.extract_text() or "" for page in pdf.pages]
    assert len(pages) == 1 + len(entries)
    assert sum("Drawn" in page for page in pages) == 2
    assert "François Chollet. Some & more. 2017." in pages[-1]


PROBE = """<script>addEventListener('load', () => {
const grid = document.querySelector('table'), page = document.documentElement, image = document.images[0];
document.title = JSON.stringify([getComputedStyle(document.body).backgroundColor, page.scrollWidth <= innerWidth,
  grid.rows.length, grid.scrollWidth <= grid.parentElement.clientWidth,
  getComputedStyle(grid.rows[0].cells[0]).color, image && image.naturalWidth]); })</script>"""


def browse(page: str, folder: Path, *, dark: bool = False, width: int = 1000) -> list[object]:
    """What the page looks like to its own scripts in headless Chromium, light or dark."""
    path = folder / "page.html"
    path.write_text(page.replace("</body>", PROBE + "</body>"), "utf-8")
    assert CHROMIUM is not None
    command = [
        CHROMIUM, "--headless=new", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=2000",
        f"--user-data-dir={folder / 'profile'}", f"--window-size={width},900",
        f"--blink-settings=preferredColorScheme={0 if dark else 1}", "--dump-dom", path.as_uri(),
    ]  # fmt: skip
    home = {**os.environ, "HOME": str(folder)}
    done = subprocess.run(command, capture_output=True, timeout=60, check=False, env=home)
    title = re.search(r"<title>(.*?)</title>", done.stdout.decode(), re.DOTALL)
    assert title, done.stderr.decode()[-1000:]
    found: list[object] = json.loads(title[1])
    return found


@pytest.mark.browser
@needs_browser
def test_html_fits_the_window_in_light_and_dark(summaries: list[Summary], tmp_path: Path) -> None:
    page = table(summaries[0].outline, "html", source=summaries[0].source)
    light, dark = browse(page, tmp_path), browse(page, tmp_path, dark=True)
    assert light[:4] == ["rgb(255, 255, 255)", True, len(summaries[0].outline.parts) + 2, True]
    assert dark[0] == "rgb(13, 17, 23)"
    assert light[4] != dark[4]
    assert browse(page, tmp_path, width=500)[1] is True


@pytest.mark.browser
@needs_browser
def test_hostile_names_run_no_script_in_a_browser(tmp_path: Path) -> None:
    found = browse(table(hostile_outline(), "html"), tmp_path)
    assert found[2] == len(HOSTILE) + 2


@pytest.mark.browser
@needs_browser
def test_a_report_shows_its_figure(summaries: list[Summary], tmp_path: Path) -> None:
    svg = '<svg xmlns="http://www.w3.org/2000/svg" width="321" height="100"><title>a &amp; b</title></svg>'
    found = browse(report([Entry(summaries[0].outline, svg)], "html"), tmp_path)
    assert found[5] == 321
