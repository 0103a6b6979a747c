"""The graph that everything works on; see `blockviz.ir.graph`."""

from blockviz.ir.folding import Fold, contract, expand
from blockviz.ir.graph import (
    Block,
    BlockGraph,
    BlockType,
    Item,
    Layer,
    LayerGraph,
    Node,
    Operands,
    Port,
    Scope,
    Shape,
    blocks_in,
    is_shared,
    item_leaves,
    layers_of,
    leaves,
    letters_of,
)
from blockviz.ir.verification import Expected, verify

__all__ = [
    "Block",
    "BlockGraph",
    "BlockType",
    "Expected",
    "Fold",
    "Item",
    "Layer",
    "LayerGraph",
    "Node",
    "Operands",
    "Port",
    "Scope",
    "Shape",
    "blocks_in",
    "contract",
    "expand",
    "is_shared",
    "item_leaves",
    "layers_of",
    "leaves",
    "letters_of",
    "verify",
]
