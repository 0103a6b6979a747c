"""How firmly the words of the field hold: of the names that small networks get, the share that a change takes away
which no reader would call another block.

    python benchmarks/pattern_mutations.py [--rows] [--only CHANGE …] [NAME …]

The networks of `tests/named` are built, and each is changed in one way everywhere: another norm or activation, dropout
before the sums, larger kernels, one more convolution of a kind, a projection on the shortcuts, separable kernels, one
or three axes. A word of the literature that a repeated type bore and none bears any more is lost; one that none bore
before, and that isn't among the network's right ones, is new. Rows are printed for the networks whose name has an even
hash (see objective.py): the others are only counted.
"""

from __future__ import annotations

import argparse
import copy
import importlib
import json
import re
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from blockviz import summarize
from blockviz.errors import BlockvizError
from blockviz.structure.block_patterns import block_patterns
from objective import is_sealed

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

#: The layers of a functional model, as Keras writes them.
Layers = list[dict[str, Any]]
Change = Callable[[Layers], bool]
ACTIVATIONS = ("relu", "gelu", "silu", "swish", "elu", "selu", "leaky_relu")
ACTIVATION_CLASSES = ("ReLU", "LeakyReLU", "PReLU", "ELU", "Relu", "Gelu", "Silu", "LeakyRelu", "Elu")
NORMS = ("BatchNormalization", "LayerNormalization", "GroupNormalization", "RMSNormalization")
CHANGES: dict[str, Change] = {}


def change(made: Change) -> Change:
    """Register a change of all layers, which says whether anything became another."""
    CHANGES[made.__name__] = made
    return made


def of_class(layers: Layers, *names: str) -> list[dict[str, Any]]:
    return [layer for layer in layers if re.sub(r"^(Conv|SeparableConv)\dD$", r"\1", layer["class_name"]) in names]


def renamed(layer: dict[str, Any], name: str, **config: Any) -> None:
    layer.update(module="keras.layers", class_name=name, registered_name=None)
    layer["config"] = {"name": layer["name"], "trainable": True, "dtype": "float32", **config}


def tensors(value: Any) -> Iterator[dict[str, Any]]:
    """The tensors that a call reads, in order."""
    if isinstance(value, dict) and value.get("class_name") == "__keras_tensor__":
        yield value
    elif isinstance(value, dict | list):
        for part in value.values() if isinstance(value, dict) else value:
            yield from tensors(part)


def sources(layer: dict[str, Any]) -> list[str]:
    return [found["config"]["keras_history"][0] for found in tensors(layer["inbound_nodes"])]


def after(
    layers: Layers, name: str, word: str, class_name: str, only: dict[str, Any] | None = None, **config: Any
) -> None:
    """A new layer behind another, for all that read it or for one."""
    place = next(number for number, layer in enumerate(layers) if layer["name"] == name)
    made = {"name": f"{name}_{word}_{len(layers)}"}
    renamed(made, class_name, **config)
    read = None
    for layer in [only] if only else layers:
        for tensor in tensors(layer["inbound_nodes"]):
            if tensor["config"]["keras_history"][0] == name:
                read = read or copy.deepcopy(tensor)
                tensor["config"]["keras_history"] = [made["name"], 0, 0]
    if read is not None:
        made["inbound_nodes"] = [{"args": [read], "kwargs": {}}]
        layers.insert(place + 1, made)


def shape_of(layer: dict[str, Any]) -> list[int | None]:
    return next((list(tensor["config"]["shape"]) for tensor in tensors(layer["inbound_nodes"])), [])


def is_window(layer: dict[str, Any]) -> bool:
    return any(size > 1 for size in layer["config"]["kernel_size"])


def other_norm(name: str) -> Change:
    def made(layers: Layers) -> bool:
        found = [layer for layer in of_class(layers, *NORMS) if layer["class_name"] != name]
        for layer in found:
            renamed(layer, name, axis=-1, epsilon=1e-5, **({"groups": 4} if name.startswith("Group") else {}))
        return bool(found)

    return made


CHANGES["layer norm"] = other_norm("LayerNormalization")
CHANGES["batch norm"] = other_norm("BatchNormalization")
CHANGES["group norm"] = other_norm("GroupNormalization")
CHANGES["RMS norm"] = other_norm("RMSNormalization")


def other_activation(name: str, class_name: str = "") -> Change:
    def made(layers: Layers) -> bool:
        changed = False
        for layer in layers:
            if layer["class_name"] in ACTIVATION_CLASSES or layer["config"].get("activation") in ACTIVATIONS:
                changed = True
                if layer["class_name"] not in ACTIVATION_CLASSES:
                    layer["config"]["activation"] = name
                elif class_name:
                    renamed(layer, class_name)
                else:
                    renamed(layer, "Activation", activation=name)
        return changed

    return made


CHANGES["gelu"] = other_activation("gelu")
CHANGES["silu"] = other_activation("silu")
CHANGES["relu"] = other_activation("relu", "ReLU")
CHANGES["leaky relu"] = other_activation("leaky_relu", "LeakyReLU")
CHANGES["hard swish"] = other_activation("hard_silu")


@change
def no_norm(layers: Layers) -> bool:
    return drop(layers, of_class(layers, *NORMS))


def drop(layers: Layers, found: list[dict[str, Any]]) -> bool:
    """Leave layers of one input out."""
    for layer in found:
        (read,) = list(tensors(layer["inbound_nodes"]))[:1] or [None]
        if read is None:
            continue
        for other in layers:
            for tensor in tensors(other["inbound_nodes"]):
                if tensor["config"]["keras_history"][0] == layer["name"]:
                    tensor["config"] = copy.deepcopy(read["config"])
        layers.remove(layer)
    return bool(found)


@change
def norm_behind_convolutions(layers: Layers) -> bool:
    found = of_class(layers, "Conv", "SeparableConv", "DepthwiseConv2D", "DepthwiseConv1D")
    for layer in found:
        readers = [other["class_name"] for other in layers if layer["name"] in sources(other)]
        if "BatchNormalization" not in readers:
            after(layers, layer["name"], "bn", "BatchNormalization", axis=-1, epsilon=1e-5)
    return bool(found)


@change
def other_bias(layers: Layers) -> bool:
    found = [layer for layer in layers if "use_bias" in layer["config"] and "Conv" in layer["class_name"]]
    for layer in found:
        layer["config"]["use_bias"] = not layer["config"]["use_bias"]
    return bool(found)


@change
def dropout_before_sums(layers: Layers) -> bool:
    found = of_class(layers, "Add")
    for layer in found:
        last = deepest(layers, layer)
        if last:
            after(layers, last, "drop", "Dropout", layer, rate=0.1)
    return bool(found)


@change
def dropout_behind_convolutions(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Conv") if is_window(layer)]
    for layer in found:
        kind = layer["class_name"][-2:]
        after(layers, layer["name"], "drop", f"SpatialDropout{kind}", rate=0.1)
    return bool(found)


def deepest(layers: Layers, layer: dict[str, Any]) -> str:
    """The operand of a merge that is made last."""
    order = {found["name"]: number for number, found in enumerate(layers)}
    return max(sources(layer), key=order.__getitem__, default="")


@change
def identity_behind_sums(layers: Layers) -> bool:
    found = of_class(layers, "Add")
    for layer in found:
        after(layers, layer["name"], "linear", "Activation", activation="linear")
    return bool(found)


@change
def relu_behind_sums(layers: Layers) -> bool:
    found = of_class(layers, "Add")
    for layer in found:
        after(layers, layer["name"], "relu", "ReLU")
    return bool(found)


def other_kernel(size: int) -> Change:
    def made(layers: Layers) -> bool:
        found = [layer for layer in layers if "Conv" in layer["class_name"] and "Transpose" not in layer["class_name"]
                 and set(layer["config"].get("kernel_size", ())) == {3}]  # fmt: skip
        for layer in found:
            layer["config"]["kernel_size"] = [size] * len(layer["config"]["kernel_size"])
        return bool(found) and all(layer["config"].get("padding") != "valid" for layer in found)

    return made


CHANGES["kernel 5"] = other_kernel(5)
CHANGES["kernel 7"] = other_kernel(7)


@change
def dilation(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Conv") if is_window(layer) and set(layer["config"]["strides"]) == {1}]
    for layer in found:
        layer["config"]["dilation_rate"] = [2] * len(layer["config"]["dilation_rate"])
    return bool(found)


@change
def separable(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Conv") if is_window(layer) and layer["class_name"] != "Conv3D"
             and layer["config"]["groups"] == 1]  # fmt: skip
    for layer in found:
        layer["class_name"] = f"Separable{layer['class_name']}"
    return bool(found)


@change
def grouped(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Conv") if is_window(layer) and (shape_of(layer)[-1] or 1) % 4 == 0
             and layer["config"]["filters"] % 4 == 0]  # fmt: skip
    for layer in found:
        layer["config"]["groups"] = 4
    return bool(found)


@change
def pointwise_for_dense(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Dense") if 3 <= len(shape_of(layer)) <= 5]
    for layer in found:
        axes, config = len(shape_of(layer)) - 2, layer["config"]
        renamed(layer, f"Conv{axes}D", filters=config["units"], kernel_size=[1] * axes, strides=[1] * axes,
                padding="same", data_format="channels_last", dilation_rate=[1] * axes, groups=1,
                activation=config["activation"], use_bias=config["use_bias"])  # fmt: skip
    return bool(found)


@change
def dense_for_pointwise(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Conv") if not is_window(layer) and layer["config"]["groups"] == 1
             and set(layer["config"]["strides"]) == {1}]  # fmt: skip
    for layer in found:
        config = layer["config"]
        renamed(layer, "Dense", units=config["filters"], activation=config["activation"], use_bias=config["use_bias"])
    return bool(found)


@change
def average_pooling(layers: Layers) -> bool:
    found = [layer for layer in layers if re.fullmatch(r"MaxPooling\dD", layer["class_name"])]
    for layer in found:
        layer["class_name"] = layer["class_name"].replace("Max", "Average")
    return bool(found)


@change
def maximum_pooling(layers: Layers) -> bool:
    found = [layer for layer in layers if re.fullmatch(r"AveragePooling\dD", layer["class_name"])]
    for layer in found:
        layer["class_name"] = layer["class_name"].replace("Average", "Max")
    return bool(found)


@change
def strided_convolution_for_pooling(layers: Layers) -> bool:
    found = [layer for layer in layers if re.fullmatch(r"(Max|Average)Pooling\dD", layer["class_name"])
             and any(stride > 1 for stride in layer["config"]["strides"])]  # fmt: skip
    for layer in found:
        axes, width, config = len(shape_of(layer)) - 2, shape_of(layer)[-1], layer["config"]
        renamed(layer, f"Conv{axes}D", filters=width, kernel_size=[3] * axes, strides=config["strides"],
                padding="same", data_format="channels_last", dilation_rate=[1] * axes, groups=1,
                activation="linear", use_bias=True)  # fmt: skip
    return bool(found)


@change
def transposed_for_upsampling(layers: Layers) -> bool:
    found = of_class(layers, "UpSampling2D")
    for layer in found:
        renamed(
            layer,
            "Conv2DTranspose",
            filters=shape_of(layer)[-1],
            kernel_size=[2, 2],
            strides=[2, 2],
            padding="same",
            data_format="channels_last",
            dilation_rate=[1, 1],
            activation="linear",
            use_bias=True,
        )
    return bool(found)


@change
def upsampling_for_transposed(layers: Layers) -> bool:
    found = [layer for layer in layers if layer["class_name"] == "Conv2DTranspose"]
    for layer in found:
        config = layer["config"]
        if set(config["strides"]) != {2}:
            return False
        after(layers, sources(layer)[0], "up", "UpSampling2D", layer, size=[2, 2], data_format="channels_last",
              interpolation="nearest")  # fmt: skip
        renamed(layer, "Conv2D", filters=config["filters"], kernel_size=[3, 3], strides=[1, 1],
                padding="same", data_format="channels_last", dilation_rate=[1, 1], groups=1,
                activation=config["activation"], use_bias=True)  # fmt: skip
    return bool(found)


@change
def one_convolution_more(layers: Layers) -> bool:
    """Behind the first of two or more that follow each other."""
    found = [layer for layer in of_class(layers, "Conv") if is_window(layer) and set(layer["config"]["strides"]) == {1}
             and layer["config"]["groups"] == 1]  # fmt: skip
    for layer in found:
        config = {key: layer["config"][key] for key in ("filters", "kernel_size", "strides", "padding", "data_format",
                  "dilation_rate", "groups", "activation", "use_bias")}  # fmt: skip
        after(layers, layer["name"], "more", layer["class_name"], **{**config, "padding": "same"})
    return bool(found)


@change
def projected_shortcuts(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Add") if len(sources(layer)) == 2]
    changed = False
    for layer in found:
        by_name = {other["name"]: other for other in layers}  # with the projections made so far
        order = sorted(sources(layer), key=list(by_name).index)
        pending, seen = [order[1]], set[str]()
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                pending += sources(by_name[name])
        axes = len(shape_of(layer)) - 2
        if order[0] in seen and order[0] != order[1] and 1 <= axes <= 3:
            changed = True
            after(layers, order[0], "project", f"Conv{axes}D", layer, filters=shape_of(layer)[-1],
                  kernel_size=[1] * axes, strides=[1] * axes, padding="same", data_format="channels_last",
                  dilation_rate=[1] * axes, groups=1, activation="linear", use_bias=False)  # fmt: skip
    return changed


@change
def operands_turned(layers: Layers) -> bool:
    found = of_class(layers, "Add", "Concatenate", "Multiply", "Average")
    for layer in found:
        for node in layer["inbound_nodes"]:
            reads = list(tensors(node))
            for tensor, config in zip(reads, [copy.deepcopy(read["config"]) for read in reads][::-1], strict=True):
                tensor["config"] = config
    return bool(found)


@change
def operators_for_layers(layers: Layers) -> bool:
    found = [layer for layer in of_class(layers, "Add", "Multiply") if layer["module"] == "keras.layers"
             and len(sources(layer)) == 2]  # fmt: skip
    for layer in found:
        for node in layer["inbound_nodes"]:
            node["args"] = list(tensors(node["args"]))
        layer.update(module="keras.src.ops.numpy", registered_name=layer["class_name"], config={"name": layer["name"]})
    return bool(found)


@change
def squeezed_before_sums(layers: Layers) -> bool:
    """Squeeze-and-excitation on the path that a sum closes: another block, but not one without a word."""
    found = [layer for layer in of_class(layers, "Add") if len(shape_of(layer)) == 4]
    for layer in found:
        last = deepest(layers, layer)
        width = shape_of(layer)[-1]
        gate = f"{last}_gate_{len(layers)}"
        tensor = next(t for t in tensors(layer["inbound_nodes"]) if t["config"]["keras_history"][0] == last)
        before, where = copy.deepcopy(tensor), next(n for n, one in enumerate(layers) if one["name"] == layer["name"])
        chain: Layers = []
        for word, class_name, config in (
            ("pool", "GlobalAveragePooling2D", {"keepdims": True, "data_format": "channels_last"}),
            ("down", "Dense", {"units": 8, "activation": "relu", "use_bias": True}),
            ("up", "Dense", {"units": width, "activation": "sigmoid", "use_bias": True}),
        ):
            made: dict[str, Any] = {"name": f"{gate}_{word}"}
            renamed(made, class_name, **config)
            read = copy.deepcopy(before)
            read["config"]["keras_history"] = [chain[-1]["name"], 0, 0] if chain else read["config"]["keras_history"]
            made["inbound_nodes"] = [{"args": [read], "kwargs": {}}]
            chain.append(made)
        product: dict[str, Any] = {"name": gate}
        renamed(product, "Multiply")
        read = copy.deepcopy(before)
        read["config"]["keras_history"] = [chain[-1]["name"], 0, 0]
        product["inbound_nodes"] = [{"args": [[copy.deepcopy(before), read]], "kwargs": {}}]
        tensor["config"]["keras_history"] = [gate, 0, 0]
        layers[where:where] = [*chain, product]
    return bool(found)


def other_axes(count: int) -> Change:
    """Maps of one or three axes for those of two; what names two axes itself is left out."""

    def made(layers: Layers) -> bool:
        known = r"(Conv|MaxPooling|AveragePooling|GlobalAveragePooling|GlobalMaxPooling|UpSampling|SpatialDropout)2D"
        known += r"|Conv2DTranspose|InputLayer|Add|Multiply|Concatenate|Activation|ReLU|LeakyReLU|Dense|Dropout|Average"
        known += rf"|Relu|Gelu|Silu|Sigmoid|Subtract|{'SeparableConv2D|DepthwiseConv2D|' if count == 1 else ''}ELU|"
        known += "|".join(NORMS)
        if not all(re.fullmatch(known, layer["class_name"]) for layer in layers) or not of_class(layers, "Conv"):
            return False
        for layer in layers:
            layer["class_name"] = layer["class_name"].replace("2D", f"{count}D")
            for key in ("kernel_size", "strides", "dilation_rate", "pool_size", "size"):
                if isinstance(value := layer["config"].get(key), list):
                    layer["config"][key] = (value + value[-1:])[:count] if count > 1 else value[:1]
            if count != 2:
                layer["config"].pop("interpolation", None)
            shapes = [layer["config"], *(tensor["config"] for tensor in tensors(layer["inbound_nodes"]))]
            for where in shapes:
                for key in ("batch_shape", "shape"):
                    if len(shape := where.get(key) or []) == 4:
                        where[key] = [*shape[:2], *shape[3:]] if count == 1 else [*shape[:3], shape[2], shape[3]]
            layer.pop("build_config", None)
        return True

    return made


CHANGES["one axis"] = other_axes(1)
CHANGES["three axes"] = other_axes(3)


def words(model: dict[str, Any], path: Path) -> Counter[str] | None:
    """The words of the literature that repeated types bear, by how many types do; None for a network not read."""
    path.write_text(json.dumps(model), encoding="utf-8")
    try:
        found = summarize(path).outline.definitions
    except BlockvizError:
        return None
    wide = {pattern.name for pattern in block_patterns() if pattern.wide}
    names = (
        re.sub(r" \d+$", "", one.name) for one in found if one.letter and one.count > 1 and one.source == "template"
    )
    return Counter({name: 1 for name in names if name not in wide})


def networks(names: list[str]) -> Iterator[tuple[str, dict[str, Any], frozenset[str]]]:
    known = importlib.import_module("named").all_networks()
    for name in names or known:
        build, right = known[name]
        yield name, json.loads(build().to_json()), right


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--only", nargs="+", default=[], metavar="CHANGE")
    parser.add_argument("--rows", action="store_true")
    asked = parser.parse_args()
    tried, lost, new = Counter[str](), Counter[str](), Counter[str]()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "model.json")
        for name, model, right in networks(asked.names):
            had = words(model, path)
            for key in asked.only or CHANGES if had else ():
                made = copy.deepcopy(model)
                if not CHANGES[key](made["config"]["layers"]) or (has := words(made, path)) is None:
                    continue
                gone, come = had - has, {word for word in has if word not in had and word not in right}
                tried[key] += had.total()
                lost[key] += gone.total()
                new[key] += len(come)
                if asked.rows and not is_sealed(name) and (gone or come):
                    print(f"{key}: {name}: {', '.join(gone)} → {', '.join(come) or '-'}", flush=True)
    for key in sorted(tried, key=lambda key: -lost[key] / tried[key]):
        print(f"{key:32} {lost[key]:4} lost and {new[key]:3} new of {tried[key]:4} ({lost[key] / tried[key]:.0%})")
    return 0


if __name__ == "__main__":
    sys.exit(main())
