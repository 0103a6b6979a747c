"""What a node costs, from its configuration alone."""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache
from math import prod

from blockviz.costs.macs import macs
from blockviz.costs.params import ATTENTION, count_params, is_operation, stored_params
from blockviz.costs.receptive_field import receptive_field
from blockviz.ir import UNKNOWN, Layer, Node
from blockviz.ops.registry import LAYERS
from blockviz.runtime.records import dataclass

__all__ = [
    "ATTENTION",
    "LAYER_CLASSES",
    "WITH_WEIGHTS",
    "Cost",
    "activations",
    "cost_of",
    "count_params",
    "is_operation",
    "macs",
    "receptive_field",
    "stored_params",
]

#: Keras' own layer classes whose weights are known.
LAYER_CLASSES = frozenset(name for name, row in LAYERS.items() if row.weights != "unknown")
#: Those of them that have weights once they are built.
WITH_WEIGHTS = frozenset(name for name in LAYER_CLASSES if LAYERS[name].weights != "none")


@dataclass(frozen=True, slots=True)
class Cost:
    """Costs of a set of calls, for one example (batch 1).

    params : parameters, each layer once; trainable : of these, trained; frozen = params - trainable.
    macs : multiply-adds of convolution and matrix parts.
    activations : elements of all output tensors; activation_bytes : in the types that they have.
    weight_bytes : of the parameters, in the types in which they are stored.
    unknown : number of calls whose cost nobody knows.
    bounds : which of ``params``, ``macs`` and ``activations`` are lower bounds ("at least") for that reason.
    """

    params: int = 0
    trainable: int = 0
    macs: int = 0
    activations: int = 0
    unknown: int = 0
    bounds: frozenset[str] = frozenset()
    weight_bytes: int = 0
    activation_bytes: int = 0

    @property
    def frozen(self) -> int:
        """Parameters that training leaves as they are."""
        return self.params - self.trainable


def activations(node: Node) -> int:
    """Elements of the call's output tensors for one example; a size that is not known counts as 1, a shape as nothing.

    The sum over a network is the memory that training has to keep (Chen et al., "Training Deep Nets with
    Sublinear Memory Cost", 2016), where no output is recomputed or overwritten in place.
    """
    return (node.rows[1] or 1) * sum(
        prod(1 if size is None else size for size in shape[1:]) for shape in node.outputs if shape != UNKNOWN
    )


def cost_of(nodes: Iterable[Node]) -> Cost:
    """Sum of the calls' costs; a layer called several times counts its parameters once."""
    layers: dict[str, Layer] = {}
    bounds: set[str] = set()
    multiplied = elements = taken = unknown = 0
    for node in nodes:
        layers[node.layer.name] = node.layer
        count = macs(node)
        size, is_open = _outputs(node)
        multiplied += count or 0
        elements += size
        taken += size * node.item_bytes
        missing = {
            key
            for key, known in (("params", node.layer.params), ("macs", count), ("activations", None if is_open else 0))
            if known is None
        }
        bounds |= missing
        unknown += bool(missing)
    return Cost(
        params=sum(layer.params or 0 for layer in layers.values()),
        trainable=sum(layer.trainable_params for layer in layers.values()),
        macs=multiplied,
        activations=elements,
        unknown=unknown,
        bounds=frozenset(bounds),
        weight_bytes=sum(layer.weight_bytes or 0 for layer in layers.values()),
        activation_bytes=taken,
    )


@lru_cache(maxsize=1 << 17)  # of a call, of its block and of the model
def _outputs(node: Node) -> tuple[int, bool]:
    """Elements of the call's outputs, and whether one of their sizes is not known."""
    return activations(node), _is_open(node)


def _is_open(node: Node) -> bool:
    open_ = any(shape == UNKNOWN or None in shape[1:] for shape in node.outputs)
    return open_ or node.rows[1] is None or not node.outputs
