"""SVG in a real browser: every label inside its box, no error on the console."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from functools import cache
from html import escape, unescape
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

import outlines
from blockviz.page import Options, compose, parse_page
from blockviz.render import RenderOptions, render
from blockviz.text.font_metrics import width as text_width

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
FLAGS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--dump-dom", "--virtual-time-budget=2000",
]  # fmt: skip
SCRIPT = """
window.errors = []; window.onerror = m => window.errors.push(String(m));
window.onload = () => {
  const out = [];
  for (const g of document.querySelectorAll('g.box')) {
    const shape = g.querySelector('path,polygon,ellipse');
    if (!shape) continue;
    const b = shape.getBBox();
    for (const t of g.querySelectorAll('text')) {
      const r = t.getBBox();
      const slack = r.height * 0.2, right = b.x + b.width - r.x - r.width, below = b.y + b.height - r.y - r.height;
      out.push([g.id, t.textContent, r.x - b.x, right, r.y - b.y + slack, below + slack]);
    }
  }
  const widths = [...document.querySelectorAll('text')].map(t => [t.textContent, t.getComputedTextLength(),
    parseFloat(t.getAttribute('font-size')), t.getAttribute('font-weight') == 'bold',
    t.getAttribute('font-style') == 'italic']);
  window.found = {
    boxes: out, widths: widths, errors: window.errors, texts: document.querySelectorAll('text').length};
};
"""
ALL = """
window.onload = () => document.body.setAttribute('data-out', JSON.stringify(
  [...document.querySelectorAll('iframe')].map(frame => frame.contentWindow.found)));
"""

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


FIGURES = [("inception_resnet_v2", "paper"), ("resnet50", "dark"), ("transfer", "grey"), ("two_towers", "slides")]
OUTLINED = ("resnet50", "paper")


def _figure(outline: str, theme: str) -> str:
    page = compose(getattr(outlines, outline)(), parse_page("a4"), Options(theme=theme))
    options = RenderOptions(outline_text=(outline, theme) == OUTLINED)
    svg = render(page, "svg", options).decode()
    return f"<!doctype html><meta charset=utf-8><script>{SCRIPT}</script><body>{svg[svg.index('<svg') :]}</body>"


@cache
def measured() -> dict[tuple[str, str], dict[str, object]]:
    """What one browser says of each figure, in a frame of its own."""
    figures = [*FIGURES, OUTLINED]
    frames = "".join(f'<iframe srcdoc="{escape(_figure(*figure))}"></iframe>' for figure in figures)
    with TemporaryDirectory() as folder:
        file = Path(folder, "x.html")
        file.write_text(f"<!doctype html><meta charset=utf-8><script>{ALL}</script><body>{frames}</body>", "utf-8")
        done = subprocess.run(
            [str(CHROMIUM), *FLAGS, f"--user-data-dir={folder}/profile", file.as_uri()],
            capture_output=True, text=True, check=False, timeout=120,
        )  # fmt: skip
    found = re.search(r'data-out="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    return dict(zip(figures, json.loads(unescape(found[1])), strict=True))


@pytest.mark.parametrize("figure", FIGURES)
def test_labels_lie_inside_their_boxes(figure: tuple[str, str]) -> None:
    data = measured()[figure]
    assert data["errors"] == []
    boxes = data["boxes"]
    assert isinstance(boxes, list) and len(boxes) >= 4
    unit = 6.0  # the drawing's own units a point
    outside = [box for box in boxes if min(box[2:]) < -0.5 * unit]
    assert not outside, outside


def test_outlined_text_needs_no_text_element() -> None:
    data = measured()[OUTLINED]
    assert data["texts"] == 0 and data["errors"] == []


def test_no_space_between_two_styles_is_lost() -> None:
    """A browser drops spaces at the ends of a text, and then words of two styles run into each other."""
    widths = measured()[FIGURES[0]]["widths"]
    assert isinstance(widths, list)
    ends = [row for row in widths if row[0] != row[0].strip()]
    assert len(ends) >= 10
    lost = [row for row in ends if row[1] < text_width(row[0], row[2], row[3], row[4]) - row[2] * 0.14]
    assert not lost, lost
