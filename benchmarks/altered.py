#!/usr/bin/env python3
"""How firmly blocks are found: the networks of the zoo, each altered in one way that makes its blocks no others.

    python benchmarks/altered.py [--only WAY …] [NAME …]

An alteration is made everywhere and in the truth, too: dropout behind every activation, another normalisation, one
copy more, a first copy that lacks a call, kernels of 5 in the later half of a stage. Only networks that are found
wholly as they stand are asked (best F1 and counts of 1). Each that is not found any more is printed with the lengths of
the found drawing and of the true one: where the true one is shorter, the search has missed it. Networks whose name has
an odd hash are only counted (see objective.py).
"""

from __future__ import annotations

import argparse
import copy
import gzip
import json
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from blockviz.errors import VerifyError
from blockviz.frontends import read_model
from blockviz.pipeline import DEFAULT_PASSES, run_passes, summarize
from blockviz.search.description_length import description_length
from blockviz.search.find_blocks import FindBlocks
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from objective import is_sealed, true_drawing
from score import Score, score
from score_blocks import TESTS, found_entries

Port = tuple[str, int, int]
_ACTIVATIONS = ("ReLU", "LeakyReLU", "ELU", "PReLU")
_SAID = ("softmax", "sigmoid", "linear")  # activations that make an output what it is, or nothing
_DROPOUT = {"rate": 0.1, "seed": None, "noise_shape": None}
_LONG = 3  # calls of a copy that may lack one
_AT = next(number for number, step in enumerate(DEFAULT_PASSES) if isinstance(step, FindBlocks))


class Altered:
    """A functional model as Keras writes it, and its truth, which change together."""

    def __init__(self, config: dict[str, Any], truth: dict[str, Any]) -> None:
        """Raises ValueError where the file is no functional model with one list of outputs."""
        if config["class_name"] != "Functional" or isinstance(config["config"]["output_layers"], dict):
            raise ValueError("no functional model with a list of outputs")
        self.config, self.truth, self.changed = copy.deepcopy(config), copy.deepcopy(truth), False
        self.layers: dict[str, dict[str, Any]] = {
            layer.get("name") or layer["config"]["name"]: layer for layer in self.config["config"]["layers"]
        }
        self.shared = {name for name, layer in self.layers.items() if len(layer.get("inbound_nodes") or []) > 1}

    def tensors(self, name: str) -> Iterator[dict[str, Any]]:
        """What a layer reads, each as the file has it."""
        yield from _tensors([[node.get("args"), node.get("kwargs")] for node in self.layers[name]["inbound_nodes"]])

    def sources(self, name: str) -> list[Port]:
        """(layer, call, output) of each tensor that a layer reads."""
        return [_port(tensor) for tensor in self.tensors(name)]

    def readers(self, name: str) -> list[str]:
        """The layers that read one."""
        return [other for other in self.layers if any(port[0] == name for port in self.sources(other))]

    def outputs(self) -> list[list[Any]]:
        """The outputs of the model."""
        found: list[Any] = self.config["config"]["output_layers"]
        return found if found and isinstance(found[0], list) else [found]

    def stages(self) -> list[dict[str, Any]]:
        """The scored stages of the paper's own reading, those with the shortest copies first."""
        scored = [
            s for s in self.truth["stages"] if not s.get("optional") and not s.get("loose") and len(s["layers"]) > 1
        ]
        return sorted(scored, key=lambda stage: len(stage["layers"][0]))

    def copies(self) -> Iterator[list[str]]:
        """The copies of all readings, as lists that may be changed."""
        for reading in (self.truth, *self.truth.get("alternatives", ())):
            for stage in reading["stages"]:
                yield from stage["layers"]

    def insert(self, after: str, op: str, config: dict[str, Any]) -> None:
        """Put a layer behind one, into the copies that hold that one."""
        read = [tensor for name in self.layers for tensor in self.tensors(name) if _port(tensor) == (after, 0, 0)]
        if after in self.shared or not read:
            return
        name, tensor = f"altered_{len(self.layers)}", copy.deepcopy(read[0])
        self._rewire(after, (name, 0, 0))
        config = {"name": name, "trainable": True, "dtype": "float32", **config}
        inbound = [{"args": [tensor], "kwargs": {}}]
        self.layers[name] = {"module": "keras.layers", "class_name": op, "config": config, "registered_name": None,
                             "name": name, "inbound_nodes": inbound}  # fmt: skip
        for found in self.copies():
            found += [name] if after in found else []
        self.changed = True

    def remove(self, name: str) -> None:
        """Take a layer out that reads one tensor."""
        sources = self.sources(name)
        if len(sources) != 1 or name in self.shared:
            return
        self._rewire(name, sources[0])
        del self.layers[name]
        for found in self.copies():
            found[:] = [other for other in found if other != name]
        self.changed = True

    def double(self, members: list[str]) -> None:
        """A copy once more behind itself, if it reads one tensor and gives one of the same shape."""
        inside = set(members)
        if not inside <= self.layers.keys():  # calls inside a nested model, which is one layer here
            return
        reads = {port for name in members for port in self.sources(name) if port[0] not in inside}
        gives = {
            name for name in members if set(self.readers(name)) - inside or any(o[0] == name for o in self.outputs())
        }
        if inside & self.shared or len(reads) != 1 or len(gives) != 1:
            return
        (source,), (last,) = reads, gives
        if self._shape(source) != self._shape((last, 0, 0)):
            return
        twins = {name: f"{name}_again" for name in members}
        layers = {twin: copy.deepcopy(self.layers[name]) for name, twin in twins.items()}
        self._rewire(last, (twins[last], 0, 0), without=inside)
        for twin, layer in layers.items():
            layer["name"] = layer["config"]["name"] = twin
            self.layers[twin] = layer
            for tensor in self.tensors(twin):
                history = tensor["config"]["keras_history"]
                history[:] = [last, 0, 0] if _port(tensor) == source else [twins[history[0]], *history[1:]]
        for reading in (self.truth, *self.truth.get("alternatives", ())):
            for stage in reading["stages"]:
                for found in list(stage["layers"]):
                    if inside >= set(found):
                        stage["layers"].append([twins[name] for name in found])
                    elif inside <= set(found):
                        found += twins.values()
        self.changed = True

    def finish(self) -> None:
        """Put the layers in an order in which each stands behind what it reads, and count the copies."""
        left, done = dict(self.layers), dict[str, dict[str, Any]]()
        while left:
            ready = [name for name in left if all(port[0] in done for port in self.sources(name))]
            done |= {name: left.pop(name) for name in ready}
        self.config["config"]["layers"] = list(done.values())
        for reading in (self.truth, *self.truth.get("alternatives", ())):
            for stage in reading["stages"]:
                stage["repeats"] = len(stage["layers"])

    def _rewire(self, old: str, new: Port, without: set[str] | frozenset[str] = frozenset()) -> None:
        for name in self.layers.keys() - without:
            for tensor in self.tensors(name):
                if tensor["config"]["keras_history"][0] == old:
                    tensor["config"]["keras_history"] = list(new)
        self.config["config"]["output_layers"] = [list(new) if one[0] == old else one for one in self.outputs()]

    def _shape(self, port: Port) -> Any:
        every = (tensor for name in self.layers for tensor in self.tensors(name))
        return next((tensor["config"].get("shape") for tensor in every if _port(tensor) == port), None)


def _tensors(value: Any) -> Iterator[dict[str, Any]]:
    if isinstance(value, dict) and "keras_history" in (value.get("config") or {}):
        yield value
    elif isinstance(value, dict | list | tuple):
        for inner in value.values() if isinstance(value, dict) else value:
            yield from _tensors(inner)


def _port(tensor: dict[str, Any]) -> Port:
    layer, call, output = tensor["config"]["keras_history"]
    return layer, call, output


def _acts(layer: dict[str, Any]) -> bool:
    own = layer["config"].get("activation")
    return layer["class_name"] in _ACTIVATIONS or (layer["class_name"] == "Activation" and own not in _SAID)


def dropout_behind_activations(model: Altered) -> None:
    inside = {name for found in model.copies() for name in found}
    for name in [name for name, layer in model.layers.items() if name in inside and _acts(layer)]:
        model.insert(name, "Dropout", _DROPOUT)


def dropout_before_sums(model: Altered) -> None:
    inside = {name for found in model.copies() for name in found}
    for name in [name for name, layer in model.layers.items() if name in inside and layer["class_name"] == "Add"]:
        branches = [source for source, *_ in reversed(model.sources(name)) if model.readers(source) == [name]]
        if branches and branches[0] in inside:
            model.insert(branches[0], "Dropout", _DROPOUT)


def other_norm(model: Altered) -> None:
    for layer in model.layers.values():
        if layer["class_name"] == "BatchNormalization":
            kept = {key: layer["config"][key] for key in ("name", "trainable", "dtype") if key in layer["config"]}
            layer["class_name"], layer["config"] = "LayerNormalization", {**kept, "axis": -1, "epsilon": 1e-5}
            model.changed = True


def no_norm(model: Altered) -> None:
    for name in [name for name, layer in model.layers.items() if layer["class_name"] == "BatchNormalization"]:
        model.remove(name)


def one_copy_more(model: Altered) -> None:
    for stage in model.stages():
        model.double(list(stage["layers"][-1]))


def inner_outputs(model: Altered) -> None:
    given = {one[0] for one in model.outputs()}
    for stage in model.stages():
        named = [(n, model.layers[n]["class_name"]) for n in stage["layers"][1] if n in model.layers]
        found = [n for n, kind in named if kind in ("BatchNormalization", "ReLU", "Add")]
        if found and (name := found[len(found) // 2]) not in given | model.shared:
            model.config["config"]["output_layers"] = [*model.outputs(), [name, 0, 0]]
            model.changed = True


def first_lacks(model: Altered) -> None:
    _lacks(model, 0)


def last_lacks(model: Altered) -> None:
    _lacks(model, -1)


def _lacks(model: Altered, place: int) -> None:
    """The first call of a first copy, the last one of a last copy, that normalises or activates is left out."""
    for stage in model.stages():
        members = set(stage["layers"][place])
        loose = [
            name
            for name, layer in model.layers.items()
            if name in members and (layer["class_name"] == "BatchNormalization" or _acts(layer))
        ]
        if loose and len(members) > _LONG:
            model.remove(loose[place])


def later_kernels(model: Altered) -> None:
    for stage in model.stages():
        for found in stage["layers"][len(stage["layers"]) // 2 :]:
            for config in (model.layers[name]["config"] for name in found):
                if config.get("padding") == "same" and max(config.get("kernel_size") or [0]) == 3:
                    config["kernel_size"] = [5 if size == 3 else size for size in config["kernel_size"]]
                    model.changed = True


WAYS: tuple[Callable[[Altered], None], ...] = (
    dropout_behind_activations, dropout_before_sums, other_norm, no_norm, one_copy_more, inner_outputs, first_lacks,
    last_lacks, later_kernels,
)  # fmt: skip


def scored(path: Path, truth: dict[str, Any]) -> Score | None:
    """The best reading of what is found in a file."""
    return score(truth, found_entries(summarize(str(path)).to_dict()))[1]


def lengths(path: Path, truth: dict[str, Any]) -> str:
    """How long the found drawing is, and the shortest true one."""
    graph, prices, interner = run_passes(read_model(str(path)), DEFAULT_PASSES[:_AT]), Prices(), Interner()
    true = list[float]()
    for reading in (truth, *truth.get("alternatives", ())):
        try:
            true.append(description_length(true_drawing(graph, reading["stages"]), prices, interner))
        except (VerifyError, KeyError):
            continue
    found = description_length(FindBlocks()(graph), prices, interner)
    return f"found {found:.1f}, true {min(true):.1f}" if true else f"found {found:.1f}"


def main() -> None:
    """Alter, find, score."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*", metavar="NAME")
    parser.add_argument("--only", nargs="+", choices=[way.__name__ for way in WAYS], metavar="WAY")
    options = parser.parse_args()
    truths = [
        path
        for path in sorted((TESTS / "papers_zoo").glob("*.json"))
        if not options.names or path.stem in options.names
    ]
    with tempfile.TemporaryDirectory() as folder:
        models: list[tuple[str, dict[str, Any], dict[str, Any]]] = []
        for path in truths:
            truth, file = json.loads(path.read_text(encoding="utf-8")), Path(folder, path.name)
            file.write_bytes(gzip.decompress((TESTS / "zoo_models" / f"{path.name}.gz").read_bytes()))
            found = scored(file, truth)
            if found is not None and found.f1 == found.count == 1:
                models.append((path.stem, json.loads(file.read_text(encoding="utf-8")), truth))
        for way in WAYS:
            if not options.only or way.__name__ in options.only:
                _report(way, models, Path(folder, "altered.json"))


def _report(
    way: Callable[[Altered], None], models: list[tuple[str, dict[str, Any], dict[str, Any]]], file: Path
) -> None:
    rows: list[tuple[bool, Score]] = []
    for name, config, truth in models:
        try:
            model = Altered(config, truth)
        except ValueError:
            continue
        way(model)
        if not model.changed:
            continue
        model.finish()
        file.write_text(json.dumps(model.config), encoding="utf-8")
        if (found := scored(file, model.truth)) is None:
            continue
        rows.append((is_sealed(name), found))
        if not is_sealed(name) and min(found.f1, found.count) < 1:
            print(f"  {name:20} F1 {found.f1:.2f} counts {found.count:.2f}; {lengths(file, model.truth)}", flush=True)
    for sealed in (False, True):
        half = [found for is_so, found in rows if is_so == sealed]
        if half:
            f1, counts = (sum(getattr(one, about) for one in half) / len(half) for about in ("f1", "count"))
            print(f"{way.__name__} ({'sealed' if sealed else 'tuned'}, {len(half)}): F1 {f1:.3f}, counts {counts:.3f}")


if __name__ == "__main__":
    main()
