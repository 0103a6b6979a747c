"""A folder for what the tests of one run share, the workers of pytest-xdist among them; and what keeps it quick.

TensorFlow and the tests themselves are a million objects that live as long as the process: the collector of garbage
looked at all of them again and again, which was half of the time of models that are traced.
"""

from __future__ import annotations

import gc
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator

import pytest

from summaries import FOLDER

_made: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    if FOLDER not in os.environ:
        _made.append(tempfile.mkdtemp(prefix="blockviz-tests-"))
        os.environ[FOLDER] = _made[0]
    os.environ.pop("PYTHONDONTWRITEBYTECODE", "")  # or each process that a test starts compiles all of blockviz anew
    sys.dont_write_bytecode = False  # and each run all of the tests


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)


def pytest_collection_finish(session: pytest.Session) -> None:
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000)


@pytest.fixture(autouse=True)
def _no_models_of_earlier_tests(request: pytest.FixtureRequest) -> Iterator[None]:
    """Keras keeps what it made until it is told otherwise.

    What is alive after a test is TensorFlow, for the most part, and is not looked at again: a quarter of the suite's
    time went into that, since some other test, or a fixture, had imported Keras before.
    """
    yield
    if request.node.get_closest_marker("tensorflow") is None or (keras := sys.modules.get("keras")) is None:
        return
    keras.backend.clear_session(free_memory=False)
    gc.collect()
    gc.freeze()
