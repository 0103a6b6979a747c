"""Every output in the hands of the program that it is for: problems as sentences, none for a sound file.

All look for what a text must never become: an element, a link, a script, a command, a formula.
"""

from __future__ import annotations

import base64
import csv
import hashlib
import io
import json
import re
import shutil
import subprocess
import tempfile
import xml.etree.ElementTree as ET
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cache
from html import escape, unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

from blockviz.quoting.csv import FORMULA
from blockviz.quoting.visible import HIDDEN

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
SVG = "{http://www.w3.org/2000/svg}"
PAGE = {"html", "head", "meta", "title", "style", "body", "div", "script", "svg", "desc", "metadata", "g", "path",
        "polygon", "polyline", "ellipse", "text"}  # fmt: skip
DRAWN = {"svg", "title", "desc", "metadata", "g", "path", "polygon", "polyline", "ellipse", "text"}
ACTING = re.compile("href|^on|src|^style$")


def svg(data: bytes) -> Iterator[str]:
    """As an XML parser and, where there is one, xmllint reads it."""
    root = ET.fromstring(data)
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    yield from (f"element {kind}" for kind in kinds - DRAWN)
    for element in root.iter():
        yield from (f"attribute {key}" for key in element.attrib if ACTING.search(key))
        if not re.fullmatch(r"[\w:@.,|/-]*", element.get("id", ""), re.ASCII):
            yield f"id {element.get('id')!r}"
    ids = [element.get("id") for element in root.iter() if element.get("id")]
    if len(ids) != len(set(ids)):
        yield "an id twice"
    yield from _lint(data)


def _lint(data: bytes) -> Iterator[str]:
    if shutil.which("xmllint"):
        done = _run(["xmllint", "--noout", "--nonet", "-"], data)
        if done.returncode or done.stderr:
            yield f"xmllint: {done.stderr.decode()[:200]}"


def drawio(data: bytes) -> Iterator[str]:
    """XML whose values are HTML of three harmless elements."""
    for cell in ET.fromstring(data).iter("mxCell"):
        reader = HTMLReader(cell.get("value", ""))
        yield from (f"element {tag} in a label" for tag, _ in reader.tags if tag not in ("b", "i", "br"))
        yield from (f"attribute {keys} in a label" for _, keys in reader.tags if keys)


def pptx(data: bytes) -> Iterator[str]:
    """A presentation that opens, with names and texts in which nothing hides, and nothing to click on."""
    from pptx import Presentation

    for slide in Presentation(io.BytesIO(data)).slides:
        root = ET.fromstring(slide.part.blob)
        texts = [element.text or "" for element in root.iter() if element.tag.endswith("}t")]
        names = [element.get("name", "") for element in root.iter() if element.tag.endswith("}cNvPr")]
        yield from (f"hidden character in {text[:40]!r}" for text in (*texts, *names) if HIDDEN.search(text))
        yield from (f"element {element.tag}" for element in root.iter() if "hlink" in element.tag)
        yield from (f"relation to {rel.target_ref}" for rel in slide.part.rels.values() if rel.is_external)


def html(data: bytes) -> Iterator[str]:
    """No element that acts, no attribute that could."""
    for tag, attributes in HTMLReader(data.decode()).tags:
        if tag in ("script", "iframe", "object", "embed", "a", "form", "svg", "base", "link"):
            yield f"element {tag}"
        for key, value in attributes:
            if key.startswith("on") or (
                key in ("src", "href") and not (value or "").startswith("data:image/svg+xml;base64,")
            ):
                yield f"attribute {key}"


def page(data: bytes) -> Iterator[str]:
    """The interactive page: the elements that blockviz writes, the policy that names its script, data that is JSON."""
    text = data.decode()
    reader = HTMLReader(text)
    kinds = [tag for tag, _ in reader.tags]
    yield from (f"element {kind}" for kind in set(kinds) - PAGE)
    yield from (f"{kinds.count(kind)} elements {kind}" for kind in ("body", "style", "svg") if kinds.count(kind) != 1)
    yield from (f"attribute {key}" for _, keys in reader.tags for key, _ in keys if ACTING.search(key))
    scripts = re.findall(r"<script[^>]*>(.*?)</script>", text, re.DOTALL)
    if len(scripts) != 2:
        yield f"{len(scripts)} scripts"
        return
    json.loads(scripts[0])
    digest = base64.b64encode(hashlib.sha256(scripts[1].encode()).digest()).decode()
    if f"default-src 'none'; script-src 'sha256-{digest}';" not in text.partition("<body>")[0]:
        yield "a policy that is not that of the script"
    yield from svg(text[text.index("<svg") : text.index("</svg>") + 6].replace(' class="', ' data-class="').encode())


class HTMLReader(HTMLParser):
    """The tags of a page, each with its attributes."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))


def dot(data: bytes) -> Iterator[str]:
    """As Graphviz reads it: our own names, and no attribute that leads out of the drawing."""
    import pygraphviz

    graph = pygraphviz.AGraph(string=data.decode(), strict=False)
    for node in graph.nodes():
        if not re.fullmatch(r"page|n\d+|t\d+_\d+", node):
            yield f"node {node!r}"
        leading = {str(key).lower() for key in node.attr} & {"url", "href", "image", "shapefile", "target", "edgeurl"}
        yield from (f"attribute {key}" for key in leading)
    yield from (f"subgraph {part.name!r}" for part in graph.subgraphs())


def pdf(data: bytes) -> Iterator[str]:
    """One that poppler reads without a word, and in which nothing can be clicked or run."""
    acting = re.findall(rb"/(?:JavaScript|JS|URI|Launch|OpenAction|AA)(?![A-Za-z0-9+])", _objects(data))
    yield from (f"{key.decode()} in the PDF" for key in dict.fromkeys(acting))
    if shutil.which("pdftotext"):
        done = _run(["pdftotext", "-", "-"], data)
        if done.returncode or done.stderr:
            yield f"pdftotext: {done.stderr.decode()[:200]}"


def _objects(data: bytes) -> bytes:
    """The objects of a PDF, those in compressed streams of objects, too; pictures, fonts and drawings are left out."""
    parts, end = [], 0
    for found in re.finditer(rb"\bstream\r?\n(.*?)endstream", data, re.DOTALL):
        parts.append(data[end : found.start()])
        if b"/ObjStm" in parts[-1].rpartition(b" obj")[2]:
            parts.append(zlib.decompressobj().decompress(found[1]))
        end = found.end()
    return b"\n".join([*parts, data[end:]])


def png(data: bytes) -> Iterator[str]:
    """Its beginning and its end."""
    if not data.startswith(b"\x89PNG\r\n\x1a\n") or b"IEND" not in data[-12:]:
        yield "no whole PNG"


def eps(data: bytes) -> Iterator[str]:
    """A title of one line."""
    if len(re.findall(rb"(?m)^%%Title: ", data)) != 1 or not data.startswith(b"%!PS-Adobe"):
        yield "no EPS of one title"


def mermaid(data: bytes) -> Iterator[str]:
    """Every line is one of the five that blockviz writes."""
    label = r"[^\"\[\]{}<>|\\`&%\n]*"
    node = rf'n\d+(?:\["{label}"\]|\(\["{label}"\]\)|\[\\"{label}"/\]|\[/"{label}"\\\]|\(\("{label}"\)\))'
    edge = rf'  n\d+ -->(?:\|"{label}"\|)? n\d+'
    line = re.compile(rf'%% {label}|flowchart TB|  subgraph g\d+\["{label}"\]|    {node}|  end|{edge}|')
    yield from (f"line {text[:100]!r}" for text in data.decode().split("\n") if not line.fullmatch(text))


def latex(data: bytes) -> Iterator[str]:
    """pdflatex sets it, without its shell."""
    text = data.decode()
    if "\\documentclass" not in text:
        packages = "\\usepackage{booktabs,tabularx,textcomp,graphicx}"
        text = f"\\documentclass{{article}}{packages}\\begin{{document}}\n{text}\n\\end{{document}}\n"
    if shutil.which("pdflatex"):
        with tempfile.TemporaryDirectory() as folder:
            (Path(folder) / "t.tex").write_text(text, "utf-8")
            done = _run(
                ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"], b"", folder
            )
            if done.returncode:
                errors = [line for line in done.stdout.decode("latin-1").splitlines() if line.startswith("!")]
                yield f"pdflatex: {errors[:1]}"
            strange = {path.name for path in Path(folder).iterdir()} - {
                f"t.{end}" for end in ("tex", "aux", "log", "pdf")
            }
            yield from (f"pdflatex wrote {name}" for name in strange)


def typst(data: bytes) -> Iterator[str]:
    """Typst sets it."""
    import typst as compiler

    with tempfile.TemporaryDirectory() as folder:
        (Path(folder) / "t.typ").write_bytes(data)
        try:
            compiler.compile(str(Path(folder) / "t.typ"))
        except Exception as error:  # of the compiler's own kind
            yield f"typst: {str(error)[:200]}"


def markdown(data: bytes) -> Iterator[str]:
    """A caption and a table of texts."""
    from markdown_it import MarkdownIt

    tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(data.decode())
    kinds = {token.type for token in tokens} | {child.type for token in tokens for child in token.children or ()}
    table = {f"{part}_{end}" for part in ("table", "thead", "tbody", "tr", "th", "td") for end in ("open", "close")}
    sound = table | {
        "inline",
        "text",
        "text_special",
        "paragraph_open",
        "paragraph_close",
        "strong_open",
        "strong_close",
    }
    yield from (f"Markdown {kind}" for kind in kinds - sound)


def table_csv(data: bytes) -> Iterator[str]:
    """As many cells in each line, none of them a formula."""
    rows = list(csv.reader(io.StringIO(data.decode(), newline="")))
    if len({len(row) for row in rows}) > 1:
        yield "lines of different lengths"
    yield from (f"formula {cell[:50]!r}" for row in rows for cell in row if cell.lstrip().startswith(FORMULA))


def plain(data: bytes) -> Iterator[str]:
    """Nothing that a terminal obeys."""
    found = HIDDEN.search(data.decode().replace("\n", "").replace("\t", ""))
    if found:
        yield f"hidden character {found[0]!r}"


def exact_json(data: bytes) -> Iterator[str]:
    """JSON that is safe to print."""
    json.loads(data)
    yield from plain(data)


CONSUMERS: Mapping[str, Callable[[bytes], Iterator[str]]] = {
    "svg": svg, "pdf": pdf, "png": png, "eps": eps, "dot": dot, "tikz": latex, "mermaid": mermaid, "drawio": drawio,
    "pptx": pptx, "page": page,
    "latex": latex, "markdown": markdown, "csv": table_csv, "html": html, "typst": typst, "text": plain,
    "json": exact_json,
}  # fmt: skip


def problems(form: str, data: bytes) -> list[str]:
    """What is wrong with an output, as its own program finds; every text format is also safe to print."""
    found = list(CONSUMERS[form](data))
    if form not in ("pdf", "png", "eps", "pptx"):
        found += plain(data)  # nothing of a model hides in the source either
    return found


TRAP = """<script>window.sprung = [];
for (const name of ['alert', 'confirm', 'prompt', 'open', 'fetch'])
  window[name] = (...what) => { sprung.push([name, ...what]); };
window.onerror = what => { sprung.push(String(what)); };
</script>"""
REPORT = """<script>window.onload = () => {
const all = what => [...document.querySelectorAll(what)];
for (const e of all('a, [onclick], [onload], [onerror]')) e.dispatchEvent(new MouseEvent('click', {bubbles: true}));
const sound = 'html head meta title script body svg desc metadata g path polygon polyline ellipse text main ' +
  'h1 h2 p figure img figcaption div table caption thead tbody tfoot tr th td section style ol li details summary pre';
const strange = all('*').map(e => e.localName).filter(name => !sound.split(' ').includes(name));
document.title = JSON.stringify([sprung, all('script').length, strange, all('svg').length]); };</script>"""


def browser(figures: Sequence[bytes], pages: Sequence[bytes] = ()) -> list[str]:
    """Figures and HTML tables in one page of Chromium, clicked wherever something could be; none if it is missing."""
    if CHROMIUM is None:
        return []
    parts = [data[data.index(b"<svg") :].decode() for data in figures]
    parts += [data.decode().partition("<body>")[2].partition("</body>")[0] for data in pages]
    with tempfile.TemporaryDirectory() as folder:
        page = Path(folder) / "page.html"
        body = "".join(parts)
        page.write_text(f"<!doctype html><meta charset=utf-8><title></title>{TRAP}{body}{REPORT}", "utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=3000", "--dump-dom")
        done = _run([CHROMIUM, *options, f"--user-data-dir={folder}/profile", page.as_uri()], b"")
    title = re.search(r"<title>(\[.*?)</title>", done.stdout.decode("utf-8", "replace"), re.DOTALL)
    if not title:
        return [f"the browser said nothing: {done.stderr.decode('utf-8', 'replace')[-200:]}"]
    sprung, scripts, strange, count = json.loads(unescape(title[1]))
    found = [f"the trap was sprung: {sprung}"] if sprung else []
    found += [f"{scripts - 2} scripts came in"] if scripts != 2 else []
    found += [f"elements came in: {sorted(set(strange))}"] if strange else []
    return found + ([f"{count} figures, not {len(figures)}"] if count != len(figures) else [])


VISIT = """<script>window.onload = async () => {
const later = () => new Promise(done => setTimeout(done, 20));
const found = [];
for (const frame of document.querySelectorAll('iframe')) {
  const inner = frame.contentDocument, all = what => [...inner.querySelectorAll(what)];
  const click = e => e.dispatchEvent(new MouseEvent('click', {bubbles: true}));
  all('button').filter(e => e.textContent === 'Unfold all').forEach(click);
  await later();
  for (const what of ['[role=treeitem]', 'g.opens']) for (let at = 0; at < 8; at++) if (all(what)[at]) {
    click(all(what)[at]);
    await later();
  }
  const query = inner.querySelector('#bv-query');
  query.value = 'own'; query.dispatchEvent(new Event('input', {bubbles: true}));
  await later();
  const own = 'html head meta title style body div script svg desc metadata g path polygon polyline ellipse text ' +
    'main header section aside nav h1 h2 h3 p ol ul li dl dt dd button label select option input span ' +
    'table tbody tr th td rect details summary marker';
  const strange = all('*').map(e => e.localName).filter(name => !own.split(' ').includes(name));
  found.push([frame.contentWindow.sprung, strange, all('script').length, all('[role=option]').length > 0]);
}
document.title = JSON.stringify(found); };</script>"""


def browsed(pages: Sequence[bytes]) -> list[str]:
    """Interactive pages without the policy that guards them, walked through in frames of Chromium."""
    if CHROMIUM is None or not pages:
        return []
    policy = re.compile(r'<meta http-equiv="Content-Security-Policy"[^>]*>')
    frames = "".join(
        f'<iframe width=900 height=700 srcdoc="{escape(policy.sub(lambda _: TRAP, data.decode(), count=1))}"></iframe>'
        for data in pages
    )
    title = _title_in_browser(f"<!doctype html><meta charset=utf-8><title></title>{frames}{VISIT}", 20_000)
    found = []
    for sprung, strange, scripts, hits in title:
        found += [f"the trap was sprung: {sprung}"] if sprung else []
        found += [f"elements came in: {sorted(set(strange))}"] if strange else []
        found += [f"{scripts} scripts"] if scripts != 3 else []
        found += [] if hits else ["the search finds nothing"]
    return found if len(title) == len(pages) else [*found, "the browser did not come to an end"]


def _title_in_browser(markup: str, milliseconds: int) -> list[Any]:
    """What a page writes into its own title, as JSON."""
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "page.html"
        file.write_text(markup, "utf-8")
        options = ("--headless", "--no-sandbox", "--disable-gpu", f"--virtual-time-budget={milliseconds}", "--dump-dom")
        done = _run([str(CHROMIUM), *options, f"--user-data-dir={folder}/profile", file.as_uri()], b"")
    title = re.search(r"<title>(\[.*?)</title>", done.stdout.decode("utf-8", "replace"), re.DOTALL)
    read: list[Any] = json.loads(unescape(title[1])) if title else []
    return read


def _run(command: list[str], data: bytes, folder: str | None = None) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(command, input=data, capture_output=True, check=False, timeout=180, cwd=folder)


@cache
def missing() -> tuple[str, ...]:
    """The consumers that this machine lacks."""
    programs = ("xmllint", "pdftotext", "pdflatex")
    return tuple(name for name in programs if not shutil.which(name)) + (() if CHROMIUM else ("chromium",))
