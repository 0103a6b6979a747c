"""Write `templates/backbones/`: the layer graph of every network in keras.applications, as data.

    python templates/generate_backbones.py [NAME …]

Needs TensorFlow and Keras. Built with ``weights=None`` and default arguments otherwise. Each network has a table with
its paper in `templates/backbones/networks.toml`; `generate_patterns.py` is to be run afterwards.
"""

from __future__ import annotations

import gzip
import json
import re
import sys
import tomllib
from importlib.metadata import version
from pathlib import Path
from typing import Any

from blockviz.frontends.keras.live import read_live
from blockviz.ir import LayerGraph, layers_of, leaves
from blockviz.ir.packed_json import pack

HERE = Path(__file__).parent / "backbones"


def network_names() -> list[str]:
    """Names of the network constructors in keras.applications."""
    import keras

    return sorted(name for name in dir(keras.applications) if name[0].isupper())


def live_graph(name: str) -> LayerGraph:
    """The layer graph of a network built by Keras, with the names of a fresh session."""
    import keras

    keras.backend.clear_session()
    return read_live(getattr(keras.applications, name)(weights=None))


def known() -> dict[str, dict[str, Any]]:
    """The tables of the networks."""
    return tomllib.loads((HERE / "networks.toml").read_text(encoding="utf-8"))


def write_sizes(sizes: dict[str, tuple[int, int]]) -> None:
    """Fill in calls and parameters, by name, in the tables of the networks; comments and all else stay."""
    text = (HERE / "networks.toml").read_text(encoding="utf-8")
    for name, (nodes, params) in sizes.items():
        table = re.compile(rf"(?ms)^(\[{re.escape(name)}\]\n.*?)^nodes = \d+\nparams = \d+$")
        text = table.sub(rf"\g<1>nodes = {nodes}\nparams = {params}", text, count=1)
    (HERE / "networks.toml").write_text(text, encoding="utf-8")


def write_graph(name: str, graph: LayerGraph) -> None:
    """Write one network; the same graph gives the same bytes (no time, no file name in the archive)."""
    text = json.dumps(pack(graph), separators=(",", ":"))
    (HERE / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(names: list[str]) -> None:
    """Write the named networks (all, if none is named), their sizes, and with all of them the version of Keras."""
    sizes = {}
    for name in names or network_names():
        if name not in known():
            raise KeyError(f"networks.toml has no table for {name}, with its paper")
        graph = live_graph(name)
        sizes[name] = len(graph), sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())
        write_graph(name, graph)
        print(name, *sizes[name], flush=True)
    write_sizes(sizes)
    if not names:
        (HERE / "made_by.json").write_text(json.dumps({"keras": version("keras")}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
