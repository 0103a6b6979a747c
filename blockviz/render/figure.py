"""The LaTeX ``figure`` environment around a finished file."""

from __future__ import annotations

import re
from pathlib import PurePath

from blockviz.drawing import Page
from blockviz.errors import UsageError
from blockviz.render.escape import latex


_TEXT_WIDTH = 510.0  # points; a whole page is wider than a text block and has to give way


def figure_environment(page: Page, file: str, caption: str = "", label: str = "", wide: bool | None = None) -> str:
    r"""A float that includes ``file`` at its true size, with caption and label (in the T1 encoding, as all of blockviz' LaTeX).

    Parameters
    ----------
    file : as it will be named in ``\includegraphics``; a ``.tex`` file is taken in with ``\input``.
    caption : plain text, escaped here; "" gives the figure's prose summary.
    label : "" gives ``fig:`` and the figure's name.
    wide : ``figure*`` over both columns; None decides by the page's width (more than 90 mm).

    Raises
    ------
    UsageError : the file's name has characters that LaTeX can't take in a file name.
    """
    if re.search(r"[{}%#\\^~$\x00-\x1f]", file):
        raise UsageError(f"LaTeX can't include a file called {file!r}; use letters, digits, dots and hyphens")
    name = "figure*" if (wide if wide is not None else page.sheets[0].width > 255) else "figure"
    key = label or "fig:" + re.sub(r"[^A-Za-z0-9:-]+", "-", page.title).strip("-").lower()
    if PurePath(file).suffix in (".tex", ".tikz"):
        body = rf"  \input{{{file}}}"
    else:
        width = page.sheets[0].width
        room = f"width={width:g}bp" if width <= _TEXT_WIDTH else r"width=\textwidth,height=0.9\textheight,keepaspectratio"
        body = rf"  \includegraphics[{room}]{{{PurePath(file).as_posix()}}}"
    return "\n".join([
        rf"\begin{{{name}}}[tbp]", r"  \centering", body, rf"  \caption{{{latex(caption or page.description)}}}",
        rf"  \label{{{key}}}", rf"\end{{{name}}}", "",
    ])  # fmt: skip
