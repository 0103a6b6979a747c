"""The label of a box against the configurations of all copies that it stands for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from blockviz.ir import Idiom, Item, Node, Unit, item_leaves
from blockviz.page.proof.facts import (
    NORMS,
    SHORT_NORMS,
    activation_word,
    applied,
    conv_words,
    distinct,
    main_call,
    shape_says,
    stride_sizes,
    tokens,
    width_of,
    window_sizes,
)
from blockviz.page.proof.reading import Reading

_LABELLED = ("Conv1D", "Conv2D", "Conv3D", "Conv1DTranspose", "Conv2DTranspose", "Conv3DTranspose", "DepthwiseConv1D",
             "DepthwiseConv2D", "SeparableConv1D", "SeparableConv2D")  # fmt: skip


def box_faults(text: str, copies: Sequence[Item], reading: Reading, *, symbolic: bool = False) -> Iterator[str]:
    """What a box says of its layers and what is not so in one of the copies.

    ``symbolic`` : the box is in a panel, where a number that differs over the copies is a letter or a range.
    """
    yield from _heads_faults(text, copies)
    yield from _window_faults(text, copies)
    if not all(isinstance(item, Node | Unit) and not isinstance(item, Idiom) for item in copies):
        return  # an idiom says its word, blocks have panels
    calls = [node for item in copies if (node := main_call(item)) is not None]
    if len(calls) < len(copies) or not calls:
        return
    words = tokens(text)
    if all(node.op in _LABELLED for node in calls):
        yield from _conv_faults(words, _without_kernel(text, calls), calls, symbolic)
    elif all(node.op == "Dense" for node in calls) or all(node.op in ("LSTM", "GRU", "SimpleRNN") for node in calls):
        yield from _number_faults(words, [node.config.get("units") for node in calls], "units", symbolic)
    elif all("pool_size" in node.config for node in calls):
        if "↓p" in words and any(stride_sizes(node) != window_sizes(node) for node in calls):
            yield "strides otherwise than by its window, and its box says ↓p"
    elif all(node.op == "Dropout" for node in calls):
        yield from _rate_faults(text, calls, symbolic)
    elif all(node.op == "MultiHeadAttention" for node in calls):
        heads = distinct(node.config.get("num_heads") for node in calls)
        ranged = symbolic and re.search(r"\d–\d+ heads", text)  # of other forms that the drawing stands for
        if len(heads) == 1 and str(heads[0]) not in words and not ranged:
            yield f"has {heads[0]} heads, and its box says {text!r}"
        causal = {node.args.get("use_causal_mask") is True for node in calls}
        if causal == {True} and "causal" not in words:
            yield "attends causally, and its box doesn't say so"
        if len(causal) > 1 and not any("causal" in said for said in (*words, *reading.texts, *reading.notes)):
            yield "attends causally in some copies, and nothing says so"
    told = not any("legend" in sentence for sentence in reading.advice)  # else the page says that it leaves this out
    if told and all(node.op in _LABELLED or node.op == "Dense" for node in calls):
        yield from _unit_faults(text.replace(" | ", " "), copies, reading, calls)


def _rate_faults(text: str, drops: Sequence[Node], symbolic: bool = False) -> Iterator[str]:
    """The rate of dropout where all copies have it, else from the least to the greatest.

    ``symbolic`` : the box may stand for further forms, so that it says a wider range, or in little room no rate.
    """
    known = [rate for node in drops if isinstance(rate := node.config.get("rate"), int | float)]
    rates = [f"{rate:.2g}" for rate in sorted(set(known))]
    wanted = "–".join(dict.fromkeys((rates[0], rates[-1]))) if rates else ""
    unsaid = (symbolic or len(rates) > 1) and not re.search(r"\d", text)  # a narrow panel gives such numbers up
    span = re.search(r"(\d[\d.]*)–(\d[\d.]*)", text) if symbolic else None
    if span and all(float(span[1]) <= float(rate) <= float(span[2]) for rate in rates):
        return
    if wanted and len(known) == len(drops) and wanted not in tokens(text) and not unsaid:
        yield f"drops out at {wanted}, and its box says {text!r}"


def _heads_faults(text: str, copies: Sequence[Item]) -> Iterator[str]:
    """Heads of attention, written out or not: a fixed number where all copies have it, else a range."""
    heads = [
        item.attributes.get("heads") if isinstance(item, Idiom) else item.config.get("num_heads")
        for item in copies
        if isinstance(item, Idiom | Node)
    ]
    values = distinct(heads)
    told = re.search(r"(?<![–\d])(\d+) heads?", text)
    if told and len(values) > 1:
        yield f"stands for copies with {values} heads, and its box says {told[0]}"
    span = re.search(r"(\d+)–(\d+) heads", text)
    if span and any(isinstance(value, int) and not int(span[1]) <= value <= int(span[2]) for value in values):
        yield f"stands for copies with {values} heads, and its box says {span[0]}"
    if told and len(values) == 1 and values[0] is not None and told[1] != str(values[0]):
        yield f"has {values[0]} heads, and its box says {told[0]}"


def _window_faults(text: str, copies: Sequence[Item]) -> Iterator[str]:
    """A window of attention against the scores inside: each token of a window has as many as the window has tokens."""
    told = re.search(r"(?<![\d–×])(\d+)×(\d+)(?![\d–×])", text)
    for item in copies:
        if told is None or not isinstance(item, Idiom) or not {"window", "heads"} <= item.attributes.keys():
            continue
        shapes = [shape for node in item_leaves(item) for shape in node.outputs if len(shape) > 3]
        scores = {shape[-1] for shape in shapes if shape[-1] == shape[-2] is not None}
        if scores and int(told[1]) * int(told[2]) not in scores:
            yield f"attends within windows of {sorted(scores, key=str)} tokens, and its box says {told[0]}"
            return


def width_faults(text: str, copies: Sequence[Item]) -> Iterator[str]:
    """A fixed width, number of heads, rate or shape where the copies that a box stands for have several."""
    calls = [node for item in copies if isinstance(item, Node | Unit) and (node := main_call(item)) is not None]
    words = _without_kernel(text, calls)
    for about in ("filters", "units"):
        values = distinct(node.config[about] for node in calls if about in node.config and not _is_depthwise(node))
        if len(values) > 1 and (fixed := [value for value in values if str(value) in words]):
            yield f"stands for copies with {values} {about}, and its box says {fixed[0]}"
    yield from _heads_faults(text, copies)
    nodes = [item for item in copies if isinstance(item, Node)]
    drops = [node.config.get("rate") for node in nodes if node.op == "Dropout"]
    rates = distinct(f"{rate:.2g}" for rate in drops if isinstance(rate, int | float))
    if len(rates) > 1 and (told := [rate for rate in rates if rate in tokens(text)]):
        yield f"stands for copies that drop out at {rates}, and its box says {told[0]}"
    yield from _target_faults(text, [node for node in nodes if node.op == "Reshape"])


def _target_faults(text: str, calls: Sequence[Node]) -> Iterator[str]:
    """A fixed shape where the copies are reshaped to several."""
    told = re.search(r"reshape[ ,|]+([\d?–]+(?:×[\d?–]+)*)$", text)
    shapes = distinct(call.outputs[0] for call in calls if call.outputs)
    if told and len(shapes) > 1 and not all(shape_says(told[1], shape) for shape in shapes):
        yield f"stands for copies reshaped to {[tuple(s[1:]) for s in shapes]}, and its box says {told[1]}"


def says_width(text: str, item: Item) -> bool:
    """Whether a label gives an item's width, as a number, within a range, or as a symbol."""
    wide = width_of(item) if isinstance(item, Node | Unit) else None
    if wide is None:
        return False
    words = re.sub(r"\d+×\d+", "", text)
    spans = [(int(low), int(high or low)) for low, high in re.findall(r"(\d+)(?:–(\d+))?", words)]
    return _has_symbol(set(words.split())) or any(low <= wide <= high for low, high in spans)


def _varying_faults(words: set[str], about: str, values: Sequence[str | None], symbolic: bool) -> Iterator[str]:
    """What a box may not say, or must, where copies differ in stride, dilation or groups."""
    if not symbolic:
        yield f"is drawn once for copies with {about} {values}"
    if symbolic and about == "dilation" and not _varies(words):
        yield f"stands for copies with dilation {values}, and its box says none"
    if about in ("dilation", "groups") and (fixed := words & set(filter(None, values))):
        yield f"stands for copies with {about} {values}, and its box says {sorted(fixed)[0]}"


def _varies(words: set[str]) -> bool:
    """Whether a label says that dilations differ: a letter, a range, or one for each axis or copy."""
    return any(re.fullmatch(r"d(\d.*)?", word) for word in words)


def _stands_for(words: set[str], value: str) -> bool:
    """Whether a letter or a range (``13–31×13–31``) stands for a number that differs over the forms of a drawing."""
    ranges = (re.findall(r"(\d+)(?:–(\d+))?", word) for word in words if "–" in word)
    sizes = [int(size) for size in re.findall(r"\d+", value)]
    letters = {"↓s"} if value.startswith("↓") else {"k", "d"}  # what they are in each copy, `value_faults` asks
    return bool(words & letters) or any(
        len(spans) == len(sizes)
        and all(int(low) <= size <= int(high or low) for (low, high), size in zip(spans, sizes, strict=True))
        for spans in ranges
    )


def _without_kernel(text: str, calls: Sequence[Node]) -> set[str]:
    """The words of a label without the first that is the kernel: of one axis it is a bare number, like a width."""
    words = re.sub(r"[,|]", " ", re.sub(r"→ output[^|]*", "", text)).split()
    kernels = {str(conv_words(node)["kernel"]) for node in calls if "kernel_size" in node.config}
    first = next((number for number, word in enumerate(words) if word in kernels), None)
    return {word for number, word in enumerate(words) if number != first}


def _conv_faults(words: set[str], others: set[str], calls: Sequence[Node], symbolic: bool) -> Iterator[str]:
    rows = [conv_words(node) for node in calls]
    for about in rows[0]:
        values = distinct(row.get(about) for row in rows)
        if len(values) > 1 or (about == "kernel" and values[0] in words):
            if len(values) > 1 and about != "kernel":
                yield from _varying_faults(words, about, values, symbolic)
            continue
        value = values[0]
        told = [word for word in words if _is_about(word, about)]
        if value is None and told:
            yield f"has no {about}, and its box says {told[0]}"
        elif value is not None and value not in words and not (symbolic and _stands_for(words, value)):
            yield f"has the {about} {value}, and its box says {sorted(words)}"
    if not any(map(_is_depthwise, calls)):
        yield from _number_faults(others, [node.config.get("filters") for node in calls], "filters", symbolic)


def _is_depthwise(node: Node) -> bool:
    """Whether each channel is convolved by itself, so that the box says no width."""
    return node.op.startswith("Depthwise") or (node.config.get("groups") or 1) == node.config.get("filters") != 1


def _is_about(word: str, about: str) -> bool:
    mark = {"stride": "↓", "dilation": "d", "groups": "g"}.get(about)
    return mark is not None and word[:1] == mark and word[1:].isdecimal()


def _number_faults(words: set[str], values: Sequence[object], about: str, symbolic: bool) -> Iterator[str]:
    found = distinct(values)
    if len(found) == 1 and str(found[0]) not in words and not (symbolic and _has_symbol(words)):
        yield f"has {found[0]} {about}, and its box says {sorted(words)}"
    if len(found) > 1:
        fixed = [value for value in found if str(value) in words]
        if fixed:
            yield f"stands for copies with {found} {about}, and its box says {fixed[0]}"


def _has_symbol(words: set[str]) -> bool:
    return any(any(letter in word for letter in "fghc") or "–" in word for word in words)


def _is_hollow(entry: str) -> bool:
    """Whether what a legend says of units holds for those without an activation."""
    return "linear" in entry or all(word in SHORT_NORMS for word in entry.split(" + ") if word != "conv")


def _dropped_faults(text: str, copies: Sequence[Item]) -> Iterator[str]:
    """Dropout in units: its rate, and its place among the normalisation and activation that the box says."""
    drops = [[node for node in item_leaves(item) if "Dropout" in node.op] for item in copies]
    if all(drops):
        yield from _rate_faults(text, [found[-1] for found in drops])
    elif not any(drops) and "dropout" in text:
        yield "drops nothing out, and its box says that it does"
    for item, found in zip(copies, drops, strict=True):
        nodes = list(item_leaves(item))
        for node in nodes if found and "dropout" in text else ():
            word = SHORT_NORMS.get(NORMS.get(node.op, ""), "") or activation_word(node)
            behind = nodes.index(node) > nodes.index(found[-1])
            if word and word in text and behind != (text.rindex(word) > text.index("dropout")):
                yield f"drops out {'before' if behind else 'after'} {word}, and its box says otherwise"
                return


def _order(item: Item) -> tuple[str, ...]:
    """Activations and normalisations behind the main call of a unit, in their order."""
    main, words, seen = main_call(item), list[str](), False
    for node in item_leaves(item):
        seen = seen or node is main
        word = NORMS.get(node.op) or activation_word(node)
        words += [word] if seen and word else []
    return tuple(words)


def _unit_faults(text: str, copies: Sequence[Item], reading: Reading, calls: Sequence[Node]) -> Iterator[str]:
    """Activation and normalisation stand in the box, or are what the legend says of all such boxes."""
    names = {short: norm for norm, short in SHORT_NORMS.items()}  # a legend of one column is short
    notes = [" + ".join(names.get(word, word) for word in note.split(" + ")) for note in reading.notes]
    entries = [note for note in notes if re.match(r"conv( \+ |, linear$)|[\w -]+ \+ conv", note)]
    for act, norms in distinct(applied(item) for item in copies):
        hollow = not act
        legend = [entry for entry in entries if hollow == _is_hollow(entry)]
        usual = " + ".join(legend) if calls[0].op != "Dense" else ""
        if act and act not in text and act not in usual:
            yield f"is activated by {act}, which neither its box nor the legend says"
        for norm in norms:
            told = SHORT_NORMS[norm] in text or norm in text
            if not told and (norm not in usual or "no norm" in text):
                yield f"is normalised ({norm}), which neither its box nor the legend says"
        if not norms and any(f"+ {short}" in text for short in SHORT_NORMS.values()):
            yield "is not normalised, and its box says it is"
        if not norms and "no norm" not in text and any(norm in usual for norm in SHORT_NORMS):
            yield "is not normalised, and the legend says that such boxes are"
    yield from _dropped_faults(text, copies)
    for order in distinct(_order(item) for item in copies) if calls[0].op != "Dense" else ():
        unsaid = not any(word in text or SHORT_NORMS.get(word, word) in text for word in order)
        spellings = (" + ".join(order), " + ".join(SHORT_NORMS.get(word, word) for word in order))
        if len(order) == 2 and unsaid and usual and not any(spelling in usual for spelling in spellings):
            yield f"is followed by {' and then '.join(order)}, and the legend says otherwise"
    if activation_word(calls[0]) in ("softmax", "sigmoid") and activation_word(calls[0]) not in text:
        yield f"ends in {activation_word(calls[0])}, and its box doesn't say so"
