"""The typed builder through which readers of every origin speak the vocabulary of operations.

A reader says what an operation is in the words of its parameters, with shapes in its source's order of axes, and
gets tensors back. What the vocabulary doesn't know is refused, so that a reader out of step fails in its tests and
not on the page; what nobody knows is said so with `Builder.unknown`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import ceil, prod
from typing import Any, TypeAlias

from blockviz.ir import LayerGraph, Shape
from blockviz.ops.drafts import Call, Draft, Order, Tensor, Weight
from blockviz.ops.finish import finish
from blockviz.ops.vocabulary import ACTIVATIONS, ELEMENTWISE, MERGES, RECURRENT, REDUCTIONS, knows
from blockviz.quoting import plain_name
from blockviz.runtime.records import dataclass

Slice: TypeAlias = tuple[int | None, int | None, int | None]
Padding: TypeAlias = Sequence[tuple[int, int]]
MaybeShape: TypeAlias = Shape | None


class VocabularyError(ValueError):
    """A reader spoke of an operation, or gave a setting, that the vocabulary doesn't know."""


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a call comes from: its name in the source, the weights it reads, the (path, class) of modules around it."""

    name: str
    weights: tuple[str, ...] = ()
    within: tuple[tuple[str, str], ...] = ()


class Builder:
    """Collects the calls of one model. Shapes are in the source's order of axes, None where nobody knows the rank.

    Every method raises VocabularyError for what the vocabulary doesn't know.
    """

    def __init__(self, name: str) -> None:
        self.draft = Draft(plain_name(name))

    def weight(self, name: str, weight: Weight) -> None:
        """Make a weight known, to be named in the origin of the calls that read it."""
        self.draft.weights[name] = weight

    def finish(self, batch: int | None = 1) -> LayerGraph:
        """The layer graph; ``batch`` is the size of axis 0 where that is the batch, None if it never is."""
        return finish(self.draft, batch)

    # --- inputs, and weights that are tensors of the graph

    def input(self, name: str, shape: MaybeShape, dtype: str | None = None) -> Tensor:
        """An input of the model."""
        return self._one("InputLayer", Origin(name), [], shape, config={"dtype": dtype} if dtype else {})

    def parameter(self, origin: Origin, shape: MaybeShape) -> Tensor:
        """Weights that are themselves the operand of a layer (the queries that DETR learns)."""
        return self._one("Parameter", origin, [], shape, 
                         config={"shape": None if shape is None else list(shape)}, macs=0)  # fmt: skip

    # --- layers with weights

    def conv(
        self, origin: Origin, x: Tensor, out: MaybeShape, *, kernel: Sequence[int], stride: Sequence[int],
        dilation: Sequence[int], groups: int, padding: Padding, channels: int | None, filters: int, bias: bool,
        transposed: bool = False,
    ) -> Tensor:  # fmt: skip
        """A convolution of a map (batch, channels, *grid).

        Parameters
        ----------
        kernel, stride, dilation : one size per axis of the grid. padding : (before, after) per axis of the grid.
        channels, filters : sizes of axis 1 before and after.
        transposed : whether the convolution is transposed (a gradient of one).
        """
        rank = len(kernel)
        if not 1 <= rank <= 3 or not len(stride) == len(dilation) == len(padding) == rank:
            raise VocabularyError(f"{origin.name}: a convolution has 1 to 3 axes, with a kernel, stride, padding each")
        sizes = {"kernel_size": list(kernel), "strides": list(stride), "dilation_rate": list(dilation)}
        if any(not isinstance(n, int) or n < 1 for values in sizes.values() for n in values) or groups < 1:
            raise VocabularyError(f"{origin.name}: kernel, stride, dilation, groups are whole numbers above 0: {sizes}")
        config: dict[str, Any] = {**sizes, "use_bias": bias}
        config["padding"] = padding_word(padding, kernel, stride, dilation, _grid(x.shape), _grid(out), transposed)
        if not transposed and groups > 1 and groups == channels and filters % groups == 0 and rank < 3:
            config["depth_multiplier"] = filters // groups
            return self._one(f"DepthwiseConv{rank}D", origin, [x], out, Order.MAP, config, macs=product(out, kernel))
        config |= {"filters": filters, "groups": groups}
        macs = product(x.shape, kernel, [filters // groups]) if transposed else product(
            out, kernel, [None if channels is None else channels // groups]
        )
        op = f"Conv{rank}D{'Transpose' if transposed else ''}"
        return self._one(op, origin, [x], out, Order.MAP, config, macs=macs)

    def dense(self, origin: Origin, x: Tensor, out: MaybeShape, *, units: int, bias: bool) -> Tensor:
        """A matrix of weights times the last axis."""
        config = {"units": units, "use_bias": bias}
        return self._one("Dense", origin, [x], out, Order.LAST, config, macs=product(x.shape, [units]))

    def embedding(self, origin: Origin, x: Tensor, out: MaybeShape, *, entries: int, width: int) -> Tensor:
        """A table of ``entries`` vectors, looked up."""
        return self._one("Embedding", origin, [x], out, config={"input_dim": entries, "output_dim": width})

    def norm(
        self, origin: Origin, x: Tensor, kind: str, *, groups: int | None = None, axes: int = 1, affine: bool = True
    ) -> Tensor:
        """A normalisation: ``batch``, ``instance`` or ``group`` of a map's channels, ``layer`` or ``rms`` of last axes.

        axes : how many last axes a layer norm works on. affine : whether it has a scale (and offset) of its own.
        """
        op = _NORMS.get(kind)
        if op is None:
            raise VocabularyError(f"{origin.name}: no normalisation is called {kind!r}")
        config: dict[str, Any] = {"axis": -1 if axes == 1 else [-n for n in range(axes, 0, -1)]}
        if groups is not None:
            config["groups"] = groups
        if not affine:
            config |= {"scale": False, "center": False}
        order = Order.LAST if kind in ("layer", "rms") else Order.MAP
        return self._one(op, origin, [x], x.shape, order, config, macs=0)

    def scale(self, origin: Origin, x: Tensor, out: MaybeShape, *, width: int) -> Tensor:
        """A learned factor per channel (the layer scale of ConvNeXt and CaiT)."""
        return self._one("LayerScale", origin, [x], out, Order.SAME, {"projection_dim": width})

    def recurrent(
        self, origin: Origin, x: Tensor, outs: Sequence[MaybeShape], kind: str, *, units: int, bidirectional: bool,
        bias: bool = True,
    ) -> list[Tensor]:  # fmt: skip
        """``LSTM``, ``GRU`` or ``SimpleRNN`` over time; gives its sequence, then its states."""
        if kind not in RECURRENT:
            raise VocabularyError(f"{origin.name}: no recurrent layer is called {kind!r}")
        config: dict[str, Any] = {"units": units, "return_sequences": True, "return_state": True, "use_bias": bias}
        features = x.shape[-1] if x.shape else None
        gates, ways = RECURRENT[kind], 2 if bidirectional else 1
        inner = None if features is None else (features + units) * units * gates * ways
        macs = product(x.shape[:-1] if x.shape else None, [inner])
        if bidirectional:
            config = {
                "layer": {"class_name": kind, "config": config, "module": "keras.layers"}, "merge_mode": "concat",
            }  # fmt: skip
            return self._call("Bidirectional", origin, [x], outs, config=config, macs=macs)
        return self._call(kind, origin, [x], outs, config=config, macs=macs)

    def multi_head_attention(
        self, origin: Origin, tensors: Sequence[Tensor], outs: Sequence[MaybeShape], *, heads: int, key_dim: int,
        bias: bool,
    ) -> list[Tensor]:  # fmt: skip
        """Attention with its projections: query, value, key."""
        config = {"num_heads": heads, "key_dim": key_dim, "use_bias": bias}
        return self._call("MultiHeadAttention", origin, tensors, outs, config=config)

    # --- layers without weights

    def activation(self, origin: Origin, x: Tensor, kind: str, *, limit: float | None = None) -> Tensor:
        """An activation by name (``relu``, ``silu`` …); ``limit``: where a ReLU is capped."""
        if kind not in ACTIVATIONS:
            raise VocabularyError(f"{origin.name}: no activation is called {kind!r}")
        if kind == "relu":
            config = {} if limit is None else {"max_value": limit}
            return self._one("ReLU", origin, [x], x.shape, Order.SAME, config)
        if op := _OWN_CLASS.get(kind):
            return self._one(op, origin, [x], x.shape, Order.SAME)
        return self._one("Activation", origin, [x], x.shape, Order.SAME, {"activation": kind})

    def softmax(self, origin: Origin, x: Tensor, axis: int) -> Tensor:
        """Softmax along an axis."""
        return self._one("Softmax", origin, [x], x.shape, Order.SAME, axes={"axis": axis})

    def pool(
        self, origin: Origin, x: Tensor, out: MaybeShape, kind: str, *, size: Sequence[int], stride: Sequence[int],
        padding: Padding,
    ) -> Tensor:  # fmt: skip
        """``max`` or ``average`` pooling of a map."""
        word = padding_word(padding, size, stride, [1] * len(size), _grid(x.shape), _grid(out))
        config = {"pool_size": list(size), "strides": list(stride), "padding": word}
        return self._one(f"{_KINDS[kind]}Pooling{len(size)}D", origin, [x], out, Order.MAP, config)

    def adaptive_pool(self, origin: Origin, x: Tensor, out: MaybeShape, kind: str, *, size: Sequence[int]) -> Tensor:
        """Pooling to a grid of a given size."""
        if all(n == 1 for n in size):
            return self.global_pool(origin, x, out, kind)
        config = {"output_size": list(size)}
        return self._one(f"Adaptive{_KINDS[kind]}Pooling{len(size)}D", origin, [x], out, Order.MAP, config)

    def global_pool(self, origin: Origin, x: Tensor, out: MaybeShape, kind: str) -> Tensor:
        """One value per channel of a map; the grid's axes are kept where the result has them."""
        rank = len(x.shape or ()) - 2
        kept = out is not None and len(out) == rank + 2
        config = {"keepdims": kept}
        order = Order.MAP if kept or out is None else Order.FREE
        call = self._one(f"Global{_KINDS[kind]}Pooling{rank}D", origin, [x], out, order, config)
        return call

    def pad(self, origin: Origin, x: Tensor, out: MaybeShape, padding: Padding) -> Tensor:
        """Zeros around the grid of a map, (before, after) per axis of the grid."""
        if not 1 <= len(padding) <= 3:
            raise VocabularyError(f"{origin.name}: a map has 1 to 3 axes to pad")
        config = {"padding": [list(pair) for pair in padding]}
        return self._one(f"ZeroPadding{len(padding)}D", origin, [x], out, Order.MAP, config)

    def resize(self, origin: Origin, x: Tensor, out: MaybeShape, how: str) -> Tensor:
        """A map at another size, ``nearest``, ``bilinear`` …"""
        before, after = _grid(x.shape), _grid(out)
        known = before and after and None not in (*before, *after)
        factors = {b / a for a, b in zip(before, after, strict=True) if a and b} if known else set()
        if len(factors) == 1 and (factor := factors.pop()) == int(factor) and 1 <= len(before) <= 3:
            config = {"size": [int(factor)] * len(before), "interpolation": how}
            return self._one(f"UpSampling{len(before)}D", origin, [x], out, Order.MAP, config)
        sizes = dict(zip(("height", "width"), after, strict=False)) if len(after) == 2 else {}
        return self._one("Resizing", origin, [x], out, Order.MAP, {**sizes, "interpolation": how})

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

    def unknown(
        self, origin: Origin, op: str, tensors: Sequence[Tensor], outs: Sequence[MaybeShape], module: str
    ) -> list[Tensor]:
        """What nobody knows: drawn by its name; its costs count as unknown. module : where the name is from."""
        return self._append(Call(origin.name, op, list(tensors), module=module), origin, outs)

    # ---

    def _one(
        self, op: str, origin: Origin, inputs: Sequence[Tensor], out: MaybeShape, order: Order = Order.FREE,
        config: dict[str, Any] | None = None, **more: Any,
    ) -> Tensor:  # fmt: skip
        return self._call(op, origin, inputs, [out], order, config, **more)[0]

    def _call(
        self, op: str, origin: Origin, inputs: Sequence[Tensor], outs: Sequence[MaybeShape],
        order: Order = Order.FREE, config: dict[str, Any] | None = None, **more: Any,
    ) -> list[Tensor]:  # fmt: skip
        if not knows(op):
            raise VocabularyError(f"{origin.name}: the vocabulary has no {op!r}")
        return self._append(Call(origin.name, op, list(inputs), config=config or {}, order=order, **more), origin, outs)

    def _append(self, call: Call, origin: Origin, outs: Sequence[MaybeShape]) -> list[Tensor]:
        call.name, call.op, call.weights = plain_name(call.name), plain_name(call.op), origin.weights
        call.within = tuple([(plain_name(path), plain_name(kind)) for path, kind in origin.within])
        if missing := [name for name in call.weights if name not in self.draft.weights]:
            raise VocabularyError(f"{origin.name}: nothing is known of the weight {missing[0]!r}")
        call.outputs = [Tensor(call, index, shape) for index, shape in enumerate(outs)]
        self.draft.calls.append(call)
        return call.outputs


_KINDS = {"max": "Max", "average": "Average"}
_NORMS = {
    "batch": "BatchNormalization", "instance": "InstanceNormalization", "group": "GroupNormalization",
    "layer": "LayerNormalization", "rms": "RMSNormalization",
}  # fmt: skip
_OWN_CLASS = {"leaky_relu": "LeakyReLU", "elu": "ELU", "prelu": "PReLU"}
_COMMUTING = frozenset({"Add", "Multiply", "Maximum", "Minimum", "Equal", "NotEqual", "LogicalAnd", "LogicalOr"})
_LAYER_MERGES = frozenset({"Add", "Multiply", "Subtract", "Maximum", "Minimum", "Average"})


def product(*sizes: Sequence[int | None] | None) -> int | None:
    """Product of all sizes of some shapes; None where one is not known."""
    found = [n for shape in sizes for n in (shape if shape is not None else [None])]
    return None if None in found else prod(n for n in found if n is not None)


def einsum_macs(equation: str, shapes: Sequence[MaybeShape]) -> int | None:
    """Multiply-adds of an einsum of two operands: the product of all its letters' sizes; 0 for one operand."""
    terms = equation.replace(" ", "").partition("->")[0].split(",")
    if len(terms) == 1:
        return 0
    if len(terms) != len(shapes) or len(terms) > 2 or "." in equation:
        return None
    sizes: dict[str, int | None] = {}
    for term, shape in zip(terms, shapes, strict=True):
        for letter, size in zip(term, shape or (), strict=False):
            sizes[letter] = size if sizes.get(letter) is None else sizes[letter]
    return product(list(sizes.values())) if set("".join(terms)) <= sizes.keys() else None


def _told(operand: Any, tensors: Sequence[Tensor]) -> Any:
    """An operand in a call's arguments: which tensor it is, or the shape of a constant."""
    return f"${tensors.index(operand)}" if isinstance(operand, Tensor) else {"shape": operand}


def _grid(shape: MaybeShape) -> Shape:
    return () if shape is None else shape[2:]


def padding_word(
    padding: Padding, kernel: Sequence[int], stride: Sequence[int], dilation: Sequence[int],
    before: Shape, after: Shape, transposed: bool = False,
) -> str | list[list[int]]:  # fmt: skip
    """``valid`` for none, ``same`` where the grid keeps its size (divided by the stride), else the amounts."""
    if not any(amount for pair in padding for amount in pair):
        return "valid"
    if None not in (*before, *after) and len(before) == len(after) == len(kernel):
        pairs = zip(after, before, strict=True) if transposed else zip(before, after, strict=True)
        same = all(ceil(large / s) == small for (large, small), s in zip(pairs, stride, strict=True) if large and small)
    else:
        wanted = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        rows = zip(padding, wanted, stride, strict=True)
        same = all(sum(pair) in (total, total - (s - 1)) for pair, total, s in rows)
    return "same" if same else [list(pair) for pair in padding]
