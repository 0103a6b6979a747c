"""Say in a few words in what a copy of a block differs from the main form: ``projection shortcut, stride 2``."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from itertools import combinations

from networkx import ancestors, descendants, has_path

from blockviz.ir import Composite, Idiom, Item, LayerGraph, Node, Run, copies_in, item_leaves, leaves
from blockviz.ops.families import anchor, family, form_label, is_depthwise, looks_back, merge_name
from blockviz.structure.attention_reads import attention_words
from blockviz.structure.canonical_form import (
    difference,
    is_silent,
    item_kind,
    short_name,
    sizes_of,
    strides_of,
    window_words,
)
from blockviz.structure.counted import counted
from blockviz.structure.windows import window_of

_MANY = 3  # differences that can still be listed
_MUCH = 100  # items that a convolution over a window outweighs
_JOINS = {"Subtract": "subtraction", "Multiply": "product", "Maximum": "maximum", "Minimum": "minimum",
          "Average": "average", "Dot": "dot product"}  # fmt: skip
_MINOR = ("norm", "pad", "act", "reshape", "other")  # what need not be said where more is to be said than there is room


def describe_difference(main: LayerGraph, other: LayerGraph) -> str:
    """A few words that say in what a copy differs: ``projection shortcut, stride 2``.

    Returns ``""`` if nothing worth a line differs.
    """
    words = _structure_words(main, other)
    if len(words) > _MANY or (not words and difference(main, other).added):
        words = ["identity shortcut" if _keeps_shortcut(main, other) else difference_in_numbers(main, other)]
    if not any("pooling" in word or "factorised" in word for word in words):  # whose stride goes without saying
        words += _stride_words(main, other)
    if words:
        words += _setting_words(main, other)
    return ", ".join(dict.fromkeys(words))


def _keeps_shortcut(main: LayerGraph, other: LayerGraph) -> bool:
    """Whether all that a copy lacks stands on one way to a sum, behind a convolution: it adds the tensor as it is."""
    found = difference(main, other)
    removed = set(found.removed)
    ends = {name for name in removed if not removed.intersection(main.succ[name])}
    if found.added or found.changed or len(ends) != 1:
        return False
    (end,) = ends
    head, readers = anchor(main.item(end)), list(main.succ[end])
    sums = bool(readers) and all(merge_name(_op(main, reader)) == "Add" for reader in readers)
    return sums and head is not None and family(head.op) in ("conv", "dense")


def is_long(main: LayerGraph, other: LayerGraph) -> bool:
    """Whether two bodies differ in more than a description can list, so that another copy may go by the same words."""
    found = difference(main, other)
    return len(found.added) + len(found.removed) > _MANY


def difference_in_numbers(main: LayerGraph, other: LayerGraph) -> str:
    """For copies in which too much differs to be listed: how many layers they have, and where they differ."""
    found = difference(main, other)
    entering = any(port[0] in found.added for ports in other.entries for port in ports)
    had, has = (sum(1 for _ in leaves(body)) for body in (main, other))
    count = counted(has, "layer") if has != had else "other layers"
    return f"another input path, {count}" if entering else count


def _structure_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    found = difference(main, other)
    gone = [main.item(name) for name in found.removed]
    # a mask that is added joins nothing
    joining = [item for item in gone if isinstance(item, Composite) or _tensors(main, item.id) > 1]
    lost = {merge_name(node.op) for item in joining for node in item_leaves(item) if family(node.op) == "merge"}
    got = {merge_name(_op(other, name)) for name in found.added}
    words = attention_words(main, other)
    if "Add" in lost and "Concatenate" in got:
        words.append("concatenation for addition")
    elif "Add" in lost:
        closing = any(_is_shortcut(main, name) for name in found.removed)
        sums = [_joins(main, "Add", closing), _joins(other, "Add", closing)]
        words += _fewer("shortcut" if closing else "addition", *sums)
    if "Concatenate" in lost:
        words += _fewer("concatenation", _joins(main, "Concatenate"), _joins(other, "Concatenate"))
    if any(family(node.op) == "global" for item in gone for node in item_leaves(item)) and "Multiply" in lost:
        words.append("no squeeze-and-excitation")
        gone = [item for item in gone if item_kind(item) not in ("global", "reshape", "merge", "act", "conv", "dense")]
    expands = [name for name in found.removed if _expands(main, name)]
    if expands:
        words.append("no expansion")
        gone = [item for item in gone if item.id not in expands]
    if "Add" not in lost and (projected := _lost_projections(main, other)):
        words.append("identity shortcut")
        gone = [item for item in gone if item.id not in projected]
    attending = [name for name in found.added if _attends(other.item(name))]
    if len(attending) == sum(map(_attends, gone)) == 1:  # one of another kind stands in its place
        word = short_name(other.item(attending[0]))
        words.append(word[:1].lower() + word[1:])
        gone = [item for item in gone if not _attends(item)]
    else:
        attending = []
    named, added = _named_parts(other, [name for name in found.added if name not in attending], "Add" in lost)
    words += named
    both = Counter(short_name(other.item(name)) for name in added) & Counter(short_name(item) for item in gone)
    had, has = _names(main), _names(other)
    more = [(added_word(other, name), other.item(name)) for name in added]
    pairs = [(word, item) for word, item in more if not word.startswith("with ") or has[_name(item)] > had[_name(item)]]
    lacking = [
        (word, item)
        for item in gone
        if (name := _removed_name(item, "Add" in lost))
        for word in _fewer(name, had[name], has[name])
    ]
    if not (lacking or words):  # what was joined goes without saying where it is missing, too
        joins = {merge_name(item.op): item for item in joining if isinstance(item, Node)}
        told = [(word, joins[op], _joins(main, op), _joins(other, op)) for op, word in _JOINS.items() if op in joins]
        lacking = [(word, item) for noun, item, *number in told for word in _fewer(noun, *number)]
    pairs += lacking
    changed = [word for a, b in found.changed for word in _changed_words(main.item(a), other.item(b))]
    counts = {
        word for word, item in pairs
        if item_kind(item) in _MINOR and has[_name(item)] and not word.startswith("with ")
    }  # fmt: skip
    every = list(dict.fromkeys([*words, *(word for word, _ in pairs), *changed]))
    every = [word for word in every if word not in counts] or every  # six activations for seven are the least of it
    if len(every) <= _MANY or any(item_kind(item) == "block" for _, item in pairs):
        return every
    telling = [word for word, item in pairs if short_name(item) not in both and item_kind(item) not in _MINOR]
    return list(dict.fromkeys([*words, *telling, *changed]))


def _lost_projections(main: LayerGraph, other: LayerGraph) -> list[str]:
    """The projections of shortcuts that a copy lacks and has no other in place of: it adds the tensor as it is."""
    found = difference(main, other)
    got = {added_word(other, name) for name in found.added} & {"projection shortcut", "pooled shortcut"}
    return [] if got else [name for name in found.removed if added_word(main, name) == "projection shortcut"]


def _attends(item: Item) -> bool:
    """Whether an item is an attention written out."""
    return isinstance(item, Idiom) and "heads" in item.attributes


def _expands(body: LayerGraph, name: str) -> bool:
    """Whether a pointwise convolution only widens what a depthwise one reads (inverted residuals, MBConv)."""
    head, readers = anchor(body.item(name)), [anchor(body.item(reader)) for reader in body.succ[name]]
    pointwise = head is not None and family(head.op) == "conv" and set(sizes_of(head.config.get("kernel_size"))) == {1}
    return pointwise and bool(readers) and all(one is not None and is_depthwise(one) for one in readers)


def _is_shortcut(body: LayerGraph, name: str) -> bool:
    """Whether an item joins what comes from one tensor on two ways; blocks and units are taken for it."""
    if not isinstance(body.item(name), Node):
        return True
    ways = [{source} | ancestors(body, source) for source in body.pred[name]]
    for ports in body.entries:
        entered = {reader for reader, _ in ports}
        if sum(bool(entered & way) for way in ways) + (name in entered) > 1:
            return True
    return any(one & other for one, other in combinations(ways, 2))


def _tensors(body: LayerGraph, name: str) -> int:
    """How many tensors an item of a body reads; constants are none."""
    entering = [port for ports in body.entries for port in ports if port[0] == name]
    return len(body.operand_list(name)) + len(entering)


def _named_parts(body: LayerGraph, added: Sequence[str], concatenates: bool) -> tuple[list[str], list[str]]:
    """What of the added items has a name as a whole, and the items that are left."""
    words, left = [], dict.fromkeys(added)
    ends = [name for name in added if merge_name(_op(body, name)) == "Multiply"]
    for start in [name for name in added if item_kind(body.item(name)) == "global"]:
        inside = next((found for end in ends if (found := _between(body, start, end)) <= set(left)), set())
        if inside:
            words.append("with squeeze-and-excitation")
            left = {name: None for name in left if name not in inside}
    for end in [name for name in added if merge_name(_op(body, name)) == "Concatenate"]:
        before = ancestors(body, end) & set(left)
        if sum(_takes_every_other(body.item(name)) for name in before) > 1:
            words.append("with factorised reduction")  # of two halves, each shifted by a place, as cells of NAS are fed
            after = {name for name in body.succ[end] if item_kind(body.item(name)) == "norm"}
            left = {name: None for name in left if name not in before | after | {end}}
    if any(item_kind(body.item(name)) == "attention" for name in left):
        words.append("with attention")
        around = ("attention", "norm", "reshape")
        left = {n: None for n in left if item_kind(body.item(n)) not in around and merge_name(_op(body, n)) != "Add"}
    for name in [name for name in left if added_word(body, name) == "projection shortcut"]:
        before = ancestors(body, name) & set(left)
        if before:
            words.append("projection shortcut")
            left = {other: None for other in left if other not in before and other != name}
    if concatenates:
        left = {name: None for name in left if merge_name(_op(body, name)) != "Concatenate"}
    return words, list(left)


def _takes_every_other(item: Item) -> bool:
    """Whether an item keeps one place of several and looks at no other."""
    head = anchor(item)
    if head is None or family(head.op) != "pool":
        return False
    return max(window_of(head)) == 1 and max(sizes_of(head.config.get("strides"))) > 1


def _op(body: LayerGraph, name: str) -> str:
    item = body.item(name)
    return item.op if isinstance(item, Node) else ""


def _between(body: LayerGraph, start: str, end: str) -> set[str]:
    """Items on the ways from one item to another, both included; empty where there is none."""
    return {start, end} | (descendants(body, start) & ancestors(body, end)) if has_path(body, start, end) else set()


def added_word(body: LayerGraph, name: str) -> str:
    """What an item that other copies lack is to its block: ``projection shortcut``, or ``with`` its name."""
    item = body.item(name)
    head = anchor(item)
    readers = [body.item(reader) for reader in body.succ[name]]
    joins = readers != [] and all(isinstance(node, Node) and merge_name(node.op) == "Add" for node in readers)
    enters = any(port[0] == name for ports in body.entries for port in ports)
    if joins and head is not None and family(head.op) in ("conv", "dense") and _closes_projection(body, name):
        return "projection shortcut"
    if joins and enters and head is not None and family(head.op) == "pool":
        return "pooled shortcut"
    if head is not None and family(head.op) == "pool" and max(window_of(head)) > 1:
        return f"with {window_words(window_of(head))} pooling"  # another copy may have one of another size
    if isinstance(item, Node) and merge_name(item.op) == "Add":
        return "with shortcut" if _is_shortcut(body, name) else "with addition"
    if isinstance(item, Node) and (joined := _JOINS.get(merge_name(item.op))):
        return f"with {joined}"
    return f"with {short_name(item).replace('concatenate', 'concatenation')}"


def _closes_projection(body: LayerGraph, name: str) -> bool:
    """Whether a sum that an item joins has a projection on the easier of two ways from one tensor.

    Which of the two ends of the ways a comparison of bodies takes for the new one is chance. An idiom is what it is
    called, and no end of a way.
    """
    if isinstance(body.item(name), Idiom):
        return False
    entered = [{reader for reader, _ in ports} for ports in body.entries]
    for sum_ in body.succ[name]:
        ways = [{end} | ancestors(body, end) for end in body.pred[sum_]]
        for one, other in combinations(ways, 2):
            if one & other or any(readers & one and readers & other for readers in entered):
                efforts = [_effort(body, one - other), _effort(body, other - one)]
                if 0 < min(efforts) < max(efforts):
                    return True
    return False


def _effort(body: LayerGraph, way: Iterable[str]) -> int:
    """How much a way does: attention, idioms and convolutions with a window first, then items; 0 without weights."""
    items = [body.item(name) for name in way]
    heads = [(item, anchor(item)) for item in items]
    weighing = [item for item, head in heads if head is not None and family(head.op) in ("conv", "dense")]
    much = [item for item in items if isinstance(item, Idiom) or item_kind(item) == "attention"]
    much += [
        item for item, head in heads if head is not None and family(head.op) == "conv" and max(window_of(head)) > 1
    ]
    return len(much) * _MUCH + len(items) if weighing or much else 0


def _removed_name(item: Item, no_shortcut: bool) -> str:
    """What an item is whose absence must be told; empty where something else tells it."""
    head = anchor(item)
    kind = "" if head is None else family(head.op)
    return "" if kind == "merge" or (kind == "dropout" and no_shortcut) else _name(item)


def _names(body: LayerGraph) -> Counter[str]:
    """How often each kind of item occurs; a run is what it is a run of, as often."""
    found = Counter[str]()
    for item in body.items():
        found[_name(item)] += copies_in(item) if isinstance(item, Run) else 1
    return found


def _name(item: Item) -> str:
    return short_name(next(iter(item.body.items())) if isinstance(item, Run) else item)


def _fewer(name: str, had: int, has: int) -> list[str]:
    """That a copy lacks something, or how much of it it has; nothing where it has as many, elsewhere."""
    if not has:
        return [f"no {name}"]
    return [counted(has, name)] if has < had else []


def _joins(body: LayerGraph, op: str, closing: bool = False) -> int:
    """How many items join tensors so; ``closing`` : only those that close a shortcut."""
    found = [name for name in body if family(_op(body, name)) == "merge" and merge_name(_op(body, name)) == op]
    return sum(not closing or _is_shortcut(body, name) for name in found)


def _changed_words(before: Item, after: Item) -> Iterable[str]:
    if isinstance(before, Idiom) and isinstance(after, Idiom) and before.word != after.word:
        yield after.word[:1].lower() + after.word[1:]  # what both are made of says less
        return
    ratios = [item.attributes.get("reduction") for item in (before, after) if isinstance(item, Idiom)]
    if len(set(ratios)) > 1 and None not in ratios:
        yield f"reduction {ratios[1]}"  # the boxes say ``/8``
        return
    old, new = ([node for node in item_leaves(item) if not is_silent(node)] for item in (before, after))
    masked = [{looks_back(node) for node in nodes if family(node.op) == "attention"} for nodes in (old, new)]
    if all(masked) and masked[0] != masked[1]:
        yield "causal attention" if True in masked[1] else "no causal mask"
        return
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
        if form_label(node) not in old_forms and any(n.op == node.op and family(n.op) == "pool" for n in old):
            yield f"{window_words(window_of(node))} pooling"
            return
        if form_label(node) not in old_forms and family(node.op) != "norm":
            yield f"{'with ' * (family(node.op) == 'dropout')}{short_name(node)}"
            return
    for node in old:
        if form_label(node) not in new_forms:
            yield f"no {short_name(node)}"
            return


def _stride_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    usual, here = max(strides_of(main), default=1), max(strides_of(other), default=1)
    gone = set(difference(main, other).removed)
    left = max((step for item in main.items() if item.id not in gone for step in _steps(item)), default=1)
    return [f"stride {here}"] if here not in (usual, left) else []


def _steps(item: Item) -> Iterable[int]:
    return (step for node in item_leaves(item) for step in sizes_of(node.config.get("strides")))


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
