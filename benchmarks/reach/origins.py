"""The same network from Keras, PyTorch and ONNX: the same blocks, letters and counts?

    python -m benchmarks.reach.origins FOLDER [--make torch|keras] [--only NAME …]

``--make torch`` writes what `torch.export` and both of PyTorch's ONNX exporters make of torchvision's and timm's
networks (needs torch, torchvision, timm, onnx, onnxscript), ``--make keras`` the saved model and what tf2onnx makes of
it (needs TensorFlow, tf2onnx; ViT-B from KerasHub). Files are named ``NETWORK.ORIGIN.SUFFIX``; those that are there
are not made again. Without ``--make`` the files of the folder are read, the networks of keras.applications by name
where they have no file, and a table is printed.
"""

from __future__ import annotations

import argparse
import sys
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

TORCH = {"ResNet50": "resnet50", "MobileNetV2": "mobilenet_v2", "ViT-B": "vit_b_16",
         "Inception-ResNet-v2": "inception_resnet_v2"}  # fmt: skip
KERAS = {"ResNet50": "ResNet50", "MobileNetV2": "MobileNetV2", "Inception-ResNet-v2": "InceptionResNetV2"}
Blocks = tuple[tuple[str, str, int], ...]


def _size(name: str) -> int:
    return 299 if name.startswith("Inception") else 224


def make_torch(folder: Path, name: str) -> None:
    """The program and both exporters' files of one network."""
    import torch
    from torchvision import models

    if TORCH[name] in models.list_models():
        module = models.get_model(TORCH[name], weights=None).eval()
    else:
        import timm

        module = timm.create_model(TORCH[name], pretrained=False).eval()
    example = (torch.zeros(1, 3, _size(name), _size(name)),)
    ways: dict[str, Callable[[str], Any]] = {
        "torch.pt2": lambda path: torch.export.save(torch.export.export(module, example), path),
        "dynamo.onnx": lambda path: torch.onnx.export(module, example, path, dynamo=True),
        "torchscript.onnx": lambda path: torch.onnx.export(module, example, path, dynamo=False, opset_version=17),
    }
    for ending, write in ways.items():
        _written(folder / f"{name}.{ending}", write)


def make_keras(folder: Path, name: str) -> None:
    """The saved model and tf2onnx's file of one network."""
    import keras
    import tensorflow as tf
    import tf2onnx

    if name in KERAS:
        model = getattr(keras.applications, KERAS[name])(weights=None)
    else:
        from keras_hub.models import ViTBackbone

        model = ViTBackbone((224, 224, 3), (16, 16), 12, 12, 768, 3072)
    _written(folder / f"{name}.keras.keras", model.save)
    shape = (None, _size(name), _size(name), 3)
    signature = (tf.TensorSpec(shape, tf.float32, name="input"),)
    called = tf.function(lambda x: model(x, training=False), input_signature=signature)
    _written(
        folder / f"{name}.tf2onnx.onnx",
        lambda path: tf2onnx.convert.from_function(called, input_signature=signature, opset=17, output_path=path),
    )


def _written(path: Path, write: Callable[[str], Any]) -> None:
    if path.exists():
        return
    try:
        write(str(path))
    except Exception as error:  # an exporter's own fault: the table lacks a row
        print(f"{path.name}: {type(error).__name__}: {str(error).splitlines()[:1]}", file=sys.stderr)


def blocks_of(model: str) -> Blocks:
    """(letter, name, copies) of each block type, as the page shows them; KerasHub's model is loaded with its code."""
    from blockviz.errors import ModelError
    from blockviz.pipeline import summarize

    try:
        summary = summarize(model)
    except ModelError:
        summary = summarize(model, load=True)
    return tuple((found.letter, found.name, found.count) for found in summary.blocks)


def table(folder: Path, wanted: list[str]) -> Iterator[str]:
    """A row a file; what differs from most files of its network is said."""
    rows: dict[str, dict[str, Blocks]] = defaultdict(dict)
    for path in sorted(folder.iterdir()):
        name, _, origin = path.name.partition(".")
        if path.suffix in (".onnx", ".pt2", ".keras") and (not wanted or name in wanted):
            rows[name][origin.rpartition(".")[0]] = blocks_of(str(path))
    for name, own in KERAS.items():
        if not wanted or name in wanted:
            rows[name].setdefault("keras", blocks_of(own))
    yield "| network | from | blocks | as most |"
    yield "|---|---|---|---|"
    for name, found in rows.items():
        usual = Counter(found.values()).most_common(1)[0][0]
        for origin, blocks in found.items():
            told = ", ".join(f"{letter} {word} ×{count}" for letter, word, count in blocks)
            yield f"| {name} | {origin} | {told} | {'yes' if blocks == usual else 'no'} |"


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach.origins")
    parser.add_argument("folder", type=Path)
    parser.add_argument("--make", choices=("torch", "keras"))
    parser.add_argument("--only", nargs="*", default=[])
    arguments = parser.parse_args(argv)
    arguments.folder.mkdir(parents=True, exist_ok=True)
    make = {"torch": make_torch, "keras": make_keras}.get(arguments.make)
    for name in arguments.only or TORCH if make else ():
        make(arguments.folder, name)
    if make is None:
        print("\n".join(table(arguments.folder, arguments.only)))


if __name__ == "__main__":
    main(sys.argv[1:])
