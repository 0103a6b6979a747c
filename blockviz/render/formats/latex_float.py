"""The LaTeX ``figure`` environment around a finished file."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from pathlib import PurePath

from blockviz.errors import UsageError, quoted
from blockviz.quoting import latex
from blockviz.scene import Page

_TEXT_WIDTH = 510.0  # points; a whole page is wider than a text block and has to give way


def figure_environment(
    files: Sequence[str], caption: str, name: str, page: Page, label: str = "", wide: bool | None = None
) -> str:
    r"""A float that includes the files (one a sheet) at their true size, with caption and label (T1 encoding).

    Parameters
    ----------
    files : as they will be named in ``\includegraphics``; a ``.tex`` file is taken in with ``\input``.
    caption : plain text, escaped here; "" gives the figure's prose summary.
    name : of the network, for the label where none is given. label : keeps only what every format takes in a label.
    wide : ``figure*`` over both columns; None decides by the page's width (more than 90 mm).

    Raises
    ------
    UsageError : a file's name has characters that LaTeX can't take in a file name.
    """
    float_ = "figure*" if (wide if wide is not None else page.sheets[0].width > 255) else "figure"
    own = re.sub(r"[^A-Za-z0-9:-]+", "-", name).strip("-").lower() or "network"
    key = re.sub(r"[^A-Za-z0-9:._-]", "-", label) or f"fig:{own}"
    return "\n".join(
        [
            rf"\begin{{{float_}}}[tbp]",
            r"  \centering",
            *(_inclusion(file, page.sheets[0].width) for file in files),
            rf"  \caption{{{latex.text(caption or page.description)}}}",
            rf"  \label{{{key}}}",
            rf"\end{{{float_}}}",
            "",
        ]
    )


def signed(text: str) -> str:
    """A file's text under a line that tells whether it is still as it was written."""
    return f"% Written by blockviz, which leaves an edited version alone: {_digest(text)}\n{text}"


def is_untouched(data: bytes) -> bool:
    """Whether a file is one of `signed` and nobody has edited it since."""
    text = data.decode("utf-8", "replace").replace("\r\n", "\n")
    return text == signed(text.partition("\n")[2])


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]


def _inclusion(file: str, width: float) -> str:
    if re.search(r"[{}%#\\^~$\x00-\x1f]", file):
        raise UsageError(f"LaTeX can't include a file called {quoted(file)}; use letters, digits, dots and hyphens")
    if PurePath(file).suffix in (".tex", ".tikz"):
        return rf"  \input{{{file}}}"
    room = f"width={width:g}bp" if width <= _TEXT_WIDTH else r"width=\textwidth,height=0.9\textheight,keepaspectratio"
    return rf"  \includegraphics[{room}]{{{PurePath(file).as_posix()}}}"
