#!/usr/bin/env python3
"""How well blockviz finds the blocks of the papers: all networks of keras.applications and the zoo.

    python benchmarks/score_blocks.py [--json] [--rows] [--at-least F1] [--zoo-at-least F1 F1] [NAME …]

``--rows`` prints every scored stage. Exit status 1 if a network of keras.applications stays below
``--at-least`` (mean F1 over its stages, best reading) or has more than 25 overview boxes, or if
the networks of the zoo that were tuned on, or those that were held out, stay on average below ``--zoo-at-least``.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from score import Score, score

TESTS = Path(__file__).resolve().parent.parent / "tests"
BOXES = 25


def found_entries(report: dict[str, Any]) -> list[dict[str, Any]]:
    """What `blockviz inspect --json` reports, as the scorer reads it.

    One entry per block type, stage and variant (a variant is linked to its type), and one per type for the
    runs that the overview draws; units ×N, which have no type, go by their name there.
    """
    entries: dict[tuple[Any, ...], dict[str, Any]] = {}
    for block in report["blocks"]:
        for instance in block["instances"]:
            variant, stage = instance["variant"], instance["stage"]
            kind = f"{block['type']}: {variant}" if variant else block["type"]
            entry = entries.setdefault(
                (block["type"], stage, variant),
                {"type": kind, "level": block["level"], "instances": [], "stage": stage}
                | ({"variant_of": block["type"]} if variant else {}),
            )
            entry["instances"].append(instance["layers"])
    runs: dict[str, dict[str, Any]] = {}
    for part in report["overview"]:
        if part["repeat"] > 1:
            kind = part["type"] or part["name"]
            run = runs.setdefault(kind, {"type": kind, "instances": [], "runs": []})
            start = len(run["instances"])
            run["instances"] += part["copies"]
            run["runs"].append(list(range(start, len(run["instances"]))))
    return [*entries.values(), *runs.values()]


def inspect(model: str) -> dict[str, Any]:
    """The report of the command line, run as a user would.

    Raises
    ------
    RuntimeError : the command failed; the message is what it said.
    """
    command = [str(Path(sys.executable).with_name("blockviz")), "inspect", model, "--json"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(done.stderr.strip())
    report: dict[str, Any] = json.loads(done.stdout)
    return report


def networks(names: Sequence[str], folder: Path) -> Iterator[tuple[str, str, Path, str]]:
    """(group, name, truth file, what to call the model on the command line)."""
    for truth in sorted((TESTS / "papers").glob("*.json")):
        if not names or truth.stem in names:
            yield "keras.applications", truth.stem, truth, truth.stem
    for truth in sorted((TESTS / "papers_zoo").glob("*.json")):
        if not names or truth.stem in names:
            model = folder / truth.name
            model.write_bytes(gzip.decompress((TESTS / "zoo_models" / f"{truth.name}.gz").read_bytes()))
            yield "zoo", truth.stem, truth, str(model)


def measure(names: Sequence[str]) -> list[dict[str, Any]]:
    results = []
    with tempfile.TemporaryDirectory() as folder:
        for group, name, path, model in networks(names, Path(folder)):
            truth = json.loads(path.read_text(encoding="utf-8"))
            result: dict[str, Any] = {"group": group, "name": name, "family": truth["source"]["title"]}
            try:
                report = inspect(model)
            except RuntimeError as error:
                results.append(result | {"error": str(error)})
                continue
            primary, best = score(truth, found_entries(report))
            result["boxes"] = len(report["overview"])
            results.append(result | {"primary": _summary(primary), "best": _summary(best)})
    return results


def _summary(found: Score | None) -> dict[str, Any] | None:
    if found is None:
        return None
    rows = [
        {"stage": row.stage, "repeats": row.repeats, "f1": round(row.f1, 4), "count": row.count, "by": row.found_by}
        for row in found.rows
    ]
    return {"reading": found.reading, "f1": round(found.f1, 4), "count": round(found.count, 4), "rows": rows}


def print_results(results: Sequence[dict[str, Any]], rows: bool) -> None:
    print(f"{'network':24} {'F1':>6} {'count':>6} | {'best F1':>7} {'count':>6} | boxes")
    for result in results:
        if "error" in result:
            print(f"{result['name']:24} failed: {result['error']}")
            continue
        primary, best = result["primary"], result["best"]
        if primary is None:
            print(f"{result['name']:24} {'no repeated stage in its paper':31} | {result['boxes']:5}")
            continue
        print(
            f"{result['name']:24} {primary['f1']:6.3f} {primary['count']:6.3f} | "
            f"{best['f1']:7.3f} {best['count']:6.3f} | {result['boxes']:5}  {best['reading']}"
        )
        for row in primary["rows"] if rows else ():
            print(f"    {row['stage'][:36]:36} ×{row['repeats']:<3} {row['f1']:.3f} {row['count']!s:5} by {row['by']}")
    for group in dict.fromkeys(result["group"] for result in results):
        _print_means(group, [each for each in results if each["group"] == group])


def _print_means(group: str, results: Sequence[dict[str, Any]]) -> None:
    scored = [each for each in results if each.get("primary") or "error" in each]
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for each in scored:
        families[each["family"]].append(each)
    print(f"\n{group}: {len(scored)} networks, {len(families)} families")
    for reading in ("primary", "best"):
        for measure_name in ("f1", "count"):
            mean = _mean([_value(each, reading, measure_name) for each in scored])
            by_family = _mean(
                [_mean([_value(each, reading, measure_name) for each in members]) for members in families.values()]
            )
            print(f"  {reading:8} {measure_name:5}  mean {mean:.4f}  mean of families {by_family:.4f}")
    if 2 * len(families) <= len(scored):
        for title, members in families.items():
            f1, count = (_mean([_value(each, "best", name) for each in members]) for name in ("f1", "count"))
            print(f"    {f1:.3f} {count:.3f}  {len(members):2} × {title[:90]}")


def _zoo(results: Sequence[dict[str, Any]], marks: Sequence[float]) -> Iterator[tuple[str, float, float]]:
    """What of the zoo, its mean F1 (NaN where nothing of it was scored), and the mark."""
    sys.path.insert(0, str(TESTS))
    from zoo import HELD_OUT

    scored = [each for each in results if each["group"] == "zoo" and (each.get("primary") or "error" in each)]
    for held_out, mark in zip((False, True), marks, strict=True):
        found = [_value(each, "primary", "f1") for each in scored if (each["name"] in HELD_OUT) is held_out]
        yield "held out" if held_out else "tuned on", _mean(found), mark


def _value(result: dict[str, Any], reading: str, name: str) -> float:
    return float(result[reading][name]) if "error" not in result else 0.0


def _mean(values: Sequence[float]) -> float:
    return sum(values) / len(values) if values else float("nan")


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("names", nargs="*")
    parser.add_argument("--json", action="store_true")
    parser.add_argument("--rows", action="store_true")
    parser.add_argument("--at-least", type=float, default=0.0)
    parser.add_argument("--zoo-at-least", type=float, nargs=2, default=(0.0, 0.0), metavar="F1")
    options = parser.parse_args()
    results = measure(options.names)
    if len({each["name"] for each in results}) < len(set(options.names)):
        parser.error(f"no truth for all of {', '.join(options.names)}; names are those of tests/papers and papers_zoo")
    if options.json:
        print(json.dumps(results, indent=1, ensure_ascii=False))
    else:
        print_results(results, options.rows)
    low = [
        each["name"]
        for each in results
        if "error" in each
        or (each["group"] == "keras.applications" and each["boxes"] > BOXES)
        or (each["group"] == "keras.applications" and each["best"] and each["best"]["f1"] < options.at_least)
    ]
    low += [f"the zoo, {kind} ({f1:.3f})" for kind, f1, mark in _zoo(results, options.zoo_at_least) if f1 < mark]
    if low:
        print(f"\nbelow the mark: {', '.join(low)}", file=sys.stderr)
    return 1 if low else 0


if __name__ == "__main__":
    sys.exit(main())
