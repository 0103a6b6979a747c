"""The values of a type's letters, told in its panel's head or in a table, against every copy."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import chain, compress, repeat

from blockviz.ir import Block, Composite, Group, Item, LayerGraph, Node, blocks_in, item_leaves, letters_of
from blockviz.ops.per_step import called
from blockviz.page.proof.counterparts import counterparts
from blockviz.page.proof.facts import (
    conv_words,
    copies_of,
    lengths_in,
    main_call,
    stride_sizes,
    tokens,
    width_of,
    window_sizes,
)
from blockviz.page.proof.multiples import multiple_faults
from blockviz.page.proof.reading import Reading, text_of
from blockviz.page.proof.switches import switch_faults, switch_heads
from blockviz.runtime.records import dataclass
from blockviz.scene import Frame, Sheet, Words

_LETTERS = "fghkpsdnm"
_GIVEN = "output"
_NEAR = 0.06  # points within which texts end at one column's edge
_Copies = Sequence[Block | Group]
_Truth = Sequence[Mapping[str, "_Values"]]
_Told = tuple[str, int, Mapping[str, str]]  # (what copies give, ×N, head → cell) of a row


def value_faults(reading: Reading, graph: LayerGraph, sheets: Sequence[Sheet]) -> Iterator[str]:
    """What a panel says of its letters and what its copies don't have; letters of which it says nothing."""
    letters = letters_of(graph)
    blocks = {box for _, _, box in reading.badges}
    for sheet in sheets:
        for frame in (frame for frame in sheet.groups if frame.id):
            copies = [block for block in blocks_in(graph) if letters[block.type] == frame.id]
            if not copies:
                continue
            words = [one for one in sheet.words if _stands_in(one, frame)]
            drawings: dict[str, dict[str, str]] = {frame.id: {}}  # the main one, and those of variants: A, A.1
            for key, said in reading.boxes.items():
                if said.box.group.partition(".")[0] == frame.id:
                    labels = drawings.setdefault(said.box.group, {})
                    text = said.text.replace(" | ", " ")
                    # a block's name may hold a word of one letter
                    told = " ".join(re.findall(r"\(.*\)|×\S+", text)) if key in blocks else text
                    labels[key.partition("/")[2]] = told
            labels = drawings.pop(frame.id)
            yield from (
                f"panel {frame.id}: {fault}" for fault in multiple_faults(labels, _drawn(labels, copies), copies)
            )
            truth = list(_truth(labels, list(drawings.values()), copies))
            yield from (f"panel {frame.id}: {fault}" for fault in _faults(words, copies, truth))


def _faults(words: Sequence[Words], copies: _Copies, truth: _Truth) -> Iterator[str]:
    heads, rows = table_of(words, [copy.variant for copy in copies])
    header = [head for head in heads if head in _LETTERS]
    sentences = dict(_sentences(words))
    if both := sorted(set(header) & sentences.keys()):
        yield f"says the values of {both[0]} in a table and beside it"
    used = set().union(*truth)
    for letter, told in sentences.items():
        true = [copy.get(letter, _Values(frozenset())) for copy in truth]
        every = frozenset[str]().union(*(copy.boxes | copy.others for copy in true))
        if not {value for value in told if not value.endswith("…")} <= every:
            every |= frozenset(_sizes(copies))  # a letter of shapes alone, or of what only some forms have
        yield from _sentence_faults(letter, told, true, every)
    for joined, rows_told in _joined(words):
        yield from _joined_faults(joined, rows_told, copies, truth)
        sentences |= {letter: [] for letter in joined}
    if heads:
        yield from _table_faults(header, rows, copies, truth)
        switches = [head for head in heads if head not in header]
        yield from switch_faults(switches, [(times, cells) for _, times, cells in rows], copies)
    yield from (f"nothing says what {letter} is" for letter in sorted(used - sentences.keys() - set(header)))


def _sentence_faults(
    letter: str, told: Sequence[str], truth: Sequence[_Values], every: Collection[str]
) -> Iterator[str]:
    said = f"says {letter} = {', '.join(told)}"
    values = {value for value in told if not value.endswith("…")}
    if missing := sorted(values.difference(every)):
        yield f"{said}, and no copy has {missing[0]}"
    short = [copy for copy in truth if not copy.admit(values)]
    if short and not told[-1].endswith("…"):
        yield f"{said}, and a copy has {sorted(short[0].boxes)}"


def _joined_faults(
    letters: Sequence[str], told: Sequence[Sequence[str]], copies: _Copies, truth: _Truth
) -> Iterator[str]:
    """``(f, g) = (32, 64), (64, 64)``: what each copy has is in the list, and nothing else."""
    fits = [
        {number for number, row in enumerate(told) if all(map(_admits, row, letters, repeat(copy), repeat(true)))}
        for copy, true in zip(copies, truth, strict=True)
    ]
    whole = not (told and told[-1][-1].endswith("…"))
    if whole and (short := next((copy for copy, rows in zip(copies, fits, strict=True) if not rows), None)):
        yield f"says {', '.join(letters)} = {told}, and {short.id} has none of them"
    if extra := set(range(len(told) - (not whole))) - set[int]().union(*fits):
        yield f"says {', '.join(letters)} = {told[min(extra)]}, and no copy has that"


def _admits(value: str, letter: str, copy: Block | Group, true: Mapping[str, _Values]) -> bool:
    """Whether a value may be that of a copy; it has none where its variant lacks the box."""
    own = true.get(letter, _Values(frozenset()))
    return value in own.boxes | own.others or (value == "–" and (bool(copy.variant) or not own.boxes))


def _table_faults(letters: Sequence[str], rows: Sequence[_Told], copies: _Copies, truth: _Truth) -> Iterator[str]:
    told_before: dict[object, set[str]] = {}
    kept = list[bool]()
    for copy in copies:  # a further call that gives the same is told with the first
        layers = {node.layer.name for node in item_leaves(copy)}
        before = told_before.setdefault((copy.variant, copy.outputs), set())
        kept.append(before.isdisjoint(layers))
        before |= layers
    copies, truth = list(compress(copies, kept)), list(compress(truth, kept))
    if (told := sum(times for _, times, _ in rows)) != len(copies):
        yield f"its table stands for {told} copies, and there are {len(copies)}"
    each = chain.from_iterable([row] * row[1] for row in rows)
    for (given, _, values), copy, true in zip(each, copies, truth, strict=False):
        sizes = [size for shape in copy.outputs for size in (shape[1:], shape[1:-1])]
        texts = {"×".join(map(str, one)) for one in sizes} | {str(one[-1]) for one in sizes if None in one}
        if given and given not in texts:
            yield f"its table says {given} of a copy that gives {sizes}"
            return
        for letter in letters:
            value = values.get(letter, "")
            if not _admits(value, letter, copy, true):
                yield f"its table says {letter} = {value} of a copy with {sorted(true[letter].boxes)}"
                return


# What the words say


def _stands_in(words: Words, frame: Frame) -> bool:
    return frame.x <= words.x <= frame.x + frame.width and frame.y <= words.y <= frame.y + frame.height


def _sentences(words: Sequence[Words]) -> Iterator[tuple[str, list[str]]]:
    """(letter, values) for each ``f = 64, 128``."""
    for text in _lines(words):
        for letter, told in re.findall(rf"(?:^|[·;] )([{_LETTERS}]) = ([^;·]+)", text):
            yield letter, told.strip().split(", ")


def _joined(words: Sequence[Words]) -> Iterator[tuple[list[str], list[list[str]]]]:
    """(letters, rows of values) for each ``(f, g) = (32, 64), (64, 64)``."""
    for text in _lines(words):
        for letters, told in re.findall(rf"(?:^|[·;] )\(([{_LETTERS}](?:, [{_LETTERS}])+)\) = ([^;·]+)", text):
            yield letters.split(", "), [row.strip("() ").split(", ") for row in re.split(r"(?<=\)), ", told)]


def _lines(words: Sequence[Words]) -> list[str]:
    """Lines of a panel; one that ends with a comma goes on below."""
    lines = sorted((one for one in words if one.anchor == "start"), key=lambda one: (one.x, one.y))
    whole = list[str]()
    for line in lines:
        if whole and whole[-1].endswith(","):
            whole[-1] += f" {text_of(line)}"
        else:
            whole.append(text_of(line))
    return whole


def table_of(words: Sequence[Words], variants: Sequence[str | None]) -> tuple[list[str], list[_Told]]:
    """The heads of the columns, letters and switches, and what the rows say; ([], []) where there is no table."""
    ends = [one for one in words if one.anchor == "end"]
    switches = switch_heads(variants)
    heads = [one for one in ends if text_of(one) in (*_LETTERS, _GIVEN, *switches)]
    beside = [sum(abs(other.y - one.y) < _NEAR for other in heads) for one in heads]
    level = next((one.y for one, n in zip(heads, beside, strict=True) if n > 1 or text_of(one) in switches), None)
    if level is None:
        return [], []
    columns = {text_of(one): one.x for one in ends if abs(one.y - level) < _NEAR}
    letters = [head for head in columns if head != _GIVEN]
    lower = [one for one in ends if one.y > level + _NEAR]
    bases = sorted({one.y for one in lower if any(abs(one.x - x) < _NEAR for x in columns.values())})
    rows = list[_Told]()
    for base in bases:
        line = [one for one in lower if abs(one.y - base) < _NEAR]
        said = {head: text_of(one) for head, x in columns.items() for one in line if abs(one.x - x) < _NEAR}
        times = next((int(text[1:]) for text in map(text_of, line) if re.fullmatch(r"×\d+", text)), 1)
        rows.append((said.get(_GIVEN, ""), times, {letter: said.get(letter, "") for letter in letters}))
    return letters, rows


# What is so


@dataclass(frozen=True, slots=True)
class _Values:
    """What a letter is in one copy: what the boxes with the letter have, and what else it may be.

    Which box of a variant is which nobody knows for sure; there, and where a copy has no such box, any width of it may
    be meant.
    """

    boxes: frozenset[str]
    others: frozenset[str] = frozenset()

    def admit(self, told: Collection[str]) -> bool:
        """Whether one of several values may be this copy's; any, where it has no box with the letter."""
        return not self.boxes or not (self.boxes | self.others).isdisjoint(told)


def _drawn(labels: Mapping[str, str], copies: _Copies) -> Block | Group:
    """The copy that a drawing shows."""
    return next((copy for copy in copies if labels.keys() <= set(_names(copy.body))), copies[0])


def _truth(
    labels: Mapping[str, str], others: Sequence[Mapping[str, str]], copies: _Copies
) -> Iterator[Mapping[str, _Values]]:
    """Per copy: letter → its values there, by the drawing of its variant where that has one of its own."""
    main = _drawn(labels, copies)
    drawn: dict[str | None, tuple[Block | Group, Mapping[str, str]]] = {}
    for copy in copies:
        names = set(_names(copy.body))
        own = next((labels for labels in others if not names.isdisjoint(labels)), None)
        if copy.variant and own is not None:
            drawn[copy.variant] = copy, own
    for copy in copies:
        shown, texts = drawn.get(copy.variant, (main, labels))
        uses = {name: list(_uses(text)) for name, text in texts.items()}
        items = counterparts(shown, copy)
        found: dict[str, set[str]] = {letter: set() for told in uses.values() for letter, _ in told}
        loose: dict[str, set[str]] = defaultdict(set)
        for letter, factor in chain.from_iterable(map(_uses, labels.values() if shown is not main else ())):
            found.setdefault(letter, set())  # of the main drawing alone: a table may say what it would be here
            loose[letter] |= set(_loose(letter, factor, copy))
        for name, told in uses.items():
            for letter, factor in told:
                found[letter] |= set(_values(letter, factor, copy, items.get(name)))
                if copy.variant or not found[letter]:
                    loose[letter] |= set(_loose(letter, factor, copy))
        yield {letter: _Values(frozenset(own), frozenset(loose[letter])) for letter, own in found.items()}


def _loose(letter: str, factor: Fraction, copy: Block | Group) -> Iterator[str]:
    """What a letter may be in a copy of which no box is known for sure: any width inside, or what comes out."""
    for item in (*copy.body.items(), *item_leaves(copy)):
        yield from _values(letter, factor, copy, item)
    if letter in "fgh" and copy.outputs and isinstance(wide := copy.outputs[0][-1], int):
        yield str(wide / factor)


def _uses(text: str) -> Iterator[tuple[str, Fraction]]:
    """(letter, factor) for each letter in a label: ``4f``, ``f/2``, ``k``, ``×n``."""
    words = tokens(text)
    for number, letter, part in re.findall(r"(?<![\w′″/])(\d*)([fgh])(?:/(\d+))?(?![\w′″-])", " ".join(words)):
        yield letter, Fraction(int(number or 1), int(part or 1))
    yield from ((word[-1], Fraction(1)) for word in words & {"k", "p", "↓p", "↓s", "↑s", "d", "×n", "×m"})


def _values(letter: str, factor: Fraction, copy: Block | Group, item: Item | None) -> Iterator[str]:
    """What a letter is where it stands for a number of an item of a copy."""
    if letter in "kps" and item is not None and (call := main_call(copies_of(item)[0])) is not None:
        yield from _setting(call, letter)
    elif letter in "kd":
        yield from _windows(copy, "kernel" if letter == "k" else "dilation")
    elif letter in "nm":  # a single block in one copy stands for a run in another, under another kind
        yield from lengths_in(copy.body)
    elif item is not None and (wide := _width(item)) is not None:
        yield str(wide / factor)


def _names(body: LayerGraph) -> Iterator[str]:
    for item in body.items():
        yield item.id
        if isinstance(item, Composite):
            yield from _names(item.body)


def _sizes(copies: _Copies) -> Iterator[str]:
    """The sizes of all tensors inside."""
    yield from {str(size) for copy in copies for node in item_leaves(copy) for s in node.outputs for size in s}


def _width(item: Item) -> int | None:
    if isinstance(item, Node) and item.op == "Concatenate":
        return item.outputs[0][-1] if item.outputs else None
    return width_of(item)


def _setting(call: Node, letter: str) -> Iterator[str]:
    """The kernel, window or stride of a call."""
    if letter == "k" and "kernel_size" in call.config:
        yield str(conv_words(call)["kernel"])
    sizes = window_sizes(call)
    if letter == "p" and "pool_size" in call.config:
        yield "×".join(map(str, sizes))
    if letter == "s":
        strides = stride_sizes(call)
        yield "×".join(map(str, strides if len(set(strides)) > 1 else strides[:1]))


def _windows(copy: Block | Group, about: str) -> Iterator[str]:
    """Kernels of the depthwise convolutions in a copy, or dilations (1 where there is none)."""
    for node in map(called, item_leaves(copy)):
        if "kernel_size" not in node.config:
            continue
        words = conv_words(node)
        if about == "dilation":
            yield (words["dilation"] or "d1").removeprefix("d")
        elif node.op.startswith("Depthwise") or node.config.get("groups") == node.config.get("filters"):
            yield str(words["kernel"])
