"""Operators with bodies: functions that a file defines, branches and loops."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isfinite

import numpy as np

from blockviz.errors import ModelError
from blockviz.frontends.onnx.names import module_path
from blockviz.frontends.onnx.proto import Function, Graph, Node, Reference, Value
from blockviz.frontends.onnx.reader import Scope
from blockviz.frontends.onnx.state import Constant, Held, MaybeShape
from blockviz.ops.builder import Origin
from blockviz.ops.drafts import Tensor
from blockviz.runtime.records import replace

_DEEPEST = 32
_MOST_RUNS = 10**9


def call_function(scope: Scope, node: Node, function: Function) -> list[Held]:
    """The results of a function of the file: its nodes, within a module of its name."""
    inner = _inside(scope, node, function.name)
    inner.outer = None
    given = [scope.look_up(one) for one in node.inputs]
    for place, wanted in enumerate(function.inputs):
        inner.held[wanted] = (given[place] if place < len(given) else None) or Constant(())
    attributes = {**function.attributes, **node.attributes}
    inner.run([_filled_in(one, attributes) for one in function.nodes])
    return [inner.look_up(result) or Constant(None) for result in function.outputs]


def _filled_in(node: Node, attributes: dict[str, object]) -> Node:
    """A node of a function with the attributes of the call."""
    if not any(isinstance(held, Reference) for held in node.attributes.values()):
        return node
    given = node.attributes.items()
    taken = {key: attributes.get(held) if isinstance(held, Reference) else held for key, held in given}
    return replace(node, attributes={key: held for key, held in taken.items() if held is not None})


def control_flow(scope: Scope, node: Node) -> Sequence[Held]:
    """A branch or a loop: its bodies, each once, then the call that joins them, all within a path of its own."""
    if node.op == "If":
        return _branch(scope, node)
    body = node.attributes.get("body")
    if not isinstance(body, Graph):
        raise ModelError(f"its {node.op} has no body")
    return _loop(scope, node, body) if node.op == "Loop" else _scan(scope, node, body)


def _branch(scope: Scope, node: Node) -> Sequence[Held]:
    """Both ways, or the one that a constant chooses; which one is taken, and so what it costs, is not known."""
    found = [node.attributes.get(key) for key in ("then_branch", "else_branch")]
    bodies = [body for body in found if isinstance(body, Graph)]
    if len(bodies) < 2:
        raise ModelError("its If has no two branches")
    condition = scope.look_up(node.inputs[0])
    number = condition.number if isinstance(condition, Constant) else None
    if number is not None:
        chosen = bodies[0 if number else 1]
        return _results(_body(scope, _inside(scope, node), chosen, []), chosen)
    inner = _inside(scope, node, node.op)
    with _run(scope) as run:
        ways = [_results(_body(scope, inner, body, []), body) for body in bodies]
        run.times = None
    shapes = [_common(a.shape, b.shape) for a, b in zip(*ways, strict=True)]
    asked = [condition] if isinstance(condition, Tensor) else []
    return _joined(inner, node, [*asked, *(held for way in ways for held in way)], shapes, None)


def _loop(scope: Scope, node: Node, body: Graph) -> Sequence[Held]:
    """How often it is run is known where it has a number for it, and no condition that may end it before."""
    most, asked, *states = [*[scope.look_up(name) for name in node.inputs], None, None][: max(2, len(node.inputs))]
    asked = _TRUE if asked is None else asked
    inner = _inside(scope, node, node.op)
    with _run(scope) as run:
        found = _results(_body(scope, inner, body, [Constant(()), asked, *states]), body)
        endless = _number(asked) == _number(found[0]) == 1
        run.times = _runs(_number(most)) if endless and _are_steady(states, found[1:]) else None
    shapes = _after(found[1:], states, run.times, [0] * len(found))
    return _joined(inner, node, found[1:], shapes, run.times)


def _scan(scope: Scope, node: Node, body: Graph) -> Sequence[Held]:
    """It is run for each slice of what it goes through."""
    given = [scope.look_up(name) for name in node.inputs]
    count = len(given) - node.attributes.get("num_scan_inputs", 0)
    states, passed = given[:count], given[count:]
    axes = node.attributes.get("scan_input_axes") or [0] * len(passed)
    sizes = [held.shape[axis] for held, axis in zip(passed, axes, strict=True) if held is not None and held.shape]
    inner = _inside(scope, node, node.op)
    with _run(scope) as run:
        slices = [_slice_of(inner, held, axis) for held, axis in zip(passed, axes, strict=True)]
        found = _results(_body(scope, inner, body, [*states, *slices]), body)
        run.times = _runs(sizes[0]) if sizes and _are_steady(states, found) else None
    stacked = node.attributes.get("scan_output_axes") or [0] * len(found)
    return _joined(inner, node, found, _after(found, states, run.times, stacked), run.times)


_TRUE = Constant((), np.array(1.0))


class _Run:
    """How often what is called meanwhile is run for one run of what is around it; None where nobody knows."""

    times: int | None = 1


@contextmanager
def _run(scope: Scope) -> Iterator[_Run]:
    draft, run = scope.reader.builder.draft, _Run()
    start = len(draft.calls)
    yield run
    draft.repeat(draft.calls[start:], run.times)


def _number(held: Held | None) -> int | None:
    number = held.number if isinstance(held, Constant) else None
    return None if number is None or not isfinite(number) else int(number)


def _runs(count: int | None) -> int | None:
    """How often a body is run, of a number that a file gives: below none and past all use it says nothing."""
    return count if count is not None and 0 <= count <= _MOST_RUNS else None


def _are_steady(states: Sequence[Held | None], found: Sequence[Held]) -> bool:
    """Whether every state has the same shape after a run as before it: else no further run is like the first."""
    return all(held is None or held.shape == after.shape for held, after in zip(states, found, strict=False))


def _after(
    found: Sequence[Held], states: Sequence[Held | None], times: int | None, stacked: Sequence[int]
) -> list[MaybeShape]:
    """Shapes of what a loop gives: states as they are, then what is stacked along an axis, a slice from each run."""
    shapes: list[MaybeShape] = []
    for place, held in enumerate(found):
        if place < len(states):
            before = states[place]
            shapes.append(held.shape if before is None else _common(before.shape, held.shape))
        elif held.shape is None:
            shapes.append(None)
        else:
            axis = stacked[place - len(states)] % (len(held.shape) + 1)
            shapes.append((*held.shape[:axis], times, *held.shape[axis:]))
    return shapes


def _common(a: MaybeShape, b: MaybeShape) -> MaybeShape:
    """The shape of what has one of two shapes: sizes in which they differ are open."""
    if a is None or b is None or len(a) != len(b):
        return None
    return tuple(one if one == other else None for one, other in zip(a, b, strict=True))


def _inside(scope: Scope, node: Node, kind: str = "") -> Scope:
    """The names of a body or function: its calls are within a path of its own, and its own names begin with that."""
    name, within = module_path(node)
    path = scope.reader.unused(f"{scope.prefix}{name}")
    around = (*scope.within, *within, (path, kind)) if kind else (*scope.within, *within)
    if len(around) > _DEEPEST:
        raise ModelError("its functions and bodies are nested too deeply")
    return Scope(scope.reader, {}, around, scope, prefix=f"{path}/")


def _body(scope: Scope, inner: Scope, body: Graph, entering: Sequence[Held | None]) -> Scope:
    """A body that was read, with what enters it."""
    own = Scope(scope.reader, dict(body.values), inner.within, scope, prefix=inner.prefix)
    own.initialise(body)
    for place, value in enumerate(body.inputs):
        held = entering[place] if place < len(entering) else None
        own.held[value.name] = held if held is not None else Constant(_fixed(value))
    own.run(body.nodes)
    return own


def _results(scope: Scope, body: Graph) -> list[Held]:
    return [scope.look_up(value.name) or Constant(None) for value in body.outputs]


def _fixed(value: Value) -> tuple[int | None, ...] | None:
    if value.shape is None:
        return None
    return tuple(size if isinstance(size, int) else None for size in value.shape)


def _slice_of(scope: Scope, held: Held | None, axis: int) -> Held | None:
    """One slice of what a Scan goes through."""
    if held is None:
        return None
    shape = held.shape
    axis = axis % len(shape) if shape else 0
    inner = shape and (*shape[:axis], *shape[axis + 1 :])
    if isinstance(held, Constant):
        return Constant(inner, None, held.weights)
    origin = Origin(f"{scope.prefix}slice", (), scope.within)
    return scope.reader.builder.item(origin, held, inner, {axis: 0})


def _joined(
    inner: Scope, node: Node, found: Sequence[Held], shapes: Sequence[MaybeShape], times: int | None
) -> list[Held]:
    """What a branch or loop gives: results of the call at the end of its body."""
    tensors = list(dict.fromkeys(held for held in found if isinstance(held, Tensor)))
    if not tensors:
        return [Constant(None) for _ in node.outputs]
    outs = [shapes[place] if place < len(shapes) else None for place in range(len(node.outputs))]
    origin = Origin(inner.prefix.rstrip("/"), (), inner.within)
    return list(inner.reader.builder.control(origin, node.op, tensors, outs, times))
