"""What Keras writes for each setting of a layer, by its key: the one place where values are checked.

What comes behind may rely on it: a size is a whole number that memory could hold, a window has one size an axis, a
name is text. A class that is not Keras' own may give a key another meaning; its value is then kept under another key.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from math import isfinite
from typing import Any, NamedTuple

from blockviz.errors import ModelError, quoted
from blockviz.ops.vocabulary import from_framework, knows

MOST = 1 << 40  # a side of a tensor, a number of units
_LARGEST = 1 << 128  # any whole number: seeds and hashes have 64 bits
LONGEST_SHAPE = 32


class _Kind(NamedTuple):
    """words : what Keras writes; fits : whether a value is that; inner : whether it holds layers."""

    words: str
    fits: Callable[[Any], bool]
    inner: bool = False


def _is_count(value: Any) -> bool:
    return value is None or (type(value) is int and 0 < value <= MOST)


def _is_groups(value: Any) -> bool:
    return _is_count(value) or (type(value) is int and value == -1)  # as many as there are channels


def _is_counts(value: Any) -> bool:
    return _is_count(value) or _listed(value, lambda item: item is not None and _is_count(item))


def _is_place(value: Any) -> bool:
    return type(value) is int and -MOST <= value <= MOST


def _is_places(value: Any) -> bool:
    return value is None or _is_place(value) or _listed(value, lambda item: _is_place(item) or _listed(item, _is_place))


def _is_sizes(value: Any) -> bool:
    return value is None or _is_place(value) or _listed(value, lambda item: item is None or _is_place(item))


def _is_margin(value: Any) -> bool:
    return isinstance(value, str) or (value is not None and _is_places(value) and _least(value) >= 0)


def _least(value: Any) -> int:
    return min(map(_least, value), default=0) if isinstance(value, (list, tuple)) else int(value)


def _is_number(value: Any) -> bool:
    return value is None or (isinstance(value, (int, float)) and isfinite(value))


def _is_numbers(value: Any) -> bool:
    return _is_number(value) or isinstance(value, (list, dict))


def _is_flag(value: Any) -> bool:
    return value is None or type(value) is bool or (type(value) is int and value in {0, 1})


def _is_text(value: Any) -> bool:
    return value is None or isinstance(value, str)


def _is_function(value: Any) -> bool:
    return _is_text(value) or (isinstance(value, dict) and isinstance(value.get("class_name"), (str, type(None))))


def _is_layer(value: Any) -> bool:
    if not (isinstance(value, dict) and isinstance(value.get("class_name"), str)):
        return False
    return isinstance(value.get("config"), dict)


def _is_cell(value: Any) -> bool:
    return _is_layer(value) or _listed(value, _is_layer)


def _listed(value: Any, fits: Callable[[Any], bool]) -> bool:
    return isinstance(value, (list, tuple)) and len(value) <= LONGEST_SHAPE and all(map(fits, value))


_COUNT = _Kind(f"a whole number from 1 to {MOST:,}", _is_count)
_COUNTS = _Kind(f"a whole number from 1 to {MOST:,}, or one for each axis", _is_counts)
_PLACES = _Kind("a number of an axis, or several", _is_places)
_SIZES = _Kind("a size, or one for each axis", _is_sizes)
_MARGIN = _Kind("a way of padding, or numbers for the sides", _is_margin)
_NUMBER = _Kind("a finite number", _is_number)
_NUMBERS = _Kind("a finite number, or one for each channel", _is_numbers)
_FLAG = _Kind("true or false", _is_flag)
_TEXT = _Kind("a text", _is_text)
_FUNCTION = _Kind("the name of a function", _is_function)
_LAYER = _Kind("a layer", _is_layer, inner=True)
_CELL = _Kind("a cell, or several", _is_cell, inner=True)

KINDS: Mapping[str, _Kind] = {
    **dict.fromkeys((
        "filters", "units", "depth_multiplier", "output_dim", "input_dim", "num_heads", "key_dim",
        "value_dim", "num_query_heads", "num_key_value_heads", "head_dim", "n", "num_tokens", "projection_dim",
        "frame_length", "frame_step", "fft_length", "sequence_stride", "num_mel_bins", "height", "width",
        "output_sequence_length", "sequence_length", "lora_rank",
    ), _COUNT),
    "groups": _Kind("a whole number from 1", _is_groups),
    **dict.fromkeys(("kernel_size", "strides", "dilation_rate", "pool_size", "size", "output_size"), _COUNTS),
    **dict.fromkeys(("axis", "axes", "dims", "shared_axes", "attention_axes"), _PLACES),
    **dict.fromkeys((
        "target_shape", "output_shape", "output_padding", "batch_shape", "input_shape", "shape",
    ), _SIZES),
    **dict.fromkeys(("padding", "cropping"), _MARGIN),
    **dict.fromkeys(("rate", "drop_rate", "stddev"), _NUMBER),
    **dict.fromkeys(("scale", "mean", "variance", "offset"), _NUMBERS),
    **dict.fromkeys((
        "use_bias", "use_scale", "center", "return_sequences", "return_state", "reset_after", "keepdims", "use_gate",
        "tie_weights", "rms_scaling",
    ), _FLAG),
    **dict.fromkeys((
        "data_format", "merge_mode", "output_mode", "equation", "interpolation", "score_mode", "bias_axes",
    ), _TEXT),
    **dict.fromkeys(("activation", "recurrent_activation"), _FUNCTION),
    "layer": _LAYER,
    "cell": _CELL,
    "cells": _CELL,
    "backward_layer": _Kind("a layer", lambda value: value is None or _is_layer(value), inner=True),
}  # fmt: skip


def checked(config: dict[str, Any], op: str, module: str, name: str) -> dict[str, Any]:
    """A canonical configuration whose settings are of the types that they have in Keras, those of layers in it too.

    Parameters
    ----------
    op, module : the class; what one that is not Keras' own has under a key of Keras is kept as ``own KEY``.
    name : of the layer, for the sentence.

    Raises
    ------
    ModelError : one of Keras' own classes has a setting that Keras never writes, or a number beyond all sizes.
    """
    check_numbers(config, name)
    known = from_framework(module) and knows(op) and op != "Lambda"  # its output_shape may be a function
    found = config
    for key in sorted(config.keys() & KINDS.keys()):
        value, kind = config[key], KINDS[key]
        new = _whole(value) if kind is _COUNT or kind is _COUNTS else value
        if not kind.fits(new):
            if known:
                raise ModelError(f"{key} of the layer {quoted(name)} is {quoted(value)}, not {kind.words}")
            found = {other: item for other, item in found.items() if other != key} | {f"own {key}": value}
        elif kind.inner and new is not None:
            new = [_inner(item, name) for item in new] if isinstance(new, list) else _inner(new, name)
        if new is not value:
            found = found | {key: new}
    return found


def _inner(layer: dict[str, Any], name: str) -> dict[str, Any]:
    """A layer within a wrapper: one that is not Keras' own has its package before its name."""
    return {**layer, "config": checked(layer["config"], layer["class_name"], "", name)}


def _whole(value: Any) -> Any:
    """Numbers such as 64.0, which Keras takes as a size, as whole ones."""
    if isinstance(value, float) and value.is_integer():
        return int(value)
    if isinstance(value, list) and float in map(type, value):
        return [_whole(item) for item in value]
    return value


def check_numbers(values: Mapping[str, Any], name: str) -> None:
    """Raise ModelError where a setting or an argument is a number beyond any that Keras writes."""
    for key, value in values.items():
        if type(value) is int and not -_LARGEST < value < _LARGEST:
            raise ModelError(f"{quoted(key)} of the layer {quoted(name)} is {quoted(value)}, which no model needs")
