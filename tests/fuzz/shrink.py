"""The smallest case that still fails, found by leaving out what it does not need."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any


class Budget:
    """How long a search may take."""

    def __init__(self, seconds: float) -> None:
        self.until = time.monotonic() + seconds

    @property
    def spent(self) -> bool:
        return time.monotonic() > self.until


def shrunk_bytes(data: bytes, fails: Callable[[bytes], bool], seconds: float = 30.0) -> bytes:
    """Without the stretches of any length that do not matter."""
    budget, size = Budget(seconds), len(data) // 2
    while size and not budget.spent:
        at = 0
        while at < len(data) and not budget.spent:
            shorter = data[:at] + data[at + size :]
            if fails(shorter):
                data = shorter
            else:
                at += size
        size //= 2
    return data


def shrunk_json(value: Any, fails: Callable[[Any], bool], seconds: float = 30.0) -> Any:
    """With fewer entries, shorter texts and smaller numbers, as long as it fails."""
    budget, better = Budget(seconds), True
    while better and not budget.spent:
        better = False
        for smaller in _smaller(value):
            if budget.spent:
                break
            if fails(smaller):
                value, better = smaller, True
                break
    return value


def _smaller(value: Any) -> Iterator[Any]:
    """The value with one thing less, the greatest steps first."""
    if isinstance(value, list):
        size = len(value)
        while size := size // 2:
            for at in range(0, len(value), size):
                yield value[:at] + value[at + size :]
        for at, inner in enumerate(value):
            yield from ([*value[:at], smaller, *value[at + 1 :]] for smaller in _smaller(inner))
    elif isinstance(value, dict):
        for key in value:
            yield {other: inner for other, inner in value.items() if other != key}
        for key in value:
            yield from ({**value, key: smaller} for smaller in _smaller(value[key]))
    elif isinstance(value, str) and len(value) > 1:
        yield value[: len(value) // 2]
        yield value[len(value) // 2 :]
    elif isinstance(value, int) and not isinstance(value, bool) and abs(value) > 9:
        yield value // 10
