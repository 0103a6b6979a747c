"""Sums of products of letters with whole factors: multiply-adds in sizes that a model leaves open."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement
from math import prod

Monomial = tuple[str, ...]  # its letters, each as often as it is a factor
Polynomial = Mapping[Monomial, int]


def monomials(letters: Sequence[str]) -> list[Monomial]:
    """Products of up to two letters; of two sides of a map their area's square, too, which attention over it takes."""
    found: list[Monomial] = [(), *((letter,) for letter in letters), *combinations_with_replacement(letters, 2)]
    return [*found, (letters[0], letters[0], letters[1], letters[1])] if len(letters) == 2 else found


def fitted(values: Sequence[Mapping[str, int]], totals: Sequence[int]) -> dict[Monomial, int]:
    """The polynomial in `monomials` that gives every total exactly; empty if there is none with whole factors.

    More values than monomials prove it.
    """
    terms = monomials(list(values[0]))
    rows = [[Fraction(prod(numbers[letter] for letter in term)) for term in terms] for numbers in values]
    factors = _solved([[*row, Fraction(total)] for row, total in zip(rows[: len(terms)], totals, strict=False)])
    if not factors or any(factor.denominator > 1 for factor in factors):
        return {}
    if any(sum(f * x for f, x in zip(factors, row, strict=True)) != n for row, n in zip(rows, totals, strict=True)):
        return {}
    return {term: int(factor) for term, factor in zip(terms, factors, strict=True) if factor}


def _solved(rows: list[list[Fraction]]) -> list[Fraction]:
    """The solution of as many equations as unknowns, the right sides last; empty if it is not the only one."""
    for place in range(len(rows)):
        pivot = next((row for row in rows[place:] if row[place]), None)
        if pivot is None:
            return []
        rows.remove(pivot)
        pivot = [value / pivot[place] for value in pivot]
        rows = [[a - row[place] * b for a, b in zip(row, pivot, strict=True)] for row in rows]
        rows.insert(place, pivot)
    return [row[-1] for row in rows]


def polynomial_text(polynomial: Polynomial, number: Callable[[int], str]) -> str:
    """``64·L² + 6.27 k·L − 32``: the highest powers first, factors in ``number``'s words."""
    ordered = sorted(polynomial.items(), key=lambda item: (-len(item[0]), item[0]))
    texts = []
    for term, factor in ordered:
        sign = "−" if factor < 0 else "+"
        texts += [sign, "·".join([number(abs(factor)), *([_power(term)] if term else [])])]
    return " ".join(texts[1:] if texts[:1] == ["+"] else texts)


def _power(term: Monomial) -> str:
    letters = list(dict.fromkeys(term))
    return "·".join(letter + ("²" if term.count(letter) == 2 else "") for letter in letters)
