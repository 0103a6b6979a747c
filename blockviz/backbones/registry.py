"""All networks that can be recognised: those of the catalogue, their forms, and the user's own.

Each entry carries a few hashes (`fingerprints.probes`), so that only the graphs of likely networks
are read. The user's own networks lie in ``$BLOCKVIZ_HOME/backbones`` (else
``$XDG_CONFIG_HOME/blockviz/backbones``, else ``~/.config/blockviz/backbones``).
"""

from __future__ import annotations

import gzip
import json
import os
import re
import zlib
from collections.abc import Iterable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Literal

from blockviz.backbones.catalogue import backbone_info, templates_dir
from blockviz.backbones.folded_norms import with_norms_folded
from blockviz.backbones.reference_network import ReferenceNetwork, known_network, probes
from blockviz.backbones.width_multiplier import Rule
from blockviz.errors import DrawError, ModelError, UsageError, quoted
from blockviz.ir import LayerGraph, is_shared, leaves
from blockviz.ir.packed_json import pack, unpack
from blockviz.runtime.input_files import open_regular
from blockviz.runtime.output_files import write
from blockviz.runtime.records import dataclass

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._+-]{0,63}")
_LARGEST = 64 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One network to look for.

    key : its file; name : what it is called; form : what sets this form apart (``torchvision``), or None.
    probes : rooted hashes in its stem, along its body and at the body's end.
    reference : BibTeX key, or None.
    folded : whether its batch norms are folded into the convolutions (the file has them), which then have biases.
    rules, apart : for a network with a width multiplier: a rule per layer that decides on a width, and
        pairs of such layers that are never equally wide.
    """

    key: str
    name: str
    path: Path
    probes: tuple[int, ...]
    form: str | None = None
    reference: str | None = None
    rules: tuple[Rule, ...] = ()
    apart: tuple[tuple[int, int], ...] = ()
    folded: Literal["", "biased", "unbiased"] = ""


@dataclass(frozen=True, slots=True)
class Library:
    """The entries to look for, in order of preference."""

    entries: tuple[Entry, ...]

    def likely(self, hashes: Iterable[int]) -> list[Entry]:
        """Entries that a graph with these rooted hashes may hold, the likeliest first."""
        there = set(hashes)
        scored = [
            (entry.probes[-1] not in there, -sum(probe in there for probe in entry.probes), place, entry)
            for place, entry in enumerate(self.entries)
            if entry.probes[0] in there
        ]
        return [entry for *_, entry in sorted(scored, key=lambda row: row[:3])]

    @property
    def stems(self) -> frozenset[int]:
        """The hashes one of which a tensor must lead to for a network to begin there."""
        return frozenset(entry.probes[0] for entry in self.entries)


def home() -> Path:
    """The folder of the user's own backbones; it need not exist."""
    if own := os.environ.get("BLOCKVIZ_HOME"):
        return Path(own) / "backbones"
    config = os.environ.get("XDG_CONFIG_HOME")
    return (Path(config) if config else Path.home() / ".config") / "blockviz" / "backbones"


@cache
def shipped_library() -> Library:
    """The networks of keras.applications and their forms, in the catalogue's order."""
    folder = templates_dir() / "backbones"
    data = json.loads((folder / "probes.json").read_text(encoding="utf-8"))
    return Library(
        tuple(
            Entry(
                key=key,
                name=row["name"],
                path=folder / row["file"],
                probes=_numbers(row["probes"]),
                form=row.get("form"),
                reference=backbone_info(row["name"]).references[0],
                rules=tuple((str(kind), float(number)) for kind, number in row.get("rules", ())),
                apart=tuple((int(first), int(last)) for first, last in row.get("apart", ())),
                folded=row.get("folded", ""),
            )
            for key, row in data.items()
        )
    )


def library(directory: Path | None = None) -> Library:
    """The shipped networks, preceded by the user's own (from `home`, or from ``directory``)."""
    folder = directory or home()
    try:
        files = sorted(folder.glob("*.json.gz")) if folder.is_dir() else []
    except OSError:  # a name too long, a folder that can't be read
        files = []
    return Library((*map(_own_entry, files), *shipped_library().entries))


def _own_entry(path: Path) -> Entry:
    data = _read(path)
    try:
        return Entry(str(path), str(data["backbone"]), path, _numbers(data["probes"]), reference=data.get("reference"))
    except (KeyError, TypeError, ValueError):
        raise ModelError(f"{path} is no backbone of blockviz; remove it or add it again") from None


def _numbers(texts: Sequence[str]) -> tuple[int, ...]:
    return tuple(int(text, 16) for text in texts)


def _read(path: Path) -> dict[str, Any]:
    try:
        with open_regular(path) as stream, gzip.open(stream) as file:
            text = file.read(_LARGEST + 1)
        data = json.loads(text) if len(text) <= _LARGEST else None
    except (OSError, EOFError, ValueError, zlib.error, RecursionError):
        data = None
    if not isinstance(data, dict):
        raise ModelError(f"{path} is no backbone of blockviz; remove it or add it again")
    return data


@cache
def load(entry: Entry) -> ReferenceNetwork:
    """A network made ready for recognition; read once a process."""
    graph = unpack(_read(entry.path))
    if entry.folded:
        graph = with_norms_folded(graph, biased=entry.folded == "biased")
    return known_network(entry.name, graph, entry.rules, entry.apart)


def add_backbone(name: str, graph: LayerGraph, directory: Path | None = None, reference: str | None = None) -> Path:
    """Remember a network under a name, to be recognised from now on like those of keras.applications.

    Parameters
    ----------
    name : letters, digits and ``._+-``, at most 64 characters.
    directory : where to keep it; the user's own folder (`home`), if None.
    reference : BibTeX key of its paper, or None.

    Returns
    -------
    The file written.

    Raises
    ------
    UsageError : the name can't be a file name, or is a network's that blockviz comes with.
    ModelError : the graph is no single network from one input on. DrawError : the folder can't be written.
    """
    if not _NAME.fullmatch(name):
        raise UsageError(f"{quoted(name)} can't name a backbone: use up to 64 letters, digits and . _ + -")
    if any(entry.name == name for entry in shipped_library().entries):
        raise UsageError(f"{name} comes with blockviz already; choose another name")
    if is_shared(leaves(graph)):
        raise ModelError("a network that calls a layer twice can't be remembered as a backbone")
    known = known_network(name, graph)
    if len(known.body) < 2:
        raise ModelError("the model has no body that depends on one input alone, so it can't be recognised elsewhere")
    data = {"backbone": name, "reference": reference, "probes": [f"{probe:016x}" for probe in probes(known)]}
    folder = directory or home()
    path = folder / f"{name}.json.gz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise DrawError(f"can't make the folder {quoted(str(folder))}: {error.strerror or error}") from None
    write(path, gzip.compress(json.dumps(data | pack(graph)).encode(), 9, mtime=0))
    return path


def remove_backbone(name: str, directory: Path | None = None) -> None:
    """Forget a network that was added under a name.

    Raises
    ------
    UsageError : it was never added, or comes with blockviz. DrawError : its file can't be removed.
    """
    folder = directory or home()
    path = folder / f"{name}.json.gz"
    if not _NAME.fullmatch(name) or not path.is_file():
        own = ", ".join(sorted(file.name.removesuffix(".json.gz") for file in folder.glob("*.json.gz")))
        shipped = any(entry.name == name for entry in shipped_library().entries)
        why = f"{name} comes with blockviz and stays" if shipped else f"{quoted(name)} was never added"
        raise UsageError(f"{why}; of your own there {'are ' + own if own else 'are none'}")
    try:
        path.unlink()
    except OSError as error:
        raise DrawError(f"can't remove {quoted(str(path))}: {error.strerror or error}") from None
