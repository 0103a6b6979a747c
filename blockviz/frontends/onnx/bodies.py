"""Operators with bodies: functions that a file defines, branches and loops."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.errors import ModelError
from blockviz.frontends.onnx.names import module_path
from blockviz.frontends.onnx.proto import Function, Graph, Node, Reference, Value
from blockviz.frontends.onnx.reader import Scope
from blockviz.frontends.onnx.state import Constant, Held, MaybeShape
from blockviz.ops.builder import Origin
from blockviz.ops.drafts import Tensor
from blockviz.runtime.records import replace

_DEEPEST = 32


def call_function(scope: Scope, node: Node, function: Function) -> list[Held]:
    """The results of a function of the file: its nodes, within a module of its name."""
    name, within = module_path(node)
    inner = Scope(scope.reader, {}, (*scope.within, *within, (name, function.name)))
    if len(inner.within) > _DEEPEST:
        raise ModelError("its functions call each other too deeply")
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
    """A branch or a loop: its bodies once, then a box that says what joins them; how often a body runs is not known."""
    if node.op == "If":
        return _branch(scope, node)
    body = node.attributes.get("body")
    if not isinstance(body, Graph):
        raise ModelError(f"its {node.op} has no body")
    given = [scope.look_up(name) for name in node.inputs]
    if node.op == "Loop":
        entering: list[Held | None] = [Constant(()), Constant(()), *given[2:]]
        states, skipped = len(given) - 2, 1
    else:
        scanned = node.attributes.get("num_scan_inputs", 0)
        states, skipped = len(given) - scanned, 0
        entering = [*given[:states], *(_step_of(scope, node, held) for held in given[states:])]
    inner = _body(scope, node, body, entering)
    found = [inner.look_up(value.name) for value in body.outputs[skipped:]]
    shapes = [held.shape if held is not None and place < states else None for place, held in enumerate(found)]
    return _joined(scope, node, [held for held in found if held is not None], shapes)


def _branch(scope: Scope, node: Node) -> Sequence[Held]:
    found = [node.attributes.get(key) for key in ("then_branch", "else_branch")]
    bodies = [body for body in found if isinstance(body, Graph)]
    if len(bodies) < 2:
        raise ModelError("its If has no two branches")
    condition = scope.look_up(node.inputs[0])
    number = condition.number if isinstance(condition, Constant) else None
    chosen = [body for place, body in enumerate(bodies) if number is None or place == (0 if number else 1)]
    ways = []
    for body in chosen:
        inner = _body(scope, node, body, [])
        ways.append([inner.look_up(value.name) or Constant(None) for value in body.outputs])
    if len(ways) == 1:
        return ways[0]
    shapes = [a.shape if a.shape == b.shape else None for a, b in zip(*ways, strict=True)]
    asked = [condition] if isinstance(condition, Tensor) else []
    return _joined(scope, node, [*asked, *(held for way in ways for held in way)], shapes)


def _body(scope: Scope, node: Node, body: Graph, entering: Sequence[Held | None]) -> Scope:
    name, within = module_path(node)
    inner = Scope(scope.reader, dict(body.values), (*scope.within, *within, (name, node.op)), scope)
    if len(inner.within) > _DEEPEST:
        raise ModelError("its bodies are nested too deeply")
    inner.initialise(body)
    for place, value in enumerate(body.inputs):
        held = entering[place] if place < len(entering) else None
        inner.held[value.name] = held if held is not None else Constant(_fixed(value))
    inner.run(body.nodes)
    return inner


def _fixed(value: Value) -> tuple[int | None, ...] | None:
    if value.shape is None:
        return None
    return tuple(size if isinstance(size, int) else None for size in value.shape)


def _step_of(scope: Scope, node: Node, held: Held | None) -> Held | None:
    """One step of what a Scan goes through."""
    if not isinstance(held, Tensor):
        return None if held is None else Constant(held.shape and held.shape[1:], None, held.weights)
    origin = Origin(f"{module_path(node)[0]}/step", (), scope.within)
    return scope.reader.builder.operation(origin, "GetItem", [held], [held.shape and held.shape[1:]])[0]


def _joined(scope: Scope, node: Node, found: Sequence[Held], shapes: Sequence[MaybeShape]) -> list[Held]:
    """The box at the end of a branch or loop."""
    name, within = module_path(node)
    tensors = list(dict.fromkeys(held for held in found if isinstance(held, Tensor)))
    if not tensors:
        return [Constant(None) for _ in node.outputs]
    outs = [shapes[place] if place < len(shapes) else None for place in range(len(node.outputs))]
    origin = Origin(name, (), (*scope.within, *within))
    return list(scope.reader.builder.unknown(origin, node.op, tensors, outs, "onnx"))
