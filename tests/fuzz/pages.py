"""Random networks on random pages, judged as print, and by the proof of what they say."""

from __future__ import annotations

import importlib.util
import random
import sys
from functools import cache
from pathlib import Path
from types import ModuleType

from fuzz.networks import network
from fuzz.trial import Fault

PAGES = ("a4", "a4", "letter", "slide", "120mmx160mm", "200mmx120mm")
COLUMNS = ("60mm", "84mm", "174mm")


@cache
def _audit() -> ModuleType:
    """The gallery's judge of a printed page."""
    spec = importlib.util.spec_from_file_location("gallery_audit", Path(__file__).parents[2] / "gallery" / "audit.py")
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


def page(seed: int, folder: Path) -> str:
    """Draw the page of a seed and audit it; gives the sentence of a page that can't be met, "" for a sound page.

    Raises
    ------
    Fault : something on the page can't be read, or is not so.
    """
    from blockviz.errors import PageError
    from blockviz.frontends import graph_from_config
    from blockviz.page.proof import page_faults
    from blockviz.pipeline import summarize
    from blockviz.render import save

    audit, rng = _audit(), random.Random(seed)
    made = network(seed, rng.choice((6, 15, 30, 60, 120)), whole=True)
    options = {
        "theme": rng.choice(("paper", "grey", "slides", "dark")),
        "direction": rng.choice(("down", "down", "right")),
    }
    size = {"width": rng.choice(COLUMNS)} if rng.random() < 0.25 else {"page": rng.choice(PAGES)}
    summary = summarize(graph_from_config(made.config), collapse_nested=rng.random() < 0.3)
    try:
        drawn = summary.page(**size, **options)
    except PageError as error:
        return str(error)
    target = folder / "page.pdf"
    save(drawn, target)
    found = audit.problems(target, audit.parse_page(size.get("page", "a4"), size.get("width"), None))
    if found:
        raise Fault(f"{size} {options}: {found[:3]}")
    if wrong := page_faults(drawn, summary.graph, summary.source):
        raise Fault(f"{size} {options}: not so: {wrong[:3]}")
    return ""
