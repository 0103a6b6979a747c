"""What a page may say of a call, a tensor or a number: derived from the model's configuration, not from the drawing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from blockviz.ir import UNKNOWN, Composite, Item, LayerGraph, Node, Run, Shape, item_leaves, size_words
from blockviz.ops.per_step import called

_UNITS = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_ACTS = {"relu": "ReLU", "relu6": "ReLU6", "silu": "swish", "swish": "swish", "gelu": "GELU", "elu": "ELU",
         "selu": "SELU", "hard_silu": "h-swish", "hard_swish": "h-swish", "hard_sigmoid": "h-sigmoid",
         "leaky_relu": "leaky ReLU", "linear": "", "log_softmax": "log-softmax", "gelu_approximate": "GELU",
         "mish": "Mish"}  # fmt: skip
_ACT_CLASSES = {"ReLU": "ReLU", "Softmax": "softmax", "LeakyReLU": "leaky ReLU", "PReLU": "PReLU", "ELU": "ELU",
                "Relu": "ReLU", "Silu": "swish", "Gelu": "GELU", "Sigmoid": "sigmoid", "Tanh": "tanh"}  # fmt: skip
NORMS = {"BatchNormalization": "batch norm", "LayerNormalization": "layer norm", "GroupNormalization": "group norm"}
SHORT_NORMS = {"batch norm": "BN", "layer norm": "LN", "group norm": "GN"}


def number_says(text: str, value: int, is_bound: bool) -> bool:
    """Whether a text with a unit (``13.9 k``, ``≥ 1.2 M``, ``?``) is what one may print for a count."""
    if text == "?":
        return is_bound and not value
    found = re.fullmatch(r"(≥ )?([\d.,\u00a0 ]+?) ?([kMGT]?)", text)
    if found is None or bool(found[1]) != is_bound:
        return False
    digits = found[2].replace(",", "").replace(" ", "")
    told = float(digits) * _UNITS[found[3]]
    return abs(told - value) <= max(0.0051 * value, 0.0 if found[3] == "" else 0.5) if value else told == 0


def polynomial_says(text: str, wanted: Mapping[tuple[str, ...], int]) -> bool:
    """Whether a sum of products of letters (``32·L² + 6.27 k·L``) has these factors."""
    told = {}
    for sign, term in re.findall(r"(?:(?:^|(?<= ))([+−]) )?([^+−]+?)(?= [+−] |$)", text):
        number, *letters = term.split("·")
        powers = [letter.rstrip("²") for letter in letters for _ in range(1 + letter.endswith("²"))]
        told[tuple(sorted(powers))] = (sign == "−", number)
    factors = {tuple(sorted(term)): factor for term, factor in wanted.items()}
    return told.keys() == factors.keys() and all(
        is_less == (factors[term] < 0) and number_says(number, abs(factors[term]), False)
        for term, (is_less, number) in told.items()
    )


def shape_says(text: str, shape: Shape) -> bool:
    """Whether a text is a tensor's shape: sizes, ``?`` for open ones, ranges of several copies."""
    if shape == UNKNOWN:
        return text == "?"
    if len(shape) < 2:
        return text == "scalar"
    sizes = re.sub(r"[()]", "", text).split("×")
    if len(sizes) != len(shape) - 1:
        return False
    letters = [re.sub(r"[()]", "", word) for word in size_words(shape)]
    return all(_size_says(told, *own) for told, own in zip(sizes, zip(shape[1:], letters, strict=True), strict=True))


def _size_says(told: str, size: int | None, letter: str) -> bool:
    if size is None:
        own = re.fullmatch(r"\d*([A-Z])[′″](?:/\d+)?", told)  # a share of the size where the block stands
        return told in ("?", letter) or bool(own and re.fullmatch(rf"\d*{own[1]}(?:/\d+)?", letter))
    if told.isdecimal():
        return int(told) == size
    low, dash, high = told.partition("–")
    if dash and low.isdecimal() and high.isdecimal():
        return int(low) <= size <= int(high)
    return bool(re.fullmatch(r"[\d/+]*[a-zA-Z][′″]?[\w/+′″]*", told))  # a symbol: the parameter of the block


def leaving(graph: LayerGraph, name: str) -> list[Shape]:
    """Shapes of all tensors that leave an item of a graph."""
    item = graph.item(name)
    if isinstance(item, Run) and item.parallel:
        return [shape for copy in item.body.items() for shape in copy.outputs]
    numbers = {out for data in graph.edges_from(name).values() for out, _ in data["operands"]}
    numbers |= {index for giver, index in graph.exits if giver == name}
    outputs = item.outputs
    return [outputs[number] for number in sorted(numbers or {0}) if number < len(outputs)] or [UNKNOWN]


def copies_of(item: Item) -> list[Item]:
    """What a box stands for: the copies of a run, or the item alone."""
    return list(item.body.items()) if isinstance(item, Run) else [item]


def lengths_in(body: LayerGraph) -> Iterator[str]:
    """How long the rows of a body are: of blocks or units, one of which is a row of one, as is a layer with a width."""
    for item in body.items():
        if isinstance(item, Composite) or {"filters", "units", "kernel_size"} & called(item).config.keys():
            yield str(len(copies_of(item)))


def main_call(item: Item) -> Node | None:
    """The call that a box of a unit or a layer is named for: its only heavy one, or its only one; of a wrapper what it
    calls at each step."""
    nodes = [called(node) for node in item_leaves(item)]
    if isinstance(item, Composite):
        heavy = [node for node in nodes if "filters" in node.config or "units" in node.config or _is_depthwise(node)]
        return heavy[0] if len(heavy) == 1 else None
    return nodes[0]


def width_of(item: Item | None) -> int | None:
    """Filters or units of the call that a box is named for."""
    call = main_call(copies_of(item)[0]) if item is not None else None
    wide = call and (call.config.get("filters") or call.config.get("units"))
    return wide if isinstance(wide, int) else None


def _is_depthwise(node: Node) -> bool:
    return node.op.startswith("DepthwiseConv")


def _sizes(value: Any) -> list[int]:
    return [int(v) for v in value] if isinstance(value, Sequence) and not isinstance(value, str) else [int(value)]


def window_sizes(node: Node) -> list[int]:
    """The sides of a kernel or a pooling window."""
    return _sizes(node.config.get("kernel_size", node.config.get("pool_size", 1)))


def stride_sizes(node: Node) -> list[int]:
    """The strides along all axes; a pooling's are its window where it says none."""
    sizes = window_sizes(node)
    usual = sizes if "pool_size" in node.config else [1]
    strides = _sizes(node.config["strides"]) if node.config.get("strides") else usual
    return strides if len(strides) == len(sizes) else strides[:1] * len(sizes)


def conv_words(node: Node) -> Mapping[str, str | None]:
    """What the box of a convolution must say (text) or must not say (None), by what it is about."""
    config = node.config
    kernel = "×".join(map(str, _sizes(config.get("kernel_size", ()))))
    strides = sorted(set(_sizes(config.get("strides", 1))))
    rates = list(_sizes(config.get("dilation_rate", 1) or 1))
    rates = rates[:1] if len(set(rates)) == 1 else rates
    groups = config.get("groups") or 1
    words: dict[str, str | None] = {"kernel": kernel}
    if not node.op.endswith("Transpose"):
        words["stride"] = f"↓{strides[0]}" if strides != [1] and len(strides) == 1 else None
    words["dilation"] = f"d{'×'.join(map(str, rates))}" if rates != [1] else None
    words["groups"] = f"g{groups}" if groups > 1 and groups != config.get("filters") else None
    return words


def activation_word(node: Node) -> str:
    """The activation that a call applies, "" for none or for one without a usual word."""
    if node.op in _ACT_CLASSES:
        limit = node.config.get("max_value")
        capped = node.op == "ReLU" and isinstance(limit, int | float) and limit
        return f"ReLU{limit:g}" if capped else _ACT_CLASSES[node.op]
    value = node.config.get("activation")
    return _ACTS.get(value, value.replace("_", " ")) if isinstance(value, str) else ""


def applied(item: Item) -> tuple[str, tuple[str, ...]]:
    """(activation, normalisations) of a unit or layer, as words."""
    nodes = [called(node) for node in item_leaves(item)]
    acts = [word for node in nodes if (word := activation_word(node))]
    return (acts[-1] if acts else "", tuple(NORMS[node.op] for node in nodes if node.op in NORMS))


def tokens(text: str) -> set[str]:
    """The words of a label, commas and bars apart, without the names of outputs."""
    return set(re.sub(r"[,|]", " ", re.sub(r"→ output[^|]*", "", text)).split())


def distinct(values: Iterable[Any]) -> list[Any]:
    """Values without repetitions, in order."""
    return list(dict.fromkeys(values))
