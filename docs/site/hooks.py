"""What the site takes from elsewhere in the repository: figures, pages, and the keys of a theme from the code."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import griffe
from mkdocs.structure.files import File, Files

ROOT = Path(__file__).resolve().parents[2]
PAGES = {"CHANGELOG.md": "changelog.md", "CONTRIBUTING.md": "contributing.md", "SECURITY.md": "security.md"}
FIGURES = "gallery/figures"
OWN = ("site.css", "iframe-worker.js")
SHIM = "https://unpkg.com/iframe-worker/shim"  # what the theme would load for the search in pages opened from a disk
KEYS = "<!-- keys of a theme -->"
_LINK = re.compile(r"(\]\(|src=\")(?!https?:)([^)#\s\"]+)")
_MODULE = "blockviz.page.style.theme"
_TABLES = {"colours": "Colours", "type": "Type", "spacing": "Spacing"}


def on_files(files: Files, config: Any) -> Files:
    """Add the pages of the repository's root, the style sheet, and the figures that a page shows."""
    texts = [path.read_text(encoding="utf-8") for path in (ROOT / "docs").rglob("*.md")]
    shown = sorted({name for text in texts for name in re.findall(rf"{FIGURES}/([\w.-]+\.svg)", text)})
    added = {**{page: ROOT / name for name, page in PAGES.items()}, **{name: ROOT / "docs/site" / name for name in OWN}}
    added |= {f"figures/{name}": ROOT / FIGURES / name for name in shown}
    for place, path in added.items():
        files.append(File.generated(config, place, abs_src_path=str(path)))
    return files


def on_page_markdown(markdown: str, page: Any, **_: Any) -> str:
    """Point links at the site's own copies, and write the keys of a theme where they are asked for."""
    text = _LINK.sub(lambda found: found[1] + moved(found[2], page.file.src_uri), markdown)
    return text.replace(KEYS, "\n".join(theme_keys())) if KEYS in text else text


def on_post_page(output: str, page: Any, **_: Any) -> str:
    """Load the one script that the theme would take from elsewhere from the site itself."""
    return output.replace(SHIM, "../" * page.file.dest_uri.count("/") + OWN[1])


def on_post_template(output: str, **_: Any) -> str:
    """The same for the page of what is not found."""
    return output.replace(SHIM, OWN[1])


def moved(target: str, source: str) -> str:
    """A link of a page, ``source`` in the site, to something outside docs: where the site has that."""
    at_root = source in PAGES.values()  # in the repository this page stands above docs
    up = "../" * source.count("/")
    outside = "" if at_root else "../" + up
    if not target.startswith(outside):
        return target
    found = target.removeprefix(outside)
    return up + _place(found) if at_root or found in PAGES or found.startswith((FIGURES, "README.md")) else target


def _place(target: str) -> str:
    """Where something of the repository, named from its root, is in the site."""
    if target == "README.md":
        return "index.md"
    return PAGES.get(target, target.replace(FIGURES, "figures", 1).removeprefix("docs/"))


def theme_keys() -> Iterator[str]:
    """A table for each table of a theme: its keys, what they are for, and the values of the default theme."""
    values = tomllib.loads((ROOT / "templates/themes/paper.toml").read_text(encoding="utf-8"))
    module = griffe.load(_MODULE, search_paths=[str(ROOT)])
    for table, record in _TABLES.items():
        yield from ("", f"### `[{table}]`", "", "| key | what it is for | `paper` |", "|---|---|---|")
        for name, key in module[record].members.items():
            if key.is_attribute and "property" not in key.labels:
                yield f"| `{name}` | {_sentence(key)} | {_shown(values[table][name])} |"
    from blockviz.page.style.theme import FAMILIES

    yield from ("", "### `[families]`", "", "| key | what it is for | `paper`: fill and line |", "|---|---|---|")
    for name, words in FAMILIES.items():
        yield f"| `{name}` | {words} | {' '.join(map(_shown, values['families'][name]))} |"
    pairs = ", ".join(" ".join(map(_shown, pair)) for pair in values["blocks"]["hues"])
    words = "the badges of a type of block and the frame of its panel, in turn; none: `badge` and `frame` for all"
    yield from ("", "### `[blocks]`", "", "| key | what it is for | `paper`: badge and frame |", "|---|---|---|")
    yield f"| `hues` | {words} | {pairs} |"


def _sentence(key: Any) -> str:
    words = key.docstring.value.rstrip(".")
    return words[0].lower() + words[1:]


def _shown(value: object) -> str:
    """A value as it stands in the file; a colour with a sample."""
    if isinstance(value, str) and value:
        return f'<span class="swatch" style="background:{value}"></span>`"{value}"`'
    return f'`"{value}"`' if isinstance(value, str) else f"`{value}`"
