"""`blockviz redraw`: the figures and tables that ``blockviz.toml`` names, drawn anew where the models changed.

A ``[[figure]]`` is a command of the shell as a table: ``output``, ``model`` (or ``models``), ``command`` (``render`` if
nothing is said) and the options of that command. What comes out is compared with the files, byte by byte, since the
same model and options give the same bytes; a file that would stay as it is isn't touched.
"""

from __future__ import annotations

import argparse
import contextlib
import os
from collections.abc import Collection, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from blockviz.commands.common import note, put
from blockviz.commands.settings import FIGURES, FILE, figures, find
from blockviz.errors import BlockvizError, UsageError, quoted
from blockviz.runtime.output_files import Output, write_all
from blockviz.runtime.records import dataclass

_MODELS = {"render": 1, "table": 1, "diff": 2, "compare": 0, "report": 0}  # how many each command reads; 0 for any
_OWN = frozenset({"command", "model", "models", "output"})
_NOT_HERE = frozenset({"open", "watch", "config"})


def redraw(arguments: argparse.Namespace) -> int:
    """Draw what is named, put in place what changed, and print those files; with ``--check`` only print them."""
    found = Path(arguments.config) if arguments.config else find(Path())
    if found is None:
        raise UsageError(f"there is no {FILE} here or above; name one with --config")
    path, start = found.absolute(), Path.cwd()
    entries = _chosen(arguments.files, [_entry(path, number, table) for number, table in enumerate(figures(path), 1)])
    if not entries:
        raise UsageError(f"{found} names nothing to draw; give it a [[{FIGURES}]] with output and model")
    changed: list[str] = []
    for entry in entries:
        with contextlib.chdir(path.parent), _named(found, entry):
            changed += _drawn(arguments, entry, path, is_named=bool(arguments.config))
    if changed:
        put(None, "\n".join(os.path.relpath(path.parent / name, start) for name in changed))
    if arguments.check and changed:
        note(arguments, f"{'these files are' if len(changed) > 1 else 'this file is'} stale; blockviz redraw helps")
    elif not changed:
        note(arguments, "all files are as they would be drawn now")
    return int(arguments.check and bool(changed))


@dataclass(frozen=True, slots=True)
class _Entry:
    """A ``[[figure]]``: its number in the file, its command, the models it reads, the file it writes, its options."""

    number: int
    command: str
    models: tuple[str, ...]
    output: str
    options: Mapping[str, Any]

    def words(self) -> list[str]:
        """What would be typed for the same."""
        typed = [self.command, *self.models, "-o", self.output]
        for name, value in self.options.items():
            given = [f"{key}={one}" for key, one in value.items()] if isinstance(value, Mapping) else value
            for one in given if isinstance(given, list) else [given]:
                typed += [f"--{name}"] if one is True else [] if one is False else [f"--{name}", str(one)]
        return typed


def _entry(path: Path, number: int, table: Mapping[str, Any]) -> _Entry:
    """A table of the file, looked at. Raises UsageError."""
    where = f"{path.name}: [[{FIGURES}]] {number}"
    command, output = table.get("command", "render"), table.get("output")
    models = [table["model"]] if "model" in table else table.get("models", [])
    if command not in _MODELS:
        raise UsageError(f"{where}: command is one of {', '.join(_MODELS)}, not {quoted(command)}")
    if not isinstance(output, str) or not output or output == "-":
        raise UsageError(f'{where} needs an output, such as output = "figure.pdf"')
    wanted, texts = _MODELS[command], isinstance(models, list) and all(isinstance(model, str) for model in models)
    if not texts or not models or wanted not in (0, len(models)):
        some = 'models = ["a.keras", "b.keras"]' if wanted != 1 else 'model = "a.keras"'
        raise UsageError(f"{where} ({output}): {command} needs {some}")
    if strange := next((name for name in table if name in _NOT_HERE), None):
        raise UsageError(f"{where} ({output}): {strange} has no meaning for a file that is drawn again and again")
    options = {name.replace("_", "-"): value for name, value in table.items() if name not in _OWN}
    return _Entry(number, command, tuple(models), output, options)


def _chosen(files: Collection[str], entries: Sequence[_Entry]) -> list[_Entry]:
    """The entries that write the files asked for; all if none is. Raises UsageError for a file that none writes."""
    known = [entry.output for entry in entries]
    if twice := next((name for name in known if known.count(name) > 1), None):
        raise UsageError(f"two [[{FIGURES}]] have the output {quoted(twice)}; give each a file of its own")
    if strange := next((name for name in files if name not in known), None):
        raise UsageError(f"no [[{FIGURES}]] has the output {quoted(strange)}; there are {', '.join(known) or 'none'}")
    return [entry for entry in entries if not files or entry.output in files]


@contextlib.contextmanager
def _named(path: Path, entry: _Entry) -> Iterator[None]:
    """Say of which entry an error is."""
    try:
        yield
    except BlockvizError as error:
        raise type(error)(f"{path.name}: [[{FIGURES}]] {entry.number} ({entry.output}): {error}") from error


def _drawn(arguments: argparse.Namespace, entry: _Entry, path: Path, is_named: bool) -> list[str]:
    """Draw an entry in the working directory; the names of its files that changed, or would."""
    if not is_named and (code := next((model for model in entry.models if _is_code(model)), None)):
        raise UsageError(f"{code} runs code, which only a file that is named may ask for; give --config {path.name}")
    words = ["--output=" + entry.output, "--", *entry.models]
    own = arguments.parse([entry.command, *words], path, entry.options, is_named)
    force, own.force, own.kept, own.words = own.force, True, [], entry.words()
    own.quiet, own.verbose = arguments.quiet, arguments.verbose
    own.run(own)
    stale = [output for output in own.kept if not _is_same(output)]
    edited = [output.target for output in stale if not force and _is_edited(output)]
    for name in edited:
        note(arguments, f"{name} was edited and stays")
    stale = [output for output in stale if output.target not in edited]
    for output in stale:
        _keep_inside(output.target)
    if stale and not arguments.check:
        write_all(stale, force=force, inputs=[path.name, *entry.models])
    return [output.target for output in stale]


def _is_code(model: str) -> bool:
    from blockviz.frontends.callables import is_callable_name

    return is_callable_name(model)


def _is_same(output: Output) -> bool:
    try:
        return Path(output.target).read_bytes() == output.data
    except OSError:
        return False


def _is_edited(output: Output) -> bool:
    """Whether a caption that blockviz wrote was edited since; such a file is its author's."""
    from blockviz.render.formats.latex_float import is_untouched

    place = Path(output.target)
    return is_untouched(output.data) and place.is_file() and not is_untouched(place.read_bytes())


def _keep_inside(target: str) -> None:
    """Raise UsageError for a file that isn't in the folder of the settings, or below it."""
    if not Path(target).resolve().is_relative_to(Path.cwd().resolve()):
        raise UsageError(f"{quoted(target)} is neither beside {FILE} nor below it, so it may not be written")
