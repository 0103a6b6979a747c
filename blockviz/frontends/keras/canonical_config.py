"""Layer configurations reduced to what is architecture, in JSON types.

Two layers that differ only in how they start (initializers, seeds), how they are penalised
(regularizers, constraints), or in which version of Keras wrote them, get equal configurations.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from blockviz.frontends.keras.class_names import class_of

_DROPPED_KEYS = """name trainable dtype seed batch_input_shape build_config registered_name module implementation
quantization_config renorm_momentum renorm_clipping virtual_batch_size fused input_dtype dynamic"""
_DROPPED = frozenset(_DROPPED_KEYS.split())
_DROPPED_ENDINGS = ("_initializer", "_regularizer", "_constraint", "_quantizer")
# Keys that some versions of Keras write and others don't: with this value they say nothing.
_NEUTRAL: Mapping[str, Any] = {
    "synchronized": False, "renorm": False, "rms_scaling": False,
    "quantization_mode": None, "lora_rank": None, "lora_alpha": None, "use_gate": False, "sliding_window": None,
    "flash_attention": None, "optional": False, "sparse": False, "ragged": False, "keepdims": False,
    "time_major": False, "zero_output_for_mask": False, "noise_shape": None, "return_attention_scores": False,
    "input_length": None, "autocast": True,
}  # fmt: skip
_LONGEST_LIST = 512


def canonical_config(config: Mapping[str, Any]) -> dict[str, Any]:
    """A layer's configuration without name, dtype, initializers, regularizers, constraints and seeds.

    Serialised objects become their name (functions, dtype policies) or ``{"class_name", "config"}``;
    code is never read: a Lambda keeps a digest of its bytes. Of the dtype only a quantisation is kept (``int8``).
    """
    found = {
        key: value if type(value) in _SCALARS else canonical_value(value)
        for key, value in config.items()
        if (drop := _dropped_value(key)) is not _ANY and (drop is _NONE or drop != value)
    }
    if type(policy := config.get("dtype")) is dict and (mode := quantisation(policy)):
        found["quantized"] = mode
    return found


_ANY, _NONE = object(), object()
_SCALARS = frozenset({str, int, float, bool, type(None)})


@lru_cache(4096)
def _dropped_value(key: str) -> Any:
    """The value with which a key is left out: ``_ANY`` for all of them, ``_NONE`` for none."""
    if key in _DROPPED or key.endswith(_DROPPED_ENDINGS):
        return _ANY
    return _NEUTRAL.get(key, _NONE)


def canonical_value(value: Any) -> Any:
    """The same for one value: lists, dicts and serialised objects inside it included."""
    if isinstance(value, dict):
        return _object(value) if isinstance(value.get("class_name"), str) else canonical_config(value)
    if isinstance(value, (list, tuple)):
        if len(value) > _LONGEST_LIST:
            return {"digest": digest(value), "length": len(value)}
        return [item if type(item) in _SCALARS else canonical_value(item) for item in value]
    return value


def _object(value: Mapping[str, Any]) -> Any:
    kind, config = value["class_name"], value.get("config")
    if kind == "__lambda__":
        return {"lambda": digest(config)}
    if kind == "__slice__" and isinstance(config, dict):
        return {"slice": [canonical_value(config.get(key)) for key in ("start", "stop", "step")]}
    if kind == "__tuple__":
        return canonical_value(config.get("value", config) if isinstance(config, dict) else config)
    if kind in {"__numpy__", "__tensor__"} and isinstance(config, dict):
        array = config.get("value")
        trait = {"trait": "triangle"} if _is_triangle(array) else {}
        return {"constant": digest(config), "shape": _array_shape(array), **trait}
    if isinstance(config, str):
        return config.rpartition(">")[2]  # a function is registered as package>name
    if not isinstance(config, dict):
        return {"class_name": kind}
    if "dtype_policies" in str(value.get("module")) or kind.endswith("DTypePolicy"):
        return config.get("name")
    return {"class_name": class_of(value)[0], "config": canonical_config(config)}


def quantisation(policy: Any) -> str:
    """``int8``, ``int4/128``: how a dtype policy says that a layer is quantised; empty where it isn't."""
    config = policy.get("config") if isinstance(policy, dict) else None
    mode = config.get("mode") if isinstance(config, dict) else None
    return mode if isinstance(mode, str) else ""


def _is_triangle(value: Any) -> bool:
    """Whether a constant is a square with one value up to the diagonal and another above it: a causal mask."""
    while isinstance(value, list) and len(value) == 1 and isinstance(value[0], list):
        value = value[0]
    if not isinstance(value, list) or not 2 <= len(value) <= _LARGEST_MASK or not isinstance(value[0], list):
        return False
    if len(value[0]) != len(value) or isinstance(value[0][0], list) or value[0][0] == value[0][-1]:
        return False
    size, low, high = len(value), value[0][0], value[0][-1]
    return all(
        isinstance(row, list) and len(row) == size
        and row[: at + 1].count(low) == at + 1 and row[at + 1 :].count(high) == size - at - 1
        for at, row in enumerate(value)
    )  # fmt: skip


_LARGEST_MASK = 2048


def _array_shape(value: Any) -> list[int]:
    shape = []
    while isinstance(value, list):
        shape.append(len(value))
        value = value[0] if value else None
    return shape


def digest(value: Any) -> str:
    """Short, stable name of a JSON value."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), default=repr)
    return hashlib.sha256(text.encode()).hexdigest()[:16]
