"""Idioms around whole networks: flows, spectra, sampling, guidance, distances."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from blockviz.ir import Port
from blockviz.patterns.axes import flat, size_of
from blockviz.patterns.found import Found
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import plain
from blockviz.patterns.notation import ACTIVATIONS
from blockviz.patterns.values import Key, Tensor, Value
from blockviz.patterns.walks import ancestors, depends


def coupling(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """One part of a tensor goes on as it is; factor and shift of the other part are made from it.

    The parts are halves that are joined again (Dinh et al., "Density estimation using Real NVP", 2017, eq. 8), or the
    places of a mask and of its complement (eq. 9).
    """
    value = tensor.value
    if value.op == "poly" and len(value.terms) == 3 and not tensor.views:
        yield from _masked_coupling(value)
    if value.op != "concat" or tensor.views or len(value.args) != 2:
        return
    for kept, changed in (value.args, value.args[::-1]):
        half = plain(kept)
        if half.value.op != "part":
            continue
        source = half.value.args[0]
        found = plain(changed)
        if found.value.op != "poly":
            continue
        others = [
            a for a in found.value.args if plain(a).value.op == "part" and plain(a).value.args[0].key == source.key
        ]
        others = [a for a in others if plain(a).key != half.key]
        if len({plain(a).key for a in others}) != 1:
            continue
        other = others[0]
        rest = [atom for atom in found.value.args if atom.key != other.key]
        own = [monomial for monomial in found.value.terms if any(key == other.key for key, _ in monomial)]
        linear = len(own) == 1 and all(power == 1.0 for key, power in own[0] if key == other.key)
        number = plain(other).value.number
        if not rest or not linear or any(_reads(atom, number) for atom in rest):
            continue
        if all(_reads(atom, half.value.number) for atom in rest):
            affine = len(own[0]) > 1
            yield Found((plain(source),), {"affine": affine}, {}, rearranges=True)


def _masked_coupling(value: Value) -> Iterator[Found]:
    """``b x + (1 - b) (x s + t)`` with constants for the mask b and its complement; s and t are made from ``b x``."""
    by_key = {atom.key: atom for atom in value.args}
    fixed = {key for key, atom in by_key.items() if atom.value.op == "const"}
    for x in by_key.keys() - fixed:
        kept, changed, shifts = list[set[Key]](), list[set[Key]](), list[set[Key]]()
        for monomial in value.terms:
            others = {key for key, _ in monomial} - {x}
            (shifts if (x, 1.0) not in monomial else kept if others <= fixed else changed).append(others)
        if len(kept) != 1 or len(kept[0]) != 1 or len(changed) != 1 or len(shifts) != 1:
            continue
        made = (changed[0] | shifts[0]) - fixed
        masked = {x, *kept[0]}
        complement = changed[0] & shifts[0] & fixed
        if made and complement - kept[0] and all(_is_of(by_key[key].value, masked) for key in made):
            yield Found((by_key[x],), {"affine": True}, {"form": "masked"}, rearranges=False)


def _is_of(value: Value, factors: set[Key]) -> bool:
    """Whether a value is made from the product of these."""
    return depends(
        value,
        lambda one: one.op == "poly" and len(one.terms) == 1 and {atom.key for atom in one.args} == factors,
        limit=120,
    )


def _reads(tensor: Tensor, number: int) -> bool:
    return depends(tensor.value, lambda value: value.number == number, limit=120)


_INVERSE = frozenset({"ifft2", "irfft", "ifft", "irfft2", "istft"})


_FORWARD = frozenset({"fft2", "fft", "rfft", "rfft2", "stft"})


def spectral(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """A Fourier transform, what is done in the spectrum, and back; or the real part of the transform."""
    value = plain(tensor).value
    if value.op in _INVERSE and not tensor.views:
        forward = [found for found in ancestors(value, limit=200) if found.op in _FORWARD]
        leaves = {plain(arg).key: plain(arg) for found in forward[:4] for arg in found.args if not arg.value.given}
        if leaves:
            stops = {leaf.key for leaf in leaves.values()}
            mixed = any(_is_nonlinear(found) for found in ancestors(value, stops, 200))
            yield Found(tuple(leaves.values()), {"back": True, "nonlinear": mixed}, {}, rearranges=True)
    elif value.op in _FORWARD and value.attrs.get("out") == 0 and port[1] == 0 and not tensor.views:
        if lowering.readers.get((port[0], 1), 0):
            return  # the imaginary part is read, too
        inner = plain(value.args[0])
        again = inner.value.op in _FORWARD
        leaf = plain(inner.value.args[0]) if again else inner
        yield Found((leaf,), {"back": False}, {}, rearranges=True)


def _is_nonlinear(value: Value) -> bool:
    """Whether a value is an activation of another, so that modes are mixed by a network, not by a product."""
    return value.op == "fn" and value.attrs["name"] in ACTIVATIONS


def sampling(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """A map read at places that a convolution on it gives."""
    if tensor.views or tensor.value.op not in ("poly", *_GATHERS):
        return
    atoms = (tensor,) if tensor.value.op in _GATHERS else tensor.value.args
    gathers = [plain(atom).value for atom in atoms if plain(atom).value.op in _GATHERS]
    if not gathers:
        return
    source = plain(gathers[0].args[0])
    if any(plain(found.args[0]).key != source.key for found in gathers):
        return
    for found in gathers:
        index = found.args[-1].value
        if not depends(index, lambda v: v.op in ("conv", "linear") and v.args[0].key == source.key, limit=80):
            return
        if not depends(index, lambda v: v.op == "fn" and v.attrs["name"] in ("floor", "round"), limit=80):
            return
    yield Found((source,), {}, {"sampling": "bilinear" if len(gathers) > 1 else "nearest"}, rearranges=True)


_GATHERS = frozenset({"takealongaxis", "take", "gathernd", "gather"})


def guidance(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """One network's answers with and without a condition, extrapolated."""
    value = tensor.value
    if value.op != "poly" or len(value.terms) != 2 or len(value.args) != 2 or any(len(m) != 1 for m in value.terms):
        return
    one, two = (plain(arg).value for arg in value.args)
    factors = list(value.terms.values())
    same = one.op == two.op and one.attrs.get("layer") is not None and one.attrs.get("layer") == two.attrs.get("layer")
    if not same or abs(sum(factors) - 1) > 1e-3 or max(factors) <= 1:
        return
    layers = {found.attrs.get("layer") for found in ancestors(one)} & {
        found.attrs.get("layer") for found in ancestors(two)
    }
    leaves: dict[Key, Tensor] = {}
    own = ([], [])  # type: tuple[list[Value], list[Value]]
    for number, root in enumerate((one, two)):
        own[number].extend(
            found for found in ancestors(root) if found.attrs.get("layer") in layers and found.attrs.get("layer")
        )
    for network in own:
        for arg in _entering(network):
            leaves[arg.key] = plain(arg)
    if leaves:
        yield Found(tuple(leaves.values()), {}, {"scale": round(max(factors), 4)})


def _entering(network: Sequence[Value]) -> Iterator[Tensor]:
    """The tensors that a network reads and doesn't make."""
    inside = {value.number for value in network}
    for found in network:
        for arg in found.args:
            if not arg.value.given and not depends(arg.value, lambda value: value.number in inside, limit=60):
                yield arg


def siamese(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """Two distances between what one network makes of three inputs."""
    value = plain(tensor).value
    if tensor.views or value.op not in ("concat", "poly", "fn") or value.given:
        return
    embeddings: dict[int, Value] = {}
    for found in ancestors(value, limit=60):
        if found.op in ("linear", "conv") and found.node is not None:
            embeddings[found.number] = found
    layers: dict[object, list[Value]] = {}
    for found in embeddings.values():
        layers.setdefault(found.attrs.get("layer"), []).append(found)
    last = next((group for group in layers.values() if len(group) == 3), None)
    if last is None or any(len(group) != 3 for group in layers.values()) or len(layers) > 6:
        return
    atoms = value.args if value.op == "concat" else list(value.args)
    reduced = [found for found in ancestors(value, limit=30) if found.op in ("dot", "mean", "sum")]
    if len({found.number for found in reduced}) < 2 or not atoms:
        return
    pairs = []
    for found in reduced:
        inside = {n.number for n in ancestors(found, limit=60)} & {v.number for v in last}
        pairs.append(frozenset(inside))
    distances = {pair for pair in pairs if len(pair) == 2}
    if len(distances) != 2 or len(frozenset.union(*distances)) != 3:
        return
    leaves = {}
    for found in embeddings.values():
        for arg in found.args:
            if not depends(arg.value, lambda v: v.number in embeddings, limit=40):
                leaves[plain(arg).key] = plain(arg)
    if len(leaves) == 3 and all(size_of([a for a in flat(d) if a.kind != "batch"]) in (1, 2) for d in (tensor.dims,)):
        yield Found(tuple(leaves.values()), {"triplet": True}, {})


def distillation(lowering: Lowering, port: Port, tensor: Tensor) -> Iterator[Found]:
    """The distance between two networks' answers to one input, one of which learns nothing from it."""
    value = plain(tensor).value
    if (
        tensor.views
        or not lowering.stopped
        or any(axis.kind != "batch" for axis in flat(tensor.dims) if axis.size != 1)
    ):
        return
    if not any(found.op in ("dot", "mean", "sum") for found in ancestors(value, limit=6)):
        return
    every = {found.number: found for found in ancestors(value, limit=300)}
    teacher = next((every[number] for number in lowering.stopped if number in every), None)
    if teacher is None:
        return
    below = {found.number for found in ancestors(teacher)}
    own = [n for n, v in every.items() if n not in below and v.op in ("linear", "conv")]
    shared = [n for n in below for v in (every.get(n),) if v is not None and not v.given and _fed(every, n, own, below)]
    if own and shared:
        source = every[max(shared)]
        yield Found((Tensor(source, source.dims),), {}, {})


def _fed(every: dict[int, Value], number: int, own: Sequence[int], below: set[int]) -> bool:
    """Whether a tensor is read by the student's network and by the teacher's."""
    student = any(plain(arg).value.number == number for n in own for arg in every[n].args)
    teacher = any(plain(arg).value.number == number for n in below if n in every for arg in every[n].args)
    return student and teacher
