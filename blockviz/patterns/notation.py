"""The notation of idioms: a formula over named tensors, and where it holds in the analysis graph.

    x * (sigmoid | hard_sigmoid)(linear(maybe[act](linear(mean[space](x)))))
    h_t * (h_t := sigmoid(linear(x)))

A bare name is a tensor, the same wherever it stands, and an occurrence begins at those; ``h_`` begins the name of one
in between, ``p_`` of a parameter or constant, ``n_`` of noise, ``a_`` of any of these, ``i_`` of one that is another
in every branch, ``c_`` of a number. ``(h := f(x))`` names a part, which is then taken as a whole. ``f(x)`` is an
operation, ``(f | g)(x)`` one of two, ``f[a](x)`` one along the axes a; ``space`` and ``channel`` are all axes of that
kind, other names of axes are free. ``maybe[f, g](x)`` is x behind any number of the operations; ``each(f(x))`` as the
only argument, and ``total(f(x))`` as a sum, stand for two or more. Sums, products, powers and quotients are
polynomials: how they are written doesn't matter. Dropout and casts are looked through everywhere.
"""

from __future__ import annotations

import ast
from collections.abc import Mapping
from functools import cache
from itertools import product
from typing import TypeAlias

from blockviz.runtime.records import dataclass


@dataclass(frozen=True, slots=True)
class Name:
    """A tensor by name, or any (``_``)."""

    name: str


@dataclass(frozen=True, slots=True)
class Apply:
    """An operation on terms; ``over`` names its axes, ``many`` says that one term stands for all arguments."""

    ops: frozenset[str]
    args: tuple[Term, ...]
    over: str = ""
    many: bool = False


@dataclass(frozen=True, slots=True)
class Maybe:
    """A term behind any number of some operations."""

    ops: frozenset[str]
    arg: Term


@dataclass(frozen=True, slots=True)
class Poly:
    """A polynomial: per summand a number, or the name of one, and terms with their powers."""

    summands: tuple[tuple[float, str, tuple[tuple[Term, float], ...]], ...]


@dataclass(frozen=True, slots=True)
class Many:
    """A sum of two or more summands of one form."""

    summand: Term


@dataclass(frozen=True, slots=True)
class Bind:
    """A term with a name, which stays whole in sums and products."""

    name: str
    term: Term


Term: TypeAlias = Name | Apply | Maybe | Poly | Many | Bind


ACTIVATIONS = frozenset(
    [
        "relu",
        "relu6",
        "leaky_relu",
        "silu",
        "gelu",
        "sigmoid",
        "tanh",
        "hard_sigmoid",
        "hard_silu",
        "elu",
        "selu",
        "softplus",
        "mish",
        "softsign",
        "prelu",
        "celu",
        "squared_relu",
        "star_relu",
        "quick_gelu",
        "exponential",
    ]
)


SETS: Mapping[str, frozenset[str]] = {
    "act": ACTIVATIONS,
    "gatelike": frozenset({"sigmoid", "hard_sigmoid"}),
    "norms": frozenset({"norm", "rms_norm", "layer_norm", "group_norm", "instance_norm", "l2_norm", "pixel_norm"}),
    "weighty": frozenset({"linear", "conv", "depthwise", "tconv", "separable", "causal"}),
}


@cache
def parsed(text: str) -> Term:
    """A term from its notation. Raises ValueError for what is none."""
    try:
        return _term(ast.parse(text.strip(), mode="eval").body)
    except SyntaxError as error:
        raise ValueError(f"{text!r} is no formula: {error.msg}") from None


def _term(node: ast.expr) -> Term:
    if isinstance(node, ast.Name) and not node.id.startswith("c_"):
        return Name(node.id)
    if isinstance(node, ast.Call):
        return _call(node)
    if isinstance(node, ast.NamedExpr):
        return Bind(node.target.id, _term(node.value))
    found = _summands(node)
    if len(found) == 1 and found[0][:2] == (1.0, "") and len(found[0][2]) == 1 and found[0][2][0][1] == 1.0:
        return found[0][2][0][0]
    return Poly(tuple(found))


def _call(node: ast.Call) -> Term:
    over, function = "", node.func
    if isinstance(function, ast.Subscript):
        names = [one.id for one in ast.walk(function.slice) if isinstance(one, ast.Name)]
        over, function = ",".join(names), function.value
    ops = _names(function)
    if ops == {"maybe"}:
        return Maybe(frozenset(op for name in over.split(",") for op in SETS.get(name, {name})), _term(node.args[0]))
    if ops == {"total"}:
        return Many(_term(node.args[0]))
    args, many = node.args, False
    if (
        len(args) == 1
        and isinstance(args[0], ast.Call)
        and isinstance(args[0].func, ast.Name)
        and args[0].func.id == "each"
    ):
        args, many = args[0].args, True
    return Apply(ops, tuple([_term(arg) for arg in args]), over, many)


def _names(node: ast.expr) -> frozenset[str]:
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.BitOr):
        return _names(node.left) | _names(node.right)
    if isinstance(node, ast.Name):
        return SETS.get(node.id, frozenset({node.id}))
    raise ValueError(f"{ast.unparse(node)!r} is no operation")


_Summands: TypeAlias = "list[tuple[float, str, tuple[tuple[Term, float], ...]]]"


def _summands(node: ast.expr) -> _Summands:
    """The polynomial of an arithmetic expression."""
    if isinstance(node, ast.Constant):
        return [(float(node.value), "", ())]  # type: ignore[arg-type]
    if isinstance(node, ast.Name) and node.id.startswith("c_"):
        return [(1.0, node.id, ())]
    if isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub):
        return [(-factor, name, terms) for factor, name, terms in _summands(node.operand)]
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Add):
            return _summands(node.left) + _summands(node.right)
        if isinstance(node.op, ast.Sub):
            return _summands(node.left) + [(-f, n, t) for f, n, t in _summands(node.right)]
        if isinstance(node.op, ast.Mult):
            return [_times(a, b) for a, b in product(_summands(node.left), _summands(node.right))]
        if isinstance(node.op, ast.Div):
            return [_times(a, b) for a, b in product(_summands(node.left), _raised(node.right, -1.0))]
        if isinstance(node.op, ast.Pow):
            exponent = float(ast.literal_eval(node.right))
            return _raised(node.left, exponent)
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "root":
        return _raised(node.args[0], 0.5)
    return [(1.0, "", ((_term(node), 1.0),))]


def _raised(node: ast.expr, exponent: float) -> _Summands:
    found = _summands(node)
    if len(found) == 1:
        factor, name, terms = found[0]
        return [(factor**exponent, name, tuple([(term, power * exponent) for term, power in terms]))]
    if exponent == 2.0:
        return [_times(a, b) for a, b in product(found, found)]
    return [(1.0, "", ((Poly(tuple(found)), exponent),))]


def _times(
    one: tuple[float, str, tuple[tuple[Term, float], ...]], two: tuple[float, str, tuple[tuple[Term, float], ...]]
) -> tuple[float, str, tuple[tuple[Term, float], ...]]:
    powers: dict[Term, float] = {}
    for term, power in (*one[2], *two[2]):
        powers[term] = powers.get(term, 0.0) + power
    return one[0] * two[0], one[1] or two[1], tuple([(t, p) for t, p in powers.items() if p])


@cache
def needs(term: Term) -> tuple[frozenset[str], ...]:
    """Operations that must be somewhere for a term to hold: of each set one."""
    if isinstance(term, Apply):
        return (term.ops, *[need for arg in term.args for need in needs(arg)])
    if isinstance(term, Bind):
        return needs(term.term)
    if isinstance(term, Maybe):
        return needs(term.arg)
    if isinstance(term, Many):
        return needs(term.summand)
    if isinstance(term, Poly):
        return tuple([need for _, _, factors in term.summands for factor, _ in factors for need in needs(factor)])
    return ()
