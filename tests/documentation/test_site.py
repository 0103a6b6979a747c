"""The site: built strictly, whole, and readable without a network."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from examples import ROOT

import blockviz
from blockviz.page.style.theme import FAMILIES, Colours, Spacing, Type, load_theme

sys.path.append(str(ROOT / "docs/site"))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet", "--site-dir", str(folder)]
    environment = {**os.environ, "PYTHONPATH": str(ROOT), "NO_MKDOCS_2_WARNING": "1"}
    done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    return folder


def test_the_site_loads_nothing_from_elsewhere(site: Path) -> None:
    loaded = r"<(?:script|img|iframe|source|link)\b[^>]*?\b(?:src|href)=\"?((?:https?:)?//[^\"\s>]+)"
    pages = [*site.rglob("*.html")]
    assert len(pages) >= 17
    assert {page.name: found for page in pages if (found := re.findall(loaded, page.read_text("utf-8")))} == {}
    styles = [path.read_text("utf-8") for path in site.rglob("*.css")]
    assert [text for text in styles if re.search(r"(?:url\(|@import)\s*[\"']?https?:", text)] == []


def test_the_reference_has_every_public_name_and_every_key_of_a_theme(site: Path) -> None:
    text = (site / "api.html").read_text("utf-8")
    assert [name for name in dir(blockviz) if name != "__version__" and f'id="blockviz.{name}"' not in text] == []
    assert "<strong>Raises</strong>" in text and "<code>min_repeat</code>: copies that make a block." in text
    text = (site / "themes.html").read_text("utf-8")
    keys = [*(field for record in (Colours, Type, Spacing) for field in record.__slots__), *FAMILIES]
    assert len(keys) > 40
    assert [key for key in keys if f"<code>{key}</code>" not in text] == []


def test_pages_of_the_root_are_pages_of_the_site(site: Path) -> None:
    assert 'href="how-it-works.html"' in (site / "contributing.html").read_text("utf-8")
    assert (site / "figures/InceptionResNetV2.svg").stat().st_size > 10_000
    assert (site / "tour.ipynb").exists() and (site / "tutorial/paper/paper.tex").exists()
    assert not (site / "site").exists()


@pytest.mark.parametrize(
    ("target", "source", "found"),
    [
        ("../gallery/figures/a.svg", "index.md", "figures/a.svg"),
        ("../../gallery/figures/a.svg", "recipes/slide.md", "../figures/a.svg"),
        ("../CONTRIBUTING.md", "faq.md", "contributing.md"),
        ("docs/json.md", "contributing.md", "json.md"),
        ("SECURITY.md", "changelog.md", "security.md"),
        ("json.md", "options.md", "json.md"),
        ("../options.md", "recipes/slide.md", "../options.md"),
    ],
)
def test_links_lead_to_the_sites_own_copies(target: str, source: str, found: str) -> None:
    from hooks import moved

    assert moved(target, source) == found


def test_docstrings_become_markdown() -> None:
    from docstrings import as_markdown

    given = "Parameters\n----------\na, b : first,\n    second. c : third; d : fourth."
    text = f"Do it.\n\n{given}\n\nRaises\n------\nKeyError : no."
    assert as_markdown(text) == (
        "Do it.\n\n**Parameters**\n\n- `a`, `b`: first, second.\n- `c`: third;\n- `d`: fourth.\n\n"
        "**Raises**\n\n- `KeyError`: no.\n\n"
    )
    assert as_markdown("Say a : b.") == "Say a : b."


@pytest.mark.parametrize(
    ("text", "said"),
    [('[colours]\nblok = "#000000"', "[colours] has no 'blok'"), ("[type]\nsmal = 6", "[type] has no 'smal'"),
     ("[spacing]\ngutter = 1", "[spacing] has no 'gutter'"), ('colour = "red"', "a theme has no 'colour'"),
     ('[families]\nconvs = ["#000000", "#000000"]', "[families] has no 'convs'")],
)  # fmt: skip
def test_a_slip_of_the_pen_in_a_theme_is_seen(text: str, said: str, tmp_path: Path) -> None:
    path = tmp_path / "own.toml"
    path.write_text(text)
    with pytest.raises(blockviz.errors.UsageError) as error:
        load_theme(str(path))
    assert said in str(error.value)


@pytest.mark.tensorflow
def test_the_notebook_tour_runs(tmp_path: Path) -> None:
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.read(ROOT / "docs/tour.ipynb", as_version=4)
    assert [cell for cell in notebook.cells if cell.cell_type == "code" and cell.outputs] == []
    NotebookClient(notebook, timeout=300, resources={"metadata": {"path": str(tmp_path)}}).execute()
    kinds = [set(output.get("data", {})) for cell in notebook.cells for output in cell.get("outputs", [])]
    assert sum("image/svg+xml" in kind for kind in kinds) == 3
    assert sum("text/markdown" in kind for kind in kinds) == 2
