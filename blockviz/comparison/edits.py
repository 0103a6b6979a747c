"""In what two items differ: their calls aligned, settings compared pair by pair, the rest with or gone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from blockviz.comparison.alignment import Likeness, align
from blockviz.comparison.exact_form import ExactForms
from blockviz.comparison.settings import Edit, setting_edits
from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Run, Unit, item_leaves, layers_of
from blockviz.ops.families import family, merge_name
from blockviz.runtime.records import dataclass, field
from blockviz.structure.canonical_form import short_name
from blockviz.structure.difference_words import added_word

_MANY = 4  # calls with or gone that are still listed
_SHOWN = 3  # values of one setting that are still listed
_JOINS = {"Add": "addition", "Concatenate": "concatenation", "Multiply": "multiplication"}


@dataclass(frozen=True, slots=True)
class Edits:
    """Compares items of two outlines. ``names`` : the layers of a block → the name of its type, in either outline."""

    names: Mapping[tuple[str, ...], str] = field(default_factory=dict)
    forms: ExactForms = field(default_factory=ExactForms)
    likeness: Likeness = field(default_factory=Likeness)

    def same(self, one: Item, other: Item) -> bool:
        """Whether two items are isomorphic with equal settings."""
        return self.forms.number(one) == self.forms.number(other)

    def of(self, one: Item, other: Item) -> list[Edit]:
        """What was changed, added or removed, at whatever depth; never nothing for items that differ."""
        if self.same(one, other):
            return []
        found = _without_moves(self._between(one, other))
        if any(what == "width" for what, _, _ in found):  # a reshaping follows the widths
            found = [edit for edit in found if edit[0] != "target shape"]
        return found or [("wired otherwise", "", "")]

    def _between(self, one: Item, other: Item) -> list[Edit]:
        if isinstance(one, Node) and isinstance(other, Node):
            return list(setting_edits(one, other))
        left, right = _inside(one), _inside(other)
        return [*self._pairs(left[0], right[0], left[1], right[1])]

    def _pairs(
        self, left: Sequence[Item], right: Sequence[Item], main: LayerGraph | None, other: LayerGraph | None
    ) -> Iterator[Edit]:
        keys = [[self.forms.number(item) for item in items] for items in (left, right)]
        for i, j in align(keys[0], keys[1], lambda i, j: self.likeness.between(left[i], right[j])):
            if i is None and j is not None:
                yield "with", "", self._word(other, right[j])
            elif j is None and i is not None:
                yield "no", "", self._word(main, left[i])
            elif i is not None and j is not None and keys[0][i] != keys[1][j]:
                yield from self._changed(left[i], right[j])

    def _changed(self, one: Item, other: Item) -> Iterator[Edit]:
        if isinstance(one, Run) and isinstance(other, Run):
            counts = [len(run.body) for run in (one, other)]
            if counts[0] != counts[1]:
                yield f"inner {self.name(other)}", f"×{counts[0]}", f"×{counts[1]}"
            one, other = (self.usual(list(run.body.items())) for run in (one, other))
            if self.same(one, other):
                return
        yield from self._between(one, other)

    def usual(self, items: Sequence[Item]) -> Item:
        """The copy whose form is the most frequent; the first such."""
        numbers = [self.forms.number(item) for item in items]
        return items[numbers.index(max(dict.fromkeys(numbers), key=numbers.count))]

    def _word(self, body: LayerGraph | None, item: Item) -> str:
        if isinstance(item, Node) and family(item.op) == "merge":
            return _JOINS.get(merge_name(item.op), merge_name(item.op).lower())
        name = added_word(body, item.id).removeprefix("with ") if body is not None and item.id in body else ""
        return name if name and name != "block" else self.name(item)

    def name(self, item: Item) -> str:
        """A few words for an item; a block by the name of its type."""
        inner = next(iter(item.body.items())) if isinstance(item, Run) else item
        if isinstance(inner, Composite) and not isinstance(inner, Unit):
            return self.names.get(tuple(layers_of(item_leaves(inner))), "block")
        return short_name(inner)


def _inside(item: Item) -> tuple[list[Item], LayerGraph | None]:
    """What an item is made of: a block of its items, an idiom and a call of themselves."""
    if isinstance(item, Composite) and not isinstance(item, Idiom):
        return list(item.body.items()), item.body
    return list(item_leaves(item)), item.body if isinstance(item, Composite) else None


def _without_moves(edits: Sequence[Edit]) -> list[Edit]:
    """What is both gone and with has moved."""
    gone, come = (Counter(name for what, _, name in edits if what == word) for word in ("no", "with"))
    moved = gone & come
    left = {"no": gone - moved, "with": come - moved}
    kept: list[Edit] = []
    for edit in edits:
        if edit[0] not in left:
            kept.append(edit)
        elif left[edit[0]][edit[2]] > 0:
            left[edit[0]][edit[2]] -= 1
            kept.append(edit)
    return kept + [(f"{name} moved", "", "") for name in moved]


def said(edits: Sequence[Edit]) -> list[str]:
    """Edits in words, those of one kind together: ``width 64→96, 256→384``, ``with 1×1 conv (2)``."""
    words: list[str] = []
    values: dict[str, dict[tuple[str, str], None]] = {}
    for what, old, new in edits:
        if what not in ("with", "no"):
            values.setdefault(what, {})[old, new] = None
    for what, pairs in values.items():
        words.append(f"{what} {listed(list(pairs))}".strip())
    calls = Counter((what, new) for what, _, new in edits if what in ("with", "no"))
    if len(calls) <= _MANY:
        words += [f"{what} {name}" + (f" ({count})" if count > 1 else "") for (what, name), count in calls.items()]
        return words
    for what, verb in (("with", "added"), ("no", "removed")):
        if count := sum(many for (kind, _), many in calls.items() if kind == what):
            words.append(f"{count} parts {verb}" if count > 1 else f"1 part {verb}")
    return words


def listed(pairs: Sequence[tuple[str, str]]) -> str:
    """``64→96, 256→384``; of many pairs of numbers the factor, or the first and how many more."""
    if pairs == [("", "")]:
        return ""
    if len(pairs) > _SHOWN:
        whole = all(old.isdecimal() and new.isdecimal() and int(old) for old, new in pairs)
        ratios = {int(new) / int(old) for old, new in pairs} if whole else set()
        if len(ratios) == 1:
            return f"×{ratios.pop():.3g}"
        rest = len(pairs) - _SHOWN + 1
        return f"{', '.join(f'{old}→{new}' for old, new in pairs[: _SHOWN - 1])} and {rest} more"
    return ", ".join(f"{old}→{new}" for old, new in pairs)
