"""From a PyTorch program to a draft: each operator in turn, what doesn't depend on the inputs left aside."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from math import prod
from typing import Any

from blockviz.errors import ModelError
from blockviz.frontends.torch import elementwise, layers, rearrange
from blockviz.frontends.torch.program import Body, Modules, Operation, Program, Ref
from blockviz.frontends.torch.state import Constant, Step, flat
from blockviz.ops.builder import Builder, Origin
from blockviz.ops.drafts import Tensor, Weight

_AGAIN = re.compile(r"@\d+$")


class Reader:
    """Reads one program into a builder."""

    def __init__(self, program: Program, builder: Builder) -> None:
        self.program, self.builder = program, builder
        self.held: dict[str, Any] = {}
        self.around: Modules = ()
        self.paths: Counter[str] = Counter()

    def read(self) -> None:
        """Read the program.

        Raises
        ------
        ModelError : nothing of what it gives depends on its inputs.
        """
        for given in self.program.inputs:
            self.held[given.name] = self.builder.input(given.name, given.shape, given.dtype)
        for name, stored in self.program.stored.items():
            owned: tuple[str, ...] = ()
            if stored.is_parameter:
                elements = prod(n or 0 for n in stored.shape)
                self.builder.weight(name, Weight(elements, stored.trained, stored.storage or name))
                owned = (name,)
            self.held[name] = Constant(stored.shape, owned)
        for operation in self.program.operations:
            try:
                self._operation(operation)
            except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError, RecursionError) as error:
                if isinstance(error, ModelError):
                    raise
                told = f"{type(error).__name__}: {error}"
                raise ModelError(f"its call {operation.name!r} ({operation.op}) can't be read ({told})") from None
        outputs = [self.held.get(name) for name in self.program.outputs]
        self.builder.draft.outputs = list(dict.fromkeys(t for t in flat(outputs) if isinstance(t, Tensor)))
        if not self.builder.draft.outputs:
            raise ModelError("nothing of what the module gives depends on its inputs")

    def _operation(self, operation: Operation) -> None:
        args = {key: self._resolved(value) for key, value in operation.args.items()}
        found = self._result(operation, args)
        if operation.op.endswith("_") and not operation.op.startswith("__") and isinstance(found, Tensor):
            target = next(iter(operation.args.values()), None)
            if isinstance(target, Ref):  # changed in place: later readers see the change
                self.held[target.name] = found
        self.held[operation.name] = found
        if operation.parts:
            parts = found if isinstance(found, list) else [found] * len(operation.parts)
            self.held.update(zip(operation.parts, parts, strict=False))

    def _resolved(self, value: Any) -> Any:
        if isinstance(value, Ref):
            if value.name not in self.held:
                raise ModelError(f"its program reads {value.name!r}, which nothing gives")
            return self.held[value.name]
        return [self._resolved(one) for one in value] if isinstance(value, list | tuple) else value

    def _result(self, operation: Operation, args: dict[str, Any]) -> Any:
        op = plain(operation.op)
        values = list(args.values())
        if op == "getitem":
            source, place = values[0], values[1]
            if isinstance(source, list) and isinstance(place, int):
                return source[place] if place < len(source) else Constant(None)
            return source
        if op == "tuple":
            return values[0]
        if operation.bodies and op in _CONTROL:
            return self._control(operation, op, values)
        if op.startswith("new_") or op.endswith("_like") or op in _MADE:
            return Constant(operation.shapes[0] if operation.shapes else None)
        if op in _PASSED or "dropout" in op:
            return next((held for held in flat(values) if isinstance(held, Tensor | Constant)), None)
        if not any(isinstance(held, Tensor) for held in flat(values)):
            data = values[0] if values else None
            if op not in _HEAVY or not isinstance(data, Constant) or not data.weights:
                return self._constant(operation, values)
            args = {**args, next(iter(args)): self._learned(operation, data)}
        return self._step(operation, op, args)

    def _constant(self, operation: Operation, values: list[Any]) -> Any:
        owned = dict.fromkeys(name for held in flat(values) if isinstance(held, Constant) for name in held.weights)
        found = [Constant(shape, tuple(owned)) for shape in operation.shapes or (None,)]
        return found if operation.several else found[0]

    def _learned(self, operation: Operation, held: Constant) -> Tensor:
        """Weights that a layer reads as its data (the queries that DETR learns)."""
        name, within = self.place_of(operation)
        step = Step(operation, {}, f"{name}/weights", within, self.builder)
        return self.builder.parameter(step.origin(held), held.shape)

    def _control(self, operation: Operation, op: str, values: list[Any]) -> Any:
        """A branch or a loop: its bodies, each once, within a path of its own, and the call that joins them.

        Which way is taken, and how often a body is run, nobody knows.
        """
        kind, given = _CONTROL[op], list(flat(values))
        asked = given[:1] if kind == "If" else []
        bodies = operation.bodies if kind == "If" else operation.bodies[1:]
        name, within = self.place_of(operation)
        name = "/".join([*name.split("/")[:-1], op])
        self.paths[name] += 1
        path = name if self.paths[name] == 1 else f"{name}_{self.paths[name]}"
        start = len(self.builder.draft.calls)
        found = [self._body(body, given[len(asked) :], (*within, (path, kind))) for body in bodies]
        self.builder.draft.repeat(self.builder.draft.calls[start:], None)
        tensors = list(dict.fromkeys(held for held in (*asked, *flat(found)) if isinstance(held, Tensor)))
        if not tensors:
            return self._constant(operation, values)
        origin = Origin(path, (), (*within, (path, kind)))
        given = list(self.builder.control(origin, kind, tensors, operation.shapes or [None], None))
        return given if operation.several else given[0]

    def _body(self, body: Body, given: Sequence[Any], around: Modules) -> list[Any]:
        outer = self.held, self.around
        self.held, self.around = dict(zip(body.inputs, given, strict=False)), around
        for operation in body.operations:
            self._operation(operation)
        found = [self._resolved(one) for one in body.outputs]
        self.held, self.around = outer
        return found

    def place_of(self, operation: Operation) -> tuple[str, Modules]:
        """A call's name, and the modules and bodies around it."""
        name, within = place_of(operation)
        return (f"{self.around[-1][0]}/{name}", (*self.around, *within)) if self.around else (name, within)

    def _step(self, operation: Operation, op: str, args: dict[str, Any]) -> Any:
        name, within = self.place_of(operation)
        renamed = Operation(operation.name, op, operation.args, operation.shapes, operation.several)
        step = Step(renamed, args, name, within, self.builder)
        read = READERS.get(op)
        if read is not None:
            return read(step)
        found = self.builder.unknown(step.origin(), op, step.tensors, operation.shapes or [None], "torch")
        return list(found) if operation.several else found[0]


def plain(op: str) -> str:
    """An operator's name without the mark of one that works in place."""
    return op if op.startswith("__") else op.rstrip("_")


def place_of(operation: Operation) -> tuple[str, Modules]:
    """A call's name and the modules around it: a module of PyTorch's own gives the name, the others are around."""
    modules = [(_AGAIN.sub("", path), kind) for path, kind in operation.modules]
    name = operation.name
    kind = modules[-1][1] if modules else ""
    if kind.startswith("torch.nn.modules.") and ".container." not in kind and not kind.endswith("MultiheadAttention"):
        return _path(modules.pop()[0]), _around(modules)
    if modules:
        name = f"{modules[-1][0]}.{operation.name}"
    return _path(name), _around(modules)


def _path(path: str) -> str:
    return path.replace(".", "/")


def _around(modules: list[tuple[str, str]]) -> Modules:
    return tuple((_path(path), kind.rpartition(".")[2]) for path, kind in modules if path)


#: Operators with bodies, and what joins these.
_CONTROL = {"cond": "If", "while_loop": "Loop"}
# What is made of shapes and numbers alone; what hands its tensor on as it is in evaluation.
_MADE_WORDS = """arange zeros ones full empty eye linspace scalar_tensor sym_size sym_numel rand randn tril_indices
    triu_indices full_like"""
_MADE = frozenset(_MADE_WORDS.split())
_PASSED_WORDS = """contiguous clone to _to_copy alias detach lift_fresh_copy type_as lift_fresh requires_grad float
    bernoulli _assert_tensor_metadata _assert_scalar identity conj resolve_conj resolve_neg positive
    real"""
_PASSED = frozenset(_PASSED_WORDS.split())
_HEAVY_WORDS = """linear addmm conv1d conv2d conv3d matmul mm bmm layer_norm rms_norm group_norm
    scaled_dot_product_attention lstm gru rnn_tanh einsum"""
_HEAVY = frozenset(_HEAVY_WORDS.split())

READERS: dict[str, Callable[[Step], Any]] = {
    **elementwise.READERS,
    **rearrange.READERS,
    **dict.fromkeys(
        ("conv1d", "conv2d", "conv3d", "conv_transpose1d", "conv_transpose2d", "conv_transpose3d", "convolution"),
        layers.conv,
    ),
    "linear": layers.linear,
    "addmm": layers.addmm,
    **dict.fromkeys(("matmul", "mm", "bmm", "__matmul__"), layers.matmul),
    "baddbmm": layers.baddbmm,
    **dict.fromkeys(("_grouped_mm", "grouped_mm", "grouped_mm_fallback"), layers.grouped_matmul),
    "embedding": layers.embedding,
    **dict.fromkeys(("batch_norm", "_native_batch_norm_legit_no_training", "native_batch_norm"), layers.norm("batch")),
    **dict.fromkeys(("layer_norm", "native_layer_norm"), layers.norm("layer")),
    **dict.fromkeys(("group_norm", "native_group_norm"), layers.norm("group")),
    "instance_norm": layers.norm("instance"),
    "rms_norm": layers.norm("rms"),
    "prelu": layers.prelu,
    **dict.fromkeys(
        [f"{kind}_pool{n}d{tail}" for kind in ("max", "avg") for n in (1, 2, 3) for tail in ("", "_with_indices")],
        layers.pool,
    ),
    **dict.fromkeys([f"adaptive_{kind}_pool{n}d" for kind in ("max", "avg") for n in (1, 2, 3)], layers.adaptive_pool),
    "scaled_dot_product_attention": layers.attention,
    "lstm": layers.recurrent("LSTM"),
    "gru": layers.recurrent("GRU"),
    "rnn_tanh": layers.recurrent("SimpleRNN"),
    "rnn_relu": layers.recurrent("SimpleRNN"),
    "einsum": layers.einsum,
}
