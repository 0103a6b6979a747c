"""The examples of the documentation: fenced blocks of the pages, what they need, and a folder in which they run.

A block with ``title="NAME"`` is a file that later blocks of its page use. The first line of a shell or Python block may
be a tag that readers see, ``# needs PyTorch``; what is in `MARKERS` is run under that marker, what is in `NOT_RUN` is
counted by a test. All other shell and Python blocks are run, in the order of their page.
"""

from __future__ import annotations

import contextlib
import gzip
import io
import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from unittest.mock import patch

from blockviz import cli

ROOT = Path(__file__).resolve().parents[2]
RUN = ("bash", "python")
MARKERS = {"needs TensorFlow": "tensorflow", "needs LaTeX": "latex"}
NOT_RUN = ("needs the network", "needs PyTorch")
_FENCE = re.compile(r"(?ms)^(?P<indent> *)```(?P<language>[\w-]+)(?P<info>[^\n]*)\n(?P<text>.*?)^(?P=indent)```$")

#: Models that the pages call by a name of their own, and stored networks that stand for them: small ones, since each
#: command reads its model anew.
MODELS: Mapping[str, str] = {
    "model": "tests/zoo_models/UNet.json.gz", "mynet": "tests/zoo_models/UNet.json.gz",
    "unet": "tests/zoo_models/UNet.json.gz", "classifier": "gallery/models/transfer_learning.json",
}  # fmt: skip
#: A shell in which blockviz is this checkout; the status of diff says whether models differ and is no failure.
_SHELL = """set -euo pipefail
blockviz() {{ "{python}" -m blockviz "$@" || {{ local status=$?; [ "$1" = diff ] && [ $status = 1 ]; }}; }}
python() {{ "{python}" "$@"; }}
"""


@dataclass(frozen=True, slots=True)
class Example:
    """A fenced block: its page and line, its language, the file that it is (or ""), its tag (or ""), its text."""

    page: str
    line: int
    language: str
    file: str
    tag: str
    text: str


def pages() -> list[Path]:
    """Every page that a reader may copy from; the gallery's are tested by drawing it."""
    return [ROOT / "README.md", ROOT / "CONTRIBUTING.md", ROOT / "SECURITY.md", *sorted((ROOT / "docs").rglob("*.md"))]


def examples(page: Path) -> list[Example]:
    """The fenced blocks of a page that are files or can be run."""
    return [one for one in blocks(page) if one.file or one.language in RUN]


def blocks(page: Path) -> Iterator[Example]:
    """All fenced blocks of a page."""
    text = page.read_text(encoding="utf-8")
    for found in _FENCE.finditer(text):
        body = re.sub(rf"(?m)^{found['indent']}", "", found["text"])
        file = re.search(r'title="([^"]+)"', found["info"])
        tag = re.match(r"# (needs [^\n]+)\n", body)
        line = text.count("\n", 0, found.start()) + 1
        name = page.relative_to(ROOT).as_posix()
        yield Example(name, line, found["language"], file[1] if file else "", tag[1] if tag else "", body)


def run_page(page: Path, folder: Path) -> list[str]:
    """Run a page's examples in a folder, in their order, apart from those that can't be; gives what each printed."""
    prepare(folder)
    names: dict[str, object] = {}
    return [run(example, folder, names) for example in examples(page) if example.tag not in NOT_RUN]


def prepare(folder: Path) -> None:
    """Put the models that examples name into a folder, as architectures without weights, and a figure to redraw."""
    for name, stored in MODELS.items():
        data = (ROOT / stored).read_bytes()
        _archive(folder / f"{name}.keras", (gzip.decompress(data) if stored.endswith(".gz") else data).decode("utf-8"))
    for name, kernel in {"old": 3, "new": 5}.items():
        _archive(folder / f"{name}.keras", json.dumps(_convolutions(kernel)))
    if not (folder / "blockviz.toml").exists():
        (folder / "blockviz.toml").write_text('[[figure]]\noutput = "old.svg"\nmodel = "old.keras"\n', encoding="utf-8")
    for suffix in ("pt2", "dynamo.onnx"):
        source = ROOT / f"tests/frontends/exported/resnet.{suffix}"
        shutil.copy(source, folder / f"module.{suffix.rpartition('.')[2]}")


def _archive(path: Path, config: str) -> None:
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("config.json", config)
        archive.writestr("metadata.json", json.dumps({"keras_version": "3.5.0"}))


def _convolutions(kernel: int) -> dict[str, object]:
    settings = {"filters": 16, "kernel_size": [kernel, kernel], "padding": "same", "activation": "relu"}
    layers = [{"class_name": "Conv2D", "config": {"name": f"conv{number}", **settings}} for number in range(4)]
    config = {"name": "net", "build_input_shape": [None, 32, 32, 3], "layers": layers}
    return {"class_name": "Sequential", "config": config}


def run(example: Example, folder: Path, names: dict[str, object]) -> str:
    """Write a file, or run a block with ``folder`` as the working directory; gives what it printed.

    ``names`` is what Python blocks of the page share. Raises AssertionError with the end of the output where it fails.
    """
    if example.file:
        (folder / example.file).write_text(example.text, encoding="utf-8")
        return ""
    return _RUNNERS[example.language](example, folder, names)


def _bash(example: Example, folder: Path, _: dict[str, object]) -> str:
    environment = {
        **os.environ, "PYTHONPATH": str(ROOT), "XDG_CONFIG_HOME": str(folder / "config"), "max_print_line": "1000",
    }  # fmt: skip
    commands = [shlex.split(line, comments=True) for line in example.text.replace("\\\n", " ").splitlines()]
    plain = all(words[:1] in ([], ["blockviz"]) and not {"|", "||", "&&", ">", ";"} & {*words} for words in commands)
    if plain and example.page != "README.md":
        status, said = _here([words[1:] for words in commands if words], folder, environment)
    else:
        status, said = _in_a_shell(example.text, folder, environment)
    assert status == 0, f"{example.page}:{example.line}: status {status}\n{said[-2000:]}"
    return said


def _in_a_shell(text: str, folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    done = subprocess.run(
        ["bash", "-c", _SHELL.format(python=sys.executable) + text], cwd=folder, env=environment,
        stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=300, check=False,
    )  # fmt: skip
    return done.returncode, done.stdout.decode("utf-8", "replace")


def _here(commands: Sequence[Sequence[str]], folder: Path, environment: Mapping[str, str]) -> tuple[int, str]:
    """Commands of blockviz alone in this process: to start another one takes longer than most of them."""
    status, said = 0, io.TextIOWrapper(io.BytesIO(), "utf-8", write_through=True)
    with (
        contextlib.chdir(folder), patch.dict(os.environ, environment),
        contextlib.redirect_stdout(said), contextlib.redirect_stderr(said),
    ):  # fmt: skip
        for words in commands:
            status = cli.main(words)
            if status and not (words[0] == "diff" and status == 1):
                return status, said.buffer.getvalue().decode("utf-8", "replace")
    return 0, said.buffer.getvalue().decode("utf-8", "replace")


def _python(example: Example, folder: Path, names: dict[str, object]) -> str:
    code = compile("\n" * example.line + example.text, str(ROOT / example.page), "exec")
    with contextlib.chdir(folder):
        exec(code, names)
    return ""


_RUNNERS: Mapping[str, Callable[[Example, Path, dict[str, object]], str]] = {"bash": _bash, "python": _python}
