"""What brings the places of a tensor together in a body: the part that layers of most fields are named after."""

from __future__ import annotations

from blockviz.ir import Composite, Idiom, Item, LayerGraph
from blockviz.ops.families import family
from blockviz.structure.call_labels import label_of

_MIXERS = {
    "rnn": "recurrence", "convlstm": "recurrence", "scan": "recurrence", "fft": "fourier", "fourier": "fourier",
    "dot": "product", "knn": "neighbours", "sampled": "neighbours", "edgeconv": "neighbours", "graphconv": "neighbours",
    "gap": "pooling",
    "dw": "convolution", "conv": "convolution", "sep": "convolution", "tconv": "convolution", "deform": "convolution",
}  # fmt: skip
_AT_A_PLACE, _CONVOLUTIONS = "convolution at a place", frozenset({"convolution", "convolution at a place"})
_UNKNOWN = "?"


def mix_otherwise(one: LayerGraph, other: LayerGraph) -> bool:
    """Whether two bodies have nothing in common by which they mix the places of what they read, and one has something.

    Convolutions are alike whatever their windows, unless it is something else that mixes. A class of which nothing is
    known may do what any does, unless both have it: then it stands in no place of the other's attention.
    """
    ours, theirs = mixers(one), mixers(other)
    if ours == theirs or any(kind.startswith(_UNKNOWN) for kind in ours ^ theirs):
        return False
    ours, theirs = (frozenset(kind for kind in kinds if not kind.startswith(_UNKNOWN)) for kinds in (ours, theirs))
    if (ours | theirs) <= _CONVOLUTIONS:
        return not (ours and theirs)
    return not (ours & theirs) - {_AT_A_PLACE} and bool((ours | theirs) - {_AT_A_PLACE})


def mixers(body: LayerGraph) -> frozenset[str]:
    """The kinds of what mixes places in a body."""
    found = set[str]()
    for item in body.items():
        found |= _mixers_of(item)
    return frozenset(found)


def _mixers_of(item: Item) -> frozenset[str]:
    if isinstance(item, Idiom) and "heads" in item.attributes:
        return frozenset(["attention"])
    if isinstance(item, Composite):
        return mixers(item.body)
    label = label_of(item)
    if label is None:
        unknown = family(item.op) == "other" and item.layer.params != 0
        return frozenset([_UNKNOWN + item.op] if unknown else [])
    word, _, shape = label.partition(":")
    if word == "conv" and set(shape.rstrip("dg").split("x")) == {"1"}:
        return frozenset([_AT_A_PLACE])
    kind = "attention" if word.endswith("attn") else _MIXERS.get(word)
    return frozenset([kind] if kind else [])
