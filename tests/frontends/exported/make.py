"""Write the small exported models of this folder: needs torch (2.14), onnx and onnxscript, tf2onnx for some.

    python tests/frontends/exported/make.py torch      the models below, by both ONNX exporters and as .pt2
    python tests/frontends/exported/make.py keras      the Keras models below, by tf2onnx

CI has none of these: the files are kept here, a few kilobytes each.
"""

from __future__ import annotations

import json
import sys
import zipfile
from pathlib import Path
from typing import Any

HERE = Path(__file__).parent


def torch_models() -> dict[str, tuple[Any, tuple[int, ...]]]:
    import torch
    from torch import nn

    class Bottleneck(nn.Module):
        def __init__(self, cin: int, f: int, stride: int = 1) -> None:
            super().__init__()
            self.conv1, self.bn1 = nn.Conv2d(cin, f, 1, bias=False), nn.BatchNorm2d(f)
            self.conv2, self.bn2 = nn.Conv2d(f, f, 3, stride, 1, bias=False), nn.BatchNorm2d(f)
            self.conv3, self.bn3 = nn.Conv2d(f, 2 * f, 1, bias=False), nn.BatchNorm2d(2 * f)
            self.relu = nn.ReLU(inplace=True)
            self.down = None
            if stride > 1 or cin != 2 * f:
                self.down = nn.Sequential(nn.Conv2d(cin, 2 * f, 1, stride, bias=False), nn.BatchNorm2d(2 * f))

        def forward(self, x: Any) -> Any:
            y = self.relu(self.bn1(self.conv1(x)))
            y = self.relu(self.bn2(self.conv2(y)))
            y = self.bn3(self.conv3(y))
            y += x if self.down is None else self.down(x)
            return self.relu(y)

    class ResNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Sequential(nn.Conv2d(3, 8, 7, 2, 3, bias=False), nn.BatchNorm2d(8), nn.ReLU())
            self.pool = nn.MaxPool2d(3, 2, 1)
            self.layer1 = nn.Sequential(Bottleneck(8, 4), Bottleneck(8, 4), Bottleneck(8, 4))
            self.layer2 = nn.Sequential(Bottleneck(8, 8, 2), Bottleneck(16, 8))
            self.head = nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            x = self.layer2(self.layer1(self.pool(self.stem(x))))
            return self.head(torch.flatten(nn.functional.adaptive_avg_pool2d(x, 1), 1))

    class Encoder(nn.Module):
        def __init__(self, d: int) -> None:
            super().__init__()
            self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
            self.attention = nn.MultiheadAttention(d, 2, batch_first=True)
            self.mlp = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Dropout(0.1), nn.Linear(2 * d, d))

        def forward(self, x: Any) -> Any:
            y = self.norm1(x)
            x = x + self.attention(y, y, y, need_weights=False)[0]
            return x + self.mlp(self.norm2(x))

    class ViT(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches = nn.Conv2d(3, 16, 8, 8)
            self.token = nn.Parameter(torch.zeros(1, 1, 16))
            self.position = nn.Parameter(torch.randn(1, 17, 16))
            self.blocks = nn.Sequential(*(Encoder(16) for _ in range(4)))
            self.norm, self.head = nn.LayerNorm(16), nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            x = self.patches(x).flatten(2).transpose(1, 2)
            x = torch.cat([self.token.expand(x.shape[0], -1, -1), x], 1) + self.position
            return self.head(self.norm(self.blocks(x))[:, 0])

    class Windowed(nn.Module):
        """Windows folded into the batch, every other block shifted, as Swin does."""

        def __init__(self, d: int, shift: int) -> None:
            super().__init__()
            self.shift, self.d = shift, d
            self.norm1, self.norm2 = nn.LayerNorm(d), nn.LayerNorm(d)
            self.qkv, self.project = nn.Linear(d, 3 * d), nn.Linear(d, d)
            self.mlp = nn.Sequential(nn.Linear(d, 2 * d), nn.GELU(), nn.Linear(2 * d, d))

        def forward(self, x: Any) -> Any:
            b, h, w, d = x.shape
            y = self.norm1(x)
            if self.shift:
                y = torch.roll(y, (-self.shift, -self.shift), (1, 2))
            y = y.view(b, h // 4, 4, w // 4, 4, d).permute(0, 1, 3, 2, 4, 5).reshape(-1, 16, d)
            q, k, v = self.qkv(y).reshape(y.shape[0], 16, 3, 2, d // 2).permute(2, 0, 3, 1, 4).unbind(0)
            y = ((q * (d // 2) ** -0.5) @ k.transpose(-2, -1)).softmax(-1) @ v
            y = self.project(y.transpose(1, 2).reshape(-1, 16, d))
            y = y.view(b, h // 4, w // 4, 4, 4, d).permute(0, 1, 3, 2, 4, 5).reshape(b, h, w, d)
            if self.shift:
                y = torch.roll(y, (self.shift, self.shift), (1, 2))
            x = x + y
            return x + self.mlp(self.norm2(x))

    class Swin(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.patches = nn.Conv2d(3, 16, 4, 4)
            self.blocks = nn.Sequential(*(Windowed(16, 2 * (i % 2)) for i in range(4)))
            self.head = nn.Linear(16, 10)

        def forward(self, x: Any) -> Any:
            return self.head(self.blocks(self.patches(x).permute(0, 2, 3, 1)).mean((1, 2)))

    class Layer(nn.Module):
        def __init__(self, cin: int) -> None:
            super().__init__()
            self.norm1, self.conv1 = nn.BatchNorm2d(cin), nn.Conv2d(cin, 16, 1, bias=False)
            self.norm2, self.conv2 = nn.BatchNorm2d(16), nn.Conv2d(16, 4, 3, padding=1, bias=False)

        def forward(self, features: list[Any]) -> Any:
            x = self.conv1(torch.relu(self.norm1(torch.cat(features, 1))))
            return self.conv2(torch.relu(self.norm2(x)))

    class DenseNet(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 8, 3, 2, 1)
            self.layers = nn.ModuleList(Layer(8 + 4 * i) for i in range(5))
            self.head = nn.Linear(28, 10)

        def forward(self, x: Any) -> Any:
            features = [self.stem(x)]
            for layer in self.layers:
                features.append(layer(features))
            return self.head(torch.cat(features, 1).mean((2, 3)))

    class Shuffled(nn.Module):
        """A channel shuffle between grouped convolutions: what is reshaped is read channels first again."""

        def __init__(self) -> None:
            super().__init__()
            self.stem = nn.Conv2d(3, 16, 3, 2, 1)
            self.first = nn.ModuleList(nn.Conv2d(16, 16, 1, groups=4) for _ in range(3))
            self.second = nn.ModuleList(nn.Conv2d(16, 16, 3, 1, 1, groups=16) for _ in range(3))

        def forward(self, x: Any) -> Any:
            x = self.stem(x)
            for first, second in zip(self.first, self.second, strict=True):
                n, c, h, w = x.shape
                y = first(x).view(n, 4, c // 4, h, w).transpose(1, 2).reshape(n, c, h, w)
                x = x + second(torch.relu(y))
            return x

    class Queries(nn.Module):
        """Learned queries attend to an image: a branch that begins with weights alone; embedding and head are tied."""

        def __init__(self) -> None:
            super().__init__()
            self.words = nn.Embedding(50, 16)
            self.queries = nn.Parameter(torch.randn(1, 6, 16))
            self.norm, self.ask = nn.LayerNorm(16), nn.Linear(16, 16)
            self.cell = nn.LSTM(16, 12, batch_first=True, bidirectional=True)
            self.back = nn.Linear(24, 16)
            self.head = nn.Linear(16, 50, bias=False)
            self.head.weight = self.words.weight

        def forward(self, text: Any) -> Any:
            memory = self.back(self.cell(self.words(text))[0])
            asked = self.ask(self.norm(self.queries))
            scores = (asked @ memory.transpose(1, 2)).softmax(-1)
            return self.head(scores @ memory)

    class Branches(nn.Module):
        """One of two ways, by a value that is known only when it runs."""

        def __init__(self) -> None:
            super().__init__()
            self.first, self.one, self.other = nn.Linear(8, 8), nn.Linear(8, 8), nn.Linear(8, 8, bias=False)

        def forward(self, x: Any) -> Any:
            x = self.first(x)
            return torch.cond(x.sum() > 0, lambda x: self.one(x).relu(), lambda x: self.other(x).tanh(), (x,)) + x

    torch.manual_seed(0)
    return {
        "resnet": (ResNet(), (1, 3, 64, 64)), "vit": (ViT(), (1, 3, 32, 32)), "swin": (Swin(), (1, 3, 32, 32)),
        "densenet": (DenseNet(), (1, 3, 32, 32)), "shuffle": (Shuffled(), (1, 3, 32, 32)),
        "queries": (Queries(), (1, 9)), "branches": (Branches(), (1, 5, 8)),
    }  # fmt: skip


def slim_onnx(path: Path) -> None:
    """Leave out where in the source each node was made."""
    import onnx

    model = onnx.load(path)
    model.ClearField("metadata_props")
    nodes = [*model.graph.node, *(node for function in model.functions for node in function.node)]
    for node in nodes:
        kept = [prop for prop in node.metadata_props if prop.key.endswith(("name_scopes", "class_hierarchy"))]
        node.ClearField("metadata_props")
        node.metadata_props.extend(kept)
        node.ClearField("doc_string")
    for value in [*model.graph.value_info, *model.graph.input, *model.graph.output, *model.graph.initializer]:
        if hasattr(value, "metadata_props"):
            value.ClearField("metadata_props")
    onnx.save(model, path)


def slim_archive(path: Path) -> None:
    """Keep the program's JSON and the weights' names; leave out the weights and where each node was made."""
    with zipfile.ZipFile(path) as archive:
        members = {name: archive.read(name) for name in archive.namelist() if name.endswith(".json")}
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, text in members.items():
            data = json.loads(text)
            for node in data.get("graph_module", {}).get("graph", {}).get("nodes", ()):
                node["metadata"] = {"nn_module_stack": node["metadata"].get("nn_module_stack", "")}
            archive.writestr(zipfile.ZipInfo(name), json.dumps(data, separators=(",", ":")), zipfile.ZIP_DEFLATED)


def write_torch() -> None:
    import torch

    for name, (module, shape) in torch_models().items():
        module.eval()
        x = torch.zeros(shape) if len(shape) > 2 else torch.zeros(shape, dtype=torch.int64)
        torch.export.save(torch.export.export(module, (x,), strict=False), HERE / f"{name}.pt2")
        torch.onnx.export(module, (x,), HERE / f"{name}.dynamo.onnx", dynamo=True, external_data=False)
        older = () if name == "branches" else (9, 17) if name in ("resnet", "densenet") else (14,)
        for opset in older:
            torch.onnx.export(module, (x,), HERE / f"{name}.opset{opset}.onnx", dynamo=False, opset_version=opset)
        slim_archive(HERE / f"{name}.pt2")
        for path in HERE.glob(f"{name}.*.onnx"):
            slim_onnx(path)
        print(name, sum(p.numel() for p in module.parameters()))


def write_keras() -> None:
    import keras
    import numpy as np

    np.__dict__.setdefault("object", object)
    kinds = ("float32", "int32")
    np.__dict__.setdefault("cast", {np.dtype(t): (lambda x, t=t: np.asarray(x).astype(t)) for t in kinds})
    import tensorflow as tf
    import tf2onnx

    x = inputs = keras.Input((64, 64, 3))
    x = keras.layers.ReLU()(keras.layers.BatchNormalization()(keras.layers.Conv2D(8, 3, 2, "same", use_bias=False)(x)))
    for stride, width in ((2, 8), (1, 8), (1, 8), (2, 16), (1, 16)):
        y = keras.layers.BatchNormalization()(keras.layers.Conv2D(4 * x.shape[-1], 1, use_bias=False)(x))
        y = keras.layers.DepthwiseConv2D(3, stride, "same", use_bias=False)(keras.layers.ReLU(6)(y))
        y = keras.layers.ReLU(6)(keras.layers.BatchNormalization()(y))
        y = keras.layers.BatchNormalization()(keras.layers.Conv2D(width, 1, use_bias=False)(y))
        x = keras.layers.Add()([x, y]) if stride == 1 and x.shape[-1] == width else y
    outputs = keras.layers.Dense(10, activation="softmax")(keras.layers.GlobalAveragePooling2D()(x))
    model = keras.Model(inputs, outputs, name="inverted")
    (HERE / "inverted.json").write_text(model.to_json(), encoding="utf-8")
    spec = (tf.TensorSpec((None, 64, 64, 3), tf.float32, name="input"),)
    function = tf.function(lambda x: model(x, training=False), input_signature=spec)
    tf2onnx.convert.from_function(function, input_signature=spec, opset=15, output_path=str(HERE / "inverted.tf.onnx"))


if __name__ == "__main__":
    {"torch": write_torch, "keras": write_keras}[sys.argv[1]]()
