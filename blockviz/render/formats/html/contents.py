"""What the interactive page says of a model, as data: every call, how the calls stand in blocks, and all copies.

Whatever is alike is told once: calls and blocks are numbers in a tree in preorder, and what they are stands in a table
of forms. ``web/src/data.ts`` reads it; both name the fields in the same words.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from blockviz.ir import Block, Composite, Group, Item, LayerGraph, Node, Run, letters_of
from blockviz.outline.model import Definition, Outline
from blockviz.quoting import visible
from blockviz.render.formats.html.forms import Table, block_form, call_form
from blockviz.structure.canonical_form import body_form
from blockviz.structure.parameters import aligned
from blockviz.text.numbers import bounded, count_text, shape_text

Contents = dict[str, Any]


def contents_of(outline: Outline, graph: LayerGraph, source: LayerGraph) -> Contents:
    """Everything but the figure, of types that JSON has; texts are one visible line each.

    Parameters
    ----------
    outline, graph : the finished block graph and its reading. source : the layer graph that it came from.
    """
    tree = _Tree(graph)
    tops = [tree.add(item) for item in graph.items()]
    return {
        "model": _model(outline),
        "configs": tree.configs.values,
        "forms": tree.forms.values,
        "form": tree.form,
        "size": tree.size,
        "names": tree.names,
        "reads": _reads(source, tree.calls),
        "same": _same_layers(source, tree.calls),
        "parts": [[part.id, number] for part, number in zip(outline.parts, tops, strict=True)],
        "blocks": _blocks(outline, tree),
        "ids": tree.ids,
    }


class _Tree:
    """Calls and blocks in preorder: the number of each one's form, and how many stand inside it."""

    def __init__(self, graph: LayerGraph) -> None:
        self.graph, self.letters = graph, letters_of(graph)
        self.forms, self.configs = Table(), Table()
        self.form: list[int] = []
        self.size: list[int] = []
        self.names: list[str] = []
        self.calls: dict[str, int] = {}
        self.blocks: list[tuple[int, int, Block | Group]] = []  # depth among blocks, number, block
        self.ids: dict[str, int] = {}

    def add(self, item: Item, depth: int | None = 0) -> int:
        """Put an item and all inside it behind what is there; its number. ``depth`` : blocks around it, None where
        what is inside counts for no copy."""
        number = len(self.form)
        self.ids.setdefault(item.id, number)
        self.form.append(0)
        self.size.append(0)
        if isinstance(item, Node):
            self.calls[item.id] = len(self.names)
            self.names.append(visible(item.id))
            self.form[number] = self.forms.number(call_form(item, self.configs.number))
            return number
        if isinstance(item, Block | Group) and depth is not None:
            self.blocks.append((depth, number, item))
            depth += 1
        elif not isinstance(item, Run):
            depth = None
        for inner in item.body.items():
            self.add(inner, depth)
        self.form[number] = self.forms.number(block_form(item, self.graph, self.letters))
        self.size[number] = len(self.form) - number - 1
        return number


def _model(outline: Outline) -> Contents:
    cost = outline.cost
    return {
        "name": visible(outline.name),
        "layers": f"{outline.layers:,}",
        "params": bounded(count_text(cost.params), cost.params, "params" in cost.bounds),
        "trainable": bounded(count_text(cost.trainable), cost.trainable, "params" in cost.bounds),
        "macs": bounded(count_text(cost.macs), cost.macs, "macs" in cost.bounds),
        "in": [shape_text(shape) for shape in outline.input_shapes],
        "out": [shape_text(shape) for shape in outline.output_shapes],
        "weights": visible(outline.weights or ""),
        "facts": {visible(key): visible(text) for key, text in outline.facts.items()},
    }


def _reads(source: LayerGraph, calls: Mapping[str, int]) -> list[int | list[int]]:
    """Per call, how many calls back those stand whose tensors it reads; a number alone where there is one."""
    found: list[int | list[int]] = [[] for _ in calls]
    for name, number in calls.items():
        back = [number - calls[other] for other in dict.fromkeys(other for _, other, _ in source.operand_list(name))]
        found[number] = back[0] if len(back) == 1 else back
    return found


def _same_layers(source: LayerGraph, calls: Mapping[str, int]) -> list[list[int]]:
    """The calls of each layer that is called more than once."""
    found: dict[str, list[int]] = defaultdict(list)
    for name, number in calls.items():
        item = source.item(name)
        if isinstance(item, Node):
            found[item.layer.name].append(number)
    return [numbers for numbers in found.values() if len(numbers) > 1]


def _blocks(outline: Outline, tree: _Tree) -> list[Contents]:
    """The types with their copies, those of outer blocks first, as `Definition.instances` has them."""
    copies: dict[str, list[tuple[int, Composite]]] = defaultdict(list)
    for _, number, block in sorted(tree.blocks, key=lambda found: found[0]):
        copies[tree.letters[block.type]].append((number, block))
    return [_block(found, copies[found.letter]) for found in outline.definitions]


def _block(found: Definition, copies: list[tuple[int, Composite]]) -> Contents:
    """A type with its copies; ``align`` numbers, per copy, the list that says which child stands for which of the main
    form (-1: none); 0 is that of copies whose children are the main form's, one by one."""
    alignments = _Alignments(found.body)
    return {
        "letter": found.letter,
        "name": visible(found.name),
        "source": found.source,
        "reason": visible(found.reason),
        "times": found.times,
        "parameters": {visible(symbol): list(values) for symbol, values in found.parameters.items()},
        "variants": [[visible(variant.name), variant.count] for variant in found.variants],
        "copies": [number for number, _ in copies],
        "align": [alignments.number(block.body) for _, block in copies],
        "alignments": alignments.lists,
    }


class _Alignments:
    """How the children of copies stand for those of a main form; each form of body is compared once."""

    def __init__(self, main: LayerGraph) -> None:
        self.main = main
        self.lists: list[list[int]] = [list(range(len(main)))]
        self._known: dict[object, int] = {body_form(main): 0}

    def number(self, body: LayerGraph) -> int:
        """Which of the lists is that of a body."""
        form = body_form(body)
        if form not in self._known:
            place = {name: position for position, name in enumerate(body)}
            found = aligned(self.main, body)
            self._known[form] = len(self.lists)
            self.lists.append([place[found[name]] if name in found else -1 for name in self.main])
        return self._known[form]


__all__ = ["Contents", "contents_of"]
