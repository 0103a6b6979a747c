"""One attempt in a process of its own: nothing that it does, hangs in or eats can hurt the campaign."""

from __future__ import annotations

import os
import pickle
import resource
import select
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

SECONDS = 20.0  # of the processor; a busy machine may take longer by the clock
PATIENCE = 15.0  # times SECONDS by the clock
MEGABYTES = 2048


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended: ``clean``, ``refused`` (one sentence and no file) or ``fault``, and why."""

    kind: str
    why: str = ""
    seconds: float = 0.0
    megabytes: float = 0.0


class Fault(AssertionError):
    """What must never happen did."""


def attempt(action: Callable[[], str], seconds: float = SECONDS, megabytes: int = MEGABYTES) -> Outcome:
    """Run an action in a forked process; it returns "" for clean, or the sentence with which it was refused."""
    read, write = os.pipe()
    reserved, held = _memory()
    child = os.fork()
    if child == 0:
        os.close(read)
        _child(action, write, seconds, megabytes + reserved)
    os.close(write)
    try:
        said, late = _listen(read, time.monotonic() + PATIENCE * seconds)
    except KeyboardInterrupt:  # the campaign ends, and with it what it began
        os.killpg(child, signal.SIGKILL)
        raise
    if late:
        os.killpg(child, signal.SIGKILL)
    _, status, usage = os.wait4(child, 0)
    spent, used = usage.ru_utime + usage.ru_stime, max(0.0, usage.ru_maxrss / 1024 - held)
    if late:
        return Outcome("fault", f"hang: more than {PATIENCE * seconds:g} s by the clock", spent, used)
    if spent > seconds:
        return Outcome("fault", f"hang: more than {seconds:g} s of the processor", spent, used)
    if used > megabytes:
        return Outcome("fault", f"memory: {used:.0f} MB", spent, used)
    if not said:
        return Outcome("fault", f"crash: status {os.waitstatus_to_exitcode(status)}", spent, used)
    kind, why = pickle.loads(said)
    return Outcome(kind, why, spent, used)


def _listen(pipe: int, until: float) -> tuple[bytes, bool]:
    """All that the child says, and whether it took too long over it."""
    said = b""
    while True:
        ready, _, _ = select.select([pipe], [], [], max(0.0, until - time.monotonic()))
        data = os.read(pipe, 1 << 16) if ready else b""
        said += data
        if not data:
            os.close(pipe)
            return said, not ready


def _memory() -> tuple[int, int]:
    """Megabytes of address space and of memory that a fork of this process begins with; files are mapped anew."""
    size, resident, shared = map(int, Path("/proc/self/statm").read_text().split()[:3])
    return size * resource.getpagesize() >> 20, (resident - shared) * resource.getpagesize() >> 20


def _child(action: Callable[[], str], pipe: int, seconds: float, megabytes: int) -> None:
    os.setsid()
    room = (megabytes + 1024) << 20  # address space is more than memory
    resource.setrlimit(resource.RLIMIT_AS, (room, room))
    resource.setrlimit(resource.RLIMIT_CPU, (int(seconds) + 1, int(seconds) + 2))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    try:
        why = action()
        result = ("refused" if why else "clean", why)
    except MemoryError:
        result = ("fault", "memory: no more to be had")
    except BaseException as error:
        result = ("fault", _traceback(error))
    with os.fdopen(pipe, "wb") as file:
        pickle.dump(result, file)
    os._exit(0)


def _traceback(error: BaseException) -> str:
    """The error and where it was raised: equal for equal faults."""
    import traceback

    if isinstance(error, Fault):
        return str(error)
    frames = traceback.extract_tb(error.__traceback__)[-40:]
    own = [frame for frame in frames if "blockviz" in frame.filename and "fuzz" not in frame.filename] or frames
    where = f"{os.path.basename(own[-1].filename)}:{own[-1].lineno} {own[-1].name}" if own else "?"
    return f"traceback: {type(error).__name__} at {where}: {str(error)[:300]}"


def command(arguments: list[str], targets: Iterable[str] = ()) -> tuple[str, str]:
    """A command line as the user would run it, to be called inside an attempt.

    Gives its refusal ("" for none) and its standard output.

    Raises
    ------
    Fault : it neither succeeded nor refused with one sentence, or left a file behind a refusal.
    """
    from blockviz.cli import main

    os.environ["BLOCKVIZ_DEBUG"] = "1"  # a bug is a traceback, not a sentence that says so
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        for stream, file in ((1, out), (2, err)):
            os.dup2(file.fileno(), stream)
        sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
        sys.stderr = open(2, "w", encoding="utf-8", errors="backslashreplace", closefd=False)  # noqa: SIM115
        try:
            status: object = main(arguments)
        except SystemExit as error:
            status = error.code
        sys.stdout.flush()
        sys.stderr.flush()
        out.seek(0), err.seek(0)
        output, errors = out.read().decode("utf-8", "surrogateescape"), err.read().decode("utf-8", "surrogateescape")
    if status == 0:
        missing = [target for target in targets if not os.path.exists(target)]
        if missing:
            raise Fault(f"success without the file {missing[0]}")
        return "", output
    if "not enough memory" in errors:
        raise MemoryError
    lines = errors.strip().split("\n")
    if status not in (1, 2, 3) or not lines[-1].startswith("blockviz") or "Traceback" in errors:
        raise Fault(f"status {status}: {errors[-300:]!r}")
    if status in (1, 3) and len(lines) > 1:
        raise Fault(f"a refusal of {len(lines)} lines: {errors[:300]!r}")
    if len(lines[-1]) > 2000:
        raise Fault(f"a refusal of {len(lines[-1])} letters: {errors[:100]!r}")
    left = [target for target in targets if os.path.exists(target)]
    if left:
        raise Fault(f"refused, but wrote {left[0]}")
    return lines[-1], output
