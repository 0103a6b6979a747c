"""From calls to values: each operation, however it is spelled, in the words of the analysis graph.

Views disappear into the axes of tensors; products of matrices (layers, functions, Einstein sums) become sums of
products over named axes; poolings over everything become means; a layer's own activation is an operation of its own.
What nobody knows stays as it is, under its class name.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TypeAlias

from blockviz.ir import Composite, LayerGraph, Node, Shape
from blockviz.ops.families import FAMILY, activation_of, family
from blockviz.patterns.axes import Dims, fresh, resolved, resolved_dims
from blockviz.patterns.values import UNKNOWN_STEP, Store, Tensor

Lower: TypeAlias = Callable[["Lowering", Node, list[Tensor]], "list[Tensor]"]


_WORDS = {"Lambda": "code"}
_TOLD = frozenset({  # operations of which more is known than a call as it is can tell, whatever its class is called
    "concat", "const", "dot", "fn", "max", "mean", "pad", "param", "part", "poly", "roll", "softmax", "sum", "taken",
    "where",
})  # fmt: skip
_KINDS = {
    "RotaryEmbedding": "RotaryEmbedding", "LayerNorm": "LayerNormalization", "RMSNorm": "RMSNormalization",
    "LayerNormalization": "LayerNormalization", "RMSNormalization": "RMSNormalization", "CausalMask": "CausalMask",
    "LookAheadMask": "CausalMask",
}  # fmt: skip


TRANSPARENT = frozenset(
    [
        "Identity",
        "Cast",
        "StopGradient",
        "InputLayer",
        "Masking",
        "ActivityRegularization",
        "Copy",
        "Real",
        "Contiguous",
        "StopGradient",
    ]
)


class Lowering:
    """The values of a graph's tensors by port, made call by call, by the rules of their operations.

    readers : how many calls read each tensor. stopped : values that no gradient goes back through.
    """

    def __init__(self, graph: LayerGraph, rules: Mapping[str, Lower]) -> None:
        self.graph = graph
        self.rules = rules
        self.store = Store()
        self.tensors: dict[tuple[str, int], Tensor] = {}
        self.readers: dict[tuple[str, int], int] = {}
        for name in graph:
            for _, source, out in graph.operand_list(name):
                self.readers[source, out] = self.readers.get((source, out), 0) + 1
        for port in graph.exits:
            self.readers[port] = self.readers.get(port, 0) + 1
        self.stopped: set[int] = set()  # values that no gradient goes back through
        for name in reversed(list(graph)):  # who reads what a call hands on unchanged reads what it was given
            item = graph.item(name)
            if isinstance(item, Node) and item.op in TRANSPARENT:
                for _, source, out in graph.operand_list(name):
                    self.readers[source, out] += self.readers.get((name, 0), 0) - 1

    def lower(self, name: str) -> list[Tensor]:
        """The tensors that a call gives, also kept by port."""
        node = self.graph.item(name)
        inputs = [self.tensors[source, out] for _, source, out in self.graph.operand_list(name)]
        if not isinstance(node, Node):
            return self._closed(name, node, inputs)
        made: list[Tensor] = []
        if (rule := self.rules.get(node.op) or self._rule_of_kind(node.op)) is not None:
            try:
                made = rule(self, node, inputs)
            except (IndexError, KeyError, TypeError, ValueError, AttributeError, AssertionError, ZeroDivisionError):
                made = []  # a setting that no version of Keras writes: the call stays as it is
        if len(made) < len(node.outputs) or any(not _fits(t, s) for t, s in zip(made, node.outputs, strict=False)):
            made = self.opaque(node, inputs)
        for out, tensor in enumerate(made):
            self.tensors[name, out] = tensor
        return made

    def _rule_of_kind(self, op: str) -> Lower | None:
        """The rule of a package's own class, which is named after what it is a kind of."""
        kind = next((kind for kind in _KINDS if op.endswith(kind)), None)
        return None if kind is None else self.rules[_KINDS[kind]]

    def _closed(self, name: str, item: Composite, inputs: Sequence[Tensor]) -> list[Tensor]:
        """What stays closed, a whole network, gives tensors of which only the shapes are known."""
        for out, shape in enumerate(item.outputs):
            dims = fresh(shape, self.store.batch)
            value = self.store.make("closed", inputs, dims, [name], attrs={"out": out}, alone=True)
            self.tensors[name, out] = Tensor(value, dims)
        return [self.tensors[name, out] for out in range(len(item.outputs))]

    def opaque(self, node: Node, inputs: Sequence[Tensor], op: str = "") -> list[Tensor]:
        """A call as it is, with axes of its own; one with weights, or of chance, equals no other."""
        kept = inputs and all(t.value.given for t in inputs) and (node.layer.params != 0 or node.op == "Embedding")
        alone = family(node.op) not in ("merge", "reshape", "act") or node.op == "Lambda"
        word = _WORDS.get(node.op, node.op.lower())
        word = op or (f"{word} call" if word in _TOLD else word)
        out = []
        kept_axes = inputs[0].dims if _changes_scores(node, inputs) else None
        word = UNKNOWN_STEP if kept_axes is not None else word
        for number, shape in enumerate(node.outputs or ((),)):
            dims = fresh(shape, self.store.batch) if kept_axes is None else kept_axes
            attrs = {"out": number, **({"layer": node.layer.name} if node.layer.params != 0 else {})}
            value = self.store.make(
                "param" if kept else word,
                inputs,
                dims,
                [node.id],
                node,
                attrs,
                alone,
            )
            out.append(Tensor(value, dims))
        return out

    def value(self, op: str, node: Node, inputs: Sequence[Tensor], dims: Dims, **attrs: object) -> list[Tensor]:
        """One tensor of a new value."""
        value = self.store.make(op, inputs, dims, [node.id], node, attrs)
        return [Tensor(value, dims)]

    def layer(self, op: str, node: Node, inputs: Sequence[Tensor], dims: Dims, **attrs: object) -> list[Tensor]:
        """One tensor of what owns weights; of constants alone it is a parameter. Its own activation follows."""
        given = inputs and all(t.value.given for t in inputs)
        attrs = {"layer": node.layer.name, **attrs}
        value = self.store.make("param" if given else op, inputs, dims, [node.id], node, attrs)
        return self.activated(node, Tensor(value, dims))

    def activated(self, node: Node, tensor: Tensor) -> list[Tensor]:
        """The tensor behind the activation that a layer brings along."""
        name = activation_of(node)
        if name == "linear":
            return [tensor]
        if name == "softmax":
            return softmax_over(self, node, tensor, [len(tensor.dims) - 1])
        return self.function(name, node, tensor)

    def function(self, name: str, node: Node, tensor: Tensor, *numbers: float) -> list[Tensor]:
        """An elementwise function of one tensor."""
        value = self.store.make("fn", [tensor], tensor.dims, [node.id], node, {"name": name, "numbers": numbers})
        return [Tensor(value, tensor.dims)]

    def settled(self, node: Node, tensor: Tensor) -> Tensor:
        """A sum or product, which stays whole from here on if several calls read it: it is a tensor of its own."""
        value = tensor.value
        if self.readers.get((node.id, 0), 0) > 1 and sum([not atom.value.given for atom in value.args]) > 1:
            value.shut = True
        return tensor

    def viewed(self, node: Node, tensor: Tensor, dims: Dims) -> list[Tensor]:
        """Another view of a tensor."""
        return [Tensor(tensor.value, resolved_dims(dims), (*tensor.views, node.id), tensor.primes)]


def _changes_scores(node: Node, inputs: Sequence[Tensor]) -> bool:
    """Whether a class that nobody knows makes others of scores, or of the weights of a sum: a bias, a mix of heads."""
    if (
        node.op in FAMILY
        or node.op in _TOLD
        or len(inputs) != 1
        or len(node.outputs) != 1
        or node.inputs != node.outputs
    ):
        return False
    value = inputs[0].value
    made = [value, *(arg.value for arg in value.args)] if value.op in ("poly", "where", UNKNOWN_STEP) else [value]
    return any(one.op in ("dot", "softmax") for one in made)


def _fits(tensor: Tensor, shape: Shape) -> bool:
    return len(tensor.dims) == len(shape)


def softmax_over(lowering: Lowering, node: Node, tensor: Tensor, places: Sequence[int]) -> list[Tensor]:
    """The softmax of a tensor over some of its axes."""
    over = frozenset(axis for place in places for axis in resolved(tensor.dims[place]))
    return lowering.value(
        "logsoftmax" if node.op == "LogSoftmax" else "softmax", node, [tensor], tensor.dims, over=over
    )
