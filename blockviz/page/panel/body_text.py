"""What is written in the boxes of a body, and beside the lines that enter and leave it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from blockviz.ir import Item, LayerGraph, Node, Run, Unit, copies_in
from blockviz.page.glyphs.canvas import Loose
from blockviz.page.glyphs.figure_facts import FigureFacts
from blockviz.page.glyphs.operand_marks import operand_words
from blockviz.page.glyphs.setting_words import with_settings
from blockviz.page.glyphs.unit_label import Label
from blockviz.page.glyphs.varying_numbers import Ranges, with_ranges
from blockviz.page.glyphs.words import shape_text
from blockviz.page.layout.series_parallel import entry_name, is_entry
from blockviz.runtime.records import dataclass, field, replace
from blockviz.structure.parameters import count_key, dilation_key


@dataclass(frozen=True, slots=True)
class BodyText:
    """The words of one body, with symbols in place of numbers that differ over its copies.

    tensors : item and output → its shape in symbols; without an item, that of an entry. dashed : boxes that only some
    copies have. stand_ins : items whose labels stand on other boxes than their own. ranges : item → words of its label
    that are ranges.
    """

    body: LayerGraph
    symbols: Mapping[str, str]
    context: FigureFacts
    tensors: Mapping[tuple[str, int], str]
    dashed: frozenset[str]
    stand_ins: Mapping[str, Item]
    ranges: Mapping[str, Ranges]
    compact: bool
    counts: Mapping[str, int] = field(default_factory=dict)
    _labels: dict[str, tuple[Item, Label]] = field(init=False, default_factory=dict)

    def looks(self, name: str) -> str:
        """Equal for boxes that are drawn alike."""
        if is_entry(name):
            return f"entry {self.entry(int(name[3:]))}"
        item = self.body.item(name)
        if not isinstance(item, Node | Unit):
            return f"{self.context.letter_of(item)} {item.type}"
        return self.label(name, item).text

    def label(self, name: str, item: Item) -> Label:
        """The label of a box, with symbols in place of numbers that differ over the copies."""
        known = self._labels.get(name)
        if known is None or known[0] is not item:
            known = self._labels[name] = item, self._label(name, item)
        return known[1]

    def _label(self, name: str, item: Item) -> Label:
        item = self.stand_ins.get(name, item)
        label = self.context.label(item, self.symbols.get(name, ""), self.symbols.get(dilation_key(name), ""))
        label = with_settings(with_ranges(label, self.ranges.get(name, {}), self.compact), self.symbols, name)
        if self.compact and label.family == "train" and "–" in label.tail:
            label = replace(label, tail="")  # rates of stochastic depth are the first numbers to go
        if label.family == "input" and isinstance(item, Node) and not item.inputs and self._has_several_inputs():
            label = replace(label, tail=self.shape(name, 0))
        row = copies_in(own) if isinstance(own := self.body.item(name), Run) else self.counts.get(name, 1)
        if (count := self.symbols.get(count_key(name)) or row) != 1:
            label = replace(label, count=count)
        return replace(label, dashed=True) if name in self.dashed else label

    def _has_several_inputs(self) -> bool:
        """Whether inputs of the model inside the body are told by their shapes: copies have others by name."""
        return sum(isinstance(item, Node) and item.op == "InputLayer" for item in self.body.items()) > 1

    def entry(self, number: int) -> str:
        """The shape of a tensor from outside."""
        ports = self.body.entries[number]
        return self.tensors.get(("", number)) or (shape_text(self.body.input_shape(ports[0])) if ports else "")

    def beside(self, name: str, number: int) -> str:
        """The shape of an entry that reaches a box from the side, and what it is to that box."""
        operands = [(source, out) for _, source, out in self.body.operand_list(name)]
        places = [(index, entry) for entry, ports in enumerate(self.body.entries) for at, index in ports if at == name]
        for index, entry in sorted(places):
            operands.insert(index, (entry_name(entry), 0))
        role = operand_words(self.body.item(name), operands).get(entry_name(number), "")
        return " ".join(filter(None, [role, self.entry(number)]))

    def shape(self, name: str, index: int) -> str:
        """The shape of an output, in symbols where the copies differ."""
        shapes = self.body.item(name).outputs
        return self.tensors.get((name, index)) or (shape_text(shapes[index]) if index < len(shapes) else "")

    def exits(self) -> list[str]:
        """The shapes of what leaves the body, each once."""
        position = {name: number for number, name in enumerate(self.body)}  # in the order in which ends are drawn
        ends = sorted(dict.fromkeys(self.body.exits), key=lambda port: (position[port[0]], port[1]))
        return [self.shape(name, index) for name, index in ends]

    def at_ends(self, ends: Sequence[Loose]) -> list[str]:
        """What stands at each end of a line; one line of several tensors of a box says them all."""
        texts = self.exits()
        if len(texts) == len(ends) and {end.id for end in ends} != {name for name, _ in self.body.exits}:
            return texts
        left: dict[str, list[str]] = {}
        for name, index in sorted(dict.fromkeys(self.body.exits), key=lambda port: port[1]):
            left.setdefault(name, []).append(self.shape(name, index))
        lines, out = Counter(end.id for end in ends), []
        for end in ends:
            lines[end.id] -= 1
            own = left.get(end.id, [])  # in the order of its outputs; the last line of a box says what is left
            counts = Counter(own if not lines[end.id] else own[:1])
            left[end.id] = own[1:]
            out.append(", ".join(text if count == 1 else f"{count} of {text}" for text, count in counts.items()))
        return out
