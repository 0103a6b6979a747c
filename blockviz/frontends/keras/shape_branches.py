"""Branches of a recorded graph that compute sizes: constants, as in a model whose code is run.

``tf.shape(x)``, its elements and the arithmetic on them own nothing and compute nothing of the inputs' numbers. What
reads such a size has it among its arguments, as a number where it is known. Tensors that are made of sizes (zeros,
positions, masks) stay calls: they are parts of what the field has words for, such as position embeddings.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from blockviz.frontends.constant_masks import trait_of_call, with_causal_mask
from blockviz.frontends.keras.calls import Call, constants_of
from blockviz.ir import LayerGraph, Node, Shape
from blockviz.ops.registry import OPERATIONS
from blockviz.runtime.records import dataclass, replace

_OF_SHAPES = frozenset({"Shape", "ShapeN", "Rank", "Size"})
_ARITHMETIC: Mapping[str, Callable[[int, int], int]] = {
    **dict.fromkeys(("Add", "AddV2"), operator.add), **dict.fromkeys(("Subtract", "Sub"), operator.sub),
    **dict.fromkeys(("Multiply", "Mul"), operator.mul),
    **dict.fromkeys(("FloorDivide", "Floordiv", "FloorDiv"), operator.floordiv),
}  # fmt: skip
_OF_SIZES = frozenset({*_OF_SHAPES, *_ARITHMETIC, "Cast", "GetItem", "Getitem"})
_FROM_TENSORS = frozenset(
    {"same", "elementwise", "attention", "multi_head_attention", "lstm", "gru", "rnn", "conv_lstm"}
)


@dataclass(frozen=True, slots=True)
class Constant:
    """What is known of a tensor that depends on shapes alone: its trait (`constant_masks`), and its value.

    value : a size, a tuple of sizes (None where one is open), or None where it is neither.
    """

    trait: str = ""
    value: Any = None


def is_of_shapes(op: str, operands: Sequence[Constant | None]) -> bool:
    """Whether a function on these operands gives a size."""
    if not operands or op not in _OF_SIZES:
        return False
    return None not in (operands[1:] if op in _OF_SHAPES else operands)


def made(op: str, call: Call, operands: Sequence[Constant | None], shape: Shape | None) -> Constant:
    """The constant that a function makes; ``shape`` is that of its first operand."""
    if op == "Shape":
        return Constant("", None if shape is None else tuple(shape))
    known = [operand for operand in operands if operand is not None]
    trait = trait_of_call(op, [operand.trait for operand in known])
    try:
        return Constant(trait, _value(op, call, known))
    except (LookupError, TypeError, ValueError, ArithmeticError, AttributeError):  # malformed, or of sizes nobody knows
        return Constant(trait)


def _value(op: str, call: Call, operands: Sequence[Constant]) -> Any:
    values = [_said(value, operands) for value in (*call.positional, *call.named.values())]
    if op == "Cast":
        return operands[0].value
    if op in ("GetItem", "Getitem"):
        whole, place = values[0], values[1]
        return whole[slice(*place["slice"])] if isinstance(place, Mapping) else whole[place]
    if op in _ARITHMETIC and len(values) >= 2 and all(type(value) is int for value in values[:2]):
        return _ARITHMETIC[op](*values[:2])
    return None


def _said(value: Any, operands: Sequence[Constant]) -> Any:
    if isinstance(value, str) and value.startswith("$"):
        return operands[int(value[1:])].value
    return value[0] if isinstance(value, list) and len(value) == 1 else value


def reads_arrays(value: Any) -> bool:
    """Whether a constant without numbers is among a call's arguments."""
    if isinstance(value, Node):
        value = value.args
    if isinstance(value, Mapping):
        return value.get("class_name") == "Array" or any(map(reads_arrays, value.values()))
    return isinstance(value, list) and any(map(reads_arrays, value))


def keeps_sizes(op: str) -> bool:
    """Whether the sizes that a call gives follow from its tensors whatever constants it reads besides."""
    return op in OPERATIONS and OPERATIONS[op].shape in _FROM_TENSORS


def with_constants(call: Call, operands: Sequence[Constant | None], shapes: Sequence[Shape]) -> Call:
    """The call with its constant operands among its arguments, the others numbered anew."""
    kept = [number for number, operand in enumerate(operands) if operand is None]
    numbers = {f"${number}": f"${place}" for place, number in enumerate(kept)}

    def written(value: Any, inside: bool = False, bound: bool = False) -> Any:
        if isinstance(value, list):
            return [written(item, not bound, bound) for item in value]
        if isinstance(value, Mapping):
            return {key: written(item, inside, key == "slice") for key, item in value.items()}
        if not isinstance(value, str) or not value.startswith("$") or value in numbers:
            return numbers.get(value, value) if isinstance(value, str) else value
        number = int(value[1:])
        constant, shape = operands[number], shapes[number]
        assert constant is not None
        if type(constant.value) is int or (inside and shape == () and type(shape) is tuple):
            return constant.value  # a size; None where it is open, which in a slice would be its end
        if isinstance(constant.value, tuple):
            return list(constant.value)
        trait = {"trait": constant.trait} if constant.trait else {}
        return {"class_name": "Array", "config": {"shape": list(shape), **trait}}

    positional, named = written(call.positional), with_causal_mask(written(dict(call.named)))
    first = positional[0] if positional else named.get("inputs", named.get("input"))
    return replace(
        call, refs=[call.refs[number] for number in kept], args=constants_of(positional, named), first=first,
        positional=positional, named=named,
    )  # fmt: skip


def drop_unread(graph: LayerGraph, ends: Collection[str], constants: Mapping[str, Sequence[str]]) -> None:
    """Take out the calls without weights that only constants read, for their shape; inputs stay."""
    left = [name for sources in constants.values() for name in sources if name]
    while left:
        name = left.pop()
        if name not in graph or name in ends or graph.out_degree(name):
            continue
        item = graph.item(name)
        if isinstance(item, Node) and item.op != "InputLayer" and item.layer.params == 0:
            left += graph.pred[name]
            graph.remove_node(name)
