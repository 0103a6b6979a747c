"""Writing: what stands at a path is replaced whole, written to, or kept; nothing is left over."""

from __future__ import annotations

import io
import os
import signal
import stat
import subprocess
import sys
import threading
import zipfile
from pathlib import Path

import pytest

from blockviz.cli import main
from blockviz.errors import DrawError, UsageError
from blockviz.runtime.output_files import Output, write, write_all
from blockviz.runtime.temporary import scratch_folder, staged, sweep

MODEL = """{"class_name": "Sequential", "config": {"name": "tiny", "layers": [
 {"class_name": "InputLayer", "config": {"name": "in", "batch_shape": [null, 8]}},
 {"class_name": "Dense", "config": {"name": "d", "units": 4, "activation": "relu", "use_bias": true}}]}}"""


def _zip(first: str) -> bytes:
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr(first, "{}")
    return data.getvalue()


MODELS = {
    "archive": _zip("metadata.json"),
    "hdf5": b"\x89HDF\r\n\x1a\n" + bytes(100),
    "hdf5 behind a user block": bytes(512) + b"\x89HDF\r\n\x1a\n",
    "json": MODEL.encode(),
    "json with a mark": b"\xef\xbb\xbf \n" + MODEL.encode(),
    "onnx": b"\x08\x0a\x12\x07pytorch\x1a\x052.5.0:\x10\x0a\x04node",
    "saved model": b"\x08\x01\x12\xa3\x01\x0a\x05",
    "saved metadata": b"\x0a\xc8\x01\x12\x04\x08\x01\x10\x00\x1a",
    "pickle": b"\x80\x02}q\x00.",
    "tflite": b"\x1c\x00\x00\x00TFL3",
    "safetensors": (64).to_bytes(8, "little") + b'{"a":1}',
}


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


@pytest.fixture
def model(tmp_path: Path) -> Path:
    path = tmp_path / "model.json"
    path.write_text(MODEL)
    return path


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_is_kept_unless_forced(kind: str, tmp_path: Path) -> None:
    target = tmp_path / "figure.svg"
    target.write_bytes(MODELS[kind])
    with pytest.raises(DrawError, match="--force"):
        write(target, b"new")
    assert target.read_bytes() == MODELS[kind]
    write(target, b"new", force=True)
    assert target.read_bytes() == b"new" and names(tmp_path) == ["figure.svg"]


def test_a_file_called_a_model_is_kept_whatever_it_holds(tmp_path: Path) -> None:
    target = tmp_path / "net.h5"
    target.write_bytes(b"who knows")
    with pytest.raises(DrawError, match="model by its suffix"):
        write(target, b"new")


@pytest.mark.parametrize(
    "old", [b"", b"<svg/>", b"%PDF-1.5 \x00", b"\\begin{figure}", b"\n\nplain", b'{\n "schema": 1}',
            b"\x89PNG\r\n\x1a\n", b"digraph {}", b"a,b\n1,2", _zip("[Content_Types].xml")],
)  # fmt: skip
def test_what_blockviz_writes_is_replaced(old: bytes, tmp_path: Path) -> None:
    target = tmp_path / "x"
    target.write_bytes(old)
    write(target, b"new")
    assert target.read_bytes() == b"new"


def test_permissions_are_kept_and_new_files_follow_the_umask(tmp_path: Path) -> None:
    old, new = tmp_path / "old", tmp_path / "new"
    old.touch()
    old.chmod(0o640)
    before = os.umask(0o027)
    try:
        write(old, b"1")
        write(new, b"2")
    finally:
        os.umask(before)
    assert [stat.S_IMODE(path.stat().st_mode) for path in (old, new)] == [0o640, 0o640]


def test_a_read_only_file_stays(tmp_path: Path) -> None:
    target = tmp_path / "x.svg"
    target.write_bytes(b"old")
    target.chmod(0o444)
    with pytest.raises(DrawError, match="read-only"):
        write(target, b"new", force=True)
    assert target.read_bytes() == b"old" and stat.S_IMODE(target.stat().st_mode) == 0o444


@pytest.mark.parametrize("exists", [True, False])
def test_a_link_is_followed(exists: bool, tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    real, middle, link = tmp_path / "deep/real.svg", tmp_path / "deep/middle.svg", tmp_path / "link.svg"
    middle.symlink_to("real.svg")
    link.symlink_to("deep/middle.svg")
    if exists:
        real.write_bytes(b"old")
    write(link, b"new")
    assert link.is_symlink() and middle.is_symlink() and not real.is_symlink() and real.read_bytes() == b"new"


def test_a_link_to_itself_is_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "a").symlink_to("b")
    (tmp_path / "b").symlink_to("a")
    with pytest.raises(DrawError, match="can't write"):
        write(tmp_path / "a", b"new")


def test_a_device_and_a_fifo_are_written_to(tmp_path: Path) -> None:
    write("/dev/null", b"gone")
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)
    fifo, got = tmp_path / "fifo", []
    os.mkfifo(fifo)
    reader = threading.Thread(target=lambda: got.append(fifo.read_bytes()))
    reader.start()
    write(fifo, b"through")
    reader.join(10)
    assert got == [b"through"] and stat.S_ISFIFO(fifo.stat().st_mode)


def test_standard_output_by_its_path_is_no_file_to_replace(tmp_path: Path, model: Path) -> None:
    log = tmp_path / "log.txt"
    log.write_bytes(b"first\n")
    command = [sys.executable, "-m", "blockviz", "table", str(model), "--format", "csv", "-o", "/dev/stdout"]
    with log.open("ab") as stream:
        before = os.fstat(stream.fileno()).st_ino
        subprocess.run(command, stdout=stream, check=True)
    assert log.read_bytes().startswith(b"first\n") and b"dense layer" in log.read_bytes()
    assert log.stat().st_ino == before


@pytest.mark.parametrize("target", ["a\0b", "x" * 256, "file/x.svg", "nosuch/", ""])
def test_impossible_paths_are_one_sentence(target: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "file").touch()
    with pytest.raises(DrawError) as caught:
        write(target, b"")
    assert len(str(caught.value)) < 300 and "\0" not in str(caught.value) and names(tmp_path) == ["file"]


def test_a_name_of_255_bytes_is_a_name(tmp_path: Path) -> None:
    write(tmp_path / ("x" * 255), b"1")
    assert names(tmp_path) == ["x" * 255]


def test_all_outputs_or_none(tmp_path: Path) -> None:
    first, second = tmp_path / "a", tmp_path / "b"
    first.write_bytes(b"old")
    second.mkdir()
    with pytest.raises(DrawError, match="is a folder"):
        write_all([Output(str(first), b"new"), Output(str(second), b"new")])
    with pytest.raises(DrawError, match="No space left"):
        write_all([Output(str(first), b"new"), Output("/dev/full", b"new")])
    assert first.read_bytes() == b"old" and names(tmp_path) == ["a", "b"]


def test_two_outputs_in_one_file_are_refused(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("a")
    with pytest.raises(UsageError, match="one file"):
        write_all([Output(str(tmp_path / "a"), b"1"), Output(str(tmp_path / "link"), b"2")])
    assert names(tmp_path) == ["link"]


def test_what_a_killed_run_left_is_swept_by_the_next(tmp_path: Path) -> None:
    code = (
        "import os, signal, sys\nfrom blockviz.runtime.temporary import staged\n"
        "with staged(sys.argv[1], b'half', None): os.kill(os.getpid(), signal.SIGKILL)"
    )
    done = subprocess.run([sys.executable, "-c", code, str(tmp_path / "x.svg")], check=False)
    assert done.returncode == -signal.SIGKILL and len(names(tmp_path)) == 1
    write(tmp_path / "y.svg", b"new")
    assert names(tmp_path) == ["y.svg"]


def test_nothing_else_is_swept(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / f".blockviz-{0:016x}.tmp")
    (tmp_path / f".blockviz-{1:016x}.tmp").symlink_to(tmp_path / "x")
    (tmp_path / "x").write_bytes(b"kept")
    (tmp_path / ".blockviz-notes.tmp").touch()
    with staged(str(tmp_path / "y"), b"new", None) as put:
        sweep(str(tmp_path))  # of another run, at the same time
        assert len(names(tmp_path)) == 5
        put()
    assert (tmp_path / "x").read_bytes() == b"kept" and (tmp_path / "y").read_bytes() == b"new"
    assert len(names(tmp_path)) == 5


def test_a_scratch_folder_is_kept_while_it_is_used_and_swept_after_a_kill(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    (tmp_path / f".blockviz-{7:016x}.tmp").mkdir()
    (tmp_path / f".blockviz-{7:016x}.tmp" / "figure.pdf").touch()
    with scratch_folder() as folder:
        assert names(tmp_path) == [folder.name]
        sweep(str(tmp_path))
        (folder / "x").touch()
    assert names(tmp_path) == []


def test_the_input_is_no_output(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    theme = model.with_name("mine.toml")
    theme.write_text("")
    for words in (["render", str(model), "--format", "svg"], ["table", str(model), "--format", "csv"]):
        assert main([*words, "-o", str(model)]) == 1
    assert main(["render", str(model), "--format", "svg", "-o", str(theme), "--theme", str(theme)]) == 1
    assert capsys.readouterr().err.count("--force") == 3
    assert model.read_text() == MODEL and theme.read_text() == ""


def test_a_figure_and_its_caption_come_together(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    figure, caption = model.with_name("f.dot"), model.with_name("f.tex")
    words = ["render", str(model), "-o", str(figure), "--caption"]
    assert main(words) == 0
    first = caption.read_text()
    assert main(words) == 0 and caption.read_text() == first  # one that nobody touched is written anew
    figure.write_text("old")
    caption.write_text(first.replace(r"\centering", r"\raggedright"))
    edited = caption.read_text()
    assert main(words) == 1 and "--force" in capsys.readouterr().err
    assert figure.read_text() == "old" and caption.read_text() == edited
    assert main([*words, "--force"]) == 0
    assert caption.read_text() == first and figure.read_text() != "old"


def test_a_caption_is_never_the_figure(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for name in ("f.tex", "f.TEX"):
        assert main(["render", str(model), "-o", str(model.with_name(name)), "--caption"]) == 2
    model.with_name("f.dot").symlink_to("f.tex")
    assert main(["render", str(model), "-o", str(model.with_name("f.dot")), "--caption"]) == 2
    assert capsys.readouterr().err.count("\n") == 3 and names(model.parent) == ["f.dot", "model.json"]


def test_a_report_that_fails_leaves_no_figure(model: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (model.with_name("r-1.pdf")).mkdir()
    assert main(["report", str(model), "-o", str(model.with_name("r.tex"))]) == 1
    assert "is a folder" in capsys.readouterr().err and names(model.parent) == ["model.json", "r-1.pdf"]
    assert main(["report", str(model), "-o", str(model.with_name("s.tex"))]) == 0
    assert names(model.parent) == ["model.json", "r-1.pdf", "s-1.pdf", "s.tex"]


def test_a_caption_has_the_name_and_the_label_that_were_asked_for(model: Path) -> None:
    folder = model.parent / "text"
    folder.mkdir()
    figure, caption = model.with_name("f.tex"), folder / "own.tex"
    words = ["render", str(model), "-o", str(figure), "--caption-file", str(caption), "--label", "fig:a}b"]
    assert main(words) == 0 and "tikzpicture" in figure.read_text()
    text = caption.read_text()
    assert r"\label{fig:a-b}" in text and r"\input{../f.tex}" in text
    caption.write_text("% edited\n" + text)
    assert main(words) == 1 and caption.read_text().startswith("% edited")
