"""Sizes inside a parametric block: what its panel says where copies differ: ``H×W×4f``, ``concat c+32``, ``64–512``.

A panel draws one copy and stands for all, so no number may be printed there that is false for another copy. A size
that differs is written in the type's symbols if that holds for all copies; a tensor that enters or leaves may bring
a letter of its own (c for channels, H and W for its extent); what is left is a range.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain
from math import prod

from blockviz.ir import UNKNOWN, Composite, Item, LayerGraph, Node, Shape, Unit, size_words
from blockviz.ops.families import anchor, family, merge_name
from blockviz.ops.split_parts import channel_slice, shares, split_sizes
from blockviz.runtime.records import dataclass, field
from blockviz.structure.parameters import NO_WIDTHS, multiple, ratio, width

Tensor = tuple[str, int]  # (item id, output index), or ("", number of an entry)
Column = tuple[int | None, ...]  # one size in every copy
Total = Mapping[str, Fraction]  # symbol → factor; "" is the constant part

AXES = {1: "L", 2: "HW", 3: "DHW"}
_PRIMES = ("", "′", "″")


@dataclass(frozen=True, slots=True)
class Captions:
    """``sizes``: item id → text in place of the number in its label; ``tensors``: shapes that are not all equal."""

    sizes: Mapping[str, str]
    tensors: Mapping[Tensor, str]


def captions_of(
    bodies: Sequence[LayerGraph], values: Sequence[Mapping[str, str]], known: Mapping[str, str]
) -> Captions:
    """Captions for copies of one form, the first of them drawn; ``values`` are the type's symbols in each copy.

    ``known`` : item id → text that its label has already.
    """
    if len(bodies) < 2:
        return Captions({}, {})
    scribe = Scribe(len(bodies))
    for symbol in dict.fromkeys(symbol for found in values for symbol in found if symbol not in NO_WIDTHS):
        column = tuple(int(found[symbol]) if found.get(symbol, "").isdecimal() else None for found in values)
        scribe.name(symbol, column)
    tensors: dict[Tensor, str] = {}
    main = bodies[0]
    for number, ports in enumerate(main.entries):
        shapes = [body.input_shape(body.entries[number][0]) for body in bodies] if ports else []
        tensors["", number] = scribe.shape(shapes, fresh=True)
    sizes = dict(_sums(bodies, scribe))
    for name, items in _walk(bodies):
        if name not in known and name not in sizes and (text := _size(items, scribe)):
            sizes[name] = text
    ends = {name for name, _ in main.exits}
    for name, items in _walk(bodies):
        for index, made in enumerate(zip(*(item.outputs for item in items), strict=True)):
            tensors[name, index] = scribe.shape(made, fresh=name in ends)
    return Captions(sizes, {tensor: text for tensor, text in tensors.items() if text})


def _walk(bodies: Sequence[LayerGraph]) -> Iterator[tuple[str, list[Item]]]:
    """Each item of the first body with its counterparts in the others, blocks within blocks included."""
    for name, items in zip(bodies[0], zip(*(body.items() for body in bodies), strict=True), strict=True):
        if len({_outputs(item) for item in items}) > 1:
            continue
        yield name, list(items)
        blocks = [item.body for item in items if not isinstance(item, Node | Unit)]
        if len(blocks) == len(items) and len({len(block) for block in blocks}) == 1:
            yield from _walk(blocks)


def _outputs(item: Item) -> int:
    """How many tensors leave an item."""
    return len(item.body.exits if isinstance(item, Composite) else item.outputs)


@dataclass(slots=True)
class Scribe:
    """Writes columns of sizes; remembers the letters that were given out."""

    copies: int
    symbols: dict[str, Column] = field(default_factory=dict)
    totals: dict[Column, Total] = field(default_factory=dict)
    opened: dict[str, tuple[Fraction, ...]] = field(default_factory=dict)
    axes: int = 0

    def name(self, symbol: str, column: Column) -> None:
        """Let a symbol stand for a column."""
        if None not in column and len(set(column)) > 1:
            self.symbols[symbol] = column
            self.totals.setdefault(column, {symbol: Fraction(1)})

    def total(self, column: Column) -> Total | None:
        """A column as a number or as a multiple of a symbol, or as a sum that was found before."""
        if None in column:
            return None
        if len(set(column)) == 1:
            return {"": Fraction(column[0] or 0)}
        if column in self.totals:
            return self.totals[column]
        numbers = [value or 0 for value in column]
        for symbol, base in self.symbols.items():
            factor = ratio([value or 0 for value in base], numbers) if symbol[0] not in "HWDL" else None
            if factor:
                return {symbol: factor}
        return None

    def channels(self, column: Column, fresh: bool = False) -> str:
        """A number of channels, or of anything else that may be written in the symbols."""
        found = self.total(column)
        if found is None and fresh and None not in column:
            letter = next((f"c{prime}" for prime in _PRIMES if f"c{prime}" not in self.symbols), "")
            self.name(letter, column) if letter else None
            found = self.total(column)
        return _written(found) if found else _range(column)

    def extent(self, letter: str, column: Column, used: Sequence[str]) -> str:
        """A height, width or length: a number, or a multiple of that of a tensor that came before.

        ``letter`` : the axis, "" where the tensor has axes of its own; ``used`` : what its other axes are called.
        """
        if len(set(column)) == 1:
            return "?" if column[0] is None else str(column[0])
        if None in column:
            return "?"
        numbers = [value or 0 for value in column]
        written = {one for text in used for one in re.findall(r"[A-Z][′″]?", text)}
        for symbol, base in self.symbols.items():
            mine = symbol[:1] == letter or (not letter and symbol[:1] in "HWDL" and symbol not in written)
            factor = ratio([value or 0 for value in base], numbers) if mine else None
            if factor:
                return multiple(symbol, factor)
        if area := self._area(numbers):
            return area
        free = next((f"{letter}{prime}" for prime in _PRIMES if letter and f"{letter}{prime}" not in self.symbols), "")
        if free:
            self.symbols[free] = column
        return free or _range(column)

    def _area(self, numbers: Sequence[int]) -> str:
        """All places of a map in one row, or a share of them: ``HW``, ``HW/4``; "" where they are not as many."""
        letters = next((one for one in ("DHW", "HW") if all(letter in self.symbols for letter in one)), "")
        columns = [self.symbols[letter] for letter in letters]
        if not columns or any(None in column for column in columns):
            return ""
        places = [prod(size or 0 for size in sizes) for sizes in zip(*columns, strict=True)]
        factor = ratio(places, numbers)
        return multiple(letters, factor) if factor else ""

    def open_extent(self, words: Sequence[str]) -> str:
        """An extent that is another share of an open size of the model in each copy: ``H′``, ``H′/2``, else "?".

        The prime tells it from the model's own height: it is the height where the block stands.
        """
        found = [re.fullmatch(r"(\d*)([A-Z])(?:/(\d+))?", word) for word in words]
        letters = {one[2] for one in found if one}
        if not all(found) or len(letters) != 1:
            return "?"
        shares = tuple(Fraction(int(one[1] or 1), int(one[3] or 1)) for one in found if one)
        (letter,) = letters
        for symbol, base in self.opened.items():
            factors = {share / own for share, own in zip(shares, base, strict=True)}
            if symbol[0] == letter and len(factors) == 1:
                return multiple(symbol, factors.pop())
        free = next((f"{letter}{prime}" for prime in _PRIMES[1:] if f"{letter}{prime}" not in self.opened), "")
        if free:
            self.opened[free] = shares
        return free or "?"

    def shape(self, shapes: Sequence[Shape], fresh: bool = False) -> str:
        """The text of a tensor's shape; "?" if a copy doesn't know it, "" where all have the same plain number.

        Of other axes in each copy (a sequence, and one vector) only the channels are said: ``…×f``.
        """
        if len(set(shapes)) > 1 and UNKNOWN in shapes:
            return "?"
        written = {size_words(shape) for shape in shapes} if shapes else set()
        same = len(set(shapes)) == 1 and len(written) == 1
        if same or min(map(len, shapes), default=0) < 2:
            return ""
        if len({len(shape) for shape in shapes}) > 1:
            return f"…×{_bracketed(self.channels(tuple(shape[-1] for shape in shapes), fresh))}"
        columns = [tuple(sizes) for sizes in zip(*shapes, strict=True)][1:]
        axes = len(columns) - 1
        self.axes = self.axes or axes
        letters = AXES.get(axes, "") if axes == self.axes else ""
        texts: list[str] = []
        for number, column in enumerate(columns[:-1]):
            words = [size_words(shape)[number] for shape in shapes]
            if any(size is not None for size in column):
                texts.append(self.extent(letters[number] if letters else "", column, texts))
            else:
                texts.append(words[0] if len(set(words)) == 1 else self.open_extent(words))
        return "×".join([*texts, _bracketed(self.channels(columns[-1], fresh))])


def _sums(bodies: Sequence[LayerGraph], scribe: Scribe) -> Iterator[tuple[str, str]]:
    """Concatenations along the channels, each the sum of what enters it."""
    main = bodies[0]
    entry = {port: number for number, ports in enumerate(main.entries) for port in ports}
    at = {name: position for position, name in enumerate(main)}
    rows = [list(body.items()) for body in bodies]
    for name, item in zip(main, main.items(), strict=True):
        if not _concatenates(item):
            continue
        items = [row[at[name]] for row in rows]
        column = tuple(found.outputs[0][-1] if found.outputs and found.outputs[0] else None for found in items)
        if len(set(column)) == 1 or None in column:
            continue
        read = [_channels([row[at[source]] for row in rows], out) for _, source, out in main.operand_list(name)]
        read += [
            tuple(body.input_shape(body.entries[number][0])[-1] for body in bodies)
            for (reader, _), number in entry.items()
            if reader == name
        ]
        parts = [scribe.total(part) for part in read]
        whole = _added([part for part in parts if part]) if all(parts) else None
        if whole and scribe.total(column) is None and _holds(whole, column, scribe):
            scribe.totals[column] = whole
        yield name, scribe.channels(column)


def _concatenates(item: Item) -> bool:
    if not isinstance(item, Node) or merge_name(item.op) != "Concatenate" or not item.outputs:
        return False
    return item.config.get("axis", item.args.get("axis", -1)) in (-1, len(item.outputs[0]) - 1)


def _channels(items: Sequence[Item], out: int) -> Column:
    return tuple(item.outputs[out][-1] if out < len(item.outputs) and item.outputs[out] else None for item in items)


def _holds(total: Total, column: Column, scribe: Scribe) -> bool:
    """Whether a sum is right in every copy."""
    for copy, size in enumerate(column):
        parts = (factor * (scribe.symbols[symbol][copy] or 0) if symbol else factor for symbol, factor in total.items())
        if sum(parts) != size:
            return False
    return True


def _added(totals: Sequence[Total]) -> Total:
    out: dict[str, Fraction] = {}
    for symbol, factor in chain.from_iterable(total.items() for total in totals):
        out[symbol] = out.get(symbol, Fraction(0)) + factor
    return out


def _written(total: Total) -> str:
    """``4f``, ``c+32``: symbols first, the number last."""
    texts = [multiple(symbol, factor) for symbol, factor in total.items() if symbol and factor]
    constant = total.get("", Fraction(0))
    return "+".join([*texts, str(constant)] if constant or not texts else texts)


def _bracketed(text: str) -> str:
    return f"({text})" if "+" in text or "–" in text else text


def _range(column: Column) -> str:
    sizes = [size for size in column if size is not None]
    return f"{min(sizes)}–{max(sizes)}" if sizes and len(sizes) == len(column) else "?"


def _size(items: Sequence[Item], scribe: Scribe) -> str:
    """The text in place of the number in a label, where it differs."""
    head = anchor(items[0])
    if head is None or (isinstance(items[0], Composite) and items[0].kind not in ("unit", "run")):
        return ""
    widths = tuple(width(item) for item in items)
    if len(set(widths)) > 1:
        return scribe.channels(widths)
    kind = family(head.op)
    heads = [node for item in items if (node := anchor(item)) is not None]
    if kind == "reshape" and head.op == "Reshape":
        return scribe.shape([node.outputs[0] for node in heads if node.outputs])
    parts = [split_sizes(node) for node in heads]
    if kind == "reshape" and parts[0] and len({*map(tuple, parts)}) > 1:
        return shares([scribe.channels(column) for column in zip(*parts, strict=False)])
    cuts = [channel_slice(node) for node in heads]
    if kind == "reshape" and len({cut[0] if cut else "" for cut in cuts}) == 1 and len({*cuts}) > 1:
        return scribe.channels(tuple(cut[1] for cut in cuts if cut))
    keys = {"resize": ("size",), "embed": ("input_dim", "output_dim"), "pad": ("padding", "cropping")}.get(kind, ())
    rows = [[_numbers(node.config.get(key)) for key in keys] for node in heads]
    if len({str(row) for row in rows}) < 2:
        return ""
    columns = zip(*([found for found in row if found] for row in rows), strict=False)
    return "×".join(_spread([number for numbers in column for number in numbers]) for column in columns)


def _numbers(value: object) -> list[int]:
    if isinstance(value, list | tuple):
        return [number for part in value for number in _numbers(part)]
    return [value] if isinstance(value, int) else []


def _spread(numbers: Sequence[int]) -> str:
    return str(numbers[0]) if len(set(numbers)) == 1 else f"{min(numbers)}–{max(numbers)}"
