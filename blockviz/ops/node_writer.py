"""Where the calls of a model that is being read become nodes of its layer graph: the end of every reader.

Readers whose source speaks of axes in an order of its own collect a draft first (`blockviz.ops.builder`), those of
Keras say each call in Keras' words. Both come here, and here it is refused what the vocabulary does not have: an
operation, a setting of a type that it never has, an operand that nothing gives.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from blockviz.ir import Layer, LayerGraph, Node, Port, Shape
from blockviz.ops.settings import check_numbers, checked
from blockviz.ops.vocabulary import VocabularyError, from_framework, knows
from blockviz.runtime.records import dataclass


def known_layer(
    name: str, op: str, config: dict[str, Any], *, module: str = "keras.layers", params: int | None = 0,
    fixed: int = 0, trainable: bool = True, size: int | None = None,
) -> Layer:  # fmt: skip
    """A layer, or a function on tensors, of the vocabulary.

    Parameters
    ----------
    config : in canonical form. module : where the class is from.
    params, fixed, size : parameters (None: nobody knows), those of them that are never trained, bytes of them all.

    Raises
    ------
    VocabularyError : the vocabulary has no such operation. ModelError : a setting is of a type that it never has.
    """
    if not knows(op) or not from_framework(module):
        raise VocabularyError(f"{name}: the vocabulary has no {op!r} of {module!r}")
    return Layer(name, op, checked(config, op, module, name), params, fixed, trainable, module, size)


def foreign_layer(
    name: str, op: str, config: dict[str, Any], *, module: str, params: int | None = None, fixed: int = 0,
    trainable: bool = True, size: int | None = None,
) -> Layer:  # fmt: skip
    """A layer of a class that the vocabulary does not have: it is drawn by that name, its costs are unknown.

    Raises
    ------
    VocabularyError : the vocabulary has it. ModelError : a setting is a number beyond all sizes.
    """
    if knows(op) and from_framework(module):
        raise VocabularyError(f"{name}: the vocabulary has {op!r}, so it is no class that nobody knows")
    return Layer(name, op, checked(config, op, module, name), params, fixed, trainable, module, size)


def layer_of_class(name: str, op: str, config: dict[str, Any], *, module: str, **more: Any) -> Layer:
    """A layer of a class that a file or a model names: of the vocabulary, or one that nobody knows."""
    made = known_layer if knows(op) and from_framework(module) else foreign_layer
    return made(name, op, config, module=module, **more)


def lone_call(
    layer: Layer, inputs: Sequence[Shape], outputs: Sequence[Shape], args: Mapping[str, Any] | None = None
) -> Node:
    """A call that stands in no graph, to ask the rules of costs and shapes about it."""
    return Node("", layer, tuple(inputs), tuple(outputs), args or {})


@dataclass(slots=True)
class NodeWriter:
    """Adds calls to a graph, in topological order, each under a name of its own."""

    graph: LayerGraph

    def call(
        self, stem: str, layer: Layer, reads: Iterable[Port], inputs: tuple[Shape, ...], outputs: tuple[Shape, ...],
        args: Mapping[str, Any] | None = None, *, number: int = 1, **more: Any,
    ) -> Node:  # fmt: skip
        """Add one call of a layer; its id is ``stem``, with the number of the call behind it from the second on.

        Parameters
        ----------
        reads : per operand the (node, output index) that gives it. inputs, outputs : shapes, batch first.
        more : further fields of the node.

        Raises
        ------
        VocabularyError : it reads what no call before gives. ModelError : an argument is a number beyond all sizes.
        """
        args = args or {}
        check_numbers(args, stem)
        node_id = stem if number == 1 else f"{stem}@{number}"
        while node_id in self.graph:
            node_id += "'"
        operands = [(place, *port) for place, port in enumerate(reads)]
        for _, source, index in operands:
            if source not in self.graph or index >= len(self.graph.item(source).outputs):
                raise VocabularyError(f"{stem}: it reads output {index} of {source!r}, which nothing gives")
        node = Node(node_id, layer, inputs, outputs, args, call=number, **more)
        self.graph.add_item(node, operands)
        return node
