"""What an operation is called where a reader meets it."""

from __future__ import annotations

from blockviz.ops.registry import OPERATIONS

_ACTIVATIONS = {
    "relu": "ReLU", "relu6": "ReLU6", "silu": "swish", "gelu": "GELU", "elu": "ELU", "selu": "SELU", "prelu": "PReLU",
    "leaky_relu": "leaky ReLU", "hard_silu": "h-swish", "hard_sigmoid": "h-sigmoid", "log_softmax": "log-softmax",
    "linear": "linear", "gelu_approximate": "GELU", "mish": "Mish",
}  # fmt: skip


def activation_word(name: str) -> str:
    """An activation's name as papers write it."""
    capped = name.removeprefix("relu")
    if capped != name and capped.replace(".", "").isdecimal():
        return f"ReLU{capped}"
    return _ACTIVATIONS.get(name, name.replace("_", " "))


def operation_word(op: str) -> str:
    """The registry's words for a class, else its name as lower-case words: ``RandomFlip`` → ``random flip``."""
    if op in OPERATIONS and OPERATIONS[op].label:
        return OPERATIONS[op].label
    out = ""
    for i, char in enumerate(op):
        if char.isupper() and i and (not op[i - 1].isupper() or (i + 1 < len(op) and op[i + 1].islower())):
            out += " "
        out += char
    words = [word if word.isupper() and len(word) > 1 else word.lower() for word in out.replace("_", " ").split()]
    return " ".join(words)
