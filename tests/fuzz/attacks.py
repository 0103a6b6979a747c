"""The attacks by name: each is a function of a seed and a folder to work in, and ends clean, refused or in a fault."""

from __future__ import annotations

import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from fuzz import consumers, faults, mutants, names, pages
from fuzz.expander import differences
from fuzz.networks import network
from fuzz.shrink import shrunk_bytes, shrunk_json
from fuzz.trial import Fault, Outcome, attempt, command

FIGURES = ("svg", "pdf", "png", "eps", "dot", "tikz", "mermaid", "drawio", "pptx")
TABLES = ("latex", "markdown", "csv", "html", "typst", "text")
REPORTS = {"report.html": "html", "report.typ": "typst"}  # file → the program that reads it
WORDS = {"json": ("inspect", "--json"), "tree": ("inspect", "--explain"), "prose": ("describe",), "bibtex": ("cite",)}
PAGES = {"page": "html"}  # the interactive page → its name for `render`; a table has the same suffix
OUTPUTS = (*FIGURES, *PAGES, *TABLES, *REPORTS, *WORDS)
# Commands that a mutant is given to: words before the model, words after it, and the format of what comes out.
COMMANDS: tuple[tuple[str, tuple[str, ...], str], ...] = (
    ("inspect", (), "text"), ("inspect", (), "text"), ("inspect", ("--json",), "json"),
    ("inspect", ("--explain",), "text"),
    ("describe", (), "text"), ("cite", (), "text"), ("table", ("--format", "csv"), "csv"),
    ("inspect", ("--collapse-backbone", "--collapse-nested"), "text"),
    *(("render", ("-o", f"figure.{form}", "--format", form), form) for form in ("svg", "dot", "mermaid", "pdf")),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Attack:
    """What is tried, which share of the time it gets, and how a fault's case is written down, made small."""

    run: Callable[[int, Path], Outcome]
    share: float
    write: Callable[[int, Path, str], Path] | None = None


# Model files


def mutant(seed: int, folder: Path) -> Outcome:
    """A broken file, and a command that reads it."""
    case = mutants.mutant(seed)
    return _read(case.name, case.data, seed, folder)


def _read(name: str, data: bytes, seed: int, folder: Path) -> Outcome:
    model = folder / name
    model.write_bytes(data)
    word, options, form = random.Random(seed).choice(COMMANDS)
    target = folder / f"figure.{form}"
    target.unlink(missing_ok=True)
    arguments = [word, str(model), *(str(target) if option.startswith("figure.") else option for option in options)]

    def action() -> str:
        why, said = command(arguments, [str(target)] if word == "render" else [])
        return why or _sound(form, target.read_bytes() if word == "render" else said.encode("utf-8", "surrogateescape"))

    return attempt(action)


def _sound(form: str, data: bytes) -> str:
    found = consumers.problems(form, data)
    if found:
        raise Fault(f"{form}: {found[:3]}")
    return ""


def write_mutant(seed: int, folder: Path, why: str) -> Path:
    """The smallest file that fails alike."""
    case = mutants.mutant(seed)
    sign = signature(why)

    def fails(data: bytes) -> bool:
        outcome = _read(case.name, data, seed, folder)
        return outcome.kind == "fault" and signature(outcome.why) == sign

    data = case.data
    if case.name.endswith(".json"):
        try:
            value = json.loads(data)
        except ValueError:
            data = shrunk_bytes(data, fails)
        else:
            data = json.dumps(shrunk_json(value, lambda smaller: fails(json.dumps(smaller).encode()))).encode()
    elif len(data) < 100_000:
        data = shrunk_bytes(data, fails)
    target = folder / f"mutant-{seed}{Path(case.name).suffix}"
    target.write_bytes(data)
    return target


# Names


def name(seed: int, folder: Path) -> Outcome:
    """A hostile text at a place of a model, and a format that its own program reads."""
    rng = random.Random(seed)
    position, form = rng.choice(names.POSITIONS), rng.choice(OUTPUTS)
    return _named(position, names.hostile(rng), form, folder)


def _named(position: str, text: str, form: str, folder: Path) -> Outcome:
    config, options = names.attacked(position, text)
    if any("\0" in option or "\ud800" <= letter <= "\udfff" for option in options for letter in option):
        options = []  # no command line can hold it
    options = [f"{options[0]}={options[1]}"] if options else []
    model, target = folder / "model.json", folder / f"out.{form}"
    model.write_text(json.dumps(config))
    target.unlink(missing_ok=True)
    if form in WORDS:
        arguments = [*WORDS[form], str(model), *options]
    elif form in REPORTS:
        arguments = ["report", str(model), "-o", str(target), *options]
    else:
        word = "table" if form in TABLES else "render"
        arguments = [word, str(model), "-o", str(target), "--format", PAGES.get(form, form), *options]
    judge = REPORTS.get(form, "json" if form == "json" else "text" if form in WORDS else form)

    def action() -> str:
        why, said = command(arguments, [] if form in WORDS else [str(target)])
        if why:
            return why
        return _sound(judge, said.encode("utf-8", "surrogateescape") if form in WORDS else target.read_bytes())

    return attempt(action)


def write_name(seed: int, folder: Path, why: str) -> Path:
    """The shortest text that fails alike, with its place and format."""
    rng = random.Random(seed)
    position, form = rng.choice(names.POSITIONS), rng.choice(OUTPUTS)
    sign = signature(why)

    def fails(text: Any) -> bool:
        outcome = _named(position, text, form, folder)
        return outcome.kind == "fault" and signature(outcome.why) == sign

    text = shrunk_json(names.hostile(rng), fails)
    target = folder / f"name-{seed}.json"
    target.write_text(json.dumps({"position": position, "format": form, "text": text, "why": why}, indent=1))
    return target


def browser(seed: int, folder: Path) -> Outcome:
    """Twenty hostile figures, tables and interactive pages in one page of a browser."""
    made: dict[str, list[bytes]] = {"svg": [], "html": [], "page": []}
    for number in range(20):
        rng = random.Random(f"{seed} {number}")
        form = ("html", "svg", "page", "svg")[number % 4]
        outcome = _named(rng.choice(names.POSITIONS[:7]), names.hostile(rng), form, folder)
        if outcome.kind == "fault":
            return outcome
        if outcome.kind == "clean":
            made[form].append((folder / f"out.{form}").read_bytes())
    found = consumers.browser(made["svg"], made["html"]) + consumers.browsed(made["page"])
    return Outcome("fault", f"browser: {found}") if found else Outcome("clean")


# Truth and print


def graph(seed: int, folder: Path) -> Outcome:
    """A random network, expanded back by a second expander."""
    rng = random.Random(seed)
    made = network(seed, rng.choice((8, 20, 40, 80)), whole=seed % 2 == 1)
    options: dict[str, Any] = {
        "collapse_nested": rng.random() < 0.2, "collapse_backbone": rng.random() < 0.1,
        "min_repeat": rng.choice((2, 2, 3)), "depth": rng.choice((3, 3, 1, 2)),
    }  # fmt: skip

    def action() -> str:
        from blockviz.frontends import graph_from_config
        from blockviz.pipeline import summarize

        summary = summarize(graph_from_config(made.config), **options)
        found = differences(summary.graph, made)
        if made.params is not None and summary.outline.cost.params != made.params:
            found.append(f"{summary.outline.cost.params} parameters, not {made.params}")
        if sum(part.cost.params for part in summary.outline.parts if not part.shared) > summary.outline.cost.params:
            found.append("the parts have more parameters than the whole")
        if found:
            raise Fault(f"not exact: {found[:3]}")
        return ""

    return attempt(action)


def write_graph(seed: int, folder: Path, why: str) -> Path:
    """The network as Keras would write it; its seed makes it again, with what its calls read."""
    rng = random.Random(seed)
    target = folder / f"graph-{seed}.json"
    target.write_text(json.dumps(network(seed, rng.choice((8, 20, 40, 80)), whole=seed % 2 == 1).config))
    return target


def page(seed: int, folder: Path) -> Outcome:
    """A random network on a random page."""
    return attempt(lambda: pages.page(seed, folder))


@cache
def _bench(folder: Path) -> faults.Bench:
    bench = folder / "bench"
    bench.mkdir()
    return faults.bench(bench)


def machine(seed: int, folder: Path) -> Outcome:
    """A kill, a full disk, closed streams, a lost worker."""
    try:
        why = faults.fault(_bench(folder), seed)
    except Fault as error:
        return Outcome("fault", str(error))
    return Outcome("refused" if why else "clean", why)


ATTACKS: Mapping[str, Attack] = {
    "mutants": Attack(mutant, 0.35, write_mutant),
    "graphs": Attack(graph, 0.2, write_graph),
    "names": Attack(name, 0.2, write_name),
    "pages": Attack(page, 0.12),
    "faults": Attack(machine, 0.09),
    "browser": Attack(browser, 0.04),
}


def signature(why: str) -> str:
    """Equal for faults of one kind: without numbers and quoted texts."""
    import re

    return re.sub(r"'[^']*'|\"[^\"]*\"|\d+", "#", why)[:100]


def warm_up() -> None:
    """Import in this process what every attempt needs, so that a fork has it."""
    from blockviz.frontends import graph_from_config
    from blockviz.pipeline import summarize
    from blockviz.render import render
    from blockviz.tables import table

    summary = summarize(graph_from_config(network(1).config), collapse_backbone=True, collapse_nested=True)
    sheet = summary.page()
    for form in ("dot", "tikz", "mermaid", "drawio"):
        render(sheet, form)
    for form in TABLES:
        table(summary.outline, form)
