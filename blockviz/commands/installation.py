"""`blockviz doctor`, `catalogue` and `completion`: about this installation."""

from __future__ import annotations

import argparse
import shutil
import sys
from collections.abc import Iterator
from importlib import metadata

from blockviz.commands.common import put
from blockviz.errors import UsageError

_PACKAGES = ("networkx", "pygraphviz", "fontpkg-arimo", "fonttools", "graphviz", "pydot", "h5py", "jinja2", "rich")
_OPTIONAL = {"tensorflow": "live models", "keras": "live models"}
_PROGRAMS = {"dot": "--engine system", "pdflatex": "PDF reports"}


def doctor(_: argparse.Namespace) -> None:
    """What is installed, drawn with what, and how to get what is missing."""
    put(None, "\n".join(_findings()))


def _findings() -> Iterator[str]:
    from blockviz import __version__

    yield f"blockviz {__version__}, Python {sys.version.split()[0]}"
    for name in _PACKAGES:
        yield f"  {name}: {_version(name) or f'missing; pip install {name}'}"
    for name, use in _OPTIONAL.items():
        yield f"  {name}: {_version(name) or f'not installed; pip install {name} ({use})'}"
    for name, use in _PROGRAMS.items():
        yield f"  {name}: {shutil.which(name) or f'not found; only needed for {use}'}"
    yield f"  font and engine: {_drawn()}"


def _version(name: str) -> str | None:
    try:
        return metadata.version(name)
    except metadata.PackageNotFoundError:
        return None


def _drawn() -> str:
    """Draw a small graph with the bundled engine; say what came out."""
    from blockviz.errors import DrawError
    from blockviz.render.graphviz import engine

    try:
        data = engine.run('digraph { a [fontname="Arimo" pos="0,0"] }', "pdf")
    except DrawError as error:
        return f"drawing failed: {error}"
    return "Arimo, embedded" if b"Arimo" in data else "Graphviz draws, but without Arimo; reinstall fontpkg-arimo"


def catalogue(arguments: argparse.Namespace) -> None:
    """List the known architectures, add one from a model, or remove one that was added."""
    from blockviz.backbones import registry
    from blockviz.frontends import read_model

    if arguments.action == "list":
        put(None, "\n".join(dict.fromkeys(entry.name for entry in registry.library().entries)))
        return
    if arguments.action == "remove":
        if not arguments.name:
            raise UsageError("give the name that was added: blockviz catalogue remove MyNet")
        registry.remove_backbone(arguments.name)
        put(None, f"{arguments.name} removed; --collapse-backbone no longer recognises it")
        return
    if not arguments.name or not arguments.model:
        raise UsageError("give a name and a model: blockviz catalogue add MyNet model.keras")
    path = registry.add_backbone(arguments.name, read_model(arguments.model), reference=arguments.reference)
    put(None, f"{arguments.name} added; --collapse-backbone now recognises it ({path.name})")
