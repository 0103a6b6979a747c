"""Names of nodes, and the modules around them, as the exporters write them."""

from __future__ import annotations

import re
from ast import literal_eval

from blockviz.frontends.onnx.proto import Node

_SAFE = re.compile(r"[^\w./\-]+")


def plain_name(name: str) -> str:
    """A name without what separates paths in another way than blockviz does."""
    return _SAFE.sub("_", name).strip("/") or "tensor"


def module_path(node: Node) -> tuple[str, tuple[tuple[str, str], ...]]:
    """A node's name, and the (path, class name) of the modules around it, outermost first.

    PyTorch's exporters tell the modules: the older one in the name (``/layer1/layer1.0/conv1/Conv``), the newer one
    in the node's metadata. Others write a path of their own, which is the name.
    """
    scopes, classes = (_listed(node, f"pkg.torch.onnx.{key}") for key in ("name_scopes", "class_hierarchy"))
    if scopes and len(scopes) == len(classes):
        modules = [(path, kind) for path, kind in zip(scopes[:-1], classes, strict=False) if path]
        name = _leaf_name([path for path, _ in modules], node)
        if modules and modules[-1][1].startswith("torch.nn.modules.") and not modules[-1][1].endswith(_COMPOSITE):
            modules.pop()  # the layer itself
        return name, tuple((_slashed(path), kind.rpartition(".")[2]) for path, kind in modules)
    parts = [part for part in node.name.split("/") if part]
    if node.name.startswith("/") and len(parts) > 1:
        return _leaf_name(_joined(parts[:-1]), node), tuple((_slashed(path), "") for path in _joined(parts[:-1]))
    return plain_name(node.name or (node.outputs[0] if node.outputs else node.op)), ()


_COMPOSITE = ("Sequential", "ModuleList", "ModuleDict", "MultiheadAttention")


def _slashed(path: str) -> str:
    return path.replace(".", "/")


def _listed(node: Node, key: str) -> list[str]:
    try:
        found = literal_eval(node.metadata[key])
    except (KeyError, ValueError, SyntaxError, MemoryError, RecursionError):
        return []
    return found if isinstance(found, list) and all(isinstance(one, str) for one in found) else []


def _joined(parts: list[str]) -> list[str]:
    """The older exporter's parts as paths: ``layer1``, ``layer1.0``, ``conv1`` end in ``layer1.0.conv1``.

    What lies in a container repeats the container's name, and only that.
    """
    paths: list[str] = []
    above: list[str] = []
    for part in parts:
        own = part.split(".")
        shared = next((n for n in range(len(own) - 1, 0, -1) if above[-n:] == own[:n]), 0)
        above = [*above, *own[shared:]]
        paths.append(".".join(above))
    return paths


def _leaf_name(paths: list[str], node: Node) -> str:
    path = paths[-1].replace(".", "/") if paths else ""
    return plain_name(f"{path}/{node.op}" if path else node.op)
