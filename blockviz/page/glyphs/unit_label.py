"""What a box says and how it looks: a label for every unit, layer and operation.

A label never repeats what holds by default (stride 1, same padding, one group); the legend explains the short forms.
"""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.ir import Composite, Idiom, Item, Node, item_leaves
from blockviz.ops.families import activation_of, anchor, family
from blockviz.ops.operation_words import activation_word, operation_word
from blockviz.ops.per_step import per_step
from blockviz.page.glyphs.arithmetic import written_out
from blockviz.page.glyphs.idiom_label import idiom_label
from blockviz.page.glyphs.label import Label, symbol_runs
from blockviz.page.glyphs.operation_label import CLASSES, MAKERS, augmentation, unknown
from blockviz.quoting import abridged
from blockviz.runtime.records import replace

__all__ = ["Label", "label_of", "symbol_runs"]


_LONGEST = 64  # letters; what is longer is a stranger's class or activation, and would make the box unprintable


def label_of(item: Item, symbol: str = "", dilation: str = "") -> Label:
    """The label of a unit or a single call; ``symbol`` replaces the number of filters or units.

    ``dilation`` : text in place of the word that gives the dilation.
    """
    if isinstance(item, Idiom):
        return _with_gated_layer(idiom_label(item), item, symbol)
    node = anchor(item)
    if node is None:
        return Label("other", "box", "block")
    if isinstance(item, Composite) and {family(inner.op) for inner in item_leaves(item)} == {"merge", "act"}:
        return Label("act", "pill", "hard sigmoid")  # the one such unit: (x + 3), ReLU6, × 1/6
    if isinstance(item, Composite) and {family(inner.op) for inner in item_leaves(item)} == {"reshape"}:
        return Label("shape", "box", "rearrange")  # a row of reshapes and transpositions, drawn as one
    if isinstance(item, Composite) and family(node.op) == "augment":
        return augmentation([inner.op for inner in item_leaves(item) if family(inner.op) == "augment"])
    inner = per_step(node)
    if inner is not None:
        node, item = inner, inner if isinstance(item, Node) else item
    label = _node_label(node, symbol)
    if dilation:
        words = [word for word in label.tail.split(" ") if not (word[:1] == "d" and word[1:].isdecimal())]
        first = [f"{words[0]}," if words[0][-1:].isalpha() else words[0]] if words else []  # f d is no product
        label = replace(label, tail=" ".join([*first, dilation, *words[1:]]))
    label = replace(label, head=abridged(label.head, _LONGEST), tail=abridged(label.tail, _LONGEST))
    label = _with_unit(label, item, node) if isinstance(item, Composite) else _with_own_activation(label, node)
    if node.layer.config.get("quantized"):
        label = noted(label, str(node.layer.config["quantized"]).partition("/")[0])
    return noted(label, "per step") if node.steps or inner is not None else label


def _with_gated_layer(label: Label, item: Idiom, symbol: str) -> Label:
    """A gate with the layer that makes what it gates: ``Gated linear unit, 3×3, 128``."""
    nodes = [node for node in item_leaves(item) if family(node.op) in ("conv", "dense")]
    if item.hue != "gate" or len(nodes) != 1:
        return label
    made = _node_label(nodes[0], symbol)
    return noted(label, f"{made.head}{' ' if made.head[-1:].isalpha() else ', '}{made.tail}")


def noted(label: Label, words: str) -> Label:
    """A label with further words behind what it says."""
    if not words:
        return label
    between = " " if words.startswith(("→", "+")) else ", "
    return replace(label, tail=between.join(part for part in (label.tail, words) if part))


def _node_label(node: Node, symbol: str) -> Label:
    if (text := written_out(node)) is not None:
        return Label("shape", "box", text)
    maker = CLASSES.get(node.op) or MAKERS.get(family(node.op), unknown)
    return maker(node, symbol)


def _with_unit(label: Label, unit: Composite, main: Node) -> Label:
    """Add what the other calls of a unit say: padding, normalisation, activation, and their order."""
    nodes = [item for item in unit.body.items() if isinstance(item, Node)]
    at = nodes.index(main) if main in nodes else 0
    before = tuple(recipe_word(node) for node in nodes[:at] if family(node.op) in ("norm", "act"))
    after = tuple(recipe_word(node) for node in nodes[at + 1 :] if family(node.op) in ("norm", "act"))
    own = activation_of(main) if family(main.op) in ("conv", "dense") else "linear"
    if own != "linear":
        after = (activation_word(own), *after)
    padded = any(family(node.op) == "pad" for node in nodes[:at])
    if padded:
        label = replace(label, tail=_without_valid(label.tail), valid=False)
    return _finished(label, before, after, nodes[at:])


def _with_own_activation(label: Label, node: Node) -> Label:
    if family(node.op) not in ("conv", "dense"):
        return label
    own = activation_of(node)
    return _finished(label, (), () if own == "linear" else (activation_word(own),), [node])


def _finished(label: Label, before: tuple[str, ...], after: tuple[str, ...], nodes: list[Node]) -> Label:
    """``nodes`` : its main call and what follows; an activation before it, which the head says, does not fill a box."""
    acts = [activation_of(node) for node in nodes if family(node.op) in ("act", "conv", "dense")]
    active = any(act != "linear" for act in acts)
    recipe = (*before, "·", *after)
    if label.family == "dense" and (before or after):
        return replace(label, head=" → ".join((*before, label.head)), tail=in_order(label.tail, after), recipe=recipe)
    if label.family == "conv":
        norms = [] if active else [word for word in after if word in _RARE_NORMS]
        tail = " ".join(part for part in (label.tail, *(f"+ {word}" for word in norms)) if part)
        head = " → ".join((*before, label.head))  # what a compact panel has drawn into the box
        return replace(label, head=head, tail=tail, hollow=not active, recipe=recipe)
    if label.family == "norm" and active:
        return replace(label, head=f"{label.head} + {after[-1]}", recipe=recipe)
    return replace(label, recipe=recipe)


def in_order(tail: str, words: Sequence[str]) -> str:
    """What follows a layer behind the rest of its label: ``16, ReLU + LN`` is normalised after its activation."""
    for word in words:
        tail = f"{tail} + {word}".strip() if word in _NORMS.values() else ", ".join(filter(None, (tail, word)))
    return tail


def _without_valid(tail: str) -> str:
    return " ".join(word for word in tail.split(" ") if word != "V")


_NORMS = {"BatchNormalization": "BN", "SyncBatchNormalization": "BN", "LayerNormalization": "LN",
          "GroupNormalization": "GN", "RMSNormalization": "RMS norm", "LayerScale": "layer scale"}  # fmt: skip


_RARE_NORMS = frozenset({"LN", "GN", "RMS norm"})  # said in the box; the legend says that of batch norm


def recipe_word(node: Node) -> str:
    """A normalisation or activation as a recipe has it: ``BN``, ``ReLU``."""
    if family(node.op) == "act":
        return activation_word(activation_of(node))
    return _NORMS.get(node.op, operation_word(node.op))
