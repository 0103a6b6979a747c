"""Summaries of the networks that many tests look at: each is made once a run, and never changed."""

from __future__ import annotations

import gzip
import json
import os
import pickle
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path

from blockviz.frontends import graph_from_config
from blockviz.pipeline import summarize
from blockviz.summary import Summary
from graphs import zoo

PAIRS = Path(__file__).parent / "block_pairs"
FOLDER = "BLOCKVIZ_TEST_SUMMARIES"


@lru_cache(maxsize=8)
def zoo_summary(name: str) -> Summary:
    """A network of the zoo."""
    return _once(f"zoo-{name}", lambda: summarize(zoo(name)))


@lru_cache(maxsize=8)
def known_summary(name: str) -> Summary:
    """A network of keras.applications."""
    return _once(name, lambda: summarize(name))


@lru_cache(maxsize=8)
def pair_summary(name: str) -> Summary:
    """A network in which blocks that resemble each other stand in pairs."""
    config = json.loads(gzip.decompress((PAIRS / f"{name}.json.gz").read_bytes()))
    return _once(f"pair-{name}", lambda: summarize(graph_from_config(config)))


def _once(key: str, make: Callable[[], Summary]) -> Summary:
    file = Path(os.environ[FOLDER], f"{key}.pickle")
    if file.exists():
        found: Summary = pickle.loads(file.read_bytes())
        return found
    made = make()
    part = file.with_suffix(f".{os.getpid()}")
    part.write_bytes(pickle.dumps(made, protocol=5))
    part.replace(file)  # another worker may have made the same
    return made
