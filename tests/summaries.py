"""Summaries and pages of the networks that many tests look at: each is made once a run, and never changed.

A test that changes how blockviz reads, summarises or composes asks `blockviz.summarize` itself.
"""

from __future__ import annotations

import gzip
import hashlib
import json
import os
import pickle
from collections.abc import Callable, Mapping
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from blockviz.frontends import graph_from_config
from blockviz.pipeline import summarize
from blockviz.scene import Page
from blockviz.summary import Summary
from graphs import zoo

TESTS = Path(__file__).parent
PAIRS, OWN = TESTS / "block_pairs", TESTS / "layouts/own_models.json.gz"
GALLERY = TESTS.parent / "gallery/models"
GALLERY_MODELS = sorted(path.stem for path in GALLERY.glob("*.json"))
FOLDER = "BLOCKVIZ_TEST_SUMMARIES"
KEPT = 8  # summaries, and pages, that a process keeps at hand

T = TypeVar("T")


class SharedSummary(Summary):
    """A summary whose pages are composed, and proved, once a run and size."""

    key: str

    @classmethod
    def of(cls, found: Summary, key: str) -> SharedSummary:
        shared = cls(found.graph, found.source, found.outline)
        object.__setattr__(shared, "key", key)
        return shared

    def page(
        self, page: str | None = None, width: str | None = None, height: str | None = None, **options: Any
    ) -> Page:
        asked = json.dumps([page, width, height, options], sort_keys=True, default=repr)
        return _pages.get(f"{self.key} {asked}", lambda: Summary.page(self, page, width, height, **options))


def known_summary(name: str, **options: Any) -> Summary:
    """A network of keras.applications, summarised with ``options``."""
    return _summary(name, options, lambda: summarize(name, **options))


def zoo_summary(name: str) -> Summary:
    """A network of the zoo."""
    return _summary(f"zoo-{name}", {}, lambda: summarize(zoo(name)))


def pair_summary(name: str) -> Summary:
    """A network in which blocks that resemble each other stand in pairs."""
    file = PAIRS / f"{name}.json.gz"
    return _summary(
        f"pair-{name}", {}, lambda: summarize(graph_from_config(json.loads(gzip.decompress(file.read_bytes()))))
    )


def gallery_summary(name: str, **options: Any) -> Summary:
    """A model of the gallery, summarised with ``options``."""
    path = GALLERY / f"{name}.json"
    return _summary(f"gallery-{name}", options, lambda: summarize(path, **options))


def kept_summary(name: str, make: Callable[[], Summary]) -> Summary:
    """What ``make`` gives, under a name of its own."""
    return _summary(name, {}, make)


def own_summary(name: str) -> Summary:
    """A network made to mislead the choice of a layout, read from a file, under its name there."""

    def made() -> Summary:
        file = Path(os.environ[FOLDER], f"{os.getpid()}.json")
        file.write_text(json.dumps(own_models()[name]), "utf-8")
        return summarize(file, name=name)

    return _summary(f"own-{name}", {}, made)


@cache
def own_models() -> dict[str, Any]:
    """The networks of `own_summary` as they are saved."""
    found: dict[str, Any] = json.loads(gzip.decompress(OWN.read_bytes()))
    return found


def _summary(name: str, options: Mapping[str, Any], make: Callable[[], Summary]) -> Summary:
    key = f"{name} {json.dumps(options, sort_keys=True)}"
    return SharedSummary.of(_summaries.get(key, make), key)


class _Shared:
    """What is made once a run: a few values at hand, all in the folder of the run."""

    def __init__(self) -> None:
        self.at_hand: dict[str, Any] = {}

    def get(self, key: str, make: Callable[[], T]) -> T:
        value: T = self.at_hand.pop(key) if key in self.at_hand else self._stored(key, make)
        self.at_hand[key] = value  # the last that was asked for
        if len(self.at_hand) > KEPT:
            del self.at_hand[next(iter(self.at_hand))]
        return value

    @staticmethod
    def _stored(key: str, make: Callable[[], T]) -> T:
        file = Path(os.environ[FOLDER], f"{hashlib.sha1(key.encode()).hexdigest()}.pickle")
        if file.exists():
            found: T = pickle.loads(file.read_bytes())
            return found
        made = make()
        part = file.with_suffix(f".{os.getpid()}")
        part.write_bytes(pickle.dumps(made, protocol=5))
        part.replace(file)  # another worker may have made the same
        return made


_summaries, _pages = _Shared(), _Shared()
