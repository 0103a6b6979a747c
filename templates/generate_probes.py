"""Write `templates/backbones/probes.json`: a few hashes per network, to find likely ones fast.

    python templates/generate_probes.py

Reads the graphs of the catalogue; needs no Keras. Run it after `generate_backbones.py`, and after
any change to what counts as structure (`blockviz/match.py`).
"""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from blockviz.catalogue import backbone_graph, backbone_names
from blockviz.fingerprints import known_network, probes
from blockviz.ir import LayerGraph

HERE = Path(__file__).parent / "backbones"


def row(name: str, graph: LayerGraph) -> dict[str, Any]:
    """What `probes.json` says of one network."""
    hashes = [f"{probe:016x}" for probe in probes(known_network(name, graph))]
    return {"name": name, "file": f"{name}.json.gz", "probes": hashes}


def table() -> dict[str, dict[str, Any]]:
    """All rows, smaller networks first: of several networks that share a beginning, the smallest names it."""
    rows = [(len(graph := backbone_graph(name)), name, row(name, graph)) for name in backbone_names()]
    return {name: found for _, name, found in sorted(rows, key=lambda item: item[:2])}


def main() -> None:
    """Write the table, one network a line."""
    lines = [f"{json.dumps(key)}: {json.dumps(value)}" for key, value in table().items()]
    (HERE / "probes.json").write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
