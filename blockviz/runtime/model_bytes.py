"""What the first bytes of a file say: whether it is, or may be, a trained model that nobody wants to lose."""

from __future__ import annotations

import os
import re

_START = 4096 + 8  # an HDF5 signature may stand behind a user block
_HDF5 = b"\x89HDF\r\n\x1a\n"
_OFFICE = b"[Content_Types].xml"  # the first entry of a presentation, which is a zip too
_SUFFIXES = frozenset({
    ".keras", ".h5", ".hdf5", ".onnx", ".pb", ".pt", ".pt2", ".pth", ".ckpt", ".tflite", ".safetensors", ".gguf",
    ".npz", ".weights",
})  # fmt: skip
# ir_version or saved_model_schema_version, then another field with a length
_PROTOBUF = re.compile(rb"\x08[\x00-\x20][\x12\x1a\x22\x2a\x32\x3a\x42]", re.DOTALL)
_OWN_JSON = re.compile(rb'\{\s*"schema"')  # `blockviz inspect --json`
_PICKLE = re.compile(rb"\x80[\x02-\x05]", re.DOTALL)


def model_kind(path: str) -> str | None:
    """The kind of model that a regular file seems to be, in words; None for what is no model or can't be read."""
    try:
        with open(path, "rb") as file:
            start = file.read(_START)
    except OSError:
        return None
    if not start:
        return None
    kind = _kind_of_bytes(start)
    return kind or ("a model by its suffix" if os.path.splitext(path)[1].lower() in _SUFFIXES else None)


def _kind_of_bytes(start: bytes) -> str | None:
    if start.startswith(b"PK\x03\x04"):
        return None if start.startswith(_OFFICE, 30) else "a saved model or another archive"
    if any(start.startswith(_HDF5, at) for at in (0, 512, 1024, 2048, 4096)):
        return "an HDF5 file"
    text = start.lstrip(b"\xef\xbb\xbf \t\r\n")
    if text.startswith(b"{"):
        return None if _OWN_JSON.match(text) else "a JSON architecture"
    if start.startswith((b"GGUF", b"\x93NUMPY")) or start.startswith((b"TFL3", b"\0\0\0\0{"), 4):
        return "a file of weights"
    if _PROTOBUF.match(start) or (start.startswith(b"\n") and b"\0" in start):
        return "an ONNX or TensorFlow graph"
    return "a pickled model" if _PICKLE.match(start) else None
