"""What a child process reads comes back as text, and one that hangs is ended."""

from __future__ import annotations

import os
import time

import pytest

from blockviz.runtime.child_process import text_in_a_child

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system copies no process")


@pytest.mark.parametrize("text", ["", "a model", "ü\udc80\u2028", b"\x00bytes\xff", None, "long" * 300_000])
def test_text_comes_back(text: str | bytes | None) -> None:
    assert text_in_a_child(lambda: text) == text


def test_what_is_raised_is_told() -> None:
    def read() -> str:
        raise KeyError("no such attribute")

    with pytest.raises(RuntimeError, match="no such attribute"):
        text_in_a_child(read)


def test_what_hangs_is_ended() -> None:
    def read() -> str:
        while True:
            pass

    start = time.monotonic()
    with pytest.raises(TimeoutError, match="doesn't end"):
        text_in_a_child(read, 0.2)
    assert time.monotonic() - start < 10
    with pytest.raises(ChildProcessError):
        os.waitpid(-1, os.WNOHANG)  # none is left


def test_what_breaks_down_is_told() -> None:
    def read() -> str:
        os._exit(3)

    with pytest.raises(RuntimeError, match="broke down"):
        text_in_a_child(read)
