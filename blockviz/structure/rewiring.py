"""In what two bodies of one type are wired differently, apart from the items that only one of them has."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TypeAlias

from blockviz.ir import Block, Composite, Item, LayerGraph, Run, Unit, expand, holds_blocks, leaves
from blockviz.ops.families import form_label
from blockviz.structure.canonical_form import difference, short_name
from blockviz.structure.counted import counted
from blockviz.structure.difference_words import describe_difference
from blockviz.structure.isomorphism import Judge, commutes

Source: TypeAlias = tuple[str, int]  # (item, output), or ("", number) for what enters the body


def rewired(main: LayerGraph, other: LayerGraph, pairs: Mapping[str, str]) -> list[tuple[str, str]]:
    """Pairs of items that stand for each other and read what does not.

    ``pairs``: item of the main form → item of the other. What only one of the two has is looked through: its reader
    reads what it reads.
    """
    back = {new: old for old, new in pairs.items()}
    entering: dict[int, int] = {}  # the other body's entry → the main form's
    reads, others = _reads(main), _reads(other)
    found = []
    for old, new in pairs.items():
        left = [_behind(reads, source, pairs) for source in reads[old]]
        right = [_behind(others, source, back) for source in others[new]]
        if not _agree(left, right, back, entering, commutes(main.item(old))):
            found.append((old, new))
    return found


def _reads(body: LayerGraph) -> Mapping[str, list[Source]]:
    """Per item the tensors that it reads, in input order."""
    found = {name: [(to, (source, out)) for to, source, out in body.operand_list(name)] for name in body}
    for number, ports in enumerate(body.entries):
        for reader, to in ports:
            found[reader].append((to, ("", number)))
    return {name: [source for _, source in sorted(read)] for name, read in found.items()}


def _behind(reads: Mapping[str, list[Source]], source: Source, known: Mapping[str, str]) -> frozenset[Source]:
    """A tensor, or, where nothing stands for the item that gives it, all tensors that this one reads; linear in wires.

    Each item is looked through once: where all read all before them, there are more paths than one could follow.
    """
    found, seen, pending = set[Source](), {source}, [source]
    while pending:
        tensor = pending.pop()
        if not tensor[0] or tensor[0] in known:
            found.add(tensor)
            continue
        for before in reads[tensor[0]]:
            if before not in seen:
                seen.add(before)
                pending.append(before)
    return frozenset(found)


def _agree(
    left: list[frozenset[Source]],
    right: list[frozenset[Source]],
    back: Mapping[str, str],
    entering: dict[int, int],
    commuting: bool,
) -> bool:
    """Whether operands are the same tensors, each entry of one body standing for one of the other."""
    if len(left) != len(right):
        return False
    rest = list(left)
    for here in right:
        choices = rest if commuting else rest[:1]
        same = [there for there in choices if _meet(there, here, back, entering)]
        if not same:
            return False
        rest.remove(same[0])
    return True


def _meet(left: frozenset[Source], right: frozenset[Source], back: Mapping[str, str], entering: dict[int, int]) -> bool:
    """Whether a tensor of one body stands for one of the other; entries are paired at first sight."""
    if any((back.get(name), out) in left for name, out in right if name):
        return True
    mine = sorted(number for name, number in left if not name)
    for number in sorted(number for name, number in right if not name):
        if (known := entering.get(number)) is not None:
            if known in mine:
                return True
        elif free := [each for each in mine if each not in entering.values()]:
            entering[number] = free[0]
            return True
    return False


def same_calls(main: LayerGraph, other: LayerGraph) -> bool:
    """Whether two bodies hold the same calls, so that nothing but the wiring can set them apart."""
    return sorted(map(form_label, leaves(main))) == sorted(map(form_label, leaves(other)))


def wiring_words(main: LayerGraph, other: LayerGraph) -> list[str]:
    """What is read from elsewhere, in a few words: ``add reads an inner tensor``; empty where nothing is."""
    if same_calls(main, other):  # a chain of equal units may be one box in one of the two only
        main, other = (expand(body, lambda block: isinstance(block, Run) and not block.type) for body in (main, other))
    pairs = difference(main, other).pairs
    words = [_word(main, old, other, new) for old, new in rewired(main, other, pairs)]
    if words and len(other.entries) < len(main.entries) and not difference(main, other).removed:
        words = [f"{len(main.entries)} inputs in one" if len(other.entries) == 1 else "two inputs in one"]
    words += _silent_words(main, other, pairs)
    return list(dict.fromkeys(words))


def _word(main: LayerGraph, old: str, other: LayerGraph, new: str) -> str:
    was, now = _reads(main)[old], _reads(other)[new]
    name = _name(other.item(new))
    if len(was) != len(now):
        return f"{name} of {len(now)} tensors" if len(now) > 1 else f"{name} of one tensor"
    if len(set(now)) < len(set(was)):
        return f"{name} reads one tensor twice"
    if len(set(now)) > len(set(was)):
        return f"{name} reads different tensors"
    outer, usual = (sum(not source[0] for source in read) for read in (now, was))
    if outer < usual:
        return f"{name} reads an inner tensor"
    if outer > usual:
        return f"{name} reads the block's input" if len(other.entries) == 1 else f"{name} reads an outer tensor"
    return f"{name} reads another tensor"


def _name(item: Item) -> str:
    return "inner block" if holds_blocks(item) else short_name(item)


def _silent_words(main: LayerGraph, other: LayerGraph, pairs: Mapping[str, str]) -> Iterator[str]:
    """What no label shows: a padding or an identity in a unit, what differs inside an inner block."""
    judge = Judge()
    for old, new in pairs.items():
        one, two = main.item(old), other.item(new)
        if (row := _row_length(two)) != _row_length(one):
            yield counted(row, short_name(next(iter(two.body.items())) if isinstance(two, Run) else two))
            continue
        if not isinstance(one, Composite) or not isinstance(two, Composite):
            continue
        if judge.number(one.body) == judge.number(two.body):
            continue
        if not isinstance(one, Unit):
            yield _inner_words(_blocks(one), _blocks(two), judge)
            continue
        calls, more = ([short_name(node) for node in item.body.items()] for item in (one, two))
        yield from (f"with {name}" for name in more if name not in calls)
        yield from (f"no {name}" for name in calls if name not in more)


def _row_length(item: Item) -> int:
    """How many equal units an item stands for."""
    return len(item.body) if isinstance(item, Run) and not item.type else 1


def _blocks(item: Composite) -> list[LayerGraph]:
    items = [item] if isinstance(item, Block) else item.body.items()
    return [each.body for each in items if isinstance(each, Block)]


def _inner_words(main: list[LayerGraph], other: list[LayerGraph], judge: Judge) -> str:
    """In what the first inner block that differs does so."""
    pairs = [(a, b) for a, b in zip(main, other, strict=False) if judge.number(a) != judge.number(b)]
    words = describe_difference(*pairs[0]) if pairs else ""
    if words.startswith(("with", "no ", "one ")):
        return f"inner block {words}"
    return f"inner block with {words}" if words and "layers" not in words else "another form of an inner block"
