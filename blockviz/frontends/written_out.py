"""What an exporter has written out in smaller operations becomes again what it was: biases, activations, norms.

Each rule starts at the operation that tells it, demands that nothing else reads what lies between, and leaves one
call in place of several.
"""

from __future__ import annotations

from blockviz.frontends.draft_calls import DraftCalls, Rule
from blockviz.frontends.written_activations import gelu, silu, tanh_gelu
from blockviz.frontends.written_norms import group_norm, layer_norm, spread_norm
from blockviz.ops.drafts import Call, Draft, Order, Tensor


def tidy(draft: Draft) -> None:
    """Rewrite a draft, rule by rule. Linear in the calls, for each rule."""
    draft.prune()
    for rule in _RULES:
        calls = DraftCalls(draft)
        for call in draft.calls:
            if call not in calls.gone:
                rule(calls, call)
        draft.calls = calls.left()
    _chain_histories(draft)
    draft.prune()


def _scale(calls: DraftCalls, call: Call) -> bool:
    """A factor for each channel behind a convolution without bias: what is left of its batch norm.

    Exporters put that into the kernel where they can. A layer scale stands behind a bias.
    """
    if not call.op.startswith(("Conv", "DepthwiseConv")) or call.config.get("use_bias") is not False:
        return False
    scaled, shape = calls.only_reader(call), call.outputs[0].shape
    if scaled is None or scaled.op != "LayerScale" or len(scaled.inputs) != 1 or shape is None or len(shape) < 2:
        return False
    if scaled.config.get("projection_dim") != shape[1]:
        return False
    new = Call(call.name, call.op, call.inputs, config=call.config, args=call.args, axes=call.axes, order=call.order,
               module=call.module, within=call.within, macs=call.macs)  # fmt: skip
    calls.become([call, scaled], scaled, new)
    return True


def _bias(calls: DraftCalls, call: Call) -> bool:
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


def _roll(calls: DraftCalls, call: Call) -> bool:
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


def _read_by_parts(calls: DraftCalls, call: Call, parts: list[Call]) -> bool:
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


_RULES: tuple[Rule, ...] = (_scale, _bias, silu, gelu, tanh_gelu, layer_norm, spread_norm, group_norm, _roll)


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
