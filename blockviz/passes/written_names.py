"""The block of the literature that the names of a block's layers say: ``res2net_b3_conv2``, ``csp1_dark``.

Such a word alone is the author's; with the calls that the block of that name needs, all but a kind of them, it is what
the literature says, in its spelling and with its papers.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from itertools import chain, pairwise

from blockviz.ir import LayerGraph, leaves
from blockviz.passes.layer_words import is_given, named_by_hand, own_name
from blockviz.structure.block_forms import form_needs
from blockviz.structure.block_patterns import BlockPattern, block_patterns
from blockviz.structure.labels import kind_of
from blockviz.structure.skeleton import skeleton

_NOUNS = frozenset(["block", "bottleneck", "cell", "layer", "module", "unit"])
_SILENT = frozenset(["and", "in", "of", "the", "with"])
_SHORTEST = 3  # initials that name a block


def written_pattern(bodies: Sequence[LayerGraph], network: Callable[[], LayerGraph]) -> BlockPattern | None:
    """The pattern that the names of all layers of all copies say, if the copies have what it needs but for a kind.

    network : gives all calls, most of which say it, too, where the word is the network's.
    """
    shared: set[str] | None = None
    for body in bodies:
        for node in named_by_hand(body):
            words = set() if is_given(node) else set(_spellings(own_name(node)))
            shared = words if shared is None else shared & words
            if not shared:
                return None
    said = sorted(shared & _written().keys(), key=len, reverse=True) if shared else []
    if not said:
        return None
    kinds = [frozenset([kind_of(str(label)) for _, label in skeleton(body).nodes("label")]) for body in bodies]
    for word in said:
        for pattern in _written()[word]:
            if all(_agrees(pattern, one) for one in kinds):
                return None if _is_everywhere(word, bodies, network()) else pattern
    return None


def _is_everywhere(word: str, bodies: Sequence[LayerGraph], network: LayerGraph) -> bool:
    """Whether most layers outside the copies say a word."""
    inside = {node.layer.name for body in bodies for node in leaves(body)}
    others = [node for node in named_by_hand(network) if node.layer.name not in inside]
    return 2 * sum(word in _spellings(own_name(node)) for node in others) > len(others)


def _spellings(name: str) -> Iterator[str]:
    """The words of a layer's name as they stand and without a number behind, and two that follow each other as one."""
    spaced = re.sub(r"(?<=[a-z])(?=[A-Z])", "_", name).lower()
    words = [word for word in re.split(r"[\W_]+", spaced) if word]
    bare = [re.sub(r"\d+$", "", word) for word in words]
    return chain(words, bare, (before + after for before, after in pairwise(bare)))


@lru_cache(maxsize=1)
def _written() -> Mapping[str, tuple[BlockPattern, ...]]:
    """How names of the literature stand in names of layers, each that one block alone has: ``mbconv``, ``rcab``."""
    found: dict[str, list[BlockPattern]] = {}
    for pattern in block_patterns():
        for word in set(_written_as(pattern.name)) if not pattern.wide else ():
            found.setdefault(word, []).append(pattern)
    return {word: tuple(some) for word, some in found.items() if len({pattern.name for pattern in some}) == 1}


def _written_as(name: str) -> Iterator[str]:
    """The initials and the words of a name, with and without its noun; of one word only what was made up for it."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    whole = [words, words[:-1]] if words[-1] in _NOUNS else [words]
    for said in whole:
        if len(said) > 1 or re.search(r"\d|[a-z][A-Z]|[A-Z]{2}", said[0]):
            yield "".join(said).lower()
        initials = "".join([word[0].lower() for word in said if word not in _SILENT])
        if len(initials) >= _SHORTEST:
            yield initials


def _agrees(pattern: BlockPattern, kinds: frozenset[str]) -> bool:
    """Whether all kinds of calls but one are there that a form, or a graph, of a pattern needs."""
    drawn = [[kind_of(label) for label in re.findall(r"=([^\s>;|]+)", text)] for text, _ in pattern.graphs]
    needs = [*[form_needs(form) for form in pattern.forms], *map(frozenset, drawn)]
    return any(len(need - kinds) <= 1 and need & kinds for need in needs)
