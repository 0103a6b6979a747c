"""SVG in a real browser: every label inside its box, no error on the console."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
from html import unescape
from pathlib import Path

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
  document.body.setAttribute('data-out', JSON.stringify({
    boxes: out, widths: widths, errors: window.errors, texts: document.querySelectorAll('text').length}));
};
"""

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="needs Chromium")]


def measured(svg: str, tmp_path: Path) -> dict[str, object]:
    file = tmp_path / "x.html"
    file.write_text(
        f"<!doctype html><meta charset=utf-8><script>{SCRIPT}</script><body>{svg[svg.index('<svg') :]}</body>", "utf-8"
    )
    done = subprocess.run(
        [str(CHROMIUM), *FLAGS, f"--user-data-dir={tmp_path / 'profile'}", file.as_uri()],
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    found = re.search(r'data-out="([^"]*)"', done.stdout)
    assert found, done.stderr[-2000:]
    data: dict[str, object] = json.loads(unescape(found[1]))
    return data


@pytest.mark.parametrize(
    ("outline", "theme"),
    [("inception_resnet_v2", "paper"), ("resnet50", "dark"), ("transfer", "grey"), ("two_towers", "slides")],
)
def test_labels_lie_inside_their_boxes(outline: str, theme: str, tmp_path: Path) -> None:
    page = compose(getattr(outlines, outline)(), parse_page("a4"), Options(theme=theme))
    data = measured(render(page, "svg").decode(), tmp_path)
    assert data["errors"] == []
    boxes = data["boxes"]
    assert isinstance(boxes, list) and len(boxes) >= 4
    unit = 6.0  # the drawing's own units a point
    outside = [box for box in boxes if min(box[2:]) < -0.5 * unit]
    assert not outside, outside


def test_outlined_text_needs_no_text_element(tmp_path: Path) -> None:
    page = compose(outlines.resnet50(), parse_page("a4"))
    data = measured(render(page, "svg", RenderOptions(outline_text=True)).decode(), tmp_path)
    assert data["texts"] == 0 and data["errors"] == []


def test_no_space_between_two_styles_is_lost(tmp_path: Path) -> None:
    """A browser drops spaces at the ends of a text, and then words of two styles run into each other."""
    page = compose(outlines.inception_resnet_v2(), parse_page("a4"))
    widths = measured(render(page, "svg").decode(), tmp_path)["widths"]
    assert isinstance(widths, list)
    ends = [row for row in widths if row[0] != row[0].strip()]
    assert len(ends) >= 10
    lost = [row for row in ends if row[1] < text_width(row[0], row[2], row[3], row[4]) - row[2] * 0.14]
    assert not lost, lost
