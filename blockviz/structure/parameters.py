"""Parametric blocks: which widths vary over a type's copies, and how to write them: ``f``, ``4f``."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence, Set
from fractions import Fraction
from typing import TypeVar

from blockviz.ir import Idiom, Item, LayerGraph, Node, Run, Unit, has_type, item_leaves
from blockviz.ops.families import anchor, family, form_label, is_depthwise, merge_name
from blockviz.ops.per_step import called
from blockviz.runtime.records import dataclass
from blockviz.structure.canonical_form import body_form, item_form, of_two_bodies
from blockviz.structure.counterparts import counterparts
from blockviz.structure.setting_letters import (
    COUNTS,
    KERNEL,
    POOL,
    STRIDE,
    are_placed_alike,
    length_of,
    setting_letters,
)

_Value = TypeVar("_Value")

WIDTHS = "fgh"
DILATION = "d"
INPUT = "c"  # the channels of what enters, where a width is a multiple of them
NO_WIDTHS = (KERNEL, POOL, STRIDE, DILATION, *COUNTS)
_UNWIELDY = 8  # times the narrowest width


@dataclass(frozen=True, slots=True)
class Symbols:
    """Per item id of the main body the text in place of its width; per symbol its value in each body.

    same : whether the main form with these texts is a body's form.
    """

    text: Mapping[str, str]
    values: tuple[Mapping[str, str], ...]
    same: tuple[bool, ...]


def width(item: Item) -> int | None:
    """Filters or units of an item's convolution or dense layer; None for what has no width of its own."""
    item = _of_row(item)
    head = anchor(item) if isinstance(item, Node | Unit) else None
    head = None if head is None else called(head)
    if head is None or (is_depthwise(head) and family(head.op) == "conv"):
        return None
    if family(head.op) == "other":  # its label says no number of a class that nobody knows
        return None
    for key in ("filters", "units"):
        value = head.config.get(key)
        if isinstance(value, int):
            return value
    return None


def _of_row(item: Item) -> Item:
    """One of the equal units of a row; any other item itself."""
    return next(iter(item.body.items())) if isinstance(item, Run) and not item.type else item


def symbols_of(main: LayerGraph, bodies: Sequence[LayerGraph]) -> Symbols:
    """Symbols for the widths in which the copies of the main form differ.

    Widths that grow in proportion share a symbol (``f`` and ``4f``). At most three symbols; what needs
    more is told in `blockviz.structure.size_captions`.
    """
    letters = setting_letters(main, bodies)
    alike = letters.alike if letters else tuple([body_form(body) == body_form(main) for body in bodies])
    same = [body for body, one in zip(bodies, alike, strict=True) if one]
    table = [[width(item) for item in body.items()] for body in same]
    columns = {
        name: values
        for position, name in enumerate(main)
        if len(set(values := [widths[position] for widths in table])) > 1 and None not in values
    }
    bases: dict[str, list[int]] = {}
    text = {}
    for name, column in _ranked(columns, main):
        numbers = [value for value in column if value is not None]
        found = next(((symbol, r) for symbol, base in bases.items() if (r := ratio(base, numbers))), None)
        if found is None:
            if len(bases) == 3:
                continue
            found = (WIDTHS[len(bases)], Fraction(1))
            bases[found[0]] = numbers
        text[name] = multiple(*found)
    for names, over_forms in _over_forms(main, bodies, text).items() if not all(alike) else ():
        if len(bases) < len(WIDTHS):
            text |= dict.fromkeys(names, symbol := WIDTHS[len(bases)])
            bases[symbol] = list(over_forms)
    text |= _varying_rates(main, same)
    varies = len({_channels(body) for body in bodies} - {None}) > 1
    taken = [dict(_values(main, body, text, bases, varies)) for body in bodies]
    text |= _of_inputs(main, bodies, text, taken) if not all(alike) else {}
    kernels = [kernel_of(body) for body in bodies]
    if len(set(kernels)) > 1 and None not in kernels:
        text |= dict.fromkeys(depthwise_items(main), KERNEL)
        taken = [{**found, KERNEL: kernel} for found, kernel in zip(taken, kernels, strict=True) if kernel]
    if letters:
        text |= letters.texts
        taken = [{**found, **own} for found, own in zip(taken, letters.values, strict=True)]
    rates = _varying_dilations(main, bodies)
    if len(set(rates.values())) == 1 and None not in (shared := next(iter(rates.values()))):
        taken = [{**found, DILATION: rate} for found, rate in zip(taken, shared, strict=True) if rate]
        text |= {dilation_key(name): DILATION for name in rates}
    else:
        text |= {dilation_key(name): f"{DILATION}{_span(column)}" for name, column in rates.items()}
    counts, numbers_of = _counts(main, bodies)
    every = tuple({**found, **own} for found, own in zip(taken, numbers_of, strict=True))
    return Symbols({**text, **counts}, every, alike)


def _over_forms(
    main: LayerGraph, bodies: Sequence[LayerGraph], known: Mapping[str, str]
) -> dict[tuple[str, ...], tuple[int, ...]]:
    """Items whose width is one number in the main form and others in other forms, which have them all; its values."""
    names: dict[tuple[int, ...], list[str]] = {}
    for name, column in _columns(main, bodies, width).items():
        numbers = tuple(value for value in column if value is not None)
        if name not in known and len(numbers) == len(bodies) and len(set(numbers)) > 1:
            names.setdefault(numbers, []).append(name)
    return {tuple(found): numbers for numbers, found in names.items()}


def _of_inputs(
    main: LayerGraph, bodies: Sequence[LayerGraph], text: Mapping[str, str], values: Sequence[Mapping[str, str]]
) -> dict[str, str]:
    """Texts for widths that are a multiple of a symbol in copies of the main form alone: of what enters, or a range.

    An inverted residual expands its input, whether it keeps its width or not.
    """
    found: dict[str, str] = {}
    layers = _layers(main)  # a form with others says so, or has a drawing of its own
    same = [pair for pair in zip(bodies, values, strict=True) if _layers(pair[0]) == layers]
    rows = [(body, told, _by_calls(main, body)) for body, told in same]
    for name, item_text in text.items():
        if not re.fullmatch(r"[2-9]\d*[fgh]", item_text):
            continue
        held = [(width(body.item(at[name])), _entering(body), body.item(at[name]), told)
                for body, told, at in rows if name in at]  # fmt: skip
        wide = [one for one, *_ in held if one]
        if all(says_width(item_text, item, told) for *_, item, told in held) or len(wide) < len(held):
            continue
        ratios = {Fraction(one, enters) if one and enters else None for one, enters, *_ in held}
        factor = ratios.pop() if len(ratios) == 1 else None
        found[name] = multiple(INPUT, factor) if factor and factor > 1 else f"{min(wide)}–{max(wide)}"
    return found


def _layers(body: LayerGraph) -> list[str]:
    return sorted(_call_form(item) for item in body.items() if width(item) or _changes_size(item))


def _changes_size(item: Item) -> bool:
    """A pooling or concatenation: a form with one of these beside the same layers has a drawing of its own."""
    return isinstance(item, Node) and (family(item.op) == "pool" or merge_name(item.op) == "Concatenate")


def _by_calls(main: LayerGraph, body: LayerGraph) -> Mapping[str, str]:
    """Main body's item id → id of the item with the same main call, whatever its activation."""
    left, right = list(main), list(body)
    forms = [_call_form(item) for item in main.items()], [_call_form(item) for item in body.items()]
    return {left[a]: right[b] for a, b in counterparts(main, body, forms)}


def _call_form(item: Item) -> str:
    head = anchor(_of_row(item)) if isinstance(_of_row(item), Node | Unit) else None
    return item_form(item) if head is None or isinstance(item, Idiom) else form_label(head, activation=False)


def _entering(body: LayerGraph) -> int | None:
    """Channels of the first tensor that enters a body."""
    port = next((ports[0] for ports in body.entries[:1] if ports), None)
    return body.input_shape(port)[-1] if port and body.input_shape(port) else None


def count_key(name: str) -> str:
    """Where the number of blocks or units in an item stands among the texts that replace its numbers."""
    return f"{name}\x00count"


def dilation_key(name: str) -> str:
    """Where an item's dilation stands among the texts that replace its numbers."""
    return f"{name}\x00dilation"


def _varying_dilations(main: LayerGraph, bodies: Sequence[LayerGraph]) -> dict[str, tuple[str | None, ...]]:
    """Items whose dilation differs over the copies, with its value in each of them (None where a copy lacks them)."""
    if not any("dilation_rate" in node.config for item in main.items() for node in item_leaves(item)):
        return {}
    columns = _columns(main, bodies, _dilation)
    return {name: column for name, column in columns.items() if len({value for value in column if value}) > 1}


def _counts(main: LayerGraph, bodies: Sequence[LayerGraph]) -> tuple[dict[str, str], list[dict[str, str]]]:
    """Texts for what is one block or unit in some copies and a row in others, or a longer row; the symbols' values."""
    text: dict[str, str] = {}
    taken: list[dict[str, str]] = [{} for _ in bodies]
    if not any(isinstance(item, Run) for body in bodies for item in body.items()):
        return text, taken
    known: dict[tuple[int | None, ...], str] = {}
    for name, found in _columns(main, bodies, length_of).items():
        # a copy with something between its blocks has no row that could be counted
        torn = [_often(body, main.item(name)) > _often(main, main.item(name)) for body in bodies]
        column = tuple(None if apart else count for count, apart in zip(found, torn, strict=True))
        held = {count for count in column if count}
        if len(held) < 2:
            continue
        if column not in known and len(known) < len(COUNTS):
            known[column] = COUNTS[len(known)]
        text[count_key(name)] = known.get(column, f"{min(held)}–{max(held)}")
    for column, symbol in known.items():
        for values, count in zip(taken, column, strict=True):
            values |= {symbol: str(count)} if count else {}
    return text, taken


def _often(body: LayerGraph, item: Item) -> int:
    """How many blocks and rows of blocks of an item's type stand in a body; 0 for what has no type."""
    return sum(other.type == item.type for other in body.items() if has_type(other)) if has_type(item) else 0


def _columns(
    main: LayerGraph, bodies: Sequence[LayerGraph], value: Callable[[Item], _Value | None]
) -> dict[str, tuple[_Value | None, ...]]:
    """Per item of the main form its value in every body; None where a body lacks it."""
    rows = []
    for body in bodies:
        names = zip(main, body, strict=True) if are_placed_alike(main, body) else aligned(main, body).items()
        rows.append({own: value(body.item(other)) for own, other in names})
    return {name: tuple(row.get(name) for row in rows) for name in main}


def _dilation(item: Item) -> str:
    head = anchor(_of_row(item))
    rate = None if head is None else head.config.get("dilation_rate")
    sizes = list(rate) if isinstance(rate, list | tuple) else [rate or 1]
    return str(sizes[0]) if len(set(sizes)) == 1 else "×".join(map(str, sizes))


def _span(column: Sequence[str | None]) -> str:
    values = [value for value in column if value is not None]
    return f"{min(values, key=int)}–{max(values, key=int)}" if all(value.isdecimal() for value in values) else ""


def _varying_rates(main: LayerGraph, same: Sequence[LayerGraph]) -> dict[str, str]:
    """Items that drop out at a rate that differs from copy to copy (stochastic depth), with the range of their rates.

    "?" where one of them is not known.
    """
    rates = [[_rate(item) for item in body.items()] for body in same]
    columns = {name: {row[position] for row in rates} for position, name in enumerate(main)}
    return {name: _rate_span(found) for name, found in columns.items() if len(found) > 1}


def _rate_span(rates: Set[float | None]) -> str:
    known = [rate for rate in rates if rate is not None]
    return f"{min(known):.2g}–{max(known):.2g}" if len(known) == len(rates) else "?"


def _rate(item: Item) -> float | None:
    if isinstance(item, Node) and family(item.op) == "dropout":
        rate = item.config.get("rate", item.config.get("drop_rate"))
        return float(rate) if isinstance(rate, int | float) else None
    return None


def _ranked(columns: dict[str, list[int | None]], main: LayerGraph) -> list[tuple[str, list[int | None]]]:
    """Columns in the order in which they may become symbols.

    The narrowest first, as in ``Bottleneck(f)`` with its 4f; but the output's if the others would be
    unwieldy multiples of the narrowest, as with the squeeze in a squeeze-and-excitation. Dense layers among
    convolutions gate them, and come last.
    """
    heads = {name: anchor(_of_row(main.item(name))) for name in columns}
    dense = {name for name, head in heads.items() if head is not None and family(head.op) == "dense"}
    gates = dense if any(head is not None and family(head.op) == "conv" for head in heads.values()) else set()
    ranked = sorted(columns.items(), key=lambda pair: (pair[0] in gates, [value or 0 for value in pair[1]]))
    if len(ranked) > 1:
        least, most = ranked[0][1][0] or 1, ranked[-1][1][0] or 1
        if most > _UNWIELDY * least:
            last = next(reversed(columns))
            ranked.sort(key=lambda pair: pair[0] != last)
    return ranked


def ratio(base: Sequence[int], numbers: Sequence[int]) -> Fraction | None:
    """The constant ratio of two columns, if it is a small multiple or part."""
    ratios = {Fraction(number, unit) for number, unit in zip(numbers, base, strict=True) if unit}
    if len(ratios) != 1:
        return None
    (found,) = ratios
    return found if found.denominator == 1 or found.numerator == 1 or found.denominator <= 4 else None


def multiple(symbol: str, factor: Fraction) -> str:
    """``f``, ``4f``, ``f/2``, ``3f/4``."""
    if factor.denominator == 1:
        return symbol if factor == 1 else f"{factor.numerator}{symbol}"
    head = symbol if factor.numerator == 1 else f"{factor.numerator}{symbol}"
    return f"{head}/{factor.denominator}"


def _values(
    main: LayerGraph, body: LayerGraph, text: Mapping[str, str], bases: Mapping[str, list[int]], varies: bool
) -> Mapping[str, str]:
    """The symbols' values in one body, main form or variant: read where the symbol stands alone.

    ``varies``: whether the copies give different numbers of channels.
    """
    found: dict[str, str] = {}
    where: dict[str, list[str]] = {}
    for name, symbol in text.items():
        if symbol in bases:
            where.setdefault(symbol, []).append(name)
    widths = dict(_by_kind(main, body))
    for symbol, names in where.items():
        name = names[-1]
        value = widths.get(name)
        value = _only(widths, names) if value is None else value  # a form that lacks this item has others
        if value is None and _channels(main) == width(main.item(name)):  # the symbol is the block's output
            value = _channels(body)
        if value is None:
            value = _only(dict(_by_convolution(main, body)), names)
        if value is None:
            sizes = (_channels(main) or 0, _channels(body) or 0) if varies else None
            value = _of_multiple(sizes, main, widths, [one for one, told in text.items() if symbol in told], name)
        if value is not None:
            found[symbol] = str(value)
    return {symbol: found[symbol] for symbol in bases if symbol in found}


def _only(widths: Mapping[str, int | None], names: Sequence[str]) -> int | None:
    """The one width that some items have; None where they have several."""
    told = {wide for name in names if (wide := widths.get(name)) is not None}
    return told.pop() if len(told) == 1 else None


def _of_multiple(
    sizes: tuple[int, int] | None, main: LayerGraph, widths: Mapping[str, int | None], names: Sequence[str], base: str
) -> int | None:
    """A symbol's value in a body that has a multiple of it (``4f``) and lacks what it stands alone at.

    ``sizes`` are the channels that come out of the main form and of the body, where these vary over the copies.
    None where what comes out does not follow: the multiple is another one there.
    """
    for name in names:
        wide, own, unit = widths.get(name), width(main.item(name)) if name in main else None, width(main.item(base))
        if wide and own and unit and wide * unit % own == 0:
            return wide * unit // own if sizes is None or sizes[0] * wide == sizes[1] * own else None
    return None


def _channels(body: LayerGraph) -> int | None:
    """Channels of a block's one output; None where there are several outputs."""
    if len(body.exits) != 1:
        return None
    name, out = body.exits[0]
    shapes = body.item(name).outputs
    return shapes[out][-1] if out < len(shapes) and shapes[out] else None


def _by_kind(main: LayerGraph, body: LayerGraph) -> Iterator[tuple[str, int | None]]:
    """Main body's item id → width of its counterpart in another body."""
    if are_placed_alike(main, body):
        yield from zip(main, (width(item) for item in body.items()), strict=True)
        return
    counterpart = aligned(main, body)
    for name, other in counterpart.items():
        yield name, width(body.item(other))


def _by_convolution(main: LayerGraph, body: LayerGraph) -> Iterator[tuple[str, int | None]]:
    """The same for units with another activation or normalisation: each stands for one that convolves alike."""
    left, right = list(main), list(body)
    heads = [[None if isinstance(item, Idiom) else anchor(item) for item in one.items()] for one in (main, body)]
    forms = tuple([form_label(head, activation=False) if head is not None else "" for head in one] for one in heads)
    yield from ((left[a], width(body.item(right[b]))) for a, b in counterparts(main, body, (forms[0], forms[1])))


@of_two_bodies
def aligned(main: LayerGraph, body: LayerGraph) -> Mapping[str, str]:
    """Main body's item id → id of the item that stands for it in another copy."""
    left, right = list(main), list(body)
    forms = [item_form(item) for item in main.items()], [item_form(item) for item in body.items()]
    return {left[a]: right[b] for a, b in counterparts(main, body, forms)}


def in_symbols(
    names: Iterable[str],
    body: LayerGraph,
    copies: Sequence[tuple[LayerGraph, Mapping[str, str]]],
    used: Mapping[str, str],
) -> dict[str, str]:
    """Widths of items that only a variant has, written with the type's symbols where all its copies agree.

    ``copies`` are the variant's bodies with the symbols' values; a ratio is believed if it is one that the
    main form has (``used``) or if two copies of different widths show it.
    """
    at = {name: position for position, name in enumerate(body)}
    table = [([width(item) for item in other.items()], values) for other, values in copies]
    found = {}
    for name in names:
        for symbol in dict.fromkeys(symbol for _, values in copies for symbol in values if symbol not in NO_WIDTHS):
            pairs = [(widths[at[name]], int(values[symbol])) for widths, values in table if symbol in values]
            if not pairs or any(wide is None or not unit for wide, unit in pairs):
                continue
            factor = ratio([unit for _, unit in pairs], [wide for wide, _ in pairs if wide is not None])
            if factor and (len(set(pairs)) > 1 or multiple(symbol, factor) in used.values()):
                found[name] = multiple(symbol, factor)
                break
    return found


def says_width(text: str, item: Item, values: Mapping[str, str]) -> bool:
    """Whether a text in symbols (``f``, ``4f``) is an item's width where the symbols have these values."""
    wide = width(item)
    if wide is None:
        return True  # it speaks of something else
    units = {symbol: int(value) for symbol, value in values.items() if value.isdecimal() and symbol not in NO_WIDTHS}
    return any((factor := ratio([unit], [wide])) and multiple(symbol, factor) == text for symbol, unit in units.items())


def kernel_of(body: LayerGraph) -> str | None:
    """Kernels of the depthwise convolutions in a body, ``3×3``; None if there are none or several."""
    found = {
        "×".join(map(str, node.config["kernel_size"]))
        for item in body.items()
        for node in item_leaves(item)
        if is_depthwise(node) and isinstance(node.config.get("kernel_size"), list | tuple)
    }
    return found.pop() if len(found) == 1 else None


def depthwise_items(body: LayerGraph) -> list[str]:
    """Ids of the items that convolve depthwise."""
    return [
        name
        for name, item in zip(body, body.items(), strict=True)
        if (head := anchor(item)) is not None and is_depthwise(head)
    ]
