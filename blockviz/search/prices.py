"""What a drawing costs, in boxes: every price has a meaning on the page."""

from __future__ import annotations

from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Prices:
    """The constants of the one objective.

    wire : a tensor beyond the first that a box reads, or that leaves a panel.
    passed : a tensor beyond the first that one copy of a run passes to the next, unseen.
    panel : a panel's frame and title, apart from what is in it.
    mark : a copy that bears a mark. rewire : an operand that comes from elsewhere.
    tolerance : calls that a variant's script may touch, as a part of those of the two bodies.
    least : what a further type must save.
    convention : a cut at a tensor that one call reads, a block that does not begin at its fork, or goes on after its
        join: ties between cuts, which no count of boxes decides.
    primitive : of types that save nearly as much, the shortest is taken.
    level : what levels save: three copies or more, each at its resolution, with a skip over the next.
    hidden : a module that stands alone and holds blocks, or a row of what could be some: the overview should rather
        show them, as stages.
    torn : an addition outside the block that its skip goes around.
    late : a type that ends in a join with a skip from outside, with which papers begin a level.
    step : a pooling or upsampling that the first level lacks, where the others begin with one, or the dropout that the
        last copy lacks: these are copies, too.
    crowding : a box of the overview, beyond what it counts anyway, where whole drawings are compared: a page is small.
    near : two parts of a body are one smaller type if their script touches fewer calls than this part of them.
    """

    wire: float = 0.5
    passed: float = 1.0
    panel: float = 1.0
    mark: float = 0.5
    rewire: float = 0.5
    tolerance: float = 0.5
    least: float = 0.5
    convention: float = 0.1
    primitive: float = 0.5
    level: float = 1.0
    hidden: float = 2.5
    torn: float = 1.0
    late: float = 0.5
    step: float = -0.6
    crowding: float = 0.3
    near: float = 0.25
