"""The command line: parse, call, print, exit status. 0 done, 1 unreadable or undrawable, 2 usage, 3 page."""

from __future__ import annotations

import argparse
import os
import re
import sys
import traceback
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from blockviz import __version__
from blockviz.commands import arguments as options
from blockviz.commands.settings import find as find_settings
from blockviz.commands.settings import settings, without_rivals
from blockviz.errors import BlockvizError, UsageError, quoted
from blockviz.quoting import abridged, terminal
from blockviz.runtime.options import checked

_EPILOG = """\
MODEL is a file (.keras, .h5, .json architecture), a name in keras.applications (ResNet50), or
package.module:callable that returns a Keras model (the only form that runs code).

`blockviz MODEL` alone prints the block tree. Options of every command may stand in blockviz.toml, which is looked for
from the working directory upwards.

examples:
  blockviz model.keras
  blockviz render InceptionResNetV2 -o figure.pdf
  blockviz render model.keras -o column.pdf --width 84mm
  blockviz render model.keras -o figure.svg --collapse-backbone --weights imagenet
  blockviz inspect model.keras --explain
  blockviz table model.keras --format latex -o table.tex
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    debug = False
    trouble = 0  # what a command gives for every failure, if it has a status of its own for that
    try:
        arguments = parse(argv)
        arguments.words = list(sys.argv[1:] if argv is None else argv)
        trouble, debug = arguments.trouble, arguments.debug
        run: Callable[[argparse.Namespace], int | None] = arguments.run
        return run(arguments) or 0
    except BlockvizError as error:
        if debug:
            traceback.print_exc()
        _say(str(error))
        return trouble or error.status
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        if sys.stderr is not None:
            sys.stderr.close()
        return trouble
    except KeyboardInterrupt:
        _say("interrupted")
        return trouble or 1
    except MemoryError:
        _say("there is not enough memory for this model")
        return trouble or 1
    except Exception as error:
        if debug or "BLOCKVIZ_DEBUG" in os.environ:
            raise
        what = f"{type(error).__name__}: {abridged(str(error), 200)}"
        _say(f"this is a bug in blockviz, please report it ({what}); --debug shows where it is")
        return trouble or 1


def _say(sentence: str) -> None:
    """Tell the user on standard error, if anybody can hear."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"blockviz: {terminal.line(sentence)}", file=sys.stderr)


def parse(
    argv: Sequence[str] | None, path: Path | None = None, also: Mapping[str, object] | None = None, named: bool = True
) -> argparse.Namespace:
    """The arguments; those of --config, or of the nearest blockviz.toml, count where the command line says nothing.

    ``path`` is a file in place of these, ``named`` or found, and ``also`` what one of its figures sets.

    Raises
    ------
    UsageError : an option can't be what it is; the file can't be read, or has an option that the command lacks.
    """
    words = _with_command(list(sys.argv[1:] if argv is None else argv))
    first = next((word for word in words if not word.startswith("-")), None)
    top = parser(first if first in _COMMANDS else None)
    arguments = top.parse_args(words)
    if path is None:
        named = bool(getattr(arguments, "config", None))
        path = arguments.config if named else find_settings(Path()) if hasattr(arguments, "config") else None
    if path is None:
        return arguments
    own, every = _option_names(arguments.command), {"quiet", "verbose", *_every_option()}
    given = settings(path, arguments.name_of_command, _COMMANDS, own, every, found=not named, also=also)
    given = without_rivals(given, [name for name in ("page", "width") if vars(arguments).get(name) is not None])
    try:
        given = {name: _from_toml(vars(arguments)[name], name, value) for name, value in given.items()}
    except UsageError as error:
        raise UsageError(f"{path}: {error}") from None
    arguments.command.set_defaults(**given)
    return top.parse_args(words)


def _option_names(made: argparse.ArgumentParser) -> set[str]:
    """The options that a settings file may have for a command."""
    return {action.dest for action in made._actions if action.option_strings} - {"help", "config", "debug"}


def _every_option() -> set[str]:
    """The options of all commands together."""
    (commands,) = (each for each in parser()._actions if isinstance(each, argparse._SubParsersAction))
    return set().union(*(_option_names(made) for made in commands.choices.values()))


def _with_command(words: list[str]) -> list[str]:
    """The words; ``inspect`` before a model that stands alone."""
    at = next((number for number, word in enumerate(words) if not word.startswith("-")), None)
    if at is None or words[at] in _COMMANDS or not _is_model(words[at]):
        return words
    return [*words[:at], "inspect", *words[at:]]


def _is_model(word: str) -> bool:
    """Whether a word that is no command can be meant as a model: a file, something with a suffix or colon, a name."""
    if os.path.exists(word) or any(sign in word for sign in "./:#"):
        return True
    from blockviz.backbones.catalogue import backbone_names

    return word in backbone_names()


def _from_toml(default: object, name: str, value: object) -> object:
    """A value of the file as the command line would give it; ``default`` tells a switch from an option of that name."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{name.replace('_', '-')} is true or false, not {quoted(value)}")
        return value
    return checked(name, value)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, without repeating all of what was typed, or escapes of a stranger's file name."""

    def error(self, message: str) -> NoReturn:
        found = re.match(r"argument (\S+): invalid choice: (.*) \(choose from (.*)\)$", message, re.S)
        if found is not None:
            from difflib import get_close_matches

            known = found[3].replace("'", "")
            close = get_close_matches(found[2].strip("'"), known.split(", "), 1)
            meant = f"did you mean {close[0]}? There" if close else "there"
            message = f"{found[1]}: invalid choice {abridged(found[2], 100)}; {meant} are {known}"
        self.exit(2, f"{self.prog}: {abridged(message)}; {self.prog} --help says more\n")

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(terminal.lines(message), file)


def parser(only: str | None = None) -> _Parser:
    """The whole command line; or all commands' names, but the options of one, which is quicker to make."""
    top = _Parser(
        prog="blockviz",
        description="One page that shows the blocks of a large Keras network: figures and tables for papers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    options.common(top, default=False)
    top.add_argument("--version", action="version", version=f"blockviz {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        made = commands.add_parser(
            name, help=command.help, description=command.help[0].upper() + command.help[1:] + ".",
            epilog=command.epilog, formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        made.set_defaults(
            run=_runner(command.module, name),
            command=made,
            name_of_command=name,
            trouble=command.trouble,
            whole=parser,
            parse=parse,
        )
        options.common(made)
        if only in (None, name):
            command.options(made)
    return top


def _runner(module: str, name: str) -> Callable[[argparse.Namespace], int | None]:
    """Runs a command of `blockviz.commands`; nothing is imported for a command that isn't run, or for help."""

    def run(arguments: argparse.Namespace) -> int | None:
        status: int | None = getattr(import_module(f"blockviz.commands.{module}"), name)(arguments)
        return status

    return run


class _Command(NamedTuple):
    """A command: its module in `blockviz.commands`, its line of help, what adds its options, its examples.

    trouble : its exit status for every failure; 0 leaves that to the kind of failure.
    """

    module: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    epilog: str = ""
    trouble: int = 0


_COMMANDS: Mapping[str, _Command] = {
    "render": _Command(
        "render", "draw the figure: overview and block definitions on one page", options.render,
        "examples:\n  blockviz render ResNet50 -o resnet.pdf --width 84mm --height 120mm\n"
        "  blockviz render model.keras -o - --format svg > figure.svg\n",
    ),
    "inspect": _Command("inspect", "print the block tree, or the JSON that other tools read", options.inspect),
    "table": _Command("documents", "print what the overview shows as a table", options.table),
    "compare": _Command("documents", "compare models, one row each; a figure with -o compare.pdf", options.compare),
    "diff": _Command(
        "difference", "say what differs between two models, block by block; exit status as of diff", options.diff,
        "exit status: 0 the same architecture, 1 it differs, 2 trouble\n\n"
        "examples:\n  blockviz diff ResNet50 ResNet50V2\n"
        "  blockviz diff old.keras new.keras -o changes.pdf\n"
        "  blockviz diff old.keras new.keras --format json\n", 2,
    ),
    "describe": _Command("inspect", "print a caption and a paragraph that describe the model", options.one_model),
    "pattern": _Command(
        "inspect", "write the pattern of a block type, for --patterns", options.pattern,
        "example:\n  blockviz pattern model.keras --block B -o mine.toml\n"
        "  blockviz render model.keras --patterns mine.toml -o figure.pdf\n",
    ),
    "report": _Command(
        "documents", "figure, table, caption and references of each model in one document", options.report
    ),
    "cite": _Command(
        "inspect", "print the BibTeX of what was recognised, and a sentence that cites it", options.one_model
    ),
    "redraw": _Command(
        "redraw", "draw the figures and tables that blockviz.toml names, where they changed", options.redraw,
        'example of a blockviz.toml:\n  [[figure]]\n  output = "column.pdf"\n  model = "model.keras"\n'
        '  width = "84mm"\n\nexit status of --check: 1 if a file is stale\n',
    ),
    "catalogue": _Command("installation", "list the known architectures, or add your own", options.catalogue),
    "doctor": _Command(
        "installation", "say what is installed, which engine and font are used, and what is missing", lambda _: None
    ),
    "completion": _Command(
        "completion", "print a completion script for your shell", options.completion,
        "example:\n  blockviz completion bash > ~/.local/share/bash-completion/completions/blockviz\n"
        "  blockviz completion fish > ~/.config/fish/completions/blockviz.fish\n",
    ),
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
