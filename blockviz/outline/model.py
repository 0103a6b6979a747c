"""What figure, table, JSON and prose all say: the overview's parts and the block definitions.

One reading of a finished block graph, so that a figure and a table can never disagree.
"""

from __future__ import annotations

from collections.abc import Mapping
from fractions import Fraction
from typing import Any

from blockviz.costs.cost import Cost
from blockviz.ir import Item, LayerGraph, Shape, Tap
from blockviz.runtime.records import dataclass, field

__all__ = [
    "Definition",
    "Instance",
    "KnownNetwork",
    "NamedIdiom",
    "Outline",
    "Part",
    "Saying",
    "Station",
    "Switch",
    "Tap",
    "Variant",
]


@dataclass(frozen=True, slots=True)
class Part:
    """One box of the overview: a run ×N, a block, a unit, a single layer, a backbone, an input or output.

    ``copies`` has one tuple of layer names per repeat, ``variants`` what sets that copy apart (or None).
    ``values`` gives the type's parameters here: ``{"f": "64"}``. ``inputs`` are ids of other parts, in
    input order. ``letter`` is None for what has no definition panel. ``items`` has one item per copy
    (``item`` itself where repeat is 1). ``parallel``: the copies stand side by side, not in a row.

    ``output_shape`` is of the tensor that the part ends with, ``other_shapes`` are of what else leaves it.
    ``outputs`` : names of the model's outputs that it gives, where the model has several or goes on after one.
    ``entrances`` : names of the model's inputs that are inside it, where there are several.
    ``operands`` : per tensor that it reads, in input order, the id of the part and the number of its output.
    ``sets`` : how many different sets of weights its copies call. ``again`` : all of its weights belong to an earlier
    part as well. ``frozen`` : in words which of its copies training leaves as they are, "" for none, and where all of
    the model is trained or none.
    """

    id: str
    kind: str
    letter: str | None
    name: str
    repeat: int
    stage: str | None
    copies: tuple[tuple[str, ...], ...]
    variants: tuple[str | None, ...]
    values: Mapping[str, str]
    item: Item
    items: tuple[Item, ...]
    output_shape: Shape
    cost: Cost
    inputs: tuple[str, ...]
    sets: int
    parallel: bool = False
    shared: bool = False
    taps: tuple[Tap, ...] = ()
    other_shapes: tuple[Shape, ...] = ()
    outputs: tuple[str, ...] = ()
    operands: tuple[tuple[str, int], ...] = ()
    entrances: tuple[str, ...] = ()
    again: bool = False
    frozen: str = ""

    @property
    def called(self) -> bool:
        """Whether some copies call the weights of others."""
        return self.sets < self.repeat

    @property
    def times(self) -> str:
        """``×4`` for copies with weights of their own, ``4 calls`` of one set of weights; empty for a single copy."""
        return _times(self.repeat, self.sets)

    @property
    def output_shapes(self) -> tuple[Shape, ...]:
        """What the copies give that stand side by side, in order; else the one shape that goes on."""
        return tuple(copy.outputs[0] for copy in self.items) if self.parallel else (self.output_shape,)


@dataclass(frozen=True, slots=True)
class Station:
    """What the choice of a layout knows of a part; it has no name.

    ``shape`` (without the batch) is that of the tensor that most others read; ``layers`` is 0 for an input;
    ``memories`` are the inputs that attention takes as key and value, or recurrence as its first
    state; ``type`` is the key of a block's type;
    ``stride``: of the output's positions in those of the input, told only where sizes are open;
    ``reads`` are the shapes of the tensors that it reads, one for each of ``inputs``.
    """

    id: str
    is_input: bool
    repeat: int
    parallel: bool
    shape: Shape
    layers: int
    inputs: tuple[str, ...]
    has_weights: bool = True
    memories: frozenset[str] = frozenset()
    type: str | None = None
    stride: int | Fraction | None = None
    reads: tuple[Shape, ...] = ()


@dataclass(frozen=True, slots=True)
class Variant:
    """A form of a type that differs from its main form: by what, how often, where ("" : its boxes say it), its body."""

    name: str
    count: int
    body: LayerGraph
    symbols: Mapping[str, str] = field(default_factory=dict)
    added: frozenset[str] = frozenset()
    removed: frozenset[str] = frozenset()
    changed: frozenset[str] = frozenset()
    tensors: Mapping[tuple[str, int], str] = field(default_factory=dict)
    where: str = ""

    def words(self, about: str = "") -> str:
        """How often or where, and what it is: ``(3×): with pooling``; ``about`` is said of it besides."""
        return f"({self.where or f'{self.count}×'}{about}): {self.name}"


@dataclass(frozen=True, slots=True)
class Switch:
    """Something that some copies have otherwise: what it is, in the main form, and by the word of a variant's name."""

    about: str
    usual: str
    special: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Saying:
    """A difference that some copies have: where they stand, "" if their boxes say it; ``dashed`` : it is drawn so."""

    word: str
    where: str
    count: int
    dashed: bool = False


@dataclass(frozen=True, slots=True)
class Instance:
    """One occurrence of a type anywhere in the hierarchy; ``values`` of the type's parameters, as of a Part."""

    layers: tuple[str, ...]
    variant: str | None
    stage: str | None
    cost: Cost
    output_shape: Shape
    values: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class NamedIdiom:
    """One use of an idiom: its word, the layers that it calls, each once, and what a figure says besides."""

    name: str
    layers: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    references: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Definition:
    """A block type: its letter and name, where the name comes from, and the body to draw once.

    ``parameters``: symbol → the values it takes, in order of first use (``{"f": ("64", "128")}``);
    empty where all copies are equal. ``symbols``: item id in ``body`` → width text to print in place of
    the number (``"4f"``). ``tensors``: (item id, output index), or ("", number of an entry) → text of its shape
    where that differs over the copies (``"H×W×4f"``). ``added``/``removed``/``changed`` of a Variant are ids in its
    body / in the main body / in its body. ``count`` is the number of occurrences over all runs; ``sets``: how many
    sets of weights they call, None where nobody counted. ``spans`` and ``tensor_spans`` : widths and shapes as ranges
    over all copies, where one drawing stands for several forms. ``nested`` : item id of a block in ``body`` → what sets
    its copies apart, where that is so in all copies of this type. ``switches`` : columns of its table that say all of
    its variants; ``sayings`` : the same in words where there is no table. With either they need no signs. ``boxes`` :
    how many copies each box of the overview stands for, in order; empty where some stand elsewhere.
    """

    letter: str
    name: str
    source: str
    reason: str
    level: int
    count: int
    body: LayerGraph
    symbols: Mapping[str, str]
    parameters: Mapping[str, tuple[str, ...]]
    variants: tuple[Variant, ...]
    instances: tuple[Instance, ...]
    references: tuple[str, ...] = ()
    tensors: Mapping[tuple[str, int], str] = field(default_factory=dict)
    sets: int | None = None
    spans: Mapping[str, str] = field(default_factory=dict)
    tensor_spans: Mapping[tuple[str, int], str] = field(default_factory=dict)
    nested: Mapping[str, tuple[str | None, ...]] = field(default_factory=dict)
    switches: tuple[Switch, ...] = ()
    sayings: tuple[Saying, ...] = ()
    boxes: tuple[int, ...] = ()

    @property
    def called(self) -> bool:
        """Whether some copies call the weights of others."""
        return self.sets is not None and self.sets < self.count

    @property
    def times(self) -> str:
        """As of a Part, over the whole model; ``×2, 10 calls`` where two sets of weights are called ten times."""
        return _times(self.count, self.count if self.sets is None else self.sets)


def _times(count: int, sets: int) -> str:
    if count == 1:
        return ""
    if sets == count:
        return f"×{count}"
    return f"{count} calls" if sets == 1 else f"×{sets}, {count} calls"


@dataclass(frozen=True, slots=True)
class KnownNetwork:
    """A recognised architecture, or a nested model drawn as one box, inside the model."""

    name: str
    kind: str
    layers: tuple[str, ...]
    cost: Cost
    trainable: str
    cut_at: str | None
    taps: tuple[Tap, ...]
    title: str = ""
    references: tuple[str, ...] = ()
    frozen_to: str | None = None


@dataclass(frozen=True, slots=True)
class Outline:
    """The whole model as figure and tables show it. ``depth`` counts layers with parameters, as keras.io does.

    ``open_macs`` : multiply-adds for one example in the letters of sizes that the inputs leave open
    (`blockviz.text.polynomials`); empty where they are a number, or nobody knows.
    """

    name: str
    layers: int
    depth: int
    cost: Cost
    input_shapes: tuple[Shape, ...]
    output_shapes: tuple[Shape, ...]
    parts: tuple[Part, ...]
    definitions: tuple[Definition, ...]
    backbones: tuple[KnownNetwork, ...] = ()
    idioms: tuple[NamedIdiom, ...] = ()
    weights: str | None = None
    facts: Mapping[str, str] = field(default_factory=dict)
    structure_hash: str = ""
    stations: tuple[Station, ...] = ()
    open_macs: Mapping[tuple[str, ...], int] = field(default_factory=dict)
