"""What blockviz knows beforehand, read from the data files of `templates/`: the known backbones."""

from __future__ import annotations

import gzip
import json
from collections.abc import Mapping
from typing import Any

from blockviz.ir import LayerGraph
from blockviz.runtime.data_files import pattern_tables
from blockviz.runtime.data_files import templates_folder as templates_dir
from blockviz.runtime.records import dataclass

__all__ = ["BackboneInfo", "backbone_graph", "backbone_info", "backbone_names", "templates_dir"]


@dataclass(frozen=True, slots=True)
class BackboneInfo:
    """What the catalogue says of a network.

    references : BibTeX keys of its papers. network : the file with its graph, which is what defines it. near : another
    network that looks like it. nodes, params : its calls and parameters.
    """

    name: str
    references: tuple[str, ...]
    network: str
    near: str
    nodes: int
    params: int


def _index() -> Mapping[str, Mapping[str, Any]]:
    """The networks by name, which are patterns like blocks and idioms."""
    found: Mapping[str, Mapping[str, Any]] = pattern_tables()["backbones"]
    return found


def backbone_names() -> tuple[str, ...]:
    """Names of the networks in the catalogue, as keras.applications has them, in alphabetical order."""
    return tuple(_index())


def backbone_info(name: str) -> BackboneInfo:
    """Papers and size of a network. Raises KeyError for a name that is not in the catalogue."""
    entry = _index()[name]
    return BackboneInfo(**{**entry, "references": tuple(entry["references"])})


def backbone_graph(name: str) -> LayerGraph:
    """The layer graph of a network as its constructor in keras.applications builds it by default.

    A fresh graph each time. Raises KeyError for a name that is not in the catalogue.
    """
    from blockviz.ir.packed_json import unpack

    path = templates_dir() / "backbones" / _index()[name]["network"]
    return unpack(json.loads(gzip.decompress(path.read_bytes())))
