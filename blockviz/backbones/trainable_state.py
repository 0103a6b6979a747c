"""What of a backbone is trained: all, none, or from which layer on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from blockviz.ir import Node, layers_of
from blockviz.ops.families import family


def trainable_info(nodes: Sequence[Node]) -> dict[str, Any]:
    """``trainable`` (``all``, ``none``, ``partly``) and ``frozen_to`` of a part of a network.

    ``frozen_to`` names the last frozen layer where everything up to it is frozen and nothing behind
    it is, normalisations apart: these are often kept frozen while the layers around them train.
    """
    layers = [layer for layer in layers_of(nodes).values() if layer.params != 0]
    frozen = [not layer.trainable for layer in layers]
    if not any(frozen):
        return {"trainable": "all", "frozen_to": None}
    if all(frozen):
        return {"trainable": "none", "frozen_to": None}
    telling = [layer for layer in layers if family(layer.op) != "norm"] or layers
    count = sum(not layer.trainable for layer in telling)
    in_front = 0 < count < len(telling) and not any(layer.trainable for layer in telling[:count])
    return {"trainable": "partly", "frozen_to": telling[count - 1].name if in_front else None}
