"""Places stacks: encoder at the left, decoder at the right, both downwards, the memory a straight line between them.

The encoder's end and its first reader share a row. Masks and other weightless parts with a wire around them stand
beside their stack.
"""

from __future__ import annotations

from blockviz.outline.overview_graph import OverviewGraph
from blockviz.outline.overview_layout import OverviewLayout
from blockviz.page.layout.placement import Caption, Placement
from blockviz.page.overview.shape.pieces import Pieces
from blockviz.page.overview.shape.placer import Placer
from blockviz.page.overview.shape.style import Style
from blockviz.runtime.records import dataclass, field

_SIDES = ("left", "encoder", "between", "decoder", "right")


def place_stacks(pieces: Pieces, view: OverviewGraph, layout: OverviewLayout, style: Style) -> Placement:
    """The placement of stacks, not yet routed."""
    return _Stacks(pieces, view, layout, style).place()


@dataclass(slots=True)
class _Stacks(Placer):
    side: dict[str, str] = field(init=False, default_factory=dict)
    rung: dict[str, int] = field(init=False, default_factory=dict)

    def place(self) -> Placement:
        self._sides()
        self._rungs()
        self._set()
        out = Placement(self.spots)
        out.wires = self.pieces.wires(self.view, self.layout)
        self._name_memory(out)
        return out

    def _sides(self) -> None:
        for name in self.view.order:
            stack = "encoder" if name in self.layout.encoder else "decoder"
            if not self.style.inline and _is_beside(self.view, name):
                stack = "left" if stack == "encoder" else "right"
            self.side[name] = stack

    def _rungs(self) -> None:
        for name in self.view.order:
            own = self._own_side(name)
            above = [self.rung[one] for one in self.view.before(name) if self._own_side(one) == own]
            self.rung[name] = max(above, default=-1) + 1
        if self.layout.memory is not None:
            end, join = self.layout.memory
            shift = self.rung[join] - self.rung[end]
            moved = "encoder" if shift > 0 else "decoder"
            for name in self.view.order:
                if self._own_side(name) == moved:
                    self.rung[name] += abs(shift)
        taken: set[tuple[int, str]] = set()
        for name in self.view.order:  # two parts of one rung: the second stands beside
            if (self.rung[name], self.side[name]) in taken:
                self.side[name] = "left" if self.side[name] in ("encoder", "left") else "right"
            taken.add((self.rung[name], self.side[name]))

    def _own_side(self, name: str) -> str:
        return "encoder" if name in self.layout.encoder else "decoder"

    def _set(self) -> None:
        gap, left, x = self.gap, dict[str, float](), 0.0
        wide = {
            side: max((self.spots[n].width + self.spots[n].depth for n in self.side if self.side[n] == side), default=0)
            for side in _SIDES
        }
        front = {
            side: max((self.spots[n].width for n in self.side if self.side[n] == side), default=0) for side in _SIDES
        }
        for side in _SIDES:
            left[side] = x
            x += wide[side] + (gap * 1.2 if wide[side] else 0.0)
            if side == "encoder":
                x += self.pieces.small(self._memory_text()) + gap * 0.4
        y = 0.0
        for rung in range(min(self.rung.values()), max(self.rung.values()) + 1):
            here = [self.spots[name] for name, at in self.rung.items() if at == rung]
            tall = max((spot.height for spot in here), default=0.0)
            for spot in here:
                side = self.side[spot.id]
                spot.x = left[side] + (front[side] - spot.width) / 2
                spot.y = y + (tall - spot.height) / 2
            y += tall + gap + max((spot.depth for spot in here), default=0.0)

    def _memory_text(self) -> str:
        if self.layout.memory is None:
            return ""
        end, join = self.layout.memory
        return "state" if len(self.view.shapes[end]) < len(self.view.shapes[join]) else "k, v"

    def _name_memory(self, out: Placement) -> None:
        if self.layout.memory is None:
            return
        end, join = (out.spots[name] for name in self.layout.memory)
        words = self._memory_text()
        if self.view.parts[join.id].memories:
            middle = (end.right + end.depth + join.x) / 2
            out.captions.append(Caption(middle, end.cy - 2.4, words, self.pieces.small(words), "middle"))


def _is_beside(view: OverviewGraph, name: str) -> bool:
    """A weightless part with a wire around it: a mask, a shape read off."""
    part = view.parts[name]
    if part.has_weights or part.is_input or not view.graph.in_degree(name):
        return False
    return any(view.graph.has_edge(a, b) for a in view.before(name) for b in view.after(name))
