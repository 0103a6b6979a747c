"""What a machine does to a program: kills, a full disk, closed streams, a lost worker.

Each attack draws one figure over an old file and asks what stands there afterwards: the old bytes or the new ones,
whole; and that the next run leaves no temporary file.
"""

from __future__ import annotations

import contextlib
import json
import os
import random
import resource
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from fuzz.networks import network
from fuzz.trial import PATIENCE, SECONDS, Fault

OLD = b"<svg>an old figure</svg>"
KINDS = ("_kill", "_kill", "_kill", "_kill", "_full", "_streams", "_worker")


@dataclass(frozen=True, slots=True)
class Bench:
    """A folder with a model and the figure that it gives, undisturbed; ``seconds`` is how long that takes."""

    folder: Path
    whole: bytes
    seconds: float

    @property
    def command(self) -> list[str]:
        return [sys.executable, "-m", "blockviz", "render", "model.json", "-o", "figure.svg"]

    @property
    def figure(self) -> Path:
        return self.folder / "figure.svg"


def bench(folder: Path) -> Bench:
    """A bench in an empty folder."""
    (folder / "model.json").write_text(json.dumps(network(7, 30).config))
    made = Bench(folder, b"", 0.0)
    seconds = []
    for _ in range(2):  # the first is slower
        start = time.monotonic()
        subprocess.run(made.command, cwd=folder, check=True, capture_output=True, env=_environment())
        seconds.append(time.monotonic() - start)
    return Bench(folder, made.figure.read_bytes(), min(seconds))


def _environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}


def fault(bench: Bench, seed: int) -> str:
    """The attack of a seed; gives "" where the figure was drawn, else the sentence or how it ended.

    Raises
    ------
    Fault : half a file, a lost file, a temporary file after the next run, or a traceback.
    """
    rng = random.Random(seed)
    bench.figure.write_bytes(OLD)
    attack = globals()[rng.choice(KINDS)]
    ended = attack(bench, rng)
    found = bench.figure.read_bytes() if bench.figure.exists() else b""
    if found not in (OLD, bench.whole):
        raise Fault(f"{attack.__name__}: {len(found)} bytes, neither the old file nor the new one")
    if attack is not _kill and ended == "" and found != bench.whole:
        raise Fault(f"{attack.__name__}: success, but the old file")
    if rng.random() < 0.2:
        _next_run(bench)
    return ended


def _next_run(bench: Bench) -> None:
    subprocess.run(bench.command, cwd=bench.folder, check=True, capture_output=True, env=_environment())
    left = {path.name for path in bench.folder.iterdir()} - {"model.json", "figure.svg"}
    if left or bench.figure.read_bytes() != bench.whole:
        raise Fault(f"the next run leaves {sorted(left)}")


def _kill(bench: Bench, rng: random.Random) -> str:
    """SIGKILL, SIGTERM or SIGINT at a random moment; the end, where files are written, is hit the most."""
    process = _start(bench)
    time.sleep(bench.seconds * (rng.uniform(0, 1.1) if rng.random() < 0.5 else rng.uniform(0.75, 1.15)))
    process.send_signal(rng.choice((signal.SIGKILL, signal.SIGKILL, signal.SIGTERM, signal.SIGINT)))
    return _ended(process)


def _worker(bench: Bench, rng: random.Random) -> str:
    """The process that draws is killed."""
    process = _start(bench)
    time.sleep(bench.seconds * rng.uniform(0.2, 1.0))
    for child in _children(process.pid):
        with contextlib.suppress(ProcessLookupError):
            os.kill(child, signal.SIGKILL)
    return _ended(process)


def _children(pid: int) -> list[int]:
    try:
        return [int(word) for word in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]
    except OSError:
        return []


def _full(bench: Bench, rng: random.Random) -> str:
    """No file may grow past a few bytes; or standard output is a full device."""
    if rng.random() < 0.5:
        with open("/dev/full", "wb") as full:
            process = _start(bench, ["-o", "-", "--format", "svg"], stdout=full)
            if _ended(process) == "":
                raise Fault("_full: success on a full device")
        return "full device"
    room = rng.choice((0, 1, 100, 4096))
    return _ended(_start(bench, before=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (room, room))))


def _streams(bench: Bench, rng: random.Random) -> str:
    """Some of the three standard streams are closed."""
    closed = rng.sample((0, 1, 2), rng.randint(1, 3))
    return _ended(_start(bench, before=lambda: [os.close(stream) for stream in closed]))


def _start(
    bench: Bench,
    more: list[str] | None = None,
    stdout: object = subprocess.PIPE,
    before: Callable[[], object] | None = None,
) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        bench.command + (more or []), cwd=bench.folder, env=_environment(), stdin=subprocess.DEVNULL, stdout=stdout,  # type: ignore[arg-type]
        stderr=subprocess.PIPE, preexec_fn=before,  # noqa: PLW1509  (no threads here)
    )  # fmt: skip


def _ended(process: subprocess.Popen[bytes]) -> str:
    try:
        _, err = process.communicate(timeout=PATIENCE * SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        raise Fault(f"hang: more than {PATIENCE * SECONDS:g} s by the clock") from None
    said = err.decode("utf-8", "replace").strip()
    beginning = said.endswith("KeyboardInterrupt") and "in run\n" not in said  # Python itself was still starting
    if ("Traceback" in said or "Exception ignored" in said or "a bug in blockviz" in said) and not beginning:
        raise Fault(f"traceback: {said[-300:]}")
    if process.returncode == 0:
        return ""
    return said.split("\n")[-1] or f"status {process.returncode}"
