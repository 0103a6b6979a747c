"""A type's copies as rows, one a stage: values of its parameters, and switches for what only some copies have.

A type with more than two variants is told so, as papers tell MobileNets: stride 1 or 2, with or without expansion and
shortcut, with which activation.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from blockviz.outline.model import Definition, Instance, Switch
from blockviz.runtime.records import dataclass, replace
from blockviz.structure.canonical_form import strides_of

YES, NO, NONE = "yes", "no", "–"
_VARIANTS = 3  # so many marks ask to be looked up
_ROWS = 12
_LETTERS, _LONG = 3, 4  # so many letters, or two of which one takes so many values, ask for a table
_ORDER = ("stride", "expansion", "squeeze-and-excitation", "activation")
_STRIDE = "stride "


@dataclass(frozen=True, slots=True)
class StageRow:
    """Copies one after the other at one resolution; a cell has two values where the first one differs from the rest."""

    grid: str
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
    """Neighbours at one resolution with equal values are one row; so are those of which the first alone differs."""
    letters = varying(definition)
    keyed = [
        ((_grid(one.output_shape), *(one.values.get(letter, NONE) for letter in letters)), _states(definition, one))
        for one in definition.instances
    ]
    rows = list[StageRow]()
    for key, copies in groupby(keyed, key=lambda pair: pair[0]):
        for count, states in _stretches([states for _, states in copies]):
            rows.append(StageRow(key[0], count, (*key[1:], *states)))
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
        cells = [one if one == other else f"{one}, {other}" for one, other in zip(states[0], rest, strict=True)]
        yield len(states), tuple(cells)
        return
    for same, copies in groupby(states):
        yield len(list(copies)), same


def _grid(shape: tuple[object, ...]) -> str:
    """``56×56`` of a feature map; "" where there is none, or it is not known."""
    sizes = shape[1:-1]
    return "×".join(map(str, sizes)) if sizes and None not in sizes else ""


def tells_first_copies(rows: Sequence[StageRow]) -> bool:
    """Whether a cell says the first copy and the others apart."""
    return any(", " in cell for row in rows for cell in row.cells)
