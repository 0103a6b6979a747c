"""The layer graph of a live model whose composites are opened: run its code twice, merge, lay out."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from typing import Any

from blockviz.errors import ModelError
from blockviz.frontends.given_inputs import Given, Spec, specs_in
from blockviz.frontends.open_letters import agreed, lettered, reading_letters
from blockviz.frontends.trace.inputs import Arguments, arguments_for
from blockviz.frontends.trace.layer_graph import GraphBuilder, scoped, tensors_in
from blockviz.frontends.trace.leaves import is_layer
from blockviz.frontends.trace.plain import PlainCall, merged_run, plain_run
from blockviz.frontends.trace.reasons import reason_of
from blockviz.frontends.trace.recorder import Recorder
from blockviz.frontends.trace.sizes import StandIns
from blockviz.frontends.trace.symbolic import recording
from blockviz.ir import LayerGraph, LetteredShape, Node, Shape, leaves
from blockviz.runtime.records import dataclass, replace

# Sizes for what an input leaves open; the later ones for models that take none as large, or must divide it.
_STAND_INS = (
    StandIns(),
    StandIns(length=(16, 24), side=(32, 64)),
    StandIns(length=(8, 12), side=(128, 256)),
    StandIns(length=(4096, 6144), side=(256, 512)),
)
# In two runs merged, an end of a slice that depends on an open size is as none.
_SLICES = frozenset({"GetItem", "Getitem", "Slice", "StridedSlice", "DynamicSlice"})


def read_opened(model: Any, inputs: Given = None) -> LayerGraph:
    """The layer graph of a model in memory, with every composite in it opened.

    Parameters
    ----------
    inputs : shapes (batch first), specs or example arrays in the structure that the model takes; those that it was
        built for, if None.

    Raises
    ------
    ModelError : nobody knows the inputs, or the model has no code. UsageError : the inputs do not fit the model.
    """
    arguments = arguments_for(model, inputs)
    first: Run | None = None
    reason = ""
    for sizes in _STAND_INS:
        if first is not None and sizes is _STAND_INS[-1]:
            break  # so large only where nothing smaller runs
        try:
            _build(model, arguments, sizes)
            one = _run(model, arguments, sizes, 0)
        except Exception as error:  # whatever the user's code raises
            reason = reason or reason_of(error).removeprefix("NotOpenedError: ")
            continue
        if first is None or len(one.recorder.closed) < len(first.recorder.closed):
            first = one
            merged = _merged(model, arguments, sizes, one)
        if not first.recorder.closed:
            break
    if first is None:
        raise ModelError(f"the code of {type(model).__name__!r} can't be run on symbolic tensors: {reason}")
    return _laid_out(model, arguments, first, merged)


@dataclass(slots=True)
class Run:
    """One run: the recorder, the input tensors, and what came out as plain calls."""

    recorder: Recorder
    calls: list[PlainCall]
    outputs: list[str]


def _run(model: Any, arguments: Arguments, sizes: StandIns, number: int) -> Run:
    from keras import tree
    from keras.src.backend import KerasTensor
    from keras.src.backend.common.variables import initialize_all_variables

    recorder = Recorder()
    with recording(recorder):
        args, kwargs, tensors = _tensors(arguments, sizes, number)
        outputs = model(*args, **kwargs)
    initialize_all_variables()  # of layers that this run was the first to call
    found = [value for value in tree.flatten(outputs) if isinstance(value, KerasTensor)]
    calls, names = plain_run(recorder, tensors, found)
    return Run(recorder, calls, names)


def _tensors(arguments: Arguments, sizes: StandIns, number: int) -> tuple[list[Any], dict[str, Any], list[Any]]:
    """Symbolic tensors in place of the specs, and all of them in order."""
    from keras.src.backend import KerasTensor

    made: dict[int, Any] = {}

    def tensor(struct: Any) -> Any:
        if isinstance(struct, Spec):
            made[id(struct)] = KerasTensor(sizes.filled(struct.shape, number), struct.dtype or "float32")
            return made[id(struct)]
        if isinstance(struct, dict):
            return {key: tensor(value) for key, value in struct.items()}
        return type(struct)([tensor(value) for value in struct])

    args, kwargs = tensor(arguments[0]), tensor(arguments[1])
    return args, kwargs, [made[id(spec)] for spec in _all_specs(arguments)]


def _all_specs(arguments: Arguments) -> list[Spec]:
    return [*specs_in(arguments[0]), *specs_in(arguments[1])]


def _build(model: Any, arguments: Arguments, sizes: StandIns) -> None:
    """Let Keras make the weights of a model that nobody has called yet, as calling it would."""
    if all(getattr(layer, "built", True) for layer in model._flatten_layers()):
        return
    from keras.src.backend import compute_output_spec

    args, kwargs, _ = _tensors(arguments, sizes, 0)
    with suppress(Exception):  # code that wants numbers of what it computes from sizes: the run builds its layers
        compute_output_spec(model, *args, **kwargs)


def _merged(model: Any, arguments: Arguments, sizes: StandIns, one: Run) -> list[PlainCall]:
    """The calls of the run, sizes that depend on open ones left open; with its own numbers, if no second run fits."""
    sizes = replace(sizes, letter=_letter(_all_specs(arguments)))
    try:
        other = _run(model, arguments, sizes, 1)
    except Exception:  # the model takes only the first size
        other = None
    found = None if other is None else merged_run(one.calls, other.calls, sizes)
    if found is None:  # a loop over an open size, or a table that ends before it: only the batch is open
        fixed = StandIns(sizes.batch, (sizes.length[0],) * 2, (sizes.side[0],) * 2)
        try:
            found = merged_run(one.calls, _run(model, arguments, fixed, 1).calls, fixed)
        except Exception:
            found = None
    return merged_run(one.calls, one.calls, sizes) or [] if found is None else found


def _letter(specs: list[Spec]) -> str:
    """What is written for a length, if lengths are all that the inputs leave open."""
    return "L" if set(_open_axes(specs)) == {1} else ""


def _open_axes(specs: list[Spec]) -> list[int]:
    """The axes that inputs leave open; -1 for those of maps, whose two sides have the same stand-in."""
    return [
        axis if len(spec.shape) < 4 else -1
        for spec in specs
        for axis, size in enumerate(spec.shape)
        if axis and size is None
    ]


def _laid_out(model: Any, arguments: Arguments, run: Run, calls: list[PlainCall]) -> LayerGraph:
    graph = LayerGraph(name=model.name)
    variables = {key: variable for key, (_, variable) in run.recorder.weights.items()}
    builder = GraphBuilder(graph, variables)
    specs = _all_specs(arguments)
    is_lettered = any(isinstance(made.shape, LetteredShape) for call in calls for made in call.outputs)
    letter = _letter(specs) if is_lettered else ""
    for place, spec in enumerate(specs):
        name = spec.name or ("input" if len(specs) == 1 else f"input_{place}")
        builder.add_input(f"t{place}", name, _input_shape(spec, letter), spec.dtype or "float32")
    for call in _needed(calls, run.outputs):
        builder.add_call(call)
    builder.add_unread(run.recorder.opened)
    exits = [port for name in run.outputs if (port := builder.exit(name)) is not None]
    if not exits:
        raise ModelError(f"nothing that {type(model).__name__!r} returns depends on its input")
    nodes = list(leaves(graph))
    graph.graph["inputs"] = tuple(name for name in list(graph)[: len(specs)])
    graph.graph["exits"] = tuple(exits)
    graph.graph["scopes"] = scoped(run.recorder.scopes, _scope_paths(nodes))
    graph.graph["composites"] = scoped(run.recorder.composites, (path for node in nodes for path in node.within))
    graph.graph["closed"] = dict(run.recorder.closed)
    if not letter:
        return graph
    one_length = len(_open_axes(specs)) == 1
    plain = reading_letters(graph)
    return plain if one_length else agreed(plain, lettered(plain, _SLICES))


def _input_shape(spec: Spec, letter: str) -> Shape:
    """An input's shape, with the letter of the length that it leaves open."""
    shape = (None, *spec.shape[1:])
    words = tuple(letter if size is None else str(size) for size in shape[1:])
    return LetteredShape(shape, words) if letter and None in shape[1:] else shape


def _scope_paths(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        for depth in range(1, len(node.scope) + 1):
            yield "/".join(node.scope[:depth])


def _needed(calls: list[PlainCall], outputs: list[str]) -> list[PlainCall]:
    """The calls that the outputs depend on, in order, and those of layers with weights, which are a part of the model
    even where nobody reads what they give; a mask that nobody reads, a loss, is none."""
    wanted, found = set(outputs), []
    for call in reversed(calls):
        owns = is_layer(call.operation) and call.operation.weights
        if owns or any(output.name in wanted for output in call.outputs):
            wanted.update(name for name, _ in tensors_in([call.args, call.kwargs]))
            found.append(call)
    return found[::-1]
