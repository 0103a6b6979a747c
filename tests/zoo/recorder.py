"""Records which operations make up each copy of a block while a network is being built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any


@dataclass
class Stage:
    name: str
    block: str
    optional: bool
    copies: list[list[str]] = field(default_factory=list)


class Recorder:
    """Collects block copies as the operations that lie between two sets of tensors.

    The truth of a network is thus taken from how its author cut it into blocks, not from names.
    """

    def __init__(self) -> None:
        self.primary: dict[str, Stage] = {}
        self.readings: dict[str, dict[str, Stage]] = {}
        self.loose: list[str] = []

    def copy(
        self,
        stage: str,
        inputs: Any,
        outputs: Any,
        block: str = "",
        reading: str | Sequence[str] = "",
        optional: bool = False,
    ) -> None:
        """Add the operations between ``inputs`` and ``outputs`` as the next copy of ``stage``.

        ``reading`` names an alternative cut of the same network ("" is the paper's own).
        """
        names = between(_tensors(inputs), _tensors(outputs))
        for title in [reading] if isinstance(reading, str) else reading:
            stages = self.readings.setdefault(title, {}) if title else self.primary
            stages.setdefault(stage, Stage(stage, block, optional)).copies.append(names)

    def either(self, *tensors: Any) -> None:
        """The operations that made these tensors may be counted to either neighbour."""
        for tensor in tensors:
            self.loose += _names(_tensor_source(tensor)[0])

    def truth(self, name: str, model: Any, paper: str, where: str) -> dict[str, Any]:
        """The truth of a network as the scorer reads it."""
        import keras

        operations = [op for op in model.operations if not isinstance(op, keras.layers.InputLayer)]
        inputs = [op.name for op in model.operations if isinstance(op, keras.layers.InputLayer)]
        return {
            "format": "blockviz-groundtruth/1",
            "model": name,
            "source": {"title": paper, "where": where},
            "params": model.count_params(),
            "n_nodes": sum(len(_names(op)) for op in operations) + len(inputs),
            "non_layer_ops": [op.name for op in operations if not isinstance(op, keras.layers.Layer)],
            "stages": _as_json(self.primary),
            "alternatives": [{"reading": title, "stages": _as_json(stages)} for title, stages in self.readings.items()],
            "ambiguous_layers": inputs + list(dict.fromkeys(self.loose)),
        }


def between(inputs: Iterable[Any], outputs: Iterable[Any]) -> list[str]:
    """Names of the operations on the way from ``inputs`` to ``outputs``, last ones first.

    Raises
    ------
    ValueError : a way back from ``outputs`` reaches an input of the model, so the cut leaks.
    """
    seen = {id(tensor) for tensor in inputs}
    names: dict[str, None] = {}
    stack = list(outputs)
    while stack:
        tensor = stack.pop()
        if id(tensor) in seen:
            continue
        seen.add(id(tensor))
        operation, node = _tensor_source(tensor)
        if node.is_input:
            raise ValueError(f"the block reaches the model's input {operation.name!r}")
        names.update(dict.fromkeys(_names(operation)))
        stack += node.input_tensors
    return list(names)


def _tensor_source(tensor: Any) -> tuple[Any, Any]:
    history = tensor._keras_history
    return history.operation, history.operation._inbound_nodes[history.node_index]


def _names(operation: Any, prefix: str = "") -> list[str]:
    """The operation's name, or the paths of all operations inside if it is a nested model."""
    inner = getattr(operation, "_functional", None) or operation
    if not hasattr(inner, "operations"):
        return [prefix + operation.name]
    import keras

    parts = [op for op in inner.operations if not isinstance(op, keras.layers.InputLayer)]
    return [name for op in parts for name in _names(op, f"{prefix}{operation.name}/")]


def _tensors(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _as_json(stages: dict[str, Stage]) -> list[dict[str, Any]]:
    return [
        {
            "name": stage.name,
            "block": stage.block,
            "role": "stage",
            "repeats": len(stage.copies),
            "layers": stage.copies,
            **({"optional": True} if stage.optional else {}),
        }
        for stage in stages.values()
    ]
