"""ONNX files: read from their bytes, without the `onnx` package; nothing in a file is run and no weights are read."""

from __future__ import annotations

import mmap
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from pathlib import Path
from typing import TypeAlias

from blockviz.errors import ModelError
from blockviz.frontends.attention_modules import join_attention
from blockviz.frontends.onnx.proto import model
from blockviz.frontends.onnx.wire import WireError
from blockviz.frontends.written_out import tidy
from blockviz.ir import UNKNOWN, LayerGraph, Shape
from blockviz.ops.builder import Builder

Sizes: TypeAlias = Callable[[Sequence[str]], Mapping[str, Shape]]

__all__ = ["read_onnx"]


def read_onnx(path: Path, sizes: Sizes | None = None, load: bool = False) -> LayerGraph:
    """The layer graph of an ONNX file.

    Parameters
    ----------
    path : the file; weights that lie in other files beside it are not looked for.
    sizes : what gives, for the names of the inputs, the shapes of some of them, for axes that the file leaves open.
    load : let onnxruntime load the file and compute what depends on no input, see `blockviz.frontends.onnx.folding`.

    Raises
    ------
    ModelError : it can't be read, is no ONNX model, or is a broken one; onnxruntime is asked for and missing.
    """
    try:
        with path.open("rb") as stream:  # the map lives as long as a view of it
            data = memoryview(mmap.mmap(stream.fileno(), 0, access=mmap.ACCESS_READ))
    except OSError as error:
        raise ModelError(f"{str(path)!r} can't be read: {error.strerror or error}") from None
    except ValueError as error:  # an empty file can't be mapped
        raise ModelError(f"{str(path)!r} is no ONNX model: {error}") from None
    return _graph(path, data, sizes or (lambda names: {}), load)


def _graph(path: Path, data: memoryview, sizes: Sizes, load: bool) -> LayerGraph:
    from blockviz.frontends.onnx.folding import folded_sizes
    from blockviz.frontends.onnx.reader import Reader

    try:
        found = model(data)
    except (WireError, RecursionError) as error:
        raise ModelError(f"{str(path)!r} is no ONNX model, or a damaged one: {error}") from None
    builder = Builder(path.stem)
    try:
        Reader(found, builder, sizes, partial(folded_sizes, path) if load else None).read()
    except ModelError as error:
        raise ModelError(f"{str(path)!r}: {error}") from None
    builder.draft.prune()
    join_attention(builder.draft)
    tidy(builder.draft)
    graph = builder.finish(batch=1)
    if (lost := _lost(graph)) is not None:
        remedy = "" if load else "; --input gives sizes, and --load lets onnxruntime compute what it can"
        graph.graph["closed"] = {lost: f"the shape that it gives is not known, and so may be those after it{remedy}"}
    return graph


def _lost(graph: LayerGraph) -> str | None:
    """The first call that gives a shape which is not known though those of the inputs are."""
    given = [shape for name in graph.inputs for shape in graph.item(name).outputs]
    if any(shape is UNKNOWN or None in shape[1:] for shape in given):
        return None
    return next((item.id for item in graph.items() if any(_is_open(shape) for shape in item.outputs)), None)


def _is_open(shape: Shape) -> bool:
    return shape is UNKNOWN or None in shape[1:]
