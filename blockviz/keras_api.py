"""Drop-ins for `keras.utils.plot_model` and `model_to_dot`: the same arguments, a page of blocks instead."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

from blockviz.pipeline import summarize
from blockviz.summary import Summary

if TYPE_CHECKING:
    import pydot


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool = False,
    show_trainable: bool = False,
    **options: Any,
) -> Summary:
    """Draw a model's blocks; takes what `keras.utils.plot_model` takes.

    ``rankdir`` ``LR`` draws to the right and ``dpi`` is used; ``expand_nested=False`` collapses nested
    models, as in Keras. Shapes, activations and what is frozen are always shown, layer names and types of
    numbers never: the switches for these are accepted and change nothing. Further options are those of
    `Summary.page`.
    """
    del show_shapes, show_dtype, show_layer_names, show_layer_activations, show_trainable
    summary = summarize(model, collapse_nested=not expand_nested)
    direction = "right" if rankdir in ("LR", "RL") else "down"
    summary.save(to_file, dpi=dpi, direction=direction, **options)
    return summary


def model_to_dot(model: Any, expand_nested: bool = False, **options: Any) -> pydot.Dot:
    """The page as a `pydot.Dot`, as `keras.utils.model_to_dot` gives one."""
    from blockviz.render.formats.dot import page_to_pydot

    return page_to_pydot(summarize(model, collapse_nested=not expand_nested).page(**options))
