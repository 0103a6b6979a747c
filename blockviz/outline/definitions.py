"""What the panel of a block type says: its main form, its variants, and every copy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from blockviz.costs.cost import cost_of
from blockviz.ir import (
    Block,
    BlockType,
    Composite,
    Item,
    LayerGraph,
    Run,
    blocks_in,
    item_leaves,
    layers_of,
    sets_of_weights,
)
from blockviz.outline.ends import end_shape
from blockviz.outline.model import Definition, Instance, Variant
from blockviz.outline.spans import spans_of
from blockviz.structure.canonical_form import body_form, difference, worded_form
from blockviz.structure.isomorphism import Judge
from blockviz.structure.parameters import (
    NO_WIDTHS,
    WIDTHS,
    Symbols,
    aligned,
    count_key,
    dilation_key,
    in_symbols,
    says_width,
)
from blockviz.structure.setting_letters import COUNTS, length_of, stride_key, window_key
from blockviz.structure.size_captions import Captions, captions_of


def definition_of(
    letter: str, found: BlockType, blocks: list[Composite], main: LayerGraph, symbols: Symbols
) -> Definition:
    """A block type with everything that its panel and the tables say."""
    captions = _captions(main, blocks, symbols)
    plain = [block.body for block in blocks if not block.variant]
    told = all(same or block.variant for block, same in zip(blocks, symbols.same, strict=True))
    own, seen = ({}, {}) if told else spans_of(main, plain)
    several = any(block.variant for block in blocks)
    taken = _letters(captions.tensors.values())  # by sizes of the main form alone
    every = [block.body for block in blocks] if several else []
    sizes, tensors = spans_of(main, every, symbols.values, taken)
    parameters: dict[str, dict[str, None]] = defaultdict(dict)
    for symbol in (*WIDTHS, *NO_WIDTHS):
        for values in symbols.values:
            if symbol in values:
                parameters[symbol][values[symbol]] = None
    return Definition(
        letter=letter,
        name=found.name,
        source=found.source,
        reason=found.reason,
        level=found.level,
        count=len(blocks),
        body=main,
        symbols={**own, **captions.sizes, **symbols.text},
        parameters={symbol: _in_order(list(values)) for symbol, values in parameters.items()},
        variants=tuple(_variants(main, blocks, symbols)),
        instances=tuple(_instances(main, blocks, symbols)),
        references=found.references,
        tensors={**seen, **captions.tensors},
        sets=sets_of_weights(blocks),
        spans=sizes,
        tensor_spans=tensors,
        nested=_nested(main, blocks),
    )


def _in_order(values: list[str]) -> tuple[str, ...]:
    """Values as they come where they grow or shrink; else, up and down again, from the least to the largest."""
    if not all(value.isdecimal() for value in values):
        return tuple(values)
    ordered = sorted(values, key=int)
    return tuple(values if values in (ordered, ordered[::-1]) else ordered)


def _nested(main: LayerGraph, blocks: Sequence[Composite]) -> dict[str, tuple[str | None, ...]]:
    """Blocks inside the main form → the variants of their copies, where all copies of the form agree.

    Copies that are told by a mark of their own (another stride) have no say.
    """
    form, found = body_form(main), dict[str, tuple[str | None, ...]]()
    alike = [block for block in blocks if body_form(block.body) == form]
    same = [list(block.body.items()) for block in alike if block.variant is None or block.body is main]
    for place, name in enumerate(main):
        rows = {_variants_in(items[place]) for items in same}
        if len(rows) == 1 and any(row := rows.pop()):
            found[name] = row
    return found


def _variants_in(item: Item) -> tuple[str | None, ...]:
    copies = item.body.items() if isinstance(item, Run) else [item]
    return tuple(copy.variant if isinstance(copy, Composite) else None for copy in copies)


def main_of(found: BlockType) -> LayerGraph:
    """The main form of a labelled type."""
    assert found.main is not None, "a block graph is read after its types are labelled"
    return found.main


def _captions(main: LayerGraph, blocks: Sequence[Composite], symbols: Symbols) -> Captions:
    """What the picture of the main form says of its sizes; copies with other strides are told apart in words."""
    rows = zip(blocks, symbols.values, symbols.same, strict=True)
    kept = sorted(((block, found) for block, found, same in rows if same), key=lambda pair: pair[0].body is not main)
    same = [(block.body, found) for block, found in kept]
    near = [(block.body, found) for block, found in kept if not block.variant]
    found = captions_of([body for body, _ in near], [values for _, values in near], symbols.text)
    if len(near) == len(same):
        return found
    every = captions_of([body for body, _ in same], [values for _, values in same], symbols.text)
    known = {letter for values in symbols.values for letter in values} | _letters(found.tensors.values())
    sizes = {name: text for name, text in every.sizes.items() if _letters([text]) <= known}
    ranges, _ = spans_of(main, [body for body, _ in same])  # a letter that no tensor of the drawing bears says nothing
    unsaid = {name: ranges[name] for name in every.sizes if name not in sizes and name in ranges}
    return Captions({**found.sizes, **sizes, **unsaid}, found.tensors)


def _letters(texts: Iterable[str]) -> set[str]:
    """The symbols in some texts: ``c`` and ``f`` of ``3c/2+f``, ``c′`` of ``c′/4``."""
    return {letter for text in texts for letter in re.findall(r"[A-Za-z][′″]?", text)}


def _variants(main: LayerGraph, blocks: list[Composite], symbols: Symbols) -> Iterator[Variant]:
    """One entry per variant; those that differ only in their strides are told by the first's body."""
    by_name: dict[str, list[int]] = defaultdict(list)
    for number, block in enumerate(blocks):
        if block.variant:
            by_name[block.variant].append(number)
    for name, numbers in by_name.items():
        body = blocks[numbers[0]].body
        found, counterpart = difference(main, body), aligned(main, body)
        place = {name: at for at, name in enumerate(body)}
        alike = [n for n in numbers if worded_form(blocks[n].body) == worded_form(body)]
        text = {
            other: symbols.text[own]
            for own, other in counterpart.items()
            if own in symbols.text
            and all(_says(symbols.text[own], place[other], blocks[n], symbols.values[n]) for n in alike)
        }
        text |= {
            key(other): symbols.text[key(own)]
            for key in (dilation_key, count_key, window_key, stride_key)
            for own, other in counterpart.items()
            if key(own) in symbols.text
        }
        same = [(blocks[n].body, symbols.values[n]) for n in numbers if len(blocks[n].body) == len(body)]
        text |= in_symbols(found.added, body, same, symbols.text)
        changed = frozenset(new for _, new in found.changed)
        captions = captions_of([blocks[n].body for n in alike], [symbols.values[n] for n in alike], text)
        text = {**captions.sizes, **text}
        ids = (frozenset(found.added), frozenset(found.removed), changed)
        yield Variant(name, len(numbers), body, text, *ids, captions.tensors)


def _says(text: str, place: int, block: Composite, values: Mapping[str, str]) -> bool:
    """Whether a text in symbols holds for the item at a place of a copy."""
    return says_width(text, list(block.body.items())[place], values)


def _rows(body: LayerGraph) -> list[int]:
    return [length_of(item) for item in body.items()]


def _instances(main: LayerGraph, blocks: list[Composite], symbols: Symbols) -> Iterator[Instance]:
    """Every copy; what sets one apart is its variant, or how long its rows are, which the figure has as numbers."""
    judge = Judge() if any(isinstance(inner, Block) for inner in blocks_in(main)) else None  # else the mark says all
    usual, rows = judge.number(main) if judge else 0, _rows(main)
    for block, values in zip(blocks, symbols.values, strict=True):
        told = block.variant
        if not told and (_rows(block.body) != rows or (judge and judge.number(block.body) != usual)):
            counts = [f"{symbol} = {values[symbol]}" for symbol in COUNTS if symbol in values]
            told = ", ".join(counts) or "another number of inner blocks"
        nodes = list(item_leaves(block))
        yield Instance(tuple(layers_of(nodes)), told, block.stage, cost_of(nodes), end_shape(block), values)
