"""What sets copies of a type apart, said by their place (``stride 2: first of each later stage``) or on their boxes.

A sign (A′) has to be looked up, so only a form with a drawing of its own has one, and boxes bear it only where its
place takes many words.
"""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.outline.dashed_parts import some_lack, switch_for
from blockviz.outline.model import Definition, Part, Saying, Variant
from blockviz.outline.stages import resolution_text
from blockviz.runtime.records import replace

_BRIEF = {"projection shortcut": "projection", "squeeze-and-excitation": "SE"}
_STRIDE = "stride "
_ALONE = {0: "first", -1: "last", 1: "second"}
_LONGEST = 14  # letters of a word that a box has room for


def with_sayings(definition: Definition, parts: Sequence[Part]) -> Definition:
    """The definition with each difference and the copies that have it; where forms are drawn apart, or a box has no
    room for a word, with the place of each form instead.

    parts : the overview's, in order.
    """
    boxes = [part for part in parts if part.letter == definition.letter]
    if sum(part.repeat for part in boxes) < definition.count or any(part.parallel for part in boxes):
        boxes = []
    definition = replace(definition, boxes=tuple(part.repeat for part in boxes))
    apart = any(one.added for one in definition.variants) and switch_for(definition) is None
    found = () if apart else _sayings(definition, boxes)
    longest = 0 if some_lack(definition) else _LONGEST
    if found and all(one.where or len(brief(one.word)) <= longest for one in found):
        return replace(definition, sayings=found)
    forms = [replace(form, where=_place([form.name], boxes)) for form in definition.variants]
    return replace(definition, variants=tuple(forms))


def _sayings(definition: Definition, boxes: Sequence[Part]) -> tuple[Saying, ...]:
    variants, counts = definition.variants, dict[str, int]()
    for one in variants:
        for word in words_of(one.name):
            counts[word] = counts.get(word, 0) + one.count
    dashed, names = _dashed(variants), [one.name for one in variants]
    return tuple(
        Saying(word, _place([name for name in names if word in words_of(name)], boxes), count, word in dashed)
        for word, count in counts.items()
    )


def words_of(name: str | None) -> list[str]:
    """The differences that a variant's name lists."""
    return name.split(", ") if name else []


def brief(word: str) -> str:
    """A difference as a box says it: ``↓2``, ``no SE``."""
    for long, short in _BRIEF.items():
        word = word.replace(long, short)
    word = word.removeprefix("with ")
    return f"↓{word.removeprefix(_STRIDE)}" if word.startswith(_STRIDE) and word != "stride 1" else word


def _dashed(variants: Sequence[Variant]) -> set[str]:
    """What forms with more boxes have, and no other: the words for these boxes."""
    grown = {word for one in variants if one.added for word in words_of(one.name)}
    others = {word for one in variants if not one.added for word in words_of(one.name)}
    return {word for word in grown - others if not word.startswith((_STRIDE, "no ", "one "))}


def _place(names: Sequence[str], boxes: Sequence[Part]) -> str:
    """Where all copies of some variants stand, as a reader of the overview finds them; "" where it takes more words."""
    sizes = [part.repeat for part in boxes]
    found = {(i, k) for i, part in enumerate(boxes) for k, name in enumerate(part.variants) if name in names}
    if not boxes or len(found) == sum(sizes):
        return ""
    numbers, noun = sorted({i for i, _ in found}), "stage" if _are_stages(boxes) else "box"
    ends = {"first": [(i, 0) for i in range(len(sizes))], "last": [(i, size - 1) for i, size in enumerate(sizes)]}
    every = [(i, k) for i, size in enumerate(sizes) for k in range(size)]
    if alone := next((word for place, word in _ALONE.items() if found == set(every[place:][:1])), ""):
        return f"only the {alone}"
    where = _where(numbers, len(boxes), noun)
    if where and len(found) == sum(sizes[i] for i in numbers):
        return where
    which = next((which for which, places in ends.items() if found <= set(places)), "")
    return f"{which} of {where}" if which and where else ""


def _are_stages(boxes: Sequence[Part]) -> bool:
    """Whether each box of a type stands at a resolution of its own."""
    return len(set(map(resolution_text, boxes))) == len(boxes)


def _where(numbers: Sequence[int], total: int, noun: str) -> str:
    """Some of the boxes of a type in few words; "" where they would have to be counted."""
    plural = "boxes" if noun == "box" else "stages"
    few = [(number, word) for number, word in ((2, "two"), (3, "three")) if number < total]
    places: dict[tuple[int, ...], str] = {
        **{tuple(range(number)): f"the first {word} {plural}" for number, word in few},
        **{tuple(range(total - number, total)): f"the last {word} {plural}" for number, word in few},
        tuple(range(total)): f"each {noun}",
        tuple(range(1, total)): f"each later {noun}",
        tuple(range(total - 1)): f"each {noun} but the last",
        (0,): f"the first {noun}",
        **({(1,): f"the second {noun}"} if total > 2 else {}),
        (total - 1,): f"the last {noun}",
    }
    return places.get(tuple(numbers), "")
