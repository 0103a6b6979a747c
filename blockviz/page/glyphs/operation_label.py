"""The label of a single operation, family by family, from its configuration."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from blockviz.ir import Node
from blockviz.ops.families import activation_of, is_depthwise, looks_back, merge_name
from blockviz.ops.operation_words import activation_word, operation_word
from blockviz.ops.registry import FUNCTIONS
from blockviz.ops.split_parts import channel_slice, shares, split_sizes
from blockviz.page.glyphs.arithmetic import number
from blockviz.page.glyphs.label import Label
from blockviz.page.glyphs.words import times


def _conv(node: Node, symbol: str) -> Label:
    config = node.config
    op = node.op
    kernel = config.get("kernel_size")
    head = times(kernel)
    if isinstance(kernel, list | tuple) and len(kernel) == 1:
        head = f"conv {head}"
    depthwise = is_depthwise(node)
    if op.startswith("Separable"):
        head = f"sep {head}"
    elif depthwise:
        head = f"DW {symbol or head}"
    transposed = op.endswith("Transpose")
    if transposed:
        head = f"up-{head}" if head.startswith("conv ") else f"up-conv {head}"
    width = "" if depthwise else symbol or str(config.get("filters", ""))
    stride = _stride(config.get("strides"), 1)
    words = [width] if width else []
    if stride:
        words.append(f"↑{stride}" if transposed else f"↓{stride}")
    words += _extras(config, depthwise)
    patches = times(_same(kernel)) == times(_same(config.get("strides")))  # windows side by side need no padding
    windows = any(size != 1 for size in _listed(kernel)) and not patches
    valid = config.get("padding") == "valid" and windows
    if valid:
        words.append("V")
    return Label("conv", "box", head, " ".join(words), stride=bool(stride), valid=valid)


def _extras(config: Mapping[str, Any], depthwise: bool) -> list[str]:
    words = []
    dilation = times(_same(config.get("dilation_rate", 1)))
    if dilation not in ("1", ""):
        words.append(f"d{dilation}")
    groups = config.get("groups") or 1
    if groups != 1 and not depthwise:
        words.append(f"g{groups}")
    if (config.get("depth_multiplier") or 1) != 1:
        words.append(f"m{config['depth_multiplier']}")
    if config.get("padding") == "causal":
        words.append("causal")
    return words


def _listed(value: Any) -> list[Any]:
    return list(value) if isinstance(value, list | tuple) else [value]


def _same(value: Any) -> Any:
    """One number where all axes agree."""
    values = _listed(value)
    return values[0] if values and all(item == values[0] for item in values) else value


def _stride(value: Any, default: Any) -> str:
    stride = _same(value)
    return "" if stride in (None, default, _same(default)) else times(stride)


def _pool(node: Node, symbol: str) -> Label:
    config = node.config
    kind = "avg" if "Average" in node.op else "max"
    size = config.get("pool_size", config.get("output_size"))
    strides = config.get("strides")
    stride = _stride(size if strides is None else strides, 1)
    valid = config.get("padding") == "valid" and times(_same(size)) != times(_same(strides or size))
    words = ([f"↓{stride}"] if stride else []) + (["V"] if valid else [])
    return Label("pool", "funnel", f"{kind} {times(size)}", " ".join(words), stride=bool(stride), valid=valid)


def _global(node: Node, symbol: str) -> Label:
    return Label("pool", "funnel", "global avg" if "Average" in node.op else "global max")


def _resize(node: Node, symbol: str) -> Label:
    config = node.config
    if "size" in config and "UpSampling" in node.op:
        return Label("pool", "spread", f"up ↑{symbol or times(_same(config['size']))}")
    size = [config[key] for key in ("height", "width") if key in config] or node.args.get("size")
    known = isinstance(size, int | list | tuple) and size  # or a tensor says how large
    before, after = (shape[1:-1] for shape in (node.inputs[0], node.outputs[0])) if node.inputs else ((), ())
    grows = None not in (*before, *after) and any(b < a for b, a in zip(before, after, strict=False) if b and a)
    return Label("pool", "spread" if grows else "box", f"resize {times(size)}" if known else "resize")


def _act(node: Node, symbol: str) -> Label:
    return Label("act", "pill", activation_word(activation_of(node)))


def _dense(node: Node, symbol: str) -> Label:
    if node.op == "EinsumDense":
        shape = [size for size in _listed(node.config.get("output_shape")) if size is not None]
        return Label("dense", "rect", "Einsum", symbol or times(shape), heavy=True, comma=False)
    return Label("dense", "rect", "Dense", symbol or str(node.config.get("units", "")), heavy=True, comma=False)


def _norm(node: Node, symbol: str) -> Label:
    return Label("norm", "box", operation_word(node.op))


_SIGNS = {"Add": "+", "Multiply": "×", "Subtract": "−"}


def _merge(node: Node, symbol: str) -> Label:
    name = merge_name(node.op)
    if name == "Concatenate":
        shape = node.outputs[0] if node.outputs else ()
        axis = node.config.get("axis", node.args.get("axis", -1))
        size = shape[axis] if isinstance(axis, int) and -len(shape) <= axis < len(shape) else None
        return Label("merge", "bar", "concat", symbol or ("" if size is None else str(size)))
    if len(node.inputs) == 1 and name != "Stack":  # what it joins with is a constant, and no number
        return Label("shape", "box", f"{_SIGNS.get(name, operation_word(name))} constant")
    if name in _SIGNS:
        return Label("merge", "merge", name.lower(), sign=_SIGNS[name])
    return Label("shape", "box", operation_word(name))


def _scaled_add(node: Node, symbol: str) -> Label:
    scale = node.config.get("scale")
    tail = f"×{scale:.3g}" if isinstance(scale, int | float) else ""
    return Label("merge", "merge", "add", tail, sign="+")


def _pad(node: Node, symbol: str) -> Label:
    word = "crop" if "Cropping" in node.op else "pad"
    sizes: Any = next((node.config[key] for key in ("padding", "cropping", "pad_width") if key in node.config), [])
    flat = [size for pair in _listed(sizes) for size in _listed(pair)]
    text = symbol if symbol else times(_same(flat)) if flat and all(size == flat[0] for size in flat) else ""
    return Label("shape", "box", f"{word} {text}".strip())


def _dropout(node: Node, symbol: str) -> Label:
    rate = node.config.get("rate", node.config.get("drop_rate", node.config.get("stddev")))
    word = (
        "dropout"
        if node.op == "Dropout"
        else operation_word(node.op.replace("1D", "").replace("2D", "").replace("3D", ""))
    )
    word = word.replace("spatial dropout", "dropout")
    text = symbol or (f"{rate:.2g}" if isinstance(rate, float | int) else "")
    return Label("train", "box", word, text, dashed=True, comma=False)


def _reshape(node: Node, symbol: str) -> Label:
    if node.op == "Reshape":
        shape = node.outputs[0][1:] if node.outputs else ()
        text = symbol or "×".join("?" if size is None else str(size) for size in shape)
        return Label("shape", "box", "reshape", text)
    if cut := channel_slice(node):
        return Label("shape", "box", "slice", f"{cut[0]} {symbol or cut[1]}", comma=False)
    parts = shares([str(size) for size in split_sizes(node)])
    return Label("shape", "box", operation_word(node.op), symbol or parts or _places(node), comma=False)


def _places(node: Node) -> str:
    """What a slice takes, as an array is indexed: ``[:, 1:]``; "" where that is not known.

    One place of the axis behind that of the samples is the first, the last, or one that has a number.
    """
    if node.op not in ("GetItem", "Getitem"):
        return ""
    index = node.args.get("1")
    words = [_place(one) for one in (index if isinstance(index, list) else [index])]
    if words[:1] == [":"] and {*words[2:]} <= {":", "…"} and words[1:2] in (["0"], ["-1"]):
        return "first" if words[1] == "0" else "last"
    whole = {*words} <= {":", "…"}  # it takes less than that, up to a bound that only a run tells
    return f"[{', '.join(words)}]" if all(words) and not whole else ""


def _place(index: Any) -> str:
    if isinstance(index, int) and not isinstance(index, bool):
        return str(index)
    if not isinstance(index, Mapping):
        return ""
    if index.get("class_name") == "__ellipsis__":
        return "…"
    found = index.get("slice")
    if not isinstance(found, list) or len(found) != 3 or not all(one is None or isinstance(one, int) for one in found):
        return ""
    start, stop, step = ("" if one is None else str(one) for one in found)
    return f"{start}:{stop}" + (f":{step}" if step else "")


def _attention(node: Node, symbol: str) -> Label:
    heads = node.config.get("num_heads", node.config.get("num_query_heads"))
    words = [f"{heads} heads" if heads != 1 else "1 head"] if heads else []
    said = {**node.config, **node.args}
    if looks_back(node):
        words.append("causal")
    if any(isinstance(said.get(key), str | list) for key in ("attention_mask", "mask", "query_mask", "value_mask")):
        words.append("masked")
    plain = node.op == "MultiHeadAttention"
    return Label("sequence", "rect", "MHA" if plain else operation_word(node.op), ", ".join(words), comma=not plain)


def _recurrent(node: Node, symbol: str) -> Label:
    config = node.config
    name, both = node.op, ""
    if name == "Bidirectional":
        inner, merged = config.get("layer", {}), _MERGED.get(str(config.get("merge_mode")), "")
        name = f"Bi{inner.get('class_name', 'RNN')}" if isinstance(inner, Mapping) else "Bidirectional"
        config = inner.get("config", {}) if isinstance(inner, Mapping) else {}
        both = merged
    if name in ("RNN", "BiRNN") and (cells := _cells(config.get("cell"))):
        steps = " ".join(f"→ {cell}" for cell in cells[1:])
        backwards = "backwards" if config.get("go_backwards") is True else ""
        head = f"{name.removesuffix('RNN')}{cells[0]}"
        return Label("sequence", "rect", head, ", ".join(filter(None, [steps, backwards, both])), comma=not steps)
    if name.startswith("ConvLSTM"):
        return Label("sequence", "rect", f"ConvLSTM {times(config.get('kernel_size'))}", str(config.get("filters", "")))
    units = symbol or config.get("units")
    words = [f"{units}"] if units else []
    if config.get("go_backwards") is True:
        words.append("backwards")
    words += [both] if both else []
    return Label("sequence", "rect", name, ", ".join(words), comma=False)


_MERGED = {"sum": "summed", "mul": "multiplied", "ave": "averaged"}  # both directions; concatenated is usual


def _cells(cell: Any) -> list[str]:
    """The cells of a recurrent layer that was given its own: ``LSTM 32``, ``GRU 8``."""
    if isinstance(cell, list | tuple):
        return [word for one in cell for word in _cells(one)]
    if not isinstance(cell, Mapping) or not isinstance(cell.get("config"), Mapping):
        return []
    if cell.get("class_name") == "StackedRNNCells":
        return _cells(cell["config"].get("cells"))
    units = cell["config"].get("units")
    name = str(cell.get("class_name")).removesuffix("Cell").rpartition(">")[2]
    return [f"{name} {units}" if isinstance(units, int) else name]


def _embed(node: Node, symbol: str) -> Label:
    sizes = [node.config.get("input_dim"), node.config.get("output_dim")]
    text = symbol or times([size for size in sizes if size is not None])
    backwards = node.args.get("reverse", node.args.get("1")) is True  # scores of all entries of the table
    return Label("sequence", "rect", "embedding, transposed" if backwards else "embedding", text)


def _scale(node: Node, symbol: str) -> Label:
    if node.op != "Rescaling":
        return Label("input", "box", "normalise")
    scale, offset = node.config.get("scale"), node.config.get("offset", 0)
    if not isinstance(scale, int | float) or not isinstance(offset, int | float) or not scale:
        return Label("input", "box", "rescale")
    factor, divisor = number(scale), number(round(1 / scale, 6))
    words = [f"÷ {divisor}" if len(divisor) < len(factor) else f"× {factor}"] if scale != 1 else []
    words += [f"{'−' if offset < 0 else '+'} {number(abs(offset))}"] if offset else []
    return Label("input", "box", "rescale", " ".join(words), comma=False)


def _input(node: Node, symbol: str) -> Label:
    return Label("input", "box", "input", symbol, comma=False)


def _augment(node: Node, symbol: str) -> Label:
    return Label("train", "box", operation_word(node.op), dashed=True)


_VERBS = {"rotation": "rotate", "translation": "translate", "grayscale": "grey", "elastic transform": "elastic"}


def augmentation(ops: Sequence[str]) -> Label:
    """Several augmenting calls in a row: ``augment`` and what they do, in order."""
    words = [operation_word(op.removeprefix("Random")) for op in ops]
    return Label(
        "train", "box", "augment", ", ".join(dict.fromkeys(_VERBS.get(word, word) for word in words)), dashed=True
    )


_AXES, _MANY = 3, 10**6  # of a kernel; from here on a number is no width
_LONG = 24  # letters of a name that is broken into words, whatever is in it


def unknown(node: Node, symbol: str) -> Label:
    """The name of an operation that no family knows, in words unless digits or such are part of it, and what its class
    calls as Keras' layers do: kernel, filters or units, heads; and a kind that is one letter (the masks A and B)."""
    if node.op.startswith("Random"):
        return _augment(node, symbol)
    if node.op in FUNCTIONS:
        return Label("other", "box", operation_word(node.op))
    name = node.op.rpartition(">")[2]
    return Label("other", "box", operation_word(name) if name.isalpha() or len(name) > _LONG else name, _settings(node))


def _settings(node: Node) -> str:
    """What a stranger's class says of itself: ``A 7×7, 32``."""
    config = node.config
    kernel = config.get("kernel_size")
    sides = kernel if isinstance(kernel, list | tuple) and len(kernel) <= _AXES else [kernel]
    widths = [config.get(key) for key in ("filters", "units")]
    heads = config.get("num_heads")
    words = [text for text in config.values() if isinstance(text, str) and len(text) == 1 and text.isalpha()][:1]
    words += [times(list(sides))] if all(_counts(side) for side in sides) else []
    first = [" ".join(words)] if words else []
    first += [str(wide) for wide in widths if _counts(wide)][:1]
    return ", ".join([*first, *([f"{heads} heads"] if _counts(heads) else [])])


def _counts(value: object) -> bool:
    """Whether it is a number of something."""
    return type(value) is int and 0 < value < _MANY


# Keras' own classes that belong to no family: the scaled residual addition of Inception-ResNet.
CLASSES: Mapping[str, Callable[[Node, str], Label]] = {"CustomScaleLayer": _scaled_add}
MAKERS: Mapping[str, Callable[[Node, str], Label]] = {
    "conv": _conv, "pool": _pool, "global": _global, "resize": _resize, "act": _act, "dense": _dense, "norm": _norm,
    "merge": _merge, "pad": _pad, "dropout": _dropout, "reshape": _reshape, "attention": _attention,
    "recurrent": _recurrent, "embed": _embed, "scale": _scale, "input": _input, "augment": _augment, "other": unknown,
}  # fmt: skip
