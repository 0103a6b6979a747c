"""Activations that an exporter has written out: SiLU, Mish, and the forms of GELU."""

from __future__ import annotations

from math import isclose, sqrt

from blockviz.frontends.draft_calls import DraftCalls, is_arithmetic
from blockviz.ops.drafts import Call, Order, Tensor


def _activation(kind: str, x: Tensor, name: str) -> Call:
    return Call(name, "Activation", [x], config={"activation": kind}, order=Order.SAME)


_GATED = {"sigmoid": "silu", "hard_sigmoid": "hard_silu"}


def silu(calls: DraftCalls, call: Call) -> bool:
    """x · sigmoid(x), and x · tanh(softplus(x))."""
    if call.op != "Activation" or not call.inputs:
        return False
    x, kind = call.inputs[0], _GATED.get(call.config["activation"])
    inner = [call]
    if call.config["activation"] == "tanh" and x.call.op == "Activation" and x.call.config["activation"] == "softplus":
        kind, inner = "mish", [call, x.call]
        if calls.only_reader(x.call) is not call:
            return False
        x = x.call.inputs[0]
    product = calls.only_reader(call)
    if kind is None or product is None or product.op != "Multiply":
        return False
    if len(product.inputs) != 2 or x not in product.inputs:
        return False
    calls.become([*inner, product], product, _activation(kind, x, call.name))
    return True


def gelu(calls: DraftCalls, call: Call) -> bool:
    """x · ½ · (1 + erf(x / √2)), the factors in any order, or ½ · x · erfc(-x / √2)."""
    if call.op == "Erfc":
        return _complementary(calls, call)
    if call.op != "Erf":
        return False
    scaled = call.inputs[0].call
    if not (is_arithmetic(scaled, "Divide", sqrt(2)) or is_arithmetic(scaled, "Multiply", 1 / sqrt(2))):
        return False
    return _half_of_product(calls, call, scaled.inputs[0], [scaled, call])


def _complementary(calls: DraftCalls, call: Call) -> bool:
    """GELU as TensorFlow writes it: the product of ½ · x and erfc(-x / √2)."""
    scaled, product = call.inputs[0].call, calls.only_reader(call)
    negated = scaled.inputs[0].call if is_arithmetic(scaled, "Multiply", 1 / sqrt(2)) else None
    if negated is None or negated.op != "Negative" or product is None or product.op != "Multiply":
        return False
    x = negated.inputs[0]
    halved = next((tensor.call for tensor in product.inputs if tensor.call is not call), None)
    if halved is None or not is_arithmetic(halved, "Multiply", 0.5) or halved.inputs[0] is not x:
        return False
    if calls.only_reader(halved) is not product or calls.only_reader(negated) is not scaled:
        return False
    calls.become([negated, scaled, call, halved], product, _activation("gelu", x, call.name))
    return True


def _half_of_product(calls: DraftCalls, call: Call, x: Tensor, inner: list[Call]) -> bool:
    """What follows in x · ½ · (1 + …): the sum, then the two products in any order."""
    summed = calls.only_reader(call)
    product = calls.only_reader(summed) if summed is not None and is_arithmetic(summed, "Add", 1.0) else None
    if summed is None or product is None or product.op != "Multiply":
        return False
    inner = [*inner, summed]
    if len(product.inputs) == 2:
        other = next((tensor for tensor in product.inputs if tensor.call is not summed), None)
        halved_x = other is not None and other.call is not x.call and is_arithmetic(other.call, "Multiply", 0.5)
        if halved_x and other is not None and other.call.inputs[0] is x and calls.only_reader(other.call) is product:
            calls.become([*inner, other.call], product, _activation("gelu", x, call.name))
            return True
        halved = calls.only_reader(product)
        if other is x and is_arithmetic(halved, "Multiply", 0.5) and halved is not None:
            calls.become([*inner, product], halved, _activation("gelu", x, call.name))
            return True
    elif is_arithmetic(product, "Multiply", 0.5):
        last = calls.only_reader(product)
        if last is not None and last.op == "Multiply" and x in last.inputs and len(last.inputs) == 2:
            calls.become([*inner, product], last, _activation("gelu", x, call.name))
            return True
    return False


def tanh_gelu(calls: DraftCalls, call: Call) -> bool:
    """x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))."""
    if call.op != "Activation" or call.config["activation"] != "tanh":
        return False
    scaled = call.inputs[0].call
    if not is_arithmetic(scaled, "Multiply", sqrt(2 / 3.14159265)):
        return False
    summed = scaled.inputs[0].call
    if summed.op != "Add" or len(summed.inputs) != 2:
        return False
    for x, cubic in (tuple(summed.inputs), tuple(reversed(summed.inputs))):
        inside = _cube_of(cubic.call, x)
        if inside and calls.only_reader(cubic.call) is summed:
            return _half_of_product(calls, call, x, [*inside, summed, scaled, call])
    return False


def _cube_of(call: Call, x: Tensor) -> list[Call]:
    """The calls of 0.044715 · x³, the last of them given; empty if they are something else."""
    found: list[Call] = []
    stack = [call]
    while stack:
        one = stack.pop()
        if one.op not in ("Multiply", "Power") or len(found) > 4:
            return []
        found.append(one)
        stack += [tensor.call for tensor in one.inputs if tensor is not x]
    told = [held for one in found for held in one.args.values() if isinstance(held, int | float)]
    return found if any(isclose(number, 0.044715, rel_tol=1e-3) for number in told) else []
