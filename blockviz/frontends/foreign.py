"""Files of other frameworks: ONNX, programs that PyTorch exported, and pickles, which are never opened."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from blockviz.errors import ModelError, UsageError, quoted
from blockviz.frontends.given_inputs import Given, by_name
from blockviz.ir import LayerGraph, Shape
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.limits import limits

_PICKLES = frozenset({".pt", ".pth", ".ckpt", ".pkl", ".pickle"})
_PICKLE = b"\x80"
_LATEST_IR = 64  # the first number of an ONNX file is the version of its format; today 13
EXPORT = (
    "export the model with torch.export.save(torch.export.export(model.eval(), (example,)), 'model.pt2') or "
    "torch.onnx.export(model, (example,), 'model.onnx')"
)


def read_foreign(path: Path, inputs: Any = None, load: bool = False) -> LayerGraph | None:
    """The layer graph of a file of another framework; None if it is none, or can't be opened.

    inputs : sizes for what an ONNX file leaves open, see `blockviz.frontends.given_inputs`.
    load : let onnxruntime load an ONNX file; of other files nothing is loaded.

    Raises
    ------
    ModelError : it is damaged, or holds pickled objects. UsageError : it has other inputs.
    """
    try:
        with open_regular(path) as stream:
            start = stream.read(64)
    except OSError:
        return None
    read = _reader_of(path, start)
    if read is None or (load and read is not _read_onnx):
        return None
    graph = _read_onnx(path, inputs, load) if load else read(path, inputs)
    limits().check("calls", len(graph), f"{quoted(str(path))} has")
    return graph


def _reader_of(path: Path, start: bytes) -> Callable[[Path, Any], LayerGraph] | None:
    suffix = path.suffix.lower()
    if suffix == ".onnx" or (len(start) > 2 and start[0] == 0x08 and start[1] < _LATEST_IR and start[2] in b"\x12\x3a"):
        return _read_onnx
    if suffix in (".pt2", *_PICKLES) and start.startswith(b"PK"):
        return _read_program
    if suffix in _PICKLES or start.startswith(_PICKLE):
        raise ModelError(f"{quoted(str(path))} {PICKLED}")
    return None


PICKLED = f"holds pickled objects, which could run anything and are never opened; {EXPORT}"


def _read_onnx(path: Path, inputs: Any, load: bool = False) -> LayerGraph:
    from blockviz.frontends.onnx import read_onnx

    return read_onnx(path, None if inputs is None else lambda names: shapes_by_name(names, inputs), load)


def shapes_by_name(names: Sequence[str], inputs: Given) -> Mapping[str, Shape]:
    """The shapes that a user gives, by the name of the input that each is for. Raises UsageError: no such input."""
    return {name: spec.shape for name, spec in by_name(names, inputs).items()}


def _read_program(path: Path, inputs: Any) -> LayerGraph:
    from blockviz.frontends.torch import read_pt2
    from blockviz.frontends.torch.archive import is_program

    if path.suffix.lower() in _PICKLES and not is_program(path):
        raise ModelError(f"{quoted(str(path))} {PICKLED}")
    if inputs is not None:
        raise UsageError(f"{quoted(str(path))} has the sizes that it was exported with; export it with others")
    return read_pt2(path)
