"""The common part of the names of a block's layers, where the author gave them: ``enc_block3_fuse_conv`` …"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from blockviz.ir import LayerGraph, Node, leaves
from blockviz.ops.registry import OPERATIONS

_SHORTEST = 3  # letters of a word that says something
#: Words that name a kind of layer or a part of any network: they tell no block from another.
_COMMON_WORDS = """
block blocks layer layers module modules stage stages unit units cell group level branch part net network model
functional sequential input output features feature main base path op ops function lambda tf keras math nn conv
convolution conv1d conv2d conv3d separable depthwise pointwise transpose dense fc linear project projection expand
reduce kernel norm normalization batch bn ln relu gelu swish silu act activation sigmoid tanh softmax add concat
concatenate concatenation multiply mul subtract pool pooling max avg average global flatten reshape permute
dropout drop pad padding zero up down sampling upsampling resize embedding embeddings weights bias res residual
shortcut skip identity tensor last first left right pre post new old x y z
"""
_COMMON = frozenset(_COMMON_WORDS.split())
#: Classes and functions in small letters: a layer may be called by the class that it has, or had in another library.
_CLASSES = frozenset([name.lower() for name in OPERATIONS])
_COMPOUND = frozenset([name.lower() for name in OPERATIONS if re.search(r"[a-z][A-Z]", name)])
#: What a network has one of, or two: of more copies each is a part.
_WHOLES = frozenset(["encoder", "decoder", "generator", "discriminator", "backbone", "trunk", "neck"])
_ANY_MODEL = frozenset(["functional", "sequential", "model", "net", "network", "layer", "module", "block", "main"])


def layer_word(bodies: Sequence[LayerGraph]) -> str:
    """The words that the names of all layers of all copies share, as a name; empty where they share none.

    Numbers are left out, and the names of nested models around them, of which this is but a part. A word that any
    network's layers may have (``conv``, ``block``) says nothing alone.
    """
    shared: list[str] | None = None
    for body in bodies:
        for node in named_by_hand(body):
            words = [] if is_given(node) else list(_words(own_name(node)))
            shared = words if shared is None else [word for word in shared if word in words]
            if not shared:
                return ""
    if not shared or all(word in _COMMON | _COMPOUND or len(word) < _SHORTEST for word in shared):
        return ""
    while shared[-1] in _COMMON and len(shared) > 1:
        shared.pop()
    part = shared[-1] in _WHOLES and len(bodies) > 2  # two may be those of two streams
    return _spelled([*shared, "block"] if part else shared)


def name_by_hand(name: str) -> str:
    """A nested model's name as a name for its block; empty where Keras gave it, or where any model may have it."""
    words = list(_words(name))
    if all(word in _ANY_MODEL or len(word) < _SHORTEST for word in words):
        return ""
    return _spelled(words if any(word not in _COMMON for word in words) else [*words, "model"])


#: Abbreviations of the field, which are written in capitals wherever they stand.
_CAPITALS = frozenset(
    ["aspp", "cbam", "cnn", "ffn", "fpn", "gan", "gcn", "gnn", "gru", "lstm", "mlp", "rnn", "rpn", "se", "vae", "vgg"]
)


def _spelled(words: Sequence[str]) -> str:
    spoken = " ".join(word.upper() if word in _CAPITALS else word for word in words)
    return spoken[:1].upper() + spoken[1:]


def named_by_hand(body: LayerGraph) -> Iterator[Node]:
    """The calls with weights whose names are not those that Keras gives by itself."""
    return (node for node in leaves(body) if node.layer.params or not is_given(node))


def own_name(node: Node) -> str:
    """The name of a layer without that of the nested model around it."""
    return node.layer.name.removeprefix(f"{node.scope[-1]}/" if node.scope else "")


def is_given(node: Node) -> bool:
    """Whether a name is that of a class with a number, as Keras gives it, or of what the call was in another file."""
    plain = re.sub(r"[\d_]+$", "", node.layer.name.rpartition("/")[2])
    return plain.replace("_", "").lower() in _CLASSES | {node.op.lower()}


def _words(name: str) -> Iterator[str]:
    """The words of a layer's name in order, each once, numbers apart."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name)
    words = (re.sub(r"\d+[a-z]?$|^\d+", "", word.lower()) for word in re.split(r"[\W_]+", spaced))
    return iter(dict.fromkeys(word for word in words if word and word.isalpha()))
