"""The overview as a graph of parts with the measures that the choice of its layout asks for; it never reads a name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from itertools import compress
from math import prod

import networkx as nx

from blockviz.ir import Item, LayerGraph, Shape, item_leaves
from blockviz.outline.model import Outline, Part, Station
from blockviz.outline.stations import stations_of

NOMINAL = 1024  # positions along a side of an input whose size is open; only ratios are read


def overview_of(outline: Outline) -> OverviewGraph:
    """The overview that figure and tables show."""
    items = [item for part in outline.parts for item in part.items]
    stations = outline.stations or tuple(map(_station, outline.parts))
    return OverviewGraph(stations, [shape[1:] for shape in outline.output_shapes], _channels_first(items))


def overview_of_graph(graph: LayerGraph) -> OverviewGraph:
    """The overview that a block graph would give."""
    outputs = [graph.item(name).outputs[out][1:] for name, out in graph.exits]
    return OverviewGraph(stations_of(graph), outputs, _channels_first(graph.items()))


def _station(part: Part) -> Station:
    """A part of an outline that was written by hand."""
    layers = 0 if part.kind == "input" else sum(map(len, part.copies))
    shape = part.output_shape[1:]
    return Station(part.id, part.kind == "input", part.repeat, part.parallel, shape, layers, part.inputs)


def reached_from(graph: nx.DiGraph[str], order: Sequence[str], index: Mapping[str, int]) -> dict[str, int]:
    """For each node of a topological order itself and all that lies before it, as bits by number: one pass, no sets."""
    found: dict[str, int] = {}
    for name in order:
        mask = 1 << index[name]
        for source in graph.predecessors(name):
            mask |= found[source]
        found[name] = mask
    return found


def names_of(order: Sequence[str], mask: int) -> Iterator[str]:
    """The names whose bits are set, in order."""
    return compress(order, map("1".__eq__, reversed(f"{mask:b}")))


class Sets(Mapping[str, frozenset[str]]):
    """Bits as sets of names, made when they are asked for."""

    def __init__(self, order: Sequence[str], masks: Mapping[str, int]) -> None:
        self._order, self._masks, self._made = order, masks, dict[str, frozenset[str]]()

    def __getitem__(self, name: str) -> frozenset[str]:
        if name not in self._made:
            self._made[name] = frozenset(names_of(self._order, self._masks[name]))
        return self._made[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._masks)

    def __len__(self) -> int:
        return len(self._masks)


class OverviewGraph:
    """Parts and wires, in topological order; ``area`` is the number of positions of a part's output.

    ``area`` is 64 for 8×8×c and for 64×c alike, None for vectors and where nobody knows. Open sizes of a
    convolutional network are told by the product of its strides. A level of a decoder that joins its skips and then
    rises stands where it joins them.
    """

    def __init__(self, stations: Sequence[Station], outputs: Sequence[Shape], channels_first: bool = False) -> None:
        self.parts = {station.id: station for station in stations}
        self.outputs, self.channels_first = tuple(outputs), channels_first
        self.graph: nx.DiGraph[str] = nx.DiGraph()
        self.graph.add_nodes_from(self.parts)
        for name, part in self.parts.items():
            self.graph.add_edges_from((source, name) for source in part.inputs if source in self.parts)
        at = {name: number for number, name in enumerate(self.parts)}
        self.order: list[str] = list(nx.lexicographical_topological_sort(self.graph, key=at.__getitem__))
        self.index = {name: position for position, name in enumerate(self.order)}
        self.shapes = {name: part.shape for name, part in self.parts.items()}
        self.rank = self._rank()
        self.area = {name: self._area(name) for name in self.order}
        self.above = reached_from(self.graph, self.order, self.index)
        self.beneath = reached_from(self.graph.reverse(copy=False), self.order[::-1], self.index)
        self.ancestors = Sets(self.order, self.above)
        self._read: dict[str, dict[str, Shape]] = {}
        self.area |= {name: area for name in self.order if (area := self._joined_below(name))}
        self._heavy: dict[int, int] = {}  # bits of the parts of each number of layers
        for name in self.order:
            self._heavy[self.layers(name)] = self._heavy.get(self.layers(name), 0) | 1 << self.index[name]

    def _rank(self) -> int:
        """Axes of the largest tensors; what a last reshape makes of one (boxes and anchors apart) counts for none."""
        told = [n for n, part in self.parts.items() if part.has_weights or part.is_input or self.graph.out_degree(n)]
        return max((len(self.shapes[name]) for name in told or self.shapes), default=0)

    def grid(self, shape: Shape) -> Shape:
        """The sizes of a tensor (without its batch) along which it has positions."""
        return shape[1:] if self.channels_first and len(shape) == self.rank else shape[:-1]

    def channels(self, name: str) -> int | None:
        """Channels of a part's output; None where unknown."""
        shape = self.shapes[name]
        if not shape:
            return None
        return shape[0] if self.channels_first and len(shape) == self.rank else shape[-1]

    def positions(self, shape: Shape) -> int | None:
        """How many positions a tensor has: None for a vector, or an unknown size."""
        sides = [size for size in self.grid(shape) if size is not None]
        return prod(sides) if len(shape) > 1 and len(sides) == len(shape) - 1 else None

    def tensor(self, source: str, target: str) -> Shape:
        """The tensor on a wire, which may be a side output of its source; UNKNOWN where nobody knows."""
        shapes = self._read.get(target)
        if shapes is None:
            part = self.parts[target]
            shapes = self._read[target] = dict(zip(part.inputs, part.reads, strict=False))
        return shapes.get(source, self.shapes[source])

    def carried(self, source: str, target: str) -> int | None:
        """Positions of the tensor on a wire."""
        shape = self.tensor(source, target)
        found = self.positions(shape) if len(shape) == self.rank else None
        return self.area[source] if found is None else found

    def _area(self, name: str) -> int | None:
        shape, stride = self.shapes[name], self.parts[name].stride
        known = self.positions(shape)
        if known is None and stride and len(shape) == self.rank > 1:
            return int((NOMINAL / stride) ** (self.rank - 1))
        return known

    def _joined_below(self, name: str) -> int | None:
        """Where a part reads several maps, all of one resolution and coarser than what it gives: that resolution."""
        maps = [source for source in self.before(name) if len(self.tensor(source, name)) == self.rank > 1]
        areas = {self.carried(source, name) for source in maps}
        (area,) = areas if len(areas) == 1 and len(maps) > 1 else (None,)
        given = self.area[name]
        return area if area and given and area < given else None

    def layers(self, name: str) -> int:
        """Layers that a part holds; an input holds none."""
        return self.parts[name].layers

    def weight(self, names: Iterable[str]) -> int:
        """Layers that some parts hold."""
        return sum(self.layers(name) for name in names)

    def weight_of(self, mask: int) -> int:
        """Layers that the parts hold whose bits are set."""
        return sum(layers * (mask & bits).bit_count() for layers, bits in self._heavy.items())

    def before(self, name: str) -> list[str]:
        """What a part reads, in order."""
        return sorted(self.graph.predecessors(name), key=self.index.__getitem__)

    def after(self, name: str) -> list[str]:
        """What reads a part, in order."""
        return sorted(self.graph.successors(name), key=self.index.__getitem__)

    def below(self, name: str) -> set[str]:
        """All that depends on a part, without itself."""
        return self.names(self.beneath[name] & ~(1 << self.index[name]))

    def names(self, mask: int) -> set[str]:
        """The parts whose bits are set, by their place in the order."""
        return set(names_of(self.order, mask))

    def mask(self, names: Iterable[str]) -> int:
        """The bits of parts."""
        found = 0
        for name in names:
            found |= 1 << self.index[name]
        return found

    def load(self, name: str) -> int:
        """Layers that a part and all before it hold."""
        return self.weight_of(self.above[name])

    def crossing(self, names: Sequence[str]) -> Iterator[tuple[str, str]]:
        """Pairs of some parts (in order), neither of which depends on the other."""
        every = self.mask(names)
        for one in names:
            later = every >> (self.index[one] + 1) << (self.index[one] + 1)
            beside = later & ~self.beneath[one]
            while beside:
                low = beside & -beside
                yield one, self.order[low.bit_length() - 1]
                beside ^= low

    @cached_property
    def sources(self) -> list[str]:
        """Parts that read nothing."""
        return [name for name in self.order if not self.graph.in_degree(name)]

    @cached_property
    def sinks(self) -> list[str]:
        """Parts that nothing reads."""
        return [name for name in self.order if not self.graph.out_degree(name)]

    @cached_property
    def main(self) -> list[str]:
        """The path with most parts; of equal ones that with most layers."""
        best: dict[str, tuple[int, int]] = {}
        came: dict[str, str | None] = {}
        for name in self.order:
            source = max(self.before(name), key=best.__getitem__, default=None)
            parts, layers = best[source] if source is not None else (0, 0)
            best[name], came[name] = (parts + 1, layers + self.layers(name)), source
        path: list[str] = []
        at = max(self.sinks, key=best.__getitem__, default=None)
        while at is not None:
            path.append(at)
            at = came[at]
        return path[::-1]

    @cached_property
    def scale(self) -> int:
        """Positions of the finest tensor."""
        return max((area for area in self.area.values() if area), default=1)

    def taps(self, name: str) -> set[int]:
        """The resolution of a part, or, where it is flattened, those that it was flattened from."""
        return self._taps[name]

    @cached_property
    def _taps(self) -> dict[str, set[int]]:
        found: dict[str, set[int]] = {}
        for name in self.order:
            area = self.area[name]
            if area is not None and len(self.shapes[name]) == self.rank:
                found[name] = {area}
            else:
                found[name] = set().union(*(found[source] for source in self.graph.predecessors(name)))
        return found

    @cached_property
    def row_start(self) -> dict[str, str]:
        """For each part the first of those of one resolution that read nothing but each other."""
        found: dict[str, str] = {}
        for name in self.order:
            read = list(self.graph.predecessors(name))
            same = len(read) == 1 and self.area[read[0]] == self.area[name]
            found[name] = found[read[0]] if same else name
        return found

    @cached_property
    def lower(self) -> dict[int, int]:
        """For each resolution the bits of the parts of a lower one."""
        areas = sorted({area for area in self.area.values() if area is not None})
        return {
            area: self.mask(name for name in self.order if (own := self.area[name]) is not None and own < area)
            for area in areas
        }


def _channels_first(items: Iterable[Item]) -> bool:
    """Whether the layers that say where their channels are say: first."""
    formats = [node.config.get("data_format") for item in items for node in item_leaves(item)]
    return formats.count("channels_first") > formats.count("channels_last")
