"""Numbers, sizes and shapes as prose and tables print them."""

from __future__ import annotations

from collections.abc import Sequence

from blockviz.ir import UNKNOWN, Shape, size_words

_SCALES = ((10**12, "T"), (10**9, "G"), (10**6, "M"), (10**3, "k"))


def count_text(value: int) -> str:
    """A count to three significant digits: ``950``, ``1.23 k``, ``25.6 M``, ``13.2 G``."""
    for size, letter in _SCALES:
        if value >= size * 0.9995:
            return f"{_three_digits(value / size)} {letter}"
    return str(value)


def bytes_text(value: int) -> str:
    """A size in binary units: ``97.8 MiB``."""
    scaled, unit = float(value), "B"
    for larger in ("KiB", "MiB", "GiB", "TiB"):
        if scaled < 1023.5:
            break
        scaled, unit = scaled / 1024, larger
    return f"{value} B" if unit == "B" else f"{_three_digits(scaled)} {unit}"


def bounded(text: str, value: int, is_bound: bool) -> str:
    """The text of a number; ``≥`` before a lower bound, "?" where nothing at all is known."""
    return text if not is_bound else f"≥ {text}" if value else "?"


def percent_text(part: int, whole: int) -> str:
    """A share in percent with one decimal, without the sign; "<0.1" and ">99.9" for what would round away."""
    if not part or not whole:
        return "0"
    percent = 100 * part / whole
    if part < whole and percent >= 99.95:
        return ">99.9"
    return "<0.1" if percent < 0.05 else f"{percent:.1f}"


def range_text(shapes: Sequence[Shape]) -> str:
    """One text for several shapes: ``36–9216×20``; "?" where they differ in rank, or a size that differs is open."""
    first = shapes[0]
    if UNKNOWN in shapes or any(len(shape) != len(first) for shape in shapes):
        return "?"
    if len(first) < 2 or len({size_words(shape) for shape in shapes}) == 1:
        return shape_text(first)
    least, most = ([pick(sizes, key=_size) for sizes in zip(*shapes, strict=True)] for pick in (min, max))
    sizes = zip(shape_text(tuple(least)).split("×"), shape_text(tuple(most)).split("×"), strict=True)
    return "×".join(a if a == b else "?" if "?" in (a, b) else f"{a}–{b}" for a, b in sizes)


def _size(size: int | None) -> int:
    return -1 if size is None else size


def shape_text(shape: Shape) -> str:
    """``35×35×320`` from a shape with the batch first; letters or "?" for open sizes, "?" for a shape nobody knows."""
    if shape == UNKNOWN:
        return "?"
    return "×".join(f"({word})" if set(word) & set("+−") else word for word in size_words(shape)) or "scalar"


def _three_digits(value: float) -> str:
    decimals = 2 if value < 9.995 else 1 if value < 99.95 else 0
    return f"{value:.{decimals}f}"
