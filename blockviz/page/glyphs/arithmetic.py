"""Operations on one tensor and a number, as one writes them: ``1 − x``, ``÷ 127.5``, ``x²``, ``x > 0.5``."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from blockviz.ir import Node
from blockviz.ops.families import merge_name

_INFIX = {
    "Add": "+", "Subtract": "−", "Multiply": "×", "Divide": "÷", "Greater": ">", "GreaterEqual": "≥", "Less": "<",
    "LessEqual": "≤", "Equal": "=", "NotEqual": "≠", "Mod": "mod",
}  # fmt: skip
_ALIASES = {"Gt": "Greater", "Ge": "GreaterEqual", "Lt": "Less", "Le": "LessEqual", "Eq": "Equal", "Ne": "NotEqual",
            "Pow": "Power", "RealDiv": "Divide", "Floordiv": "FloorDivide", "Neg": "Negative", "Radd": "Add",
            "Rmul": "Multiply", "ClipByValue": "Clip"}  # fmt: skip
_REVERSED = {"Rsub": "Subtract", "Rtruediv": "Divide"}
_COMMUTES = frozenset({"Add", "Multiply"})
_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")
_LEFT = frozenset({"0", "x1", "x"})
_SHORT = 8  # letters of a number


def number(value: float) -> str:
    """A number as it was written, as far as a box has room: ``127.5``, ``−1``, ``1e-12``."""
    text = str(value) if isinstance(value, int) else repr(value).removesuffix(".0")
    return (text if len(text) <= _SHORT else f"{value:.4g}").replace("-", "−", 1)


def written_out(node: Node) -> str | None:
    """What an operation of ``keras.ops`` or TensorFlow on one tensor does with its number; None for anything else."""
    if len(node.inputs) != 1:
        return None
    name = merge_name(node.op)
    reverse, name = name in _REVERSED, _ALIASES.get(name, _REVERSED.get(name, name))
    plain = _PLAIN.get(name)
    if plain is not None:
        return plain
    if name == "Clip":
        return _clip(node)
    found = [(key, value) for key, value in {**node.config, **node.args}.items() if _is_number(value)]
    if len(found) != 1:
        return None
    ((key, value),) = found
    return _with_number(name, number(value), left=(key in _LEFT) != reverse)


def _with_number(name: str, text: str, *, left: bool) -> str | None:
    if name in _COMMUTES:
        return f"{_INFIX[name]} {text}"
    if name in _INFIX:
        if left:
            return f"{text} {_INFIX[name]} x"
        return f"{_INFIX[name]} {text}" if name in ("Subtract", "Divide") else f"x {_INFIX[name]} {text}"
    maker = _MAKERS.get(name)
    return maker(text, left) if maker else None


def _power(text: str, left: bool) -> str:
    if left:
        return f"{text}ˣ"
    return f"x{text.translate(_SUPERSCRIPTS)}" if text.isdecimal() else "√x" if text == "0.5" else f"x^{text}"


def _clip(node: Node) -> str | None:
    both: Mapping[str, object] = {**node.config, **node.args}
    low = both.get("x_min", both.get("clip_value_min", both.get("1")))
    high = both.get("x_max", both.get("clip_value_max", both.get("2")))
    if isinstance(low, int | float) and isinstance(high, int | float):
        return f"clip {number(low)} to {number(high)}"
    return None


def _is_number(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


_MAKERS: Mapping[str, Callable[[str, bool], str]] = {
    "Power": _power,
    "FloorDivide": lambda text, left: f"floor({text} ÷ x)" if left else f"floor(x ÷ {text})",
    "Maximum": lambda text, left: f"max(x, {text})",
    "Minimum": lambda text, left: f"min(x, {text})",
}
_PLAIN = {"Negative": "−x", "Square": "x²", "Sqrt": "√x", "Rsqrt": "1 ÷ √x", "Reciprocal": "1 ÷ x"}
