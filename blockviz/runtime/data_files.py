"""Where the data folder `templates/` is: inside an installed wheel, or beside the package in a checkout."""

from __future__ import annotations

from pathlib import Path


def templates_folder() -> Path:
    """The folder with blocks, backbones, themes and documents."""
    package = Path(__file__).parent.parent
    installed = package / "_templates"
    return installed if installed.is_dir() else package.parent / "templates"
