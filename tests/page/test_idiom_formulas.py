"""What idioms compute, in a line of the legend: read off their calls, left out where no line says it, and proved."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from blockviz.ir import LayerGraph
from blockviz.page.glyphs.idiom_formula import idiom_formulas
from blockviz.page.proof import page_faults
from blockviz.page.proof.reading import text_of
from blockviz.pipeline import Summary, summarize
from blockviz.runtime.records import replace
from blockviz.scene import Page, Span
from graphs import Builder, zoo


def swiglu(b: Builder, x: str) -> str:
    gate = b.add("Dense", x, params=640, channels=32, units=32, activation="silu")
    up = b.add("Dense", x, params=640, channels=32, units=32)
    return b.add("Dense", b.add("Multiply", gate, up), params=640, channels=8, units=8)


def contrast(b: Builder, x: str) -> str:
    axes = {"axis": [1, 2], "keepdims": True}
    mean = b.sized("Mean", x, 1, **axes)
    over = b.add("Square", b.add("Subtract", x, mean))
    std = b.add("Sqrt", b.sized("Mean", over, 1, **axes))
    low = b.conv(b.add("Add", std, mean), 4, 1, norm=False)
    high = b.add("Conv2D", low, params=32, channels=8, filters=8, kernel_size=[1, 1], activation="sigmoid")
    return b.add("Multiply", x, high)


def gate(b: Builder, x: str) -> str:
    """An attention gate over a skip connection, its convolutions normalised."""
    context = b.conv(x, 8)
    both = b.add("Add", b.conv(context, 4, 1, act=False), b.conv(x, 4, 1, act=False))
    low = b.conv(b.add("Activation", both, activation="relu"), 1, 1, act=False)
    return b.add("Multiply", x, b.add("Activation", low, activation="sigmoid"))


def network(inner: Callable[[Builder, str], str]) -> LayerGraph:
    """Three residual layers around an idiom."""
    b = Builder()
    x = b.input()
    for _ in range(3):
        x = b.add("Add", x, inner(b, b.conv(b.conv(x, 16), 8)))
    return b.finish(x)


def told(page: Page) -> list[str]:
    return [text_of(words) for sheet in page.sheets for words in sheet.words if "→" in text_of(words)]


@pytest.mark.parametrize(
    ("inner", "word", "formula"),
    [
        (swiglu, "SwiGLU", "(Dense 32, swish) × Dense 32 → Dense 8"),
        (gate, "Attention gate", "y × ((x → 1×1, 4, BN) + (y → 1×1, 4, BN) → ReLU → 1×1, 1, BN, sigmoid)"),
        (contrast, "Contrast-aware channel attention", "x × (std + mean → 1×1, 4, ReLU → 1×1, 8, sigmoid)"),
    ],
)
def test_a_formula_is_read_off_the_calls_and_stands_in_the_legend(
    inner: Callable[[Builder, str], str], word: str, formula: str
) -> None:
    found = summarize(network(inner))
    assert dict(idiom_formulas(found.graph.items())) == {word: formula}
    assert told(found.page()) == [f"{word}: {formula}"]
    assert not found.page().advice


@pytest.mark.parametrize(
    ("name", "formulas"),
    [
        ("Conformer", {"Gated linear unit": "(conv 1, 36) × (conv 1, 36, sigmoid)"}),
        ("MnasNet-A1", {"Squeeze-and-excitation": "x × (global avg → 1×1, ReLU → 1×1, sigmoid)"}),  # of several widths
        ("CBAM-ResNet50", {}),  # what is weighted twice is no line
    ],
)
def test_numbers_are_left_out_where_copies_differ(name: str, formulas: dict[str, str]) -> None:
    assert dict(idiom_formulas(summarize(zoo(name)).graph.items())) == formulas


def changed(page: Page, old: str, new: str) -> Page:
    words = [
        replace(one, runs=(Span(text_of(one).replace(old, new)),)) if "→" in text_of(one) else one
        for one in page.sheets[0].words
    ]
    assert words != list(page.sheets[0].words)
    return replace(page, sheets=(replace(page.sheets[0], words=tuple(words)),))


def faults(found: Summary, page: Page) -> list[str]:
    return page_faults(page, found.graph, found.source)


@pytest.mark.parametrize(
    ("inner", "old", "new"),
    [
        (swiglu, "Dense 32, swish", "Dense 32, ReLU"),
        (swiglu, "(Dense 32, swish)", "Dense 32"),
        (swiglu, "→ Dense 8", "→ Dense 16"),
        (swiglu, " → Dense 8", ""),
        (swiglu, "×", "+"),
        (swiglu, "(Dense 32, swish) × Dense 32", "Dense 32 × (Dense 32, swish)"),
        (gate, "BN, sigmoid", "sigmoid"),
        (contrast, "x × ", "x + "),
        (contrast, "std + mean", "mean + std"),
        (contrast, "std + mean", "mean"),
        (contrast, "1×1, 4, ReLU → ", ""),
        (contrast, "1×1, 8", "3×3, 8"),
        (contrast, "sigmoid", "h-sigmoid"),
    ],
)
def test_a_false_formula_is_found(inner: Callable[[Builder, str], str], old: str, new: str) -> None:
    found = summarize(network(inner))
    assert not faults(found, found.page())
    assert any("the legend says that" in fault for fault in faults(found, changed(found.page(), old, new)))
