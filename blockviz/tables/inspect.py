"""`blockviz inspect`: the block tree as JSON and as text for a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from typing import Any

from blockviz.costs.cost import Cost, cost_of
from blockviz.ir import JOINS, UNKNOWN, Composite, Item, LayerGraph, Run, Shape, holds_blocks, item_leaves
from blockviz.outline.ladders import ladders, ladders_inside, name_of
from blockviz.outline.model import Definition, KnownNetwork, Outline, Part, Tap
from blockviz.outline.overview_graph import overview_of
from blockviz.outline.overview_layout import decide_layout
from blockviz.structure.canonical_form import body_form, item_form, short_name
from blockviz.structure.difference_words import describe_difference
from blockviz.text.numbers import range_text, shape_text
from blockviz.text.polynomials import polynomial_text

SCHEMA = 1


def inspection(outline: Outline) -> dict[str, Any]:
    """The JSON document of `blockviz inspect --json` (schema 1)."""
    return {
        "schema": SCHEMA,
        "model": totals_entry(outline),
        "blocks": [_block(found) for found in outline.definitions] + list(_repeated_units(outline)),
        "layout": decide_layout(overview_of(outline)).name,
        "overview": [part_entry(part) for part in outline.parts],
        "idioms": [
            {"name": found.name, "layers": list(found.layers), "attributes": dict(found.attributes)}
            for found in outline.idioms
        ],
        "backbones": [_backbone(found) for found in outline.backbones],
    }


def totals_entry(outline: Outline) -> dict[str, Any]:
    """The whole model: name, sizes, costs."""
    return {
        "name": outline.name,
        "layers": outline.layers,
        "params": _known(outline.cost, "params", outline.cost.params),
        "trainable_params": _known(outline.cost, "params", outline.cost.trainable),
        "macs": _known(outline.cost, "macs", outline.cost.macs),
        "input_shapes": [_sizes(shape) for shape in outline.input_shapes],
        "output_shapes": [_sizes(shape) for shape in outline.output_shapes],
        **_bounds(outline.cost),
    }


def _known(cost: Cost, key: str, value: int) -> int | None:
    """A cost, or None where it is only a lower bound."""
    return None if key in cost.bounds else value


def _bounds(cost: Cost) -> dict[str, Any]:
    """What is known of the totals that nobody knows in full."""
    values = {"params": cost.params, "macs": cost.macs}
    found = {key: value for key, value in values.items() if key in cost.bounds}
    return {"at_least": found} if found else {}


def _sizes(shape: Shape) -> list[int | None] | None:
    return None if shape == UNKNOWN else list(shape)


def _block(found: Definition) -> dict[str, Any]:
    return {
        "type": found.letter,
        "name": found.name,
        "source": found.source,
        "level": found.level,
        "instances": [
            {
                "layers": list(copy.layers),
                "variant": copy.variant,
                "stage": copy.stage,
                "params": _known(copy.cost, "params", copy.cost.params),
                "output_shape": _sizes(copy.output_shape),
            }
            for copy in found.instances
        ],
    }


def _repeated_units(outline: Outline) -> Iterator[dict[str, Any]]:
    """Units ×N as block types of one unit; they need no letter, so their name stands for it.

    Units of one name that are not the same calls (a transposed convolution, one with normalisation) are two types.
    """
    units: dict[tuple[str, str], list[dict[str, Any]]] = {}
    for part in outline.parts:
        if part.letter is None and part.repeat > 1:
            found = [_unit(part.id, layers, item) for layers, item in zip(part.copies, part.items, strict=True)]
            units.setdefault((part.name, item_form(part.items[0])), []).extend(found)
        for run in (item for body in _blocks_inside(part.items) for item in body.items()):
            if not isinstance(run, Run) or run.type:
                continue
            found = [_unit(run.id, [node.layer.name for node in item_leaves(item)], item) for item in run.body.items()]
            first = next(iter(run.body.items()))
            units.setdefault((short_name(first), item_form(first)), []).extend(found)
    bodies = [body for part in outline.parts for body in _blocks_inside(part.items)]
    inside = [(row, f"rows of {item_form(row[0].items[0])}") for body in bodies for row in ladders_inside(body)]
    for row, key in (*((row, f"row {row[0].id}") for row in ladders(outline.parts)), *inside):
        items = [item for rung in row for item in rung.items]
        copies = [_unit(row[0].id, [node.layer.name for node in item_leaves(item)], item) for item in items]
        units.setdefault((name_of(row), key), []).extend(copies)
    known: Counter[str] = Counter()
    for (name, _), copies in units.items():
        known[name] += 1
        type_ = name if known[name] == 1 else f"{name} ({known[name]})"
        yield {"type": type_, "name": name, "source": "structure", "level": 0, "instances": copies}


def _unit(stage: str, layers: Iterable[str], item: Item) -> dict[str, Any]:
    cost = cost_of(item_leaves(item))
    return {
        "layers": list(layers),
        "variant": None,
        "stage": stage,
        "params": _known(cost, "params", cost.params),
        "output_shape": _sizes(item.outputs[0] if item.outputs else UNKNOWN),
    }


def _blocks_inside(items: Iterable[Item]) -> Iterator[LayerGraph]:
    """The bodies of blocks, at every depth."""
    for item in items:
        if holds_blocks(item):
            yield item.body
            yield from _blocks_inside(item.body.items())


def part_entry(part: Part) -> dict[str, Any]:
    """One box of the overview."""
    return {
        "id": part.id,
        "kind": "backbone" if part.kind == "nested" else part.kind,
        "type": part.letter or (part.name if part.repeat > 1 else None),
        "name": part.name,
        "repeat": part.repeat,
        "parallel": part.parallel,
        "stage": part.stage,
        "copies": [list(copy) for copy in part.copies],
        "params": _known(part.cost, "params", part.cost.params),
        "output_shape": _sizes(part.output_shape),
        "inputs": list(part.inputs),
    }


def _backbone(found: KnownNetwork) -> dict[str, Any]:
    return {
        "name": found.name,
        "kind": found.kind,
        "layers": list(found.layers),
        "params": _known(found.cost, "params", found.cost.params),
        "trainable": found.trainable,
        "cut_at": found.cut_at,
        "taps": [_tap(tap) for tap in found.taps],
    }


def _tap(tap: Tap) -> dict[str, Any]:
    return {"layer": tap.layer, "stage": tap.stage, "shape": _sizes(tap.shape)}


def _amount(cost: Cost, key: str, value: int) -> str:
    """A cost in full; a lower bound says so, and "?" stands where nothing is known."""
    return f"{value:,}" if key not in cost.bounds else f"at least {value:,}" if value else "?"


def tree(outline: Outline, *, explain: bool = False, layers: bool = False) -> Iterator[str]:
    """Lines of text: the overview, then each block type with its copies; with reasons or layers if asked for."""
    cost = outline.cost
    params, macs = (_amount(cost, key, value) for key, value in (("params", cost.params), ("macs", cost.macs)))
    macs = polynomial_text(outline.open_macs, lambda value: f"{value:,}") if outline.open_macs else macs
    amounts = f"{params} parameters, {macs} MACs"
    yield f"{outline.name}: {outline.layers} layers, {amounts}"
    if explain:
        layout = decide_layout(overview_of(outline))
        yield f"layout: {layout.name}, since {layout.reason}"
    for part in outline.parts:
        badge = f"[{part.letter}] " if part.letter else ""
        times = f" {part.times}{' ∥' if part.parallel else ''}" if part.times else ""
        values = "".join(f" {symbol}={value}" for symbol, value in part.values.items())
        shape = range_text(part.output_shapes)
        yield f"  {badge}{part.name}{times}{values}  → {shape}  {_amount(part.cost, 'params', part.cost.params)}"
        for variant in dict.fromkeys(v for v in part.variants if v):
            yield f"      {part.variants.count(variant)} with: {variant}"
        if layers:
            yield from _layer_lines(part)
        if explain and (after := _next(outline, part)) is not None:
            yield f"      next: {why(part, after)}"
    for found in outline.definitions:
        copies = "1 copy" if found.count == 1 else f"{found.count} copies"
        yield f"[{found.letter}] {found.name}: {found.times if found.called else copies}"
        for symbol, numbers in found.parameters.items():
            yield f"      {symbol} = {', '.join(numbers)}"
        for form in found.variants:
            yield f"      variant ×{form.count}: {form.name}"
        if explain:
            yield f"      name from {found.source}: {found.reason}"


def _layer_lines(part: Part) -> Iterator[str]:
    """The layers of a part, copy by copy: name, class, output and parameters."""
    for number, copy in enumerate(part.items, 1):
        if part.repeat > 1:
            yield f"      copy {number}"
        for node in item_leaves(copy):
            shape = shape_text(node.outputs[0]) if node.outputs else "?"
            params = "?" if node.layer.params is None else f"{node.layer.params:,}"
            again = " (again)" if node.call > 1 else ""
            yield f"        {node.layer.name}{again}  {node.op}  → {shape}  {params}"
            for layer in node.handing:
                role = "is joined in it" if layer.op in JOINS else "hands it on"
                yield f"        {layer.name}  {layer.op}  {role}"


def _next(outline: Outline, part: Part) -> Part | None:
    return next((other for other in outline.parts if part.id in other.inputs and part.letter and other.letter), None)


def why(part: Part, after: Part) -> str:
    """Why two neighbours are one type, variants of one, or strangers: the first difference."""
    before, behind = part.items[-1], after.items[0]
    if not isinstance(before, Composite) or not isinstance(behind, Composite):
        return f"{after.name} is no block"
    if part.letter == after.letter:
        if body_form(before.body) == body_form(behind.body):
            return f"{after.name} again: equal forms; a stage ends since {_shape_change(part, after)}"
        found = describe_difference(before.body, behind.body)
        return f"{after.name} again, as a variant: {found or 'other settings'}; {_shape_change(part, after)}"
    return f"{after.name} is another type: {_first_difference(before, behind)}"


def _shape_change(part: Part, after: Part) -> str:
    old, new = part.output_shape, after.output_shape
    return f"the output changes from {shape_text(old)} to {shape_text(new)}" if old != new else "the settings change"


def _first_difference(before: Composite, behind: Composite) -> str:
    left, right = list(before.body.items()), list(behind.body.items())
    for number, (one, other) in enumerate(zip(left, right, strict=False), 1):
        if item_form(one) != item_form(other):
            return f"item {number} is {short_name(one)} in the one and {short_name(other)} in the other"
    return f"{len(left)} items in the one and {len(right)} in the other"
