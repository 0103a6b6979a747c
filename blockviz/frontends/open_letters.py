"""Letters for sizes that a model's inputs leave open: L, T, S for lengths, H and W for the sides of maps.

Every shape is worked out for several sets of numbers in place of the letters. What is written is what holds for all of
them: a letter, a multiple, a sum (``L``, ``128L``, ``L+1``), a product (``HW/256``); a fraction is rounded as the
layers round. Two inputs have two letters, unless a layer that adds, joins or contracts them proves them equal. What
can't be said so stays "?".
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from fractions import Fraction
from itertools import combinations_with_replacement

from blockviz.costs.cost import cost_of
from blockviz.frontends.given_inputs import Spec
from blockviz.frontends.open_sizes import with_input_sizes
from blockviz.ir import UNKNOWN, LayerGraph, LetteredShape, Node, Shape, leaves, size_words
from blockviz.ops.registry import OPERATIONS
from blockviz.runtime.records import replace
from blockviz.text.polynomials import Monomial, fitted, monomials

_LENGTHS = "LTSRQP"
_SIDES = (("H", "W"), ("H′", "W′"), ("H″", "W″"))
_WHOLE = 128 * 3 * 5 * 7  # numbers that strides divide
_PRIMES = (17, 19, 23, 29, 31, 37, 41, 43, 47, 53, 59, 61, 67, 71, 73, 79, 83, 89, 97, 101, 103, 107, 109, 113)
_PROBES = 5
_FEW = 3  # letters in which multiply-adds are worked out
_MOST = 20_000  # calls, beyond which sizes stay "?"

Axis = tuple[str, int]  # an input and one of its axes
Numbers = Mapping[str, int]  # letter → what stands for it


def lettered(graph: LayerGraph, unsure: Collection[str] = ()) -> LayerGraph:
    """The graph with letters in its shapes; itself where no input leaves a size open. Linear in calls.

    ``unsure`` : as of `with_input_sizes`.
    """
    letters = _letters(graph)
    if not letters or len(graph) > _MOST:
        return graph
    for _ in range(len(letters)):
        if not (equal := _proved_equal(graph, letters, unsure)):
            break
        letters = {axis: equal.get(letter, letter) for axis, letter in letters.items()}
    lengths = [letter for letter in dict.fromkeys(letters.values()) if letter in _LENGTHS]
    anew = dict(zip(lengths, _LENGTHS, strict=False))
    letters = {axis: anew.get(letter, letter) for axis, letter in letters.items()}
    names = list(dict.fromkeys(letters.values()))
    count = len(monomials(names)) + 2 if len(names) <= _FEW else _PROBES
    runs = [(numbers, _sized(graph, letters, numbers, unsure)) for numbers in _probes(names, count)]
    out = LayerGraph(**graph.graph)
    out.graph["open_macs"] = _macs(runs) if len(names) <= _FEW else {}
    for name in graph:
        node = graph.item(name)
        assert isinstance(node, Node)
        found = [_node(run, name) for _, run in runs]
        values = [numbers for numbers, _ in runs]
        inputs = [_worded(shape, [n.inputs[i] for n in found], values) for i, shape in enumerate(node.inputs)]
        outputs = [_worded(shape, [n.outputs[i] for n in found], values) for i, shape in enumerate(node.outputs)]
        changed = any(isinstance(shape, LetteredShape) for shape in (*inputs, *outputs))
        node = replace(node, inputs=tuple(inputs), outputs=tuple(outputs)) if changed else node
        out.add_item(node, graph.operand_list(name))
    return out


def _macs(runs: Sequence[tuple[Numbers, LayerGraph]]) -> dict[Monomial, int]:
    """The model's multiply-adds for one example as a polynomial in the letters; empty where nobody knows them."""
    costs = [cost_of(leaves(run)) for _, run in runs]
    if any("macs" in cost.bounds for cost in costs):
        return {}
    found = fitted([numbers for numbers, _ in runs], [cost.macs for cost in costs])
    return found if any(found) else {}  # what no letter is in is a number, and said as one


def _node(graph: LayerGraph, name: str) -> Node:
    item = graph.item(name)
    assert isinstance(item, Node)
    return item


def _letters(graph: LayerGraph) -> dict[Axis, str]:
    """A letter for every open axis of an input that is neither the batch nor the channels."""
    lengths, sides = iter(_LENGTHS), iter(_SIDES)
    found: dict[Axis, str] = {}
    for name in graph.inputs:
        shape = _node(graph, name).outputs[0]
        if shape == UNKNOWN or None not in shape[1:]:
            continue
        behind = len(shape) > 3 and shape[1] is not None and shape[-1] is None  # channels come first
        axes = range(2, len(shape)) if behind else range(1, max(2, len(shape) - 1))
        pair = next(sides, ("", "")) if len(shape) == 4 else ()
        for axis in axes:
            if shape[axis] is None and (letter := pair[axis - axes.start] if pair else next(lengths, "")):
                found[name, axis] = letter
    return found


def _probes(letters: Sequence[str], count: int) -> Iterator[Numbers]:
    """Sets of numbers in place of letters, no two of them alike."""
    for probe in range(count):
        primes = (_PRIMES[(place * 5 + probe * (place + 1)) % len(_PRIMES)] for place in range(len(letters)))
        yield {letter: _WHOLE * prime for letter, prime in zip(letters, primes, strict=True)}


def _sized(graph: LayerGraph, letters: Mapping[Axis, str], numbers: Numbers, unsure: Collection[str]) -> LayerGraph:
    """The graph with numbers in place of letters."""
    given = {}
    for name in graph.inputs:
        shape = _node(graph, name).outputs[0]
        if any(owner == name for owner, _ in letters):
            sizes = [
                numbers[letters[name, axis]] if (name, axis) in letters else size for axis, size in enumerate(shape)
            ]
            given[name] = Spec((None, *sizes[1:]))
    return with_input_sizes(graph, given, unsure)


def _proved_equal(graph: LayerGraph, letters: Mapping[Axis, str], unsure: Collection[str]) -> dict[str, str]:
    """Letter → the earlier one that it must equal, since a layer takes no other sizes."""
    numbers = next(_probes(list(dict.fromkeys(letters.values())), 1))
    letter_of = {number: letter for letter, number in numbers.items()}
    run = _sized(graph, letters, numbers, unsure)
    order = list(numbers)
    equal: dict[str, str] = {}
    for name in run:
        for sizes in _agreeing(_node(run, name)):
            met = sorted({letter_of[size] for size in sizes if size in letter_of}, key=order.index)
            equal.update((letter, met[0]) for letter in met[1:] if letter not in equal and met[0] not in equal)
    return equal


def _agreeing(node: Node) -> list[tuple[int | None, ...]]:
    try:
        return list(_must_agree(node))
    except (LookupError, TypeError, ValueError, ArithmeticError):  # a malformed configuration proves nothing
        return []


def _must_agree(node: Node) -> Iterator[tuple[int | None, ...]]:
    """Sizes of what a call reads that are one and the same: aligned axes of a sum, all but one of a concatenation."""
    shapes = [shape for shape in node.inputs if shape != UNKNOWN]
    rule = OPERATIONS[node.op].shape if node.op in OPERATIONS else ""
    if len(shapes) < 2 or len(shapes) < len(node.inputs):
        return
    if rule in ("elementwise", "average"):
        yield from zip(*(shape[::-1] for shape in shapes), strict=False)
    elif rule in ("concatenate", "stack") and len({len(shape) for shape in shapes}) == 1:
        axis = node.config.get("axis", node.args.get("axis", node.args.get("1", -1)))
        joined = axis % len(shapes[0]) if rule == "concatenate" and type(axis) is int else -1
        yield from (sizes for place, sizes in enumerate(zip(*shapes, strict=True)) if place != joined)
    elif rule == "multi_head_attention" and _operand(node, "attention_mask", -1) >= 0:
        masked, query, value = (shapes[_operand(node, *role)] for role in _ROLES)
        if min(map(len, (masked, query, value))) > 1:
            yield from ((masked[-2], query[-2]), (masked[-1], value[-2]))
    elif rule == "dot_layer" and "axes" in node.config:
        axes = node.config["axes"]
        first, second = (axes, axes) if isinstance(axes, int) else axes
        yield (shapes[0][first], shapes[1][second])


_ROLES = (("attention_mask", -1), ("query", 0), ("value", 1))


def _operand(node: Node, role: str, place: int) -> int:
    """Which operand of a call has a role: by keyword, else by its place."""
    said = node.args.get(role)
    return int(said[1:]) if isinstance(said, str) and said.startswith("$") else place


def _worded(shape: Shape, found: Sequence[Shape], values: Sequence[Numbers]) -> Shape:
    """The shape with letters for open sizes of which it is known how they depend on them."""
    if shape == UNKNOWN or None not in shape[1:] or any(len(one) != len(shape) or one == UNKNOWN for one in found):
        return shape
    columns = list(zip(*found, strict=True))[1:]
    pairs = zip(shape[1:], columns, strict=True)
    words = [_word(column, values) if size is None else str(size) for size, column in pairs]
    return LetteredShape(shape, tuple(words)) if any(word != "?" for word in words) else shape


def _word(column: Sequence[int | None], values: Sequence[Numbers]) -> str:
    """What a size is in letters, if that holds for all numbers that were tried; else "?"."""
    sizes = [size for size in column if size is not None]
    if len(sizes) < len(column) or len(set(sizes)) < 2:
        return "?"
    for letter in values[0]:
        numbers = [found[letter] for found in values]
        factor = Fraction(sizes[1] - sizes[0], numbers[1] - numbers[0])
        rest = sizes[0] - factor * numbers[0]
        if factor > 0 and all(factor * number + rest == size for number, size in zip(numbers, sizes, strict=True)):
            return multiple_text(letter, factor) + (f"{'+' if rest > 0 else '−'}{abs(rest)}" if rest else "")
    for one, other in combinations_with_replacement(values[0], 2):
        products = [found[one] * found[other] for found in values]
        factor = Fraction(sizes[0], products[0])
        if all(factor * product == size for product, size in zip(products, sizes, strict=True)):
            return multiple_text(one + other if one != other else f"{one}²", factor)
    return "?"


def multiple_text(letters: str, factor: Fraction) -> str:
    """``L``, ``128L``, ``H/4``, ``3L/2``."""
    above = "" if factor.numerator == 1 else str(factor.numerator)
    return f"{above}{letters}" + (f"/{factor.denominator}" if factor.denominator > 1 else "")


def reading_letters(graph: LayerGraph) -> LayerGraph:
    """The graph in which what calls read has the letters of what was given."""
    out = LayerGraph(**graph.graph)
    for name in graph:
        node, operands = _node(graph, name), graph.operand_list(name)
        given = {place: _node(graph, source).outputs[index] for place, source, index in operands}
        inputs = tuple(
            found if isinstance(found := given.get(place), LetteredShape) and found == shape else shape
            for place, shape in enumerate(node.inputs)
        )
        out.add_item(replace(node, inputs=inputs) if given else node, operands)
    return out


def agreed(seen: LayerGraph, told: LayerGraph) -> LayerGraph:
    """The letters of ``told`` that fit what runs have seen, where those can't tell one open length from another.

    A size keeps its word where both say the same multiple; else it is "?". Multiply-adds stay if all sizes agree.
    """
    out = LayerGraph(**seen.graph)
    out.graph["open_macs"] = told.graph.get("open_macs", {})
    for name in seen:
        node, other = _node(seen, name), _node(told, name)
        outputs = [_agreed(one, two) for one, two in zip(node.outputs, other.outputs, strict=True)]
        if any(words.count("?") for words in map(size_words, outputs)):
            out.graph["open_macs"] = {}
        out.add_item(replace(node, outputs=tuple(outputs)), seen.operand_list(name))
    return reading_letters(out)


def _agreed(seen: Shape, told: Shape) -> Shape:
    if not isinstance(seen, LetteredShape) or len(seen) != len(told):
        return seen
    pairs = zip(size_words(seen), size_words(told), strict=True)
    return LetteredShape(seen, tuple(b if a == re.sub(rf"[{_LENGTHS}]", _LENGTHS[0], b) else "?" for a, b in pairs))
