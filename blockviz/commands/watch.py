"""`--watch`: the work again, whenever a file that it reads changes."""

from __future__ import annotations

import argparse
import os
from collections.abc import Callable
from time import sleep
from typing import TypeAlias

from blockviz.commands.common import note
from blockviz.errors import BlockvizError, UsageError

_PAUSE = 0.3  # seconds between two looks
_READ = ("model", "config", "patterns", "theme")

State: TypeAlias = tuple[tuple[str, int, int], ...]


def watch(arguments: argparse.Namespace, work: Callable[[argparse.Namespace], None]) -> None:
    """Work now and after every change, until interrupted; a failure is told and waits for the next change.

    Raises
    ------
    UsageError : the model is no file, so that nobody can see it change; the output is standard output.
    """
    if not os.path.exists(arguments.model.partition("#")[0]):
        raise UsageError("--watch needs a model that is a file")
    if arguments.output == "-":
        raise UsageError("--watch writes again and again; give -o a file name")
    try:
        while True:
            before = _state(arguments)
            try:
                work(arguments)
            except BlockvizError as error:
                note(arguments, str(error))
            note(arguments, f"watching {arguments.model}; Ctrl-C ends")
            arguments.open = False
            while (now := _state(arguments)) == before or now != _settled(arguments):
                sleep(_PAUSE)
    except KeyboardInterrupt:
        return


def _settled(arguments: argparse.Namespace) -> State:
    """The state a moment later: a file that is being written still changes."""
    sleep(_PAUSE / 3)
    return _state(arguments)


def _state(arguments: argparse.Namespace) -> State:
    """When the files that are read were changed, and their sizes; those that are gone are left out."""
    found = []
    for name in _READ:
        path = (getattr(arguments, name, None) or "").partition("#")[0]
        try:
            status = os.stat(path)
        except (OSError, ValueError):
            continue
        found.append((path, status.st_mtime_ns, status.st_size))
    return tuple(found)
