"""`blockviz completion`: scripts that complete commands, options, files, and names of networks, themes and formats."""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from blockviz.commands.common import put

_MODELS = ("model", "models", "before", "after")
_ZSH_COMMANDS = "_describe 'blockviz commands' _commands"
_FILES = ("output", "config", "patterns", "caption_file", "files")


def completion(arguments: argparse.Namespace) -> None:
    """The script for a shell, from the parser itself (``arguments.whole`` makes it)."""
    parser = arguments.whole()
    if arguments.shell == "fish":
        put(None, "\n".join(_fish(parser)))
        return
    import shtab

    for made in _commands(parser).values():
        for action in made._actions:
            complete = _shtab_completion(action)
            if complete:
                action.complete = complete  # type: ignore[attr-defined]
    put(None, _with_models(shtab.complete(parser, arguments.shell, preamble=_preamble())))


def _with_models(script: str) -> str:
    """A script of shtab that offers models beside the commands, too: a model alone is a command line."""
    return script.replace(_ZSH_COMMANDS, f"{_ZSH_COMMANDS}\n  _blockviz_models")


def _words(kind: str) -> Sequence[str]:
    """Names that are completed beside files: of networks, of themes, or of the formats of a command."""
    from blockviz.backbones.catalogue import backbone_names
    from blockviz.page import theme_names
    from blockviz.render.api import FORMATS
    from blockviz.tables import FORMATS as TABLES

    known = {"models": backbone_names(), "themes": theme_names(), "formats": tuple(dict.fromkeys([*FORMATS, *TABLES]))}
    return sorted(known[kind])


def _kind(action: argparse.Action) -> str:
    """``models``, ``themes``, ``formats``, ``files``, or "" for what is not completed or has choices of its own."""
    if action.dest in _MODELS:
        return "models"
    if action.dest in _FILES:
        return "files"
    return {"theme": "themes", "format": "formats"}.get(action.dest, "") if action.choices is None else ""


def _shtab_completion(action: argparse.Action) -> Any:
    import shtab

    kind = _kind(action)
    if kind == "files":
        return shtab.FILE
    return dict.fromkeys(("bash", "zsh"), f"_blockviz_{kind}") if kind else {}


def _preamble() -> Any:
    """Functions that complete names and files together."""
    bash, zsh = [], []
    for kind in ("models", "themes", "formats"):
        words = " ".join(_words(kind))
        files = "" if kind == "formats" else '  compgen -f -- "$1"\n'
        bash.append(f'_blockviz_{kind}() {{\n  compgen -W "{words}" -- "$1"\n{files}}}')
        files = "" if kind == "formats" else "  _files\n"
        zsh.append(f"_blockviz_{kind}() {{\n  compadd {words}\n{files}}}")
    bash.append("_shtab_blockviz_pos_0_COMPGEN=_blockviz_models")  # beside the commands
    return {"bash": "\n".join(bash), "zsh": "\n".join(zsh)}


def _commands(parser: argparse.ArgumentParser) -> Mapping[str, argparse.ArgumentParser]:
    found: Any = next(action for action in parser._actions if isinstance(action, argparse._SubParsersAction))
    return dict(found.choices)


def _fish(parser: argparse.ArgumentParser) -> Iterator[str]:
    """A line an option; files are completed wherever a model or a file may stand."""
    commands = _commands(parser)
    yield "# Completion of blockviz for fish."
    yield f"complete -c blockviz -n __fish_use_subcommand -a {_quoted(' '.join(_words('models')))} -d model"
    for name, made in commands.items():
        about = (made.description or "").rstrip(".")
        yield f"complete -c blockviz -n __fish_use_subcommand -a {name} -d {_quoted(about)}"
    for name, made in commands.items():
        here = _quoted(f"__fish_seen_subcommand_from {name}")
        for action in made._actions:
            yield from (f"complete -c blockviz -n {here} {line}" for line in _fish_lines(action))


def _fish_lines(action: argparse.Action) -> Iterator[str]:
    words = [str(choice) for choice in action.choices] if action.choices else []
    kind = _kind(action)
    if kind not in ("", "files"):
        words = list(_words(kind))
    given = f" -a {_quoted(' '.join(words))}" if words else ""
    if not action.option_strings:
        if given:
            yield f"{'-f' if kind == '' else '-F'}{given}"
        return
    long = next((name.lstrip("-") for name in action.option_strings if name.startswith("--")), "")
    short = next((name[1:] for name in action.option_strings if not name.startswith("--")), "")
    names = f"{f'-s {short} ' if short else ''}-l {long}"
    takes = "" if action.nargs == 0 else " -r -F" if kind in ("files", "models", "themes") else " -x"
    about = (action.help or "").replace("%%", "%")
    yield f"{names}{takes}{given} -d {_quoted(about)}"


def _quoted(text: str) -> str:
    """A word of fish in single quotes."""
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"
