"""What each option takes: one schema for the command line, ``blockviz.toml`` and the keywords of Python.

The command line gives texts, which `from_text` reads; TOML and Python give values, which `checked` takes as they are
or refuses. Both end in the same values.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from math import isfinite
from typing import Any, NamedTuple

from blockviz.errors import UsageError, quoted
from blockviz.runtime.lengths import LONGEST, parse_length

_LONGEST_TEXT = 4096
TEX_WIDTHS = ("columnwidth", "linewidth", "textwidth")


class _Kind(NamedTuple):
    """words : what is wanted; value : makes it of a value, text : of a text; both raise ValueError or UsageError."""

    words: str
    value: Callable[[Any], Any]
    text: Callable[[str], Any]


def checked(name: str, value: Any) -> Any:
    """The value of an option, from Python or TOML; None stays None.

    Raises
    ------
    UsageError : of another type, or out of its range.
    """
    return None if value is None else _made(name, OPTIONS[name].value, value)


def check(**values: Any) -> None:
    """Check values by the names of their options. Raises UsageError."""
    for name, value in values.items():
        checked(name, value)


def from_text(name: str) -> Callable[[str], Any]:
    """What reads an option of the command line. It raises UsageError."""
    return lambda text: _made(name, OPTIONS[name].text, text)


def _made(name: str, make: Callable[[Any], Any], value: Any) -> Any:
    try:
        return make(value)
    except UsageError as error:
        raise UsageError(f"{_shown(name)}: {error}") from None
    except (ValueError, OverflowError):
        raise UsageError(f"{_shown(name)} wants {OPTIONS[name].words}, not {quoted(value)}") from None


def _shown(name: str) -> str:
    return "--" + name.replace("_", "-")


def _flag(value: Any) -> bool:
    if type(value) is not bool:
        raise ValueError
    return value


def _text(value: Any) -> str:
    if not isinstance(value, str) or len(value) > _LONGEST_TEXT or "\0" in value:
        raise ValueError
    return value


def _texts(value: Any) -> list[str]:
    """Several texts; one alone may stand without brackets."""
    if isinstance(value, str):
        return [_text(value)]
    if not isinstance(value, Sequence):
        raise ValueError
    return [_text(item) for item in value]


def _whole(least: int, most: int) -> _Kind:
    def value(given: Any) -> int:
        if type(given) is not int or not least <= given <= most:
            raise ValueError
        return given

    words = f"a whole number from {least} to {most:,}"
    return _Kind(words, value, lambda text: value(int(text) if text.isascii() and text.isdigit() else None))


def _number(least: float, most: float) -> _Kind:
    def value(given: Any) -> float:
        if isinstance(given, bool) or not isinstance(given, (int, float)) or not least <= given <= most:
            raise ValueError
        return float(given)

    return _Kind(f"a number from {least:g} to {most:g}", value, lambda text: value(float(text)))


def _choice(*allowed: Any) -> _Kind:
    def value(given: Any) -> Any:
        if type(given) not in {type(item) for item in allowed} or given not in allowed:
            raise ValueError
        return given

    by_text = {str(item): item for item in allowed}
    return _Kind(" or ".join(by_text), value, lambda text: value(by_text.get(text)))


def _length(given: Any) -> str:
    parse_length(_text(given))
    return str(given)


def _width(given: Any) -> str:
    """A length; or, of a table in LaTeX, the width of a column or of the text."""
    return str(given) if _text(given).removeprefix("\\") in TEX_WIDTHS else _length(given)


def _points(given: Any) -> float:
    if isinstance(given, (int, float)) and not isinstance(given, bool):
        if not (isfinite(given) and 0 < given <= LONGEST):
            raise ValueError
        return float(given)
    return parse_length(_text(given))


def _renames(given: Any) -> dict[str, str]:
    if isinstance(given, Mapping):
        return {_text(old): _text(new) for old, new in given.items()}
    found = {}
    for pair in _texts(given):
        old, equals, new = pair.partition("=")
        if not equals or not old.strip() or not new.strip():
            raise UsageError(f"give TYPE=NAME, such as A=Bottleneck, not {quoted(pair)}")
        found[old.strip()] = new.strip()
    return found


def _limits(given: Any) -> dict[str, int]:
    if isinstance(given, Mapping):
        return {_text(name): _count(number) for name, number in given.items()}
    found = {}
    for pair in _texts(given):
        name, _, number = (part.strip() for part in pair.partition("="))
        if not name or not (number.isascii() and number.isdigit() and int(number[:18])):
            raise UsageError(f"give NAME=N, such as calls=200000, not {quoted(pair)}")
        found[name] = int(number)
    return found


def _count(given: Any) -> int:
    if type(given) is not int or given < 1:
        raise ValueError
    return given


_FLAG = _Kind("true or false", _flag, _flag)
_TEXT = _Kind("a text", _text, _text)
_LENGTH = _Kind('a length in quotation marks, such as "84mm"', _length, _length)

#: By the name of the option, without dashes in front, and with underscores: what it takes.
OPTIONS: Mapping[str, _Kind] = {
    **dict.fromkeys((
        "collapse_backbone", "collapse_nested", "outline_text", "force", "json", "explain", "load", "bare",
    ), _FLAG),
    **dict.fromkeys((
        "weights", "title", "name", "config", "output", "format", "page", "theme", "label", "caption", "reference",
        "patterns", "block", "caption_file",
    ), _TEXT),
    "expand": _Kind("block types, such as [\"A\"]", _texts, _text),
    "keep": _Kind("names of layers", _texts, _text),
    "rename": _Kind("TYPE=NAME, such as A=Bottleneck", _renames, _text),
    "input": _Kind("[NAME=]SHAPE[:TYPE], such as 1x224x224x3", _texts, _text),
    "limit": _Kind("NAME=N, such as calls=200000", _limits, _text),
    "min_repeat": _whole(1, 1_000_000),
    "depth": _whole(1, 64),
    "width": _Kind('a length in quotation marks, such as "84mm"', _width, _width),
    "height": _LENGTH,
    "min_font": _Kind('a length, such as "6pt"', _points, _points),
    "pages": _choice(1, 2),
    "direction": _choice("auto", "down", "right"),
    "layout": _choice("auto", "chain", "U", "pyramid", "stacks", "streams", "board"),
    "engine": _choice("bundled", "system"),
    "dpi": _number(1, 2400),
}  # fmt: skip
