"""Output shapes of what slides a window over a feature map, or changes its size.

Convolution and pooling follow Dumoulin & Visin, "A guide to convolution arithmetic for deep learning"
(2016), with the ``same`` and ``causal`` padding of Keras.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import ceil
from typing import Any, TypeAlias

from blockviz.ir import Shape

Shapes: TypeAlias = tuple[Shape, ...]
Config: TypeAlias = Mapping[str, Any]
Rule: TypeAlias = Callable[[Config, Shapes, Config], Shapes | None]


def _spatial(config: Config, shape: Shape) -> tuple[list[int | None], int | None]:
    """(spatial sizes, channels) of a feature map in either data format."""
    if config.get("data_format") == "channels_first":
        return list(shape[2:]), shape[1]
    return list(shape[1:-1]), shape[-1]


def _assembled(config: Config, batch: int | None, spatial: Sequence[int | None], channels: int | None) -> Shape:
    if config.get("data_format") == "channels_first":
        return (batch, channels, *spatial)
    return (batch, *spatial, channels)


def _each(value: Any, rank: int) -> list[int]:
    values = [value] * rank if isinstance(value, int) else list(value)
    if len(values) != rank or not all(isinstance(item, int) for item in values):
        raise ValueError(f"{value!r} does not give one number for each of {rank} axes")
    return values


def _window(size: int | None, kernel: int, stride: int, padding: str, dilation: int = 1) -> int | None:
    """Length of a convolution's or pooling's output along one axis."""
    if size is None:
        return None
    if padding in {"same", "causal"}:
        return ceil(size / stride)
    return (size - (kernel - 1) * dilation - 1) // stride + 1


def _windows(config: Config, shape: Shape, kernel: Any, strides: Any) -> list[int | None]:
    spatial, _ = _spatial(config, shape)
    rank = len(spatial)
    sizes = zip(
        spatial, _each(kernel, rank), _each(strides, rank), _each(config.get("dilation_rate", 1), rank), strict=True
    )
    padding = str(config.get("padding", "valid"))
    return [_window(size, k, s, padding, d) for size, k, s, d in sizes]


def convolution(config: Config, inputs: Shapes, args: Config) -> Shapes:
    """A convolution: ``filters`` channels on windows of the input."""
    spatial = _windows(config, inputs[0], config["kernel_size"], config.get("strides", 1))
    return (_assembled(config, inputs[0][0], spatial, config["filters"]),)


def _depthwise(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial = _windows(config, inputs[0], config["kernel_size"], config.get("strides", 1))
    _, channels = _spatial(config, inputs[0])
    channels = None if channels is None else channels * config.get("depth_multiplier", 1)
    return (_assembled(config, inputs[0][0], spatial, channels),)


def _transposed(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, _ = _spatial(config, inputs[0])
    rank = len(spatial)
    extra = config.get("output_padding")
    extras: Sequence[int | None] = [None] * rank if extra is None else _each(extra, rank)
    sizes = zip(
        spatial, _each(config["kernel_size"], rank), _each(config.get("strides", 1), rank),
        _each(config.get("dilation_rate", 1), rank), extras, strict=True,
    )  # fmt: skip
    same = config.get("padding", "valid") == "same"
    out = [None if size is None else _grown(size, (k - 1) * d + 1, s, same, e) for size, k, s, d, e in sizes]
    return (_assembled(config, inputs[0][0], out, config["filters"]),)


def _grown(size: int, kernel: int, stride: int, same: bool, extra: int | None) -> int:
    """Length of a transposed convolution's output along one axis (keras.src.backend.common.backend_utils)."""
    if extra is None:
        return size * stride if same else size * stride + max(kernel - stride, 0)
    return (size - 1) * stride + kernel - (2 * (kernel // 2) if same else 0) + extra


def _pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    strides = config.get("strides")
    spatial = _windows(config, inputs[0], config["pool_size"], config["pool_size"] if strides is None else strides)
    return (_assembled(config, inputs[0][0], spatial, _spatial(config, inputs[0])[1]),)


def _convolution_operation(config: Config, inputs: Shapes, args: Config) -> Shapes:
    kernel = inputs[1] if len(inputs) > 1 else args["1"]["shape"]
    return convolution({**config, "kernel_size": kernel[:-2], "filters": kernel[-1]}, inputs, args)


def _adaptive_pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    return (_assembled(config, inputs[0][0], _each(config["output_size"], len(spatial)), channels),)


def _global_pooling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    kept = [1] * len(spatial) if config.get("keepdims") else []
    return (_assembled(config, inputs[0][0], kept, channels),)


def _pairs(value: Any, rank: int) -> list[tuple[int, int]]:
    if isinstance(value, int):
        return [(value, value)] * rank
    if rank == 1 and len(value) == 2 and isinstance(value[0], int):
        return [(value[0], value[1])]
    return [(item, item) if isinstance(item, int) else (item[0], item[1]) for item in value]


def _resized_by(sign: int, key: str) -> Rule:
    def rule(config: Config, inputs: Shapes, args: Config) -> Shapes:
        spatial, channels = _spatial(config, inputs[0])
        pairs = _pairs(config[key], len(spatial))
        sizes = [None if n is None else n + sign * (a + b) for n, (a, b) in zip(spatial, pairs, strict=True)]
        return (_assembled(config, inputs[0][0], sizes, channels),)

    return rule


def _up_sampling(config: Config, inputs: Shapes, args: Config) -> Shapes:
    spatial, channels = _spatial(config, inputs[0])
    factors = _each(config["size"], len(spatial))
    sizes = [None if n is None else n * factor for n, factor in zip(spatial, factors, strict=True)]
    return (_assembled(config, inputs[0][0], sizes, channels),)


def _resizing(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = inputs[0]
    size = (config["height"], config["width"])
    if config.get("data_format") == "channels_first":
        return ((*shape[:-2], *size),)
    return ((*shape[:-3], *size, shape[-1]),)


WINDOWS: Mapping[str, Rule] = {
    "convolution": convolution, "transposed": _transposed, "depthwise": _depthwise,
    "convolution_operation": _convolution_operation, "pooling": _pooling, "adaptive_pooling": _adaptive_pooling,
    "global_pooling": _global_pooling, "padded": _resized_by(1, "padding"), "cropped": _resized_by(-1, "cropping"),
    "up_sampling": _up_sampling, "height_width": _resizing,
}  # fmt: skip
