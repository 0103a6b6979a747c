"""The typed builder's layers: what has weights, and what works on the grid of a map."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blockviz.ops.calls import Calls, Origin
from blockviz.ops.drafts import Order, Tensor
from blockviz.ops.sizes import MaybeShape, Padding, grid_of, padding_word, product
from blockviz.ops.vocabulary import ACTIVATIONS, RECURRENT, VocabularyError


class LayerCalls(Calls):
    """Calls of layers."""

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
        config["padding"] = padding_word(padding, kernel, stride, dilation, grid_of(x.shape), grid_of(out), transposed)
        if not transposed and groups > 1 and groups == channels and filters % groups == 0 and rank < 3:
            config["depth_multiplier"] = filters // groups
            return self._one(f"DepthwiseConv{rank}D", origin, [x], out, Order.MAP, config, macs=product(out, kernel))
        config |= {"filters": filters, "groups": groups}
        macs = (
            product(x.shape, kernel, [filters // groups])
            if transposed
            else product(out, kernel, [None if channels is None else channels // groups])
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
        word = padding_word(padding, size, stride, [1] * len(size), grid_of(x.shape), grid_of(out))
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
        if not 1 <= rank <= 3:
            raise VocabularyError(f"{origin.name}: a map that is pooled has 1 to 3 axes beside batch and channels")
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
        before, after = grid_of(x.shape), grid_of(out)
        known = before and after and None not in (*before, *after)
        factors = {b / a for a, b in zip(before, after, strict=True) if a and b} if known else set()
        if len(factors) == 1 and (factor := factors.pop()) == int(factor) and 1 <= len(before) <= 3:
            config = {"size": [int(factor)] * len(before), "interpolation": how}
            return self._one(f"UpSampling{len(before)}D", origin, [x], out, Order.MAP, config)
        sizes = dict(zip(("height", "width"), after, strict=False)) if len(after) == 2 else {}
        return self._one("Resizing", origin, [x], out, Order.MAP, {**sizes, "interpolation": how})


_KINDS = {"max": "Max", "average": "Average"}
_NORMS = {
    "batch": "BatchNormalization", "instance": "InstanceNormalization", "group": "GroupNormalization",
    "layer": "LayerNormalization", "rms": "RMSNormalization",
}  # fmt: skip
_OWN_CLASS = {"leaky_relu": "LeakyReLU", "elu": "ELU", "prelu": "PReLU"}
