"""Structural tests for idioms that no formula says, by name; each is imported where a network may need it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from typing import TypeAlias

from blockviz.ir import Port
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.values import Tensor

__all__ = ["CORES", "Found", "core"]

Core: TypeAlias = Callable[[Lowering, Port, Tensor], Iterator[Found]]

#: Name → module of this package and function in it.
CORES: Mapping[str, tuple[str, str]] = {
    "attention": ("attention", "attention"),
    "linear_attention": ("attention_kinds", "linear_attention"),
    "pooled_attention": ("attention_kinds", "pooled"),
    "additive_attention": ("attention_kinds", "additive"),
    "experts": ("experts", "experts"),
    "coupling": ("networks", "coupling"),
    "gru": ("recurrent", "gru"),
    "lstm": ("recurrent", "lstm"),
    "views": ("moves", "views"),
    "spectral": ("networks", "spectral"),
    "axial": ("attention_kinds", "axial"),
    "luong": ("attention_kinds", "luong"),
    "siamese": ("networks", "siamese"),
    "distillation": ("networks", "distillation"),
    "patches": ("patches", "patches"),
    "non_local": ("nonlocal_blocks", "non_local"),
    "guidance": ("networks", "guidance"),
    "sampling": ("networks", "sampling"),
    "neighbours": ("neighbours", "neighbours"),
}


@cache
def core(name: str) -> Core:
    """A structural test by its name."""
    module, function = CORES[name]
    found: Core = getattr(import_module(f"blockviz.patterns.{module}"), function)
    return found
