"""Output shapes of operations on tensors (keras.ops, and TensorFlow's under the same names)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from blockviz.ir import Shape
from blockviz.shapes.rearranging import REARRANGING, Config, Operation, Shapes, normal_axes, option


def broadcast(shapes: Sequence[Shape]) -> Shape:
    """NumPy's broadcasting; an open size meeting a known one above 1 takes the known one."""
    rank = max(map(len, shapes), default=0)
    padded = [(1,) * (rank - len(shape)) + tuple(shape) for shape in shapes]
    return tuple(_common(sizes) for sizes in zip(*padded, strict=True))


def _common(sizes: tuple[int | None, ...]) -> int | None:
    known = [n for n in sizes if n is not None and n != 1]
    if known:
        return known[0]
    return None if None in sizes else 1


def _elementwise(config: Config, inputs: Shapes, args: Config) -> Shapes:
    known = [value.get("config", value) for value in args.values() if isinstance(value, dict)]
    constants = [tuple(value["shape"]) for value in known if isinstance(value, dict) and "shape" in value]
    return (broadcast([*inputs, *constants]),)


def reduction(config: Config, inputs: Shapes, args: Config) -> Shapes:
    """The input's shape without the reduced axes; or with ones there, if they are kept."""
    axis = option(config, args, "axis")
    reduced = normal_axes(axis, len(inputs[0]))
    if option(config, args, "keepdims", 2, False):
        return (tuple(1 if i in reduced else n for i, n in enumerate(inputs[0])),)
    return (tuple(n for i, n in enumerate(inputs[0]) if i not in reduced),)


def _moments(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return reduction({**config, "axis": option(config, args, "axes")}, inputs, args) * 2


def _matmul(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    if len(inputs) < 2:
        return None
    left, right = inputs[0], inputs[1]
    if option(config, args, "transpose_a", -1, False):
        left = (*left[:-2], left[-1], left[-2])
    if option(config, args, "transpose_b", -1, False):
        right = (*right[:-2], right[-1], right[-2])
    if len(left) == 1 or len(right) == 1:
        return ((*(left[:-1] if len(left) > 1 else ()), *(right[:-2] + right[-1:] if len(right) > 1 else ())),)
    return ((*broadcast([left[:-2], right[:-2]]), left[-2], right[-1]),)


def _einsum(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    equation = str(option(config, args, "subscripts", 0, args.get("equation"))).replace(" ", "")
    left, arrow, right = equation.partition("->")
    terms = left.split(",")
    if not arrow or len(terms) != len(inputs):
        return None
    known: dict[str, int | None] = {}
    dots: list[Shape] = []
    for term, shape in zip(terms, inputs, strict=True):
        before, mark, after = term.partition("...")
        end = len(shape) - len(after) if mark else len(before)
        dots += [shape[len(before) : end]] if mark else []
        for letter, size in zip(before + after, (*shape[: len(before)], *shape[end:]), strict=True):
            known[letter] = size if known.get(letter) is None else known[letter]
    before, mark, after = right.partition("...")
    middle = broadcast(dots) if mark else ()
    return ((*(known[letter] for letter in before), *middle, *(known[letter] for letter in after)),)


def _one_hot(config: Config, inputs: Shapes, args: Config) -> Shapes:
    classes = option(config, args, "num_classes")
    place = option(config, args, "axis", 2, -1) % (len(inputs[0]) + 1)
    return ((*inputs[0][:place], classes, *inputs[0][place:]),)


def _take(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    axis = option(config, args, "axis", 2)
    if axis is None:
        return inputs[1:2] or None
    place = normal_axes(axis, len(inputs[0]))[0]
    indices = inputs[1] if len(inputs) > 1 else ()
    return ((*inputs[0][:place], *indices, *inputs[0][place + 1 :]),)


def _top_k(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = (*inputs[0][:-1], option(config, args, "k"))
    return (shape, shape)


def _shape_of(config: Config, inputs: Shapes, args: Config) -> Shapes:
    return ((len(inputs[0]),),)


def _resize(config: Config, inputs: Shapes, args: Config) -> Shapes:
    size = option(config, args, "size")
    height, width = size if isinstance(size, list) else (None, None)  # a size that is itself a tensor is open
    shape = inputs[0]
    if config.get("data_format") == "channels_first":
        return ((*shape[:-2], height, width),)
    return ((*shape[:-3], height, width, shape[-1]),)


TENSOR_OPS: Mapping[str, Operation] = {
    "elementwise": _elementwise, "reduction": reduction, "moments": _moments, "matmul": _matmul, "einsum": _einsum,
    "one_hot": _one_hot, "take": _take, "top_k": _top_k, "shape_of": _shape_of, "resize": _resize, **REARRANGING,
}  # fmt: skip
