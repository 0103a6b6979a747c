"""What commands share: options into keyword arguments, text into a file or standard output."""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

from blockviz.commands.progress import Steps
from blockviz.errors import DrawError
from blockviz.quoting import terminal
from blockviz.runtime.options import checked
from blockviz.runtime.output_files import Output, write_all
from blockviz.runtime.output_files import check as check_targets
from blockviz.runtime.streams import stdout_kept

if TYPE_CHECKING:
    from blockviz.pipeline import After
    from blockviz.scene import Page
    from blockviz.summary import Summary

T = TypeVar("T")


def read(arguments: argparse.Namespace, model: str, after: After | None = None) -> Summary:
    """Summarise a model with the command's structure options."""
    from blockviz.pipeline import summarize

    with stdout_kept(":" in model or arguments.load), Steps(arguments, after) as steps:
        return summarize(
            model,
            inputs=_given_inputs(checked("input", arguments.input)),
            load=arguments.load,
            collapse_backbone=arguments.collapse_backbone,
            collapse_nested=arguments.collapse_nested,
            weights=arguments.weights,
            min_repeat=arguments.min_repeat,
            depth=arguments.depth,
            expand=arguments.expand,
            keep=arguments.keep,
            rename=checked("rename", arguments.rename),
            name=arguments.title,
            after=steps.after,
            limits=checked("limit", arguments.limit),
            patterns=arguments.patterns,
        )


def _given_inputs(texts: Sequence[str]) -> object:
    """Specs of the inputs by name, "" for the only one; None where nothing is said."""
    if not texts:
        return None
    from blockviz.frontends.given_inputs import parse_input

    return dict(parse_input(text) for text in texts)


def put(target: str | None, text: str) -> None:
    """Write text whole to a file, or to standard output for None and ``-``. Raises DrawError: it can't be written."""
    write_all([text_output(target, text)])


def put_all(arguments: argparse.Namespace, *outputs: Output, about: str = "") -> None:
    """Write a command's files, all or none of them; its models and settings are kept, unless ``--force`` is given.

    What was written is told on standard error, with a few words ``about`` the first; ``--open`` opens that one.
    Where `blockviz redraw` runs the command, the files go into its list ``kept``.
    """
    if (kept := getattr(arguments, "kept", None)) is not None:
        kept += outputs
        return
    write_all(outputs, force=arguments.force, inputs=_inputs(arguments))
    files = [output.target for output in outputs if output.target != "-"]
    for number, name in enumerate(files):
        note(arguments, f"wrote {name} ({about})" if about and number == 0 else f"wrote {name}")
    if getattr(arguments, "open", False) and files:
        open_file(files[0])


def check(arguments: argparse.Namespace, *targets: str | None) -> None:
    """Whether the targets can be written; to be called before the long work. Raises DrawError, UsageError."""
    check_targets([target or "-" for target in targets], force=arguments.force, inputs=_inputs(arguments))


def text_output(target: str | None, text: str) -> Output:
    """Text for a file, or for standard output for None and ``-``, where it ends with a line feed."""
    if target in (None, "-"):
        target, text = "-", terminal.lines(text if text.endswith("\n") else text + "\n")
    return Output(str(target), text.encode("utf-8"))


def _inputs(arguments: argparse.Namespace) -> list[str]:
    named = [getattr(arguments, name, None) for name in ("model", "before", "after", "config", "theme", "patterns")]
    return [name for name in (*named, *getattr(arguments, "models", ())) if name]


def note(arguments: argparse.Namespace, sentence: str) -> None:
    """Tell the user something beside the output, on standard error; nothing with ``--quiet``."""
    if not arguments.quiet and sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"blockviz: {terminal.line(sentence)}", file=sys.stderr)


def sheet_text(page: Page) -> str:
    """The size of a figure in words: ``A4``, ``184 × 89 mm``, ``A4, 2 sheets``."""
    sheet = page.sheets[0]
    mm = [round(side / 72 * 25.4) for side in (sheet.width, sheet.height)]
    named = {(210, 297): "A4", (297, 210): "A4, landscape", (216, 279): "letter", (297, 420): "A3", (420, 297): "A3"}
    size = named.get((mm[0], mm[1]), f"{mm[0]} × {mm[1]} mm")
    return f"{size}, {len(page.sheets)} sheets" if len(page.sheets) > 1 else size


def open_file(path: str) -> None:
    """Show a file in the program that the desktop has for it.

    Raises
    ------
    DrawError : there is no such program.
    """
    if sys.platform == "win32":
        os.startfile(path)
        return
    program = shutil.which("open" if sys.platform == "darwin" else "xdg-open")
    if program is None:
        raise DrawError(f"{path} is written, but xdg-open is missing, so --open can't show it")
    subprocess.Popen([program, path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)


def drawing(arguments: argparse.Namespace) -> dict[str, Any]:
    """What every figure takes, as keywords of a page and of `RenderOptions`."""
    names = ("page", "width", "height", "min_font", "theme", "engine", "dpi", "outline_text")
    return {name: getattr(arguments, name) for name in names}


def progress(items: list[T], what: str) -> Iterator[T]:
    """Go through items with a progress bar on standard error, if that is a terminal and there are several."""
    if len(items) < 2 or not sys.stderr.isatty():
        yield from items
        return
    from rich.console import Console
    from rich.progress import track

    yield from track(items, description=what, console=Console(stderr=True), transient=True)
