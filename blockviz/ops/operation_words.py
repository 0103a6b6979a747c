"""What an operation is called where a reader meets it."""

from __future__ import annotations

from blockviz.ops.registry import OPERATIONS


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
