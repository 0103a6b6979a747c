"""PyTorch modules in memory, through ``torch.export``: traced with fake tensors, so nothing is computed.

The module is the user's: its training flags are as before when the reading is over, and no weight is read or changed.
"""

from __future__ import annotations

import inspect
import warnings
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from blockviz.errors import ModelError
from blockviz.frontends.torch.program import Body, Given, MaybeShape, Modules, Operation, Program, Ref, Stored


def export(module: Any, args: Sequence[Any], kwargs: Mapping[str, Any], name: str) -> Program:
    """The program of a module, called with example tensors (on the meta device if the module is there).

    Raises
    ------
    ModelError : PyTorch can't trace it: what its ``forward`` does depends on values, or fails.
    """
    import torch

    if "use_cache" in inspect.signature(module.forward).parameters:  # its cache is no output of its layers
        kwargs = {"use_cache": False, **kwargs}
    with _evaluating(module), torch.no_grad(), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            exported = torch.export.export(module, tuple(args), dict(kwargs), strict=False)
        except Exception as error:  # whatever the user's code or the tracer raises
            lines = str(error).strip().splitlines() or [""]
            whole = [isinstance(one, torch.Tensor) and one.is_floating_point() for one in (*args, *kwargs.values())]
            hint = "; token numbers are whole: --input 1x128:int64" if any(whole) and _wants_integers(lines[0]) else ""
            raise ModelError(
                f"torch.export can't trace {type(module).__name__}: {type(error).__name__}: {lines[0][:300]}{hint}"
            ) from error
    return _Reading(exported, module).program(name)


def _wants_integers(message: str) -> bool:
    return any(word in message for word in ("Long", "indices", "embedding"))


@contextmanager
def _evaluating(module: Any) -> Iterator[None]:
    """Evaluation mode, for a while."""
    flags = [(one, one.training) for one in module.modules()]
    try:
        module.eval()
        yield
    finally:
        for one, flag in flags:
            one.training = flag


class _Reading:
    """Reads an ``ExportedProgram``."""

    def __init__(self, exported: Any, module: Any) -> None:
        self.exported, self.signature = exported, exported.graph_signature
        self.storages = {
            name: next(iter(names))
            for names in _tied(module)
            for name in names
        }  # fmt: skip
        self.trained = {name: p.requires_grad for name, p in module.named_parameters(remove_duplicate=False)}
        self.operations: list[Operation] = []
        self.alias: dict[str, Any] = {}

    def program(self, name: str) -> Program:
        parameters = self.signature.inputs_to_parameters
        others = {**self.signature.inputs_to_buffers, **self.signature.inputs_to_lifted_tensor_constants}
        stored, given = {}, []
        outputs: list[str] = []
        for node in self.exported.graph.nodes:
            if node.op == "placeholder":
                target = parameters.get(node.name, others.get(node.name))
                value = node.meta.get("val")
                if target is not None:
                    shape = tuple(n or 0 for n in _shape(value) or ())
                    trained, storage = self.trained.get(target, True), self.storages.get(target, target)
                    stored[node.name] = Stored(shape, node.name in parameters, trained, storage, target)
                elif hasattr(value, "shape"):
                    given.append(Given(node.name, _shape(value), str(value.dtype).removeprefix("torch.")))
            elif node.op == "output":
                outputs = [ref.name for ref in _refs(self.value(node.args))]
            else:
                self.call(node, ())
        results = set(self.signature.user_outputs)
        kept = [one for one in outputs if one in results] or outputs
        batches = {row.shape[0] for row in given if row.shape}
        return Program(name, tuple(given), stored, tuple(self.operations), tuple(kept),
                       (batches.pop() if len(batches) == 1 else 1) or 1)  # fmt: skip

    def call(self, node: Any, outer: Modules) -> None:
        """Add a node; what is wrapped only to switch gradients or precision is unwrapped."""
        if node.op == "get_attr":
            if _body(node, node) is None:  # a tensor that the trace has made
                self.operations.append(Operation(node.name, "empty", {}, (_shape(node.meta.get("val")),)))
            return
        modules = outer + _modules(node)
        inner = next((arg for arg in node.args if getattr(arg, "op", "") == "get_attr" and _body(node, arg)), None)
        branches = _operator(node.target) in ("cond", "while_loop")
        if inner is not None and not branches:
            self.unwrap(node, _body(node, inner), node.args[node.args.index(inner) + 1 :], modules)
            return
        value = node.meta.get("val")
        several = isinstance(value, list | tuple)
        shapes = tuple(_shape(one) for one in value) if several else (_shape(value),)
        bodies = [arg for arg in node.args if branches and getattr(arg, "op", "") == "get_attr" and _body(node, arg)]
        names = {arg.name for arg in bodies}
        named = {key: one for key, one in self.named(node).items() if not (isinstance(one, Ref) and one.name in names)}
        ran = tuple(self.body(_body(node, arg)) for arg in bodies)
        op = _operator(node.target)
        self.operations.append(Operation(node.name, op, named, shapes, several, modules, (), ran))

    def body(self, module: Any) -> Body:
        """What a branch or loop runs: its names are its own."""
        outer, self.operations, self.alias = (self.operations, self.alias), [], {}
        inputs, outputs = [], []
        for node in module.graph.nodes:
            if node.op == "placeholder":
                inputs.append(node.name)
            elif node.op == "output":
                outputs = self.value(node.args[0])
            else:
                self.call(node, ())
        given = tuple(outputs) if isinstance(outputs, list) else (outputs,)
        found = Body(tuple(inputs), tuple(self.operations), given)
        self.operations, self.alias = outer
        return found

    def unwrap(self, node: Any, body: Any, args: Sequence[Any], modules: Modules) -> None:
        places = iter(args)
        for one in body.graph.nodes:
            if one.op == "placeholder":
                self.alias[one.name] = self.value(next(places, None))
            elif one.op == "output":
                found = self.value(one.args[0])
                self.operations.append(Operation(node.name, "tuple", {"0": found}, (), True, modules))
            else:
                prefixed = f"{node.name}.{one.name}"
                self.alias[one.name] = Ref(prefixed)
                self.call(one, modules)
                if self.operations and self.operations[-1].name == one.name:
                    last = self.operations.pop()
                    self.operations.append(
                        Operation(prefixed, last.op, last.args, last.shapes, last.several, last.modules)
                    )

    def named(self, node: Any) -> dict[str, Any]:
        """A node's arguments by the names of its operator's schema."""
        schema = getattr(node.target, "_schema", None)
        names = [argument.name for argument in schema.arguments] if schema is not None else []
        found = {names[i] if i < len(names) else str(i): self.value(arg) for i, arg in enumerate(node.args)}
        return found | {key: self.value(arg) for key, arg in node.kwargs.items()}

    def value(self, argument: Any) -> Any:
        if isinstance(argument, list | tuple):
            return [self.value(one) for one in argument]
        if isinstance(argument, dict):
            return [self.value(one) for one in argument.values()]
        if hasattr(argument, "op") and hasattr(argument, "meta"):
            return self.alias.get(argument.name, Ref(argument.name))
        return argument if isinstance(argument, bool | int | float | str) or argument is None else str(argument)


def _refs(value: Any) -> Iterator[Ref]:
    if isinstance(value, Ref):
        yield value
    elif isinstance(value, list | tuple):
        for one in value:
            yield from _refs(one)


def _tied(module: Any) -> list[list[str]]:
    """Names of the parameters that are one tensor."""
    names: dict[int, list[str]] = {}
    for name, parameter in module.named_parameters(remove_duplicate=False):
        names.setdefault(id(parameter), []).append(name)
    return list(names.values())


def _body(node: Any, attribute: Any) -> Any:
    """The graph module that an argument names, None if it is a tensor."""
    found = getattr(node.graph.owning_module, str(attribute.target), None)
    return found if hasattr(found, "graph") else None


def _operator(target: Any) -> str:
    packet = getattr(target, "overloadpacket", None)
    return str(getattr(packet if packet is not None else target, "__name__", target))


def _shape(value: Any) -> MaybeShape:
    if not hasattr(value, "shape"):
        return () if isinstance(value, int | float | bool) else None
    return tuple(size if isinstance(size, int) else None for size in value.shape)


def _modules(node: Any) -> Modules:
    stack = node.meta.get("nn_module_stack") or {}
    rows = []
    for path, kind in stack.values():
        for prefix in ("L['self'].", "L['self']", "L__self__."):
            path = path.removeprefix(prefix)
        name = kind if isinstance(kind, str) else f"{kind.__module__}.{kind.__qualname__}"
        if path and path != "L__self__":
            rows.append((path, name))
    return tuple(rows)
