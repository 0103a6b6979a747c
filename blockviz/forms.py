"""Forms of block bodies, and in what two copies of a block differ."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache, lru_cache
from weakref import WeakKeyDictionary

from blockviz.ir import Block, Item, LayerGraph, Node, item_leaves, leaves
from blockviz.ops import activation_of, anchor, family, form_label, is_depthwise, is_neutral, merge_name
from blockviz.records import dataclass


def is_silent(node: Node) -> bool:
    """Whether a call in a unit makes no difference: padding, the inner end of a nested model, an identity."""
    return family(node.op) in ("pad", "input") or is_neutral(node)


@lru_cache(maxsize=4096)
def item_form(item: Item) -> str:
    """Width-free label of an item; a block counts by its type, a unit by its calls, padding apart."""
    if not isinstance(item, Block):
        return form_label(item)
    if item.kind == "unit":
        return "[" + " ".join(form_label(node) for node in item_leaves(item) if not is_silent(node)) + "]"
    return f"<{item.kind} {item.type}>"


_FORMS: WeakKeyDictionary[LayerGraph, tuple[object, ...]] = WeakKeyDictionary()  # bodies never change once made


def body_form(body: LayerGraph) -> tuple[object, ...]:
    """Equal for two bodies that are isomorphic with equal wiring and equal width-free labels."""
    if (known := _FORMS.get(body)) is not None:
        return known
    at = {name: position for position, name in enumerate(body)}
    entry = {port: number for number, ports in enumerate(body.entries) for port in ports}
    rows = []
    for position, (name, item) in enumerate(zip(body, body.items(), strict=True)):
        refs = [(to, position - at[source], out) for to, source, out in body.operand_list(name)]
        refs += [(to, -1 - number, 0) for (reader, to), number in entry.items() if reader == name]
        rows.append((item_form(item), tuple(sorted(refs))))
    return _FORMS.setdefault(body, tuple(rows))


_STRIDES: WeakKeyDictionary[LayerGraph, tuple[int, ...]] = WeakKeyDictionary()


def strides_of(body: LayerGraph) -> tuple[int, ...]:
    """The largest stride of each call that has one, in order."""
    if (known := _STRIDES.get(body)) is not None:
        return known
    found = tuple(max(_ints(node.config["strides"])) for item in body.items() for node in item_leaves(item)
                  if node.config.get("strides"))  # fmt: skip
    return _STRIDES.setdefault(body, found)


def _ints(value: object) -> list[int]:
    if isinstance(value, list | tuple):
        return [int(v) for v in value if isinstance(v, int)] or [1]
    return [value] if isinstance(value, int) else [1]


_MANY = 3  # differences that can still be listed


@dataclass(frozen=True, slots=True)
class Difference:
    """What a copy has that the main form lacks (``added``), the reverse, and what changed, as item ids."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]


def difference(main: LayerGraph, other: LayerGraph) -> Difference:
    """Align two bodies by the forms of their items, whichever activation they have.

    Items that differ in their activation, and items of one family at the same place, count as changed.
    """
    left, right = list(main), list(other)
    matcher = SequenceMatcher(None, _plain_forms(main), _plain_forms(other), autojunk=False)
    added: list[str] = []
    removed: list[str] = []
    changed: list[tuple[str, str]] = []
    for tag, a0, a1, b0, b1 in matcher.get_opcodes():
        gone, new = left[a0:a1], right[b0:b1]
        if tag == "equal":
            pairs = zip(gone, new, strict=True)
            changed += [(one, two) for one, two in pairs if item_form(main.item(one)) != item_form(other.item(two))]
            continue
        while gone and new and _kind(main.item(gone[0])) == _kind(other.item(new[0])):
            changed.append((gone.pop(0), new.pop(0)))
        removed += gone
        added += new
    return Difference(tuple(added), tuple(removed), tuple(changed))


def _plain_forms(body: LayerGraph) -> list[str]:
    return [
        " ".join(form_label(node, activation=False) for node in item_leaves(item) if not is_silent(node))
        if isinstance(item, Node) or item.kind == "unit"
        else item_form(item)
        for item in body.items()
    ]


def _kind(item: Item) -> str:
    head = anchor(item)
    return "block" if head is None else family(head.op)


def describe_difference(main: LayerGraph, other: LayerGraph) -> str:
    """A few words that say in what a copy differs: ``projection shortcut, stride 2``.

    Returns ``""`` if nothing worth a line differs.
    """
    words = list(dict.fromkeys(_structure_words(main, other)))
    if len(words) > _MANY:
        words = [_in_numbers(main, other)]
    if not any("pooling" in word for word in words):  # whose stride goes without saying
        words += _stride_words(main, other)
    if words:
        words += _setting_words(main, other)
    return ", ".join(dict.fromkeys(words))


def _in_numbers(main: LayerGraph, other: LayerGraph) -> str:
    """For copies in which too much differs to be listed: how much, and where."""
    found = difference(main, other)
    entering = any(port[0] in found.added for ports in other.entries for port in ports)
    more = sum(1 for _ in leaves(other)) - sum(1 for _ in leaves(main))
    count = f"{abs(more)} layers {'more' if more > 0 else 'fewer'}" if more else "other layers"
    return f"another input path, {count}" if entering else count


def _structure_words(main: LayerGraph, other: LayerGraph) -> Iterable[str]:
    found = difference(main, other)
    gone = [main.item(name) for name in found.removed]
    lost = {merge_name(node.op) for item in gone for node in item_leaves(item) if family(node.op) == "merge"}
    if "Add" in lost:
        yield "no shortcut"
    elif "Concatenate" in lost:
        yield "no concatenation"
    if any(family(node.op) == "global" for item in gone for node in item_leaves(item)) and "Multiply" in lost:
        yield "no squeeze-and-excitation"
        gone = [item for item in gone if _kind(item) not in ("global", "reshape", "merge", "act", "conv", "dense")]
    for name in found.added:
        yield _added_word(other, name)
    for item in gone:
        if word := _removed_word(item, "Add" in lost):
            yield word
    for before, after in found.changed:
        yield from _changed_words(main.item(before), other.item(after))


def _added_word(body: LayerGraph, name: str) -> str:
    item = body.item(name)
    head = anchor(item)
    readers = [body.item(reader) for reader in body.succ[name]]
    joins = any(isinstance(reader, Node) and merge_name(reader.op) == "Add" for reader in readers)
    enters = any(port[0] == name for ports in body.entries for port in ports)
    if joins and head is not None and family(head.op) in ("conv", "dense"):
        return "projection shortcut"
    if joins and enters and head is not None and family(head.op) == "pool":
        return "pooled shortcut"
    return f"with {short_name(item)}"


def _removed_word(item: Item, no_shortcut: bool) -> str:
    head = anchor(item)
    kind = "" if head is None else family(head.op)
    if kind == "merge" or (kind == "dropout" and no_shortcut):
        return ""
    return f"no {short_name(item)}"


def _changed_words(before: Item, after: Item) -> Iterable[str]:
    old, new = list(item_leaves(before)), list(item_leaves(after))
    old_forms, new_forms = {form_label(n) for n in old}, {form_label(n) for n in new}
    for node in new:
        if (
            family(node.op) == "act"
            and form_label(node) not in old_forms
            and any(f.startswith("act:") for f in old_forms)
        ):
            yield f"{short_name(node)} for {next(short_name(n) for n in old if family(n.op) == 'act')}"
            return
    for node in new:
        if form_label(node) not in old_forms and family(node.op) not in ("norm", "pad"):
            yield short_name(node)
            return
    for node in old:
        if form_label(node) not in new_forms and family(node.op) != "pad":
            yield f"no {short_name(node)}"
            return


def _stride_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    usual, here = max(strides_of(main), default=1), max(strides_of(other), default=1)
    return [f"stride {here}"] if here != usual else []


def _setting_words(main: LayerGraph, other: LayerGraph) -> Iterable[str]:
    """Settings of calls of no known family (a scale, a rate) in which a copy differs."""
    usual = {(node.op, key): value for key, value, node in _settings(main)}
    for key, value, node in _settings(other):
        if usual.get((node.op, key), value) != value:
            yield f"{key} {value:g}"


def _settings(body: LayerGraph) -> Iterable[tuple[str, float, Node]]:
    for item in body.items():
        for node in item_leaves(item):
            if family(node.op) == "other":
                for key, value in node.config.items():
                    if isinstance(value, int | float) and not isinstance(value, bool):
                        yield key, value, node


def short_name(item: Item) -> str:
    """A few words for an item: ``1×1 conv``, ``ReLU``, ``max pooling``."""
    head = anchor(item)
    if head is None:
        return "block"
    kind = family(head.op)
    if kind == "augment" and isinstance(item, Block):
        return "augmentation"
    if kind == "conv":
        sizes = _ints(head.config.get("kernel_size"))
        kernel = "×".join(map(str, sizes)) if len(sizes) > 1 else f"{sizes[0]}-wide"
        return f"{kernel} {'depthwise ' if is_depthwise(head) else ''}conv"
    if kind == "act":
        return activation_title(activation_of(head))
    words = {"dense": "dense layer", "norm": "normalisation", "dropout": "dropout", "pad": "padding",
             "pool": "pooling", "global": "global pooling", "resize": "upsampling"}  # fmt: skip
    return words.get(kind, merge_name(head.op).lower() if kind == "merge" else head.op)


@cache
def activation_title(name: str) -> str:
    """An activation's name as papers write it."""
    known = {"relu": "ReLU", "relu6": "ReLU6", "leaky_relu": "leaky ReLU", "prelu": "PReLU", "elu": "ELU",
             "gelu": "GELU", "silu": "SiLU", "hard_silu": "hard-swish", "hard_sigmoid": "hard sigmoid",
             "selu": "SELU", "mish": "Mish"}  # fmt: skip
    return known.get(name, name)


def most_common_form(bodies: Sequence[LayerGraph]) -> LayerGraph:
    """The body whose form is the most frequent, the longer one of two; then by strides; the first such."""
    forms = [body_form(body) for body in bodies]
    form = max(dict.fromkeys(forms), key=lambda found: (forms.count(found), len(found)))
    same = [body for body, f in zip(bodies, forms, strict=True) if f == form]
    strides = [strides_of(body) for body in same]
    usual = max(dict.fromkeys(strides), key=strides.count)
    return same[strides.index(usual)]
