"""Widths of networks that come in many: each layer's width as a rule in the width multiplier.

A rule is a pair of a kind and a number (α is the multiplier, c the call's input channels):

=====  ===========================================
``c``  the number itself
``i``  int(number · α)
``d``  divisible(number · α)
``e``  divisible(int(number · α))
``m``  as ``d`` where α > 1, the number itself below
``y``  divisible(number · c)
``s``  the width of the layer of that number
``f``  anything, but the same for all such layers (MobileNet's depth multiplier)
=====  ===========================================

``divisible`` rounds to a multiple of 8 and never down by more than a tenth: Sandler et al., MobileNetV2
(2018), in the authors' code; MobileNetV3 and keras.applications do the same.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import TypeAlias

from blockviz.runtime.records import dataclass

Rule: TypeAlias = tuple[str, float]
_PUBLISHED = (1.0, 0.75, 0.5, 0.25, 0.35, 1.3, 1.4)


def divisible(value: float, divisor: int = 8) -> int:
    """The multiple of ``divisor`` nearest to the value, at least one, and at least 0.9 of the value.

    >>> divisible(11.2), divisible(17.8), divisible(3)
    (16, 24, 8)
    """
    rounded = max(divisor, int(value + divisor / 2) // divisor * divisor)
    return rounded + divisor if rounded < 0.9 * value else rounded


@cache
def multipliers() -> tuple[float, ...]:
    """Width multipliers to try, the likeliest first: the published ones, then steps of 0.05, then of 0.01, up to 4."""
    fine = [step / 100 for step in range(5, 401)]
    coarse = [value for value in fine if round(value * 100) % 5 == 0]
    return tuple(dict.fromkeys((*_PUBLISHED, *coarse, *fine)))


def multiplied(rule: Rule, alpha: float) -> int | None:
    """The width that a rule in the multiplier gives; None for a rule that does not ask for it."""
    kind, number = rule
    if kind == "i":
        return int(number * alpha)
    if kind == "d":
        return divisible(number * alpha)
    if kind == "e":
        return divisible(int(number * alpha))
    if kind == "m":
        return divisible(number * alpha) if alpha > 1 else int(number)
    return None


def related(rule: Rule, channels: int | None, widths: Sequence[int | None]) -> int | None:
    """The width that a rule in the input channels or in another layer's width gives."""
    kind, number = rule
    if kind == "s":
        return widths[int(number)]
    if kind == "c":
        return int(number)
    if channels is None:
        return None
    return divisible(number * channels)


@dataclass(slots=True)
class Fitting:
    """Widths seen so far of one network, against its rules; ``alphas`` are the multipliers still possible.

    ``apart``: pairs of layers that must not be equally wide, since a shortcut would then join them.
    """

    rules: Sequence[Rule]
    alphas: Sequence[float]
    widths: list[int | None]
    apart: Sequence[tuple[int, int]] = ()
    free: int | None = None

    def accepts(self, number: int, width: int | None, channels: int | None) -> bool:
        """Whether the width of a layer fits its rule; narrows the multipliers if it does."""
        rule = self.rules[number]
        if any(last == number and self.widths[first] == width for first, last in self.apart):
            return False
        if rule[0] in "idem":
            left = [alpha for alpha in self.alphas if multiplied(rule, alpha) == width]
            if not left:
                return False
            self.alphas = left
        elif rule[0] == "f":
            self.free = width if self.free is None else self.free
            if self.free != width:
                return False
        elif related(rule, channels, self.widths) != width:
            return False
        self.widths[number] = width
        return True


def fitting(rules: Sequence[Rule], apart: Sequence[tuple[int, int]] = ()) -> Fitting:
    """A fresh start for a network with these rules."""
    return Fitting(rules, multipliers(), [None] * len(rules), apart)
