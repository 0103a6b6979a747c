"""The options of each command, as argparse takes them; nothing else is imported for ``--help``."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from blockviz.commands import SUFFIX_HELP
from blockviz.errors import UsageError
from blockviz.runtime.options import from_text

_MACROS = r"'\columnwidth' or '\textwidth'"


def _take(group: argparse._ActionsContainer, name: str, **options: Any) -> None:
    """Add an option that takes what the schema says."""
    group.add_argument(name, type=from_text(name.lstrip("-").replace("-", "_")), **options)


def render(made: argparse.ArgumentParser) -> None:
    """Of `blockviz render`."""
    _model(made)
    _output(made, f"file to write; {SUFFIX_HELP}; - writes to standard output", required=True)
    made.add_argument("--format", metavar="NAME", help="format, where the file's suffix doesn't say it")
    made.add_argument("--bare", action="store_true", help="TikZ: only the tikzpicture, for a document of your own")
    made.add_argument("--watch", action="store_true", help="draw again whenever the model or a setting changes")
    _structure(made)
    _page(made)
    made.add_argument(
        "--caption",
        action="store_true",
        help="also write a .tex file with the LaTeX figure environment, caption and label",
    )
    made.add_argument("--caption-file", metavar="FILE", help="where --caption writes (default: beside the figure)")
    made.add_argument("--label", metavar="NAME", help="label of the figure environment (default: by the model's name)")


def _sheet(made: argparse.ArgumentParser) -> argparse._ArgumentGroup:
    """What every figure takes: its size, its look, how it is drawn."""
    page = made.add_argument_group("page")
    size = page.add_mutually_exclusive_group()
    size.add_argument(
        "--page", metavar="SIZE", help="exactly a4, letter, slide or WxH, as 174mmx240mm (default: cropped)"
    )
    _take(size, "--width", metavar="LENGTH", help="fit a column, such as 84mm or 3.3in (a bare number is points); "
          f"as high as needed; of a LaTeX table also {_MACROS}")  # fmt: skip
    _take(page, "--height", metavar="LENGTH", help="with --width: at most this high")
    _take(
        page, "--min-font", default="6pt", metavar="LENGTH", help="smallest printed type (default 6pt); never undercut"
    )
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
    return page


def common(made: argparse.ArgumentParser, default: object = argparse.SUPPRESS) -> None:
    """What every command takes, before or behind its name."""
    made.add_argument("-v", "--verbose", action="store_true", default=default, help="say what is done, step by step")
    made.add_argument("-q", "--quiet", action="store_true", default=default, help="say nothing but errors")
    made.add_argument("--debug", action="store_true", default=default, help="show the traceback of an error")


def _page(made: argparse.ArgumentParser) -> None:
    page = _sheet(made)
    _take(page, "--pages", default=1, choices=(1, 2), help="pages at most (default 1)")
    page.add_argument(
        "--layout",
        default="auto",
        choices=("auto", "chain", "U", "pyramid", "stacks", "streams", "board"),
        help="layout of the overview (default: what the graph asks for)",
    )
    page.add_argument(
        "--direction",
        default="auto",
        choices=("auto", "down", "right"),
        help="which way the overview runs (default: down; right with a collapsed backbone)",
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
        help="let Keras load the file, in its safe mode, with the packages that it names: runs their code; "
        "onnxruntime loads an .onnx file",
    )  # fmt: skip
    group.add_argument(
        "--input", action="append", default=[], metavar="[NAME=]SHAPE[:TYPE]",
        help="sizes that an input leaves open, such as 1x224x224x3 or text=1x128:int32; the batch comes first",
    )  # fmt: skip
    group.add_argument("--config", metavar="FILE", help="options from a TOML file, as in blockviz.toml")


def inspect(made: argparse.ArgumentParser) -> None:
    """Of `blockviz inspect`."""
    _model(made)
    made.add_argument("--json", action="store_true", help="JSON, schema 1")
    made.add_argument("--layers", action="store_true", help="list the layers of every box")
    made.add_argument("--time", action="store_true", help="print the seconds of each pass on standard error")
    made.add_argument("--list-passes", action=_ListPasses, nargs=0, help="print the passes and their options, and end")
    made.add_argument(
        "--explain", action="store_true",
        help="say why neighbours are one type or not, where names come from, and what is no block",
    )  # fmt: skip
    _structure(made)


def table(made: argparse.ArgumentParser) -> None:
    """Of `blockviz table`."""
    _model(made)
    _table_options(made)
    _take(made, "--width", metavar="LENGTH", help=f"LaTeX: fit a column, such as 84mm, {_MACROS}; a narrow table has "
          "fewer columns (default: the column, or both in a table*)")  # fmt: skip
    _structure(made)


def compare(made: argparse.ArgumentParser) -> None:
    """Of `blockviz compare`."""
    _models(made)
    _table_options(made)
    _sheet(made)
    _structure(made)


def diff(made: argparse.ArgumentParser) -> None:
    """Of `blockviz diff`."""
    made.add_argument("before", metavar="BEFORE", help="file, keras.applications name, or package.module:callable")
    made.add_argument("after", metavar="AFTER", help="the model to compare it with")
    made.add_argument("--format", metavar="NAME", help="text, json, latex, markdown, csv, html, typst, or a figure's "
                      "format (default: by suffix, else text)")  # fmt: skip
    _output(made, "file to write: .txt .json .tex .md .csv .html .typ, or a figure; standard output if not given")
    made.add_argument("--caption", metavar="TEXT", help="caption of the table in place of the generated one")
    made.add_argument("--label", metavar="NAME", help="label for cross-references")
    _sheet(made)
    _structure(made)


def _table_options(made: argparse.ArgumentParser) -> None:
    made.add_argument("--format", metavar="NAME", choices=("latex", "markdown", "csv", "html", "typst", "text"),
                      help="latex, markdown, csv, html, typst or text (default: by suffix, else text)")  # fmt: skip
    _output(made, "file to write (.tex .md .csv .html .typ .txt); standard output if not given")
    made.add_argument("--caption", metavar="TEXT", help="caption in place of the generated one")
    made.add_argument("--label", metavar="NAME", help="label for cross-references")


def report(made: argparse.ArgumentParser) -> None:
    """Of `blockviz report`."""
    _models(made)
    _output(made, "report.html, .tex, .typ or .pdf (with pdflatex or the typst package)", required=True)
    _structure(made)


def one_model(made: argparse.ArgumentParser) -> None:
    """Of a command that takes a model and nothing else."""
    _model(made)
    _structure(made)


def pattern(made: argparse.ArgumentParser) -> None:
    """Of `blockviz pattern`."""
    _model(made)
    made.add_argument("--block", required=True, metavar="TYPE", help="the block type (letter or name)")
    _output(made, "file to write (.toml); standard output if not given")
    _structure(made)


def redraw(made: argparse.ArgumentParser) -> None:
    """Of `blockviz redraw`."""
    made.add_argument("files", nargs="*", metavar="FILE", help="only these outputs of blockviz.toml (default: all)")
    made.add_argument("--check", action="store_true", help="write nothing; exit status 1 if a file is stale")
    made.add_argument("--config", metavar="FILE", help="the TOML file (default: the nearest blockviz.toml)")


def catalogue(made: argparse.ArgumentParser) -> None:
    """Of `blockviz catalogue`."""
    made.add_argument("action", choices=("list", "add", "remove"))
    made.add_argument("name", nargs="?", help="name of your architecture")
    made.add_argument("model", nargs="?", metavar="MODEL", help="the model to take it from")
    made.add_argument("--reference", metavar="KEY", help="BibTeX key of its paper")


def completion(made: argparse.ArgumentParser) -> None:
    """Of `blockviz completion`."""
    made.add_argument("shell", choices=("bash", "zsh", "fish", "tcsh"))


def _model(made: argparse.ArgumentParser) -> None:
    made.add_argument("model", metavar="MODEL", help="file, keras.applications name, or package.module:callable")


def _models(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "models", nargs="+", metavar="MODEL", help="files, keras.applications names, or package.module:callable"
    )


def _output(made: argparse.ArgumentParser, help: str, required: bool = False) -> None:
    made.add_argument("-o", "--output", metavar="FILE", help=help, required=required, action=_Once)
    made.add_argument("--open", action="store_true", help="show the file when it is written")
    made.add_argument("--force", action="store_true",
                      help="replace FILE even if it is a model, an input or an edited caption")  # fmt: skip


class _Once(argparse.Action):
    """An option whose second use would silently undo the first."""

    def __call__(self, parser: argparse.ArgumentParser, namespace: argparse.Namespace, values: Any, *_: Any) -> None:
        """Take the value. Raises UsageError: there is one already."""
        given = "typed_" + self.dest
        if hasattr(namespace, given):
            raise UsageError(f"{'/'.join(self.option_strings)} is given twice; a command writes one output")
        setattr(namespace, given, True)
        setattr(namespace, self.dest, values)


class _ListPasses(argparse.Action):
    """Print what happens to a model on its way to a block graph; needs no model."""

    def __call__(self, *_: object) -> None:
        from blockviz.commands.inspect import passes

        print(passes())
        sys.exit()
