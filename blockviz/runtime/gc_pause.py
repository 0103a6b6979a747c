"""No garbage collection while graphs are built: millions of objects, all of which stay alive."""

from __future__ import annotations

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Iterator[None]:
    """No collection meanwhile, and what was made counts as old afterwards, not as something to look through at once."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            if not gc.get_freeze_count():  # the caller's own frozen objects stay frozen
                gc.freeze()
                gc.unfreeze()
            gc.enable()
