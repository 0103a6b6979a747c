"""Standard output is for what blockviz says: a stranger's code that prints goes to standard error."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, redirect_stdout, suppress


@contextmanager
def stdout_kept(foreign: bool = True) -> Iterator[None]:
    """Let nothing into standard output while foreign code runs, from Python or from a library in C."""
    if not foreign or sys.stdout is None or sys.stderr is None:
        yield
        return
    with suppress(OSError, ValueError):
        sys.stdout.flush()
    try:
        kept = os.dup(1)
        os.dup2(2, 1)
    except OSError:  # one of the streams is closed
        kept = None
    try:
        with redirect_stdout(sys.stderr):
            yield
    finally:
        if kept is not None:
            os.dup2(kept, 1)
            os.close(kept)
