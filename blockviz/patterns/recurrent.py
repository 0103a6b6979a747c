"""Recurrent cells written out."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.ir import Port
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import matches, plain, readings
from blockviz.patterns.notation import parsed
from blockviz.patterns.values import Key, Tensor
from blockviz.patterns.walks import ancestors


def _inputs_of(values: Sequence[Tensor], stop: Sequence[Key]) -> list[Tensor]:
    """What gates are made from: behind sums, cuts, joins, sigmoids and one projection."""
    found: dict[Key, Tensor] = {}

    def walk(tensor: Tensor, projected: bool, depth: int) -> None:
        tensor = plain(tensor)
        value = tensor.value
        if value.given or depth > 14:
            return
        if tensor.key in stop:
            found[tensor.key] = tensor
        elif value.op == "linear" and not projected:
            walk(value.args[0], True, depth + 1)
        elif value.op in ("poly", "part", "concat", "norm"):
            for arg in value.args:
                walk(arg, projected, depth + 1)
        elif value.op == "fn" and value.attrs["name"] in ("sigmoid", "tanh", "hard_sigmoid"):
            walk(value.args[0], False, depth + 1)
        else:
            found[tensor.key] = tensor

    for one in values:
        walk(one, False, 0)
    return list(found.values())


_GRU = (
    "h * (h_z := gatelike(h_a)) + (h_c := (tanh | relu)(h_b)) - h_c * h_z",
    "h - h * (h_z := gatelike(h_a)) + (h_c := (tanh | relu)(h_b)) * h_z",
)


_LSTM = ("gatelike(h_o) * tanh((h_cell := gatelike(h_f) * c + gatelike(h_i) * (tanh | relu)(h_g)))",)


def gru(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """New state from the old one and a candidate by an update gate, the reset gate inside the candidate."""
    if tensor.value.op != "poly" or tensor.views:
        return
    for text in _GRU:
        for env in matches(parsed(text), tensor, {}):
            state, update, candidate = env["h"], env["h_z"], env["h_c"]
            if _is_reset(candidate, update, state):
                leaves = _inputs_of([update, candidate], [state.key])
                yield Found((state, *[t for t in leaves if t.key != state.key]), {}, {})
                return


def _is_reset(candidate: Tensor, update: Tensor, state: Tensor) -> bool:
    """Whether the candidate holds a product of the state, or its projection, with a gate that isn't the update gate."""
    for value in ancestors(candidate.value, [state.key], 40):
        if value.op != "poly":
            continue
        for monomial in value.terms:
            atoms = [atom for atom in value.args if any(key == atom.key for key, _ in monomial)]
            gates = [a for a in atoms if any(op in ("sigmoid", "hard_sigmoid") for op, _ in readings(plain(a).value))]
            if len(atoms) > 1 and gates:
                return all(plain(gate).key != plain(update).key for gate in gates)
    return False


def lstm(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Input, forget and output gates on a cell and the state that it gives."""
    if tensor.value.op != "poly" or tensor.views:
        return
    for text in _LSTM:
        for env in matches(parsed(text), tensor, {}):
            cell = env["c"]
            leaves = _inputs_of([env["h_o"], env["h_f"], env["h_i"], env["h_g"]], [cell.key])
            yield Found((cell, *[t for t in leaves if t.key != cell.key]), {}, {})
            return
