"""Sizes of a type over all of its copies, other forms included: what one drawing for all of them may say."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence, Set
from fractions import Fraction

from blockviz.ir import UNKNOWN, Item, LayerGraph, Node, Run, Shape, size_words
from blockviz.ops.families import family, merge_name
from blockviz.structure.canonical_form import body_form, difference, item_form
from blockviz.structure.parameters import INPUT, WIDTHS, multiple, width
from blockviz.structure.size_captions import AXES, Scribe
from blockviz.text.numbers import range_text

Tensor = tuple[str, int]  # (item id, output index), or ("", number of an entry)
_FIRST = ("", 0)


def spans_of(
    main: LayerGraph,
    bodies: Sequence[LayerGraph],
    values: Sequence[Mapping[str, str]] = (),
    taken: Set[str] = frozenset(),
) -> tuple[dict[str, str], dict[Tensor, str]]:
    """(item of the main form → widths, tensor → shape) as ranges, where the copies differ.

    values : of the type's symbols in each body, of which one may be what a tensor has as channels. taken : letters that
    stand for something else in the drawing.
    """
    widths: dict[str, set[int]] = defaultdict(set)
    held: dict[str, dict[int, int]] = defaultdict(dict)
    shapes: dict[Tensor, dict[Shape, None]] = defaultdict(dict)
    copies: dict[Tensor, dict[int, Shape]] = defaultdict(dict)
    places: dict[object, list[tuple[int, int]]] = {}  # equal forms have their items at equal places
    names = list(main)
    for copy, body in enumerate(bodies):
        form, others = body_form(body), list(body)
        if form not in places:
            at = difference(main, body).pairs  # those of another activation included
            places[form] = [(names.index(own), others.index(other)) for own, other in at.items()]
            for name, found in _rows_apart(main, body, at):
                widths[name] |= found
        for own, other in places[form]:
            item = body.item(others[other])
            if (wide := width(item)) is not None or (wide := _joined(item)) is not None:
                widths[names[own]].add(wide)
                held[names[own]][copy] = wide
            for index, shape in enumerate(item.outputs):
                shapes[names[own], index][shape] = None
                copies[names[own], index][copy] = shape
        for number, ports in enumerate(body.entries):
            if ports:
                shapes["", number][body.input_shape(ports[0])] = None
                copies["", number][copy] = body.input_shape(ports[0])
    for name in names:
        if _is_row(main.item(name)) and widths.get(name) and (wide := width(main.item(name))) is not None:
            widths[name].add(wide)
    sizes = {name: f"{min(all_)}–{max(all_)}" for name, all_ in widths.items() if len(all_) > 1}
    differing = {tensor: list(forms) for tensor, forms in shapes.items() if len(forms) > 1}
    ranges = {tensor: range_text(forms) for tensor, forms in differing.items() if _have_equal_axes(forms)}
    letters = {symbol for found in values for symbol in found if symbol in WIDTHS}
    for tensor, forms in copies.items() if letters else ():
        channels = {copy: str(shape[-1]) for copy, shape in forms.items() if shape}
        told = [s for s in sorted(letters) if all(values[copy].get(s) == size for copy, size in channels.items())]
        if told and tensor in ranges and "×" in ranges[tensor]:
            ranges[tensor] = f"{ranges[tensor].rpartition('×')[0]}×{told[0]}"
    ranges = _with_letters(ranges, copies)
    tensors = _without_ranges(ranges, copies, len(bodies), values, taken)
    return sizes | _multiples(held, copies, tensors), tensors


def _multiples(
    held: Mapping[str, Mapping[int, int]],
    copies: Mapping[Tensor, Mapping[int, Shape]],
    tensors: Mapping[Tensor, str],
) -> dict[str, str]:
    """Widths that are a multiple of what enters in all copies, where its channels bear a letter."""
    if tensors.get(_FIRST, "").rpartition("×")[2] != INPUT:
        return {}
    enters = {copy: shape[-1] for copy, shape in copies[_FIRST].items()}
    return {name: text for name, found in held.items() if (text := _of_what_enters(found, enters))}


def _of_what_enters(held: Mapping[int, int], enters: Mapping[int, int | None]) -> str:
    """A width in each copy as a whole multiple of the channels that enter it: ``4c``; "" where it is none."""
    if held.keys() != enters.keys() or not all(enters.values()):
        return ""
    factors = {Fraction(wide, enters[copy] or 1) for copy, wide in held.items()}
    factor = factors.pop()
    return multiple(INPUT, factor) if not factors and factor.denominator == 1 and factor > 1 else ""


def _without_ranges(
    ranges: Mapping[Tensor, str],
    copies: Mapping[Tensor, Mapping[int, Shape]],
    count: int,
    values: Sequence[Mapping[str, str]],
    taken: Set[str],
) -> dict[Tensor, str]:
    """Letters in place of ranges for tensors that all copies have: each copy's own size stands in the overview."""
    out, scribe = dict(ranges), Scribe(count)
    for symbol in WIDTHS:
        scribe.name(symbol, tuple(int(row[symbol]) if row.get(symbol, "").isdecimal() else None for row in values))
    for tensor in sorted(ranges, key=lambda one: one[0] != ""):
        shapes, texts = list(copies[tensor].values()), ranges[tensor].split("×")
        if len(shapes) < scribe.copies or any(len(shape) != len(texts) + 1 for shape in shapes):
            continue
        for axis, text in enumerate(texts):
            column = tuple(shape[axis + 1] for shape in shapes)
            last = axis == len(texts) - 1
            if "–" in text and None not in column and taken.isdisjoint("c" if last else "HWDL"):
                letter = "" if last else AXES.get(len(texts) - 1, "")[axis : axis + 1]
                texts[axis] = scribe.channels(column, True) if last else scribe.extent(letter, column, texts[:axis])
        out[tensor] = "×".join(f"({text})" if "+" in text else text for text in texts)
    return out


def _with_letters(ranges: Mapping[Tensor, str], copies: Mapping[Tensor, Mapping[int, Shape]]) -> dict[Tensor, str]:
    """Ranges in which a size that is open in every copy is a share of the model's (``H′``), what enters first."""
    out, opened = dict(ranges), dict[str, dict[int, Fraction]]()
    for tensor in sorted(ranges, key=lambda one: one[0] != ""):
        shapes, texts = copies[tensor], ranges[tensor].split("×")
        if any(shape == UNKNOWN or len(shape) != len(texts) + 1 for shape in shapes.values()):
            continue
        for axis, text in enumerate(texts):
            if text == "?":
                words = {number: size_words(shape)[axis] for number, shape in shapes.items()}
                texts[axis] = _share_text(words, opened)
        out[tensor] = "×".join(texts)
    return out


def _share_text(words: Mapping[int, str], opened: dict[str, dict[int, Fraction]]) -> str:
    """``H′``, ``H′/2`` for other shares of one open size in each copy, by letters that were given out; else "?"."""
    found = {number: re.fullmatch(r"(\d*)([A-Z])(?:/(\d+))?", word) for number, word in words.items()}
    letters = {one[2] for one in found.values() if one}
    if not all(found.values()) or len(letters) != 1 or len(set(words.values())) == 1:
        return "?"
    (letter,) = letters
    shares = {number: Fraction(int(one[1] or 1), int(one[3] or 1)) for number, one in found.items() if one}
    for symbol, base in opened.items():
        factors = {share / base[number] if number in base else None for number, share in shares.items()}
        if symbol[0] == letter and len(factors) == 1 and (factor := factors.pop()) is not None:
            return multiple(symbol, factor)
    free = next((f"{letter}{prime}" for prime in "′″" if f"{letter}{prime}" not in opened), "")
    if free:
        opened[free] = shares
    return free or "?"


def _have_equal_axes(forms: Sequence[Shape]) -> bool:
    """Whether shapes have as many axes, or one is unknown: where a form reshapes less, its mark says so, no range."""
    return UNKNOWN in forms or len({len(shape) for shape in forms}) == 1


def _joined(item: Item) -> int | None:
    """Channels of a concatenation, which its bar says."""
    if not isinstance(item, Node) or family(item.op) != "merge" or merge_name(item.op) != "Concatenate":
        return None
    return item.outputs[0][-1] if item.outputs and item.outputs[0] else None


def _is_row(item: Item) -> bool:
    """Whether an item is a row of equal layers, which is drawn layer by layer where there is room."""
    return isinstance(item, Run) and not item.type


def _rows_apart(main: LayerGraph, body: LayerGraph, pairs: Mapping[str, str]) -> Iterator[tuple[str, set[int]]]:
    """A row of the main form that another form has as layers by themselves, and their widths."""
    rows = [name for name in main if name not in pairs and _is_row(main.item(name))]
    if not rows:
        return
    taken = set(pairs.values())
    loose = [one for name in body if name not in taken for one in _units(body.item(name))]
    for name in rows:
        form = item_form(_units(main.item(name))[0])
        yield name, {wide for one in loose if item_form(one) == form and (wide := width(one)) is not None}


def _units(item: Item) -> list[Item]:
    return list(item.body.items()) if isinstance(item, Run) and not item.type else [item]
