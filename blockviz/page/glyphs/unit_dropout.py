"""Dropout inside a unit, in a box: its rate, and where it stands among normalisation and activation."""

from __future__ import annotations

from blockviz.ir import Item, Node, Unit
from blockviz.ops.families import family
from blockviz.page.glyphs.label import Label
from blockviz.page.glyphs.unit_label import in_order, label_of, recipe_word
from blockviz.runtime.records import replace


def with_dropout(label: Label, item: Item) -> Label:
    """A label that says the dropout in its unit, and behind it whatever follows it there, be it usual or not.

    What stands before it goes without saying as far as the legend says it.
    """
    nodes = [inner for inner in item.body.items() if isinstance(inner, Node)] if isinstance(item, Unit) else []
    drops = [number for number, node in enumerate(nodes) if family(node.op) == "dropout"]
    if not drops or label.family not in ("conv", "dense"):
        return label
    behind = tuple(recipe_word(node) for node in nodes[drops[-1] + 1 :] if family(node.op) in ("norm", "act"))
    tail = label.tail
    for word in reversed(behind):
        tail = tail.removesuffix(word).rstrip(" ,+")
    dropped = label_of(nodes[drops[-1]]).text
    return replace(label, tail=in_order(", ".join(filter(None, (tail, dropped))), behind))
