"""A type's copies as rows, one a stage: values of its parameters, and switches for what only some copies have.

A type with more than two variants is told so, as papers tell MobileNets: stride 1 or 2, with or without expansion and
shortcut, with which activation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import groupby, repeat
from operator import itemgetter

from blockviz.outline.model import Definition, Instance, Switch
from blockviz.runtime.records import dataclass, replace
from blockviz.structure.canonical_form import strides_of
from blockviz.structure.setting_letters import KERNEL, STRIDE
from blockviz.text.numbers import shape_text

YES, NO, NONE = "yes", "–", "–"
FROM_SECOND, FIRST_ONLY = "from 2nd", "1st only"
_VARIANTS = 3  # so many marks ask to be looked up
_ROWS = 12
_LETTERS, _LONG = 3, 4  # so many letters, or two of which one takes so many values, ask for a table
_ORDER = ("stride", "expansion", "squeeze-and-excitation", "activation")
_STRIDE = "stride "
_NO_WINDOW = re.compile(r"no (\d+)×\1 conv")


@dataclass(frozen=True, slots=True)
class StageRow:
    """Copies one after the other at one resolution; a cell says it where the first one differs from the rest.

    output : what they give, as the overview says it; "" where their widths differ. box : number of theirs there.
    """

    box: int
    grid: str
    output: str
    count: int
    cells: tuple[str, ...]


def varying(definition: Definition) -> list[str]:
    """The letters that take several values, in order of first use."""
    return [symbol for symbol, values in definition.parameters.items() if len(values) > 1]


def asks_for_table(definition: Definition) -> bool:
    """Whether sentences would part the values of a type's letters."""
    letters = varying(definition)
    longest = max((len(definition.parameters[letter]) for letter in letters), default=0)
    return len(letters) >= _LETTERS or (len(letters) == _LETTERS - 1 and longest >= _LONG)


def with_switches(definition: Definition) -> Definition:
    """The definition, with a switch for each way in which its copies differ where these say all of its variants."""
    variants = definition.variants
    if len(variants) < _VARIANTS - asks_for_table(definition) or any(one.added for one in variants):
        return definition
    words = dict.fromkeys(word for variant in variants for word in variant.name.split(", "))
    words = {word: None for word in words if not _says_letter(word, definition)}
    made: dict[str, Switch] = {}
    for word in words:
        found = _switch(word, definition)
        if found is None or (found.about in made and made[found.about].usual != found.usual):
            return definition
        told = made.get(found.about, found)
        made[found.about] = replace(told, special={**told.special, **found.special})
    ranked = sorted(made.values(), key=lambda switch: (*_ORDER, switch.about).index(switch.about))
    tabled = replace(definition, switches=tuple(ranked))
    return tabled if len(stage_rows(tabled)) <= _ROWS else definition


def _says_letter(word: str, definition: Definition) -> bool:
    """Whether a column of a letter says a word: of strides, and of a kernel that copies lack, which have none there."""
    if word.startswith(_STRIDE):
        return STRIDE in varying(definition)
    copies = [one for one in definition.instances if word in (one.variant or "").split(", ")]
    return (
        bool(_NO_WINDOW.fullmatch(word))
        and KERNEL in varying(definition)
        and not any(KERNEL in c.values for c in copies)
    )


def _switch(word: str, definition: Definition) -> Switch | None:
    """The switch that says a word of a variant's name; None where none does."""
    if word.startswith(_STRIDE):
        return Switch("stride", str(max(strides_of(definition.body), default=1)), {word: word.removeprefix(_STRIDE)})
    if word.startswith("no "):
        return Switch(word.removeprefix("no "), YES, {word: NO})
    if word.startswith("with "):
        return Switch(word.removeprefix("with "), NO, {word: YES})
    special, _, usual = word.partition(" for ")
    return Switch("activation", usual, {word: special}) if usual and special != "concatenation" else None


def stage_rows(definition: Definition) -> list[StageRow]:
    """Neighbours in one box with equal resolution and values are one row; so are those of which the first differs.

    A further call of the same weights that gives what the first one gave has none.
    """
    letters = varying(definition)
    boxes = [number for number, copies in enumerate(definition.boxes) for _ in range(copies)]
    called: dict[tuple[object, ...], set[str]] = {}
    first = list[tuple[Instance, int]]()
    for one, box in zip(definition.instances, boxes or repeat(0), strict=False):
        before = called.setdefault((one.variant, one.output_shape), set())
        first += [(one, box)] if before.isdisjoint(one.layers) else []
        before.update(one.layers)
    keyed = [
        ((box, _grid(one.output_shape), *(one.values.get(letter, NONE) for letter in letters)), one)
        for one, box in first
    ]
    rows = list[StageRow]()
    for (box, grid, *values), pairs in groupby(keyed, key=itemgetter(0)):
        copies = [one for _, one in pairs]
        outputs = {_output(one.output_shape) for one in copies}
        for count, states in _stretches([_states(definition, one) for one in copies]):
            rows.append(StageRow(box, grid, "".join(outputs) if len(outputs) == 1 else "", count, (*values, *states)))
    return rows


def _states(definition: Definition, copy: Instance) -> tuple[str, ...]:
    """What each switch is in a copy."""
    words = (copy.variant or "").split(", ")
    return tuple(
        next((switch.special[word] for word in words if word in switch.special), switch.usual)
        for switch in definition.switches
    )


def _stretches(states: Sequence[tuple[str, ...]]) -> Iterator[tuple[int, tuple[str, ...]]]:
    """All copies of a stage in one row where they are equal from the second on; else a row for each equal stretch."""
    if len(set(states[1:])) < 2:
        rest = states[-1]
        yield len(states), tuple(map(_cell, states[0], rest))
        return
    for same, copies in groupby(states):
        yield len(list(copies)), same


def _grid(shape: tuple[int | None, ...]) -> str:
    """``56×56`` of a feature map; "" where there is none, or it is not known."""
    sizes = shape[1:-1]
    return "×".join(map(str, sizes)) if sizes and None not in sizes else ""


def _output(shape: tuple[int | None, ...]) -> str:
    """``56×56×24``; the width alone where the resolution is not known."""
    return shape_text(shape) if _grid(shape) else str(shape[-1] or "") if shape else ""


def _cell(first: str, rest: str) -> str:
    """What a first copy is and what the others are."""
    if first == rest:
        return first
    return {(NO, YES): FROM_SECOND, (YES, NO): FIRST_ONLY}.get((first, rest), f"{first}, then {rest}")
