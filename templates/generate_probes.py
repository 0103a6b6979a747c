"""Write `templates/backbones/probes.json`: a few hashes per network, to find likely ones fast.

    python templates/generate_probes.py

Reads the graphs of the catalogue; needs no Keras. Run it after `generate_backbones.py` and
`generate_forms.py`, and after any change to what counts as structure (`blockviz/backbones/rooted_hash.py`).
"""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

from blockviz.backbones.catalogue import backbone_graph, backbone_names
from blockviz.backbones.folded_norms import with_norms_folded
from blockviz.backbones.reference_network import known_network, probes
from blockviz.ir import LayerGraph, layers_of, leaves
from blockviz.ir.packed_json import unpack

HERE = Path(__file__).parent / "backbones"


def row(name: str, graph: LayerGraph) -> dict[str, Any]:
    """What `probes.json` says of one network."""
    hashes = [f"{probe:016x}" for probe in probes(known_network(name, graph))]
    return {"name": name, "file": f"{name}.json.gz", "probes": hashes}


def table() -> dict[str, dict[str, Any]]:
    """All rows, smaller networks first: of several networks that share a beginning, the smallest names it."""
    forms = json.loads((HERE / "forms" / "index.json").read_text(encoding="utf-8"))
    graphs = {name: backbone_graph(name) for name in backbone_names()}
    for key, form in forms.items():
        graph = unpack(json.loads(gzip.decompress((HERE / form["file"]).read_bytes())))
        graphs[key] = graph
    for key, graph in list(graphs.items()):
        if any(node.op == "BatchNormalization" for node in leaves(graph)):
            rest = forms.get(key, {"name": key, "file": f"{key}.json.gz"})
            form = ", ".join(word for word in (rest.get("form"), "batch norm folded") if word)
            for kind in ("biased", "unbiased"):
                forms[f"{key}.{kind}"] = {**rest, "form": form, "folded": kind}
                graphs[f"{key}.{kind}"] = with_norms_folded(graph, biased=kind == "biased")
    size = {key: sum(layer.params or 0 for layer in layers_of(leaves(graph)).values()) for key, graph in graphs.items()}
    order = sorted(graphs, key=lambda key: ("form" in forms.get(key, ()), len(graphs[key]), size[key], key))
    return {key: row(key, graphs[key]) | forms.get(key, {}) for key in order}


def main() -> None:
    """Write the table, one network a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table().items()]
    (HERE / "probes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
