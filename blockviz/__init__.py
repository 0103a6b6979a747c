"""blockviz: one page that shows the blocks of a large Keras network.

>>> import blockviz
>>> summary = blockviz.summarize("ResNet50")
>>> [(part.name, part.repeat) for part in summary.overview if part.letter]
[('Bottleneck', 3), ('Bottleneck', 4), ('Bottleneck', 6), ('Bottleneck', 3)]
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blockviz.documents import Difference, cite, compare, diff, report
    from blockviz.keras_api import model_to_dot, plot_model
    from blockviz.pipeline import summarize
    from blockviz.summary import Summary

__version__ = "0.1.0"
__all__ = [
    "Difference", "Summary", "__version__", "cite", "compare", "diff", "model_to_dot", "plot_model", "report",
    "summarize",
]  # fmt: skip

_HOMES = {
    "summarize": "pipeline", "Summary": "summary", "plot_model": "keras_api", "model_to_dot": "keras_api",
    **dict.fromkeys(("Difference", "cite", "compare", "diff", "report"), "documents"),
}  # fmt: skip


def __dir__() -> list[str]:
    """The public names."""
    return sorted(__all__)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used, so that `blockviz --help` stays instant."""
    if name not in _HOMES:
        raise AttributeError(f"module 'blockviz' has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(f"blockviz.{_HOMES[name]}"), name)
