"""The name of a network in the title, as the literature spells it: ``convnextv2_atto`` → ``ConvNeXtV2 Atto``."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache

from blockviz.backbones.catalogue import backbone_names
from blockviz.outline.model import Outline
from blockviz.runtime.data_files import pattern_tables


def title_of(outline: Outline) -> str:
    """A model's name in the letters of a known network or of the network's own blocks, if its first words are theirs.

    No other name is changed: it is its author's.
    """
    words = re.findall(r"(?:\w|(?<=\d)\.(?=\d))+", outline.name.replace("_", " "))
    own = (found.name.rpartition(" ")[0] for found in outline.definitions if found.source == "template")
    known = {**{_plain(name): name for name in own}, **_catalogue()}
    for count in range(len(words), 0, -1):
        numbered = count == 1 or (words[count - 1][:_WORD].isalpha() and len(words[count - 1]) >= _WORD)
        if spelled := _spelled("".join(words[:count]), known, numbered):
            told, before = spelled, ""
            for word in words[count:]:
                if word.lower() == "plusplus":
                    told += "++"
                    continue
                size = _SIZE.fullmatch(word) or (word.isdecimal() and (before.isdecimal() or not told[-1].isdecimal()))
                told += f"-{word.upper()}" if size else f" {_further(word, known)}"
                before = word
            return outline.name if outline.name.startswith(spelled) and "_" not in outline.name else told
    return outline.name


_SIZE = re.compile(r"x*[stblmhgn]|[a-z]\d{1,3}|x+[a-z]\d{1,3}", re.IGNORECASE)  # as in B0, S16, XXS24, L
_NUMBER = re.compile(r"(.*?[a-z])(\d+(?:x\d+)?)")
_WORD = 3  # letters that a word has before a number that belongs to it
_SAID_ALONE = 5  # letters without a vowel that are spelled one by one: CTC


def _spelled(name: str, known: Mapping[str, str], numbered: bool) -> str:
    """A known name as it is written, with a version or a depth behind it: ``ConvNeXtV2``, ``Res2Net50``; else "".

    numbered : whether digits at its end belong to it, and are no word of their own (``wrn_28``, ``vit_s16``).
    """
    key = _plain(name)
    base, version = _parted(key)
    if key in known or base in known:
        return known.get(key) or known[base] + version.upper()
    if numbered and (found := _NUMBER.fullmatch(key)) and found[1] in known:
        return f"{known[found[1]]}{' ' if 'x' in found[2] else ''}{found[2].replace('x', '×')}"
    return ""


def _further(word: str, known: Mapping[str, str]) -> str:
    """A word behind the network's name."""
    if not (word.isalpha() and word.islower()):
        return word
    return known.get(word) or (
        word.upper() if len(word) < _SAID_ALONE and not {*word} & {*"aeiouy"} else word.capitalize()
    )


def _parted(key: str) -> tuple[str, str]:
    """``convnextv2`` → ``convnext``, ``v2``."""
    base = re.sub(r"v\d{1,2}$", "", key)
    return base, key.removeprefix(base)


@cache
def _catalogue() -> Mapping[str, str]:
    """Plain form → name of each network that the catalogue has, or a paper that is cited."""
    return {_plain(name): name for name in (*pattern_tables()["spellings"], *backbone_names())}


def _plain(name: str) -> str:
    return re.sub(r"[\W_]+", "", name).lower()
