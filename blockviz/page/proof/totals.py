"""The title and the line of totals against the model."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from itertools import permutations

from blockviz.costs.cost import cost_of
from blockviz.ir import LayerGraph, layers_of, leaves, letters_of
from blockviz.page.proof.facts import number_says, polynomial_says
from blockviz.page.proof.reading import Reading, text_of

_NAMED = 2  # classes that a total names
_TOTAL = re.compile(
    r"([≥?\d][\d., ]*(?: ?[kMGT])?) (parameters|trainable|multiply-adds|layers|depth)(?: for .*| \+ (\D+?)(?: \d.*)?)?"
)


def totals_faults(reading: Reading, graph: LayerGraph, source: LayerGraph) -> Iterator[str]:
    """Numbers of the title and the foot that are not the model's."""
    nodes = list(leaves(source))
    layers, cost = layers_of(nodes), cost_of(nodes)
    bound, polynomial = "params" in cost.bounds, source.graph.get("open_macs", {})
    wanted = {
        "parameters": (cost.params, bound),
        "trainable": (cost.trainable, False),
        "multiply-adds": (cost.macs, False),
        "layers": (len(layers), False),
        "depth": (sum(bool(layer.params) for layer in layers.values()), False),
    }
    unknown = {_letters(node.op.rpartition(">")[2]) for node in nodes if node.layer.params is None}
    for words in reading.loose:
        label, _, apart = text_of(words).partition(" + ")
        if label in wanted:
            over = [w for w in reading.loose if abs(w.x - words.x) < 0.5 and w.size > words.size]
            above = [w for w in over if 0 < words.y - w.y < 4 * words.size]
            number = max(above, key=lambda w: w.size, default=None)
            value, is_bound = wanted[label]
            is_bound &= not _are_named(apart, unknown)
            if number is not None and polynomial and label == "multiply-adds":
                if not polynomial_says(text_of(number), polynomial):
                    yield f"the page says {text_of(number)} {label}, and there are {polynomial}"
            elif number is not None and not number_says(text_of(number), value, is_bound):
                yield f"the page says {text_of(number)} {label}, and there are {value}"
    for piece in [piece for text in reading.notes for piece in text.split(" · ")]:
        told = _TOTAL.fullmatch(piece)
        letters = re.fullmatch(r"(.+) multiply-adds(?: for .*)?", piece) if polynomial else None
        if letters and not polynomial_says(letters[1], polynomial):
            yield f"the page says {piece}, and there are {polynomial}"
        elif letters:
            continue
        value, is_bound = wanted[told[2]] if told else (0, False)
        if told and not number_says(told[1], value, is_bound and not _are_named(told[3], unknown)):
            yield f"the page says {piece}, and there are {value}"
    for text in reading.texts:
        found = re.search(r"([\d ,]+) layers? as ([\d ,]+) box(?:es)?(?: and ([\d ,]+) block types?)?", text)
        if found:
            numbers = [int(re.sub(r"\D", "", part or "0") or 0) for part in found.groups()]
            truth = [len(layers), len(graph), len(letters_of(graph))]
            if numbers != truth:
                yield f"the title says {numbers} layers, boxes and block types, and there are {truth}"


def _are_named(apart: str | None, unknown: Collection[str]) -> bool:
    """Whether words behind a number name all that it doesn't count: of many classes a figure names none.

    A model's own name may look like such words, and the orders of many classes are beyond counting.
    """
    few = bool(apart) and len(unknown) <= _NAMED
    return few and _letters(apart or "") in map("and".join, permutations(unknown))


def _letters(words: str) -> str:
    return re.sub(r"[^a-z0-9]", "", words.lower())
