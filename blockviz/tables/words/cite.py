"""The papers behind what was recognised: BibTeX, and a sentence for the text."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from blockviz.backbones.catalogue import templates_dir
from blockviz.outline.model import Outline
from blockviz.quoting import latex

_ENTRY = re.compile(r"^@\w+\{\s*([^,\s]+)\s*,.*?^\}", re.MULTILINE | re.DOTALL)


class Citation(NamedTuple):
    """What goes into the ``.bib`` file, and what goes into the text."""

    bibtex: str
    sentence: str


def bibliography(extra: str = "") -> Mapping[str, str]:
    """BibTeX entries by key: those of `templates/references.bib`, and any in ``extra``, which go first."""
    own = (templates_dir() / "references.bib").read_text(encoding="utf-8")
    return {match[1]: match[0] for text in (own, extra) for match in _ENTRY.finditer(text)}


def cite(*outlines: Outline, extra: str = "") -> Citation:
    r"""The BibTeX entries of recognised networks, named blocks and idioms, and a LaTeX sentence that cites them.

    Backbones come first, then blocks in the order of the figure; each paper once. What has no paper
    is not mentioned. Several outlines are readings of one model: with its backbones collapsed, which
    shows the networks, and without, which shows their blocks. ``extra``: BibTeX text for the keys of
    the user's own backbones.
    """
    entries = bibliography(extra)
    networks = [each for outline in outlines for each in outline.backbones]
    named = [(each.name, each.references) for outline in outlines for each in outline.definitions]
    named += [(each.name, each.references) for outline in outlines for each in outline.idioms]
    backbones = _cited(((each.title or each.name, each.references) for each in networks), entries)
    blocks = _cited(named, entries)
    keys = dict.fromkeys(key for found in (backbones, blocks) for keys in found.values() for key in keys)
    return Citation("\n\n".join(entries[key] for key in keys) + ("\n" if keys else ""), _sentence(backbones, blocks))


def _cited(named: Iterable[tuple[str, tuple[str, ...]]], entries: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    """Keys by name, for the names whose papers are known."""
    found: dict[str, tuple[str, ...]] = {}
    for name, keys in named:
        if known := tuple(key for key in keys if key in entries):
            found.setdefault(name, known)
    return found


def _sentence(backbones: Mapping[str, tuple[str, ...]], blocks: Mapping[str, tuple[str, ...]]) -> str:
    clauses = []
    if backbones:
        clauses.append(f"builds on {_listed(backbones)}")
    if blocks:
        clauses.append(f"uses the {'blocks' if len(blocks) > 1 else 'block'} {_listed(blocks)}")
    return f"The model {' and '.join(clauses)}." if clauses else ""


def _listed(cited: Mapping[str, tuple[str, ...]]) -> str:
    texts = [rf"{latex.text(name)}~\cite{{{','.join(keys)}}}" for name, keys in cited.items()]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}"
