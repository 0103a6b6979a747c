"""What all parts of one figure share: letters, the usual recipe of its units, totals."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Run, Unit, item_leaves, layers_of
from blockviz.ops.families import family
from blockviz.outline.model import Definition, Outline
from blockviz.page.glyphs.end_words import input_words, output_words
from blockviz.page.glyphs.idiom_formula import idiom_formulas
from blockviz.page.glyphs.unit_dropout import with_dropout
from blockviz.page.glyphs.unit_label import Label, in_order, label_of
from blockviz.page.glyphs.varying_numbers import Ranges, ranges_over
from blockviz.runtime.records import dataclass, field, replace
from blockviz.structure.canonical_form import difference, item_form
from blockviz.structure.setting_letters import are_placed_alike

_NORMS = frozenset({"BN", "LN", "GN", "RMS norm", "layer scale"})
_TELLING = frozenset({"softmax", "sigmoid"})


@dataclass(frozen=True, slots=True)
class FigureFacts:
    """Facts about the whole figure that single boxes need.

    usual : the recipe most common among convolutions with an activation; plain : among those without one.
    letters : the layers of an instance → letter. inputs, outputs : words for them. ranges : see `ranges_of`.
    formulas : word of an idiom → what it computes, in a line. copies : letter → its blocks, at all depths.
    """

    outline: Outline
    usual: tuple[str, ...]
    plain: tuple[str, ...]
    letters: Mapping[tuple[str, ...], str]
    by_letter: Mapping[str, Definition]
    inputs: Mapping[str, str]
    outputs: Mapping[str, str]
    formulas: Mapping[str, str]
    labels: dict[tuple[Item, str, str], Label] = field(default_factory=dict)
    ranges: dict[tuple[str, LayerGraph, bool, str | None], Mapping[str, Ranges]] = field(default_factory=dict)
    copies: dict[str | None, list[Composite]] = field(default_factory=dict)

    def label(self, item: Item, symbol: str = "", dilation: str = "") -> Label:
        """The label of a unit or call; dropout in it, and what is unusual about its activation, are part of it."""
        key = (item, symbol, dilation)
        if key not in self.labels:
            label = self._with_difference(label_of(item, symbol, dilation))
            self.labels[key] = with_dropout(label, item)
        return self.labels[key]

    def _with_difference(self, label: Label) -> Label:
        """What the legend says of convolutions goes without saying; a norm or activation of its own is said.

        Softmax and sigmoid always are: they make an output what it is.
        """
        if label.family != "conv" or not label.recipe:
            return label
        usual = self.plain if label.hollow else self.usual
        own, others = (recipe[recipe.index("·") + 1 :] if "·" in recipe else () for recipe in (label.recipe, usual))
        if own != others and sorted(own) == sorted(others):
            return replace(label, tail=in_order(label.tail, own))
        norms, theirs = ([word for word in recipe if word in _NORMS] for recipe in (own, others))
        words = [] if norms == theirs else [f"+ {word}" for word in norms] or ["no norm"]
        act = _activation(own)
        words += [act] if act and (act != _activation(usual) or act in _TELLING) else []
        new = [word for word in words if word not in label.tail]
        return replace(label, tail=", ".join(part for part in (label.tail, *new) if part)) if new else label

    def ranges_of(
        self, letter: str, drawn: LayerGraph, forms: bool, variant: str | None = None
    ) -> Mapping[str, Ranges]:
        """Per item of the form that is drawn the words of its label that have to be ranges (see `ranges_over`).

        forms : the drawing stands for the type's other forms, too, as far as they have the same items; otherwise it is
        that of the ``variant``, None for the main form.
        """
        key = (letter, drawn, forms, variant)
        if key not in self.ranges:
            self.ranges[key] = dict(self._ranges(letter, drawn, forms, variant))
        return self.ranges[key]

    def _ranges(self, letter: str, drawn: LayerGraph, forms: bool, variant: str | None) -> Iterator[tuple[str, Ranges]]:
        if not self.copies:
            for block in (item for part in self.outline.parts for one in part.items for item in _blocks(one)):
                self.copies.setdefault(self.letter_of(block), []).append(block)
        copies = [block for block in self.copies.get(letter, ()) if forms or block.variant == variant]
        rows = [(block.variant != variant, self._counterparts(drawn, block.body)) for block in copies]
        for name in drawn:
            item = drawn.item(name)
            if not isinstance(item, Node | Unit):
                continue
            own = self.label(item)
            told = own.form == "merge"  # the scale of a sum that another form has is said with its mark
            others = [self.label(row[name]) for other, row in rows if name in row and not (told and other)]
            if found := ranges_over([own, *others]):
                yield name, found

    @staticmethod
    def _counterparts(main: LayerGraph, body: LayerGraph) -> Mapping[str, Item]:
        """Item of the main form → the equal one of a copy."""
        if are_placed_alike(main, body):
            return dict(zip(main, body.items(), strict=True))
        found = {own: (main.item(own), body.item(other)) for own, other in difference(main, body).pairs.items()}
        paired = {own: _as_read(*both) for own, both in found.items() if _are_one(*both)}
        ours, theirs = _attentions(main), _attentions(body)
        if len(ours) == len(theirs):  # also where one of them takes in what the other leaves beside it
            paired |= {own: _as_read(main.item(own), body.item(other)) for own, other in zip(ours, theirs, strict=True)}
        return paired

    def letter_of(self, block: Composite) -> str | None:
        """The letter of a nested block or run, found by the layers it holds."""
        if isinstance(block, Run):
            inner = next((item for item in block.body.items() if isinstance(item, Composite)), None)
            return self.letter_of(inner) if inner is not None else None
        return self.letters.get(tuple(layers_of(item_leaves(block))))


def figure_facts(outline: Outline) -> FigureFacts:
    """Collect what the figure's boxes share."""
    labels = [label for item in _all_units(outline) for label in (label_of(item),) if label.family == "conv"]
    active = Counter(label.recipe for label in labels if not label.hollow)
    hollow = Counter(label.recipe for label in labels if label.hollow)
    usual = max(active, key=lambda r: (_activation(r) not in _TELLING, active[r], r), default=())
    plain = max(hollow, key=lambda r: (hollow[r], r), default=())
    letters = {instance.layers: d.letter for d in outline.definitions for instance in d.instances}
    by_letter = {d.letter: d for d in outline.definitions}
    formulas = idiom_formulas(item for part in outline.parts for item in part.items)
    return FigureFacts(outline, usual, plain, letters, by_letter, input_words(outline), output_words(outline), formulas)


def _are_one(item: Item, other: Item) -> bool:
    """Whether items of two forms are the same but for numbers: a kernel that differs is said with the form."""
    if isinstance(item, Idiom) and isinstance(other, Idiom):
        attend = all("heads" in idiom.attributes for idiom in (item, other))
        return attend or other.word in (item.word, item.alike) or other.alike == item.word
    if isinstance(item, Node) and isinstance(other, Node) and family(item.op) == family(other.op) == "attention":
        return item.op == other.op  # whether one is causal is said, too
    return item_form(item) == item_form(other)


def _attentions(body: LayerGraph) -> list[str]:
    return [item.id for item in body.items() if isinstance(item, Idiom) and "heads" in item.attributes]


def _as_read(item: Item, other: Item) -> Item:
    """An idiom of another form under the word of the main form, with its own numbers for what that one says."""
    if not isinstance(item, Idiom) or not isinstance(other, Idiom):
        return other
    own = {key: other.attributes.get(key, value) for key, value in item.attributes.items()}
    return replace(item, attributes=own)


def _blocks(item: Item) -> Iterator[Composite]:
    """The blocks in an item, itself included, at all depths."""
    if isinstance(item, Composite) and not isinstance(item, Unit):
        if not isinstance(item, Run):
            yield item
        for inner in item.body.items():
            yield from _blocks(inner)


def _all_units(outline: Outline) -> Iterator[Item]:
    for part in outline.parts:
        if part.letter is None and not isinstance(part.item, Composite):
            yield part.item
        elif part.letter is None and isinstance(part.item, Unit | Run):
            yield from (part.item,) if isinstance(part.item, Unit) else _units(part.item.body)
    for definition in outline.definitions:
        yield from _units(definition.body)
        for variant in definition.variants:
            yield from _units(variant.body)


def _units(body: LayerGraph) -> Iterator[Item]:
    for item in body.items():
        if isinstance(item, Run):
            yield from _units(item.body)
        elif isinstance(item, Node | Unit):
            yield item


def _activation(recipe: tuple[str, ...]) -> str:
    words = [word for word in recipe if word not in _NORMS and word != "·"]
    return words[-1] if words else ""
