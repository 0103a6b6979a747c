"""Write `templates/backbones/forms/`: networks with a width multiplier, in every shape their layers take.

    python templates/generate_forms.py [NAME …]
    python templates/generate_probes.py

Needs TensorFlow and Keras. A width multiplier changes more than widths: a shortcut exists only
where input and output are equally wide. So each network is built at many multipliers, one graph is
kept per distinct structure, and a rule per layer is fitted to the widths (`blockviz/backbones/width_multiplier.py`) and
checked against every build. An input size left open changes the structure of some networks, too:
where a constructor compares sizes, None equals None.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from blockviz.backbones.catalogue import backbone_graph, backbone_names
from blockviz.backbones.reference_network import ReferenceNetwork, known_network
from blockviz.backbones.width_multiplier import Rule, multiplied, related
from blockviz.frontends.keras.live import read_live
from blockviz.ir import LayerGraph, Node
from blockviz.ir.packed_json import pack

HERE = Path(__file__).parent / "backbones"
ALPHAS = (0.1, 0.2, 0.25, 0.3, 0.35, 0.4, 0.5, 0.6, 0.75, 0.9, 1.0, 1.1, 1.25, 1.3, 1.4, 1.5, 2.0)
FORMS: Mapping[str | None, Mapping[str, Any]] = {None: {}, "minimalistic": {"minimalistic": True}}
_SQUEEZE = 0.25


class Sample:
    """A network built at one multiplier: for each layer that decides on a width, its name, width and input channels."""

    def __init__(self, name: str, alpha: float, graph: LayerGraph) -> None:
        self.alpha, self.graph = alpha, graph
        self.known: ReferenceNetwork = known_network(name, graph)
        steps = list(self.known.wide)
        view = self.known.view
        self.names = [view.names[step] for step in steps]
        self.widths = [view.widths[step] for step in steps]
        self.channels = [_channels(view.items[step]) for step in steps]
        self.multiplies = ["Depthwise" in getattr(view.items[step], "op", "") for step in steps]

    @property
    def structure(self) -> tuple[int, ...]:
        """Equal for two builds that differ in widths alone."""
        return tuple(self.known.pattern.hashes.values())


def _channels(item: Any) -> int | None:
    return item.inputs[0][-1] if isinstance(item, Node) and item.inputs else None


def samples(name: str, options: Mapping[str, Any]) -> list[Sample]:
    """The network at every multiplier; none if its constructor does not know the options."""
    import keras

    found = []
    for alpha in ALPHAS:
        keras.backend.clear_session()
        try:
            model = getattr(keras.applications, name)(weights=None, alpha=alpha, **options)
        except TypeError:
            return []
        found.append(Sample(name, alpha, read_live(model)))
    return found


def fitted(group: Sequence[Sample], base: Sample) -> list[Rule]:
    """A rule per layer that every build of the group obeys, made from the widths at multiplier 1."""
    at_one = {name: (width, c) for name, width, c in zip(base.names, base.widths, base.channels, strict=True)}
    rules = []
    for number, name in enumerate(group[0].names):
        rule = next((rule for rule in _candidates(group, number, at_one[name]) if _holds(rule, group, number)), None)
        if rule is None:
            raise ValueError(f"no rule fits the width of {name}: {[sample.widths[number] for sample in group]}")
        rules.append(rule)
    return rules


def _candidates(group: Sequence[Sample], number: int, at_one: tuple[int | None, int | None]) -> Iterator[Rule]:
    width, channels = at_one
    if group[0].multiplies[number]:
        yield ("f", 0)
    assert width is not None
    yield ("c", width)
    if channels and width > channels:
        yield ("y", width / channels)
    yield from ((kind, width) for kind in "deim")
    yield ("y", _SQUEEZE)
    yield from (("s", earlier) for earlier in range(number))


def _holds(rule: Rule, group: Sequence[Sample], number: int) -> bool:
    if rule[0] == "f":
        return True
    for sample in group:
        width = multiplied(rule, sample.alpha)
        if width is None:
            width = related(rule, sample.channels[number], sample.widths)
        if width != sample.widths[number]:
            return False
    return True


def shortcuts(sample: Sample) -> dict[str, tuple[str, str]]:
    """For each addition, the layers that decide on the widths of what it joins."""
    view = sample.known.view
    found: dict[str, tuple[str, str]] = {}
    for step in sample.known.pattern.hashes:
        if view.labels[step] == "Add":
            left, right = view.operands[step]
            found[view.names[step]] = (_decides(sample, left[0]), _decides(sample, right[0]))
    return found


def _decides(sample: Sample, step: int) -> str:
    while step not in sample.known.wide or sample.multiplies[sample.known.wide[step]]:
        step = sample.known.view.operands[step][0][0]
    return sample.known.view.names[step]


def apart(group: Sequence[Sample], built: Sequence[Sample]) -> list[list[int]]:
    """Pairs of layers whose widths differ in this structure: another has a shortcut from one to the other."""
    own = shortcuts(group[0])
    joined = {name: pair for sample in built for name, pair in shortcuts(sample).items() if name not in own}
    return [sorted(group[0].names.index(layer) for layer in pair) for pair in joined.values()]


def forms_of(name: str) -> Iterator[tuple[str, dict[str, Any], LayerGraph | None]]:
    """For each structure of a network: key, row of the index, graph to write (None: the catalogue has it)."""
    for form, options in FORMS.items():
        built = samples(name, options)
        groups: dict[tuple[int, ...], list[Sample]] = {}
        for sample in built:
            groups.setdefault(sample.structure, []).append(sample)
        base = next((sample for sample in built if sample.alpha == 1), None)
        for place, group in enumerate(sorted(groups.values(), key=lambda group: base not in group)):
            assert base is not None
            own = base in group and form is None
            key = ".".join([name, *([form] if form else []), *([str(place)] if place else [])])
            file = f"{name}.json.gz" if own else f"forms/{key}.json.gz"
            row: dict[str, Any] = {"name": name, "file": file, "rules": fitted(group, base)}
            if pairs := apart(group, built):
                row["apart"] = pairs
            yield key, row | ({"form": form} if form else {}), None if own else group[0].graph


def open_form(name: str) -> Iterator[tuple[str, dict[str, Any], LayerGraph | None]]:
    """The network's body for any input size, if its structure differs from the usual one."""
    import keras

    keras.backend.clear_session()
    network = getattr(keras.applications, name)
    graph = read_live(network(weights=None, include_top=False, input_shape=(None, None, 3)))
    usual, found = known_network(name, backbone_graph(name)), known_network(name, graph)
    if usual.pattern.hashes[usual.end] != found.pattern.hashes[found.end]:
        key = f"{name}.open"
        yield key, {"name": name, "file": f"forms/{key}.json.gz", "form": "any input size"}, graph


def main(names: Sequence[str]) -> None:
    """Write graphs and index of all forms (of the named networks only, if any is named)."""
    folder = HERE / "forms"
    folder.mkdir(exist_ok=True)
    path = folder / "index.json"
    rows = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    for name in names or backbone_names():
        rows = {key: row for key, row in rows.items() if row["name"] != name or "edition" in row}
        for key, row, graph in (*forms_of(name), *open_form(name)):
            rows[key] = row
            if graph is not None:
                text = json.dumps(pack(graph), separators=(",", ":"))
                (HERE / row["file"]).write_bytes(gzip.compress(text.encode(), 9, mtime=0))
            print(key, "".join(rule[0] for rule in row.get("rules", ())), flush=True)
    lines = [f"{json.dumps(key)}: {json.dumps(rows[key])}" for key in sorted(rows)]
    path.write_text("{\n" + ",\n".join(lines) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
