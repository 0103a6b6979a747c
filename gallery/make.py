"""Draw the whole gallery anew, or say whether it is stale.

    python gallery/make.py            the key figures, all networks of keras.applications, and the index pages
    python gallery/make.py --check    exit status 1 and the stale files, where something drawn now would differ

Stale means another SVG or index page: Graphviz and the font come with wheels, so the same code draws the same
bytes everywhere. Thumbnails are taken from the PDFs and are not compared.
"""

from __future__ import annotations

import argparse
import ast
import contextlib
import os
import runpy
import shlex
import sys
import tempfile
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from audit import problems

import blockviz
from blockviz.backbones.catalogue import backbone_names
from blockviz.page.style.page_size import PageSize, parse_page

HERE = Path(__file__).parent
FIGURES, NETWORKS = Path("figures"), Path("networks")
THUMBNAIL = 700  # pixels across
SCRIPTS = (
    "inception_resnet_v2", "resnet50", "transfer_learning", "unet", "nasnet_large", "efficientnet_b7", "densenet201",
    "convnext_tiny", "vgg16", "retinanet", "cspdarknet53", "transformer", "slide",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Script:
    """One script of a key figure: its file, what its docstring says, and the commands that draw the same."""

    path: Path
    title: str
    commands: tuple[str, ...]

    @property
    def figures(self) -> tuple[str, ...]:
        """Names of the figures, without suffix: one per command."""
        return tuple(words[words.index("-o") + 1].removesuffix(".pdf") for words in map(shlex.split, self.commands))


@dataclass(frozen=True, slots=True)
class Network:
    """What the index says of a network, and what is wrong with its page."""

    name: str
    layers: int
    parameters: int
    boxes: int
    problems: tuple[str, ...] = ()


def read_script(name: str) -> Script:
    """A script of this folder by name."""
    path = HERE / f"{name}.py"
    text = ast.get_docstring(ast.parse(path.read_text(encoding="utf-8"))) or ""
    title, _, rest = text.partition("\n\n")
    commands = (" ".join(lines.split()) for lines in rest.split("blockviz render ")[1:])
    return Script(path, title, tuple(f"blockviz render {command}" for command in commands))


def draw_script(name: str, folder: Path) -> list[str]:
    """Run a script with ``folder``/figures as the current folder; gives the problems of its pages."""
    script = read_script(name)
    with contextlib.chdir(folder / FIGURES):
        runpy.run_path(str(script.path))
    pairs = zip(script.figures, script.commands, strict=True)
    return [
        f"{figure}: {line}"
        for figure, command in pairs
        for line in problems(folder / FIGURES / f"{figure}.pdf", size_of(command))
    ]


def size_of(command: str) -> PageSize:
    """The page that a command line asks for."""
    from blockviz.cli import parser

    asked = parser().parse_args(shlex.split(command)[1:])
    return parse_page(asked.page, asked.width, asked.height)


def draw_network(name: str, folder: Path, with_pdf: bool = True) -> Network:
    """Draw a network of keras.applications on A4 into ``folder``/networks, and audit the page."""
    summary = blockviz.summarize(name, weights="imagenet")
    target = folder / NETWORKS / name
    summary.save(target.with_suffix(".svg"))
    found: list[str] = []
    if with_pdf:
        summary.save(target.with_suffix(".pdf"))
        found = [f"{name}: {line}" for line in problems(target.with_suffix(".pdf"), parse_page("a4"))]
    outline = summary.outline
    return Network(name, outline.layers, outline.cost.params, len(outline.parts), tuple(found))


def draw_all(folder: Path, with_pdf: bool = True) -> list[str]:
    """Everything but thumbnails into a folder, on two cores; gives the problems of all pages."""
    for part in (FIGURES, NETWORKS):
        (folder / part).mkdir(parents=True, exist_ok=True)
    names = sorted(backbone_names())
    with ProcessPoolExecutor(max_workers=min(2, os.cpu_count() or 1)) as pool:
        scripts = [pool.submit(draw_script, name, folder) for name in SCRIPTS]
        drawn = [pool.submit(draw_network, name, folder, with_pdf) for name in names]
        found = [line for future in scripts for line in future.result()]
        networks = [future.result() for future in drawn]
    write_index(folder, networks)
    return found + [line for network in networks for line in network.problems]


def write_index(folder: Path, networks: list[Network]) -> None:
    """README.md and index.html from their templates."""
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    scripts = [read_script(name) for name in SCRIPTS]
    html = Environment(loader=FileSystemLoader(HERE), undefined=StrictUndefined, autoescape=True, trim_blocks=True)
    for target in ("README.md", "index.html"):
        text = html.get_template(f"{target}.j2").render(scripts=scripts, networks=networks)
        (folder / target).write_text(text + "\n", encoding="utf-8")


def thumbnail(pdf: Path, target: Path) -> None:
    """The first page of a PDF as a PNG of few colours, small areas of a hue among them."""
    import pypdfium2  # type: ignore[import-untyped]
    from PIL import Image

    page = pypdfium2.PdfDocument(pdf)[0]
    image = page.render(scale=2 * THUMBNAIL / page.get_width()).to_pil().convert("RGB")
    small = image.resize((THUMBNAIL, round(image.height * THUMBNAIL / image.width)), Image.Resampling.LANCZOS)
    small.quantize(128, kmeans=2, dither=Image.Dither.NONE).save(target, optimize=True)


def publish(folder: Path) -> None:
    """Put what was drawn into the gallery: SVGs, thumbnails and index pages; figures that are no longer drawn go."""
    for part in (FIGURES, NETWORKS):
        (HERE / part).mkdir(exist_ok=True)
        drawn = sorted((folder / part).glob("*.pdf"))
        for pdf in drawn:
            (HERE / part / f"{pdf.stem}.svg").write_bytes(pdf.with_suffix(".svg").read_bytes())
            thumbnail(pdf, HERE / part / f"{pdf.stem}.png")
        stems = {pdf.stem for pdf in drawn}
        for old in (HERE / part).iterdir():
            if old.stem not in stems:
                old.unlink()
    for index in ("README.md", "index.html"):
        (HERE / index).write_bytes((folder / index).read_bytes())


def stale(folder: Path) -> list[str]:
    """Files of the gallery that differ from what was drawn into ``folder``, are missing, or are left over."""
    fresh = {path.relative_to(folder): path.read_bytes() for path in _compared(folder)}
    kept = {path.relative_to(HERE): path.read_bytes() for path in _compared(HERE)}
    return sorted(str(path) for path in fresh.keys() | kept.keys() if fresh.get(path) != kept.get(path))


def _compared(folder: Path) -> list[Path]:
    pages = [folder / name for name in ("README.md", "index.html") if (folder / name).exists()]
    return [*(folder / FIGURES).glob("*.svg"), *(folder / NETWORKS).glob("*.svg"), *pages]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="draw into a temporary folder and compare")
    check = parser.parse_args().check
    os.environ["BLOCKVIZ_STRICT"] = "1"  # a page with a false statement stops the whole
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        found = draw_all(folder, with_pdf=not check)
        old = stale(folder) if check else []
        if not check:
            publish(folder)
    for line in found:
        print(line, file=sys.stderr)
    for line in old:
        print(f"stale: gallery/{line}; run python gallery/make.py", file=sys.stderr)
    return 1 if found or old else 0


if __name__ == "__main__":
    sys.exit(main())
