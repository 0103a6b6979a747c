"""Files of other frameworks are told by what is in them; pickles are never opened."""

from __future__ import annotations

import pickle
import shutil
import zipfile
from pathlib import Path

import pytest

from blockviz.errors import ModelError
from blockviz.frontends import read_model

EXPORTED = Path(__file__).parent / "exported"


class Marker:
    """Leaves a trace where it is unpickled."""

    opened = False

    def __reduce__(self) -> tuple[object, tuple[str]]:
        return setattr, (Marker, "opened", True)  # type: ignore[return-value]


@pytest.mark.parametrize("name", ["swin.pt2", "swin.opset14.onnx"])
def test_files_are_read_whatever_they_are_called(tmp_path: Path, name: str) -> None:
    other = "model.pth" if name.endswith("pt2") else "model.bin"
    shutil.copy(EXPORTED / name, tmp_path / other)
    assert len(read_model(str(tmp_path / other))) == len(read_model(EXPORTED / name))


@pytest.mark.parametrize("name", ["model.pt", "model.pth", "model.ckpt", "model.any"])
@pytest.mark.parametrize("archived", [False, True])
def test_pickles_stay_closed(tmp_path: Path, name: str, archived: bool) -> None:
    path, data = tmp_path / name, pickle.dumps(Marker())
    if archived and name != "model.any":
        with zipfile.ZipFile(path, "w") as archive:
            archive.writestr("model/data.pkl", data)
    else:
        path.write_bytes(data)
    with pytest.raises(ModelError, match=r"never opened.*torch\.export\.save"):
        read_model(str(path))
    assert not Marker.opened


def test_a_missing_file_is_said_to_be_missing(tmp_path: Path) -> None:
    with pytest.raises(ModelError, match="no file"):
        read_model(str(tmp_path / "model.onnx"))
