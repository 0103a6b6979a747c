"""The private font set-up: Arimo and nothing else, so that a machine without fonts draws the same page."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from functools import cache
from html import escape
from pathlib import Path

from blockviz.errors import DrawError

# Hinting off: without it Pango measures the variable font wrongly and PDF text is letter-spaced.
# Kerning off: lines are then exactly as wide as `blockviz.text` measures them.
_CONF = """<?xml version="1.0"?>
<!DOCTYPE fontconfig SYSTEM "fonts.dtd">
<fontconfig>
  <dir>{fonts}</dir>{more}
  <cachedir>{cache}</cachedir>
  <match target="font">
    <edit name="hinting" mode="assign"><bool>false</bool></edit>
    <edit name="fontfeatures" mode="append"><string>kern=0</string></edit>
  </match>
</fontconfig>
"""
_SYSTEM = ("/usr/share/fonts", "/usr/local/share/fonts", "/Library/Fonts", "/System/Library/Fonts", "C:/Windows/Fonts")


@cache
def font_folder() -> Path:
    """Where the installed font package keeps Arimo.

    Raises
    ------
    DrawError : the package ``fontpkg-arimo`` is not installed.
    """
    spec = importlib.util.find_spec("fontpkg_arimo")
    if spec is None or not spec.origin:
        raise DrawError("the font package is missing; run: pip install fontpkg-arimo")
    return Path(spec.origin).parent / "files"


@cache
def cache_folder() -> Path:
    """A folder for the font index: the user's cache, or a temporary one where that can't be written."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.join(os.path.expanduser("~"), ".cache")
    folder = Path(home) / "blockviz"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if os.access(folder, os.W_OK):
            return folder
    except OSError:
        pass
    return Path(tempfile.mkdtemp(prefix="blockviz-"))


def fonts_conf(with_system: bool = False) -> Path:
    """Path of the fontconfig file; ``with_system`` adds the machine's fonts for scripts that Arimo lacks."""
    more = "".join(f"\n  <dir>{folder}</dir>" for folder in _SYSTEM if os.path.isdir(folder)) if with_system else ""
    target = cache_folder() / ("fonts-system.conf" if with_system else "fonts.conf")
    text = _CONF.format(fonts=escape(str(font_folder())), cache=escape(str(cache_folder())), more=more)
    try:
        if target.read_text("utf-8") == text:
            return target
    except OSError:
        pass
    temporary = target.with_suffix(f".{os.getpid()}.tmp")
    temporary.write_text(text, "utf-8")
    os.replace(temporary, target)
    return target
