"""Where the data folder `templates/` is: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any


def templates_folder() -> Path:
    """The folder with blocks, backbones, themes and documents."""
    package = Path(__file__).parent.parent
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"


@cache
def pattern_tables() -> Mapping[str, Any]:
    """The block patterns and idioms of ``templates``, from the one file that is made of theirs."""
    found: Mapping[str, Any] = json.loads((templates_folder() / "patterns.json").read_text(encoding="utf-8"))
    return found
