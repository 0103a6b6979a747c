"""What an exporter has written out in smaller operations becomes again what it was: biases, activations, norms.

Each rule starts at the operation that tells it, demands that nothing else reads what lies between, and leaves one
call in place of several.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from math import isclose, sqrt
from typing import TypeAlias

from blockviz.ops.drafts import Call, Draft, Order, Tensor

Rule: TypeAlias = Callable[["_Calls", Call], bool]


def tidy(draft: Draft) -> None:
    """Rewrite a draft, rule by rule. Linear in the calls, for each rule."""
    draft.prune()
    for rule in _RULES:
        calls = _Calls(draft)
        for call in draft.calls:
            if call not in calls.gone:
                rule(calls, call)
        draft.calls = calls.left()
    _chain_histories(draft)
    draft.prune()


class _Calls:
    """A draft's calls with their readers, kept up to date while a rule rewrites them."""

    def __init__(self, draft: Draft) -> None:
        self.draft = draft
        self.readers = draft.readers()
        self.places = {call: place for place, call in enumerate(draft.calls)}
        self.final = {tensor.call for tensor in draft.outputs}
        self.gone: set[Call] = set()
        self.instead: dict[Call, Call] = {}

    def only_reader(self, call: Call) -> Call | None:
        """The one call that reads a call's one tensor, once; None if there are more, or it is an output."""
        readers = self.readers[call]
        return readers[0] if len(readers) == 1 and call not in self.final and len(call.outputs) == 1 else None

    def become(self, old: Iterable[Call], last: Call, new: Call) -> None:
        """Let ``new``, which takes the place of ``last``, stand for some calls (``last`` among them)."""
        gone = {*old, last}
        ordered = sorted(gone, key=self.places.__getitem__)
        weights = [name for call in ordered for name in call.weights]
        new.weights = tuple(dict.fromkeys((*new.weights, *weights)))
        new.within = new.within or _common([call.within for call in ordered])
        before, after = last.outputs[0], Tensor(new, 0, last.outputs[0].shape)
        new.outputs = [after]
        for reader in self.readers[last]:
            reader.inputs = [after if tensor is before else tensor for tensor in reader.inputs]
        if last in self.final:
            self.draft.outputs = [after if tensor is before else tensor for tensor in self.draft.outputs]
            self.final.add(new)
        self.readers[new] = self.readers.pop(last, [])
        for call in {tensor.call for one in ordered for tensor in one.inputs}:
            self.readers[call] = [one for one in self.readers[call] if one not in gone]
        for tensor in new.inputs:
            self.readers[tensor.call].append(new)
        self.places[new] = self.places[last]
        self.instead[last] = new
        self.gone |= gone

    def left(self) -> list[Call]:
        """The calls as they are now, in order."""
        found = []
        for call in self.draft.calls:
            now = call
            while now in self.instead:
                now = self.instead[now]
            if now not in self.gone:
                found.append(now)
        return found


def _common(paths: list[tuple[tuple[str, str], ...]]) -> tuple[tuple[str, str], ...]:
    shared = paths[0] if paths else ()
    for path in paths[1:]:
        count = 0
        while count < min(len(shared), len(path)) and shared[count] == path[count]:
            count += 1
        shared = shared[:count]
    return shared


def _number(call: Call | None, op: str, value: float, tolerance: float = 1e-3) -> bool:
    """Whether a call does arithmetic ``op`` with a number on its right, or a commuting one on either side."""
    if call is None or call.op != op or len(call.inputs) != 1:
        return False
    numbers = [held for held in call.args.values() if isinstance(held, int | float)]
    if "0" in call.args and op not in ("Add", "Multiply"):
        return False
    return len(numbers) == 1 and isclose(numbers[0], value, rel_tol=tolerance)


def _source(call: Call, op: str) -> Call | None:
    """The call of an operation that gives the first operand."""
    found = call.inputs[0].call if call.inputs else None
    return found if found is not None and found.op == op else None


def _bias(calls: _Calls, call: Call) -> bool:
    """A constant added to a product or convolution without bias, one number for each unit."""
    if call.op not in ("Dense", "Einsum") and not call.op.startswith(("Conv", "DepthwiseConv")):
        return False
    added = calls.only_reader(call)
    if call.config.get("use_bias") is not False or added is None or added.op != "Add" or not added.weights:
        return False
    held = added.args.get("1")
    sizes = [n for n in held["shape"] if n != 1] if isinstance(held, dict) else []
    shape = call.outputs[0].shape
    units = call.config.get("units", shape[1] if shape is not None and len(shape) > 1 else None)
    if len(added.inputs) != 1 or sizes != [units] or added.outputs[0].shape != shape:
        return False
    new = Call(call.name, call.op, call.inputs, config={**call.config, "use_bias": True}, args=call.args,
               axes=call.axes, order=call.order, module=call.module, within=call.within, macs=call.macs)  # fmt: skip
    calls.become([call, added], added, new)
    return True


def _activation(kind: str, x: Tensor, name: str) -> Call:
    return Call(name, "Activation", [x], config={"activation": kind}, order=Order.SAME)


_GATED = {"sigmoid": "silu", "hard_sigmoid": "hard_silu"}


def _silu(calls: _Calls, call: Call) -> bool:
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


def _gelu(calls: _Calls, call: Call) -> bool:
    """x · ½ · (1 + erf(x / √2)), the factors in any order."""
    if call.op != "Erf":
        return False
    scaled = call.inputs[0].call
    if not (_number(scaled, "Divide", sqrt(2)) or _number(scaled, "Multiply", 1 / sqrt(2))):
        return False
    return _half_of_product(calls, call, scaled.inputs[0], [scaled, call])


def _half_of_product(calls: _Calls, call: Call, x: Tensor, inner: list[Call]) -> bool:
    """What follows in x · ½ · (1 + …): the sum, then the two products in any order."""
    summed = calls.only_reader(call)
    product = calls.only_reader(summed) if summed is not None and _number(summed, "Add", 1.0) else None
    if summed is None or product is None or product.op != "Multiply":
        return False
    inner = [*inner, summed]
    if len(product.inputs) == 2:
        other = next((tensor for tensor in product.inputs if tensor.call is not summed), None)
        halved_x = other is not None and other.call is not x.call and _number(other.call, "Multiply", 0.5)
        if halved_x and other is not None and other.call.inputs[0] is x and calls.only_reader(other.call) is product:
            calls.become([*inner, other.call], product, _activation("gelu", x, call.name))
            return True
        halved = calls.only_reader(product)
        if other is x and _number(halved, "Multiply", 0.5) and halved is not None:
            calls.become([*inner, product], halved, _activation("gelu", x, call.name))
            return True
    elif _number(product, "Multiply", 0.5):
        last = calls.only_reader(product)
        if last is not None and last.op == "Multiply" and x in last.inputs and len(last.inputs) == 2:
            calls.become([*inner, product], last, _activation("gelu", x, call.name))
            return True
    return False


def _tanh_gelu(calls: _Calls, call: Call) -> bool:
    """x · ½ · (1 + tanh(√(2/π) · (x + 0.044715 · x³)))."""
    if call.op != "Activation" or call.config["activation"] != "tanh":
        return False
    scaled = call.inputs[0].call
    if not _number(scaled, "Multiply", sqrt(2 / 3.14159265)):
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


def _layer_norm(calls: _Calls, call: Call) -> bool:
    """(x - mean) / √(mean of squares + ε), and the scale and offset behind it; without the means, an RMS norm."""
    if call.op not in ("Sqrt", "Rsqrt") or len(call.inputs) != 1:
        return False
    padded = call.inputs[0].call
    if padded.op != "Add" or len(padded.inputs) != 1 or padded.weights:
        return False
    mean = padded.inputs[0].call
    squares = mean.inputs[0].call if mean.op == "Mean" and mean.inputs else None
    if squares is None or not (_number(squares, "Power", 2.0) or squares.op in ("Square", "Multiply")):
        return False
    x = squares.inputs[0]
    if squares.op == "Multiply" and (len(squares.inputs) != 2 or squares.inputs[1] is not x):
        return False
    last = calls.only_reader(call)
    if last is not None and last.op == "Reciprocal":
        inside, last = [last], calls.only_reader(last)
    else:
        inside = []
    if last is None or last.op not in ("Divide", "Multiply") or x not in last.inputs:
        return False
    inside += [call, padded, mean, squares, last]
    kind, data = "RMSNormalization", x
    centred = x.call
    if centred.op == "Subtract" and len(centred.inputs) == 2 and centred.inputs[1].call.op == "Mean":
        kind, data = "LayerNormalization", centred.inputs[0]
        inside += [centred, centred.inputs[1].call]
    axes = mean.axes.get("axis") or [-1]
    rank = len(data.shape or ())
    if not rank or sorted(axis % rank for axis in axes) != list(range(rank - len(axes), rank)):
        return False
    last, affine = _affine(calls, last, kind, inside)
    config = {"axis": -1 if len(axes) == 1 else [-n for n in range(len(axes), 0, -1)]}
    if not affine:
        config |= {"scale": False, "center": False}
    calls.become(inside, last, Call(last.name, kind, [data], config=config, order=Order.LAST))
    return True


def _affine(calls: _Calls, last: Call, kind: str, inside: list[Call]) -> tuple[Call, bool]:
    """A norm's scale and offset behind it, added to ``inside``: the last call, and whether there are any."""
    scaled = calls.only_reader(last)
    if scaled is None or len(scaled.inputs) != 1 or not scaled.weights or scaled.op not in ("LayerScale", "Multiply"):
        return last, False
    inside.append(scaled)
    moved = calls.only_reader(scaled)
    offset = moved is not None and moved.op == "Add" and moved.weights and len(moved.inputs) == 1
    if kind == "LayerNormalization" and moved is not None and offset:
        inside.append(moved)
        return moved, True
    return scaled, True


def _group_norm(calls: _Calls, call: Call) -> bool:
    """Groups as channels, instance normalisation, the shape as before, then a scale and an offset."""
    if call.op != "InstanceNormalization":
        return False
    grouped, back = _source(call, "Reshape"), calls.only_reader(call)
    if grouped is None or back is None or back.op != "Reshape" or calls.only_reader(grouped) is not call:
        return False
    x, shape = grouped.inputs[0], call.inputs[0].shape
    if x.shape is None or back.outputs[0].shape != x.shape or shape is None or len(shape) < 3:
        return False
    inside = [grouped, call, back]
    call.weights = ()  # ones and zeros, one for each group
    last, affine = _affine(calls, back, "LayerNormalization", inside)
    config = {"axis": -1, "groups": shape[1], **({} if affine else {"scale": False, "center": False})}
    calls.become(inside, last, Call(last.name, "GroupNormalization", [x], config=config, order=Order.MAP))
    return True


def _roll(calls: _Calls, call: Call) -> bool:
    """The end of a tensor before its beginning; rolls along several axes are one."""
    parts = [tensor.call for tensor in call.inputs]
    if call.op != "Concatenate" or len(parts) != 2 or call.args or any(part.op != "GetItem" for part in parts):
        return False
    first, second = (_cut(part) for part in parts)
    x = parts[0].inputs[0]
    if first is None or second is None or parts[1].inputs[0] is not x or x.shape is None:
        return False
    axis = call.axes["axis"] % len(x.shape)
    size, joint = x.shape[axis], second[2]
    ends = first[2] >= (size or 0) and second[1] <= 0 and first[1] == joint
    if first[0] != axis or second[0] != axis or size is None or not ends or calls.only_reader(parts[0]) is not call:
        return False
    shift, inside, data = size - joint if joint * 2 > size else -joint, [*parts, call], x
    shifts, axes = [shift], [axis]
    if x.call.op == "Roll" and calls.only_reader(x.call) is None and _read_by_parts(calls, x.call, parts):
        shifts, axes, data = [*x.call.args["shift"], shift], [*x.call.axes["axis"], axis], x.call.inputs[0]
        inside.append(x.call)
    rolled = Call(call.name, "Roll", [data], args={"shift": shifts}, axes={"axis": axes}, order=Order.SAME,
                  module="keras.ops")  # fmt: skip
    calls.become(inside, call, rolled)
    return True


def _read_by_parts(calls: _Calls, call: Call, parts: list[Call]) -> bool:
    """Whether two parts are all that reads a call."""
    return call not in calls.final and sorted(map(id, calls.readers[call])) == sorted(map(id, parts))


def _cut(call: Call) -> tuple[int, int, int] | None:
    """(axis, start, end), from 0 and at most the size, of a part along one axis."""
    x = call.inputs[0]
    index = call.config.get("source_index", [])
    cuts = [axis for axis, entry in enumerate(index) if entry != (None, None, None)]
    if x.shape is None or len(cuts) != 1 or not isinstance(index[cuts[0]], tuple):
        return None
    (start, end, by), size = index[cuts[0]], x.shape[cuts[0]]
    if size is None or by not in (None, 1):
        return None
    low, high, _ = slice(start, end).indices(size)
    return cuts[0], low, high


_RULES: tuple[Rule, ...] = (_bias, _silu, _gelu, _tanh_gelu, _layer_norm, _group_norm, _roll)


def _chain_histories(draft: Draft) -> None:
    """``cat([a, b, c])`` reads ``cat([a, b])`` where that is there: a DenseNet joins its whole history."""
    known: dict[tuple[Tensor, ...], Call] = {}
    for call in draft.calls:
        if call.op != "Concatenate" or call.args:
            continue
        operands = tuple(call.inputs)
        for count in range(len(operands) - 1, 1, -1):
            earlier = known.get(operands[:count])
            if earlier is not None and earlier.axes == call.axes:
                call.inputs = [earlier.outputs[0], *operands[count:]]
                break
        known[operands] = call
