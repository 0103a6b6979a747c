"""Attention, however it is written: weights over some axis, made from products of queries and keys, sum up values."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any, TypeAlias

from blockviz.ir import Port
from blockviz.patterns.added_scores import is_bias, is_by_table, is_chosen, is_table, is_triangle
from blockviz.patterns.axes import Axis, flat, resolved, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.values import UNKNOWN_STEP, Key, Tensor, Value
from blockviz.patterns.walks import ancestors, channel_size, depends, has_axis, projection, same_axes
from blockviz.patterns.weights import Weighted, score_product, weighted_sums


def attention(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Attention by products of queries and keys, alone or with the projection of what it gives."""
    if tensor.views and plain(tensor).value.op != "roll":
        return
    root, rolled = _unrolled(tensor)
    projected = plain(root)
    if not rolled:
        yield from _by_heads(lowering, port, projected)
    inner = projected
    if projected.value.op == "linear":
        inner = plain(projected.value.args[0])
    if inner.value.op not in ("dot", "poly", "taken"):
        return
    for summed in weighted_sums(inner):
        if summed.scores is None:
            continue
        product = score_product(summed.scores, summed.over)
        if product is None:
            continue
        dot, extras = product
        if len(dot.args) != 2:
            continue
        keys = [arg for arg in dot.args if summed.over.intersection(flat(arg.dims))]
        keys = keys or [arg for arg in dot.args if has_axis(arg, summed.over)]
        if len(keys) != 1 or "over" not in dot.attrs or same_axes(dot.attrs["over"], summed.over):
            continue
        (key,) = keys
        query = dot.args[0] if key is dot.args[1] else dot.args[1]
        found = _described(summed, dot, query, key, extras, rolled)
        if found is not None:
            facts = {**found.facts, "projected": projected.value.op == "linear"}
            if facts.get("joint") and facts["projected"]:
                continue  # each stream is projected for itself
            yield Found(found.leaves, facts, found.attributes, found.rearranges)


def _by_heads(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Heads that are written one by one and joined."""
    joined = plain(tensor.value.args[0]) if tensor.value.op == "linear" else tensor
    if joined.value.op != "concat" or len(joined.value.args) < 2:
        return
    heads = [
        next((found for found in attention(lowering, port, Tensor(head.value, head.dims)) if _is_head(found)), None)
        for head in map(plain, joined.value.args)
    ]
    first = heads[0]
    if first is None or any(h is None or h.facts != first.facts or _keys(h) != _keys(first) for h in heads):
        return
    facts = {**first.facts, "heads": len(heads), "projected": tensor.value.op == "linear"}
    yield Found(first.leaves, facts, {**first.attributes, "heads": len(heads)}, rearranges=True)


def _is_head(found: Found) -> bool:
    return not found.facts["projected"] and not found.facts["bare"]


def _keys(found: Found) -> set[Key]:
    return {leaf.key for leaf in found.leaves}


def _unrolled(tensor: Tensor) -> tuple[Tensor, int]:
    count = 0
    while plain(tensor).value.op == "roll":
        tensor = _unpart(plain(tensor))
        count += 1
    return tensor, count


def _unpart(tensor: Tensor) -> Tensor:
    """What a rolled tensor was before."""
    first = tensor.value.args[0]
    return first.value.args[0] if first.value.op == "part" else first


_Projection: TypeAlias = tuple[Tensor, Tensor, frozenset[str]]  # see `projection`


def _described(
    summed: Weighted, dot: Value, query: Tensor, key: Tensor, extras: Sequence[Tensor], rolled: int
) -> Found | None:
    sources = [projection(part) for part in (query, key, summed.values)]
    same = plain(query)
    if plain(key).value is same.value is plain(summed.values).value:  # one tensor three times: none is projected
        sources = [(same, same, frozenset[str]())] * 3
    if (joined := _joined([made for _, made, _ in sources])) is not None:
        width = size_of(resolved(dot.attrs["over"]))  # type: ignore[arg-type]
        heads = heads_of(query, sources[0][1], frozenset(resolved(dot.attrs["over"])), width)  # type: ignore[arg-type]
        return Found(joined, _JOINT, {} if heads is None else {"heads": heads}, rearranges=True)
    inner = frozenset(resolved(dot.attrs["over"]))  # type: ignore[arg-type]
    across = all(axis.kind == "channel" for axis in summed.over)
    low_rank = across and all(axis.kind == "channel" for axis in inner)  # a layer over the tokens made them fewer
    regions = low_rank and any(plain(source).value.op == "dot" for source, _, _ in sources[1:])
    if regions:  # each a sum of tokens by weights that the tokens give
        across = low_rank = False
    sources, latent = _traced(sources, low_rank)
    (q_from, q_made, q_by), (k_from, k_made, k_by), (v_from, v_made, _) = sources
    width = size_of(inner)
    heads, kv_heads = (heads_of(part, made, inner, width) for part, made in ((query, q_made), (key, k_made)))
    q_source, k_source, v_source = (plain(_without_roll(source, rolled)) for source in (q_from, k_from, v_from))
    reduced = 0
    if k_source.key != q_source.key and (base := _reduction(k_source, q_source)) is not None:
        reduced = base
        k_source = v_source = q_source
    shown = [_without_roll(source, rolled) for source in (q_from, k_from, v_from)]
    leaves = tuple(
        {plain(t).key: t for t in shown if plain(t).key in {q_source.key, k_source.key, v_source.key}}.values()
    )
    outer = [
        axis for axis in flat(query.dims) if axis in set(flat(key.dims)) and axis.kind == "space" and axis not in inner
    ]
    steps = [axis for axis in flat(query.dims) if axis.kind == "space" and axis not in outer]
    cut, spaced = _window(q_source, outer, steps)
    window = None if spaced else cut
    placed = [extra for extra in extras if depends(extra.value, is_by_table, limit=24)]
    bias = [extra for extra in extras if extra in placed or is_bias(extra, {q_made.value.number, k_made.value.number})]
    causal = any(is_triangle(extra) for extra in (*extras, *summed.weights)) or is_chosen(summed.scores)
    slopes = any(extra.value.op == "const" and _per_head(extra, query, inner, summed.over) for extra in extras)
    kinds = {q_made.value.op, k_made.value.op}
    learned = q_made.value.given
    facts = {
        "cross": q_source.key != k_source.key and not across,
        "causal": causal,
        "window": window is not None and bool(outer),
        "shifted": bool(rolled),
        "axial": bool(outer) and cut is None and len(steps) == 1,
        "grid": spaced and len(steps) == 2,
        "reduced": bool(reduced),
        "channels": across and not low_rank,
        "low_rank": low_rank,
        "latent": latent,
        "grouped": kv_heads is not None and heads is not None and kv_heads < heads,
        "slopes": slopes,
        "disentangled": len(placed) > 1,
        "queries": learned,
        "rotary": "rotary" in q_by | k_by,
        "heads": heads,
        "bare": not {"linear", "conv", "depthwise", "separable"} & kinds or q_made is k_made is v_made,
        "maps": all(made.value.node is not None and made.value.node.op.startswith("Conv") for made in (q_made, k_made)),
        "scaled": _is_scaled(summed.scores, query, key),
    }
    if facts["window"] and bool(rolled) != _was_rolled(q_from):
        return None
    attributes: dict[str, Any] = {"heads": heads}
    if causal:
        attributes["causal"] = True
    elif any(not is_table(e) and has_axis(e, steps) and has_axis(e, summed.over) for e in extras if e not in bias):
        attributes["masked"] = "pairs"
    attributes |= {
        "window": window if outer else None,
        "grid": cut if facts["grid"] else None,
        "reduction": reduced or None,
        "kv_heads": kv_heads if facts["grouped"] else None,
        "relative_bias": True if bias else None,
        "rotary": facts["rotary"] or None,
        "with": _unknown_steps(summed, dot) or None,
    }
    return Found(leaves, facts, {k: v for k, v in attributes.items() if v is not None}, rearranges=True)


def _unknown_steps(summed: Weighted, dot: Value) -> list[str]:
    """Classes that nobody knows between the scores and what they weigh, in their order."""
    before = {arg.key for arg in dot.args}
    steps = [value for weight in summed.weights for value in ancestors(weight.value, before, limit=24)]
    found = [value.node for value in steps[::-1] if value.op == UNKNOWN_STEP and value.node is not None]
    return list(dict.fromkeys(node.op.rpartition(">")[2] for node in found))


_JOINT = {"joint": True, "projected": False, "bare": False, "axial": False}


def _traced(sources: list[_Projection], low_rank: bool) -> tuple[list[_Projection], bool]:
    """Projections of queries, keys and values, with sources further back where keys and values are of fewer tokens or
    all are of one tensor by way of a narrower one; and whether that is so."""
    if low_rank:
        return [sources[0], *[projection(source) for source, _, _ in sources[1:]]], False
    latent = _latent_base(*[source for source, _, _ in sources])
    return (sources, False) if latent is None else ([(latent, made, by) for _, made, by in sources], True)


def _latent_base(queries: Tensor, keys: Tensor, values: Tensor) -> Tensor | None:
    """The tensor that queries, keys and values are of, the latter by way of one narrower tensor; None for no such."""
    if plain(keys).key != plain(values).key or plain(keys).key == plain(queries).key:
        return None
    base, made, _ = projection(keys)
    if made.value.op != "linear" or _width(made) >= _width(base):
        return None
    is_same = plain(queries).key == plain(base).key
    return base if is_same or plain(projection(queries)[0]).key == plain(base).key else None


def _width(tensor: Tensor) -> int:
    return size_of(frozenset(axis for axis in flat(tensor.dims) if axis.kind == "channel")) or 0


def _joined(made: Sequence[Tensor]) -> tuple[Tensor, ...] | None:
    """The streams whose queries, keys and values are each joined, in one order: attention over all their tokens."""
    whole = [plain(one.value.args[0]) if one.value.op == "part" else one for one in made]  # all three by one layer
    rows = [[projection(arg) for arg in tensor.value.args] for tensor in whole if tensor.value.op == "concat"]
    if len(rows) < 3 or any(by.value.op != "linear" for row in rows for _, by, _ in row):
        return None
    keys = [[plain(source).key for source, _, _ in row] for row in rows]
    return tuple([plain(source) for source, _, _ in rows[0]]) if keys[0] == keys[1] == keys[2] else None


def heads_of(part: Tensor, made: Tensor, inner: frozenset[Axis], width: int | None) -> int | None:
    """How many heads a projection has whose vectors are multiplied along ``inner``, of so many channels each."""
    size = channel_size(made)
    if any(axis.kind != "channel" for axis in inner) or not width or size is None:
        axes = [axis for axis in flat(part.dims) if axis.kind == "channel" and axis not in inner and not axis.copy]
        return size_of(axes) if axes else 1
    cut = [axis for axis in flat(part.value.dims) if axis.kind == "channel" and not axis.copy]
    whole = size_of(cut) if part.value.op == "part" else size
    return max(1, (whole or width) // width)


def _without_roll(source: Tensor, rolled: int) -> Tensor:
    for _ in range(rolled):
        if plain(source).value.op == "roll":
            source = _unpart(plain(source))
    return source


def _was_rolled(source: Tensor) -> bool:
    return plain(source).value.op == "roll"


def _reduction(key: Tensor, query: Tensor) -> int | None:
    """By how much a map is reduced that keys are made from, if that is the map of the queries."""
    value, passed = key.value, 0
    tensor = key
    for _ in range(4):
        value = tensor.value
        if value.op in ("norm", "fn", *(["linear"] if passed else [])):
            tensor = plain(value.args[0])
        elif value.op in ("conv", "pool", "depthwise"):
            passed += 1
            tensor = plain(value.args[0])
        else:
            break
        if passed and tensor.key == query.key:
            node = next((v.node for v in _chain(key, query) if v.op in ("conv", "pool", "depthwise") and v.node), None)
            strides = node.config.get("strides") or node.config.get("pool_size") if node is not None else None
            return int(strides[0] if isinstance(strides, list | tuple) else strides or 1)
    return None


def _chain(key: Tensor, query: Tensor) -> Iterator[Value]:
    tensor = key
    while tensor.key != query.key and tensor.value.args:
        yield tensor.value
        tensor = plain(tensor.value.args[0])


def _window(source: Tensor, outer: Sequence[Axis], inside: Sequence[Axis]) -> tuple[int | None, bool]:
    """The size of a window, of a side of the map that some of both axes are parts of; and whether its places are evenly
    spaced over the map, in a grid, and no neighbours.

    A map whose pixels stand in one row has both sides in it, each behind the axis of its windows.
    """
    for group in source.value.dims:
        axes = resolved(group)
        if any(axis in outer for axis in axes) and any(axis in inside for axis in axes):
            sides = [list(side) for within, side in groupby(axes, key=inside.__contains__) if within]
            return size_of(sides[0]), axes[-1] in outer
    return None, False


def _per_head(extra: Tensor, query: Tensor, inner: frozenset[Axis], over: frozenset[Axis]) -> bool:
    heads = [axis for axis in flat(query.dims) if axis.kind == "channel" and axis not in inner]
    return bool(heads) and has_axis(extra, heads) and has_axis(extra, over)


def _is_scaled(scores: Tensor | None, query: Tensor, key: Tensor) -> bool:
    found = [] if scores is None else list(plain(scores).value.terms.values())
    return any(abs(factor - 1.0) > 1e-6 for factor in found)
