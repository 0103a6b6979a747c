"""Names of a model's inputs and outputs as a figure says them: none that no one gave, none with a word twice."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping, Sequence

from blockviz.ir import item_leaves
from blockviz.outline.model import Outline, Part
from blockviz.text.snake_case import snake_case

_MODELS = frozenset({"sequential", "functional", "model", "keras_tensor", "input_layer"})


def input_words(outline: Outline) -> Mapping[str, str]:
    """Input → words for it, where the model has several."""
    names = [name for part in outline.parts for name in _entrances(part)]
    return end_words(names, "input", ()) if len(names) > 1 else {}


def _entrances(part: Part) -> Iterator[str]:
    if part.kind == "input":
        yield from (node.layer.name for node in item_leaves(part.item))
    yield from part.entrances


def output_words(outline: Outline) -> Mapping[str, str]:
    """Output → words for it, for those that boxes must name."""
    givers = [part for part in outline.parts if part.outputs]
    ops = {snake_case(node.op) for part in givers for node in item_leaves(part.item)}
    return end_words([name for part in givers for name in part.outputs], "output", ops)


def end_words(names: Sequence[str], kind: str, kinds: Collection[str]) -> Mapping[str, str]:
    """Name → words for it behind ``input`` or ``output`` (``kind``): ``image_input`` → ``image``.

    A name that Keras gave for want of another (``input_layer_1``; ``dense_3``, where ``kinds`` has ``dense``) is the
    number of the end among the others, which a single one does not need. Where two names would have the same words,
    all stay as they are.
    """
    words = {}
    for number, name in enumerate(names, 1):
        stem = re.sub(r"_?\d+$", "", name)
        nameless = stem in _MODELS or stem in (kind, f"{kind}s") or stem in kinds
        words[name] = (str(number) if len(names) > 1 else "") if nameless else _without(name, kind)
    return words if len(set(words.values())) == len(names) else {name: name for name in names}


def _without(name: str, kind: str) -> str:
    """A name in words, without the one that stands before it."""
    words = [word for word in re.split(r"[-_\s]+", name) if word]
    kept = [word for word in words if word.lower() not in (kind, f"{kind}s")]
    return " ".join(kept or words) or name
