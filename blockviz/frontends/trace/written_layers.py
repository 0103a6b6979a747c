"""Functions on a tensor and a variable that are what a layer of Keras does: convolution, product with a matrix, table.

Code that keeps its kernels itself calls them; the page shows the layer, with its kernel and its width.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from blockviz.ir import UNKNOWN, Shape

_CONVOLUTIONS = {"Conv": "Conv{}D", "DepthwiseConv": "DepthwiseConv{}D", "ConvTranspose": "Conv{}DTranspose"}


def written_layer(
    op: str, config: Mapping[str, Any], args: Mapping[str, Any], inputs: Sequence[Shape], outputs: Sequence[Shape]
) -> tuple[str, dict[str, Any]] | None:
    """The class and configuration of the layer that a function is, None if it is none.

    Parameters
    ----------
    args : what the call is given besides tensors; a variable by its shape. inputs : shapes of the tensors.
    """
    if len(inputs) != 1 or len(outputs) != 1 or UNKNOWN in (*inputs, *outputs):
        return None
    others = {key: value for key, value in args.items() if value is not None}
    if op in _CONVOLUTIONS and (kernel := _variable(args.get("1", args.get("kernel")))):
        return _convolution(op, config, kernel, inputs[0], outputs[0])
    if op == "Matmul" and set(others) == {"1"} and len(kernel := _variable(args["1"])) == 2:
        return "Dense", {"units": kernel[1], "activation": "linear", "use_bias": False}
    if op == "Take" and config.get("axis") == 0 and set(others) == {"0"} and len(table := _variable(args["0"])) == 2:
        return "Embedding", {"input_dim": table[0], "output_dim": table[1]}
    return None


def _variable(value: Any) -> tuple[int, ...]:
    """The shape of a variable among the arguments; empty for anything else, and where a size of it is open."""
    if not isinstance(value, dict) or value.get("class_name") != "Variable":
        return ()
    shape = value["config"]["shape"]
    return () if None in shape else tuple(shape)


def _convolution(
    op: str, config: Mapping[str, Any], kernel: tuple[int, ...], before: Shape, after: Shape
) -> tuple[str, dict[str, Any]] | None:
    rank = len(kernel) - 2
    if not 1 <= rank <= 3 or len(before) != rank + 2 or len(after) != rank + 2:
        return None
    axis = 1 if config.get("data_format") == "channels_first" else -1
    settings: dict[str, Any] = {"kernel_size": list(kernel[:rank]), "activation": "linear", "use_bias": False}
    for key in ("strides", "dilation_rate"):
        value = config.get(key) or 1
        settings[key] = [value] * rank if isinstance(value, int) else list(value)
    settings |= {key: config[key] for key in ("padding", "data_format") if config.get(key) is not None}
    if op == "DepthwiseConv":
        settings["depth_multiplier"] = kernel[-1]
    else:
        channels, filters = before[axis], after[axis]
        if channels is None or filters is None or (op == "Conv" and channels % kernel[-2]):
            return None
        settings |= {"filters": filters, "groups": channels // kernel[-2] if op == "Conv" else 1}
    return _CONVOLUTIONS[op].format(rank), settings
