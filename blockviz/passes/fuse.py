"""Fuse a convolution or dense layer with the padding, normalisation and activation that belong to it.

Legal only where nothing else reads what lies between, so a unit has one input and one output:

1. the earlier call's tensor is read once, by the later call, and is no output of the model;
2. both calls stand in the same nested model;
3. at most one normalisation and one activation follow the anchor, dropout may stand between, and padding precedes it.

A hard sigmoid written out as (x + 3), ReLU6, × 1/6 is one unit, too, and so are random changes to the input that
follow each other (rules 1 and 2): a reader asks whether the data are augmented, and only then how.
"""

from __future__ import annotations

from blockviz.ir import Fold, LayerGraph, Node, Unit, contract
from blockviz.ops.families import activation_of, family, is_neutral, merge_name
from blockviz.runtime.records import dataclass

_ANCHORS = frozenset({"conv", "dense"})
_PADDED = frozenset({"conv", "pool"})
_PASS_THROUGH = frozenset({"InputLayer", "Identity"})


@dataclass(frozen=True, slots=True)
class Fuse:
    """Contract units; calls that take no part stay as they are. ``kept`` : ids of calls that stay on their own."""

    name = "fuse"
    kept: frozenset[str] = frozenset()

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with its units contracted."""
        taken: set[str] = set()
        folds: list[Fold] = []
        kept = self.kept
        exits = frozenset(name for name in graph.exit_names if not graph.edges_from(name))  # no tap splits a unit
        for name in graph:
            if name in taken:
                continue
            members = _unit(graph, name, exits)
            if len(members) > 1 and not taken.intersection(members) and not kept.intersection(members):
                taken.update(members)
                folds.append(Fold(members, _Maker(members[0])))
        return contract(graph, folds)


@dataclass(frozen=True, slots=True)
class _Maker:
    name: str

    def __call__(self, body: LayerGraph) -> Unit:
        return Unit(f"unit:{self.name}", body)


def _unit(graph: LayerGraph, start: str, exits: frozenset[str]) -> list[str]:
    """The chain that begins at ``start`` and is one unit; just ``start`` if it is none."""
    members, at = [start], start
    item = graph.item(at)
    if not isinstance(item, Node):
        return members
    if _is_pass_through(graph, item) or family(item.op) == "pad":
        follower = _only_reader(graph, at, exits)
        wanted = None if follower is None else family(follower.op)
        if follower is None or (family(item.op) == "pad" and wanted not in _PADDED):
            return members
        if family(item.op) != "pad":
            rest = _unit(graph, follower.id, exits)
            return [start, *rest]
        members.append(follower.id)
        item, at = follower, follower.id
    if hard := _hard_sigmoid(graph, item, exits):
        return hard
    kind = family(item.op)
    if kind == "augment":
        return members + _augmenting(graph, item, exits)
    if kind in _ANCHORS or kind == "norm":
        members += _followers(graph, item, exits, allow_norm=kind != "norm")
    return members


def _augmenting(graph: LayerGraph, node: Node, exits: frozenset[str]) -> list[str]:
    """The augmenting calls that follow one another from a node."""
    found: list[str] = []
    at = _only_reader(graph, node.id, exits)
    while at is not None and family(at.op) == "augment":
        found.append(at.id)
        at = _only_reader(graph, at.id, exits)
    return found


def _hard_sigmoid(graph: LayerGraph, node: Node, exits: frozenset[str]) -> list[str]:
    """The calls of ``relu6(x + 3) / 6`` that begin at a node; empty if there are none."""
    if merge_name(node.op) != "Add" or len(node.inputs) != 1:
        return []
    act = _only_reader(graph, node.id, exits)
    if act is None or activation_of(act) != "relu6":
        return []
    scale = _only_reader(graph, act.id, exits)
    if scale is None or merge_name(scale.op) not in ("Multiply", "Divide") or len(scale.inputs) != 1:
        return []
    return [node.id, act.id, scale.id]


def _is_pass_through(graph: LayerGraph, node: Node) -> bool:
    return node.op in _PASS_THROUGH and bool(graph.edges_into(node.id))


def _followers(graph: LayerGraph, node: Node, exits: frozenset[str], *, allow_norm: bool) -> list[str]:
    found: list[str] = []
    allowed = {"norm"} if allow_norm else set()
    if activation_of(node) == "linear":
        allowed.add("act")
    while (follower := _only_reader(graph, node.id, exits)) is not None:
        if "act" in allowed and family(follower.op) == "dropout":
            after = _only_reader(graph, follower.id, exits)
            if after is None or family(after.op) != "act":
                break
        elif not is_neutral(follower) and family(follower.op) not in allowed:
            break
        if follower.op == "LayerScale":  # belongs to the shortcut's branch, not to the convolution's statistics
            break
        if not is_neutral(follower):
            allowed.discard(family(follower.op))
        found.append(follower.id)
        node = follower
    return found


def _only_reader(graph: LayerGraph, name: str, exits: frozenset[str]) -> Node | None:
    """The call that alone reads the node's one tensor (rules 1 and 2), if there is one."""
    readers = graph.edges_from(name)
    if len(readers) != 1 or name in exits:
        return None
    ((reader, data),) = readers.items()
    item = graph.item(reader)
    here = graph.item(name)
    if not isinstance(item, Node) or not isinstance(here, Node) or len(data["operands"]) != 1:
        return None
    if len(item.inputs) > 1 or len(graph.edges_into(reader)) != 1:
        return None
    return item if item.scope == here.scope or family(here.op) == "input" else None
