"""What one call is in a skeleton: what convolves, multiplies, attends, pools or joins has a label."""

from __future__ import annotations

import re

from blockviz.ir import Node
from blockviz.ops.families import SEPARABLE, family, is_depthwise, merge_name, pools_globally
from blockviz.ops.per_step import per_step
from blockviz.structure.marks import is_dilated, numbers, only_scales

_MERGE_LABELS = {
    "Add": "add", "Concatenate": "concat", "Multiply": "mul", "Average": "mean", "Subtract": "sub", "Dot": "dot",
}  # fmt: skip


def label_of(node: Node) -> str | None:
    """Skeleton label of a call: ``conv:3x3``, ``dw``, ``add`` …; None for what is left out."""
    if (called := per_step(node)) is not None:
        return label_of(called)
    kind = family(node.op)
    if kind == "conv":
        kernel = node.config.get("kernel_size")
        sizes = kernel if isinstance(kernel, list | tuple) else [kernel]
        shape = "x".join(map(str, sizes if len(sizes) > 1 else [*sizes]))
        if is_depthwise(node):
            return None if only_scales(node) else "dw"
        if "Transpose" in node.op:
            return f"tconv:{shape}"
        name = "sep" if node.op in SEPARABLE else "conv"
        dilated = "d" if is_dilated(node) else ""
        grouped = "g" if (node.config.get("groups") or 1) > 1 else ""
        return f"{name}:{shape}{dilated}{grouped}"
    if kind == "merge":
        return _MERGE_LABELS.get(merge_name(node.op), merge_name(node.op).lower())
    if kind == "pool":
        return "pool:max" if "Max" in node.op else "pool:avg"
    if pools_globally(node):
        return "gap"
    if node.op in ("FFT", "FFT2", "RFFT", "RFFT2"):
        return "fft"
    if kind == "attention" and node.args.get("use_causal_mask"):
        return "cattn"
    if kind == "attention" and _is_axial(node):
        return "axattn"
    if node.op.startswith("ConvLSTM"):
        return "convlstm"
    if kind == "other" and (own := _named_after(node)) is not None:
        return own
    simple = {"dense": "dense", "attention": "attn", "recurrent": "rnn", "resize": "up"}
    return simple.get(kind)


#: What a class of an author's own, or of a package, is, by what its name holds; the first that fits.
_CLASSES = tuple([(re.compile(wanted), label) for wanted, label in (
    (r"Window\w*Attention$", "wattn"),
    (r"(Causal|Masked)\w*Attention$", "cattn"),
    (r"(Grouped?Query|MultiQuery)\w*Attention$", "mattn"),
    (r"(Linear|Performer)\w*Attention$", "linattn"),
    (r"Graph\w*Attention|^GAT(?![a-z])", "gattn"),
    (r"EfficientChannelAttention|^ECA(?![a-z])", "eca"),
    (r"Coord(inate)?Att", "coord"),
    (r"CBAM|ConvBlockAttention", "cbam"),
    (r"ChannelAtt\w*$", "chgate"),
    (r"SpatialAttention$", "spgate"),
    (r"Attention\w*Pool|AttPool", "attnpool"),
    (r"AttentionGate|AttGate", "attgate"),
    (r"Attention$|^AutoCorrelation", "attn"),
    (r"Fourier\w*(Transform|Mixing|Mixer)$", "fft"),
    (r"SpectralConv|FourierLayer", "fourier"),
    (r"Scan$|^(SSM|S6|SelectiveSSM)$", "scan"),
    (r"KNN|KNearest|NearestNeighbou?rs|EdgeFeatures?$", "knn"),
    (r"Sample(And)?Group|BallQuery|^Grouping", "sampled"),
    (r"SqueezeE|SqueezeAndE|^SE(Block|Layer|Module|Unit)?$", "squeeze"),
    (r"Deform\w*Conv|^DCN(v\d)?$", "deform"),
    (r"AdaIN|AdaptiveInstanceNorm", "adain"),
    (r"^SPADE", "spade"),
    (r"MoE|MixtureOfExperts", "moe"),
    (r"GRUGat", "grucell"),
    (r"EdgeConv", "edgeconv"),
    (r"Inv(ertible)?_?(1x1|Conv)", "conv:1x1"),
    (r"Mod(ulated)?Conv|Conv\w*(Mod|Modulated)$", "modconv"),
    (r"Weighted(Add|Sum|Fusion)|FastNormali[sz]edFusion|^WAdd", "fusion"),
    (r"^(GCN|GraphConv(olution)?)(Conv|Layer)?$", "graphconv"),
)])  # fmt: skip


def _named_after(node: Node) -> str | None:
    """The label of a class of the author's own, or of a package, that is named after what it is made from."""
    found = next((label for wanted, label in _CLASSES if wanted.search(node.op)), None)
    if found is None and re.search(r"Conv(\dD|Layer)$", node.op) and node.inputs:
        plain = not re.search("Graph|Transpose|Edge|Block", node.op)
        return f"conv:{'x'.join(['None'] * max(1, len(node.inputs[0]) - 2))}" if plain else None
    return found


def _is_axial(node: Node) -> bool:
    """Whether attention goes along some of the axes between batch and channels, not along all."""
    axes = numbers(node.config.get("attention_axes"))
    return bool(axes) and bool(node.inputs) and len(set(axes)) < len(node.inputs[0]) - 2
