"""Published figures of the networks of keras.applications, as data in ``templates/facts``."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from functools import cache

from blockviz.runtime.data_files import templates_folder

SOURCE = "Keras documentation, keras.io/api/applications"


def imagenet_facts(name: str) -> Mapping[str, str]:
    """Published figures of an architecture by its class name (``ResNet50``), as printed; empty if there are none.

    Keys: ``size_mb`` (weights), ``top1`` and ``top5`` (% on the ImageNet validation set), ``params_m`` (millions),
    ``depth``, and ``source``. What the page leaves blank is left out.
    """
    row = _table().get(name)
    return {**{key: value for key, value in row.items() if value}, "source": SOURCE} if row else {}


@cache
def _table() -> dict[str, dict[str, str]]:
    text = (templates_folder() / "facts" / "imagenet.csv").read_text("utf-8")
    return {row.pop("name"): row for row in csv.DictReader(text.splitlines())}
