"""Loops and branches of a jaxpr: their bodies, each once, in a path of its own, and the call that ends them."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from blockviz.frontends.trace.graph_calls import Around, State, operation_of
from blockviz.frontends.trace.jax_values import Constant
from blockviz.ir import Scope


def scan(equations: Any, step: Any) -> list[Any]:
    """A loop that is run for each entry of what it goes through.

    With a state that begins as a constant it is one call, which has the costs of its body: the body would lack what
    the first step does not do.
    """
    params = step.params
    body, length, fixed, count = params["jaxpr"], int(params["length"]), params["num_consts"], params["num_carry"]
    states, passed = step.values[fixed : fixed + count], step.values[fixed + count :]
    if any(isinstance(value, Constant) and value.shape for value in states):
        return _closed_loop(equations, step, body, length)
    around = _entered(equations, step, "Scan", length)
    slices = [_first(equations, value, var.aval, around.state) for value, var in zip(
        passed, body.jaxpr.invars[fixed + count :], strict=True)]  # fmt: skip
    found = equations.read(body, [*step.values[: fixed + count], *slices], around)
    return _joined(equations, step, around, "Scan", found, length)


def _closed_loop(equations: Any, step: Any, body: Any, length: int) -> list[Any]:
    scope, within, steps, _ = step.state
    inside = Around((scope, within, steps, length), step.around.traced)
    inputs = [equations.made(var.aval.shape, var.aval.dtype) for var in body.jaxpr.invars]
    with equations.recorder.apart() as calls:
        equations.read(body, inputs, inside)
    args = [equations.operand(value) for value in step.values]
    return list(equations.note(step, operation_of("Scan", {}), args, {}, list(calls)))


def loop(equations: Any, step: Any) -> list[Any]:
    """A loop that goes on while something holds; how often, nobody knows."""
    first, second = step.params["cond_nconsts"], step.params["body_nconsts"]
    around = _entered(equations, step, "Loop", None)
    found = equations.read(step.params["body_jaxpr"], step.values[first:], around)
    assert len(found) == len(step.values) - first - second
    return _joined(equations, step, around, "Loop", found, None)


def branch(equations: Any, step: Any) -> list[Any]:
    """One of several bodies; which, nobody knows, unless a constant says so."""
    asked, *given = step.values
    bodies = step.params["branches"]
    if isinstance(asked, Constant) and asked.number is not None:
        chosen = bodies[min(max(int(asked.number), 0), len(bodies) - 1)]
        return list(equations.read(chosen, given, step.around))
    around = _entered(equations, step, "If", None)
    found = [value for body in bodies for value in equations.read(body, given, around)]
    return _joined(equations, step, around, "If", [asked, *found], None)


def _entered(equations: Any, step: Any, kind: str, times: int | None) -> Around:
    """Whose code a body is: a path of its own, run so often."""
    scope, within, steps, before = step.state
    stem = max((*within[-1:], "/".join(scope)), key=len)
    stem = f"{stem}/{kind.lower()}" if stem else kind.lower()
    composites, path, number = equations.recorder.composites, stem, 0
    while path in composites:
        number += 1
        path = f"{stem}_{number}"
    composites[path] = Scope(path, kind)
    often = None if before is None or times is None else before * times
    return Around((scope, (*within, path), steps, often), step.around.traced)


def _first(equations: Any, value: Any, aval: Any, state: State) -> Any:
    """One entry of what a loop goes through."""
    if isinstance(value, Constant):
        return Constant(tuple(aval.shape), None)
    made = equations.made(aval.shape, aval.dtype)
    equations.note_in(state, operation_of("GetItem", {}), [equations.operand(value), 0], [made])
    return made


def _joined(equations: Any, step: Any, around: Around, kind: str, found: Sequence[Any], times: int | None) -> list[Any]:
    """What a branch or loop gives: results of the call at the end of its body."""
    tensors = [equations.operand(value) for value in found if not isinstance(value, Constant)]
    outputs = [equations.made(var.aval.shape, var.aval.dtype) for var in step.equation.outvars]
    told = {} if times is None else {"times": times}
    equations.note_in((*around.state[:3], step.state[3]), operation_of(kind, {}), tensors, outputs, told)
    return outputs


CONTROL: Mapping[str, Callable[[Any, Any], list[Any]]] = {"scan": scan, "while": loop, "cond": branch}
