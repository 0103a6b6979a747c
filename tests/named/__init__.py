"""Small networks in an ordinary user's manner, each with the words of the literature for the blocks that it repeats.

They were written down before any was read by blockviz. `benchmarks/named.py` scores them; those whose name has an odd
hash are only counted, never looked at.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Callable
from typing import Any

#: A network's name → what builds it, and the names that are right for its repeated blocks.
NETWORKS: dict[str, tuple[Callable[[], Any], frozenset[str]]] = {}


def named(*right: str) -> Callable[[Callable[[], Any]], Callable[[], Any]]:
    """Register a network whose repeated blocks bear one of these names."""

    def register(build: Callable[[], Any]) -> Callable[[], Any]:
        NETWORKS[build.__name__] = build, frozenset(right)
        return build

    return register


def all_networks() -> dict[str, tuple[Callable[[], Any], frozenset[str]]]:
    """The networks of all modules of this folder."""
    for found in pkgutil.iter_modules(__path__):
        importlib.import_module(f"{__name__}.{found.name}")
    return NETWORKS
