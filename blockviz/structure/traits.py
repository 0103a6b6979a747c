"""What a pattern may ask of a block, or of all copies of it, beside its steps."""

from __future__ import annotations

from collections.abc import Iterable

from blockviz.ir import LayerGraph, Node, leaves
from blockviz.ops.families import family
from blockviz.structure.skeleton import skeleton

_MAP = 4  # axes of a batch of feature maps


def traits_of(body: LayerGraph) -> frozenset[str]:
    """``attends``, ``batch_norm``, ``instance_norm``, ``causal``, ``shuffled``, ``reads_means``: what a copy has.

    ``tokens`` : a row of tokens is turned into a map, and that back.
    """
    batch = any(node.op == "BatchNormalization" for node in leaves(body))
    found = {"causal": is_causal(body), "batch_norm": batch, "instance_norm": any(map(_norms_each, leaves(body)))}
    found["shuffled"] = any(node.op.endswith("ChannelShuffle") for node in leaves(body))
    steps = [(str(step["label"]), step.get("marks", ())) for _, step in skeleton(body).nodes(data=True)]
    found["tokens"] = _is_of_tokens(body)
    found["reads_means"] = any("reduced" in marks for label, marks in steps if label == "in")
    found["attends"] = any(label == "dot" or label.endswith("attn") for label, _ in steps)
    return frozenset(trait for trait, there in found.items() if there)


def _is_of_tokens(body: LayerGraph) -> bool:
    """Whether a copy reads and gives sequences, and convolves over two axes."""
    outer = [body.input_shape(ports[0]) for ports in body.entries if ports]
    outer += [body.item(name).outputs[out] for name, out in body.exits]
    maps = any(family(node.op) == "conv" and len(node.inputs[0]) == _MAP for node in leaves(body) if node.inputs)
    return maps and bool(outer) and all(len(shape) == _MAP - 1 for shape in outer)


def _norms_each(node: Node) -> bool:
    """Whether a call normalises each channel of each example by itself."""
    channels = node.outputs[0][-1] if node.outputs and node.outputs[0] else None
    return node.op == "InstanceNormalization" or (
        node.op == "GroupNormalization" and node.config.get("groups") in (-1, channels)
    )


def traits_of_all(forms: Iterable[LayerGraph], bodies: Iterable[LayerGraph]) -> frozenset[str]:
    """``sumless``: a copy gives what it reads in shape, and neither it nor another adds anything.

    forms : a copy of each form.
    """
    labels = [{str(label) for _, label in skeleton(body).nodes("label")} for body in forms]
    if any(found & {"add", "join", "blocks"} for found in labels):
        return frozenset()
    return frozenset(["sumless"] if any(_keeps_shape(body) for body in bodies) else [])


def _keeps_shape(body: LayerGraph) -> bool:
    weighty = [node for node in leaves(body) if family(node.op) in ("conv", "dense") and node.inputs and node.outputs]
    return bool(weighty) and weighty[0].inputs[0] == weighty[-1].outputs[0]


def is_causal(body: LayerGraph) -> bool:
    """Whether a convolution sees no later step: by its padding, or by zeros in front only."""
    return any(
        node.config.get("padding") == "causal"
        or (family(node.op) == "pad" and len(node.inputs[0]) == 3 and node.config.get("padding") != [1, 1])
        for node in leaves(body)
    )
