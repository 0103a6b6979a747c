"""The file to read first: how a model becomes a block graph.

    model ── read_model ──► LayerGraph ── DEFAULT_PASSES ──► block graph ── survey ──► Outline

After every pass the result is verified against the layer graph: it must expand back to it, node for
node and edge for edge.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeAlias

from blockviz.errors import VerifyError
from blockviz.ir import LayerGraph, verify
from blockviz.outline import Definition, Outline, Part
from blockviz.passes.fuse import Fuse
from blockviz.passes.group import Group
from blockviz.passes.label import Label
from blockviz.passes.motif import Motif
from blockviz.passes.order import Order
from blockviz.passes.repeat import Repeat
from blockviz.survey import survey

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


@dataclass(frozen=True, slots=True)
class Summary:
    """A model's blocks: the verified block graph, and the outline that every output reads."""

    graph: LayerGraph
    source: LayerGraph
    outline: Outline

    @property
    def overview(self) -> tuple[Part, ...]:
        """The boxes of the overview, from input to output."""
        return self.outline.parts

    @property
    def blocks(self) -> tuple[Definition, ...]:
        """The block types, outer ones before inner ones."""
        return self.outline.definitions


def summarize(
    model: object,
    *,
    collapse_backbone: bool = False,
    collapse_nested: bool = False,
    weights: str | None = None,
    min_repeat: int = 2,
    depth: int = 3,
    rename: Mapping[str, str] | None = None,
    name: str | None = None,
) -> Summary:
    """Find the blocks of a model.

    Parameters
    ----------
    model : a live Keras model, a path (``.keras``, ``.h5``, ``.json``), a name in keras.applications, a
        ``package.module:callable``, or a `LayerGraph`.
    collapse_backbone : make each recognised keras.applications network one node.
    collapse_nested : make each other nested model one node, under its own name.
    weights : where the weights are from (``imagenet``), if the user says so; never guessed.
    min_repeat : copies that make a block. depth : levels of blocks within blocks.
    rename : block type's name → the user's.
    name : title of the model, in place of its own.

    Raises
    ------
    ModelError : the model could not be read.
    """
    from blockviz.frontends import read_model  # here, so that a block graph needs no reader

    source = model if isinstance(model, LayerGraph) else read_model(model)
    if name:
        source.graph["name"] = name
    passes = passes_for(collapse_backbone, collapse_nested, min_repeat, depth, rename or {})
    graph = run_passes(source, passes)
    return Summary(graph, source, survey(graph, source, weights))


def passes_for(
    collapse_backbone: bool, collapse_nested: bool, min_repeat: int, depth: int, rename: Mapping[str, str]
) -> tuple[Pass, ...]:
    """DEFAULT_PASSES with the user's options in them."""
    options = {Motif: Motif(min_repeat=min_repeat, depth=depth), Label: Label(tuple(rename.items()))}
    return tuple(options.get(type(step), step) for step in DEFAULT_PASSES)
