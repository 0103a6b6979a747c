"""Files that hold no architecture of Keras, by their first bytes: what they are, and what helps."""

from __future__ import annotations

from pathlib import Path

from blockviz.errors import quoted

_RECORD = "keras_metadata.pb"
_LFS = b"version https://git-lfs.github.com/spec/"
_SAVE_WHOLE = "save the whole model with model.save('model.keras')"


def described(path: Path, start: bytes) -> str:
    """What a file is that can't be read, and the remedy, as the end of a sentence that begins with its name."""
    if not start:
        return f"an empty file; {_SAVE_WHOLE}"
    if start.startswith(_LFS):
        return "a Git LFS pointer, not the file itself; fetch it with `git lfs pull`"
    if start[4:8] == b"TFL3" or path.suffix == ".tflite":
        return (
            "a TensorFlow Lite model, which does not know its layers; give the Keras file, or convert it with "
            f"`python -m tf2onnx.convert --tflite {path.name} --output model.onnx` and give that"
        )
    if path.suffix in (".pb", ".pbtxt"):
        return (
            "a TensorFlow graph, which does not know its layers; give the Keras file, or convert it with "
            f"`python -m tf2onnx.convert --graphdef {path.name} --output model.onnx` and give that"
        )
    if path.suffix == ".keras":
        return f"no .keras archive: it is damaged or was not written by Keras; {_SAVE_WHOLE}"
    known = "neither a .keras archive, HDF5, a JSON or YAML architecture, ONNX nor a .pt2 program"
    return f"no model file: {known}; {_SAVE_WHOLE}"


def exported(path: Path) -> str:
    """The sentence for a SavedModel without Keras' record of its layers."""
    convert = f"python -m tf2onnx.convert --saved-model {path.name} --output model.onnx"
    return (
        f"{quoted(str(path))} is a SavedModel without Keras' record of the layers ({_RECORD}), as model.export() "
        f"writes it; give the Keras file, or convert it with `{convert}` and give that"
    )
