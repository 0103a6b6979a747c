"""HDF5 files from strangers: one text attribute, and the headers of the arrays under a group.

Only what lies in the file itself is looked at: soft and external links are not followed, and what was seen once is
not entered again. How many groups and arrays there are, and how deep, is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from math import prod
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from blockviz.runtime.child_process import text_in_a_child
from blockviz.runtime.limits import limits

DAMAGES = (OSError, RuntimeError, KeyError, ValueError, TypeError, AttributeError, MemoryError)
_LEVELS = 4  # of groups for one of nested models: layers, the model, layer, vars
_MOST_ELEMENTS = 1 << 63


class Array(NamedTuple):
    """The header of an array: its number of elements, the size of one in bytes, and numpy's letter of its kind."""

    elements: int
    itemsize: int
    kind: str


def read_text(path: Path, name: str) -> str | bytes | None:
    """A text attribute of the file, None where it has none of this name.

    Texts lie in a heap whose damages can hold the library for ever, so it reads them in a child process.

    Raises
    ------
    RuntimeError, OSError : the attribute is no single text, the file is damaged, or reading it doesn't end.
    """
    return text_in_a_child(lambda: _text(path, name))


def _text(path: Path, name: str) -> str | bytes | None:
    import h5py

    with h5py.File(path, "r") as file:
        if name not in file.attrs:
            return None
        space = h5py.h5a.open(file.id, name.encode()).get_space()
        if space.get_simple_extent_npoints() != 1:  # many texts may be one in the file, again and again
            raise ValueError(f"the attribute {name} is no text")
        text = file.attrs[name]
        if not isinstance(text, (str, bytes)):
            raise ValueError(f"the attribute {name} is no text")
        return text


def read_arrays(source: Path | BinaryIO, group: str) -> dict[str, Array | None]:
    """The headers of the arrays under a group by path, None for each group; nothing where the file is damaged.

    Raises
    ------
    ModelError : more groups and arrays, or deeper ones, than the limits ``groups`` and ``nesting`` allow.
    """
    import h5py

    try:
        with h5py.File(source, "r") as file:
            top = _entered(file.id, group.encode()) if group != "/" else file.id
            return {} if top is None else dict(_walk(top))
    except DAMAGES:
        return {}


def _entered(parent: Any, name: bytes) -> Any:
    """A group in a group; None where it is none, or a link to somewhere else."""
    from h5py import h5g, h5l, h5o

    if name not in parent or parent.links.get_info(name).type != h5l.TYPE_HARD:
        return None
    return h5g.open(parent, name) if h5o.get_info(parent, name).type == h5o.TYPE_GROUP else None


def _walk(top: Any) -> Iterator[tuple[str, Array | None]]:
    from h5py import h5g, h5l, h5o

    seen, count, bounds = {h5o.get_info(top).addr}, 0, limits()
    waiting = [(top, "", 1)]
    while waiting:
        group, path, depth = waiting.pop()
        bounds.check("nesting", depth // _LEVELS, "its weights have")
        count += group.get_num_objs()
        bounds.check("groups", count, "its weights are")
        for name in group:
            if group.links.get_info(name).type != h5l.TYPE_HARD:
                continue
            info, own = h5o.get_info(group, name), path + name.decode("utf-8", "replace")
            if info.type == h5o.TYPE_DATASET:
                array = _header(group, name)
                if array is not None:
                    yield own, array
            elif info.type == h5o.TYPE_GROUP and info.addr not in seen:
                seen.add(info.addr)
                yield own, None
                waiting.append((h5g.open(group, name), f"{own}/", depth + 1))


def _header(group: Any, name: bytes) -> Array | None:
    """Of an array whose type numpy knows and whose size memory could hold."""
    from h5py import h5d

    try:
        data = h5d.open(group, name)
        elements, kind = prod(data.shape), data.dtype
    except DAMAGES:
        return None
    return Array(elements, kind.itemsize, kind.kind) if elements < _MOST_ELEMENTS else None
