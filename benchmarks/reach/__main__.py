"""Draw the architectures of torchvision, timm and transformers, and print what holds, by family.

    python -m benchmarks.reach [-o results.jsonl] [--only NAME …] [--source torchvision|timm|transformers]

Needs torch, torchvision, timm and transformers; downloads nothing: every network is built from its configuration, on
the meta device where its constructor allows that. Per network: whether it gives a page, parameters beside the
framework's, multiply-adds beside torchvision's published number and what PyTorch's own counter says, and how many of
the copies of the authors' main repeated module are exactly one found block, by their layers with weights. Results of a
file are not made again.
"""

from __future__ import annotations

import argparse
import json
import signal
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.reach.networks import Network, networks

LIMIT = 300  # seconds of the processor for one network


def measured(network: Network) -> dict[str, Any]:
    """One row of the table: numbers, or the error."""
    row: dict[str, Any] = {"source": network.source, "family": network.family, "name": network.name}
    start = time.process_time()
    signal.setitimer(signal.ITIMER_PROF, LIMIT)
    try:
        row |= _numbers(network)
    except Exception as error:
        lines = str(error).splitlines() or [""]
        row["error"] = f"{type(error).__name__}: {lines[0][:300]}"
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)
    return row | {"seconds": round(time.process_time() - start, 1)}


def _numbers(network: Network) -> dict[str, Any]:
    from blockviz.costs.cost import cost_of
    from blockviz.frontends.torch import graph_of
    from blockviz.frontends.torch.live import export
    from blockviz.ir import leaves
    from blockviz.pipeline import summarize

    module, device = _made(network)
    args, kwargs = network.inputs(device)
    begun = time.process_time()
    program = export(module, args, kwargs, network.name)
    exported = time.process_time() - begun
    begun = time.process_time()
    graph = graph_of(program)
    summary = summarize(graph)
    cost = cost_of(leaves(graph))
    summary.page()
    own = {id(p): p.numel() for p in module.parameters()}
    repeated, copies, found = repeats(module, summary.graph)
    return {
        "nodes": len(graph), "boxes": len(summary.overview), "export": round(exported, 1),
        "rest": round(time.process_time() - begun, 1), "params": cost.params, "own": sum(own.values()),
        "macs": cost.macs, "published": network.published_macs, "counted": _counted(module, args, kwargs),
        "unknown": cost.unknown, "module": repeated,
        "copies": copies, "found": found,
        "unknown_ops": sorted({node.op for node in leaves(graph) if node.layer.module == "torch"}),
        "blocks": [(b.name, b.count) if hasattr(b, "count") else b.name for b in summary.blocks],
    }  # fmt: skip


def _counted(module: Any, args: Any, kwargs: Any) -> int | None:
    """Multiply-adds as PyTorch counts them while the module runs; None where it has no rule or can't run."""
    import torch
    from torch.utils.flop_counter import FlopCounterMode

    try:
        with FlopCounterMode(display=False) as counter, torch.no_grad():
            module(*args, **kwargs)
    except Exception:  # whatever the module's code raises without data
        return None
    return counter.get_total_flops() // 2


def agrees(macs: int, published: float) -> bool:
    """Whether multiply-adds are the published number, within 1 % or as it is rounded: to millions."""
    return abs(macs - published) <= max(0.01 * published, 5e5)


def _made(network: Network) -> tuple[Any, Any]:
    import torch

    try:
        with torch.device("meta"):
            return network.make().eval(), torch.device("meta")
    except (NotImplementedError, RuntimeError, TypeError):
        return network.make().eval(), torch.device("cpu")


def repeats(module: Any, graph: Any) -> tuple[str, int, int]:
    """The authors' main repeated module: its class, how many copies it has, how many of them are one found block.

    Modules nest (stages, blocks, attention inside a block). Candidates are the classes with two copies or more whose
    copies have two layers with a matrix or more each, and together at least half of the parameters that copies of one
    class hold; of these the one that was found best, then the one with most copies.
    """
    from blockviz.ir import Block, blocks_in, item_leaves

    weighted = {name: kind for name, one in module.named_modules() if (kind := _matrices(one))}
    classes: dict[str, list[str]] = defaultdict(list)
    for name, one in module.named_modules():
        if name and not type(one).__module__.startswith("torch.nn."):
            classes[type(one).__name__].append(name)
    rows = []
    for kind, names in classes.items():
        outer = [n for n in names if not any(n.startswith(f"{m}.") for m in names if m != n)]
        held = {n: [w for w in weighted if w.startswith(f"{n}.") or w == n] for n in outer}
        outer = [n for n in outer if len(held[n]) > 1]
        if len(outer) > 1:
            rows.append((sum(weighted[w] for n in outer for w in held[n]), len(outer), kind, held, outer))
    if not rows:
        return "", 0, 0
    most = max(row[0] for row in rows)
    sets = set()
    for block in blocks_in(graph):
        if isinstance(block, Block):
            sets.add(frozenset(_owner(node, weighted) for node in item_leaves(block)) - {""})
    used = {_owner(node, weighted) for node in _all_leaves(graph)}
    judged = []
    for size, _, kind, held, outer in rows:
        wanted = [one for n in outer if (one := frozenset(w for w in held[n] if w in used))]
        found = sum(one in sets for one in wanted)
        if size >= 0.5 * most and wanted:
            judged.append((found / len(wanted), len(wanted), found, kind))
    _, copies, found, kind = max(judged, default=(0, 0, 0, ""))
    return kind, copies, found


def _all_leaves(graph: Any) -> Iterator[Any]:
    from blockviz.ir import leaves

    return leaves(graph)


def _matrices(module: Any) -> int:
    """Parameters of a module of its own that holds a matrix or kernel; 0 for any other."""
    own = list(module.parameters(recurse=False))
    return sum(p.numel() for p in own) if any(p.dim() > 1 for p in own) else 0


def _owner(node: Any, weighted: dict[str, int]) -> str:
    """The module of the authors whose matrix a call reads."""
    if not node.layer.params and node.op not in ("Dense", "MultiHeadAttention") and "Conv" not in node.op:
        return ""
    name = node.layer.name.replace("/", ".")
    for known in (name, name.rpartition(".")[0], f"{name}.out_proj"):
        if known in weighted:
            return known
    return ""


def table(rows: list[dict[str, Any]]) -> str:
    """What holds, by family and in all."""
    families: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for row in rows:
        families[row["family"]].append(row)
    lines = ["| family | networks | a page | params equal | MACs within 1 % | main module | copies found |",
             "|---|---|---|---|---|---|---|"]  # fmt: skip
    total: Counter[str] = Counter()
    for family, some in sorted(families.items()):
        drawn = [row for row in some if "error" not in row]
        equal = sum(row["params"] == row["own"] for row in drawn)
        told = [row for row in drawn if row.get("published")]
        close = sum(agrees(row["macs"], row["published"]) for row in told)
        copies, found = sum(row["copies"] for row in drawn), sum(row["found"] for row in drawn)
        modules = ", ".join(dict.fromkeys(row["module"] for row in drawn if row["module"]))
        cells = (family, len(some), len(drawn), equal, f"{close} of {len(told)}", modules, f"{found} of {copies}")
        lines.append(f"| {' | '.join(map(str, cells))} |")
        total.update(networks=len(some), drawn=len(drawn), equal=equal, told=len(told), close=close)
        total.update(families=1, judged=bool(copies), whole=bool(copies) and found >= 0.9 * copies)
    sums = (f"all {total['families']}", total["networks"], total["drawn"], total["equal"],
            f"{total['close']} of {total['told']}", "", f"{total['whole']} of {total['judged']} families")  # fmt: skip
    lines.append(f"| {' | '.join(map(str, sums))} |")
    return "\n".join(lines)


def main(argv: list[str]) -> None:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reach")
    parser.add_argument("-o", "--output", type=Path)
    parser.add_argument("--only", nargs="*", default=())
    parser.add_argument("--source")
    arguments = parser.parse_args(argv)
    known = []
    if arguments.output and arguments.output.exists():
        known = [json.loads(line) for line in arguments.output.read_text(encoding="utf-8").splitlines()]
    done = {(row["source"], row["name"]) for row in known}
    rows = [row for row in known if not arguments.only or row["name"] in arguments.only]
    signal.signal(signal.SIGPROF, lambda *_: (_ for _ in ()).throw(TimeoutError(f"more than {LIMIT} s")))
    for network in networks():
        if arguments.only and network.name not in arguments.only:
            continue
        if (network.source, network.name) in done or (arguments.source and network.source != arguments.source):
            continue
        row = measured(network)
        rows.append(row)
        print(json.dumps(row), file=sys.stderr, flush=True)
        if arguments.output:
            with arguments.output.open("a", encoding="utf-8") as stream:
                stream.write(json.dumps(row) + "\n")
    print(table(rows))


if __name__ == "__main__":
    main(sys.argv[1:])
