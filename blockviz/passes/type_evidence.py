"""What around and inside its copies speaks for a type's name: skips to a decoder, idioms, classes of composites."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence

from blockviz.ir import Block, Group, Item, LayerGraph, Occurrence, Run, item_leaves, leaves
from blockviz.ops.families import family
from blockviz.runtime.records import dataclass, field
from blockviz.structure.attention_reads import entries_normalised
from blockviz.structure.block_patterns import BlockPattern
from blockviz.structure.traits import traits_of_all


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a graph's types for naming them.

    places : types that stand ``first`` (at inputs of the model only) or ``last`` (at outputs only). skipping : types of
    which a tensor is read by a decoder. idioms : those of the graph. classes : what the author's code calls a type.
    nested : the names of nested models that types are. own : patterns of the user. flat : gives the graph's calls.
    """

    places: Mapping[str, str]
    skipping: frozenset[str] = frozenset()
    idioms: tuple[Occurrence, ...] = ()
    classes: Mapping[str, str] = field(default_factory=dict)
    nested: Mapping[str, str] = field(default_factory=dict)
    own: tuple[BlockPattern, ...] = ()
    flat: Callable[[], LayerGraph] = LayerGraph

    def streams(self, body: LayerGraph) -> dict[int, int]:
        """Entries of a body that give what another gives, normalised, by number: the cut between two blocks may lie
        behind the norm that the second begins with."""
        return entries_normalised(body, self.flat()) if len(body.entries) > 1 else {}

    def around(self, forms: Sequence[LayerGraph], bodies: Sequence[LayerGraph]) -> frozenset[str]:
        """What patterns may ask of the copies of a type together, and of the network: whether it is ``shuffled``.

        forms : a copy of each form. bodies : all copies.
        """
        shuffled = any(one.word == "Channel shuffle" for one in self.idioms)
        return traits_of_all(forms, bodies) | frozenset(["shuffled"] if shuffled else [])


_FAR = 6  # items back from a reader at which an upsampling makes it a decoder


def skipping_types(graph: LayerGraph) -> frozenset[str]:
    """Types of which a tensor is read by a decoder: by what joins it with one that was upsampled, or does so itself."""
    found = set()
    for name, item in zip(graph, graph.items(), strict=True):
        copies = list(item.body.items()) if isinstance(item, Run) else [item]
        types = [copy.type for copy in copies if isinstance(copy, Block | Group)]
        if types and any(_decodes(graph, reader, name) for reader in graph.succ[name]):
            found.update(types)
    return frozenset(found)


def _decodes(graph: LayerGraph, reader: str, source: str) -> bool:
    """Whether a reader joins what it reads from the source with a tensor that was upsampled."""
    others = [name for name in graph.pred[reader] if name != source]
    if not others:
        return False
    pending, seen = [reader], set[str]()
    for _ in range(_FAR):
        if not pending:
            return False
        name = pending.pop(0)
        seen.add(name)
        if _upsamples(graph.item(name)):
            return True
        pending += [other for other in (others if name == reader else graph.pred[name]) if other not in seen]
    return False


def _upsamples(item: Item) -> bool:
    return any(
        family(node.op) == "resize" or ("Transpose" in node.op and family(node.op) == "conv")
        for node in item_leaves(item)
    )


def coinciding_idiom(bodies: Sequence[LayerGraph], idioms: Iterable[Occurrence]) -> Occurrence | None:
    """The idiom that every copy of a type is, a sum, a dropout, an activation or views apart."""
    by_call = {call: one for one in idioms for call in one.calls}
    found: Occurrence | None = None
    for body in bodies:
        nodes = [node for node in leaves(body) if node.op != "InputLayer"]
        here = [by_call[node.id] for node in nodes if node.id in by_call]
        one = max(dict.fromkeys(here), key=here.count, default=None)
        held = {node.id for node in nodes}
        rest = [node for node in nodes if (one is None or node.id not in one.calls)
                and family(node.op) not in ("reshape", "pad")]  # fmt: skip
        if one is None or not held.issuperset(one.calls) or len(rest) > 2 or any(node.layer.params for node in rest):
            return None
        if found is not None and found.word != one.word:
            return None
        found = found or one
    return found
