"""``torch.nn.MultiheadAttention`` as the one layer that it is, not the twenty operations of its code."""

from __future__ import annotations

from blockviz.ops.drafts import Call, Draft, Order, Tensor

_CLASS = "MultiheadAttention"


def join_attention(draft: Draft) -> None:
    """Make one call of each run of calls inside one attention module."""
    runs: list[tuple[str, list[Call]]] = []
    for call in draft.calls:
        path = next((path for path, kind in call.within if kind == _CLASS), "")
        if not path:
            continue
        if not runs or runs[-1][0] != path or _returns(call, runs[-1][1]):
            runs.append((path, []))
        runs[-1][1].append(call)
    readers = draft.readers()
    final = {tensor.call for tensor in draft.outputs}
    place = {call: number for number, call in enumerate(draft.calls)}
    for path, calls in runs:
        outside = (reader for call in calls for reader in readers.get(call, ()) if reader not in calls)
        if any(place[reader] < place[calls[-1]] for reader in outside):
            continue  # what it gives is read before it is complete: no layer does that
        _join(draft, path, calls, readers, final)


def _returns(call: Call, run: list[Call]) -> bool:
    """Whether a call begins the next call of the same module: it reads nothing of this one, which is complete."""
    inside = set(run)
    return run[-1].op == "Dense" and len(run) > 2 and not any(tensor.call in inside for tensor in call.inputs)


def _join(draft: Draft, path: str, calls: list[Call], readers: dict[Call, list[Call]], final: set[Call]) -> None:
    inside = set(calls)
    outer = [t for call in calls for t in call.inputs if t.call not in inside]
    entering = list(dict.fromkeys(outer))
    leaving = [
        tensor for call in calls for tensor in call.outputs
        if call in final or any(reader not in inside for reader in readers.get(call, ()))
    ]  # fmt: skip
    heads, depth = _heads(calls)
    if not entering or not leaving or heads is None:
        return
    operands = entering * 2 if len(entering) == 1 else entering
    within = calls[0].within[: [path for path, _ in calls[0].within].index(path)]
    weights = tuple(dict.fromkeys(name for call in calls for name in call.weights))
    counts = [call.macs for call in calls if call.macs is not None]
    whole = Call(path, "MultiHeadAttention", operands, config={"num_heads": heads, "key_dim": depth, "use_bias": True},
                 order=Order.FREE, weights=weights, within=within, macs=sum(counts))  # fmt: skip
    whole.times = calls[-1].times
    whole.outputs = [Tensor(whole, index, tensor.shape) for index, tensor in enumerate(leaving)]
    draft.calls[draft.calls.index(calls[-1])] = whole
    draft.redirect(dict(zip(leaving, whole.outputs, strict=True)))
    draft.remove(inside)


def _heads(calls: list[Call]) -> tuple[int | None, int | None]:
    """Heads and depth of a head, from the tensors that the scores are made of."""
    for call in calls:
        scores = call.op in ("DotProductAttention", "Matmul") and len(call.inputs) > 1
        if scores and (shape := call.inputs[0].shape) is not None and len(shape) == 4:
            return shape[1], shape[3]
    return None, None
