"""``--load`` of an ONNX file: onnxruntime computes what in it depends on nothing, so that more shapes are known.

It runs operators of the file, which blockviz never does by itself, hence only where the user asks for it. Nothing but
the small whole numbers that it finds is taken: the sizes that reshapes and slices go by.
"""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

from blockviz.errors import ModelError, quoted
from blockviz.frontends.onnx import values
from blockviz.frontends.onnx.proto import model

_WHOLE = frozenset({6, 7})  # int32, int64


def folded_sizes(path: Path, symbols: Mapping[str, int]) -> dict[str, values.Array]:
    """Name of a tensor → its numbers, for all small whole ones that are the same for every input.

    symbols : sizes that the file gives names, as far as the user has said them.

    Raises
    ------
    ModelError : onnxruntime is not installed, or can't load the file.
    """
    try:
        import onnxruntime
    except ImportError:
        raise ModelError(
            "--load lets onnxruntime fold an ONNX file, and it is not installed: pip install 'blockviz[onnx]'"
        ) from None
    with tempfile.TemporaryDirectory(prefix="blockviz-") as folder:
        target = Path(folder) / "folded.onnx"
        options = onnxruntime.SessionOptions()
        options.graph_optimization_level = onnxruntime.GraphOptimizationLevel.ORT_ENABLE_BASIC
        options.optimized_model_filepath = str(target)
        options.log_severity_level = 4
        for name, size in symbols.items():
            options.add_free_dimension_override_by_name(name, size)
        try:
            onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        except Exception as error:  # onnxruntime has a class for each of its complaints
            lines = str(error).strip().splitlines() or [type(error).__name__]
            raise ModelError(f"{quoted(str(path))} can't be loaded by onnxruntime: {lines[0][:200]}") from None
        tensors = model(memoryview(target.read_bytes())).graph.initializers
    found = {name: values.array_of(one) for name, one in tensors.items() if one.dtype in _WHOLE}
    return {name: held for name, held in found.items() if held is not None}
