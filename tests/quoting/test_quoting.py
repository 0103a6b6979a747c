"""Any text in, and the consumer's own parser gives the same text back."""

from __future__ import annotations

import csv
import io
import json
import re
import shutil
import subprocess
import time
import unicodedata
import xml.etree.ElementTree as ET
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

import blockviz
from blockviz.quoting import (
    abridged,
    dot,
    latex,
    markdown,
    mermaid,
    pdf,
    plain_name,
    script,
    terminal,
    typst,
    visible,
    xml,
)  # fmt: skip
from blockviz.quoting import csv as quoted_csv
from blockviz.quoting import json as quoted_json
from blockviz.render.graphviz import engine
from blockviz.text.font_metrics import shorten, width

NASTY = (
    '\\"', 'x\\" { n0 [label=CLICK URL=<javascript:alert(1)>] //', "\\", "a\\", '"', "\\\\\\", "\\N\\G\\l",
    "&amp;&#65;", "<b>x</b>", "]]>-->", "--><script>alert(1)</script>", "</title><script>alert(1)</script>",
    "' onload='alert(1)", "=cmd|'/c calc'!A0", "+1", "-1", "@SUM(A1)", "\t=1", "＝1", "a,b;c", "a\r\nb",
    "\x1b]0;owned\x07", "\x9b31m", "\u202eevil", "\u2066a\u2069", "a\u2028b\u2029c", "\ud800", "a\udfffb",
    "\ufffe\uffff", "\U000e0041", "\U000e01f0", "\x00", "a\u200bb", r"\input{/etc/passwd}", r"$\def\x{}$", "%",
    "~^_#{}", "``''--,,", "?`!`", "^^41", '#read("/etc/passwd")', "*_`$<a>@b", "[x](javascript:alert(1))", "![x](y)",
    "| a | b |", "1. one", "12) x", "- x", "+ x", "# h", "===", "www.evil.org", "https://evil.org", "a@b.org",
    "#59;quit", "end", "%%{init: {}}%%", 'n["x"] --> m', "click n href", "日本語 🎉 ｶﾅ", "é ø ß α", " a  b ", "", " ",
)  # fmt: skip
texts = st.one_of(
    st.text(max_size=40),
    st.sampled_from(NASTY),
    st.text(st.sampled_from("\\\"'&<>#;{}[]()|`*_~$%^-=+@:/.,!? aA1nlrNG\t\n\u2028\u202e\x1b\ud800é中"), max_size=16),
)
some = settings(max_examples=150, deadline=None)
few = settings(max_examples=25, deadline=None)


# What every format starts from


@given(texts)
@some
def test_visible_text_hides_nothing(text: str) -> None:
    shown = visible(text)
    assert visible(shown) == shown
    shown.encode()  # no half characters
    assert not re.search("[\x00-\x1f\x7f-\x9f\u200e\u200f\u2028-\u202e\u2066-\u2069]", shown)
    if text.isprintable():
        assert shown == text


@given(texts, texts)
@some
def test_two_names_stay_two(one: str, other: str) -> None:
    if "[U+" not in one + other:
        assert (plain_name(one) == plain_name(other)) == (one == other)


@given(st.text(max_size=60), st.integers(2, 30))
@some
def test_abridged_names_keep_their_ends(text: str, longest: int) -> None:
    short = abridged(text, longest)
    assert len(short) <= longest or short == text
    assert short == text if len(text) <= longest else short[0] == text[0] and "…" in short


def test_a_name_of_a_million_letters_is_cut_in_linear_time() -> None:
    """Quadratic work would take hours; a slow machine takes seconds."""
    name = "ab \u202e" * 250_000
    start = time.perf_counter()
    assert len(plain_name(name)) <= 400 and plain_name(name) != plain_name(name + "x")
    short = shorten(name, 7.0, 100.0)
    assert width(short, 7.0) <= 100.0 and short.startswith("ab [U+202E]ab") and short.endswith("]")
    assert time.perf_counter() - start < 60.0


@given(st.text(max_size=25), st.floats(0.0, 90.0), st.booleans())
@example("a b  c d", 12.0, False)
@some
def test_shortened_text_is_the_longest_that_fits(text: str, room: float, bold: bool) -> None:
    text = visible(text)
    cuts = [text] + [
        text[: (keep * 2 + 2) // 3].rstrip() + "…" + text[len(text) - keep + (keep * 2 + 2) // 3 :].lstrip()
        for keep in range(len(text) - 1, 0, -1)
    ]
    fits = [cut for cut in cuts if width(cut, 7.0, bold) <= room]
    assert shorten(text, 7.0, room, bold) in ((fits[0],) if fits else ("…",))


# Graphviz


SVG = "{http://www.w3.org/2000/svg}"


def drawn(graph: str) -> dict[str, str]:
    """The text of each node by its name, as Graphviz draws it; nothing else may be in the drawing."""
    root = ET.fromstring(engine.run(graph, "svg", with_system_fonts=True))  # a process of its own
    kinds = {element.tag.removeprefix(SVG) for element in root.iter()}
    assert kinds <= {"svg", "g", "title", "polygon", "ellipse", "text"}
    groups = [group for group in root.iter(f"{SVG}g") if group.get("class") == "node"]
    return {
        str(group.findtext(f"{SVG}title")): "".join(t.text or "" for t in group.iter(f"{SVG}text")) for group in groups
    }


@given(st.lists(texts, min_size=20, max_size=60))
@example(list(NASTY))
@settings(max_examples=2, deadline=None)  # a process each
def test_dot_draws_a_text_and_nothing_else(names: list[str]) -> None:
    marks = ("", "\\l", "\\r")
    lines = [
        f'n{i} [label={dot.string(text, marks[i % 3])}, comment={dot.string(text)}, pos="0,{i * 90}"];'
        f'm{i} [label=<<B>{dot.html(text) if text.strip() else "x"}</B>>, pos="900,{i * 90}"];'
        for i, text in enumerate(names)
    ]
    nodes = drawn("digraph figure {" + "\n".join(lines) + "}")
    assert list(nodes) == [f"{kind}{i}" for i in range(len(names)) for kind in "nm"]
    for i, text in enumerate(names):
        shown = visible(text) if text.strip() else ""
        assert nodes[f"n{i}"].replace("\xa0", " ") == shown.replace("\xa0", " ")  # Graphviz keeps spaces apart
        assert nodes[f"m{i}"].split() == (shown or "x").split()


@given(st.lists(texts, min_size=1, max_size=20))
@few
def test_pydot_writes_what_it_was_given(names: list[str]) -> None:
    pydot = pytest.importorskip("pydot")
    pygraphviz = pytest.importorskip("pygraphviz")
    graph = pydot.Dot("figure", graph_type="digraph")
    for i, text in enumerate(names):
        graph.add_node(pydot.Node(f"n{i}", label=dot.string(text, "\\l"), comment=dot.string(text)))
        graph.add_node(pydot.Node(f"m{i}", label=f"<<B>{dot.html(text) or 'x'}</B>>"))
    straight = pygraphviz.AGraph(
        string="digraph { "
        + "".join(f"n{i} [label={dot.string(t, chr(92) + 'l')}];" for i, t in enumerate(names))
        + "}"
    )
    read = pygraphviz.AGraph(string=graph.to_string())
    assert len(read.nodes()) == 2 * len(names)
    for i in range(len(names)):
        assert read.get_node(f"n{i}").attr["label"] == straight.get_node(f"n{i}").attr["label"]
        assert set(read.get_node(f"n{i}").attr.keys()) <= {"label", "comment"}


# XML and HTML


@given(texts)
@some
def test_xml_gives_the_text_back(text: str) -> None:
    root = ET.fromstring(f"<a b={xml.attribute(text)}>{xml.text(text)}</a>")
    assert root.get("b") == (root.text or "") == visible(text) and not len(root)


class Reader(HTMLParser):
    """What a browser would see."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.words = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.words += data


@given(texts)
@some
def test_html_gives_the_text_back(text: str) -> None:
    reader = Reader()
    reader.feed(f"<p title={xml.attribute(text)}>{xml.text(text)}</p>")
    reader.close()
    assert reader.tags == [("p", [("title", visible(text))])] and reader.words == visible(text)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**53), 2**53) | texts,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(texts, inner, max_size=4),
    max_leaves=12,
)


@given(VALUES)
@some
def test_a_script_element_gives_data_back_and_ends_where_it_should(value: object) -> None:
    reader = Reader()
    reader.feed(f'<script type="application/json">{script.data(value)}</script><p>')
    reader.close()
    assert json.loads(reader.words) == value and [tag for tag, _ in reader.tags] == ["script", "p"]
    script.data(value).encode()
    assert not re.search("[<>&\u2028\u2029\u202e]", script.data(value))


@given(texts)
@some
def test_a_document_in_an_attribute_stays_as_it_is(text: str) -> None:
    shown = text.replace("\0", "").replace("\r", "").encode("utf-8", "replace").decode()  # of blockviz' own making
    reader = Reader()
    reader.feed(f"<iframe srcdoc={xml.document(shown)}></iframe>")
    reader.close()
    assert reader.tags == [("iframe", [("srcdoc", shown)])]


# Tables and texts


@given(st.lists(texts, min_size=1, max_size=6))
@some
def test_csv_gives_cells_back_and_no_formula(cells: list[str]) -> None:
    out = io.StringIO()
    csv.writer(out, lineterminator="\n").writerow(map(quoted_csv.cell, cells))
    (row,) = csv.reader(io.StringIO(out.getvalue()))
    for text, cell in zip(cells, row, strict=True):
        assert cell.removeprefix("'") == visible(text).strip().removeprefix("'")
        assert not cell.lstrip().startswith(quoted_csv.FORMULA)


@given(texts)
@some
def test_markdown_gives_the_text_back(text: str) -> None:
    quoted = markdown.text(text)
    for document in (f"{quoted}\n\nx\n", f"| {quoted} | y |\n|---|---|\n| {quoted} | z |\n"):
        tokens = MarkdownIt("gfm-like", {"html": True, "linkify": False}).parse(document)
        blocks = [token.type for token in tokens if token.type.endswith("_open")]
        assert set(blocks) <= {
            "paragraph_open",
            "table_open",
            "thead_open",
            "tbody_open",
            "tr_open",
            "th_open",
            "td_open",
        }
        inline = [token for token in tokens if token.type == "inline"]
        assert {child.type for token in inline for child in token.children or ()} <= {"text", "text_special"}
        if quoted:
            first = "".join(child.content for child in inline[0].children or ())
            assert first.strip() == visible(text).strip()


@given(texts)
@some
def test_mermaid_labels_decode_to_the_text(text: str) -> None:
    quoted = mermaid.label(text)
    assert not set('"[]{}<>|\\`&%\n') & set(quoted)
    # Mermaid takes #…; with letters or digits between for an entity, and nothing else.
    assert re.sub(r"#(\w+);", lambda match: chr(int(match[1])), quoted) == visible(text)
    assert not re.match(r"\s*(\d+[.)]|[-+*])(\s|$)", quoted)


@given(st.lists(texts, min_size=1, max_size=5))
@some
def test_json_keeps_texts_exact(names: list[str]) -> None:
    written = quoted_json.dumps({"names": names, "n": 1.5}, indent=1)
    written.encode()
    assert all(visible(line) == line for line in written.split("\n"))
    exact = [name.encode("utf-16", "surrogatepass") for name in names]
    assert [name.encode("utf-16", "surrogatepass") for name in json.loads(written)["names"]] == exact


@given(texts)
@some
def test_the_terminal_gets_no_control(text: str) -> None:
    assert terminal.line(text) == visible(text)
    assert all(char in "\n\t" or unicodedata.category(char) not in ("Cc", "Cs") for char in terminal.lines(text))


@given(texts)
@some
def test_pdf_metadata_decodes_to_the_text(text: str) -> None:
    written = pdf.string(text)
    assert re.fullmatch(rb"<[0-9a-f]*>", written)
    assert bytes.fromhex(written[1:-1].decode()).decode("utf-16") == visible(text)
    assert b"\n" not in pdf.comment(text) and len(pdf.comment(text)) <= 200


# Typesetters


def test_typst_gives_the_texts_back(tmp_path: Path) -> None:
    compiler = pytest.importorskip("typst")
    source = tmp_path / "t.typ"
    listed = ", ".join(typst.string(text) for text in NASTY)
    source.write_text(f"#metadata(({listed},)) <names>\n#text({typst.string(' '.join(NASTY))})\n", "utf-8")
    found = json.loads(compiler.query(str(source), "<names>", field="value", one=True))
    assert found == [visible(text) for text in NASTY]
    assert compiler.compile(str(source)).startswith(b"%PDF")


@given(st.lists(texts, min_size=1, max_size=30))
@settings(max_examples=10, deadline=None)
def test_typst_gives_any_text_back(tmp_path_factory: pytest.TempPathFactory, names: list[str]) -> None:
    compiler = pytest.importorskip("typst")
    source = tmp_path_factory.mktemp("typst") / "t.typ"
    source.write_text(f"#metadata(({', '.join(map(typst.string, names))},)) <names>\n", "utf-8")
    assert json.loads(compiler.query(str(source), "<names>", field="value", one=True)) == list(map(visible, names))


def as_typeset(text: str) -> str:
    """What a reader finds in the PDF of a text: spaces don't count, straight quotation marks are set as curly ones,
    and letters that the fonts lack are code points."""
    shown = "".join(
        char
        if char.isascii() or unicodedata.normalize("NFD", char)[0].isascii() or char in "éøßα"
        else f"[U+{ord(char):04X}]"
        for char in visible(text)
    )
    shown = shown.replace("'", "’").replace('"', "”")
    return "".join(shown.split())


@pytest.mark.latex
@pytest.mark.skipif(not (shutil.which("pdflatex") and shutil.which("pdftotext")), reason="needs pdflatex, pdftotext")
def test_latex_prints_the_texts(tmp_path: Path) -> None:
    """In a table's cell, in a caption, and in a TikZ node, with and without an encoding of Western Europe."""
    for encoding in ("", r"\usepackage[T1]{fontenc}"):
        rows = "".join(f"\\noindent BEGIN{latex.text(text)}END\\par\n" for text in NASTY)
        nodes = "".join(f"\\tikz\\node {{{latex.text(text)}}};\n\n" for text in NASTY)
        captions = "".join(f"\\captionof{{table}}{{{latex.text(text)}}}" for text in NASTY)
        (tmp_path / "t.tex").write_text(
            f"\\documentclass[a0paper]{{article}}\\usepackage{{cmap}}{encoding}\n\\usepackage{{textcomp,tikz,caption}}\n"
            f"\\usepackage[a0paper,margin=1cm]{{geometry}}\n\\begin{{document}}\n{rows}\n{nodes}\n{captions}\\end{{document}}\n",
            "utf-8",
        )
        command = ["pdflatex", "-interaction=nonstopmode", "-halt-on-error", "-no-shell-escape", "t.tex"]
        done = subprocess.run(command, cwd=tmp_path, capture_output=True, check=False, timeout=120)
        assert done.returncode == 0, done.stdout.decode("latin-1")[-2000:]
        said = subprocess.run(
            ["pdftotext", "t.pdf", "-"], cwd=tmp_path, capture_output=True, check=True
        ).stdout.decode()
        found = re.findall("BEGIN(.*?)END", unicodedata.normalize("NFKC", "".join(said.replace("˜", "~").split())))
        alike = str.maketrans("‘∗−µˆ∖", "`*-μ^\\")
        expected = [unicodedata.normalize("NFKC", as_typeset(text)).translate(alike) for text in NASTY]
        missing = "" if encoding else "_"  # a rule in the old encoding, which pdftotext can't read
        assert [text.translate(alike) for text in found] == [text.replace(missing, "") for text in expected]


def test_no_other_module_escapes() -> None:
    """But for Jinja, which escapes HTML itself, and the path of the fonts in a file for fontconfig."""
    package = Path(blockviz.__file__).parent
    own = re.compile(r"html import escape|html\.escape|markupsafe|saxutils|\.replace\(\"&\"|\.replace\(\"<\"")
    found = [
        path.relative_to(package).as_posix() for path in package.rglob("*.py") if own.search(path.read_text("utf-8"))
    ]
    assert [path for path in found if not path.startswith("quoting/")] == ["text/font_files.py"]
