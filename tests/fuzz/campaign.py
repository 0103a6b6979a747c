"""The attacks in turn until the time is up; every fault is counted, and one of each kind written down, made small."""

from __future__ import annotations

import argparse
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from fuzz import consumers
from fuzz.attacks import ATTACKS, signature, warm_up


@dataclass(slots=True)
class Tally:
    """What came of one attack."""

    ended: Counter[str] = field(default_factory=Counter)
    spent: float = 0.0
    slowest: float = 0.0
    largest: float = 0.0
    kinds: dict[str, int] = field(default_factory=dict)

    @property
    def tried(self) -> int:
        return sum(self.ended.values())


def campaign(
    minutes: float, seed: int = 0, only: Sequence[str] = (), count: int | None = None, cases: Path | None = None
) -> dict[str, Tally]:
    """Run the attacks for some minutes, or until each has been tried ``count`` times; same seed, same cases."""
    warm_up()
    chosen = {name: attack for name, attack in ATTACKS.items() if not only or name in only}
    tallies = {name: Tally() for name in chosen}
    start = said = time.monotonic()
    until = start + 60 * minutes
    # Stopped by hand, it reports what it has done.
    with tempfile.TemporaryDirectory(prefix="blockviz-fuzz-") as made, suppress(KeyboardInterrupt):
        while time.monotonic() < until:
            open_ = [name for name in chosen if count is None or tallies[name].tried < count]
            if not open_:
                break
            name = min(open_, key=lambda name: tallies[name].spent / chosen[name].share)
            _try(name, seed + tallies[name].tried, Path(made), tallies[name], cases)
            if time.monotonic() > said + 60:
                said = time.monotonic()
                tried = ", ".join(f"{tally.tried} {name}" for name, tally in tallies.items())
                print(f"{(said - start) / 60:.0f} min: {tried}", file=sys.stderr, flush=True)
    return tallies


def _try(name: str, seed: int, folder: Path, tally: Tally, cases: Path | None) -> None:
    start = time.monotonic()
    outcome = ATTACKS[name].run(seed, folder)
    tally.spent += time.monotonic() - start
    tally.ended[outcome.kind] += 1
    tally.slowest, tally.largest = max(tally.slowest, outcome.seconds), max(tally.largest, outcome.megabytes)
    if outcome.kind != "fault":
        return
    kind = signature(outcome.why)
    tally.kinds[kind] = tally.kinds.get(kind, 0) + 1
    if tally.kinds[kind] > 1:
        return
    print(f"{name} {seed}: {outcome.why}", flush=True)
    write = ATTACKS[name].write
    if cases is not None and write is not None:
        cases.mkdir(parents=True, exist_ok=True)
        small = write(seed, folder, outcome.why)
        print(f"  {small.rename(cases / small.name)}", flush=True)


def report(tallies: dict[str, Tally]) -> str:
    """A line an attack: tried, clean, refused, faults, slowest, largest."""
    head = f"{'':9}{'tried':>8}{'clean':>8}{'refused':>9}{'faults':>8}{'slowest':>10}{'largest':>10}"
    lines = [
        f"{name:9}{tally.tried:8}{tally.ended['clean']:8}{tally.ended['refused']:9}{tally.ended['fault']:8}"
        f"{tally.slowest:8.1f} s{tally.largest:7.0f} MB"
        for name, tally in tallies.items()
    ]
    return "\n".join([head, *lines])


def main(argv: Sequence[str] | None = None) -> int:
    """The command line; the exit status is 1 where there was a fault."""
    parser = argparse.ArgumentParser(prog="benchmarks/fuzz", description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0, help="how long (default 10)")
    parser.add_argument("--count", type=int, help="end earlier, when each attack has been tried so often")
    parser.add_argument("--seed", type=int, default=0, help="the first case's number (default 0)")
    parser.add_argument("--only", nargs="+", choices=tuple(ATTACKS), default=(), help="some of the attacks")
    parser.add_argument("--cases", type=Path, default=Path("fuzz-cases"), help="folder for minimised cases")
    arguments = parser.parse_args(argv)
    if absent := consumers.missing():
        print(f"not judged, since this machine lacks them: {', '.join(absent)}")
    tallies = campaign(arguments.minutes, arguments.seed, arguments.only, arguments.count, arguments.cases)
    print(report(tallies))
    return int(any(tally.ended["fault"] for tally in tallies.values()))
