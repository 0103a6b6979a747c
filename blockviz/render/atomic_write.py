"""Output files appear whole or not at all: see `blockviz.runtime.output_files`."""

from __future__ import annotations

from blockviz.runtime.output_files import write

__all__ = ["write"]
