"""What is uploaded: metadata that an index shows, links that lead somewhere, and how to cite it."""

from __future__ import annotations

import email
import os
import re
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from email.message import Message
from pathlib import Path

import pytest
import yaml
from examples import ROOT

sys.path.append(str(ROOT))
ADDRESS = "https://example.org/somebody/blockviz"


def project() -> dict:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def built(folder: Path, address: str) -> list[Path]:
    environment = {**os.environ, "BLOCKVIZ_ADDRESS": address}
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(folder), str(ROOT)]
    subprocess.run(command, env=environment, check=True, capture_output=True)
    return sorted(folder.iterdir())


def metadata(wheel: Path) -> Message:
    with zipfile.ZipFile(wheel) as archive:
        (name,) = (each for each in archive.namelist() if each.endswith("/METADATA"))
        return email.message_from_bytes(archive.read(name))


@pytest.fixture(scope="module")
def dist(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    """The wheel and the source distribution, made for an address."""
    return built(tmp_path_factory.mktemp("dist"), ADDRESS)


def test_an_index_takes_them(dist: list[Path]) -> None:
    command = [sys.executable, "-m", "twine", "check", "--strict", *map(str, dist)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0 and done.stdout.count("PASSED") == 2, done.stdout
    with tarfile.open(dist[1]) as archive:
        top = {name.split("/")[1] for name in archive.getnames() if name.count("/")}
    assert top == {"blockviz", "templates", "hatch_build.py", "README.md", "CHANGELOG.md", "CITATION.cff", "LICENSE",
                   "pyproject.toml", "PKG-INFO", ".gitignore"}  # fmt: skip


def test_the_readme_of_an_index_links_to_the_repository(dist: list[Path]) -> None:
    found = metadata(dist[0])
    text = str(found.get_payload())
    links = re.findall(r"\]\(([^)]+)\)|<img src=\"([^\"]+)\"", text)
    targets = [link or picture for link, picture in links]
    version = project()["version"]
    assert len(targets) >= 17 and all(target.startswith("https://") for target in targets)
    places = [re.sub(rf"{ADDRESS}/(?:blob|raw)/v{version}/", "", target) for target in targets if ADDRESS in target]
    assert [place for place in places if not (ROOT / place).is_file()] == []
    assert found.get_all("Project-URL")[0] == f"Source, {ADDRESS}"
    assert len(found.get_all("Project-URL")) == 4


def test_without_an_address_no_link_is_broken() -> None:
    from hatch_build import readme, urls

    given = (ROOT / "README.md").read_text(encoding="utf-8")
    text = readme(given, "", "1.0")
    assert re.findall(r"\]\((?!https?:)[^)]*\)|<img", text) == []
    assert "recipes for a\nMICCAI paper, a slide, a thesis" in text and text.count("```") == given.count("```")
    assert urls("https://a.b/c", "1.0")["Changelog"] == "https://a.b/c/blob/v1.0/CHANGELOG.md"


def test_the_citation_is_valid_and_of_this_version() -> None:
    found = yaml.safe_load((ROOT / "CITATION.cff").read_text(encoding="utf-8"))
    assert found["cff-version"] == "1.2.0" and found["type"] == "software"
    told = {"message", "title", "authors", "version", "license", "abstract", "keywords"}
    assert {*found} == {"cff-version", "type", *told}
    assert (str(found["version"]), found["license"]) == (project()["version"], project()["license"])
    assert [author["name"] for author in found["authors"]] == [author["name"] for author in project()["authors"]]
