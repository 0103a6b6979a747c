"""Write into `templates/backbones/forms/` the networks of the catalogue as torchvision and timm build them.

    python templates/generate_editions.py [NAME …]
    python templates/generate_probes.py

Needs torch, torchvision and timm; nothing is downloaded. An edition differs from that of keras.applications in where
it pads, which convolution of a block strides, which layers have a bias. What both libraries build alike is one form.
`generate_probes.py` adds each network with its batch norms folded into the convolutions, as exporters leave it.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from blockviz.backbones.reference_network import known_network
from blockviz.frontends.torch import graph_of
from blockviz.frontends.torch.live import export
from blockviz.ir import LayerGraph, Node, leaves
from blockviz.ir.packed_json import pack

HERE = Path(__file__).parent / "backbones" / "forms"
_TORCHVISION = {
    "VGG16": "vgg16", "VGG19": "vgg19", "ResNet50": "resnet50", "ResNet101": "resnet101", "ResNet152": "resnet152",
    "DenseNet121": "densenet121", "DenseNet169": "densenet169", "DenseNet201": "densenet201",
    "InceptionV3": "inception_v3", "MobileNetV2": "mobilenet_v2", "MobileNetV3Large": "mobilenet_v3_large",
    "MobileNetV3Small": "mobilenet_v3_small", **{f"EfficientNetB{n}": f"efficientnet_b{n}" for n in range(8)},
    **{f"EfficientNetV2{size.upper()}": f"efficientnet_v2_{size}" for size in "sml"},
    **{f"ConvNeXt{size.title()}": f"convnext_{size}" for size in ("tiny", "small", "base", "large")},
}  # fmt: skip
_TIMM = {
    "VGG16": "vgg16", "VGG19": "vgg19", "ResNet50": "resnet50", "ResNet101": "resnet101", "ResNet152": "resnet152",
    "ResNet50V2": "resnetv2_50", "ResNet101V2": "resnetv2_101", "ResNet152V2": "resnetv2_152",
    "DenseNet121": "densenet121", "DenseNet169": "densenet169", "DenseNet201": "densenet201",
    "InceptionV3": "inception_v3", "InceptionResNetV2": "inception_resnet_v2", "Xception": "legacy_xception",
    "MobileNet": "mobilenetv1_100", "MobileNetV2": "mobilenetv2_100", "MobileNetV3Large": "mobilenetv3_large_100",
    "MobileNetV3Small": "mobilenetv3_small_100", "NASNetLarge": "nasnetalarge",
    **{f"EfficientNetB{n}": f"efficientnet_b{n}" for n in range(8)},
    **{f"EfficientNetV2{size.upper()}": f"efficientnetv2_{size}" for size in "sml"},
    **{f"EfficientNetV2B{n}": f"tf_efficientnetv2_b{n}" for n in range(4)},
    **{f"ConvNeXt{size.title()}": f"convnext_{size}" for size in ("tiny", "small", "base", "large")},
    "ConvNeXtXLarge": "convnext_xlarge",
}  # fmt: skip


def editions(wanted: list[str]) -> Iterator[tuple[str, str, LayerGraph]]:
    """(network, library, graph)."""
    import timm
    import torch
    import torchvision

    for library, names in (("torchvision", _TORCHVISION), ("timm", _TIMM)):
        for name, own in names.items():
            if wanted and name not in wanted:
                continue
            size = 299 if name.startswith(("Inception", "Xception")) else 331 if name == "NASNetLarge" else 224
            with torch.device("meta"):
                if library == "timm":
                    module = timm.create_model(own, pretrained=False)
                else:
                    more = {"init_weights": False} if own == "inception_v3" else {}
                    module = torchvision.models.get_model(own, weights=None, **more)
                example = torch.zeros(1, 3, size, size)
            yield name, library, plain(graph_of(export(module, (example,), {}, name)))


def plain(graph: LayerGraph) -> LayerGraph:
    """The graph without what recognition doesn't look at: modules, counts of multiply-adds."""
    out = LayerGraph(**{key: held for key, held in graph.graph.items() if key not in ("composites", "unread")})
    for node in leaves(graph):
        bare = Node(node.id, node.layer, node.inputs, node.outputs, node.args, node.scope, node.call)
        out.add_item(bare, graph.operand_list(node.id))
    return out


def main(wanted: list[str]) -> None:
    """Write the forms of some networks (all, if none is named) and their rows of the index."""
    path = HERE / "index.json"
    index: dict[str, Any] = json.loads(path.read_text(encoding="utf-8"))
    made: dict[tuple[str, tuple[int, ...]], list[str]] = {}
    graphs: dict[tuple[str, tuple[int, ...]], LayerGraph] = {}
    for name, library, graph in editions(wanted):
        key = (name, tuple(known_network(name, graph).pattern.exact.hashes.values()))
        made.setdefault(key, []).append(library)
        graphs[key] = graph
        print(name, library, len(graph), flush=True)
    for key in [key for key, row in index.items() if "edition" in row and (not wanted or row["name"] in wanted)]:
        del index[key]
    for key, libraries in made.items():
        stem = f"{key[0]}.{'-'.join(libraries)}"
        row = {"name": key[0], "file": f"forms/{stem}.json.gz", "edition": libraries}
        form = " and ".join(libraries)
        text = json.dumps(pack(graphs[key]), separators=(",", ":"))
        (HERE / f"{stem}.json.gz").write_bytes(gzip.compress(text.encode(), 9, mtime=0))
        index[stem] = row | {"form": form}
    rows = (f"{json.dumps(key)}: {json.dumps(index[key])}" for key in sorted(index))
    path.write_text("{\n" + ",\n".join(rows) + "\n}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
