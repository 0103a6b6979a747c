"""Units of one kind in a row: the levels of an encoder, three convolutions with kernels 8, 5 and 3, stacked LSTMs.

The figure draws them one by one, each with its own kernel and width, so a reader sees that they are of one kind; the
JSON says it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from blockviz.ir import Item, LayerGraph, Node, Run, Unit, item_leaves
from blockviz.outline.model import Part
from blockviz.runtime.records import dataclass
from blockviz.structure.canonical_form import item_form, short_name
from blockviz.structure.windows import window_change

_RUNGS = 2  # units of one kind in a row that are more than chance; inside a block, which is a row itself, one more


@dataclass(frozen=True, slots=True)
class Rung:
    """A unit, or some that are drawn once with ×N: ``inputs`` are the ids of what it reads."""

    id: str
    name: str
    items: tuple[Item, ...]
    inputs: tuple[str, ...]


def ladders(parts: Sequence[Part]) -> Iterator[list[Rung]]:
    """Rows of units that are the same calls up to their windows, widths, strides and dilations, ×N counted as N.

    Where widths fall and rise again, an encoder ends and a decoder begins. Rows that are ×N as a whole are none.
    """
    units = [part for part in parts if part.letter is None and not part.parallel]
    return _rows([Rung(part.id, part.name, part.items, part.inputs) for part in units], _RUNGS)


def ladders_inside(body: LayerGraph) -> Iterator[list[Rung]]:
    """The same among the items of a block."""
    rungs = []
    entered = {name for ports in body.entries for name, _ in ports}
    for name, item in zip(body, body.items(), strict=True):
        if isinstance(item, Node | Unit) or (isinstance(item, Run) and not item.type and not item.parallel):
            units = tuple(item.body.items()) if isinstance(item, Run) else (item,)
            inputs = (*body.pred[name], *([""] if name in entered else []))
            rungs.append(Rung(name, short_name(units[0]), units, inputs))
    return _rows(rungs, _RUNGS + 1)


def name_of(row: Sequence[Rung]) -> str:
    """What all rungs are called; their kernels in order, where these differ."""
    names = list(dict.fromkeys(rung.name for rung in row))
    if len(names) == 1:
        return names[0]
    kernels = [rung.name.partition(" ")[0].removesuffix("-wide") for rung in row]
    return f"{names[0].partition(' ')[2]}, k = {', '.join(kernels)}"


def _rows(rungs: Iterable[Rung], least: int) -> Iterator[list[Rung]]:
    rows: list[list[Rung]] = []
    for rung in filter(_has_weights, rungs):
        if rows and _is_next(rows[-1][-1], rung) and not _turns(rows[-1], rung):
            rows[-1].append(rung)
        else:
            rows.append([rung])
    for row in rows:
        if sum(len(rung.items) for rung in row) >= least and any(len(rung.items) == 1 for rung in row):
            yield row


def _has_weights(rung: Rung) -> bool:
    return any(node.layer.params for node in item_leaves(rung.items[0]))


def _is_next(before: Rung, rung: Rung) -> bool:
    """Whether a unit is of the same kind as the one before, which is all that it reads."""
    one, other = before.items[-1], rung.items[0]
    same = item_form(one) == item_form(other) or window_change(one, other) is not None
    return rung.inputs == (before.id,) and same


def _turns(row: Sequence[Rung], rung: Rung) -> bool:
    """Whether a row whose widths fell would get wider again."""
    shapes = [each.items[-1].outputs[0] for each in (*row[-2:], rung) if each.items[-1].outputs]
    widths = [size for shape in shapes for size in shape[-1:] if isinstance(size, int)]
    return len(widths) == 3 and widths[0] > widths[1] < widths[2]
