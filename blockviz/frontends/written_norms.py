"""Normalisations that an exporter has written out."""

from __future__ import annotations

from blockviz.frontends.draft_calls import DraftCalls, is_arithmetic, source_of
from blockviz.ops.drafts import Call, Order, Tensor


def layer_norm(calls: DraftCalls, call: Call) -> bool:
    """(x - mean) / √(mean of squares + ε), and the scale and offset behind it; without the means, an RMS norm."""
    below = _mean_of_squares(call)
    if below is None:
        return False
    padded, mean, squares = below
    x = squares.inputs[0]
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
    if not _are_last(mean, data):
        return False
    last, affine = _affine(calls, last, kind, inside)
    calls.become(inside, last, _norm(last.name, kind, data, mean, affine))
    return True


def spread_norm(calls: DraftCalls, call: Call) -> bool:
    """x · s + (-mean · s + offset), where s is scale / √(mean of squares + ε): a layer norm as TensorFlow writes it."""
    below = _mean_of_squares(call)
    if below is None:
        return False
    centred = below[2].inputs[0].call
    if centred.op != "Subtract" or len(centred.inputs) != 2 or not _are_last(below[1], centred.inputs[0]):
        return False
    data, mean = centred.inputs
    row = [call]  # what follows in a row: the reciprocal, the scale
    while (after := calls.only_reader(row[-1])) is not None and (after.op == "Reciprocal" or _weighs(after)):
        row.append(after)
    products = calls.readers[row[-1]]
    if len(products) != 2 or any(one.op != "Multiply" or len(one.inputs) != 2 for one in products):
        return False
    kept = next((one for one in products if data in one.inputs), None)
    moved = next((one for one in products if one is not kept), products[0])
    negated = next((tensor.call for tensor in moved.inputs if tensor.call is not row[-1]), None)
    if kept is None or negated is None or negated.op != "Negative" or negated.inputs[0] is not mean:
        return False
    offset, inside = calls.only_reader(moved), [*row, *below, centred, mean.call, negated, kept, moved]
    if offset is not None and offset.op == "Add" and offset.weights and len(offset.inputs) == 1:
        inside.append(offset)
        offset = calls.only_reader(offset)
    if offset is None or offset.op != "Add" or calls.only_reader(kept) is not offset:
        return False
    affine = any(one.weights for one in inside)
    calls.become(inside, offset, _norm(offset.name, "LayerNormalization", data, below[1], affine))
    return True


def _mean_of_squares(root: Call) -> tuple[Call, Call, Call] | None:
    """What a root is of: a mean of squares with an ε added, as the calls of the sum, the mean, the squares."""
    if root.op not in ("Sqrt", "Rsqrt") or len(root.inputs) != 1:
        return None
    padded = root.inputs[0].call
    if padded.op != "Add" or len(padded.inputs) != 1 or padded.weights:
        return None
    mean = padded.inputs[0].call
    squares = mean.inputs[0].call if mean.op == "Mean" and mean.inputs else None
    if squares is None or not (is_arithmetic(squares, "Power", 2.0) or squares.op in ("Square", "Multiply")):
        return None
    if squares.op == "Multiply" and (len(squares.inputs) != 2 or squares.inputs[1] is not squares.inputs[0]):
        return None
    return padded, mean, squares


def _are_last(mean: Call, data: Tensor) -> bool:
    """Whether a mean is over the last axes of what is normalised."""
    axes, rank = mean.axes.get("axis") or [-1], len(data.shape or ())
    return bool(rank) and sorted(axis % rank for axis in axes) == list(range(rank - len(axes), rank))


def _norm(name: str, kind: str, data: Tensor, mean: Call, affine: bool) -> Call:
    axes = mean.axes.get("axis") or [-1]
    config = {"axis": -1 if len(axes) == 1 else [-n for n in range(len(axes), 0, -1)]}
    if not affine:
        config |= {"scale": False, "center": False}
    return Call(name, kind, [data], config=config, order=Order.LAST)


def _weighs(call: Call) -> bool:
    return call.op in ("LayerScale", "Multiply") and bool(call.weights) and len(call.inputs) == 1


def _affine(calls: DraftCalls, last: Call, kind: str, inside: list[Call]) -> tuple[Call, bool]:
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


def group_norm(calls: DraftCalls, call: Call) -> bool:
    """Groups as channels, instance normalisation, the shape as before, then a scale and an offset."""
    if call.op != "InstanceNormalization":
        return False
    grouped, back = source_of(call, "Reshape"), calls.only_reader(call)
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
