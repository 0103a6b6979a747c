"""Forms of block bodies, and in what two copies of a block differ."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache, wraps
from itertools import groupby, pairwise
from typing import TypeVar
from weakref import WeakKeyDictionary

from blockviz.ir import Block, Composite, Idiom, Item, LayerGraph, Node, Run, Unit, item_leaves
from blockviz.ops.families import activation_of, anchor, family, form_label, is_depthwise, is_neutral, merge_name
from blockviz.ops.operation_words import activation_word, operation_word
from blockviz.ops.per_step import called
from blockviz.ops.registry import FUNCTIONS
from blockviz.runtime.records import dataclass
from blockviz.structure.counterparts import counterparts

T = TypeVar("T")


def is_silent(node: Node) -> bool:
    """Whether a call in a unit makes no difference: padding, the inner end of a nested model, an identity."""
    return family(node.op) in ("pad", "input") or is_neutral(node)


@lru_cache(maxsize=1 << 17)  # as the answers about calls: every pass asks again
def item_form(item: Item) -> str:
    """Width-free label of an item; a block counts by its type, a unit by its calls, padding apart."""
    if not isinstance(item, Composite):
        return form_label(item)
    if isinstance(item, Idiom):
        return f"[{item.word}: {body_form(item.body)}]"
    if isinstance(item, Unit):
        return "[" + " ".join(form_label(node) for node in item_leaves(item) if not is_silent(node)) + "]"
    if isinstance(item, Run) and not item.type:
        return f"<run {item_form(next(iter(item.body.items())))}>"
    return f"<{'block' if isinstance(item, Run) else item.kind} {item.type}>"  # how many there are is a parameter


_FORMS: WeakKeyDictionary[LayerGraph, tuple[object, ...]] = WeakKeyDictionary()  # bodies never change once made


def body_form(body: LayerGraph) -> tuple[object, ...]:
    """Equal for two bodies that are isomorphic with equal wiring and equal width-free labels."""
    if (known := _FORMS.get(body)) is not None:
        return known
    return _FORMS.setdefault(body, body_rows(body, item_form))


def worded_form(body: LayerGraph) -> tuple[object, ...]:
    """Equal for bodies that differ only inside idioms of one word, whose numbers their boxes say."""

    def worded(item: Item) -> str:
        return f"[{item.word}: {[*item.attributes]}]" if isinstance(item, Idiom) else item_form(item)

    return (*body_rows(body, worded), strides_of(body))


def body_rows(body: LayerGraph, form: Callable[[Item], str]) -> tuple[object, ...]:
    """The items of a body by their forms, with where each reads from."""
    at = {name: position for position, name in enumerate(body)}
    entry = {port: number for number, ports in enumerate(body.entries) for port in ports}
    rows = []
    for position, (name, item) in enumerate(zip(body, body.items(), strict=True)):
        refs = [(to, position - at[source], out) for to, source, out in body.operand_list(name)]
        refs += [(to, -1 - number, 0) for (reader, to), number in entry.items() if reader == name]
        rows.append((form(item), tuple(sorted(refs))))
    return tuple(rows)


_STRIDES: WeakKeyDictionary[LayerGraph, tuple[int, ...]] = WeakKeyDictionary()


def strides_of(body: LayerGraph) -> tuple[int, ...]:
    """The largest stride of each call that has one, in order; blocks of a run with equal strides count once.

    The stride by which an attention reduces its keys and values is an attribute of it, which its box says.
    """
    if (known := _STRIDES.get(body)) is not None:
        return known
    return _STRIDES.setdefault(body, tuple(stride for item in body.items() for stride in strides_in(item)))


def strides_in(item: Item) -> list[int]:
    """The same of one item."""
    if isinstance(item, Run) and item.type:
        rows = [strides_of(block.body) for block in item.body.items() if isinstance(block, Composite)]
        return [stride for row, _ in groupby(rows) for stride in row]
    if isinstance(item, Idiom) and "reduction" in item.attributes:
        return []
    return [max(sizes_of(node.config["strides"])) for node in item_leaves(item) if node.config.get("strides")]


def sizes_of(value: object) -> list[int]:
    """The whole numbers of a setting; 1 where there are none."""
    if isinstance(value, list | tuple):
        return [int(v) for v in value if isinstance(v, int)] or [1]
    return [value] if isinstance(value, int) else [1]


@dataclass(frozen=True, slots=True)
class Difference:
    """What a copy has that the main form lacks (``added``), the reverse, and what changed, as item ids.

    pairs : item of the main form → the one that stands for it, those that changed included.
    """

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    pairs: Mapping[str, str]


def of_two_bodies(function: Callable[[LayerGraph, LayerGraph], T]) -> Callable[[LayerGraph, LayerGraph], T]:
    """The function, asked once of two bodies for as long as both are there."""
    known: WeakKeyDictionary[LayerGraph, WeakKeyDictionary[LayerGraph, T]] = WeakKeyDictionary()

    @wraps(function)
    def asked(main: LayerGraph, other: LayerGraph) -> T:
        answers = known.setdefault(main, WeakKeyDictionary())
        if (found := answers.get(other)) is None:
            found = answers[other] = function(main, other)
        return found

    return asked


@of_two_bodies
def difference(main: LayerGraph, other: LayerGraph) -> Difference:
    """Align two bodies by the forms of their items, whichever activation they have.

    Items that differ in their activation, and items of one family at the same place, count as changed.
    """
    if (found := _reordered(main, other)) is not None:
        return found
    left, right = list(main), list(other)
    equal = counterparts(main, other, (_plain_forms(main), _plain_forms(other)))
    changed = [(a, b) for a, b in equal if item_form(main.item(left[a])) != item_form(other.item(right[b]))]
    added: list[str] = []
    removed: list[str] = []
    new_kinds: list[tuple[int, int]] = []
    for gone, new in _gaps(equal, len(left), len(right)):
        while gone and new and item_kind(main.item(left[gone[0]])) == item_kind(other.item(right[new[0]])):
            new_kinds.append((gone.pop(0), new.pop(0)))
        removed += [left[place] for place in gone]
        added += [right[place] for place in new]
    told = [(left[a], right[b]) for a, b in sorted([*changed, *new_kinds])]
    pairs = {left[a]: right[b] for a, b in [*equal, *new_kinds]}
    return Difference(tuple(added), tuple(removed), tuple(told), pairs)


def _gaps(pairs: Sequence[tuple[int, int]], ours: int, theirs: int) -> Iterator[tuple[list[int], list[int]]]:
    """Places that stand for none, by the stretches between those that do; where these cross, all as one stretch."""
    mine, others = {a for a, _ in pairs}, {b for _, b in pairs}
    crossing = any(after < before for (_, before), (_, after) in pairwise(pairs))
    marks = [] if crossing else list(pairs)
    for (a0, b0), (a1, b1) in pairwise([(-1, -1), *marks, (ours, theirs)]):
        yield [a for a in range(a0 + 1, a1) if a not in mine], [b for b in range(b0 + 1, b1) if b not in others]


def _reordered(main: LayerGraph, other: LayerGraph) -> Difference | None:
    """Of two bodies of the same items nothing differs but their order, and perhaps their wiring; None of others."""
    left, right = ([item_form(item) for item in body.items()] for body in (main, other))
    if sorted(left) != sorted(right):
        return None
    places: dict[str, list[str]] = defaultdict(list)
    for name, form in zip(other, right, strict=True):
        places[form].append(name)
    return Difference((), (), (), {name: places[form].pop(0) for name, form in zip(main, left, strict=True)})


def _plain_forms(body: LayerGraph) -> list[str]:
    return [
        " ".join(form_label(node, activation=False) for node in item_leaves(item) if not is_silent(node))
        if isinstance(item, Node | Unit)
        else item_form(item)
        for item in body.items()
    ]


def item_kind(item: Item) -> str:
    """The family of the call that gives an item its character; ``block`` for a block."""
    head = anchor(item)
    return "block" if head is None else family(called(head).op)


def window_words(sizes: Sequence[object]) -> str:
    """``3×3``; along one axis ``5-wide``."""
    return "×".join(map(str, sizes)) if len(sizes) > 1 else f"{sizes[0]}-wide"


_SORTS = {"Transpose": "transposed", "Separable": "separable"}  # of convolutions, by a part of their class


def short_name(item: Item) -> str:
    """A few words for an item: ``1×1 conv``, ``ReLU``, ``max pooling``."""
    if isinstance(item, Idiom):
        first = item.word.partition(" ")[0]
        return item.word[:1].lower() + item.word[1:] if first[1:].islower() else item.word
    if isinstance(item, Block) and any(_attends(inner) for inner in item.body.items()):
        return "attention"  # whatever else stands in the block
    head = anchor(item)
    if head is None:
        return "block"
    head = called(head)
    kind = family(head.op)
    if kind == "augment" and isinstance(item, Composite):
        return "augmentation"
    if kind == "conv":
        kernel = window_words(sizes_of(head.config.get("kernel_size")))
        sorts = ("depthwise",) if is_depthwise(head) else [word for part, word in _SORTS.items() if part in head.op]
        return " ".join((kernel, *sorts, "conv"))
    if kind == "act":
        return activation_word(activation_of(head))
    words = {"dense": "dense layer", "norm": "normalisation", "dropout": "dropout", "pad": "padding",
             "pool": "pooling", "global": "global pooling", "resize": "upsampling",
             "attention": "attention"}  # fmt: skip
    own = operation_word(head.op) if head.op in FUNCTIONS else head.op
    return words.get(kind, merge_name(head.op).lower() if kind == "merge" else own)


def _attends(item: Item) -> bool:
    """Whether an item is attention, as a layer or written out."""
    return (isinstance(item, Idiom) and "heads" in item.attributes) or item_kind(item) == "attention"


def most_common_form(bodies: Sequence[LayerGraph]) -> LayerGraph:
    """The body whose form is the most frequent, the longer one of two; then by strides; the first such."""
    forms = [body_form(body) for body in bodies]
    form = max(dict.fromkeys(forms), key=lambda found: (forms.count(found), len(found)))
    same = [body for body, f in zip(bodies, forms, strict=True) if f == form]
    strides = [strides_of(body) for body in same]
    usual = max(dict.fromkeys(strides), key=strides.count)
    return same[strides.index(usual)]
