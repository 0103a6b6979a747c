"""Drop-ins for `keras.utils.plot_model` and `model_to_dot`: the same arguments, a page of blocks instead.

Both take every argument of Keras 2 and 3, by name or by position. What has no meaning here is told in a warning, or
refused with what to do instead.
"""

from __future__ import annotations

import os
import warnings
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from blockviz.errors import UsageError, quoted
from blockviz.pipeline import summarize
from blockviz.runtime.options import check
from blockviz.summary import Summary

if TYPE_CHECKING:
    import pydot

_DIRECTIONS = {"TB": "down", "BT": "down", "LR": "right", "RL": "right"}
_PAGE = ("page", "width", "height", "theme", "min_font", "pages", "layout")
_DRAWING = ("engine", "outline_text", "force")
_SAID = {
    "show_dtype": "types of numbers are not drawn; `blockviz inspect` and Keras' own summary list them",
    "show_layer_names": "a box stands for many layers; `blockviz inspect --json` lists their names",
    "splines": "arrows are laid out by blockviz, whatever splines says",
}


def plot_model(
    model: Any,
    to_file: str | os.PathLike[str] = "model.png",
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool = False,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    show_layer_activations: bool | Sequence[str] = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    *,
    layer_range: Sequence[str] | None = None,
    **options: Any,
) -> Summary:
    """Draw a model's blocks; takes what `keras.utils.plot_model` takes.

    Parameters
    ----------
    to_file : the suffix chooses the format; PNG without one, as in Keras.
    rankdir : ``TB`` draws downwards, ``LR`` to the right; the reverse of these is drawn the usual way, with a warning.
    expand_nested : False makes each nested model one box, as in Keras. dpi : of PNG.
    show_shapes, show_layer_activations, show_trainable : always shown, so these change nothing.
    show_dtype, show_layer_names, splines : have no meaning for blocks; a warning says so where they are asked for.
    layer_range : not taken; the sentence says what to give instead.
    options : those of `Summary.page`, and ``engine``, ``outline_text``, ``force``.

    Returns
    -------
    The summary, which a notebook shows as the figure.

    Raises
    ------
    UsageError : ``layer_range``, an unknown ``rankdir``, or an argument that neither Keras nor blockviz has.
    """
    del show_shapes, show_trainable
    _refuse(show_layer_activations, layer_range, options, (*_PAGE, *_DRAWING))
    _warn(rankdir, show_dtype=show_dtype, show_layer_names=show_layer_names, splines=splines not in ("ortho", None))
    summary = summarize(model, collapse_nested=not expand_nested)
    form = None if os.path.splitext(os.fspath(to_file))[1] else "png"
    summary.save(to_file, format=form, dpi=dpi, direction=_direction(rankdir), **options)
    return summary


def model_to_dot(
    model: Any,
    show_shapes: bool = False,
    show_dtype: bool = False,
    show_layer_names: bool | None = None,
    rankdir: str = "TB",
    expand_nested: bool = False,
    dpi: int = 200,
    subgraph: bool = False,
    show_layer_activations: bool | Sequence[str] = False,
    show_trainable: bool = False,
    splines: str = "ortho",
    *,
    layer_range: Sequence[str] | None = None,
    **options: Any,
) -> pydot.Dot | pydot.Cluster:
    """The page as a `pydot.Dot`, as `keras.utils.model_to_dot` gives one; any program of Graphviz draws it.

    Arguments are those of `plot_model`. ``subgraph`` gives a `pydot.Cluster` of plain boxes and arrows, without
    positions, to be laid out as a part of another graph.

    Raises
    ------
    UsageError : as of `plot_model`. DrawError : pydot is not installed.
    """
    del show_shapes, show_trainable
    _refuse(show_layer_activations, layer_range, options, _PAGE)
    _warn(rankdir, show_dtype=show_dtype, show_layer_names=show_layer_names, splines=splines not in ("ortho", None))
    check(dpi=dpi)
    summary = summarize(model, collapse_nested=not expand_nested)
    if subgraph:
        from blockviz.render.formats.cluster import outline_to_cluster

        return outline_to_cluster(summary.outline, rankdir)
    from blockviz.render.formats.dot import page_to_pydot

    return page_to_pydot(summary.page(direction=_direction(rankdir), **options), dpi=float(dpi))


def _refuse(
    activations: bool | Sequence[str], layer_range: Sequence[str] | None, options: Mapping[str, Any],
    known: Sequence[str],
) -> None:  # fmt: skip
    """Raise UsageError for what can't be drawn; Keras 2 has ``layer_range`` where Keras 3 has the activations."""
    if layer_range is not None or not isinstance(activations, bool):
        raise UsageError("layer_range is not taken; draw keras.Model(inputs, outputs) of the layers that you want")
    if strange := next((name for name in options if name not in known), None):
        raise UsageError(f"there is no argument {quoted(strange)}; beside those of Keras there are {', '.join(known)}")


def _direction(rankdir: str) -> str:
    if rankdir not in _DIRECTIONS:
        raise UsageError(f"rankdir is TB or LR, not {quoted(rankdir)}")
    return _DIRECTIONS[rankdir]


def _warn(rankdir: str, **asked: bool | None) -> None:
    """Warn of arguments that were given and have no meaning."""
    _direction(rankdir)
    said = [_SAID[name] for name, given in asked.items() if given]
    if rankdir in ("BT", "RL"):
        said.append(f"rankdir {rankdir} is drawn as {'TB' if rankdir == 'BT' else 'LR'}: from the input on")
    for sentence in said:
        warnings.warn(sentence, UserWarning, stacklevel=3)
