"""The vocabulary of operations: one row a class, in ``operations.txt`` beside this module.

kind : ``layer`` (a class of Keras' layers) or ``function`` (of ``keras.ops``, or TensorFlow's under the same name).
family : what it does to a tensor; decides its colour, its form in a block and its label (`families`).
means : the activation or the merge that it is, under one name however it is spelled; "" elsewhere.
weights, macs, shape, reach : names of the rules in `blockviz.costs.params`, `blockviz.costs.macs`, `blockviz.shapes`
    and `blockviz.costs.receptive_field`; ``none`` costs nothing, ``unknown`` is known to nobody.
label : the words in its box where they don't follow from family and class name; "" elsewhere.

What counts as the form of a call, equal for copies of a block, follows from the family: `families.form_label`.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple


class Operation(NamedTuple):
    """One row; the columns are described above."""

    kind: str
    name: str
    family: str
    means: str
    weights: str
    macs: str
    shape: str
    reach: str
    label: str


def _rows() -> Iterator[Operation]:
    lines = Path(__file__).with_name("operations.txt").read_text("utf-8").splitlines()
    for line in lines[2:]:
        if line:
            *words, label = line.split(None, 8)
            cells = ("" if word == "-" else word for word in (*words, label.strip()))
            yield Operation(*cells)


_ALL = tuple(_rows())
#: Keras' layer classes by name.
LAYERS: Mapping[str, Operation] = {row.name: row for row in _ALL if row.kind == "layer"}
#: Functions on tensors by name, as a graph spells them (``TrueDivide`` of ``keras.ops.true_divide``).
FUNCTIONS: Mapping[str, Operation] = {row.name: row for row in _ALL if row.kind == "function"}
#: Both; a name that is a layer's and a function's means the layer's.
OPERATIONS: Mapping[str, Operation] = {**FUNCTIONS, **LAYERS}
