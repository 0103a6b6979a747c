"""Architectures written by hand, in the forms that Keras 2 and 3 write."""

from __future__ import annotations

from typing import Any

Json = dict[str, Any]


def tensor(layer: str, call: int = 0, output: int = 0, shape: tuple[int | None, ...] = (None, 4)) -> Json:
    history = [layer, call, output]
    return {
        "class_name": "__keras_tensor__", "config": {"shape": list(shape), "dtype": "float32", "keras_history": history}
    }  # fmt: skip


def layer(op: str, name: str, *calls: list[Any], module: str = "keras.layers", **config: Any) -> Json:
    nodes = [{"args": call, "kwargs": {}} for call in calls]
    own = {"name": name, "trainable": True, **config} if module == "keras.layers" else {"name": name, **config}
    return {"module": module, "class_name": op, "config": own, "name": name, "inbound_nodes": nodes}


def source(name: str, shape: tuple[int | None, ...] = (None, 4)) -> Json:
    return layer("InputLayer", name, batch_shape=list(shape), dtype="float32")


def model(name: str, layers: list[Json], inputs: Any, outputs: Any, *calls: list[Any], **config: Any) -> Json:
    own = {"name": name, "trainable": True, "layers": layers, "input_layers": inputs, "output_layers": outputs}
    own |= config
    nodes = [{"args": call, "kwargs": {}} for call in calls]
    return {"module": "keras", "class_name": "Functional", "config": own, "name": name, "inbound_nodes": nodes}


def legacy(op: str, name: str, *calls: Any, **config: Any) -> Json:
    config = {"name": name, "trainable": True, **config}
    return {"class_name": op, "config": config, "name": name, "inbound_nodes": list(calls)}


def keras2_inner(name: str, *calls: Any) -> Json:
    config = {
        "name": name, "trainable": True,
        "layers": [
            legacy("InputLayer", "i", batch_input_shape=[None, 4], dtype="float32", sparse=False, ragged=False),
            legacy("Dense", "a", [["i", 0, 0, {}]], units=4, activation="relu", use_bias=True),
        ],
        "input_layers": [["i", 0, 0]], "output_layers": [["a", 0, 0]],
    }  # fmt: skip
    return {"class_name": "Functional", "config": config, "name": name, "inbound_nodes": list(calls)}
