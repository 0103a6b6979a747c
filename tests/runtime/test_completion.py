"""Completion in the shells themselves: words typed so far, a tab, and what stands there then."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from blockviz import cli

#: What is typed, and what it can become. One word alone is filled in, several are listed.
TYPED = {
    "blockviz ren": {"render"},
    "blockviz net": {"net.json"},
    "blockviz VGG1": {"VGG16", "VGG19"},
    "blockviz render ResNet50": {"ResNet50", "ResNet50V2"},
    "blockviz render net": {"net.json"},
    "blockviz render VGG16 --theme gre": {"grey"},
    "blockviz render VGG16 -o net": {"net.json"},
    "blockviz render VGG16 --format merm": {"mermaid"},
    "blockviz render VGG16 --layout py": {"pyramid"},
    "blockviz render VGG16 --caption-f": {"--caption-file"},
    "blockviz diff VGG16 VGG1": {"VGG16", "VGG19"},
    "blockviz redraw net": {"net.json"},
    "blockviz completion fi": {"fish"},
}


@pytest.fixture
def folder(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Path:
    """A folder with one model and the scripts."""
    (tmp_path / "net.json").write_text("{}")
    for shell, name in {"bash": "c.sh", "zsh": "_blockviz", "fish": "c.fish"}.items():
        assert cli.main(["completion", shell]) == 0
        (tmp_path / name).write_text(capsys.readouterr().out)
    return tmp_path


@pytest.mark.skipif(shutil.which("bash") is None, reason="bash is not installed")
def test_bash_completes(folder: Path) -> None:
    lines = [
        "source ./c.sh",
        'try() { COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); COMPREPLY=()',
        '_shtab_blockviz blockviz "${@: -1}"; echo "${COMPREPLY[*]}"; }',
        *(f"try {words}" for words in TYPED),
    ]
    done = subprocess.run(["bash", "-c", "\n".join(lines)], cwd=folder, capture_output=True, text=True, check=True)
    found = dict(zip(TYPED, (set(line.split()) for line in done.stdout.splitlines()), strict=True))
    assert found == TYPED


@pytest.mark.skipif(shutil.which("fish") is None, reason="fish is not installed")
def test_fish_completes(folder: Path) -> None:
    environment = {**os.environ, "HOME": str(folder), "XDG_CONFIG_HOME": str(folder), "XDG_DATA_HOME": str(folder)}
    asked = "\n".join(f"complete -C '{words}'; echo =" for words in TYPED)
    command = ["fish", "--no-config", "-c", f"source c.fish\n{asked}"]
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=True)
    answers = done.stdout.split("=\n")[:-1]
    found = [{line.partition("\t")[0] for line in answer.splitlines()} for answer in answers]
    assert dict(zip(TYPED, found, strict=True)) == TYPED


@pytest.mark.skipif(shutil.which("zsh") is None, reason="zsh is not installed")
def test_zsh_completes(folder: Path) -> None:
    """In a terminal, since its completion works nowhere else: one match is put in, several are listed on two tabs."""
    shell = Terminal(["zsh", "-f", "-i"], folder)
    try:
        shell.say("PS1='> '; fpath=($PWD $fpath); autoload -Uz compinit; compinit -u -D; print rea''dy\r")
        assert "ready" in shell.hear("ready")
        for words, wanted in TYPED.items():
            shell.say(f"{words}\t" + ("\t" if len(wanted) > 1 else ""))
            last = max(wanted, key=lambda word: (len(word), word))
            heard = shell.hear(f"{words.rpartition(' ')[0]} {last}" if len(wanted) == 1 else last)
            assert all(word in heard for word in wanted), (words, heard)
            shell.say("\x15")  # forget the line
    finally:
        shell.close()


class Terminal:
    """A program in a terminal of its own."""

    def __init__(self, command: list[str], folder: Path) -> None:
        self.process, self.end = pty.fork()
        if self.process == 0:
            os.chdir(folder)
            os.execvpe(command[0], command, {**os.environ, "TERM": "dumb", "HOME": str(folder), "COLUMNS": "300"})

    def say(self, text: str) -> None:
        os.write(self.end, text.encode())

    def hear(self, wanted: str, seconds: float = 20.0) -> str:
        """What it prints until that is said, or until the time is over."""
        heard, end = b"", time.monotonic() + seconds
        while time.monotonic() < end and wanted.encode() not in heard:
            if select.select([self.end], [], [], 0.2)[0]:
                heard += os.read(self.end, 1 << 16)
        return heard.decode("utf-8", "replace")

    def close(self) -> None:
        os.close(self.end)
        os.waitpid(self.process, 0)
