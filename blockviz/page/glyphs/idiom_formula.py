"""What an idiom computes, in one line: ``x × (global avg → Dense, ReLU → Dense, sigmoid)``, read off the calls in it.

``a → b`` : a, then b; a row without ``x`` at its beginning reads the idiom's one input. An arrow binds least.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Unit
from blockviz.ops.families import anchor, family
from blockviz.page.glyphs.unit_label import label_of
from blockviz.runtime.records import dataclass
from blockviz.text.font_metrics import width

_MADE_OF_LAYERS = frozenset({"gate", "dense"})  # idioms that a reader may want to see inside
_SIGNS = {"+": " + ", "×": " × ", "−": " − "}
_INPUTS = "xyz"
_LONGEST = 42.0  # ems of a line that is read at one sight
_TAKES = frozenset({"GetItem", "Getitem", "Slice", "Split", "Unstack"})  # views of less than all


@dataclass(frozen=True, slots=True)
class _Term:
    """A word or a sign, and what it reads; ``bare`` : a layer that an activation may follow in the same word."""

    word: str
    read: tuple[_Term, ...] = ()
    bare: bool = False

    def words(self) -> Counter[str]:
        """All words in it, as often as they stand there."""
        return Counter([self.word, *(word for one in self.read for word in one.words().elements())])


def idiom_formulas(items: Iterable[Item]) -> Mapping[str, str]:
    """Word → formula of the idioms in some items, at all depths: with widths where all that bear a word have the same;
    none where they compute several things, or what no line says."""
    found: dict[str, list[Idiom]] = {}
    for idiom in _idioms(items):
        found.setdefault(idiom.word, []).append(idiom)
    out = {}
    for word, idioms in found.items():
        for sized in (True, False):
            texts = {formula_of(idiom, sized) for idiom in idioms}
            text = texts.pop()
            if not texts and text and width(f"{word}: {text}", 1.0) < _LONGEST:
                out[word] = text
                break
    return out


def _idioms(items: Iterable[Item]) -> Iterator[Idiom]:
    for item in items:
        if isinstance(item, Idiom):
            if item.hue in _MADE_OF_LAYERS:
                yield item
        elif isinstance(item, Composite) and not isinstance(item, Unit):
            yield from _idioms(item.body.items())


def formula_of(idiom: Idiom, sized: bool) -> str:
    """The formula, with or without widths; "" where a line can't say what the idiom does."""
    body = idiom.body
    if len(body.exits) != 1 or len(body.entries) > len(_INPUTS):
        return ""
    term = _Reader(body, sized).term(body.exits[0][0])
    return _row(term, len(body.entries) > 1) if term is not None and _SIGNS.keys() & term.words().keys() else ""


class _Reader:
    """Terms of a body; what is read twice is said twice, if that is one step."""

    def __init__(self, body: LayerGraph, sized: bool) -> None:
        self.body, self.sized = body, sized
        self.known: dict[str, _Term | None] = {}
        self.entries = {port: _Term(_INPUTS[number]) for number, ports in enumerate(body.entries) for port in ports}

    def term(self, name: str) -> _Term | None:
        """What a call gives; None where no line says it."""
        if name not in self.known:
            self.known[name] = self._made(name)
            return self.known[name]
        again = self.known[name]
        return again if again is not None and len(again.words()) <= 2 else None

    def _made(self, name: str) -> _Term | None:
        item = self.body.item(name)
        read: dict[int, _Term | None] = {place: term for (at, place), term in self.entries.items() if at == name}
        read |= {place: self.term(source) for place, source, _ in self.body.operand_list(name)}
        terms = [term for _, term in sorted(read.items()) if term is not None]
        if len(terms) < len(read) or len(item.outputs) != 1 or not isinstance(item, Node | Unit):
            return None
        if len(terms) == 1:
            return self._stepped(item, terms[0])
        sign = label_of(item).sign
        return _Term(sign, tuple(terms)) if sign in _SIGNS and isinstance(item, Node) else None

    def _stepped(self, item: Node | Unit, term: _Term) -> _Term | None:
        """A term after one step more; the same after a view, or a number against a division by zero."""
        main, label = anchor(item), label_of(item)
        if main is None or isinstance(item, Idiom) or main.op in _TAKES:
            return None
        if label.head == "√x" and _is_variance(term):
            return _Term("std", term.read[0].read[0].read[:1])
        if family(main.op) == "reshape" or label.head.startswith("+ 1e−"):
            return term
        if label.family == "act" and term.bare:
            return _Term(f"{term.word}, {label.head}", term.read)
        if family(main.op) not in ("conv", "dense"):
            text = label.text
            return None if any(sign in text for sign in (*_SIGNS, "→")) else _Term(text, (term,))
        acts = label.recipe[label.recipe.index("·") + 1 :]
        wide = str(main.config.get("units", main.config.get("filters")))
        rest = [word.strip(",") for word in label.tail.split()]
        if {*rest} - {wide, *" ".join(acts).split()} or "→" in label.head:
            return None  # a stride, say
        own = [] if not self.sized else [wide]
        head = [" ".join([label.head, *own])] if label.family == "dense" else [label.head, *own]
        return _Term(", ".join([*head, *acts]), (term,), bare=not acts)


def _is_variance(term: _Term) -> bool:
    """Whether a term is the mean of the square of what a tensor has over its mean."""
    if term.word != "mean" or (square := term.read[0]).word != "x²" or (over := square.read[0]).word != "−":
        return False
    return over.read[1] == _Term("mean", over.read[:1])


def _row(term: _Term, named: bool) -> str:
    """A term as a row; ``named`` : several inputs, so that a row says which one it reads."""
    if term.word in _SIGNS:
        return _SIGNS[term.word].join(_part(one, named) for one in term.read)
    if not term.read:
        return term.word
    before = term.read[0]
    return f"{_row(before, named)} → {term.word}" if before.read or named else term.word


def _part(term: _Term, named: bool) -> str:
    """A term beside a sign: in brackets if it is more than one word."""
    row = _row(term, named)
    return f"({row})" if any(mark in row for mark in ("→", ",", *_SIGNS)) else row
