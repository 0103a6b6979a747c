"""What is read at run time is what the files say that are edited."""

from __future__ import annotations

import importlib.util
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_one_file_that_is_read_holds_all_patterns() -> None:
    spec = importlib.util.spec_from_file_location("generate_patterns", ROOT / "templates/generate_patterns.py")
    assert spec is not None and spec.loader is not None
    generate = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(generate)
    told = "run python templates/generate_patterns.py"
    assert (ROOT / "templates/patterns.json").read_text(encoding="utf-8") == generate.written(), told


def test_no_key_stands_twice() -> None:
    """The later table would take the earlier one's place, and its name would be gone."""
    written = (path.read_text(encoding="utf-8") for path in (ROOT / "templates/blocks").glob("*.toml"))
    keys = [line for text in written for line in text.splitlines() if line.startswith("[")]
    assert sorted(keys) == sorted(set(keys))
