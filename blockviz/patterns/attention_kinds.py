"""Kinds of attention that are built otherwise: linear, pooled, additive, along two axes, a decoder's."""

from __future__ import annotations

from collections.abc import Iterator

from blockviz.ir import Port
from blockviz.patterns.attention import attention, heads_of
from blockviz.patterns.axes import Axis, resolved, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain, readings
from blockviz.patterns.notation import ACTIVATIONS
from blockviz.patterns.values import Tensor
from blockviz.patterns.walks import has_axis, projection
from blockviz.patterns.weights import score_product, weighted_sums


def linear_attention(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Queries that read a product of keys and values: no matrix of tokens by tokens."""
    if tensor.views:
        return
    inner = plain(tensor)
    if inner.value.op == "linear":
        inner = plain(inner.value.args[0])
    for outer in weighted_sums(inner):
        memory = plain(outer.values)
        memory = plain(memory.value.args[0]) if memory.value.op == "poly" and len(memory.value.args) == 1 else memory
        if memory.value.op != "dot" or len(memory.value.args) != 2 or len(outer.weights) != 1:
            continue
        tokens = frozenset(resolved(memory.value.attrs["over"]))  # type: ignore[arg-type]
        if any(axis.kind != "space" for axis in tokens) or any(axis.kind != "channel" for axis in outer.over):
            continue
        key = next((arg for arg in memory.value.args if has_axis(arg, outer.over)), None)
        if key is None:
            continue
        values = next(arg for arg in memory.value.args if arg is not key)
        parts = [projection(part) for part in (outer.weights[0], key, values)]
        (q_from, q_made, q_by), (k_from, _, k_by), (v_from, _, _) = parts
        if plain(k_from).key != plain(v_from).key or q_made.value.op != "linear":
            continue
        width = size_of(outer.over)
        heads = heads_of(outer.weights[0], q_made, outer.over, width)
        leaves = tuple({plain(t).key: t for t in (q_from, k_from, v_from)}.values())
        yield Found(leaves, {"mapped": bool((q_by | k_by) & _MAPS)}, {"heads": heads}, rearranges=True)


_MAPS = frozenset({"elu", "relu", "softmax", "exp", "softplus", "gelu", "silu", "squared_relu"})


def pooled(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Steps summed up by weights that each step gives itself (attention pooling)."""
    if tensor.views:
        return
    for summed in weighted_sums(tensor):
        if summed.scores is None or not all(_is_token(axis) for axis in summed.over):
            continue
        values = plain(summed.values)
        scored = plain(summed.scores)
        passed = 0
        while scored.key != values.key and passed < 6:
            ops = {op for op, _ in readings(scored.value)}
            if (
                not ops & {"linear", "tanh", "norm", "relu", "sigmoid", "gelu", "scale", "conv", "poly"}
                and scored.value.op != "poly"
            ):
                break
            atoms = [a for a in scored.value.args if not a.value.given]
            if scored.value.op == "poly" and len(atoms) > 1:  # a gated score
                projected = {plain(projection(atom)[0]).key for atom in atoms}
                if projected == {values.key}:
                    scored = values
                break
            if not atoms:  # made of nothing but weights
                break
            scored = plain(atoms[0])
            passed += 1
        source = projection(values)[0] if scored.key != values.key else values
        if scored.key == plain(source).key and passed:
            yield Found((plain(source),), {"pooled": True}, {}, rearranges=True)


def additive(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Scores of pairs by a small network: Bahdanau's attention, and attention over the neighbours in a graph."""
    if tensor.views:
        return
    activated = tensor.value.op == "fn" and tensor.value.attrs["name"] in ACTIVATIONS
    for summed in weighted_sums(tensor.value.args[0] if activated else tensor):
        if summed.scores is None or not all(_is_token(axis) for axis in summed.over):
            continue
        network = _pair_score(summed.scores)
        if network is None:
            continue
        function, atoms, _masks = network
        parts = [plain(projection(atom)[0]) for atom in atoms]
        value_from, made, _ = projection(summed.values)
        values = plain(value_from if made.value.op == "linear" else summed.values)
        if plain(summed.values).key in {part.key for part in parts}:
            values = plain(summed.values)
        leaves = tuple({t.key: t for t in (*parts, values)}.values())
        graph = function == "leaky_relu"
        if graph:
            leaves = (value_from,) if made.value.op == "linear" else leaves
        elif activated:
            continue
        facts = {"graph": graph and made.value.op == "linear", "pairs": function == "tanh"}
        yield Found(leaves, facts, {"heads": 1} if graph else {}, rearranges=True)


def _is_token(axis: Axis) -> bool:
    return axis.kind == "space" or any(twin.kind == "space" for twin in axis.twins)


def _pair_score(scores: Tensor) -> tuple[str, list[Tensor], int] | None:
    """The function in a score of pairs, the two projections that it adds, and how many masks were passed."""
    pending, masks = [plain(scores)], 0
    for _ in range(12):
        if not pending:
            return None
        found = pending.pop(0)
        value = found.value
        if value.op == "fn" and value.attrs["name"] in ("tanh", "leaky_relu"):
            inner = plain(value.args[0])
            atoms = [atom for atom in inner.value.args if not atom.value.given] if inner.value.op == "poly" else []
            if len(atoms) == 2 and all(projection(atom)[1].value.op == "linear" for atom in atoms):
                return str(value.attrs["name"]), atoms, masks
        elif value.op in ("poly", "where", "linear", "part"):
            masks += value.op != "linear"
            pending += [plain(arg) for arg in value.args if not arg.value.given]
    return None


def axial(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Attention along one side of a map and along the other, one after the other or beside each other."""
    value = plain(tensor).value
    if value.op == "poly" and len(value.args) == 2 and len(value.terms) == 2:
        pair = [_axial_hit(lowering, port, atom) for atom in value.args]
        if pair[0] is not None and pair[1] is not None and plain(pair[0].leaves[0]).key == plain(pair[1].leaves[0]).key:
            yield Found(pair[0].leaves, {}, pair[0].attributes, rearranges=True)
        return
    if tensor.views or (second := _axial_hit(lowering, port, tensor)) is None:
        return
    middle = plain(second.leaves[0])
    for _ in range(3):
        if (first := _axial_hit(lowering, port, middle)) is not None:
            yield Found(first.leaves, {}, first.attributes, rearranges=True)
            return
        atoms = [atom for atom in middle.value.args if not atom.value.given]
        if middle.value.op not in ("norm", "poly") or not atoms or len(atoms) > 2:
            return
        middle = plain(max(atoms, key=lambda atom: atom.value.number))


def _axial_hit(lowering: Lowering, port: Port, tensor: Tensor) -> Found | None:
    whole = Tensor(tensor.value, tensor.value.dims)
    return next(
        (found for found in attention(lowering, port, whole) if found.facts["axial"] and len(found.leaves) == 1), None
    )


def luong(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """A context by products of states, joined to the state that asked, and projected."""
    value = tensor.value
    if tensor.views or value.op != "fn" or value.attrs["name"] != "tanh" or value.args[0].value.op != "linear":
        return
    joined = plain(value.args[0].value.args[0])
    if joined.value.op != "concat" or len(joined.value.args) != 2:
        return
    for context, state in (joined.value.args, joined.value.args[::-1]):
        for found in attention(lowering, port, Tensor(plain(context).value, plain(context).value.dims)):
            if found.facts["bare"] or not found.facts["projected"]:
                asked = [leaf for leaf in _asked(found, context, plain(state)) if leaf.key != plain(state).key]
                yield Found((plain(state), *asked), {}, {"score": "dot"})


def _asked(found: Found, context: Tensor, state: Tensor) -> list[Tensor]:
    """What is asked, and by what: the states themselves, not what their layers read."""
    summed = next((one for one in weighted_sums(context) if one.scores is not None), None)
    product = None if summed is None or summed.scores is None else score_product(summed.scores, summed.over)
    if product is None or summed is None:
        return list(found.leaves)
    values = plain(summed.values)
    asked = [plain(arg) for arg in product[0].args]
    whole = {values.key: values, state.key: state}
    general = [arg if arg.key in whole else whole.get(plain(projection(arg)[0]).key, arg) for arg in asked]
    return [*general, values]  # scores by a matrix: it is part of the attention
