"""Text made safe for LaTeX, Mermaid and XML, so that no name can break out of its place."""

from __future__ import annotations

from html import escape

from blockviz.render.dot import clean

_LATEX = {
    "\\": r"\textbackslash{}", "{": r"\{", "}": r"\}", "$": r"\$", "&": r"\&", "#": r"\#", "%": r"\%", "_": r"\_",
    "^": r"\textasciicircum{}", "~": r"\textasciitilde{}", "<": r"\textless{}", ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}", "×": r"\texttimes{}", "·": r"\textperiodcentered{}", "–": "--", "—": "---",
    "−": r"\ensuremath{-}",
    "…": r"\ldots{}", "\u2009": r"\,", "\u200a": r"\kern0.05em{}", "≥": r"\ensuremath{\geq}", "≤": r"\ensuremath{\leq}",
    "α": r"\ensuremath{\alpha}", "λ": r"\ensuremath{\lambda}", "′": r"\ensuremath{'}", "½": r"\ensuremath{\frac12}",
    "→": r"\ensuremath{\rightarrow}", "↓": r"\ensuremath{\downarrow}",
}  # fmt: skip


def latex(text: str) -> str:
    """Text for LaTeX with Latin letters; what T1 fonts lack becomes a question mark."""
    out = []
    for char in clean(text):
        if char in _LATEX:
            out.append(_LATEX[char])
        elif char.isascii() or "\u00a0" <= char <= "\u017e":
            out.append(char)
        else:
            out.append("?")
    return "".join(out)


def mermaid(text: str) -> str:
    """Text for a quoted Mermaid label: everything but plain words as an entity."""
    return "".join(char if char.isalnum() or char in " .,×/-()·" else f"#{ord(char)};" for char in clean(text))


def xml(text: str) -> str:
    """Text between tags."""
    return escape(clean(text), quote=False)


def attribute(text: str) -> str:
    """A quoted XML attribute."""
    return f'"{escape(clean(text), quote=True)}"'
