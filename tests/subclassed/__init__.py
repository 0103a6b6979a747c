"""Subclassed models in the manner of keras.io, the TensorFlow tutorials and ordinary users: loops, dicts, several
arguments, code that trains, TensorFlow's own functions.

Each is a function that gives (model, inputs): the inputs to run it on, or None where it has been called.
"""

from subclassed import generation, reinforced, tensorflow_style, text, vision  # noqa: F401
from subclassed.shared import MODELS

__all__ = ["MODELS"]
