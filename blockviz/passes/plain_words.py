"""What a block does, in words that hold for any network: ``Residual block, 3 convolutions``, ``Upsampling and sum``."""

from __future__ import annotations

from collections import Counter

import networkx as nx

from blockviz.ir import LayerGraph, Run, holds_blocks, is_input, leaves
from blockviz.ops.families import family
from blockviz.passes.fold_steps import STEP
from blockviz.structure.ancestry import Ancestry, closes_a_skip
from blockviz.structure.skeleton import module_skeleton, skeleton

INCEPTION = "Inception block"


def what_it_does(body: LayerGraph, usual: str = "Block") -> str:
    """A plain description: ``Residual block, 3 convolutions``; ``usual`` is its noun if nothing tells a better one."""
    graph = skeleton(body)
    labels = Counter(_plain_label(data["label"]) for _, data in graph.nodes(data=True))
    weighty = [name for name in ("conv", "dw", "sep", "tconv", "dense", "attn", "rnn") if labels[name]]
    kin = Ancestry(graph)
    own = module_skeleton(body)  # what a block inside joins is that one's matter
    residual = closes_a_skip(own, Ancestry(own))
    joins = [name for name, data in graph.nodes(data=True) if data["label"] == "concat" and name in own]
    branches = max((graph.in_degree(name) for name in joins), default=0)
    inception = max((graph.in_degree(name) for name in joins if _is_inception(graph, kin, name)), default=0)
    count = sum(labels[name] for name in weighty)
    if _loops(body):
        return "Recurrent layer"
    what = _content_words(labels, count) or _other_words(body)
    if _embeds(body) and not count:
        return "Embedding"
    if any(is_input(item) and not body.pred[item.id] for item in body.items()):
        return _of_a_kind(labels, count, "Tower") or f"Tower, {what}"
    if residual:
        return f"Residual block, {what}"
    if inception >= 3 and inception > labels["in"]:
        return f"{INCEPTION}, {inception} branches"
    if branches >= 2 and labels["in"] > 1:
        return f"Merging block, {what}"
    if any(holds_blocks(item) for item in body.items()):
        return "Module"
    if not count and (said := _weightless_words(labels)):
        return said
    if usual == "Block" and count == labels["dense"] > 0 and any(labels[name] for name in _WEIGHTLESS):
        return _dense_words(labels) or f"{usual}, {what}"  # no row of layers, each fully connected to the next
    return _of_a_kind(labels, count, usual) or f"{usual}, {what}"


def _of_a_kind(labels: Counter[str], count: int, noun: str) -> str:
    """``Convolutional block``, ``Recurrent tower``, ``Fully connected head``: what most of it is, in a word."""
    kinds = {"Attention": labels["attn"], "Recurrent": labels["rnn"], "Convolutional": count - labels["dense"],
             "Fully connected": count}  # fmt: skip
    return next((f"{kind} {noun.lower()}" for kind, found in kinds.items() if found), "")


#: What calls without weights do, in the order of saying it.
_WEIGHTLESS = {
    "up": "upsampling", "pool": "pooling", "gap": "global pooling", "fft": "Fourier transform", "dot": "matrix product",
    "concat": "concatenation", "add": "sum", "sub": "difference", "mul": "product",
}  # fmt: skip


def _weightless_words(labels: Counter[str]) -> str:
    """What a block without weights does: ``Upsampling and sum``; empty where no label says it, or too many do."""
    words = [word for label, word in _WEIGHTLESS.items() if labels[label]]
    said = " and ".join(words) if 0 < len(words) < 3 else ""
    return said[:1].upper() + said[1:]


def _dense_words(labels: Counter[str]) -> str:
    """Fully connected layers and what joins or pools them; empty where that is too many words."""
    said = _weightless_words(labels).lower()
    layers = "Fully connected layers" if labels["dense"] > 1 else "Fully connected layer"
    return f"{layers}{',' if ' and ' in said else ' and'} {said}" if said else ""


def _loops(body: LayerGraph) -> bool:
    """Whether steps of a loop stand in a body: their calls are no layers to count."""
    return any(isinstance(item, Run) and item.type.startswith(STEP) for item in body.items())


def _plain_label(label: str) -> str:
    kind = label.split(":", maxsplit=1)[0]
    return "attn" if kind.endswith("attn") else kind


def _is_inception(graph: nx.DiGraph[str], kin: Ancestry, join: str) -> bool:
    """Whether parallel ways from one tensor, of different kernels or with a pooling, are joined, none in another.

    Ways that all have the same kernels are the parts of a head (box, object, class).
    """
    ways = list(graph.predecessors(join))
    inputs = kin.mask(name for name, data in graph.nodes(data=True) if data["label"] == "in")
    if (kin.bits[join] & inputs).bit_count() != 1 or not kin.unrelated(ways):
        return False
    own = [{*kin.of(way), way} for way in ways]
    readers = {frozenset(number for number, way in enumerate(own) if name in way) for name in set[str]().union(*own)}
    inner = [found for found in readers if 1 < len(found) < len(own)]
    if any(found < other for found in inner for other in inner) or _joined_again(graph, join):
        return False  # taps of a chain that grows; a sum or product behind the join
    by_way = [{str(graph.nodes[name]["label"]) for name in way} for way in own]
    labels = set[str]().union(*by_way)
    if any("d" in label.partition(":")[2] for label in labels if label.startswith("conv")):
        return False  # of different rates: a pyramid of dilations
    kinds = {frozenset(label for label in way if label.startswith(("conv", "pool", "sep", "dw"))) for way in by_way}
    return len(kinds) > 1 and any(label.startswith(("conv", "sep")) for way in kinds for label in way)


def _joined_again(graph: nx.DiGraph[str], join: str) -> bool:
    return any(graph.in_degree(name) > 1 for name in nx.descendants(graph, join))


def _content_words(labels: Counter[str], count: int) -> str:
    if labels["attn"] or labels["rnn"]:
        spatial = sum(labels[name] for name in ("conv", "dw", "sep", "tconv"))
        parts = [word for label, word in (("attn", "attention"), ("rnn", "recurrent")) if labels[label]]
        parts += [_counted(spatial, "convolution")] if spatial else []
        parts += [f"{labels['dense']} dense"] if labels["dense"] else []
        return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
    if labels["dense"] and labels["dense"] == count:
        return f"{count} dense layers" if count > 1 else "dense layer"
    if count:
        words = _counted(count - labels["dense"], "convolution")
        return f"{words} and {labels['dense']} dense" if labels["dense"] else words
    return "pooling" if labels["pool"] or labels["gap"] else ""


def _counted(count: int, word: str) -> str:
    return f"{count} {word}{'s' if count > 1 else ''}"


def _other_words(body: LayerGraph) -> str:
    """What is left to say of a body of layers that no family knows: their class, where all with weights share it."""
    classes = [node.op for node in leaves(body) if node.layer.params != 0]
    if not classes:
        return "no weights"
    return f"{len(classes)} {classes[0]} layers" if len(set(classes)) == 1 and len(classes) > 1 else "other layers"


def _embeds(body: LayerGraph) -> bool:
    return any(family(node.op) == "embed" for node in leaves(body))
