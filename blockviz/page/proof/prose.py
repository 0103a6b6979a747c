"""Caption and paragraph read back, sentence by sentence: a number that is not the model's, a sentence nobody knows."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence

from blockviz.costs.cost import Cost, cost_of
from blockviz.ir import UNKNOWN, Composite, LayerGraph, Shape, blocks_in, layers_of, leaves
from blockviz.page.proof.facts import copies_of, number_says, polynomial_says, shape_says

_BYTES = {"B": 1, "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40}
_TIMES = {"once": 1, "twice": 2}
_AMOUNT = r"(?:[Aa]t least )?[\d.,]+(?: [kMGT])?|[Aa]n unknown number of"
_COUNT = r"once|twice|[\d,]+ times"


def prose_faults(caption: str, paragraph: str, graph: LayerGraph, source: LayerGraph) -> Iterator[str]:
    """Statements of a model in words that are not so.

    Parameters
    ----------
    caption, paragraph : what `describe` gives.
    graph : the block graph. source : the layer graph of the model.
    """
    judge = _Judge(graph, source)
    yield from judge.caption(caption)
    yield from judge.paragraph(paragraph)


class _Judge:
    """What a text may say of one model."""

    def __init__(self, graph: LayerGraph, source: LayerGraph) -> None:
        nodes = list(leaves(source))
        self.graph, self.source = graph, source
        self.layers, self.cost = layers_of(nodes), cost_of(nodes)
        self.inputs = [source.item(name).outputs[0] for name in source.inputs]
        self.outputs = [_exit(source, port) for port in source.exits]
        self.is_open = any(shape == UNKNOWN or None in shape[1:] for shape in self.inputs)
        self.runs = [len(copies_of(item)) for item in graph.items()]
        self.counts: dict[str, set[int]] = defaultdict(set)
        for key, found in graph.types.items():
            self.counts[found.name] |= {self._drawn(key), sum(block.type == key for block in blocks_in(graph))}

    def _drawn(self, key: str) -> int:
        """How many copies of a type stand in the overview."""
        copies = [copy for item in self.graph.items() for copy in copies_of(item)]
        return sum(isinstance(copy, Composite) and copy.type == key for copy in copies)

    def caption(self, text: str) -> Iterator[str]:
        """One line: what repeats, and what the model costs."""
        found = re.search(rf"({_AMOUNT}) parameters", text)
        if found is None or not _amount_says(found[1], self.cost, "params"):
            yield f"the caption says {found and found[0]!r}, and there are {self.cost.params} parameters"
        told = re.search(rf"({_AMOUNT}) multiply-adds", text)
        if self.is_open == (told is not None):
            yield f"the caption says {told and told[0]!r}, and the input is {'open' if self.is_open else 'known'}"
        elif told and not _amount_says(told[1], self.cost, "macs"):
            yield f"the caption says {told[0]!r}, and there are {self.cost.macs}"
        shapes = re.search(r"\(MACs\) for (?:an input|inputs) of (.*)\.$", text)
        if told and self.inputs and (shapes is None or not _shapes_say(shapes[1], self.inputs)):
            yield f"the caption says inputs of {shapes and shapes[1]}, and they are {self.inputs}"

    def paragraph(self, text: str) -> Iterator[str]:
        """Each sentence by what it speaks of."""
        found = re.search(r" has ([\d,]+) layers?, ([\d,]+) of them with parameters\.", text)
        depth = sum(bool(layer.params) for layer in self.layers.values())
        if found is None or [_int(found[1]), _int(found[2])] != [len(self.layers), depth]:
            yield f"the text says {found and found[0]!r}, and there are {len(self.layers)}, {depth} with parameters"
        yield from self._ends(text)
        yield from self._repeats(text)
        yield from self._costs(text)

    def _ends(self, text: str) -> Iterator[str]:
        pattern = r"Its inputs? (?:is|are) (.*?); its outputs? (?:is|are) (.*?)\.(?: |$)"
        found = re.search(pattern, text)
        if self.inputs and self.outputs:
            if found is None:
                yield "the text says nothing of inputs and outputs"
                return
            for told, shapes in ((found[1], self.inputs), (found[2], self.outputs)):
                if not _shapes_say(told, shapes):
                    yield f"the text says {told}, and the shapes are {shapes}"

    def _repeats(self, text: str) -> Iterator[str]:
        for name, times, runs in re.findall(
            rf"(?:^|\. |Inside these, |, | and )“?([^.;“”]+?)”? occurs ({_COUNT})((?:, in runs of [\d, and]+)?)", text
        ):
            count, lengths = _times(times), [int(number) for number in re.findall(r"\d+", runs)]
            names = [one for one in self.counts if one and name.endswith(_tail(one))]
            known = self.counts[max(names, key=len)] if names else None
            if known is not None and count not in known:
                yield f"the text says that {name} occurs {times}, and it does {sorted(known)} times"
            if lengths and (sum(lengths) != count or not _is_in_order(lengths, self.runs)):
                yield f"the text says runs of {lengths}, and the runs are {self.runs}"

    def _costs(self, text: str) -> Iterator[str]:
        cost, bound = self.cost, "params" in self.cost.bounds
        found = re.search(r"It has (at least )?([\d,]+) parameters(, .*?)?\.(?: |$)", text)
        if found is None:
            if not (bound and not cost.params and "How many parameters it has is not known." in text):
                yield "the text says nothing of parameters"
        elif _int(found[2]) != cost.params or bool(found[1]) != bound:
            yield f"the text says {found[0]!r}, and there are {cost.params}{' at least' if bound else ''}"
        elif not self._training_says(found[3] or ""):
            yield f"the text says {found[3]!r}, and {cost.trainable} of {cost.params} are trained"
        takes = re.search(rf"One example takes ({_AMOUNT}) multiply-adds", text)
        letters = None if takes else re.search(r"One example takes (\S+(?: \S+)*?) multiply-adds", text)
        if letters and not polynomial_says(letters[1], self.source.graph.get("open_macs", {})):
            yield f"the text says {letters[0]!r}, and there are {self.source.graph.get('open_macs')} multiply-adds"
        if self.is_open == (takes is not None) or (takes and not _amount_says(takes[1], cost, "macs")):
            yield f"the text says {takes and takes[0]!r}, and there are {cost.macs} multiply-adds"
        weights = re.search(r"the weights take (at least )?([\d.]+ \w+)", text)
        if weights is None or not _bytes_say(weights[2], cost.weight_bytes) or bool(weights[1]) != bound:
            yield f"the text says {weights and weights[0]!r}, and they take {cost.weight_bytes} bytes"
        outputs = re.search(r"the outputs of all layers together (at least )?([\d.]+ \w+)", text)
        if outputs and not _bytes_say(outputs[2], cost.activation_bytes):
            yield f"the text says {outputs[0]!r}, and they take {cost.activation_bytes} bytes"

    def _training_says(self, text: str) -> bool:
        cost = self.cost
        if "params" not in cost.bounds and cost.params and re.search("(all|none) of them", text):
            return cost.trainable == (cost.params if "all of them" in text else 0)
        found = re.search(r"training changes (?:at least )?([\d,]+)", text)
        return _int(found[1]) == cost.trainable if found else not cost.params


def _tail(name: str) -> str:
    """A name without its first letter, which a sentence may write as a capital."""
    return name[1:]


def _times(text: str) -> int:
    return _TIMES[text] if text in _TIMES else _int(text)


def _int(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def _is_in_order(lengths: Sequence[int], runs: Sequence[int]) -> bool:
    left = iter(runs)
    return all(length in left for length in lengths)


def _amount_says(text: str, cost: Cost, key: str) -> bool:
    value, bound = getattr(cost, key), key in cost.bounds
    if "unknown" in text:
        return bound and not value
    least, digits = re.match(r"(at least )?(.*)", text, re.IGNORECASE).groups()  # type: ignore[union-attr]
    return bool(least) == bound and number_says(digits, value, False)


def _bytes_say(text: str, value: int) -> bool:
    number, unit = text.split(" ")
    told = float(number) * _BYTES.get(unit, 0)
    return abs(told - value) <= max(0.0051 * value, 0.0 if unit == "B" else 1.0)


def _shapes_say(text: str, shapes: Sequence[Shape]) -> bool:
    """``32×32×3, 1,000 values and 5 values``: every shape in order."""
    told = re.split(", | and ", re.sub(r"(?<=\d),(?=\d{3})", "", text))
    if len(told) != len(shapes):
        return False
    return all(_shape_says(one, shape) for one, shape in zip(told, shapes, strict=True))


def _shape_says(text: str, shape: Shape) -> bool:
    values = re.fullmatch(r"([\d,]+) values?", text)
    if values:
        return len(shape) == 2 and shape[1] == _int(values[1])
    return shape_says(text, shape)


def _exit(source: LayerGraph, port: tuple[str, int]) -> Shape:
    shapes = source.item(port[0]).outputs
    return shapes[port[1]] if port[1] < len(shapes) else UNKNOWN
