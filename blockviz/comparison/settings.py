"""In which settings two calls differ: ``kernel 3→5``, ``width 64→128``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

from blockviz.ir import Node
from blockviz.ops.families import IGNORED, activation_name, activation_of, family, merge_name
from blockviz.ops.operation_words import activation_word
from blockviz.quoting import abridged
from blockviz.structure.canonical_form import short_name

Edit: TypeAlias = tuple[str, str, str]  # what, its old value, its new value; a call that is new has no old value

_WORDS = {
    "kernel_size": "kernel", "pool_size": "window", "strides": "stride", "dilation_rate": "dilation",
    "filters": "width", "units": "width", "num_heads": "heads", "key_dim": "key width",
    "input_dim": "vocabulary", "output_dim": "width", "depth_multiplier": "depth multiplier",
}  # fmt: skip
_LONGEST = 40


def setting_edits(one: Node, other: Node) -> Iterator[Edit]:
    """The settings in which two calls of one family differ; of two classes, only the names of the classes."""
    kind = family(one.op)
    if kind == "act" or family(other.op) == "act":
        before, after = activation_of(one), activation_of(other)
        if before != after:
            yield "activation", activation_word(before), activation_word(after)
            return
    if merge_name(one.op) != merge_name(other.op) and one.op != other.op:
        yield "", short_name(one), short_name(other)
        return
    for key in dict.fromkeys([*one.config, *other.config]):
        if key in IGNORED or one.config.get(key) == other.config.get(key):
            continue
        if key == "use_bias":
            yield ("with" if other.config.get(key) else "no"), "", "bias"
            continue
        before, after = _texts(key, one.config.get(key), other.config.get(key))
        yield _WORDS.get(key, key.replace("_", " ")), before, after
    if dict(one.args) != dict(other.args):
        yield from _argument_edits(one.args, other.args)


def _argument_edits(one: Mapping[str, Any], other: Mapping[str, Any]) -> Iterator[Edit]:
    for key in dict.fromkeys([*one, *other]):
        if one.get(key) != other.get(key):
            yield key.replace("_", " "), *_texts(key, one.get(key), other.get(key))


def _texts(key: str, before: Any, after: Any) -> tuple[str, str]:
    """Two values as text; numbers in as many figures as it takes to tell them apart."""
    if isinstance(before, float) and isinstance(after, float):
        figures = next((n for n in (3, 6, 17) if f"{before:.{n}g}" != f"{after:.{n}g}"), 17)
        return f"{before:.{figures}g}", f"{after:.{figures}g}"
    return _text(key, before), _text(key, after)


def _text(key: str, value: Any) -> str:
    """A setting as prose has it: ``3`` for 3×3, ``1×7``, yes, none, ReLU."""
    if key == "activation":
        return activation_word(activation_name(value))
    if isinstance(value, bool):
        return "yes" if value else "no"
    if value is None:
        return "none"
    if isinstance(value, list | tuple) and value and all(isinstance(size, int) for size in value):
        square = key in _WORDS and len(set(value)) == 1
        return str(value[0]) if square else "×".join(map(str, value))
    if isinstance(value, Mapping) and "class_name" in value:
        value = value["class_name"]
    return f"{value:g}" if isinstance(value, float) else abridged(str(value), _LONGEST)
