"""Sizes of a type over all of its copies, other forms included: what one drawing for all of them may say."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from blockviz.ir import LayerGraph, Shape
from blockviz.structure.canonical_form import body_form, difference
from blockviz.structure.parameters import width
from blockviz.text.numbers import range_text

Tensor = tuple[str, int]  # (item id, output index), or ("", number of an entry)


def spans_of(main: LayerGraph, bodies: Sequence[LayerGraph]) -> tuple[dict[str, str], dict[Tensor, str]]:
    """(item of the main form → widths, tensor → shape) as ranges, where the copies differ."""
    widths: dict[str, set[int]] = defaultdict(set)
    shapes: dict[Tensor, dict[Shape, None]] = defaultdict(dict)
    places: dict[object, list[tuple[int, int]]] = {}  # equal forms have their items at equal places
    names = list(main)
    for body in bodies:
        form, others = body_form(body), list(body)
        if form not in places:
            at = difference(main, body).pairs  # those of another activation included
            places[form] = [(names.index(own), others.index(other)) for own, other in at.items()]
        for own, other in places[form]:
            item = body.item(others[other])
            if (wide := width(item)) is not None:
                widths[names[own]].add(wide)
            for index, shape in enumerate(item.outputs):
                shapes[names[own], index][shape] = None
        for number, ports in enumerate(body.entries):
            if ports:
                shapes["", number][body.input_shape(ports[0])] = None
    sizes = {name: f"{min(found)}–{max(found)}" for name, found in widths.items() if len(found) > 1}
    return sizes, {tensor: range_text(list(found)) for tensor, found in shapes.items() if len(found) > 1}
