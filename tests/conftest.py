"""A folder for what the tests of one run share, the workers of pytest-xdist among them."""

from __future__ import annotations

import os
import shutil
import tempfile

import pytest

from summaries import FOLDER

_made: list[str] = []


def pytest_configure(config: pytest.Config) -> None:
    if FOLDER not in os.environ:
        _made.append(tempfile.mkdtemp(prefix="blockviz-tests-"))
        os.environ[FOLDER] = _made[0]


def pytest_unconfigure(config: pytest.Config) -> None:
    for folder in _made:
        shutil.rmtree(folder, ignore_errors=True)
