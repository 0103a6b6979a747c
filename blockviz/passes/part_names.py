"""The name of a module that nobody has a word for: the blocks in it, by their names, and the layers beside them.

``Pre-activation basic blocks and convolution``: a name of more than three parts says less than what the module does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping

from blockviz.ir import BlockType, LayerGraph, Run, copies_in, has_type, item_leaves
from blockviz.runtime.records import replace
from blockviz.structure.ancestry import Ancestry, closes_a_skip
from blockviz.structure.block_rows import inside_phrase, plural
from blockviz.structure.call_labels import label_of
from blockviz.structure.skeleton import module_skeleton

_MOST = 3  # parts that a reader is told
#: Layers beside the blocks, by the kinds of their labels; of what weighs nothing none is told.
_WORDS = {
    "conv": "convolution", "dw": "convolution", "sep": "convolution", "tconv": "transposed convolution",
    "dense": "dense layer", "attn": "attention layer", "cattn": "attention layer", "rnn": "recurrent layer",
    "convlstm": "recurrent layer",
}  # fmt: skip


def named_by_parts(found: BlockType, body: LayerGraph, named: Mapping[str, BlockType]) -> BlockType:
    """A type that is named by what it does, by the names of the blocks in it; as it is where it holds none.

    ``named`` : all types by key. The name is of the literature where all blocks have theirs.
    """
    inner = [item for item in body.items() if has_type(item) and item.type in named]
    if not inner:
        return found
    blocks = Counter[str]()
    for item in inner:
        names = _own_names(named[item.type])
        if not names:
            return found
        blocks.update({name: copies_in(item) for name in names})
    layers = Counter(_layers(body))
    parts = [*blocks.items(), *layers.items()]
    if len(parts) > _MOST:
        return found
    words = [plural(word) if count > 1 else word for word, count in parts]
    skeleton = module_skeleton(body)
    shortcut = " with shortcut" if closes_a_skip(skeleton, Ancestry(skeleton)) else ""
    types = [named[item.type] for item in inner]
    known = all(one.source == "template" for one in types)
    return replace(
        found, name=_joined(words) + shortcut, source="template" if known else "structure",
        reason="named by the blocks in it", references=tuple(dict.fromkeys(p for one in types for p in one.references)),
    )  # fmt: skip


def _own_names(found: BlockType) -> list[str]:
    """A block's name without its number and without what it does, or those of the row that it is; none for what is
    itself but a module."""
    name = re.sub(r" \d+$", "", found.name).partition(",")[0]
    return [] if name in ("Module", "Block", "Merging block") else [_first(part) for part in name.split(" and ")]


def _first(word: str) -> str:
    return word[:1].upper() + word[1:]


def _layers(body: LayerGraph) -> Iterator[str]:
    """The words of the layers with weights that stand beside the blocks of a body."""
    for item in body.items():
        if has_type(item) or (isinstance(item, Run) and item.type):
            continue
        labels = (label_of(node) for node in item_leaves(item) if node.layer.params != 0)
        yield from (_WORDS[kind] for label in labels if label and (kind := label.partition(":")[0]) in _WORDS)


def _joined(words: list[str]) -> str:
    """Words in a row, the first as it is: ``Basic blocks, convolution and dense layers``."""
    rest = [inside_phrase(word) for word in words[1:]]
    return words[0] if not rest else f"{', '.join([words[0], *rest[:-1]])} and {rest[-1]}"
