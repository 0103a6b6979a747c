"""Output shapes of operations that join, split, reorder or pick from tensors."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from itertools import pairwise
from math import prod
from typing import Any, TypeAlias

from blockviz.ir import Shape

Shapes: TypeAlias = tuple[Shape, ...]
Config: TypeAlias = Mapping[str, Any]
Axis: TypeAlias = int | Sequence[int] | None
Operation: TypeAlias = Callable[[Config, Shapes, Config], Shapes | None]


def normal_axes(axis: Axis, rank: int) -> tuple[int, ...]:
    """Axes counted from the front; all of them for None. Raises ValueError on one outside the rank."""
    axes = range(rank) if axis is None else (axis,) if isinstance(axis, int) else tuple(axis)
    if any(not -rank <= a < rank for a in axes):
        raise ValueError(f"axis {axis} is outside a tensor of rank {rank}")
    return tuple(a % rank for a in axes)


def option(config: Config, args: Config, name: str, place: int = 1, default: Any = None) -> Any:
    """An option of an operation, from wherever it was given: constructor, keyword, or position in the call."""
    if name in config:
        return config[name]
    return args.get(name, args.get(str(place), default))


def _concatenate(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = normal_axes(option(config, args, "axis", 1, -1), len(inputs[0]))[0]
    sizes = [shape[axis] for shape in inputs]
    total = None if None in sizes else sum(n for n in sizes if n is not None)
    common = _joined(inputs)
    return ((*common[:axis], total, *common[axis + 1 :]),)


def _joined(shapes: Shapes) -> Shape:
    return tuple(next((n for n in sizes if n is not None), None) for sizes in zip(*shapes, strict=True))


def _stack(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = normal_axes(option(config, args, "axis", 1, 0), len(inputs[0]) + 1)[0]
    common = _joined(inputs)
    return ((*common[:axis], len(inputs), *common[axis:]),)


def filled_in(sizes: Sequence[int], whole: int | None) -> list[int | None]:
    """Sizes of which one may be -1: what is left of the whole, None where that is open."""
    rest = None if whole is None else whole - sum(n for n in sizes if n != -1)
    return [rest if n == -1 else n for n in sizes]


def _split(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = inputs[0]
    axis = normal_axes(option(config, args, "axis", 2, 0), len(shape))[0]
    parts = option(config, args, "indices_or_sections", 1)
    size = shape[axis]
    if parts is None:  # TensorFlow's own split lists sizes, where Keras lists the places of the cuts
        parts = args.get("num_or_size_splits")
        if isinstance(parts, list):
            return tuple((*shape[:axis], n, *shape[axis + 1 :]) for n in filled_in(parts, size))
    sizes: list[int | None]
    if isinstance(parts, int):
        if not 0 < parts <= 4096:
            raise ValueError(f"a split into {parts} parts")
        sizes = [None if size is None else size // parts] * parts
    else:
        edges = [0, *parts]
        sizes = [b - a for a, b in pairwise(edges)]
        sizes.append(None if size is None else size - edges[-1])
    return tuple((*shape[:axis], n, *shape[axis + 1 :]) for n in sizes)


def _unstack(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = inputs[0]
    axis = normal_axes(option(config, args, "axis", 2, 0), len(shape))[0]
    count = option(config, args, "num", 1) or shape[axis]
    if not isinstance(count, int) or not 0 < count <= 4096:
        return None
    return ((*shape[:axis], *shape[axis + 1 :]),) * count


def reshape(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    """The target among the arguments of ``keras.ops.reshape``."""
    target = option(config, args, "newshape", 1, args.get("shape"))
    target = [target] if isinstance(target, int) else target
    if not isinstance(target, list) or not all(n is None or isinstance(n, int) for n in target):
        return None
    if -1 not in target:
        return (tuple(target),)
    source = inputs[0]
    place = target.index(-1)
    rest = prod(n for n in target if n not in {None, -1})
    total = None if None in source else prod(n for n in source if n is not None)
    filled = None if total is None or None in target or not rest else total // rest
    return ((*target[:place], filled, *target[place + 1 :]),)


def _transpose(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axes = option(config, args, "axes", 1, args.get("perm"))
    order = range(len(inputs[0]))[::-1] if axes is None else normal_axes(axes, len(inputs[0]))
    return (tuple(inputs[0][axis] for axis in order),)


def _swap_axes(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = list(inputs[0])
    a, b = normal_axes([option(config, args, "axis1", 1), option(config, args, "axis2", 2)], len(shape))
    shape[a], shape[b] = shape[b], shape[a]
    return (tuple(shape),)


def _move_axis(config: Config, inputs: Shapes, args: Config) -> Shapes:
    shape = inputs[0]
    sources = normal_axes(option(config, args, "source", 1), len(shape))
    targets = normal_axes(option(config, args, "destination", 2), len(shape))
    order = [axis for axis in range(len(shape)) if axis not in sources]
    for target, source in sorted(zip(targets, sources, strict=True)):
        order.insert(target, source)
    return (tuple(shape[axis] for axis in order),)


def _expand_dims(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = option(config, args, "axis")
    axes = sorted(normal_axes(axis, len(inputs[0]) + (1 if isinstance(axis, int) else len(axis))))
    shape = list(inputs[0])
    for place in axes:
        shape.insert(place, 1)
    return (tuple(shape),)


def _squeeze(config: Config, inputs: Shapes, args: Config) -> Shapes:
    axis = option(config, args, "axis")
    if axis is None:
        return (tuple(n for n in inputs[0] if n != 1),)
    dropped = normal_axes(axis, len(inputs[0]))
    return (tuple(n for i, n in enumerate(inputs[0]) if i not in dropped),)


def _get_item(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    key = args.get("1", args.get("slice_spec"))
    keys = list(key) if isinstance(key, list) else [key]
    shape = list(inputs[0])
    taken = sum(1 for k in keys if k is not None and not _is_ellipsis(k))
    out: list[int | None] = []
    for k in keys:
        if k is None:
            out.append(1)
        elif _is_ellipsis(k):
            skipped = len(shape) - taken
            out, shape = out + shape[:skipped], shape[skipped:]
        elif isinstance(k, int):
            shape, taken = shape[1:], taken - 1
        elif isinstance(k, dict) and "slice" in k:
            out.append(_sliced(shape[0], k["slice"]))
            shape, taken = shape[1:], taken - 1
        else:
            return None
    return ((*out, *shape),)


def _is_ellipsis(key: Any) -> bool:
    return key == "..." or (isinstance(key, dict) and key.get("class_name") == "__ellipsis__")


def _sliced(size: int | None, bounds: Sequence[int | None]) -> int | None:
    if any(bound is not None and not isinstance(bound, int) for bound in bounds):
        return None
    start, stop, step = bounds
    if size is None:
        return None
    return len(range(*slice(start, stop, step).indices(size)))


def _slice(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    sizes = option(config, args, "shape", 2, args.get("sizes"))
    return (tuple(sizes),) if isinstance(sizes, list) and all(isinstance(n, int) for n in sizes) else None


def _pad(config: Config, inputs: Shapes, args: Config) -> Shapes:
    width = option(config, args, "pad_width", 1, args.get("paddings"))
    pairs = [(width, width)] * len(inputs[0]) if isinstance(width, int) else [tuple(pair) for pair in width]
    if len(pairs) == 1:
        pairs *= len(inputs[0])
    return (tuple(None if n is None else n + a + b for n, (a, b) in zip(inputs[0], pairs, strict=True)),)


def _repeat(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    count, axis = option(config, args, "repeats", 1), option(config, args, "axis", 2)
    if not isinstance(count, int) or axis is None:
        return None
    place = normal_axes(axis, len(inputs[0]))[0]
    return (tuple(None if n is None else n * count if i == place else n for i, n in enumerate(inputs[0])),)


def _tile(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    repeats = option(config, args, "repeats", 1)
    if not isinstance(repeats, list):
        return None
    shape = (1,) * (len(repeats) - len(inputs[0])) + inputs[0]
    repeats = [1] * (len(shape) - len(repeats)) + repeats
    return (tuple(None if n is None else n * count for n, count in zip(shape, repeats, strict=True)),)


def _broadcast_to(config: Config, inputs: Shapes, args: Config) -> Shapes | None:
    shape = option(config, args, "shape", 1)
    return (tuple(shape),) if isinstance(shape, list) and all(n is None or isinstance(n, int) for n in shape) else None


REARRANGING: Mapping[str, Operation] = {
    "concatenate": _concatenate, "stack": _stack, "split": _split, "unstack": _unstack, "transpose": _transpose,
    "swap_axes": _swap_axes, "move_axis": _move_axis, "expand_dims": _expand_dims, "squeeze": _squeeze,
    "get_item": _get_item, "slice": _slice, "pad": _pad, "repeat": _repeat, "tile": _tile,
    "broadcast_to": _broadcast_to,
}  # fmt: skip
