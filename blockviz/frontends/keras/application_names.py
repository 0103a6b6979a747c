"""Names in keras.applications, read from the committed catalogue instead of Keras."""

from __future__ import annotations

import difflib

from blockviz.backbones import catalogue
from blockviz.errors import ModelError, quoted
from blockviz.ir import LayerGraph

_PREFIX = "keras.applications."


def is_name(source: str) -> bool:
    """Whether the text is the name of a network in the catalogue."""
    return source.removeprefix(_PREFIX) in catalogue.backbone_names()


def read_name(source: str) -> LayerGraph:
    """The layer graph of a network as its constructor in keras.applications builds it by default.

    Raises
    ------
    ModelError : the name is not in the catalogue; the sentence suggests the nearest.
    """
    if not is_name(source):
        raise ModelError(unknown(source))
    return catalogue.backbone_graph(source.removeprefix(_PREFIX))


def unknown(source: str) -> str:
    """What to tell a user whose MODEL is neither a file nor a known name."""
    names = {name.lower(): name for name in catalogue.backbone_names()}
    wanted = source.rpartition(".")[2].lower().replace("_", "").replace("-", "")
    close = [names[name] for name in difflib.get_close_matches(wanted, names, 3)]
    hint = f"did you mean {' or '.join(close)}?" if close else "give a file, a name or package.module:callable"
    return f"{quoted(source)} is neither a file nor a network of keras.applications; {hint}"
