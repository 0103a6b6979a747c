"""Class names as Keras spells them in the names that it gives itself."""

from __future__ import annotations

import re


def snake_case(name: str) -> str:
    """``LayerScale`` → ``layer_scale``, ``Conv1DTranspose`` → ``conv1d_transpose``."""
    name = re.sub(r"\W+", "", name)
    name = re.sub("(.)([A-Z][a-z]+)", r"\1_\2", name)
    return re.sub("([a-z])([A-Z])", r"\1_\2", name).lower()
