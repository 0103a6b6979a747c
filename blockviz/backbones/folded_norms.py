"""A network with its batch norms folded into the convolutions before them, as exporters for inference leave it."""

from __future__ import annotations

from blockviz.ir import Layer, LayerGraph, Node
from blockviz.ops.families import family
from blockviz.runtime.records import replace


def with_norms_folded(graph: LayerGraph, *, biased: bool = True) -> LayerGraph:
    """The graph without each batch norm that alone reads a convolution; the convolution then has a bias.

    A factor of a residual sum goes into the convolution before it, too. Linear in the calls. ``graph`` has no blocks
    and calls no layer twice. ``biased``: some exporters leave biases of zero out, so that no convolution or dense
    layer of an untrained network has one.
    """
    folded = {name: source for name in graph if (source := _folds_into(graph, name)) is not None}
    changed = set(folded.values())
    out = LayerGraph(**graph.graph)
    for name in graph:
        item = graph.item(name)
        if name in folded or not isinstance(item, Node):
            continue
        if name in changed or (not biased and family(item.op) in ("conv", "dense")):
            item = replace(item, layer=_with_bias(item.layer, biased))
        elif item.op == "CustomScaleLayer" and _scales_conv(graph, name):
            item = replace(item, layer=Layer(item.layer.name, "Add", module="keras.layers"))
        out.add_item(item, [(to, folded.get(source, source), place) for to, source, place in graph.operand_list(name)])
    out.graph["exits"] = tuple((folded.get(name, name), place) for name, place in graph.exits)
    return out


def _folds_into(graph: LayerGraph, name: str) -> str | None:
    """The convolution that a batch norm is folded into; None for any other call."""
    item = graph.item(name)
    if not isinstance(item, Node) or item.op != "BatchNormalization":
        return None
    (_, source, _), *_ = graph.operand_list(name)
    before = graph.item(source)
    if not isinstance(before, Node) or family(before.op) != "conv" or len(graph.edges_from(source)) > 1:
        return None
    return None if source in graph.exit_names else source


def _scales_conv(graph: LayerGraph, name: str) -> bool:
    """Whether the second operand of a scaled sum, the scaled one, is a convolution that nothing else reads."""
    *_, (_, source, _) = graph.operand_list(name)
    before = graph.item(source)
    return isinstance(before, Node) and family(before.op) == "conv" and len(graph.edges_from(source)) == 1


def _with_bias(layer: Layer, biased: bool) -> Layer:
    return replace(layer, config={**layer.config, "use_bias": biased})
