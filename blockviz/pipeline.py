"""The file to read first: how a model becomes a block graph.

    model ── read_model ──► LayerGraph ── DEFAULT_PASSES ──► block graph ── survey ──► Summary

After every pass the result is verified against the layer graph: it must expand back to it, node for
node and edge for edge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from os import PathLike, fspath
from pathlib import Path
from time import perf_counter
from typing import Protocol, TypeAlias

from blockviz.backbones.catalogue import backbone_names
from blockviz.errors import UsageError, VerifyError, quoted
from blockviz.ir import Backbone, Expected, LayerGraph, leaves, looked_through, verify, with_handing
from blockviz.outline.build import survey
from blockviz.passes.align_copies import AlignCopies
from blockviz.passes.canonicalise import Canonicalise
from blockviz.passes.fold_branches import FoldBranches
from blockviz.passes.fold_control import FoldControl
from blockviz.passes.fold_idioms import BoxIdioms, FindIdioms
from blockviz.passes.fold_runs import FoldRuns
from blockviz.passes.fold_steps import FoldSteps
from blockviz.passes.fuse import Fuse
from blockviz.passes.group_once import GroupOnce
from blockviz.passes.inline_named import InlineNamed
from blockviz.passes.label import Label
from blockviz.passes.open_paths import OpenPaths
from blockviz.runtime.limits import check_wires, limited
from blockviz.runtime.options import check, checked
from blockviz.runtime.records import fields_of, replace
from blockviz.search.find_blocks import FindBlocks
from blockviz.search.post_order import Order
from blockviz.summary import Summary

_KERAS_CHOSE = re.compile(r"(functional|sequential|model)(_\d+)?")


class Pass(Protocol):
    """A frozen record with a name, whose fields are its options, and a pure function from graph to graph."""

    @property
    def name(self) -> str:
        """What options, messages and ``--list-passes`` call it."""

    def __call__(self, graph: LayerGraph) -> LayerGraph:
        """The graph with the pass applied; ``graph`` stays as it is."""


#: Called after each pass with the pass, what it gave, and the seconds that it took.
After: TypeAlias = Callable[[Pass, LayerGraph, float], None]

_BODIES = (  # what is done in the body of a branch or loop, as below in the model
    Fuse(), FoldSteps(), FoldBranches(least=8, forks=True), FindBlocks(), FoldRuns(), FoldBranches(), InlineNamed(),
)  # fmt: skip
DEFAULT_PASSES: tuple[Pass, ...] = (
    Canonicalise(),  # casts, identities and dropouts of 0 are looked through, however often they are said
    Order(),  # depth-first post-order, in which the nodes of a block are contiguous
    FindIdioms(),  # attention, normalisations and gates that are written out are one item each
    FoldControl(_BODIES),  # the body of a branch or loop is a block; what repeats in it is found there
    Fuse(),  # a convolution with its padding, normalisation and activation is one unit
    FoldSteps(),  # a loop over time that is spelled out is one item, or it would hide the layer around it
    FoldBranches(least=8, forks=True),  # groups of a convolution written out: a fork of many equal branches is one item
    FindBlocks(),  # repeated intervals become block types, with their variants
    FoldRuns(),  # consecutive blocks of one stage become a run ×N
    FoldBranches(),  # equal branches side by side become one box ×N
    InlineNamed(),  # a block with a name in the literature is drawn as it is there, without boxes inside
    GroupOnce(),  # what occurs once: stem, head, forks with their joins
    OpenPaths(),  # what hides the levels of a U, or the streams of several inputs
    AlignCopies(),  # calls of parallel branches stand in one order in all copies of a type
    Label(),  # variants, stages, names
    BoxIdioms(),  # idioms that are made of layers are one box inside the blocks
)


def run_passes(graph: LayerGraph, passes: Sequence[Pass] = DEFAULT_PASSES, after: After | None = None) -> LayerGraph:
    """Apply passes in turn and verify after each; ``after`` is called behind each pass.

    Raises
    ------
    VerifyError : a pass broke an invariant; the message names it and those that ran before it.
    """
    source, done = graph, list[str]()
    expected = Expected(source)
    for step in passes:
        start = perf_counter()
        try:
            before, graph = graph, step(graph)
            if step is passes[-1]:
                expected.proved.clear()  # what the figure shows is proved from scratch
            if graph is not before or not expected.proved:  # else nothing was done, and all is verified already
                verify(graph, source, expected)
        except VerifyError as error:
            ran = f" after {', '.join(done)}" if done else ""
            raise VerifyError(f"pass {step.name}{ran}: {error}") from error
        done.append(step.name)
        if after is not None:
            after(step, graph, perf_counter() - start)
    return graph


def configured(
    options: Mapping[str, Mapping[str, object]],
    kept: frozenset[str] = frozenset(),
    passes: Sequence[Pass] = DEFAULT_PASSES,
) -> list[Pass]:
    """The passes with options by their names; calls to keep go to every pass that can keep some.

    Raises
    ------
    UsageError : no pass has this name, or the pass lacks the option.
    """
    known = {step.name for step in passes}
    if strange := sorted(set(options) - known):
        raise UsageError(f"there is no pass {strange[0]!r}; there are {', '.join(sorted(known))}")
    return [_with_options(step, {**({"kept": kept} if "kept" in fields_of(step) else {}), **options.get(step.name, {})})
            for step in passes]  # fmt: skip


def _with_options(step: Pass, options: Mapping[str, object]) -> Pass:
    if strange := sorted(set(options) - set(fields_of(step))):
        raise UsageError(f"pass {step.name!r} has no option {strange[0]!r}")
    return replace(step, **options) if options else step


def summarize(
    model: object,
    *,
    inputs: object = None,
    load: bool = False,
    collapse_backbone: bool = False,
    collapse_nested: bool = False,
    weights: str | None = None,
    min_repeat: int = 2,
    depth: int = 3,
    expand: Sequence[str] = (),
    keep: Sequence[str] = (),
    rename: Mapping[str, str] | None = None,
    name: str | None = None,
    after: After | None = None,
    limits: Mapping[str, int] | None = None,
    patterns: str | PathLike[str] | None = None,
) -> Summary:
    """Find the blocks of a model.

    Parameters
    ----------
    model : a live Keras model, a path (``.keras``, ``.h5``, ``.json``), a name in keras.applications, a
        ``package.module:callable``, or a `LayerGraph`.
    inputs : shapes (batch first, None for open), specs or example arrays, in the structure that the model takes:
        what a subclassed model is run on, and sizes for what a model leaves open.
    load : let Keras load a file, in its safe mode, with the packages that the file names; their code is run.
    collapse_backbone : make each recognised keras.applications network one node.
    collapse_nested : make each other nested model one node, under its own name.
    weights : where the weights are from (``imagenet``), if the user says so; never guessed.
    min_repeat : copies that make a block. depth : levels of blocks within blocks.
    expand : block types (letter or name) to lay out in the overview instead of drawing them as boxes.
    keep : layers to show on their own, outside any block.
    rename : block type (letter or name) → the user's name.
    name : title of the model, in place of its own.
    after : called behind each pass with the pass, its result and its seconds; for timing and printing.
    patterns : a TOML file with patterns of your own, for block types and idioms; they go before the literature's.
    limits : bounds of what is read, by name (`blockviz.runtime.limits.Limits`): ``{"calls": 200_000}``.

    Raises
    ------
    ModelError : the model could not be read. UsageError : a type or layer that the model lacks, or an option that is
        none.
    """
    from blockviz.frontends import read_model  # here, so that a block graph needs no reader

    check(load=load, collapse_backbone=collapse_backbone, collapse_nested=collapse_nested, weights=weights, name=name)
    check(min_repeat=min_repeat, depth=depth)
    expand, keep, rename = checked("expand", expand), checked("keep", keep), checked("rename", rename)
    with limited(limits):
        source = _titled(read_model(model, inputs, load), name, model)
        check_wires(source.number_of_edges(), len(source))
    options: dict[str, Mapping[str, object]] = {
        "find-blocks": {"min_repeat": min_repeat, "depth": depth},
        "label": {"rename": tuple((rename or {}).items())},
    }
    if patterns is not None:
        from blockviz.patterns.own import read_patterns

        own = read_patterns(patterns)
        options["label"] = {**options["label"], "own": own.blocks}
        options["find-idioms"] = {"own": own.idioms}
    kept = _kept(source, keep)
    passes = [*_collapsing(collapse_backbone, collapse_nested), *configured(options, kept)]
    if expand:
        from blockviz.passes.expand import Expand

        passes += [Expand(tuple(expand)), next(step for step in passes if step.name == "label")]
    source = with_handing(source, neutral) if (neutral := Canonicalise(kept).neutral(source)) else source
    graph = run_passes(source, passes, after)
    facts = _published(source) if weights == "imagenet" else {}
    source = looked_through(source, graph.neutral) if graph.neutral else source
    return Summary(graph, source, survey(graph, source, weights, facts))


def _collapsing(backbones: bool, nested: bool) -> list[Pass]:
    """The passes that collapse whole networks; read only where asked for, since they bring the catalogue along."""
    found: list[Pass] = []
    if backbones:
        from blockviz.passes.collapse_backbones import CollapseBackbones

        found.append(CollapseBackbones())
    if nested:
        from blockviz.passes.collapse_nested import CollapseNested

        found.append(CollapseNested())
    return found


def _published(source: LayerGraph) -> Mapping[str, str]:
    """What is published of the model, if the whole of it is a known network."""
    from blockviz.backbones.published_accuracy import imagenet_facts

    return imagenet_facts(whole_network(source) or "")


def whole_network(source: LayerGraph) -> str | None:
    """The name of the known network that the whole model is, not only a part of it."""
    (collapse,) = _collapsing(backbones=True, nested=False)
    graph = collapse(source)
    found = [item for item in graph.items() if isinstance(item, Backbone)]
    return found[0].network.name if len(found) == 1 and len(graph) <= 2 else None


def _titled(source: LayerGraph, name: str | None, model: object) -> LayerGraph:
    """The graph under the title of the figure; a copy where that isn't its own name, for it may be the caller's."""
    title = name or _title(model, source)
    if source.graph.get("name") == title:
        return source
    titled: LayerGraph = source.copy() if source is model else source
    titled.graph["name"] = title
    return titled


def _title(model: object, source: LayerGraph) -> str:
    """A known network's name as its paper writes it; the model's own; the file's, if Keras chose the model's."""
    name = str(source.graph.get("name", "model"))
    if isinstance(model, str | PathLike):
        text = fspath(model)
        if text in backbone_names():
            return text
        if _KERAS_CHOSE.fullmatch(name) and ":" not in text:
            return Path(text).name.split(".")[0] or name
    return name


def _kept(source: LayerGraph, keep: Sequence[str]) -> frozenset[str]:
    layers = {node.id: node.layer.name for node in leaves(source)}
    for name in keep:
        if name not in layers.values():
            raise UsageError(f"no layer {quoted(name)} to keep; `blockviz inspect --json` lists those of each block")
    return frozenset(name for name, layer in layers.items() if layer in keep)
