"""Products of matrices however they are written: sums of products over labelled axes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.ir import Node
from blockviz.patterns.axes import permuted, resolved, resolved_dims, size_of
from blockviz.patterns.lowering import Lowering, softmax_over
from blockviz.patterns.reductions import length_of
from blockviz.patterns.settings import constant_of, operands_of, option
from blockviz.patterns.values import Tensor, Value


def contract(
    lowering: Lowering, node: Node, inputs: Sequence[Tensor], labels: Sequence[str], result: str
) -> list[Tensor]:
    """The sum of products over the labels that the result lacks."""
    order = "".join(dict.fromkeys("".join(labels)))
    spread = []
    for tensor, own in zip(inputs, labels, strict=True):
        if len(own) != len(tensor.dims) or len(set(own)) != len(own):
            return []
        if tensor.value.op == "poly" and _is_composed(tensor.value):
            tensor.value.shut = True
        dims = tuple([tensor.dims[own.index(label)] if label in own else () for label in order])
        spread.append(Tensor(tensor.value, dims, tensor.views, tensor.primes))
    product = lowering.store.multiply(spread, 1.0, node.id)
    over = tuple(
        [
            axis
            for label, group in zip(order, product.dims, strict=True)
            if label not in result
            for axis in resolved(group)
        ]
    )
    kept = [group if label in result else () for label, group in zip(order, product.dims, strict=True)]
    total = lowering.store.reduce(product, over, tuple(kept), node.id, mean=False) if over else product
    places = [order.index(label) for label in result]
    dims = resolved_dims(total.dims)
    return [Tensor(total.value, permuted(dims, places), (), total.primes)]


def _is_composed(value: Value) -> bool:
    """Whether a polynomial is more than a multiple of one tensor, constants apart."""
    return len(value.terms) > 1 or sum([not atom.value.given for atom in value.args]) > 1


def einsum(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of Einstein sums, also with a constant operand."""
    equation = str(option(node, "subscripts", 0, option(node, "equation", 0))).replace(" ", "")
    left, _, right = equation.partition("->")
    labels = left.split(",")
    operands: list[Tensor] = []
    given = list(inputs)
    for place in range(len(labels)):
        value = node.args.get(str(place + ("subscripts" not in node.config)), node.args.get(str(place)))
        if len(inputs) < len(labels) and isinstance(value, Mapping):
            constant = constant_of(lowering, node, value)
            assert isinstance(constant, Tensor)
            operands.append(constant)
        else:
            operands.append(given.pop(0))
    return contract(lowering, node, operands, labels, right)


def matmul(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of products of matrices."""
    operands = [t for t in operands_of(lowering, node, inputs) if isinstance(t, Tensor)]
    left, right = (len(t.dims) for t in operands)
    letters = "abcdefgh"
    if left < 2 or right < 2:
        return []
    batch = letters[: max(left, right) - 2]
    one = batch[len(batch) - left + 2 :] + ("kn" if option(node, "transpose_a") else "nk")
    two = batch[len(batch) - right + 2 :] + ("mk" if option(node, "transpose_b") else "km")
    return contract(lowering, node, operands, [one, two], batch + "nm")


def dot_layer(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of the layer that multiplies along given axes, with unit vectors if it says so."""
    one, two = inputs
    axes = node.config["axes"]
    first, second = axes if isinstance(axes, list | tuple) else (axes, axes)
    first, second = first % len(one.dims), second % len(two.dims)
    if node.config.get("normalize"):
        one, two = (_unit(lowering, node, t, a) for t, a in ((one, first), (two, second)))
    left, right = list("zabcdefg"[: len(one.dims)]), list("zmnopqrs"[: len(two.dims)])
    left[first] = right[second] = "k"
    result = [label for label in (*left, *right[1:]) if label != "k"]
    found = contract(lowering, node, [one, two], ["".join(left), "".join(right)], "".join(result))
    if len(result) == 1:
        return [Tensor(t.value, (*t.dims, ()), t.views, t.primes) for t in found]
    return found


def _unit(lowering: Lowering, node: Node, tensor: Tensor, place: int) -> Tensor:
    dims = tuple([() if p == place else group for p, group in enumerate(tensor.dims)])
    length = length_of(lowering, node, tensor, resolved(tensor.dims[place]), dims)
    unit = lowering.store.multiply([tensor, length], 1.0, node.id, [1.0, -1.0])
    unit.value.aka["l2_norm"], unit.value.shut = (tensor,), True
    return unit


def attended(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor]:
    """The rule of scaled dot products of query, key and value as one call, with a mask if there is a fourth operand.

    PyTorch's has its heads in front of the tokens, Keras' behind them.
    """
    query, key, value, *masks = inputs
    one, two, out = ("bhqd", "bhkd", "bhqk") if "num_heads" in node.config else ("bqhd", "bkhd", "bhqk")
    (scores,) = contract(lowering, node, [query, key], [one, two], out)
    depth = size_of(resolved(query.dims[-1]))
    scores = lowering.store.multiply([scores], (depth or 1) ** -0.5, node.id)
    if option(node, "is_causal"):
        triangle = lowering.store.make("const", (), ((), (), *scores.dims[2:]), [node.id], attrs={"trait": "triangle"})
        masks = [*masks, Tensor(triangle, ((), (), *scores.dims[2:]))]
    if masks:
        scores = lowering.store.add([scores, *masks], [1.0] * (1 + len(masks)), 0.0, node.id)
    (weights,) = softmax_over(lowering, node, scores, [3])
    return contract(lowering, node, [weights, value], ["bhqk", two.replace("d", "m")], one.replace("d", "m"))
