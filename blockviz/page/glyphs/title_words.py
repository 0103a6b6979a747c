"""The name of a network in the title, as the literature spells it: ``convnextv2_atto`` → ``ConvNeXtV2 Atto``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from blockviz.backbones.catalogue import backbone_names
from blockviz.outline.model import Outline


def title_of(outline: Outline) -> str:
    """A model's name in the letters of a known network or of the network's own blocks, if its first words are theirs.

    No other name is changed: it is its author's.
    """
    words = re.findall(r"(?:\w|(?<=\d)\.(?=\d))+", outline.name.replace("_", " "))
    own = (found.name.rpartition(" ")[0] for found in outline.definitions if found.source == "template")
    known = {**{_plain(name): name for name in own}, **_catalogue()}
    for count in range(len(words), 0, -1):
        key = _plain("".join(words[:count]))
        base, version = _parted(key)
        if spelled := known.get(key) or (known[base] + version.upper() if base in known else ""):
            rest = [word.capitalize() if word.isalpha() and word.islower() else word for word in words[count:]]
            told = " ".join([spelled, *rest])
            return outline.name if outline.name.startswith(spelled) else told
    return outline.name


def _parted(key: str) -> tuple[str, str]:
    """``convnextv2`` → ``convnext``, ``v2``."""
    base = re.sub(r"v\d{1,2}$", "", key)
    return base, key.removeprefix(base)


@cache
def _catalogue() -> Mapping[str, str]:
    """Plain form → name of each network that the catalogue has."""
    return {_plain(name): name for name in backbone_names()}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
