"""Every example of the documentation does what it says, and what can't be run here says so on its page."""

from __future__ import annotations

import re
import shutil
from collections import Counter
from pathlib import Path

import pdfplumber
import pytest
from examples import MARKERS, NOT_RUN, ROOT, RUN, Example, blocks, examples, pages, run, run_page

TUTORIAL = ROOT / "docs/tutorial/index.md"


def _marked(page: Path) -> object:
    """A page as a parameter, under the markers of what its examples need."""
    found = [one for one in examples(page) if one.language in RUN]
    marks = [getattr(pytest.mark, MARKERS[tag]) for tag in dict.fromkeys(one.tag for one in found) if tag in MARKERS]
    if any(one.tag == "needs LaTeX" for one in found):
        marks.append(pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed"))
    return pytest.param(page, id=page.relative_to(ROOT).as_posix(), marks=marks)


@pytest.mark.parametrize("page", [_marked(page) for page in pages() if examples(page) and page != TUTORIAL])
def test_examples_of_a_page_run(page: Path, tmp_path: Path) -> None:
    run_page(page, tmp_path)


@pytest.mark.tensorflow
@pytest.mark.latex
@pytest.mark.skipif(shutil.which("pdflatex") is None, reason="pdflatex is not installed")
def test_the_tutorial_ends_with_a_paper_in_two_columns(tmp_path: Path) -> None:
    """Its source, in docs/tutorial/paper, is what the page says; nothing is undefined, overfull or out of date."""
    shutil.copytree(TUTORIAL.parent / "paper", tmp_path, dirs_exist_ok=True)
    (shown,) = (example for example in examples(TUTORIAL) if example.file == "classifier.py")
    assert shown.text == (tmp_path / "classifier.py").read_text("utf-8")
    said = run_page(TUTORIAL, tmp_path)
    log = (tmp_path / "paper.log").read_text("latin-1")
    assert re.findall(r"Overfull|undefined|Float too large|LaTeX Warning", log) == []
    with pdfplumber.open(tmp_path / "paper.pdf") as pdf:
        texts = [page.extract_text() for page in pdf.pages]
    assert len(texts) == 2 and "TABLEII" in texts[0].replace(" ", "") and "×17" in texts[1]
    described = next(line for text in said for line in text.splitlines() if "training changes" in line)
    paper = " ".join((tmp_path / "paper.tex").read_text("utf-8").split())
    numbers = re.findall(r"\d[\d,.]*\d", described.partition("It has")[2])
    assert len(numbers) >= 4 and [number for number in numbers if number not in paper] == []
    sentence = next(line for text in said for line in text.splitlines() if line.startswith("The model builds on"))
    assert sentence in paper
    assert said[-1].splitlines()[-1] == "blockviz: all files are as they would be drawn now"


def test_what_is_not_run_is_told_and_counted() -> None:
    found = [example for page in pages() for example in examples(page)]
    tags = Counter(example.tag for example in found)
    assert set(tags) <= {"", *MARKERS, *NOT_RUN}
    assert {tag: tags[tag] for tag in NOT_RUN} == {"needs the network": 7, "needs PyTorch": 4}


def test_no_block_hides_from_the_examples() -> None:
    """Shells by another name, and prompts in front of commands, would be missed."""
    known = {*RUN, "toml", "latex", "json", "yaml", "powershell", "text"}
    found = [block for page in pages() for block in blocks(page)]
    assert [f"{block.page}:{block.line}: {block.language}" for block in found if block.language not in known] == []
    assert [block for block in found if block.language in RUN and block.text.startswith(("$", ">>>"))] == []


def test_a_failing_example_fails(tmp_path: Path) -> None:
    for text in ("blockviz render missing.keras -o f.pdf\n", "blockviz nonsense\n", "false | cat\n"):
        with pytest.raises(AssertionError, match=r"README\.md:1: status"):
            run(Example("README.md", 1, "bash", "", "", text), tmp_path, {})
    with pytest.raises(NameError):
        run(Example("README.md", 1, "python", "", "", "nobody\n"), tmp_path, {})
