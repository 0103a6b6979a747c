"""In what the copies of two runs differ, and which of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher

from blockviz.comparison.edits import Edits, listed, said
from blockviz.comparison.settings import Edit
from blockviz.outline.model import Part

_NAMED = 3  # copies that are told by their numbers
_MANY = 3  # edits of some copies that are still listed, where their variants have words


def copy_words(one: Part, other: Part, edits: Edits) -> Iterator[str]:
    """What holds for every pair of copies first, then what holds for some: ``stride 2→1 (copy 1)``."""
    left, right = ([edits.forms.number(item) for item in part.items] for part in (one, other))
    pairs = list(_pairs(left, right))
    known: dict[tuple[int, int], list[Edit]] = {}
    found: dict[Edit, list[int]] = {}
    for i, j in pairs:
        key = left[i], right[j]
        if key not in known:
            known[key] = edits.of(one.items[i], other.items[j])
        for edit in dict.fromkeys(known[key]):
            found.setdefault(edit, []).append(j)
    general = {edit for edit, places in found.items() if len(places) == len(pairs)}
    usual = known.get((edits.forms.number(edits.usual(one.items)), edits.forms.number(edits.usual(other.items))), [])
    some = {edit: places for edit, places in found.items() if edit not in general}
    yield from said([edit for edit in usual if edit in general] or list(general))
    if len({what for what, _, _ in some}) > _MANY or sum(what in ("with", "no") for what, _, _ in some) > _MANY:
        variants = list(_variant_words(one, other, pairs))
        if variants:
            special = {j for i, j in pairs if one.variants[i] != other.variants[j]}
            some = {edit: rest for edit, places in some.items() if (rest := [j for j in places if j not in special])}
            general |= {edit for edit, places in some.items() if len(places) == len(pairs) - len(special)}
            yield from said([edit for edit in some if edit in general])
            some = {edit: places for edit, places in some.items() if edit not in general}
            yield from _partial(some, len(other.items))
            yield from variants
            return
    yield from _partial(some, len(other.items))


def _partial(some: Mapping[Edit, Sequence[int]], whole: int) -> Iterator[str]:
    """Edits of some copies: one line a setting with its values, one a call that is new or gone."""
    settings: dict[str, list[Edit]] = {}
    for edit, places in some.items():
        if edit[0] in ("with", "no"):
            yield f"{edit[0]} {edit[2]} ({_which(places, whole)})"
        else:
            settings.setdefault(edit[0], []).append(edit)
    for what, found in settings.items():
        places = sorted({place for edit in found for place in some[edit]})
        words = f"{what} {listed([(old, new) for _, old, new in found])}".strip()
        yield words if len(places) == whole else f"{words} ({_which(places, whole)})"


def _variant_words(one: Part, other: Part, pairs: Sequence[tuple[int, int]]) -> Iterator[str]:
    """``copy 4: plain → pooled shortcut, stride 2``, for copies that are another variant than before."""
    places: dict[tuple[str, str], list[int]] = {}
    for i, j in pairs:
        if one.variants[i] != other.variants[j]:
            places.setdefault((one.variants[i] or "plain", other.variants[j] or "plain"), []).append(j)
    for (old, new), copies in places.items():
        yield f"{_which(copies, len(other.items))}: {old} → {new}"


def _pairs(left: Sequence[int], right: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Equal copies first, the others in turn between them; what only one run has is told by its ×N."""
    if len(left) == len(right):
        yield from enumerate(range(len(right)))
        return
    for _, a, b, c, d in SequenceMatcher(None, left, right, autojunk=False).get_opcodes():
        yield from zip(range(a, b), range(c, d), strict=False)


def _which(places: Sequence[int], whole: int) -> str:
    numbers = [place + 1 for place in places]
    if len(numbers) == 1:
        return f"copy {numbers[0]}"
    return f"copies {', '.join(map(str, numbers))}" if len(numbers) <= _NAMED else f"{len(numbers)} of {whole} copies"
