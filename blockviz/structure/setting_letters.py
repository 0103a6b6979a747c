"""Kernels, pooling windows and strides as parameters of a block: ``conv k``, ``max p ↓p``, ``3×3 ↓s``.

Copies that differ in such settings alone, or in how many equal units stand in a row (``3×3, f ×n``), are no variants,
as long as one letter each says the values.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import groupby
from weakref import WeakKeyDictionary

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Run, Unit, copies_in, item_leaves
from blockviz.ops.families import anchor, family
from blockviz.ops.per_step import called
from blockviz.runtime.records import dataclass
from blockviz.structure.canonical_form import (
    body_form,
    body_rows,
    difference,
    is_silent,
    item_form,
    sizes_of,
    strides_of,
)
from blockviz.structure.windows import usual_form, window_of

KERNEL = "k"
POOL = "p"
STRIDE = "s"
COUNTS = "nm"  # how many units or blocks a row inside the block holds


@dataclass(frozen=True, slots=True)
class SettingLetters:
    """Which bodies the main form stands for, if some settings are letters.

    texts : key of an item (`window_key`, `stride_key`) → its letter. values : of each such body, by letter; of another
    one, too, if it has the same calls but for activations, norms and the like.
    """

    alike: tuple[bool, ...]
    texts: Mapping[str, str]
    values: tuple[Mapping[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Window:
    item: str
    letter: str
    sizes: tuple[int, ...]
    strides: tuple[int, ...]


def window_key(name: str) -> str:
    """Where an item's kernel or pooling window stands among the texts that replace its numbers."""
    return f"{name}\x00window"


def stride_key(name: str) -> str:
    """Where an item's stride stands among the texts that replace its numbers."""
    return f"{name}\x00stride"


def setting_letters(main: LayerGraph, bodies: Sequence[LayerGraph]) -> SettingLetters | None:
    """The letters with which one drawing says all bodies that differ in such settings; None where that takes two."""
    alike = _alike(main, bodies)
    rows = [_windows(body) for body, same in zip(bodies, alike, strict=True) if same]
    columns: dict[str, tuple[tuple[int, ...], ...]] = {}
    texts: dict[str, str] = {}
    for column, drawn in zip(zip(*rows, strict=True), _windows(main), strict=True):
        sizes, strides = tuple(one.sizes for one in column), tuple(one.strides for one in column)
        wanted = [(drawn.letter, sizes, window_key(drawn.item))] if len(set(sizes)) > 1 else []
        if len(set(strides)) > 1 and not (drawn.letter == POOL and strides == sizes):
            wanted.append((STRIDE, strides, stride_key(drawn.item)))
        for letter, values, key in wanted:
            if columns.setdefault(letter, values) != values:
                return None
            texts[key] = letter
    told = iter([{one: _text(column[row], one) for one, column in columns.items()} for row in range(len(rows))])
    read = [next(told) if same else _read_off(main, body, texts) for body, same in zip(bodies, alike, strict=True)]
    return SettingLetters(alike, texts, tuple(read))


def _alike(main: LayerGraph, bodies: Sequence[LayerGraph]) -> tuple[bool, ...]:
    """Which bodies are the main one but for settings, and lengths of rows where there are letters for these."""
    form = usual_body_form(main)
    alike = [body is main or usual_body_form(body) == form for body in bodies]
    rows = {tuple(map(length_of, body.items())) for body, same in zip(bodies, alike, strict=True) if same}
    if len({column for column in zip(*rows, strict=True) if len(set(column)) > 1}) <= len(COUNTS):
        return tuple(alike)
    usual = _unit_rows(main)
    return tuple([same and _unit_rows(body) == usual for body, same in zip(bodies, alike, strict=True)])


def length_of(item: Item) -> int:
    """How many equal units or blocks a row holds; 1 for anything else."""
    return copies_in(item) if isinstance(item, Run) else 1


def _unit_rows(body: LayerGraph) -> list[int]:
    return [length_of(item) for item in body.items() if _is_plain(item)]


def _read_off(main: LayerGraph, body: LayerGraph, texts: Mapping[str, str]) -> dict[str, str]:
    """What letters are in a body of another form, if all its calls that bear one stand for those of the main one."""
    if not texts:
        return {}
    if _calls(main) == _calls(body):
        pairs = list(zip(_windows(main), _windows(body), strict=True))
    else:
        own, stands_for = {one.item: one for one in _windows(body)}, difference(main, body).pairs
        pairs = [(one, own[at]) for one in _windows(main) if (at := stands_for.get(one.item)) in own]
        if {key.partition("\x00")[0] for key in texts} - {one.item for one, _ in pairs}:
            return {}
    found: dict[str, set[str]] = {}
    for drawn, one in pairs:
        for key, sizes in ((window_key(drawn.item), one.sizes), (stride_key(drawn.item), one.strides)):
            if letter := texts.get(key):
                found.setdefault(letter, set()).add(_text(sizes, letter))
    return {letter: told.pop() for letter, told in found.items() if len(told) == 1}


def _calls(body: LayerGraph) -> list[tuple[str, str]]:
    """Class of each item, and of its main call; of none that only drops out, which has no window."""
    heads = [(item, anchor(_one_of(item)) if _is_plain(item) else None) for item in body.items()]
    told = [(type(item).__name__, called(head).op if head else "") for item, head in heads]
    return [one for one in told if family(one[1]) != "dropout"]


def _text(sizes: tuple[int, ...], letter: str) -> str:
    """``3×3``; a stride that is the same along all axes is one number."""
    return "×".join(map(str, sizes if letter != STRIDE or len(set(sizes)) > 1 else sizes[:1]))


_USUAL: WeakKeyDictionary[LayerGraph, tuple[object, ...]] = WeakKeyDictionary()


def usual_body_form(body: LayerGraph) -> tuple[object, ...]:
    """Equal for bodies that differ in the windows and strides of their units, and in how many stand in a row, alone."""
    if (known := _USUAL.get(body)) is not None:
        return known
    held = [strides_of(item.body) for item in body.items() if isinstance(item, Composite) and not _is_plain(item)]
    plain = [node for item in body.items() if _is_plain(item) for node in item_leaves(item)]
    held += [tuple(sizes_of(node.config["strides"])) for node in plain if _strides_otherwise(node)]
    rows = body_rows(body, _usual_form)
    return _USUAL.setdefault(body, (*rows, *held))


def _strides_otherwise(node: Node) -> bool:
    """Whether a call that is no convolution or pooling strides, which no letter says."""
    return bool(node.config.get("strides")) and family(node.op) not in ("conv", "pool")


def are_placed_alike(one: LayerGraph, other: LayerGraph) -> bool:
    """Whether items at equal places of two bodies stand for each other."""
    return body_form(one) == body_form(other) or usual_body_form(one) == usual_body_form(other)


def _usual_form(item: Item) -> str:
    if _is_plain(item):
        pads = sum(family(node.op) == "pad" for node in item_leaves(_one_of(item)))  # a call more, where one strides
        return f"{usual_form(_one_of(item))} {pads}"
    if not isinstance(item, Composite) or isinstance(item, Idiom):
        return item_form(item)
    blocks = item.body.items() if isinstance(item, Run) else [item]
    forms = [usual_body_form(block.body) if isinstance(block, Composite) else item_form(block) for block in blocks]
    return f"{item_form(item)} {[form for form, _ in groupby(forms)]}"  # how many there are is a parameter


def _is_plain(item: Item) -> bool:
    """Whether an item is a call, a unit, or a row of equal ones."""
    if isinstance(item, Run):
        return not item.type
    return isinstance(item, Node | Unit) and not isinstance(item, Idiom)


def _one_of(item: Item) -> Item:
    return next(iter(item.body.items())) if isinstance(item, Run) else item


def _windows(body: LayerGraph) -> list[_Window]:
    """The windows of the units and calls of a body, in order."""
    plain = [(name, node) for name in body if _is_plain(item := body.item(name)) for node in item_leaves(_one_of(item))]
    calls = [(name, called(node)) for name, node in plain if not is_silent(node)]
    return [_window(name, node) for name, node in calls if family(node.op) in ("conv", "pool")]


def _window(name: str, node: Node) -> _Window:
    sizes, given, pools = window_of(node), node.config.get("strides"), family(node.op) == "pool"
    strides = sizes_of(given) if given else sizes if pools else [1]
    strides = strides if len(strides) == len(sizes) else strides[:1] * len(sizes)
    return _Window(name, POOL if pools else KERNEL, sizes, tuple(strides))
