"""The only place that runs Graphviz, always in a process of its own, with a time limit."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from blockviz.errors import DrawError
from blockviz.runtime.records import dataclass
from blockviz.text.font_files import fonts_conf

TIMEOUT = 60.0
# What the C libraries say without meaning an error of ours.
_HARMLESS = ("Fontconfig warning", "Fontconfig error: Cannot load default config")
_HARMLESS_END = "size too small for label"  # sizes are ours: they count letters, Graphviz counts line spacing too


@dataclass(slots=True)
class Worker:
    """A process that has started and waits for its DOT text."""

    process: subprocess.Popen[bytes]
    program: str
    form: str


def _environment(with_system_fonts: bool) -> Mapping[str, str]:
    env = {key: value for key, value in os.environ.items() if not key.startswith(("PYTHON", "LD_PRELOAD"))}
    conf = str(fonts_conf(with_system_fonts))
    return {**env, "FONTCONFIG_FILE": conf, "LC_ALL": "C", "PYTHONIOENCODING": "utf-8"}


def start(form: str, program: str = "nop2", with_system_fonts: bool = False) -> Worker:
    """Start a worker ahead of time, so that its imports overlap with the caller's own work.

    Raises
    ------
    DrawError : pygraphviz is not installed or the process can't be started.
    """
    spec = importlib.util.find_spec("pygraphviz")
    if spec is None or not spec.origin:
        raise DrawError("pygraphviz is missing; run: pip install 'pygraphviz>=2.0.4', or use --engine system")
    folder = str(Path(spec.origin).parent.parent)
    worker = str(Path(__file__).with_name("worker.py"))
    try:
        process = subprocess.Popen(
            [sys.executable, "-I", "-S", worker, folder, program, form, "Arimo"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            env=_environment(with_system_fonts),
        )
    except OSError as error:
        raise DrawError(f"could not start a process for Graphviz: {error}") from error
    return Worker(process, program, form)


def finish(worker: Worker, dot: str, timeout: float = TIMEOUT) -> bytes:
    """Give a started worker its DOT text and take the drawing.

    Raises
    ------
    DrawError : Graphviz crashed, took longer than ``timeout`` seconds, or said anything on stderr (it drops
        a label or an edge with a message there and still reports success).
    """
    try:
        out, err = worker.process.communicate(dot.encode("utf-8"), timeout=timeout)
    except subprocess.TimeoutExpired:
        worker.process.kill()
        worker.process.communicate()
        raise DrawError(f"Graphviz took longer than {timeout:g} s and was stopped; nothing was written") from None
    said = complaints(err)
    code = worker.process.returncode
    if code < 0:
        raise DrawError(f"Graphviz crashed (signal {-code}); nothing was written{_quoted(said)}")
    if code or said:
        raise DrawError(f"Graphviz could not draw the page as asked; nothing was written{_quoted(said)}")
    if not out:
        raise DrawError("Graphviz returned nothing; nothing was written")
    return out


def cancel(worker: Worker) -> None:
    """Stop a worker that is not needed after all."""
    worker.process.kill()
    worker.process.communicate()


def run(
    dot: str, form: str, engine: str = "bundled", timeout: float = TIMEOUT, with_system_fonts: bool = False
) -> bytes:
    """Draw DOT text with fixed positions in ``form`` (svg, pdf, png, eps …).

    engine : ``bundled`` (inside pygraphviz) or ``system`` (the ``neato`` on the user's path).
    """
    if engine == "system":
        return _run_system(dot, form, timeout)
    return finish(start(form, with_system_fonts=with_system_fonts), dot, timeout)


def _run_system(dot: str, form: str, timeout: float) -> bytes:
    from graphviz.backend import execute

    command = ["neato", "-n2", f"-T{form}"]
    try:
        done = execute.run_check(
            command,
            input=dot.encode("utf-8"),
            capture_output=True,
            quiet=True,
            timeout=timeout,
            env=dict(_environment(False)),
        )
    except execute.ExecutableNotFound:
        raise DrawError("Graphviz is not on this machine; install it, or leave out --engine system") from None
    except subprocess.TimeoutExpired:
        raise DrawError(f"Graphviz took longer than {timeout:g} s and was stopped; nothing was written") from None
    except subprocess.CalledProcessError as error:
        raise DrawError(f"Graphviz failed: {_quoted(complaints(error.stderr or b''))}") from None
    said = complaints(done.stderr)
    if said:
        raise DrawError(f"Graphviz could not draw the page as asked; nothing was written{_quoted(said)}")
    return bytes(done.stdout)


def complaints(err: bytes) -> list[str]:
    """The lines on stderr that mean something went wrong; of a traceback of the worker, the last: what happened."""
    lines = [line.strip() for line in err.decode("utf-8", "replace").splitlines()]
    if any(line.startswith("Traceback (") for line in lines):
        lines = [line for line in lines if line][-1:]
    return [line for line in lines if line and not line.startswith(_HARMLESS) and not line.endswith(_HARMLESS_END)]


def _quoted(lines: list[str]) -> str:
    return f" ({'; '.join(lines[:3])})" if lines else ""
