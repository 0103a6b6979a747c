"""Write `templates/patterns.json`: all blocks, idioms and known networks as they are read, in a tenth of the time.

    python templates/generate_patterns.py

To be run after a change in `templates/blocks`, `templates/idioms`, `templates/spellings.toml` or
`templates/backbones/networks.toml`, which are what is edited.
"""

from __future__ import annotations

import json
import re
import tomllib
from pathlib import Path
from typing import Any

from blockviz.structure.block_forms import form_needs, form_words

HERE = Path(__file__).parent


def tables() -> dict[str, Any]:
    """Blocks and networks by key; idioms by file, with the sets of calls of each of which a network must have one."""
    blocks = [path.read_text(encoding="utf-8") for path in sorted((HERE / "blocks").glob("*.toml"))]
    idioms = [path.read_text(encoding="utf-8") for path in sorted((HERE / "idioms").glob("*.toml"))]
    return {
        "blocks": {key: with_kinds(table) for text in blocks for key, table in tomllib.loads(text).items()},
        "backbones": tomllib.loads((HERE / "backbones/networks.toml").read_text(encoding="utf-8")),
        "idioms": [{"needs": needs(text), "entries": tomllib.loads(text)} for text in idioms],
        "spellings": [*written_out(), *spellings((HERE / "references.bib").read_text(encoding="utf-8"))],
    }


def written_out() -> list[str]:
    """The spellings that are listed."""
    listed = tomllib.loads((HERE / "spellings.toml").read_text(encoding="utf-8"))
    return [name for names in listed.values() for name in names]


def spellings(bibliography: str) -> list[str]:
    """How networks spell their names, as titles of papers do before a colon; plain words like ``Primer`` are none."""
    heads = re.findall(r"title\s*=\s*\{+([A-Za-z][\w. {}-]{1,24}?)\}*:", bibliography)
    names = {head.replace("{", "").replace("}", "").strip() for head in heads}
    return sorted(name for name in names if name.count(" ") < 2 and re.search(r".[A-Z0-9]", name))


def with_kinds(table: dict[str, Any]) -> dict[str, Any]:
    """A block with the words of its forms and what they need, which is asked first of a network's blocks."""
    forms = table.get("forms", ())
    kinds = [[" ".join(sorted(found)) for found in (form_words(form), form_needs(form))] for form in forms]
    return {**table, "kinds": kinds} if kinds else table


def needs(text: str) -> list[list[str]]:
    """What the first line of a file of idioms says."""
    first = text.partition("\n")[0]
    return [part.split() for part in first.partition(":")[2].split("&")]


def written() -> str:
    """The file's text."""
    return json.dumps(tables(), ensure_ascii=False, separators=(",", ":")) + "\n"


if __name__ == "__main__":
    (HERE / "patterns.json").write_text(written(), encoding="utf-8")
