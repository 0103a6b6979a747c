"""Which class a file means: module and registered name decide, never the bare name of the class.

A user's ``Conv``, ``Identity`` or ``Add`` is not Keras' own. Where a name would be taken for that of a known layer or
operation, the class goes by its full name, ``package>Conv``, in the form in which Keras registers classes.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from blockviz.costs.cost import LAYER_CLASSES
from blockviz.ops.families import FAMILY
from blockviz.ops.vocabulary import from_framework, knows

#: Libraries whose layers mean what Keras' users take their names for, though nothing is known of their weights.
_LIBRARIES = frozenset({"keras_hub", "keras_nlp", "keras_cv", "tensorflow_addons", "tensorflow_models"})
_KERAS_2_PACKAGES = frozenset({"", "keras", "keras_nlp", "keras_cv", "Addons"})


def class_of(entry: Mapping[str, Any]) -> tuple[str, str]:
    """(class, module) of a serialised layer as the graph names them.

    A class that is neither Keras' nor a library's comes with its package before its name where the name alone would
    be mistaken; its module is never empty, so that nothing takes it for Keras' own.
    """
    op, module = str(entry.get("class_name")), str(entry.get("module") or "")
    if from_framework(module) and (module or not _is_foreign(entry, op)):
        return op, module
    if module.partition(".")[0] in _LIBRARIES:
        return op, module
    registered = entry.get("registered_name")
    full = registered if isinstance(registered, str) and ">" in registered else op
    package, _, name = full.rpartition(">")
    module = module or package or "custom"
    return (f"{package or module}>{name}" if knows(name) else op), module


def _is_foreign(entry: Mapping[str, Any], op: str) -> bool:
    """Whether a class without a module is a user's: registered, of a package, or no layer of Keras."""
    package, mark, _ = op.rpartition(">")
    if mark:
        return package not in _KERAS_2_PACKAGES
    if isinstance(entry.get("registered_name"), str):
        return True
    config = entry.get("config")
    is_layer = isinstance(config, Mapping) and "trainable" in config
    return is_layer and op in FAMILY and op not in LAYER_CLASSES
