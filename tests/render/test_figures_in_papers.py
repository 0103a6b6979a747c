"""Figures of usual widths on the pages of journals, with their captions, set by the real classes."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pdfplumber
import pytest

from summaries import known_summary

pytestmark = pytest.mark.latex

CLASSES = {
    "IEEEtran": r"\documentclass[conference]{IEEEtran}",
    # without its own fonts acmart takes bitmaps, which can't be expanded
    "acmart": r"\PassOptionsToPackage{expansion=false}{microtype}\documentclass[sigconf,nonacm]{acmart}",
    "llncs": r"\documentclass{llncs}",
}
NETWORKS = ["InceptionResNetV2", "MobileNetV3Large"]  # high ones
CAPTION = r"Blocks of the network, each with its panel, and what its copies do not have in common with one another."


@pytest.fixture(scope="module")
def figures(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("figures")
    for name in NETWORKS:
        found = known_summary(name)
        for width in ("84mm", "122mm", "174mm"):
            found.save(folder / f"{name}-{width}.pdf", width=width)
    return folder


def _figure(name: str, width: str, kind: str) -> str:
    return rf"""
\begin{{{kind}}}[p]\centering\includegraphics{{{name}-{width}.pdf}}\caption{{{CAPTION}}}\end{{{kind}}}
Text of the paper.\clearpage"""


@pytest.mark.parametrize("name", CLASSES)
def test_figures_fit_the_pages_of_journals(name: str, figures: Path, tmp_path: Path) -> None:
    known = shutil.which("kpsewhich") and subprocess.run(["kpsewhich", f"{name}.cls"], capture_output=True, check=False)
    if not shutil.which("pdflatex") or not known or not known.stdout.strip():
        pytest.skip(f"no pdflatex, or {name}.cls is not installed (texlive-publishers)")
    one_column = name == "llncs"  # its text is 122 mm wide; what is wider is turned
    kinds = {"84mm": "figure", "122mm": "figure" if one_column else "figure*"}
    kinds["174mm"] = "sidewaysfigure" if one_column else "figure*"
    fitting = [(one, width, kind) for one in NETWORKS for width, kind in kinds.items()
               if kind != "sidewaysfigure" or _height(figures / f"{one}-{width}.pdf") < 310]  # fmt: skip
    body = "\n".join(_figure(*one) for one in fitting)
    head = rf"{CLASSES[name]}\usepackage{{graphicx,rotating}}\graphicspath{{{{{figures}/}}}}\begin{{document}}"
    document = rf"{head}\title{{T}}\maketitle Text.{body}\end{{document}}"
    (tmp_path / "t.tex").write_text(document, "utf-8")
    command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, timeout=180, check=False)
    log = done.stdout.decode("latin-1")
    assert done.returncode == 0, log[-2000:]
    assert [line for line in log.splitlines() if "Overfull" in line or "too large for page" in line] == []
    assert len(fitting) >= 2 * len(NETWORKS)


def _height(path: Path) -> float:
    with pdfplumber.open(path) as pdf:
        return float(pdf.pages[0].height)
