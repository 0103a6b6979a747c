"""What the builder accepts: classes of the registry, and the names of activations."""

from __future__ import annotations

from blockviz.ops.registry import FUNCTIONS, OPERATIONS

_MERGING = """Add Multiply Subtract Maximum Minimum Average Divide Power FloorDivide Mod Equal NotEqual Greater
    GreaterEqual Less LessEqual LogicalAnd LogicalOr LogicalXor Arctan2"""
#: What two tensors, or a tensor and a constant, become element by element.
MERGES = OPERATIONS.keys() & _MERGING.split()
#: What makes one number of many, along axes.
REDUCTIONS = frozenset(name for name, row in FUNCTIONS.items() if row.shape == "reduction")
#: What keeps the order of axes of what it reads.
ELEMENTWISE = frozenset(name for name, row in FUNCTIONS.items() if row.shape in ("elementwise", "same", "pad"))
_ACTIVATING = """relu relu6 leaky_relu prelu elu selu celu gelu silu hard_silu hard_sigmoid sigmoid tanh softplus
    softsign mish log_softmax log_sigmoid quick_gelu hard_tanh squareplus threshold linear exponential hard_shrink
    soft_shrink tanh_shrink"""
#: Activations by the names of Keras, and those that other frameworks have besides.
ACTIVATIONS = frozenset(_ACTIVATING.split())
#: What joins the bodies of a branch or a loop: one of two ways, back to the start, on to the next slice.
CONTROL = frozenset({"If", "Loop", "Scan"})
#: Recurrent layers, and how many gates their cells have.
RECURRENT = {"LSTM": 4, "GRU": 3, "SimpleRNN": 1}


class VocabularyError(ValueError):
    """A reader spoke of an operation, or gave a setting, that the vocabulary doesn't know."""


#: First parts of the modules whose classes are Keras' own; files of old versions say none.
FRAMEWORKS = frozenset({"", "keras", "tensorflow", "tf_keras", "builtins"})


def from_framework(module: str) -> bool:
    """Whether a class of this module is Keras' own, so that its name says what it does."""
    return module.partition(".")[0] in FRAMEWORKS


def knows(op: str) -> bool:
    """Whether the vocabulary has an operation of this name."""
    return op in OPERATIONS
