"""A model in words: true of the outline, for captions, alternative texts and methods sections."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from blockviz.costs import lower_bounds
from blockviz.ir import item_leaves
from blockviz.outline import Backbone, Definition, Outline
from blockviz.quantities import FLOAT_BYTES, bytes_text, count_text, shape_text
from blockviz.tables.recipe import recipe, repeated


def describe(outline: Outline) -> tuple[str, str]:
    """(caption, paragraph) in plain text.

    The caption is a sentence or two: what repeats, and what the model costs. The paragraph adds inputs and
    outputs, backbones, runs, widths, variants, and accuracy where the outline has published figures.
    """
    return " ".join(_caption(outline)), " ".join(_paragraph(outline))


def _caption(outline: Outline) -> Iterator[str]:
    blocks = recipe(outline) or "no repeated block"
    yield f"{outline.name}: {blocks}."
    at = f" for an input of {_shapes(outline.input_shapes)}" if outline.input_shapes else ""
    params, macs, _ = _amounts(outline)
    yield f"{params} parameters and {macs} multiply-adds (MACs){at}."


def _paragraph(outline: Outline) -> Iterator[str]:
    yield from _outside(outline)
    yield from (_backbone(found) for found in outline.backbones)
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


def _backbone(found: Backbone) -> str:
    cut = f", cut at {found.cut_at}" if found.cut_at else ""
    training = {"all": "all of it trained", "none": "frozen", "partly": "partly frozen"}.get(found.trainable, "")
    size = f"{_plural(len(found.layers), 'layer')}, {count_text(found.cost.params)} parameters"
    taps = f", tapped at {_plural(len(found.taps), 'inner tensor')}" if found.taps else ""
    return f"It contains {found.title or found.name}{cut} ({size}{f', {training}' if training else ''}){taps}."


def _blocks(outline: Outline) -> Iterator[str]:
    definitions = {found.letter: found for found in outline.definitions}
    shown = set()
    for part, counts in repeated(outline):
        shown.add(part.letter)
        found = definitions.get(part.letter or "")
        runs = f", in runs of {_listed(map(str, counts))}" if len(counts) > 1 and set(counts) != {1} else ""
        yield f"{part.name} occurs {_times(sum(counts))}{runs}{_details(found) if found else ''}."
    inner = [found for found in outline.definitions if found.letter not in shown and found.count > 1]
    if inner:
        yield f"Inside these, {_listed(f'{found.name} occurs {_times(found.count)}' for found in inner)}."
    once = [found.name for found in outline.definitions if found.letter not in shown and found.count == 1]
    if once:
        yield f"{'Blocks that occur once' if len(once) > 1 else 'A block that occurs once'}: {_listed(once)}."


def _details(found: Definition) -> str:
    widths = "".join(f", with {symbol} = {_listed(values)}" for symbol, values in found.parameters.items())
    forms = [f"{form.count} × {form.name}" for form in found.variants]
    copies = sum(form.count for form in found.variants)
    differ = f"; {_plural(copies, 'copy', 'copies')} differ{'s' if copies == 1 else ''} ({'; '.join(forms)})"
    return widths + (differ if forms else "")


def _costs(outline: Outline) -> Iterator[str]:
    _, macs, bounds = _amounts(outline)
    cost = outline.cost
    least = "at least " if "params" in bounds else ""
    yield f"It has {least}{cost.params:,} parameters, of which training changes {cost.trainable:,}."
    yield f"One example takes {macs} multiply-adds, each counted as one MAC."
    outputs = f"{'at least ' if 'activations' in bounds else ''}{bytes_text(cost.activations * FLOAT_BYTES)}"
    weights = f"{least}{bytes_text(cost.params * FLOAT_BYTES)}"
    yield f"In float32 the weights take {weights}, and the outputs of all layers together {outputs} at batch 1."


def _amounts(outline: Outline) -> tuple[str, str, frozenset[str]]:
    """(parameters, multiply-adds, lower bounds): humanised, "at least" where something is not known."""
    bounds = lower_bounds(node for part in outline.parts for node in item_leaves(part.item))

    def text(key: str, value: int) -> str:
        if key not in bounds:
            return count_text(value)
        return f"at least {count_text(value)}" if value else "an unknown number of"

    return text("params", outline.cost.params), text("macs", outline.cost.macs), bounds


def _shapes(shapes: Iterable[tuple[int | None, ...]]) -> str:
    return _listed(map(shape_text, shapes))


def _times(count: int) -> str:
    return {1: "once", 2: "twice"}.get(count, f"{count:,} times")


def _plural(count: int, word: str, words: str = "") -> str:
    return f"{count:,} {word if count == 1 else words or f'{word}s'}"


def _listed(words: Iterable[str]) -> str:
    *first, last = words
    return f"{', '.join(first)} and {last}" if first else last
