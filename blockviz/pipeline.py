"""The file to read first: how a model becomes a block graph.

    model ── read_model ──► LayerGraph ── DEFAULT_PASSES ──► block graph ── survey ──► Outline

After every pass the result is verified against the layer graph: it must expand back to it, node for
node and edge for edge.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir import LayerGraph, verify
from blockviz.passes.fuse import Fuse
from blockviz.passes.group import Group
from blockviz.passes.label import Label
from blockviz.passes.motif import Motif
from blockviz.passes.order import Order
from blockviz.passes.repeat import Repeat

Pass: TypeAlias = Callable[[LayerGraph], LayerGraph]

DEFAULT_PASSES: tuple[Pass, ...] = (
    Order(),  # depth-first post-order, in which the nodes of a block are contiguous
    Fuse(),  # a convolution with its padding, normalisation and activation is one unit
    Motif(),  # repeated intervals become block types, with their variants
    Repeat(),  # consecutive blocks of one stage become a run ×N
    Group(),  # what occurs once: stem, head, forks with their joins
    Label(),  # variants, stages, names
)


def run_passes(graph: LayerGraph, passes: Sequence[Pass] = DEFAULT_PASSES) -> LayerGraph:
    """Apply passes in turn and verify after each.

    Raises
    ------
    VerifyError : a pass broke an invariant; the message names it and those that ran before it.
    """
    source, done = graph, list[str]()
    for step in passes:
        try:
            graph = step(graph)
            verify(graph, source)
        except VerifyError as error:
            before = f" after {', '.join(done)}" if done else ""
            raise VerifyError(f"pass {step!r}{before}: {error}") from error
        done.append(type(step).__name__)
    return graph
