"""The interactive page as the output of a notebook's cell: a frame that shares nothing with the notebook."""

from __future__ import annotations

from blockviz.quoting import xml

_HEIGHT = 640  # pixels


def framed(page: str, name: str) -> str:
    """The page in a frame with an origin of its own: its script can't reach the notebook, nor the notebook's it.

    A viewer that removes frames (a notebook that isn't trusted) shows the sentence under it.
    """
    return (
        f'<div style="position:relative;height:{_HEIGHT}px">'
        f"<p>{xml.text(name)}: the interactive page is shown once the notebook is trusted.</p>"
        f'<iframe title={xml.attribute(f"{name}, drawn by blockviz")} sandbox="allow-scripts allow-downloads" '
        'style="position:absolute;top:0;left:0;width:100%;height:100%;border:0;background:#fff" '
        f"srcdoc={xml.document(page)}></iframe></div>"
    )
