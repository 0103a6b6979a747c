"""Architectures that Keras 1 wrote, in the words of Keras 2.

Keras 1 called the same things otherwise (``nb_filter``, ``border_mode``, ``output_dim``); which version wrote a file is
told by its words, since not every file says its version. What came before Keras 1 has another form altogether.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockviz.errors import ModelError

Json = dict[str, Any]

# Words that only Keras 1 wrote, whatever the layer.
_OLD_WORDS = frozenset({
    "nb_filter", "nb_row", "nb_col", "filter_length", "border_mode", "subsample", "subsample_length", "dim_ordering",
    "pool_length", "inner_activation", "dropout_W", "W_regularizer", "b_regularizer", "inner_init", "atrous_rate",
    "kernel_dim1", "consume_less", "W_constraint", "concat_axis",
})  # fmt: skip
_WORDS = {
    "nb_filter": "filters", "border_mode": "padding", "bias": "use_bias", "subsample": "strides",
    "subsample_length": "strides", "atrous_rate": "dilation_rate", "inner_activation": "recurrent_activation",
    "p": "rate", "sigma": "stddev", "pool_length": "pool_size", "stride": "strides", "length": "size",
    "dropout_W": "dropout", "dropout_U": "recurrent_dropout", "input_dtype": "dtype",
}  # fmt: skip
_CLASSES = {
    **{f"Convolution{n}D": f"Conv{n}D" for n in (1, 2, 3)}, "AtrousConvolution1D": "Conv1D",
    "AtrousConvolution2D": "Conv2D", "Deconvolution2D": "Conv2DTranspose", "Deconvolution3D": "Conv3DTranspose",
    "SeparableConvolution2D": "SeparableConv2D", "Model": "Functional",
}  # fmt: skip
_MERGES = {"sum": "Add", "mul": "Multiply", "concat": "Concatenate", "ave": "Average", "max": "Maximum", "dot": "Dot",
           "cos": "Dot"}  # fmt: skip
_KERNELS = (("filter_length",), ("nb_row", "nb_col"), ("kernel_dim1", "kernel_dim2", "kernel_dim3"))
_WITH_UNITS = ("Dense", "LSTM", "GRU", "SimpleRNN", "TimeDistributedDense", "MaxoutDense", "LocallyConnected1D")


def in_words_of_keras2(entry: Mapping[str, Any]) -> Mapping[str, Any]:
    """A serialised model in the words of Keras 2; the entry itself, if it is.

    Raises
    ------
    ModelError : it was written before Keras 1, or has a layer of Keras 1 with no successor.
    """
    if _is_before_keras1(entry):
        raise ModelError(
            "it was written by Keras 0.x, before 2016, whose files later versions don't read either; build the model "
            "again in Keras 2 or 3 and save that"
        )
    version = str(entry.get("keras_version", ""))
    return _entry(dict(entry)) if version.startswith("1.") or _has_old_words(entry) else entry


def _is_before_keras1(entry: Mapping[str, Any]) -> bool:
    """Keras 0.x wrote ``{"name": "Sequential", "layers": [{"name": "Dense", …}]}``, or a ``Graph``."""
    if "class_name" in entry or not isinstance(entry.get("layers", entry.get("node_config")), list):
        return False
    layers = entry.get("layers") or []
    return "node_config" in entry or any(isinstance(layer, dict) and "class_name" not in layer for layer in layers)


def _layers(entry: Mapping[str, Any]) -> list[Any]:
    config = entry.get("config")
    layers = config.get("layers") if isinstance(config, dict) else config
    return layers if isinstance(layers, list) else []


def _has_old_words(entry: Mapping[str, Any], depth: int = 0) -> bool:
    for layer in _layers(entry):
        config = layer.get("config") if isinstance(layer, dict) else None
        if isinstance(config, dict) and (not _OLD_WORDS.isdisjoint(config) or layer.get("class_name") == "Merge"):
            return True
        if depth < 8 and isinstance(layer, dict) and _has_old_words(layer, depth + 1):
            return True
    return False


def _entry(entry: Json) -> Json:
    """A layer or model, and those inside it."""
    kind, config = str(entry.get("class_name")), entry.get("config")
    if isinstance(config, list):
        return {**entry, "config": [_entry(layer) for layer in config if isinstance(layer, dict)]}
    if not isinstance(config, dict):
        return entry
    made = dict(config)
    if isinstance(made.get("layers"), list):
        if kind == "Merge":
            raise ModelError("it is a Sequential of Keras 1 that merges models; a Model of Keras 1 or later is read")
        made["layers"] = [_entry(layer) for layer in made["layers"] if isinstance(layer, dict)]
        return {**entry, "class_name": _CLASSES.get(kind, kind), "config": made}
    if isinstance(made.get("layer"), dict):
        made["layer"] = _entry(made["layer"])
    kind, made = _layer(kind, made)
    return {**entry, "class_name": kind, "config": made}


def _layer(kind: str, config: Json) -> tuple[str, Json]:
    """(class, configuration) of a layer in the words of Keras 2."""
    if kind == "Merge":
        return _merge(config)
    kernel = next((keys for keys in _KERNELS if all(key in config for key in keys)), ())
    made = {_WORDS.get(key, key): value for key, value in config.items() if key not in kernel}
    if kernel:
        made["kernel_size"] = [config[key] for key in kernel]
    if kind in _WITH_UNITS and "output_dim" in made:
        made["units"] = made.pop("output_dim")
    if "dim_ordering" in made:
        made["data_format"] = {"th": "channels_first", "tf": "channels_last"}.get(made.pop("dim_ordering"))
    for key, rank in (("strides", "Convolution1D"), ("dilation_rate", "AtrousConvolution1D")):
        if kind == rank and isinstance(made.get(key), int):
            made[key] = [made[key]]
    if kind == "TimeDistributedDense":
        inner = {key: value for key, value in made.items() if not key.startswith(("batch_input", "input_"))}
        outer = {key: value for key, value in made.items() if key not in ("units", "activation", "use_bias")}
        return "TimeDistributed", {**outer, "layer": {"class_name": "Dense", "config": inner}}
    if kind in ("GRU", "LSTM", "SimpleRNN"):
        made.setdefault("use_bias", True)
        made.setdefault("reset_after", False)
    return _CLASSES.get(kind, kind), made


def _merge(config: Json) -> tuple[str, Json]:
    mode = config.get("mode")
    if mode not in _MERGES:
        return "Lambda", {"name": config.get("name"), "trainable": False}
    made: Json = {"name": config.get("name"), "trainable": True}
    if mode == "concat":
        made["axis"] = config.get("concat_axis", -1)
    if mode in ("dot", "cos"):
        made |= {"axes": config.get("dot_axes", -1), "normalize": mode == "cos"}
    return _MERGES[mode], made
