"""A model in words: true of the outline, for captions, alternative texts and methods sections."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from blockviz.costs.cost import Cost
from blockviz.ir import UNKNOWN, Shape
from blockviz.outline.model import Definition, KnownNetwork, Outline, Part
from blockviz.tables.words.block_recipe import distinct_backbones, recipe, repeated
from blockviz.text.numbers import bytes_text, count_text, shape_text
from blockviz.text.polynomials import polynomial_text

_MANY = 8


def describe(outline: Outline) -> tuple[str, str]:
    """(caption, paragraph) in plain text.

    The caption is a sentence or two: what repeats, and what the model costs. The paragraph adds inputs and
    outputs, backbones, runs, widths, variants, and accuracy where the outline has published figures.
    """
    return " ".join(_caption(outline)), " ".join(_paragraph(outline))


def _caption(outline: Outline) -> Iterator[str]:
    yield f"{outline.name}: {recipe(outline) or 'no block repeats'}."
    inputs = "inputs" if len(outline.input_shapes) > 1 else "an input"
    params, macs, _ = _amounts(outline)
    if not macs:
        yield f"{_capital(params)} parameters; the multiply-adds depend on the size of the input."
    elif outline.input_shapes:
        shapes = _shapes(outline.input_shapes)
        yield f"{_capital(params)} parameters and {macs} multiply-adds (MACs) for {inputs} of {shapes}."
    else:
        yield f"{_capital(params)} parameters and {macs} multiply-adds (MACs)."


def _paragraph(outline: Outline) -> Iterator[str]:
    yield from _outside(outline)
    yield from (_backbone(group[0], len(group)) for group in distinct_backbones(outline))
    yield from _blocks(outline)
    yield from _costs(outline)
    if "top1" in outline.facts and "top5" in outline.facts:
        source = f" ({outline.facts['source']})" if "source" in outline.facts else ""
        yield (
            f"With its published ImageNet weights it reaches {outline.facts['top1']} % top-1 and "
            f"{outline.facts['top5']} % top-5 accuracy on the ImageNet validation set{source}."
        )


def _outside(outline: Outline) -> Iterator[str]:
    yield f"{outline.name} has {_plural(outline.layers, 'layer')}, {outline.depth:,} of them with parameters."
    if outline.input_shapes and outline.output_shapes:
        several = "Its inputs are" if len(outline.input_shapes) > 1 else "Its input is"
        results = "its outputs are" if len(outline.output_shapes) > 1 else "its output is"
        yield f"{several} {_shapes(outline.input_shapes)}; {results} {_shapes(outline.output_shapes)}."


def _backbone(found: KnownNetwork, calls: int) -> str:
    cut = f", cut at {found.cut_at}" if found.cut_at else ""
    training = {"all": "all of it trained", "none": "frozen", "partly": "partly frozen"}.get(found.trainable, "")
    params = _amount(found.cost, "params", found.cost.params)
    size = f"{_plural(len(found.layers), 'layer')}, {params} parameters"
    again = f", called {_times(calls)} with the same weights" if calls > 1 else ""
    taps = f", tapped at {_plural(len(found.taps), 'inner tensor')}" if found.taps else ""
    return f"It contains {found.title or found.name}{cut} ({size}{f', {training}' if training else ''}){again}{taps}."


def _blocks(outline: Outline) -> Iterator[str]:
    definitions = {found.letter: found for found in outline.definitions}
    shown = set()
    for parts, counts in repeated(outline):
        first = parts[0]
        shown.add(first.letter)
        found = definitions.get(first.letter or "")
        runs = f", in runs of {_listed(map(str, counts))}" if len(counts) > 1 and set(counts) != {1} else ""
        values = _values(found) if found else ""
        yield f"{_capital(_named(first.name))} occurs {_times(sum(counts))}{runs}{values}{_differences(parts)}."
    inner = [found for found in outline.definitions if found.letter not in shown and found.count > 1]
    if inner:
        yield f"Inside these, {_listed(f'{_named(found.name)} occurs {_times(found.count)}' for found in inner)}."
    once = [_named(found.name) for found in outline.definitions if found.letter not in shown and found.count == 1]
    if once:
        yield f"{'Blocks that occur once' if len(once) > 1 else 'A block that occurs once'}: {_listed(once)}."


def _values(found: Definition) -> str:
    """``, with f = 64, 128 and 256; k = 3×3 and 5×5``; of many numbers, the first and the last."""
    texts = []
    for symbol, values in found.parameters.items():
        many = len(values) > _MANY and all(value.isdecimal() for value in values)
        span = sorted(values, key=int) if many else []
        texts.append(f"{symbol} from {span[0]} to {span[-1]}" if many else f"{symbol} = {_listed(values)}")
    return f", with {'; '.join(texts)}" if texts else ""


def _differences(parts: Iterable[Part]) -> str:
    forms = Counter(variant for part in parts for variant in part.variants if variant)
    if not forms:
        return ""
    copies = sum(forms.values())
    listed = "; ".join(f"{count} × {name}" for name, count in forms.items())
    return f"; {_plural(copies, 'copy', 'copies')} differ{'s' if copies == 1 else ''} ({listed})"


def _costs(outline: Outline) -> Iterator[str]:
    _, macs, bounds = _amounts(outline)
    cost = outline.cost
    least = "at least " if "params" in bounds else ""
    trained = f"of which training changes {least}{cost.trainable:,}"
    if not least:
        whole = {cost.params: "all of them trained", 0: "none of them trained"}
        trained = whole.get(cost.trainable, trained)
    if least and not cost.params:
        yield "How many parameters it has is not known."
    else:
        yield f"It has {least}{cost.params:,} parameters{f', {trained}' if cost.params else ''}."
    if macs:
        yield f"One example takes {macs} multiply-adds, each counted as one MAC."
    weights = f"{least}{bytes_text(cost.weight_bytes)}"
    floats = cost.weight_bytes == 4 * cost.params and cost.activation_bytes == 4 * cost.activations
    head = "In float32 the" if floats else "In their own types the"
    if is_open(outline):
        yield f"{head} weights take {weights}."
        what = "Multiply-adds and the memory of the outputs depend"
        if outline.open_macs:
            counted = polynomial_text(outline.open_macs, count_text)
            yield f"One example takes {counted} multiply-adds, each counted as one MAC."
            what = "The memory of the outputs depends"
        yield f"{what} on the input's size, which the model leaves open."
        return
    outputs = f"{'at least ' if 'activations' in bounds else ''}{bytes_text(cost.activation_bytes)}"
    yield f"{head} weights take {weights}, and the outputs of all layers together {outputs} at batch 1."


def is_open(outline: Outline) -> bool:
    """Whether an input leaves a size open, so that multiply-adds and activations depend on it."""
    return any(shape == UNKNOWN or None in shape[1:] for shape in outline.input_shapes)


def _amounts(outline: Outline) -> tuple[str, str, frozenset[str]]:
    """(parameters, multiply-adds, lower bounds): humanised, "at least" where something is not known.

    The multiply-adds are empty where they depend on a size that the model leaves open.
    """
    cost = outline.cost
    macs = "" if is_open(outline) else _amount(cost, "macs", cost.macs)
    return _amount(cost, "params", cost.params), macs, cost.bounds


def _amount(cost: Cost, key: str, value: int) -> str:
    if key not in cost.bounds:
        return count_text(value)
    return f"at least {count_text(value)}" if value else "an unknown number of"


def _shapes(shapes: Iterable[Shape]) -> str:
    return _listed(
        _plural(shape[1], "value") if len(shape) == 2 and shape[1] else shape_text(shape) for shape in shapes
    )


def _named(name: str) -> str:
    """A name that has a comma of its own is quoted, so that it reads as one."""
    return f"“{name}”" if "," in name else name


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _plural(count: int, word: str, words: str = "") -> str:
    return f"{count:,} {word if count == 1 else words or f'{word}s'}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
