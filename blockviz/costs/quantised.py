"""What quantising a layer makes of its weights: narrow kernels that are not trained, and their scales.

The rules are those of ``quantized_build`` in Keras 3. A kernel of int4 holds two numbers a byte.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from math import prod

from blockviz.costs.layer_params import Config, Weight, einsum_sizes, known

_KERNELS = {"Dense": 1, "EinsumDense": 1, "Embedding": 1, "ReversibleEmbedding": 2}  # and how many they have at most
_HISTORY = 1024  # entries of each record of the largest values that float8 keeps


def quantised(op: str, config: Config, weights: Iterable[Weight]) -> Iterator[Weight]:
    """The variables of a layer as they are stored; those of a layer that isn't quantised as they are.

    Raises
    ------
    LookupError : nobody knows what this way of quantising stores.
    """
    mode, _, block = str(config.get("quantized") or "").partition("/")
    if not mode:
        yield from weights
        return
    if mode == "float8" and op in ("Dense", "EinsumDense"):
        yield from weights
        yield from (Weight(shape, item_bytes=4) for _ in range(3) for shape in ((), (_HISTORY,)))
        return
    if mode not in ("int8", "int4") or op not in _KERNELS:
        raise LookupError(f"{op} quantised as {mode}")
    for number, weight in enumerate(weights):
        if number < _KERNELS[op] and len(weight.shape) > 1:
            yield from _kernel(op, config, weight, mode, int(block or -1), reverse=number > 0)
        else:
            yield weight


def _kernel(op: str, config: Config, weight: Weight, mode: str, block: int, *, reverse: bool) -> Iterator[Weight]:
    """A kernel with its scales, and the zero points and groups of one that is scaled by blocks."""
    reads, gives = _sides(op, config, weight, reverse)
    size = reads * gives if mode == "int8" else _packed(op, reads, gives, reverse)
    yield Weight((size,), trained=False, item_bytes=1)
    groups = -(-reads // block) if mode == "int4" and block > 0 else 1
    yield Weight((groups, gives), trained=False)
    if mode == "int4" and block > 0:
        yield Weight((groups, gives), trained=False, item_bytes=1)
        yield Weight((reads,), trained=False, item_bytes=4)


def _sides(op: str, config: Config, weight: Weight, reverse: bool) -> tuple[int, int]:
    """How many numbers share a scale, and how many scales there are."""
    if op == "EinsumDense":
        terms, result, _ = einsum_sizes(config["equation"], ())
        sizes = dict(zip(terms[1], weight.shape, strict=True))
        gives = prod(known(size) for label, size in sizes.items() if label in result)
        return known(*weight.shape) // max(1, gives), gives
    rows, columns = (known(size) for size in weight.shape)
    return (columns, rows) if op != "Dense" and not reverse else (rows, columns)


def _packed(op: str, reads: int, gives: int, reverse: bool) -> int:
    """Bytes of a kernel of int4: rows or columns in pairs."""
    if op in ("Dense", "EinsumDense"):
        return reads * ((gives + 1) // 2)
    return gives * ((reads + 1) // 2)
