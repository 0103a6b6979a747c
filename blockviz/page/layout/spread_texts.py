"""Texts in one line, each as near to its place as the others let it be."""

from __future__ import annotations

from collections.abc import Sequence


def spread(centres: Sequence[float], widths: Sequence[float], gap: float, low: float, high: float) -> list[float]:
    """New centres, in the order of the places, at least ``gap`` apart and within [low, high] if all have room there.

    Pushing to the right and to the left alone both keep texts apart, and so does the mean of the two.
    """
    order = sorted(range(len(centres)), key=lambda number: centres[number])
    places, wide = [centres[number] for number in order], [widths[number] for number in order]
    right = _pushed(places, wide, gap, low)
    left = _mirrored(places, wide, gap, -high)
    found = [(a + b) / 2 for a, b in zip(right, left, strict=True)]
    found = _mirrored(_pushed(found, wide, gap, low), wide, gap, -high)
    return [place for _, place in sorted(zip(order, found, strict=True))]


def _pushed(places: Sequence[float], widths: Sequence[float], gap: float, low: float) -> list[float]:
    """Each as far to the right as it must be."""
    out: list[float] = []
    end = low - gap
    for place, width in zip(places, widths, strict=True):
        out.append(max(place, end + gap + width / 2))
        end = out[-1] + width / 2
    return out


def _mirrored(places: Sequence[float], widths: Sequence[float], gap: float, low: float) -> list[float]:
    return [-place for place in _pushed([-place for place in places[::-1]], widths[::-1], gap, low)][::-1]
