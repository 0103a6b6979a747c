"""What blockviz knows beforehand, read from the data files of `templates/`: the known backbones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from functools import cache
from typing import Any

from blockviz.ir import LayerGraph
from blockviz.runtime.data_files import templates_folder as templates_dir
from blockviz.runtime.records import dataclass

__all__ = ["BackboneInfo", "backbone_graph", "backbone_info", "backbone_names", "templates_dir"]


@dataclass(frozen=True, slots=True)
class BackboneInfo:
    """What the catalogue says of a network: its paper (title, year, BibTeX key) and its size."""

    name: str
    title: str
    year: int
    bibtex: str
    nodes: int
    params: int


@cache
def _index() -> Mapping[str, Mapping[str, Any]]:
    text = (templates_dir() / "backbones" / "index.json").read_text(encoding="utf-8")
    index: Mapping[str, Mapping[str, Any]] = json.loads(text)
    return index


def backbone_names() -> tuple[str, ...]:
    """Names of the networks in the catalogue, as keras.applications has them, in alphabetical order."""
    return tuple(_index())


def backbone_info(name: str) -> BackboneInfo:
    """Paper and size of a network. Raises KeyError for a name that is not in the catalogue."""
    return BackboneInfo(name=name, **_index()[name])


def backbone_graph(name: str) -> LayerGraph:
    """The layer graph of a network as its constructor in keras.applications builds it by default.

    A fresh graph each time. Raises KeyError for a name that is not in the catalogue.
    """
    if name not in _index():
        raise KeyError(name)
    from blockviz.ir.packed_json import unpack

    return unpack(json.loads(gzip.decompress((templates_dir() / "backbones" / f"{name}.json.gz").read_bytes())))
