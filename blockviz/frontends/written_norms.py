"""Normalisations that an exporter has written out."""

from __future__ import annotations

from blockviz.frontends.draft_calls import DraftCalls, is_arithmetic, source_of
from blockviz.ops.drafts import Call, Order


def layer_norm(calls: DraftCalls, call: Call) -> bool:
    """(x - mean) / √(mean of squares + ε), and the scale and offset behind it; without the means, an RMS norm."""
    if call.op not in ("Sqrt", "Rsqrt") or len(call.inputs) != 1:
        return False
    padded = call.inputs[0].call
    if padded.op != "Add" or len(padded.inputs) != 1 or padded.weights:
        return False
    mean = padded.inputs[0].call
    squares = mean.inputs[0].call if mean.op == "Mean" and mean.inputs else None
    if squares is None or not (is_arithmetic(squares, "Power", 2.0) or squares.op in ("Square", "Multiply")):
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
