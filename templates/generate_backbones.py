"""Write `templates/backbones/`: the layer graph of every network in keras.applications, as data.

    python templates/generate_backbones.py [NAME …]

Needs TensorFlow and Keras. Built with ``weights=None`` and default arguments otherwise. The papers
are in `templates/backbones/papers.json`: family by prefix of the name, longest prefix first.
"""

from __future__ import annotations

import gzip
import json
import sys
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


def paper_of(name: str) -> dict[str, Any]:
    """Title, year and BibTeX key of the paper that introduced a network."""
    papers = json.loads((HERE / "papers.json").read_text(encoding="utf-8"))
    for prefix in sorted(papers, key=len, reverse=True):
        if name.startswith(prefix.rstrip("*")) and (prefix.endswith("*") or name == prefix):
            return dict(papers[prefix])
    raise KeyError(f"papers.json has no paper for {name}")


def write_graph(name: str, graph: LayerGraph) -> None:
    """Write one network; the same graph gives the same bytes (no time, no file name in the archive)."""
    text = json.dumps(pack(graph), separators=(",", ":"))
    (HERE / f"{name}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))


def main(names: list[str]) -> None:
    """Write the named networks (all, if none is named), the index, and with all of them the version of Keras."""
    path = HERE / "index.json"
    index = json.loads(path.read_text(encoding="utf-8")) if names and path.exists() else {}
    for name in names or network_names():
        graph = live_graph(name)
        params = sum(layer.params or 0 for layer in layers_of(leaves(graph)).values())
        index[name] = {**paper_of(name), "nodes": len(graph), "params": params}
        write_graph(name, graph)
        print(name, len(graph), params, flush=True)
    rows = (f"{json.dumps(name)}: {json.dumps(index[name])}" for name in sorted(index))
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")
    if not names:
        (HERE / "made_by.json").write_text(json.dumps({"keras": version("keras")}) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
