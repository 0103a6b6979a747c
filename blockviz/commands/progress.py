"""How far the work is: a bar on a terminal once it takes longer than a second, each step with ``--verbose``."""

from __future__ import annotations

import argparse
import sys
import threading
from time import perf_counter
from types import TracebackType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from blockviz.ir import LayerGraph
    from blockviz.pipeline import After, Pass

_PATIENCE = 1.0  # seconds before the bar appears


class Steps:
    """Follows the passes of one model; ``after`` is what `summarize` is to call."""

    def __init__(self, arguments: argparse.Namespace, also: After | None = None) -> None:
        self._also, self._verbose, self._model = also, arguments.verbose, getattr(arguments, "model", "")
        shows = not (arguments.quiet or arguments.verbose) and sys.stderr is not None and sys.stderr.isatty()
        self._timer = threading.Timer(_PATIENCE, self._appear) if shows else None
        self._bar: Any = None
        self._done, self._start = 0, perf_counter()

    def after(self, step: Pass, graph: LayerGraph, seconds: float) -> None:
        """A pass is done."""
        if self._done == 0 and self._verbose:
            print(f"blockviz: read in {perf_counter() - self._start - seconds:.2f} s", file=sys.stderr)
        self._done += 1
        if self._verbose:
            print(f"blockviz: {step.name}: {len(graph)} items, {seconds * 1000:.0f} ms", file=sys.stderr)
        if self._bar is not None:
            self._bar.update(self._bar.task_ids[0], completed=self._done, description=f"after {step.name}")
        if self._also is not None:
            self._also(step, graph, seconds)

    def _appear(self) -> None:
        from rich.console import Console
        from rich.progress import Progress

        from blockviz.pipeline import DEFAULT_PASSES

        bar = Progress(console=Console(stderr=True), transient=True)
        bar.add_task("finding blocks" if self._done else "reading", total=len(DEFAULT_PASSES), completed=self._done)
        bar.start()
        self._bar = bar

    def __enter__(self) -> Steps:
        if self._timer is not None:
            self._timer.daemon = True
            self._timer.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer.join()  # it may be just about to appear
        if self._bar is not None:
            self._bar.stop()
