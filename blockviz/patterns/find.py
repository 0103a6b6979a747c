"""Where idioms occur in a layer graph: values are made call by call, and what defines an idiom is sought in them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from itertools import islice
from typing import Any

from blockviz.ir import UNKNOWN, LayerGraph, Node, Occurrence, Port, Shape, is_input
from blockviz.ops.families import family
from blockviz.patterns.axes import Axis, Group, resolved
from blockviz.patterns.conditions import CONDITIONS, attribute
from blockviz.patterns.cores import core
from blockviz.patterns.entries import Entry, entries_with
from blockviz.patterns.found import Found
from blockviz.patterns.functions import agree, function_samples, samples_of
from blockviz.patterns.lowering import Lowering
from blockviz.patterns.matching import matches, plain, readings
from blockviz.patterns.members import interior, leaves_of
from blockviz.patterns.notation import Term
from blockviz.patterns.rooted import Rooted, candidates, early_entries, late_entries
from blockviz.patterns.rules import RULES
from blockviz.patterns.telling import may_hold_idioms
from blockviz.patterns.values import Key, Tensor
from blockviz.runtime.records import dataclass, field


@dataclass(frozen=True, slots=True, eq=False)
class _Hit:
    """An entry that holds: the calls that make it up in topological order, and its attributes."""

    entry: Entry
    calls: tuple[str, ...]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    box: str = ""


def find_idioms(graph: LayerGraph, own: tuple[Entry, ...] = ()) -> list[Occurrence]:
    """All occurrences, in the order of their last calls; of two that overlap only the larger.

    ``own`` : idioms of the user, which go first.
    """
    if not own and not may_hold_idioms(graph):
        return []
    return [_occurrence(hit) for hit in _Search(graph, own).run()]


def _occurrence(hit: _Hit) -> Occurrence:
    entry = hit.entry
    return Occurrence(
        entry.name, hit.calls, hit.attributes, entry.family, hit.box or entry.box, entry.references, entry.alike
    )


_MOST_WAYS = 12


class _Search:
    def __init__(self, graph: LayerGraph, own: tuple[Entry, ...] = ()) -> None:
        self.graph = graph
        self.lowering = Lowering(graph, RULES)
        self.at = {name: place for place, name in enumerate(graph)}
        self.found: list[_Hit] = []
        self.apart: set[str] = set()
        self.exits = set(graph.exits)
        ops = {item.op for item in graph.items() if isinstance(item, Node)}
        self.entries = (*own, *entries_with(ops))
        self.functions, self.early = early_entries(self.entries)
        self.late: Rooted = {}
        self.cores: dict[str, list[Entry]] = {}
        self.given: set[str] = set()
        self.named: list[tuple[Port, Tensor, Entry, Mapping[str, Any]]] = []

    def run(self) -> list[_Hit]:
        for name in self.graph:
            for out, tensor in enumerate(self.lowering.lower(name)):
                self._early((name, out), tensor)
        self.given = {call for value in self.lowering.store.values if value.given for call in value.calls}
        for early in self.named:
            self._note(*early)
        present = {op for value in self.lowering.store.values for op, _ in readings(value)}
        present |= self._facts()
        self.late, self.cores = late_entries(self.entries, present)
        if not self.late and not self.cores:
            return self._largest()
        for port, tensor in self.lowering.tensors.items():
            self._late(port, tensor)
        return self._largest()

    def _facts(self) -> set[str]:
        """What some structural tests need besides operations: layers called again, tensors cut from training."""
        calls = max((item.call for item in self.graph.items() if isinstance(item, Node)), default=1)
        found = {"#three calls"} if calls > 2 else set()
        found |= {"#two calls"} if calls > 1 else set()
        return found | ({"#stopped"} if self.lowering.stopped else set())

    # ---- values with a name of their own, found as they are made

    def _early(self, port: Port, tensor: Tensor) -> None:
        value = tensor.value
        if tensor.views or value.given or value.aka or (value.op not in ("poly", "scale", "fn", "mean", "concat")):
            return
        if value.op == "poly" or (value.op == "fn" and value.args[0].value.op in ("poly", "fn")):
            self._function(port, tensor)
        for entry, term in candidates(self.early, value.op, value):
            if value.aka:
                break
            if (env := _env(entry, term, tensor)) is not None:
                self._name(port, tensor, entry, env)

    def _function(self, port: Port, tensor: Tensor) -> None:
        value = tensor.value
        if value.op == "poly" and (len(value.terms) == 1 and len(value.args) == 1 and not _is_computed(value.args[0])):
            return  # a multiple or a power: too plain to be worth the values
        for base, values in samples_of(tensor).items():
            if base == tensor.key:
                continue
            for entry in self.functions:
                if value.op == "fn" and value.attrs["name"] == entry.gives:
                    continue
                if agree(values, function_samples(entry.function), scaled=entry.scaled):
                    whole = self._tensor(base)
                    if not self._is_private(port, tensor, whole):
                        break
                    value.aka[entry.gives] = (whole,)
                    value.shut = True
                    self.named.append((port, tensor, entry, {"x": whole}))
                    return

    def _is_private(self, port: Port, tensor: Tensor, base: Tensor) -> bool:
        """Whether what lies between a function and what it is of is read by it alone."""
        inside = {call for call in interior(tensor, {base.key}) if call in self.at} | {port[0]}
        return all(reader in inside for call in inside - {port[0]} for reader in self.graph.succ[call])

    def _tensor(self, key: Key) -> Tensor:
        value = self.lowering.store.values[key[0]]
        return Tensor(value, value.dims)

    def _name(self, port: Port, tensor: Tensor, entry: Entry, env: Mapping[str, Any]) -> None:
        tensor.value.aka[entry.gives] = tuple(
            [item for name, item in env.items() if isinstance(item, Tensor) and name[1:2] != "_" and name[0] != "~"][:1]
        )
        tensor.value.shut = True
        self.named.append((port, tensor, entry, env))

    # ---- the others, once all values are made

    def _late(self, port: Port, tensor: Tensor) -> None:
        for name, found in self.cores.items():
            for hit in core(name)(self.lowering, port, tensor):
                entry = next((one for one in found if all(hit.facts.get(k) == v for k, v in one.when.items())), None)
                if entry is not None and (calls := self._calls(port, tensor, hit.leaves, entry, hit)) is not None:
                    self._add(entry, calls, hit.attributes)
                    plain(tensor).value.aka.setdefault(name, hit.leaves)
        if tensor.views:
            return
        value = tensor.value
        roots = [tensor] if value.op != "poly" or len(value.terms) > 1 else [tensor, plain(tensor)]
        for root in roots:
            for op in dict.fromkeys([root.value.op, *[op for op, _ in readings(root.value)]]):
                for entry, term in candidates(self.late, op, root.value):
                    env = _env(entry, term, root)
                    if env is not None and self._note(port, tensor, entry, env):
                        roots[-1].value.aka.setdefault(
                            entry.key.replace("-", "_"), tuple(map(plain, leaves_of(env)))[:1]
                        )
                        return

    def _note(self, port: Port, tensor: Tensor, entry: Entry, env: Mapping[str, Any]) -> bool:
        calls = self._calls(port, tensor, tuple(leaves_of(env)), entry)
        if calls is None:
            return False
        self._add(entry, calls, _attributes(entry, env))
        return True

    def _add(self, entry: Entry, calls: tuple[str, ...], attributes: Mapping[str, Any]) -> None:
        if entry.apart:
            self.apart.update(calls)
        elif not self.apart.isdisjoint(calls):
            calls = tuple([call for call in calls if call not in self.apart])
            if len(calls) < entry.calls:
                return
        own = self._unshared(calls) if entry.shares else calls
        if len(own) < max(2, entry.calls):
            own = calls
        self.found.append(_Hit(entry, own, attributes, "" if own == calls else "late"))

    def _unshared(self, calls: tuple[str, ...]) -> tuple[str, ...]:
        """The calls behind those that others read as well."""
        members = set(calls)
        pending = [call for call in calls[:-1] if not members.issuperset(self.graph.succ[call])]
        outside: set[str] = set()
        while pending:
            call = pending.pop()
            outside.add(call)
            pending += [source for source in self.graph.pred[call] if source in members and source not in outside]
        return tuple([call for call in calls if call not in outside])

    # ---- the calls of an occurrence

    def _calls(
        self, port: Port, root: Tensor, leaves: Sequence[Tensor], entry: Entry, hit: Found | None = None
    ) -> tuple[str, ...] | None:
        """The calls between leaves and root, with what else only they read; None where they are too few."""
        leaves = [*leaves, *map(plain, leaves)]
        stops = {leaf.key for leaf in leaves}
        inside = interior(root, stops) if root.key not in stops else dict.fromkeys(root.views)
        if not inside:
            return None
        members = {call for call in inside if call in self.at}
        members.add(port[0])
        if root.views:
            members.update(root.views)
        blocked = {call for leaf in leaves for call in leaf.value.calls} - set(inside)
        members -= blocked
        if not entry.gives and (last := self._dropout_behind(port)) is not None:
            members.add(last)
        if entry.rearranges or (hit is not None and hit.rearranges):
            first = self.graph.item(min(members, key=self.at.__getitem__))
            shape = first.inputs[0] if entry.gives and first.inputs else UNKNOWN  # a function gives back what it read
            self._follow(port, members, leaves, shape, always=hit is not None and self._whole(hit, members))
        before = {call for leaf in leaves for call in leaf.value.calls}
        self._drop_shared(members, before)
        self._close(members, before)
        members = {call for call in self._connected(members, port[0]) if not self._is_silent(call)}
        if entry.formulas:
            self._drop_views_before(members, always=entry.family == "conv")
        if len(members) < entry.calls:
            return None
        return tuple(sorted(members, key=self.at.__getitem__))

    def _drop_shared(self, members: set[str], before: set[str]) -> None:
        """Take away what is not made of the leaves, in ``before``, and is read by others: a mask for several layers."""
        made = set[str]()
        for call in sorted(members, key=self.at.__getitem__):
            if any(source in made or source in before for source in self.graph.pred[call]):
                made.add(call)
        for call in sorted(members - made, key=self.at.__getitem__, reverse=True) if made else ():
            if call not in self.given and not members.issuperset(self.graph.succ[call]):
                members.remove(call)

    def _connected(self, members: set[str], root: str) -> set[str]:
        """The members that lead to the root, or behind it, through members: equal calls elsewhere do not."""
        found, pending = {root}, [root]
        while pending:
            name = pending.pop()
            for other in (*self.graph.pred[name], *(self.graph.succ[name] if self.at[name] >= self.at[root] else ())):
                if other in members and other not in found:
                    found.add(other)
                    pending.append(other)
        return found

    def _drop_views_before(self, members: set[str], *, always: bool) -> None:
        """Take away the views in front: how the input of a convolution was arranged is another matter, as is what
        others read, too."""
        for call in sorted(members, key=self.at.__getitem__):
            item = self.graph.item(call)
            views = isinstance(item, Node) and item.op in _ARRANGING and not members & set(self.graph.pred[call])
            views = views and (always or not members.issuperset(self.graph.succ[call]))
            if views and call not in self.given and len(members) > 1:
                members.remove(call)

    def _is_silent(self, call: str) -> bool:
        return is_input(self.graph.item(call))

    def _close(self, members: set[str], blocked: set[str]) -> None:
        """Add what is read by members alone: views of what enters, masks, constants, parameters."""
        pending = [call for call in members if call not in blocked]
        while pending:
            for source in self.graph.pred[pending.pop()]:
                if source in members or source in blocked or not self._may_join(source):
                    continue
                if all(reader in members for reader in self.graph.succ[source]):
                    members.add(source)
                    pending.append(source)

    def _may_join(self, name: str) -> bool:
        item = self.graph.item(name)
        if not isinstance(item, Node) or name in self.graph.exit_names:
            return False
        return name in self.given or (item.op != "InputLayer" and not item.layer.params and family(item.op) != "pool")

    def _whole(self, hit: Found, members: Iterable[str]) -> bool:
        """Whether all views behind the root belong to it: the result has a shape of its own, or was turned before."""
        turned = any(family(self.graph.item(call).op) == "reshape" for call in members)  # type: ignore[union-attr]
        return (
            bool(hit.facts.get("pooled"))
            or hit.facts.get("merging") is False
            or (bool(hit.facts.get("back")) and turned)
        )

    def _dropout_behind(self, port: Port) -> str | None:
        """The dropout that alone reads the root."""
        readers = list(self.graph.succ[port[0]])
        item = self.graph.item(readers[0]) if len(readers) == 1 and port[0] not in self.graph.exit_names else None
        return readers[0] if isinstance(item, Node) and family(item.op) == "dropout" else None

    def _is_back(self, name: str, leaves: Iterable[Tensor]) -> bool:
        """Whether a call gives a tensor as it entered: the same axes of space at the same places, or the same shape."""
        here = [_spaces(group) for group in self.lowering.tensors[name, 0].dims]
        for leaf in leaves:
            there = [_spaces(group) for group in leaf.value.dims]
            shown = [_spaces(group) for group in leaf.dims]
            if {axis for group in here for axis in group} & {axis for group in there for axis in group}:
                return here == there or (here == shown and {*map(frozenset, shown)} == {*map(frozenset, there)})
        shape = self.graph.item(name).outputs[0]
        made = ([call for call in leaf.value.calls if call in self.at] for leaf in leaves)
        entering = [max(calls, key=self.at.__getitem__) for calls in made if calls]  # a sum's terms don't enter
        return any(shape == self.graph.item(call).outputs[0] for call in entering)

    def _follow(self, port: Port, members: set[str], leaves: Iterable[Tensor], shape: Shape, *, always: bool) -> None:
        """Add the views behind the root, up to the one that gives the shape of what enters again, or ``always``."""
        if shape is not UNKNOWN:
            members.update(self._views_back(port[0], shape))
            return
        chain, name = [], port[0]
        while always or not self._is_back(name, leaves):
            readers = list(self.graph.succ[name])
            item = self.graph.item(readers[0]) if len(readers) == 1 and name not in self.graph.exit_names else None
            if not isinstance(item, Node) or family(item.op) != "reshape" or item.op in ("GetItem", "Split"):
                if not always:
                    return
                break
            (name,) = readers
            chain.append(name)
        members.update(chain)

    def _views_back(self, name: str, shape: Shape) -> list[str]:
        """The views behind a call up to the one that gives a shape; none if no such one comes."""
        chain: list[str] = []
        while self.graph.item(name).outputs[0] != shape:
            readers = list(self.graph.succ[name])
            item = self.graph.item(readers[0]) if len(readers) == 1 and name not in self.graph.exit_names else None
            if not isinstance(item, Node) or family(item.op) != "reshape" or item.op in ("GetItem", "Split"):
                return []
            (name,) = readers
            chain.append(name)
        return chain

    def _merged(self) -> None:
        """Mixtures that share their experts are one with several gates; a partial sum of one is part of it."""
        several = next((entry for entry in self.entries if entry.when.get("several")), None)
        groups: list[list[_Hit]] = []
        for one in self.found:
            if one.entry.core == "experts":
                group = next((g for g in groups if set(g[0].calls) & set(one.calls)), None)
                if group is None:
                    groups.append([one])
                elif set(one.calls) != set(group[0].calls):
                    group.append(one)
        for found in groups:
            group = [one for one in found if not any(set(one.calls) < set(other.calls) for other in found)]
            if several is not None and len(group) > 1:
                calls = tuple(sorted({call for one in group for call in one.calls}, key=self.at.__getitem__))
                self.found.append(_Hit(several, calls, {**group[0].attributes, "tasks": len(group)}))

    def _largest(self) -> list[_Hit]:
        """Occurrences that lie in no other and overlap with none that was found before them."""
        self._merged()
        order = {entry: place for place, entry in enumerate(self.entries)}
        uses = {(one.entry.key, one.calls) for one in self.found}
        ends = Counter((key, calls[:-1]) for key, calls in uses)
        ended = {
            use for use, count in ends.items() if count > 1 and use in uses
        }  # each of its readers ends it for itself
        found = [one for one in self.found if (one.entry.key, one.calls[:-1]) not in ended]
        ranked = sorted(found, key=lambda one: (-len(one.calls), order[one.entry], -self.at[one.calls[-1]]))
        taken: dict[str, None] = {}
        out = []
        for one in ranked:
            if not any(call in taken for call in one.calls):
                taken.update(dict.fromkeys(one.calls))
                out.append(one)
        return sorted(out, key=lambda one: self.at[one.calls[-1]])


def _is_computed(tensor: Tensor) -> bool:
    """Whether a tensor is a function of another, or a sum with one in it."""
    value = tensor.value
    return value.op == "fn" or (value.op == "poly" and any(arg.value.op == "fn" for arg in value.args))


_ARRANGING = frozenset({"Reshape", "Flatten", "Permute", "Transpose", "Swapaxes", "Moveaxis"})


def _spaces(group: Group) -> list[Axis]:
    return [axis for axis in resolved(group) if axis.kind == "space"]


def _env(entry: Entry, term: Term, tensor: Tensor) -> dict[str, Any] | None:
    """What the names of a formula stand for where it holds, its entry's conditions met."""
    for env in islice(matches(term, tensor, {}), _MOST_WAYS):
        if all(CONDITIONS[name](env, tensor) for name in entry.conditions):
            return env
    return None


def _attributes(entry: Entry, env: Mapping[str, Any]) -> dict[str, Any]:
    found = {key: attribute(text, env) for key, text in entry.attributes.items()}
    return {key: value for key, value in found.items() if value is not None}
