"""``.pt2``, what ``torch.export.save`` writes: a zip whose JSON has the whole program. Nothing is run or unpickled.

The schema is torch/_export/serde/schema.yaml; only the members that a picture needs are looked at, so that files of
several versions are read.
"""

from __future__ import annotations

import json
import zipfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from blockviz.errors import ModelError, quoted
from blockviz.frontends.archives import member_bytes, open_archive
from blockviz.frontends.torch.program import Body, Given, MaybeShape, Modules, Operation, Program, Ref, Stored
from blockviz.runtime.limits import check_objects

_DTYPES = {1: "uint8", 2: "int8", 3: "int16", 4: "int32", 5: "int64", 6: "float16", 7: "float32", 8: "float64",
           12: "bool", 13: "bfloat16"}  # fmt: skip


def is_program(path: Path) -> bool:
    """Whether a zip archive holds an exported program."""
    try:
        with open_archive(path) as archive:
            return _member(archive.namelist()) is not None
    except ModelError:
        return False


def _member(names: list[str]) -> str | None:
    """The JSON of the program: of today's layout (``…/models/NAME.json``), or of the one before PyTorch 2.8."""
    for name in sorted(names):
        parts = name.split("/")
        if parts[-1] == "serialized_exported_program.json" or (parts[-2:-1] == ["models"] and name.endswith(".json")):
            return name
    return None


def read_program(path: Path) -> Program:
    """The program in an archive.

    Raises
    ------
    ModelError : it is damaged, or holds no program.
    """
    try:
        with open_archive(path) as archive:
            names = archive.namelist()
            member = _member(names)
            if member is None:
                raise ModelError(f"{quoted(str(path))} is an archive without an exported program; {REMEDY}")
            data = _json(archive, member, str(path))
            stored = next((name for name in names if name.endswith("_weights_config.json")), None)
            weights = _json(archive, stored, str(path)) if stored else {}
    except RecursionError:
        raise ModelError(f"{quoted(str(path))} is nested too deeply to be a program; {REMEDY}") from None
    try:
        return _Reading(data, _storages(weights)).program(path.stem)
    except (LookupError, TypeError, ValueError, AttributeError, StopIteration, RecursionError) as error:
        told = f"{type(error).__name__}: {str(error)[:200]}"
        raise ModelError(f"{quoted(str(path))} is no program that can be read ({told}); {REMEDY}") from None


REMEDY = "write it with torch.export.save(torch.export.export(module.eval(), (example,)), 'model.pt2')"


def _json(archive: zipfile.ZipFile, member: str, source: str) -> Any:
    data = member_bytes(archive, member, source)
    check_objects(data, f"{member} in {quoted(source)} has")
    return json.loads(data)


def _storages(config: Any) -> dict[str, str]:
    """Weight → the member that holds it: tied weights lie in one."""
    rows = config.get("config", config) if isinstance(config, dict) else {}
    return {
        name: f"{row['path_name']}@{row.get('tensor_meta', {}).get('storage_offset', {}).get('as_int', 0)}"
        for name, row in rows.items()
        if isinstance(row, dict) and "path_name" in row
    }


class _Reading:
    """Reads one program; the schema wraps each value in an object that tells its kind (``{"as_int": 3}``)."""

    def __init__(self, data: Mapping[str, Any], storages: Mapping[str, str]) -> None:
        module = data["graph_module"]
        self.graph, self.signature, self.storages = module["graph"], module["signature"], storages
        self.tensors = self.graph["tensor_values"]

    def program(self, name: str) -> Program:
        stored: dict[str, Stored] = {}
        given: list[Given] = []
        for spec in self.signature["input_specs"]:
            ((kind, body),) = spec.items()
            held = body.get("arg")  # a constant among the arguments (``use_cache=False``) has a value instead
            argument = held.get("arg", held) if isinstance(held, dict) else {}
            argument = argument.get("as_tensor", argument)
            node = str(argument.get("name")) if isinstance(argument, dict) else ""
            if node not in self.tensors:
                continue
            if kind == "user_input":
                given.append(Given(node, self.shape(node), _DTYPES.get(self.tensors[node].get("dtype"))))
            else:
                target = body.get("parameter_name", body.get("buffer_name", body.get("tensor_constant_name", node)))
                trained = bool(self.tensors[node].get("requires_grad", True))
                shape = tuple(n or 0 for n in self.shape(node) or ())
                stored[node] = Stored(shape, kind == "parameter", trained, self.storages.get(target, target), target)
        operations = tuple(self.operation(node, place) for place, node in enumerate(self.graph["nodes"]))
        outputs = [one["name"] for value in self.results() for one in _tensors(value)]
        batches = {row.shape[0] for row in given if row.shape}
        batch = batches.pop() if len(batches) == 1 else 1
        return Program(name, tuple(given), stored, operations, tuple(outputs), batch or 1)

    def results(self) -> list[Any]:
        """What the program gives the user; changes of buffers are left aside."""
        specs = self.signature.get("output_specs", [])
        kept = [next(iter(spec)) == "user_output" for spec in specs]
        outputs = self.graph["outputs"]
        if len(kept) != len(outputs):
            return list(outputs)
        return [value for value, keep in zip(outputs, kept, strict=True) if keep]

    def shape(self, name: str) -> MaybeShape:
        """Sizes of a tensor; one that is a symbol is open, unless the example that it was traced with is told."""
        row = self.tensors.get(name)
        return None if row is None else tuple(_size(size) for size in row["sizes"])

    def operation(self, node: Mapping[str, Any], place: int) -> Operation:
        given = {arg["name"] or str(number): arg["arg"] for number, arg in enumerate(node["inputs"])}
        bodies = tuple(self.body(arg["as_graph"]["graph"]) for arg in given.values() if "as_graph" in arg)
        args = {key: self.value(arg) for key, arg in given.items() if "as_graph" not in arg}
        results = [one["name"] for value in node["outputs"] for one in _tensors(value)]
        several = len(node["outputs"]) != 1 or "as_tensor" not in node["outputs"][0]
        name = node.get("name") or (results[0] if results else f"node_{place}")
        parts = node["target"].split(".")
        op = parts[-2] if node["target"].startswith("torch.ops.") and len(parts) > 3 else parts[-1]
        op = parts[-1] if op == "higher_order" else op
        shapes = tuple(self.shape(result) for result in results)
        modules = _modules((node.get("metadata") or {}).get("nn_module_stack") or "")
        return Operation(results[0] if results and not several else name, op, args, shapes, several, modules,
                         tuple(results) if several else (), bodies)  # fmt: skip

    def body(self, graph: Mapping[str, Any]) -> Body:
        """What a branch or loop runs: its names, and the shapes of its tensors, are its own."""
        outer, self.tensors = self.tensors, graph["tensor_values"]
        inputs = tuple(one["name"] for value in graph["inputs"] for one in _tensors(value))
        operations = tuple(self.operation(node, place) for place, node in enumerate(graph["nodes"]))
        outputs = tuple(Ref(one["name"]) for value in graph["outputs"] for one in _tensors(value))
        self.tensors = outer
        return Body(inputs, operations, outputs)

    def value(self, argument: Mapping[str, Any]) -> Any:
        ((kind, held),) = argument.items()
        if kind == "as_tensor":
            return Ref(held["name"])
        if kind in ("as_tensors", "as_nested_tensors"):
            return [Ref(one["name"]) if isinstance(one, dict) else [Ref(two["name"]) for two in one] for one in held]
        if kind == "as_optional_tensor":
            return self.value(held) if isinstance(held, dict) else None
        if kind == "as_optional_tensors":
            return [self.value(one) for one in held]
        if kind == "as_none":
            return None
        if kind in ("as_sym_int", "as_sym_float", "as_sym_bool"):
            return next((held[key] for key in ("as_int", "as_float", "as_bool") if key in held), None)
        if kind in ("as_sym_ints", "as_sym_floats"):
            return [one.get("as_int", one.get("as_float")) for one in held]
        return held


def _size(size: Mapping[str, Any]) -> int | None:
    found = size.get("as_int")
    if found is None:
        found = ((size.get("as_expr") or {}).get("hint") or {}).get("as_int")
    return found if isinstance(found, int) else None


def _tensors(value: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    if "as_tensor" in value:
        return [value["as_tensor"]]
    if "as_tensors" in value:
        return list(value["as_tensors"])
    if "as_optional_tensors" in value:
        return [one["as_tensor"] for one in value["as_optional_tensors"] if "as_tensor" in one]
    return []


def _modules(text: str) -> Modules:
    """``key,path,class;…`` as (path, class), outermost first."""
    rows = [row.split(",", 2) for row in text.split(";") if row.count(",") >= 2]
    return tuple((path, kind) for _, path, kind in rows if path)
