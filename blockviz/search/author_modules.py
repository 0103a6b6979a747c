"""Blocks where their author's code has them: composites of one class whose insides are alike.

Where composite layers, modules or functions were opened, each call bears the paths of those that made it. A class
that is made again and again is what its author thinks of as a block, and its border is evidence that no rule on the
graph alone can have: attention without it is cut into halves as well as into layers. Which classes are types, and which
are only wrappers or stages, is decided by the length of the description.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence, Set

from blockviz.errors import VerifyError
from blockviz.ir import Block, BlockType, Composite, Fold, Item, LayerGraph, blocks_in, contract, copy_of, item_leaves
from blockviz.runtime.records import dataclass
from blockviz.search.description_length import description_length, script_length
from blockviz.search.linearise import Interner
from blockviz.search.prices import Prices
from blockviz.structure.isomorphism import Judge

_NUMBER = re.compile(r"\d+")
_CONTAINERS = ("Sequential", "ModuleList", "ModuleDict", "Functional")  # say nothing of the inside
_CLASSES = 10  # that are tried, those with the most calls
_LARGEST = 250  # boxes of a body that a panel may hold
_ALIKE = 0.3  # length of the script between two forms, as a part of the larger one, up to which they are one type
_SLACK = 2.0  # boxes up to which a script is short whatever the size: a shortcut that some copies lack
_ALONE = 0.6  # the same where there is one copy of a form: the first one, which makes what the others read


@dataclass(frozen=True, slots=True)
class AuthorModules:
    """Contracts the composites of the classes whose contraction makes the description shortest.

    min_repeat : copies that make a block. depth : levels of blocks within blocks. kept : ids of calls that stay in no
    block.
    """

    min_repeat: int = 2
    depth: int = 3
    kept: frozenset[str] = frozenset()
    prices: Prices = Prices()

    def __call__(self, graph: LayerGraph, interner: Interner) -> LayerGraph | None:
        """The graph with block types contracted; None where its author's classes give none."""
        classes = self._classes(graph)
        plain = description_length(graph, self.prices, interner) if classes else 0.0
        best: tuple[float, LayerGraph] | None = None
        for order in (classes, classes[::-1]):
            found = self._greedy(graph, order, interner, plain)
            if found is not None and (best is None or found[0] < best[0] - 1e-9):
                best = found
        return best[1] if best else None

    def _greedy(
        self, graph: LayerGraph, order: Sequence[str], interner: Interner, plain: float
    ) -> tuple[float, LayerGraph] | None:
        """Class by class, those that make the description shorter."""
        taken: list[str] = []
        length, best = plain, graph
        for name in order:
            try:
                other = self._contracted(graph, {*taken, name})
            except VerifyError:  # calls of others run through it
                continue
            if (shorter := description_length(other, self.prices, interner)) < length - 1e-9:
                length, best = shorter, other
                taken.append(name)
        return (length, best) if taken else None

    def _classes(self, graph: LayerGraph) -> list[str]:
        """Classes that are made often enough, those around others first."""
        level: dict[str, int] = {}
        paths: dict[str, set[str]] = defaultdict(set)
        calls = Counter[str]()
        for item in graph.items():
            for depth, path in enumerate(_within(item)):
                name = _class_of(graph, path)
                level[name] = min(level.get(name, depth), depth)
                paths[name].add(path)
                calls[name] += 1
        wanted = [name for name in paths if len(paths[name]) >= self.min_repeat and not name.startswith(_CONTAINERS)]
        most = sorted(sorted(wanted), key=lambda name: -calls[name])[:_CLASSES]
        return sorted(most, key=lambda name: level[name])

    def _contracted(self, graph: LayerGraph, classes: Set[str]) -> LayerGraph:
        """The graph with the composites of these classes as blocks, inner ones inside outer ones.

        Raises
        ------
        VerifyError : calls of other composites stand between those of one.
        """
        around = {name: _chosen(graph, graph.item(name), classes)[: self.depth] for name in graph}
        types = _Types(self.prices, self.min_repeat)
        deepest = max(map(len, around.values()), default=0)
        for depth in range(deepest, 0, -1):
            groups: dict[str, list[str]] = defaultdict(list)
            for name in graph:
                if len(around[name]) >= depth:
                    groups[around[name][depth - 1]].append(name)
            calls = [(path, one) for path, names in groups.items() for one in calls_of(graph, names)]
            made = [
                ((_class_of(graph, path), _row_of(graph, path)), one)
                for path, one in calls
                if self._may_be_block(graph, one)
            ]
            folds = []
            for names, key in types.of(graph, made):
                folds.append(copy_of(key, names))
                around[f"{key}:{names[0]}"] = around[names[0]][: depth - 1]
            if folds:
                before = graph.types
                graph = contract(graph, folds)
                new = {key: BlockType(key, deepest - depth) for key in types.mains if key not in before}
                graph.graph["types"] = {**before, **new}
        return graph

    def _may_be_block(self, graph: LayerGraph, names: Sequence[str]) -> bool:
        """Whether calls are more than one box, have weights and are free."""
        if not 2 <= len(names) <= _LARGEST or not self.kept.isdisjoint(names):
            return False
        nodes = [node for name in names for node in item_leaves(graph.item(name))]
        return any(node.layer.params != 0 for node in nodes)


class _Types:
    """Bodies of one class by what they are: one type where they are isomorphic or a short script apart.

    Where a class is only guessed from paths, a script is asked for only between bodies of one row: ``repeat_1/0`` and
    ``repeat_2/0`` may be of two classes.
    """

    def __init__(self, prices: Prices, min_repeat: int) -> None:
        self.prices, self.min_repeat = prices, min_repeat
        self.judge = Judge(counted=False)
        self.mains: dict[str, tuple[set[str], LayerGraph]] = {}  # type → rows of its copies, main form
        self.known: dict[tuple[str, int], str] = {}

    def of(
        self, graph: LayerGraph, made: Sequence[tuple[tuple[str, str], list[str]]]
    ) -> Iterator[tuple[list[str], str]]:
        """(calls, type) of those groups of calls, each with its class and row, that are copies of a type."""
        bodies = _bodies(graph, [names for _, names in made])
        forms = [(name, self.judge.number(body)) for ((name, _), _), body in zip(made, bodies, strict=True)]
        rows: dict[tuple[str, int], set[str]] = defaultdict(set)
        for ((_, row), _), form in zip(made, forms, strict=True):
            rows[form].add(row)
        for form, count in Counter(forms).most_common():
            if form not in self.known:
                alike = _ALONE if count == 1 else _ALIKE
                self.known[form] = self._key(rows[form], bodies[forms.index(form)], alike)
        copies = Counter(self.known[form] for form in forms)
        for (_, names), form in zip(made, forms, strict=True):
            if copies[self.known[form]] >= self.min_repeat:
                yield names, self.known[form]

    def _key(self, rows: set[str], body: LayerGraph, alike: float) -> str:
        """The type that a form belongs to: the nearest one of its rows if it is near, else a new one."""
        apart = {
            key: script_length(main, body, self.prices) / max(len(main), len(body))
            for key, (others, main) in self.mains.items()
            if others & rows
        }
        near = min(apart, key=lambda key: apart[key], default="")
        if near and apart[near] <= max(alike, _SLACK / max(len(self.mains[near][1]), len(body))):
            self.mains[near][0].update(rows)
            return near
        key = f"T{len(self.mains)}"
        self.mains[key] = set(rows), body
        return key


def calls_of(graph: LayerGraph, names: Sequence[str]) -> list[list[str]]:
    """The items of one composite, apart for each of its calls.

    Its layers with weights bear the number of their call where each call of the composite calls each of them once.
    Other calls belong to what they are made of, or else to what is made of them.
    """
    heavy = {name: [node for node in item_leaves(graph.item(name)) if node.layer.params != 0] for name in names}
    times = Counter(node.layer.name for nodes in heavy.values() for node in nodes)
    if min(times.values(), default=1) == 1 or len(set(times.values())) > 1:
        return [list(names)]
    call = {name: max(node.call for node in nodes) for name, nodes in heavy.items() if nodes}
    for name in names:
        before = [call[source] for source in graph.pred[name] if source in call]
        if name not in call and before:
            call[name] = max(before)
    for name in reversed(names):
        after = [call[reader] for reader in graph.succ[name] if reader in call]
        call.setdefault(name, min(after, default=1))
    return [[name for name in names if call[name] == number] for number in sorted(set(call.values()))]


def _bodies(graph: LayerGraph, groups: Sequence[Sequence[str]]) -> list[LayerGraph]:
    """What each group of calls would be as a body."""
    found: list[LayerGraph] = []

    def make(body: LayerGraph) -> Composite:
        found.append(body)
        return Block(f"\x00{len(found)}", body, "")

    contract(graph, [Fold(names, make) for names in groups])
    return found


def _within(item: Item) -> tuple[str, ...]:
    """The paths of the composites around all calls of an item, outermost first."""
    first, *others = [node.within for node in item_leaves(item)] or [()]
    depth = 0
    while depth < len(first) and all(path[depth : depth + 1] == first[depth : depth + 1] for path in others):
        depth += 1
    return first[:depth]


def _chosen(graph: LayerGraph, item: Item, classes: Set[str]) -> tuple[str, ...]:
    return tuple(path for path in _within(item) if _class_of(graph, path) in classes)


def _class_of(graph: LayerGraph, path: str) -> str:
    """The class of a composite; where only its path is known, that without its numbers: ``layer#/#``."""
    return graph.composites[path].op or _NUMBER.sub("#", path)


def are_guessed(graph: LayerGraph) -> bool:
    """Whether blocks are ones by paths of several numbers alone (``layer1/0``), which tell less than a class."""
    paths = [path[-1] for block in blocks_in(graph) if (path := _within(block))]
    return any(_class_of(graph, path).count("#") > 1 for path in paths)


def _row_of(graph: LayerGraph, path: str) -> str:
    """The class of a composite; where only its path is known, that without its last number: ``layer1/#``."""
    return graph.composites[path].op or path[: (at := _last_number(path))[0]] + "#" + path[at[1] :]


def _last_number(path: str) -> tuple[int, int]:
    *_, last = [match.span() for match in _NUMBER.finditer(path)] or [(len(path), len(path))]
    return last
