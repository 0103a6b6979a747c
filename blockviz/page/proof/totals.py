"""The title and the line of totals against the model."""

from __future__ import annotations

import re
from collections.abc import Iterator

from blockviz.costs.cost import cost_of
from blockviz.ir import LayerGraph, layers_of, leaves, letters_of
from blockviz.page.proof.facts import number_says
from blockviz.page.proof.reading import Reading, text_of


def totals_faults(reading: Reading, graph: LayerGraph, source: LayerGraph) -> Iterator[str]:
    """Numbers of the title and the foot that are not the model's."""
    nodes = list(leaves(source))
    layers, cost = layers_of(nodes), cost_of(nodes)
    bound = "params" in cost.bounds
    wanted = {
        "parameters": (cost.params, bound),
        "trainable": (cost.trainable, False),
        "multiply-adds": (cost.macs, False),
        "layers": (len(layers), False),
        "depth": (sum(bool(layer.params) for layer in layers.values()), False),
    }
    for words in reading.loose:
        if (label := text_of(words)) in wanted:
            above = [w for w in reading.loose if abs(w.x - words.x) < 0.5 and 0 < words.y - w.y < 4 * words.size < 4 * w.size]
            number = max(above, key=lambda w: w.size, default=None)
            value, is_bound = wanted[label]
            if number is not None and not number_says(text_of(number), value, is_bound):
                yield f"the page says {text_of(number)} {label}, and there are {value}"
    for text in reading.texts:
        found = re.search(r"([\d ,]+) layers? as ([\d ,]+) box(?:es)?(?: and ([\d ,]+) block types?)?", text)
        if found:
            told = [int(re.sub(r"\D", "", part or "0") or 0) for part in found.groups()]
            truth = [len(layers), len(graph), len(letters_of(graph))]
            if told != truth:
                yield f"the title says {told} layers, boxes and block types, and there are {truth}"
