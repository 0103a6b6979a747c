"""The private font set-up: Arimo and nothing else, so that a machine without fonts draws the same page."""

from __future__ import annotations

import importlib.util
import os
import stat
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from html import escape
from pathlib import Path

from blockviz.errors import DrawError
from blockviz.runtime.output_files import write

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


def fonts_conf(with_system: bool = False) -> Path:
    """Path of the fontconfig file; ``with_system`` adds the machine's fonts for scripts that Arimo lacks.

    It lies with the font index in the user's cache or, where that can't be written, in a temporary folder.

    Raises
    ------
    DrawError : neither can be written.
    """
    name = "fonts-system.conf" if with_system else "fonts.conf"
    for folder in _cache_folders():
        with suppress(OSError, UnicodeError, DrawError):
            folder.mkdir(parents=True, exist_ok=True)
            if os.access(folder, os.W_OK):
                return _written(folder / name, folder, with_system)
    raise DrawError("there is no folder for the font index; set XDG_CACHE_HOME to one that can be written")


def _cache_folders() -> Iterator[Path]:
    with suppress(RuntimeError):  # there may be no home
        yield Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "blockviz"
    shared = Path(tempfile.gettempdir()) / f"blockviz-{os.getuid() if hasattr(os, 'getuid') else 'cache'}"
    with suppress(OSError):
        shared.mkdir(mode=0o700, exist_ok=True)
        if _is_own(shared.lstat()):
            yield shared
    yield Path(tempfile.mkdtemp(prefix="blockviz-"))


def _is_own(status: os.stat_result) -> bool:
    """Whether it is a folder, no link, that nobody else could have filled."""
    mine = not hasattr(os, "getuid") or (status.st_uid == os.getuid() and not status.st_mode & 0o022)
    return stat.S_ISDIR(status.st_mode) and mine


def _written(target: Path, cache: Path, with_system: bool) -> Path:
    more = "".join(f"\n  <dir>{folder}</dir>" for folder in _SYSTEM if os.path.isdir(folder)) if with_system else ""
    text = _CONF.format(fonts=escape(str(font_folder())), cache=escape(str(cache)), more=more).encode("utf-8")
    if target.exists() and not target.is_file():
        raise DrawError(f"{target} is no file")  # a FIFO would wait for a reader
    if not (target.exists() and target.read_bytes() == text):
        write(target, text)
    return target
