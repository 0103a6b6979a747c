"""What a call says besides its tensors: settings, constants, axes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockviz.ir import Node
from blockviz.patterns.axes import Axis, Group
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.values import Tensor


def option(node: Node, name: str, place: int = -1, default: Any = None) -> Any:
    """A setting of a call, from the configuration or from the call's constants."""
    if name in node.config:
        return node.config[name]
    return node.args.get(name, node.args.get(str(place), default))


def axes_of(value: Any, rank: int) -> list[int]:
    """Axis numbers counted from the front; all of them for None."""
    if value is None:
        return list(range(rank))
    return [axis % rank for axis in (value if isinstance(value, list | tuple) else [value])]


def constant_of(lowering: Lowering, node: Node, value: Any) -> Tensor | float:
    """A constant operand: a number, or a tensor of which only the shape is known."""
    if isinstance(value, bool) or not isinstance(value, int | float):
        if isinstance(value, Mapping) and value.get("class_name") in _HELD:
            return _held(lowering, value["class_name"], value["config"])
        if isinstance(value, Mapping) and "shape" in value:
            dims = tuple([() if size == 1 else (Axis(size),) for size in value["shape"]])
            return Tensor(
                lowering.store.make("const", (), dims, attrs={"digest": value.get("constant"), **_trait(value)}), dims
            )
        if isinstance(value, list):
            return Tensor(lowering.store.make("const", (), ((Axis(len(value)),),), attrs={"digest": str(value)}), ())
        raise TypeError(value)
    return float(value)


_HELD = {"Variable": "param", "Array": "const"}


def _held(lowering: Lowering, kind: str, config: Mapping[str, Any]) -> Tensor:
    """A weight or an array that code holds, of which only the shape is known: it equals no other."""
    dims = tuple([
        () if size == 1 else (lowering.store.batch,) if size is None else (Axis(size),) for size in config["shape"]
    ])  # fmt: skip
    return Tensor(lowering.store.make(_HELD[kind], (), dims, attrs=_trait(config), alone=True), dims)


def _trait(value: Mapping[str, Any]) -> dict[str, object]:
    return {"trait": value["trait"]} if "trait" in value else {}


def operands_of(lowering: Lowering, node: Node, inputs: list[Tensor]) -> list[Tensor | float]:
    """Tensors and constants of an elementwise call in order."""
    if len(inputs) > 1 or not node.args:
        return list(inputs)
    constants = {int(key): constant_of(lowering, node, value) for key, value in node.args.items() if key in ("0", "1")}
    constants |= {
        place: constant_of(lowering, node, node.args[key])
        for key, place in (("x1", 0), ("x2", 1), ("x", 0), ("y", 1)) if key in node.args
    }  # fmt: skip
    out: list[Tensor | float] = []
    left = list(inputs)
    for place in range(len(inputs) + len(constants)):
        out.append(constants[place] if place in constants else left.pop(0))
    return out


def new_axis(size: int | None, kind: str = "channel") -> Group:
    """A new axis of a size; none for a size of one."""
    return () if size == 1 else (Axis(size, kind),)


def numbers_of(value: object) -> list[int]:
    """The whole numbers of a setting."""
    if isinstance(value, list | tuple):
        return [v for v in value if isinstance(v, int)]
    return [value] if isinstance(value, int) else []
