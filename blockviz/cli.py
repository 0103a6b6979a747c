"""The command line: parse, call, print, exit status. 0 done, 1 unreadable or undrawable, 2 usage, 3 page."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from importlib import import_module
from typing import Any, NamedTuple, NoReturn

from blockviz import __version__
from blockviz.commands import SUFFIX_HELP
from blockviz.errors import BlockvizError, UsageError, quoted
from blockviz.quoting import abridged, terminal
from blockviz.runtime.options import checked, from_text
from blockviz.runtime.toml_files import read_toml

_EPILOG = """\
MODEL is a file (.keras, .h5, .json architecture), a name in keras.applications (ResNet50), or
package.module:callable that returns a Keras model (the only form that runs code).

examples:
  blockviz render InceptionResNetV2 -o figure.pdf
  blockviz render model.keras -o column.pdf --width 84mm
  blockviz render model.keras -o figure.svg --collapse-backbone --weights imagenet
  blockviz inspect model.keras --explain
  blockviz table model.keras --format latex -o table.tex
"""


def main(argv: Sequence[str] | None = None) -> int:
    """Run a command; gives the exit status."""
    try:
        arguments = parse(argv)
        run: Callable[[argparse.Namespace], None] = arguments.run
        run(arguments)
    except BlockvizError as error:
        _say(str(error))
        return error.status
    except BrokenPipeError:  # the reader of our output has gone, as with `| head`
        if sys.stderr is not None:
            sys.stderr.close()
        return 0
    except KeyboardInterrupt:
        _say("interrupted")
        return 1
    except MemoryError:
        _say("there is not enough memory for this model")
        return 1
    except Exception as error:
        if "BLOCKVIZ_DEBUG" in os.environ:
            raise
        what = f"{type(error).__name__}: {abridged(str(error), 200)}"
        _say(f"this is a bug in blockviz, please report it ({what}); BLOCKVIZ_DEBUG=1 shows where it is")
        return 1
    return 0


def _say(sentence: str) -> None:
    """Tell the user on standard error, if anybody can hear."""
    if sys.stderr is not None:
        with suppress(OSError, ValueError):
            print(f"blockviz: {terminal.line(sentence)}", file=sys.stderr)


def parse(argv: Sequence[str] | None) -> argparse.Namespace:
    """The arguments; those of a --config file count where the command line says nothing.

    Raises
    ------
    UsageError : an option can't be what it is; the file can't be read, or has an option that the command lacks.
    """
    words = sys.argv[1:] if argv is None else argv
    top = parser(words[0] if words and words[0] in _COMMANDS else None)
    arguments = top.parse_args(argv)
    if not getattr(arguments, "config", None):
        return arguments
    options = _options_of(arguments.config)
    unknown = [name for name in options if name not in vars(arguments) or name in ("run", "command", "config", "model")]
    if unknown:
        raise UsageError(f"{arguments.config}: no option {quoted(unknown[0].replace('_', '-'))} for this command")
    try:
        options = {name: _from_toml(vars(arguments)[name], name, value) for name, value in options.items()}
    except UsageError as error:
        raise UsageError(f"{arguments.config}: {error}") from None
    arguments.command.set_defaults(**options)
    return top.parse_args(argv)


def _options_of(path: str) -> dict[str, object]:
    """Options of a TOML file: long names with or without dashes, at the top or under [blockviz]."""
    data = read_toml(path)
    found = data.get("blockviz", data)
    if not isinstance(found, dict):
        raise UsageError(f"{path}: blockviz is a table, [blockviz], not {quoted(found)}")
    return {key.replace("-", "_"): value for key, value in found.items()}


def _from_toml(default: object, name: str, value: object) -> object:
    """A value of the file as the command line would give it; ``default`` tells a switch from an option of that name."""
    if isinstance(default, bool):
        if not isinstance(value, bool):
            raise UsageError(f"{name.replace('_', '-')} is true or false, not {quoted(value)}")
        return value
    return checked(name, value)


class _Parser(argparse.ArgumentParser):
    """Says what is wrong without repeating all of what was typed, or an escape sequence of a stranger's file name."""

    def error(self, message: str) -> NoReturn:
        super().error(abridged(message))

    def _print_message(self, message: str, file: Any = None) -> None:
        super()._print_message(terminal.lines(message), file)


def _take(group: argparse._ActionsContainer, name: str, **options: Any) -> None:
    """Add an option that takes what the schema says."""
    group.add_argument(name, type=from_text(name.lstrip("-").replace("-", "_")), **options)


def parser(only: str | None = None) -> _Parser:
    """The whole command line; or all commands' names, but the options of one, which is quicker to make."""
    top = _Parser(
        prog="blockviz",
        description="One page that shows the blocks of a large Keras network: figures and tables for papers.",
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"blockviz {__version__}")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)
    for name, command in _COMMANDS.items():
        made = commands.add_parser(
            name, help=command.help, description=command.help[0].upper() + command.help[1:] + ".",
            epilog=command.epilog, formatter_class=argparse.RawDescriptionHelpFormatter,
        )  # fmt: skip
        made.set_defaults(run=_runner(command.module, name), command=made)
        if only in (None, name):
            command.options(made)
    return top


def _runner(module: str, name: str) -> Callable[[argparse.Namespace], None]:
    """Runs a command of `blockviz.commands`; nothing is imported for a command that isn't run, or for help."""

    def run(arguments: argparse.Namespace) -> None:
        getattr(import_module(f"blockviz.commands.{module}"), name)(arguments)

    return run


def _render(made: argparse.ArgumentParser) -> None:
    _model(made)
    _output(made, f"file to write; {SUFFIX_HELP}; - writes to standard output", required=True)
    made.add_argument("--format", metavar="NAME", help="format, where the file's suffix doesn't say it")
    _structure(made)
    _page(made)
    made.add_argument("--caption", action="store_true",
                      help="also write a .tex file with the LaTeX figure environment, caption and label")  # fmt: skip


def _page(made: argparse.ArgumentParser) -> None:
    page = made.add_argument_group("page")
    size = page.add_mutually_exclusive_group()
    size.add_argument(
        "--page", metavar="SIZE", help="exactly a4, letter, slide or WxH, as 174mmx240mm (default: cropped)"
    )
    _take(size, "--width", metavar="LENGTH", help="fit a column, such as 84mm; as high as needed")
    _take(page, "--height", metavar="LENGTH", help="with --width: at most this high")
    _take(
        page, "--min-font", default="6pt", metavar="LENGTH", help="smallest printed type (default 6pt); never undercut"
    )
    _take(page, "--pages", default=1, choices=(1, 2), help="pages at most (default 1)")
    page.add_argument(
        "--layout", default="auto", choices=("auto", "chain", "U", "pyramid", "stacks", "streams", "board"),
        help="layout of the overview (default: what the graph asks for)",
    )
    page.add_argument("--direction", default="auto", choices=("auto", "down", "right"),
                      help="which way the overview runs (default: down; right with a collapsed backbone)")
    page.add_argument(
        "--theme", default="paper", metavar="NAME", help="paper (default), grey, slides, dark, or a .toml file"
    )
    _take(page, "--dpi", default=192.0, help="resolution of PNG (default 192)")
    page.add_argument(
        "--outline-text", action="store_true", help="SVG: letters as paths, for programs without the font"
    )
    page.add_argument(
        "--engine", default="bundled", choices=("bundled", "system"), help="Graphviz from the wheel, or your dot"
    )


def _structure(made: argparse.ArgumentParser) -> None:
    group = made.add_argument_group("blocks")
    group.add_argument(
        "--collapse-backbone", action="store_true", help="each keras.applications network becomes one node"
    )
    group.add_argument("--collapse-nested", action="store_true", help="each nested model becomes one node")
    group.add_argument(
        "--expand", action="append", default=[], metavar="TYPE", help="lay out a block type (letter or name)"
    )
    group.add_argument("--keep", action="append", default=[], metavar="LAYER", help="show a layer on its own")
    group.add_argument("--rename", action="append", default=[], metavar="TYPE=NAME", help="name a block type yourself")
    group.add_argument("--patterns", metavar="FILE", help="your own patterns of blocks and idioms, a TOML file")
    _take(group, "--min-repeat", default=2, metavar="N", help="copies that make a block (default 2)")
    _take(group, "--depth", default=3, metavar="N", help="levels of blocks within blocks (default 3)")
    group.add_argument(
        "--weights", metavar="ORIGIN", help="where the weights are from, such as imagenet; shown with accuracy"
    )
    _take(group, "--title", metavar="TEXT", help="title in place of the model's name")
    group.add_argument(
        "--limit", action="append", default=[], metavar="NAME=N",
        help="allow a model more than is usual, such as calls=200000 (see docs/options.md)",
    )  # fmt: skip
    group.add_argument(
        "--load", action="store_true",
        help="let Keras load the file, in its safe mode, with the packages that it names: runs their code",
    )  # fmt: skip
    group.add_argument(
        "--input", action="append", default=[], metavar="[NAME=]SHAPE[:TYPE]",
        help="sizes that an input leaves open, such as 1x224x224x3 or text=1x128:int32; the batch comes first",
    )  # fmt: skip
    group.add_argument("--config", metavar="FILE", help="options from a TOML file, as in blockviz.toml")


def _inspect(made: argparse.ArgumentParser) -> None:
    _model(made)
    made.add_argument("--json", action="store_true", help="JSON, schema 1")
    made.add_argument("--time", action="store_true", help="print the seconds of each pass on standard error")
    made.add_argument("--list-passes", action=_ListPasses, nargs=0, help="print the passes and their options, and end")
    made.add_argument(
        "--explain", action="store_true",
        help="say why neighbours are one type or not, where names come from, and what is no block",
    )  # fmt: skip
    _structure(made)


def _table(made: argparse.ArgumentParser) -> None:
    _model(made)
    _table_options(made)
    _structure(made)


def _compare(made: argparse.ArgumentParser) -> None:
    _models(made)
    _table_options(made)
    _structure(made)


def _table_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--format", metavar="NAME", choices=("latex", "markdown", "csv", "html", "typst", "text"),
                      help="latex, markdown, csv, html, typst or text (default: by suffix, else text)")  # fmt: skip
    _output(made, "file to write (.tex .md .csv .html .typ .txt); standard output if not given")
    made.add_argument("--caption", metavar="TEXT", help="caption in place of the generated one")
    made.add_argument("--label", metavar="NAME", help="label for cross-references")


def _report(made: argparse.ArgumentParser) -> None:
    _models(made)
    _output(made, "report.html, .tex, .typ or .pdf (with pdflatex or the typst package)", required=True)
    _structure(made)


def _one_model(made: argparse.ArgumentParser) -> None:
    _model(made)
    _structure(made)


def _pattern(made: argparse.ArgumentParser) -> None:
    _model(made)
    made.add_argument("--block", required=True, metavar="TYPE", help="the block type (letter or name)")
    _output(made, "file to write (.toml); standard output if not given")
    _structure(made)


def _catalogue(made: argparse.ArgumentParser) -> None:
    made.add_argument("action", choices=("list", "add"))
    made.add_argument("name", nargs="?", help="name of your architecture")
    made.add_argument("model", nargs="?", metavar="MODEL", help="the model to take it from")
    made.add_argument("--reference", metavar="KEY", help="BibTeX key of its paper")


def _completion(made: argparse.ArgumentParser) -> None:
    made.add_argument("shell", choices=("bash", "zsh", "tcsh"))
    made.set_defaults(whole=parser)


def _model(made: argparse.ArgumentParser) -> None:
    made.add_argument("model", metavar="MODEL", help="file, keras.applications name, or package.module:callable")


def _models(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "models", nargs="+", metavar="MODEL", help="files, keras.applications names, or package.module:callable"
    )


def _output(made: argparse.ArgumentParser, help: str, required: bool = False) -> None:
    made.add_argument("-o", "--output", metavar="FILE", help=help, required=required)
    made.add_argument("--force", action="store_true",
                      help="replace FILE even if it is a model, an input or an edited caption")  # fmt: skip


class _ListPasses(argparse.Action):
    """Print what happens to a model on its way to a block graph; needs no model."""

    def __call__(self, *_: object) -> None:
        from blockviz.commands.inspect import passes

        print(passes())
        sys.exit()


class _Command(NamedTuple):
    """A command: its module in `blockviz.commands`, its line of help, what adds its options, its examples."""

    module: str
    help: str
    options: Callable[[argparse.ArgumentParser], None]
    epilog: str = ""


_COMMANDS: Mapping[str, _Command] = {
    "render": _Command(
        "render", "draw the figure: overview and block definitions on one page", _render,
        "examples:\n  blockviz render ResNet50 -o resnet.pdf --width 84mm --height 120mm\n"
        "  blockviz render model.keras -o - --format svg > figure.svg\n",
    ),
    "inspect": _Command("inspect", "print the block tree, or the JSON that other tools read", _inspect),
    "table": _Command("documents", "print what the overview shows as a table", _table),
    "compare": _Command("documents", "compare models, one row each; a figure with -o compare.pdf", _compare),
    "describe": _Command("inspect", "print a caption and a paragraph that describe the model", _one_model),
    "pattern": _Command(
        "inspect", "write the pattern of a block type, for --patterns", _pattern,
        "example:\n  blockviz pattern model.keras --block B -o mine.toml\n"
        "  blockviz render model.keras --patterns mine.toml -o figure.pdf\n",
    ),
    "report": _Command("documents", "figure, table, caption and references of each model in one document", _report),
    "cite": _Command("inspect", "print the BibTeX of what was recognised, and a sentence that cites it", _one_model),
    "catalogue": _Command("installation", "list the known architectures, or add your own", _catalogue),
    "doctor": _Command(
        "installation", "say what is installed, which engine and font are used, and what is missing", lambda _: None
    ),
    "completion": _Command(
        "installation", "print a completion script for your shell", _completion,
        "example:\n  blockviz completion bash > ~/.local/share/bash-completion/completions/blockviz\n",
    ),
}  # fmt: skip


if __name__ == "__main__":
    sys.exit(main())
