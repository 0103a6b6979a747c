"""Options from ``blockviz.toml``: for all commands at the top or under ``[blockviz]``, for one under its name.

A file that ``--config`` names may set everything. One that was found beside the work, or above it, may be a stranger's:
it can't make blockviz run code or replace files. Tables ``[[figure]]`` are for ``blockviz redraw``.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path

from blockviz.errors import UsageError, quoted
from blockviz.runtime.toml_files import read_toml

FILE = "blockviz.toml"
FIGURES = "figure"
_TYPED_ONLY = frozenset({"load", "force", "output", "open", "patterns"})  # not from a file that was merely found
_ONE_OF = ({"page"}, {"width", "height"})  # of these, what is typed puts aside what the file says


def find(start: Path) -> Path | None:
    """The nearest ``blockviz.toml`` in a folder or above it."""
    try:
        folder = start.resolve()
        return next((path for each in (folder, *folder.parents) if (path := each / FILE).is_file()), None)
    except OSError:
        return None


def settings(
    path: str | Path, command: str, commands: Collection[str], own: Collection[str], every: Collection[str], *,
    found: bool = False, also: Mapping[str, object] | None = None,
) -> dict[str, object]:  # fmt: skip
    """What a file sets for a command: its own table before what is for all.

    Parameters
    ----------
    commands : names of all commands. own, every : names of the options of this command, and of any.
    found : the file was not named, but found. also : what one of its figures sets, before all else.

    Raises
    ------
    UsageError : no TOML, a table that is no command's, an option that no command has, or one that must be typed.
    """
    data = read_toml(path)
    figures(path, data)
    tables = {name: value for name, value in data.items() if isinstance(value, dict) and name in commands}
    general = data.get("blockviz", {name: value for name, value in data.items() if name not in (*tables, FIGURES)})
    if not isinstance(general, dict):
        raise UsageError(f"{path}: blockviz is a table, [blockviz], not {quoted(general)}")
    if command in commands and command in data and command not in tables:
        raise UsageError(f"{path}: {command} is a table, [{command}], not {quoted(data[command])}")
    shared = _checked(path, general, every, "any command")
    mine = _checked(path, tables.get(command, {}), own, command)
    given = {**{name: value for name, value in shared.items() if name in own}, **mine}
    single = _checked(path, also or {}, own, command)
    given = {**without_rivals(given, single), **single}
    if found and (typed := sorted(_TYPED_ONLY & given.keys())):
        name = typed[0].replace("_", "-")
        raise UsageError(f"{path}: {name} is taken only from a file that is named; give --{name}, or --config {FILE}")
    return given


def figures(path: str | Path, data: Mapping[str, object] | None = None) -> list[Mapping[str, object]]:
    """The tables ``[[figure]]`` of a file, or of its ``data``. Raises UsageError: no TOML, or something else there."""
    found = (read_toml(path) if data is None else data).get(FIGURES, [])
    if not isinstance(found, list) or not all(isinstance(each, dict) for each in found):
        raise UsageError(f"{path}: {FIGURES} is a list of tables, each under [[{FIGURES}]]")
    return found


def _checked(path: str | Path, table: Mapping[str, object], known: Collection[str], whose: str) -> dict[str, object]:
    options = {key.replace("-", "_"): value for key, value in table.items()}
    for name in options:
        if name not in known:
            raise UsageError(f"{path}: no option {quoted(name.replace('_', '-'))} for {whose}")
    return options


def without_rivals(given: Mapping[str, object], typed: Collection[str]) -> dict[str, object]:
    """What the file sets, apart from what can't stand beside an option that was typed."""
    rivals = set().union(*(b for a, b in (_ONE_OF, _ONE_OF[::-1]) if a & set(typed)))
    return {name: value for name, value in given.items() if name not in rivals}
