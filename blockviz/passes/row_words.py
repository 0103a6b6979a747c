"""A block that is a row of layers each of which has a word: ``Pooling, bidirectional LSTM and attention``."""

from __future__ import annotations

from itertools import groupby

from blockviz.ir import LayerGraph, Occurrence, leaves
from blockviz.ops.families import family
from blockviz.structure.idiom_steps import with_idioms
from blockviz.structure.relaxed_blocks import ADDITIONS
from blockviz.structure.series_steps import Step, step_lines
from blockviz.structure.skeleton import skeleton

_MOST = 4  # words that a reader is told
_WORDS = {
    "conv": "convolution", "dw": "depthwise convolution", "sep": "separable convolution",
    "tconv": "transposed convolution", "convlstm": "ConvLSTM", "dense": "dense layer", "embed": "embedding",
}  # fmt: skip
_WEIGHTLESS = {
    "pool": "pooling", "gap": "global pooling", "up": "upsampling", "attnpool": "attention pooling",
    "add": "sum", "mul": "product", "concat": "concatenation",
}  # fmt: skip


def row_words(body: LayerGraph, idioms: tuple[Occurrence, ...]) -> str:
    """The words of the layers of a body in a row; empty where one has none, or where they are too many.

    A merge with a tensor from elsewhere is a step of the row; one of ways that fork in the body is none.
    """
    plain = skeleton(body)
    graph = with_idioms(plain, body, idioms) or plain
    for line in step_lines(graph):
        words = [word for word, _ in groupby(_word(step, body) for step in line)]
        if all(words) and 1 < len(words) <= _MOST and not _ends_elsewhere(line) and _weighs(words):
            said = f"{', '.join(words[:-1])} and {words[-1]}"
            return said[:1].upper() + said[1:]
    return ""


def _word(step: Step, body: LayerGraph) -> str:
    kind = step.label.partition(":")[0]
    if step.ways or (step.beside and kind in _WORDS):
        return ""
    if kind == "rnn":
        return _recurrent(body)
    if kind.endswith("attn"):
        return "attention"
    return _WORDS.get(kind) or _WEIGHTLESS.get(kind) or ADDITIONS.get(kind, "")


def _recurrent(body: LayerGraph) -> str:
    """What the recurrent layers of a body are, where all are the same."""
    nodes = [node for node in leaves(body) if family(node.op) == "recurrent"]
    kinds = {(node.op == "Bidirectional", _cell(node.op, node.config)) for node in nodes}
    if len(kinds) != 1:
        return "recurrent layer"
    both, cell = kinds.pop()
    return f"{'bidirectional ' if both else ''}{cell or 'recurrent layer'}"


def _cell(op: str, config: object) -> str:
    inner = config.get("layer") if op == "Bidirectional" and isinstance(config, dict) else None
    name = str(inner.get("class_name", "")) if isinstance(inner, dict) else op
    return name if name in ("LSTM", "GRU") else ""


def _ends_elsewhere(line: tuple[Step, ...]) -> bool:
    return any("taps" in step.marks for step in line)


def _weighs(words: list[str]) -> bool:
    return any(word not in _WEIGHTLESS.values() for word in words)
