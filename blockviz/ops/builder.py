"""The typed builder through which readers of every origin speak the vocabulary of operations.

A reader says what an operation is in the words of its parameters, with shapes in its source's order of axes, and
gets tensors back. What the vocabulary doesn't know is refused, so that a reader out of step fails in its tests and
not on the page; what nobody knows is said so with `Builder.unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

from blockviz.ops.calls import Origin
from blockviz.ops.drafts import Call, Order, Tensor
from blockviz.ops.layer_calls import LayerCalls
from blockviz.ops.sizes import MaybeShape, Padding, einsum_macs, product
from blockviz.ops.vocabulary import CONTROL, ELEMENTWISE, MERGES, REDUCTIONS, VocabularyError, knows

Slice: TypeAlias = tuple[int | None, int | None, int | None]

__all__ = ["Builder", "MaybeShape", "Origin", "Padding", "Slice", "VocabularyError", "is_neutral"]


class Builder(LayerCalls):
    """Collects the calls of one model. Shapes are in the source's order of axes, None where nobody knows the rank.

    Every method raises VocabularyError for what the vocabulary doesn't know.
    """

    def merge(self, origin: Origin, tensors: Sequence[Tensor], out: MaybeShape, kind: str) -> Tensor:
        """Several tensors, element by element."""
        if kind not in MERGES:
            raise VocabularyError(f"{origin.name}: no merge is called {kind!r}")
        module = "keras.layers" if kind in _LAYER_MERGES else "keras.ops"
        return self._one(kind, origin, tensors, out, Order.SAME, module=module)

    def arithmetic(
        self, origin: Origin, x: Tensor, out: MaybeShape, kind: str, constant: Any, *, reverse: bool = False
    ) -> Tensor:
        """One tensor with a constant: a number, or a shape (list) for a constant tensor; ``reverse``: on the left."""
        if kind not in MERGES:
            raise VocabularyError(f"{origin.name}: no arithmetic is called {kind!r}")
        told = {"shape": constant} if isinstance(constant, list) else constant
        args = {"0": told, "1": "$0"} if reverse and kind not in _COMMUTING else {"1": told}
        return self._one(kind, origin, [x], out, Order.SAME, args=args, module="keras.ops")

    def with_constant(
        self, origin: Origin, x: Tensor, out: MaybeShape, kind: str, shape: MaybeShape, *, learned: bool, reverse: bool
    ) -> Tensor:
        """One tensor with a constant tensor of a shape; a learned factor per channel is a scale."""
        sizes = [n for n in shape or () if n != 1]
        if kind == "Multiply" and learned and len(sizes) == 1 and out == x.shape:
            return self.scale(origin, x, out, width=sizes[0] or 0)
        return self.arithmetic(origin, x, out, kind, list(shape or ()), reverse=reverse)

    def concat(
        self, origin: Origin, tensors: Sequence[Tensor], out: MaybeShape, axis: int, operands: Sequence[Any] = ()
    ) -> Tensor:
        """Tensors joined along an axis. operands : all of them, where some are constants (shapes as lists)."""
        told = [_told(operand, tensors) for operand in operands]
        args = {"0": told} if any(not isinstance(o, Tensor) for o in operands) else {}
        return self._one("Concatenate", origin, tensors, out, Order.SAME, args=args, axes={"axis": axis})

    def flatten(self, origin: Origin, x: Tensor, out: MaybeShape) -> Tensor:
        """All axes but the first as one."""
        return self._one("Flatten", origin, [x], out)

    def reshape(self, origin: Origin, x: Tensor, out: MaybeShape) -> Tensor:
        """The same elements at another shape."""
        shape = [-1 if n is None else n for n in out or ()]
        return self._one("Reshape", origin, [x], out, Order.GRID, args={"newshape": shape}, module="keras.ops")

    def transpose(self, origin: Origin, x: Tensor, out: MaybeShape, axes: Sequence[int]) -> Tensor:
        """Axes in another order; left out of the graph where that only puts channels first or last."""
        config = {"source_axes": list(axes)} if x.shape is not None else {}
        return self._one("Transpose", origin, [x], out, config=config, module="keras.ops")

    def matmul(
        self, origin: Origin, tensors: Sequence[Tensor], out: MaybeShape, constant: list[int | None] | None = None, *,
        reverse: bool = False,
    ) -> Tensor:  # fmt: skip
        """A matrix product of two tensors, or of one and a constant of a given shape; ``reverse``: that on the left."""
        told = {"shape": constant}
        args = {} if constant is None else {"0": told, "1": "$0"} if reverse else {"1": told}
        left = constant if reverse else tensors[0].shape
        macs = product(out, left[-1:]) if left else None
        return self._one("Matmul", origin, tensors, out, Order.SOURCE, args=args, module="keras.ops", macs=macs)

    def einsum(
        self, origin: Origin, tensors: Sequence[Tensor], out: MaybeShape, equation: str,
        operands: Sequence[Any] = (),
    ) -> Tensor:  # fmt: skip
        """A sum of products by its equation; operands : all of them, where some are constants (shapes as lists)."""
        if "->" not in equation:
            raise VocabularyError(f"{origin.name}: an einsum names its result: {equation!r}")
        args: dict[str, Any] = {"0": equation}
        if any(not isinstance(o, Tensor) for o in operands):
            args |= {str(i + 1): _told(o, tensors) for i, o in enumerate(operands)}
        shapes = [operand.shape if isinstance(operand, Tensor) else operand for operand in operands or tensors]
        macs = einsum_macs(equation, shapes)
        return self._one("Einsum", origin, tensors, out, Order.SOURCE, args=args, module="keras.ops", macs=macs)

    def attention(self, origin: Origin, tensors: Sequence[Tensor], out: MaybeShape, *, causal: bool = False) -> Tensor:
        """Scaled dot products of query, key, value (batch, heads, length, depth), and a mask if there is a fourth."""
        heads = tensors[0].shape[1] if tensors[0].shape is not None and len(tensors[0].shape) == 4 else None
        config = {"num_heads": heads, "is_causal": causal}
        query, key, value = (tensor.shape for tensor in tensors[:3])
        macs = None
        if query and key and value and (pairs := product(query[:-1], key[-2:-1])) is not None:
            macs = product([pairs], [sum(n for n in (query[-1], value[-1]) if n)])
        return self._one(
            "DotProductAttention", origin, tensors, out, Order.SOURCE, config, module="keras.ops", macs=macs
        )

    def split(
        self, origin: Origin, x: Tensor, outs: Sequence[MaybeShape], axis: int, *, unstack: bool = False
    ) -> list[Tensor]:
        """Parts of a tensor along an axis; ``unstack``: of size 1, and the axis is gone."""
        if unstack:
            return self._call("Unstack", origin, [x], outs, axes={"axis": axis}, module="keras.ops")
        return self._call("Split", origin, [x], outs, Order.SAME, axes={"axis": axis}, module="keras.ops")

    def reduce(self, origin: Origin, x: Tensor, out: MaybeShape, kind: str, axes: Sequence[int] | None) -> Tensor:
        """``Mean``, ``Sum``, ``Max`` … along axes (all, if None); over a grid it is a global pooling."""
        if kind not in REDUCTIONS:
            raise VocabularyError(f"{origin.name}: no reduction is called {kind!r}")
        kept = out is not None and x.shape is not None and len(out) == len(x.shape)
        order = Order.SAME if kept else Order.FREE
        axes = axes if axes is None else list(axes)
        return self._one(
            kind, origin, [x], out, order, args={"keepdims": kept}, axes={"axis": axes}, module="keras.ops"
        )

    def operation(
        self, origin: Origin, op: str, tensors: Sequence[Tensor], outs: Sequence[MaybeShape],
        axis: int | Sequence[int] | None = None, **args: Any,
    ) -> list[Tensor]:  # fmt: skip
        """Any other operation on tensors that the vocabulary knows, by its name in ``keras.ops``, with its settings.

        axis : axis or axes of the first operand that it works along.
        """
        if not knows(op):
            raise VocabularyError(f"{origin.name}: no operation is called {op!r}")
        order = Order.SAME if op in ELEMENTWISE else Order.FREE
        axes = {} if axis is None else {"axis": axis}
        return self._call(op, origin, tensors, outs, order, args=args, axes=axes, module="keras.ops")

    def item(self, origin: Origin, x: Tensor, out: MaybeShape, entries: Mapping[int, int | Slice]) -> Tensor:
        """A part of a tensor: per axis a number, which removes it, or (start, stop, step)."""
        rank = len(x.shape or ())
        taken = {axis % rank: entry for axis, entry in entries.items()} if rank else {}
        index = [taken.get(axis, (None, None, None)) for axis in range(rank)]
        order = Order.FREE if any(isinstance(entry, int) for entry in index) else Order.SAME
        return self._one("GetItem", origin, [x], out, order, {"source_index": index}, module="keras.ops")

    def roll(
        self, origin: Origin, x: Tensor, out: MaybeShape, shifts: Sequence[int], axes: Sequence[int] | None
    ) -> Tensor:
        """A cyclic shift along axes (of the flattened tensor, if None)."""
        args = {"shift": list(shifts)}
        told = {} if axes is None else {"axis": list(axes)}
        return self._one("Roll", origin, [x], out, Order.SAME, args=args, axes=told, module="keras.ops")

    def control(
        self, origin: Origin, kind: str, tensors: Sequence[Tensor], outs: Sequence[MaybeShape], times: int | None
    ) -> list[Tensor]:
        """What joins the bodies of a branch (``If``) or is the end of the body of a ``Loop`` or ``Scan``.

        origin : ``within`` ends in the path of the body's calls, with ``kind`` as its class. times : how often a body
        is run, None where nobody knows. The call itself costs nothing.
        """
        if kind not in CONTROL:
            raise VocabularyError(f"{origin.name}: no branch or loop is called {kind!r}")
        args = {} if times is None else {"times": times}
        return self._call(kind, origin, tensors, outs, args=args, module="keras.ops", macs=0)

    def unknown(
        self, origin: Origin, op: str, tensors: Sequence[Tensor], outs: Sequence[MaybeShape], module: str
    ) -> list[Tensor]:
        """What nobody knows: drawn by its name; its costs count as unknown. module : where the name is from."""
        return self._append(Call(origin.name, op, list(tensors), module=module), origin, outs)


_COMMUTING = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"})
_LAYER_MERGES = frozenset({"Add", "Multiply", "Subtract", "Maximum", "Minimum", "Average"})


def is_neutral(kind: str, number: float, *, reverse: bool) -> bool:
    """Whether arithmetic with a number changes nothing."""
    if kind in ("Add", "Subtract"):
        return number == 0 and not (reverse and kind == "Subtract")
    return number == 1 and (kind == "Multiply" or (kind in ("Divide", "Power") and not reverse))


def _told(operand: Any, tensors: Sequence[Tensor]) -> Any:
    """An operand in a call's arguments: which tensor it is, or the shape of a constant."""
    return f"${tensors.index(operand)}" if isinstance(operand, Tensor) else {"shape": operand}
