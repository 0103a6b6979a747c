"""Composite layers and subclassed models of a live Keras model: their own code is run on symbolic tensors.

    model ── run twice, with other sizes ──► two lists of calls ── merge ──► one ── lay out ──► LayerGraph

A file needs nothing of it, so what it consists of is imported with the first live model.
"""

from __future__ import annotations

from typing import Any

from blockviz.ir import LayerGraph


def is_traceable(source: Any) -> bool:
    """Whether the object is a live model of Keras 3."""
    return any(cls.__module__ == "keras.src.models.model" for cls in type(source).__mro__)


def opens(source: Any) -> bool:
    """Whether the object is a live model of Keras 3 with composites to open."""
    if not is_traceable(source):
        return False
    from blockviz.frontends.trace.leaves import holds_composites

    return holds_composites(source)


def read_opened(model: Any, inputs: Any = None) -> LayerGraph:
    """The layer graph of a live model with its composites opened, see `blockviz.frontends.trace.read`."""
    from blockviz.frontends.trace.read import read_opened as read

    return read(model, inputs)
