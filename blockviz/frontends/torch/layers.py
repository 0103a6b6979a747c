"""ATen operators that are layers: convolution, matrix products, normalisation, pooling, recurrence, attention."""

from __future__ import annotations

from typing import Any

from blockviz.frontends.torch.state import Constant, Step
from blockviz.ops.drafts import Tensor


def conv(step: Step) -> Any:
    """Convolutions of all ranks, transposed ones too; a kernel that is a tensor makes it an operation on two."""
    weight, bias = step.constant("weight"), step.args.get("bias")
    if weight is None or weight.shape is None:
        return step.builder.unknown(step.origin(), "Conv", step.tensors, [step.out], "torch")[0]
    transposed = "transpose" in step.op or bool(step.args.get("transposed"))
    kernel = [int(n or 0) for n in weight.shape[2:]]
    rank = len(kernel)
    groups = int(step.args.get("groups") or 1)
    ends = int(weight.shape[0] or 0), int(weight.shape[1] or 0)
    channels, filters = (ends[0], ends[1] * groups) if transposed else (ends[1] * groups, ends[0])
    stride, dilation = step.sizes("stride", rank), step.sizes("dilation", rank)
    padding = step.args.get("padding")
    if padding == "same":
        totals = [(k - 1) * d for k, d in zip(kernel, dilation, strict=True)]
        pairs = [(total // 2, total - total // 2) for total in totals]
    else:
        pairs = [(0, 0)] * rank if padding == "valid" else [(n, n) for n in step.sizes("padding", rank, 0)]
    return step.builder.conv(
        step.origin(), step.x, step.out, kernel=kernel, stride=stride, dilation=dilation, groups=groups, padding=pairs,
        channels=channels, filters=filters, bias=bias is not None, transposed=transposed,
    )  # fmt: skip


def linear(step: Step) -> Any:
    """A dense layer."""
    weight, bias = step.constant("weight"), step.args.get("bias")
    if weight is None or weight.shape is None:
        return step.builder.matmul(step.origin(), step.tensors[:2], step.out)
    return step.builder.dense(step.origin(), step.x, step.out, units=int(weight.shape[0] or 0), bias=bias is not None)


def addmm(step: Step) -> Any:
    """bias + x · matrix (GPT-2's Conv1D), or a sum with a product of two tensors."""
    weight = step.constant("mat2")
    if weight is None or weight.shape is None or not isinstance(step.args["mat1"], Tensor):
        return step.builder.matmul(step.origin(), step.tensors[-2:], step.out)
    return step.builder.dense(step.origin(), step.args["mat1"], step.out, units=int(weight.shape[1] or 0), bias=True)


def matmul(step: Step) -> Any:
    """A product of tensors; with a constant matrix on the right it is a dense layer."""
    left, right = list(step.args.values())[:2]
    if isinstance(right, Constant) and right.shape is not None and len(right.shape) == 2:
        return step.builder.dense(step.origin(), left, step.out, units=int(right.shape[1] or 0), bias=False)
    if isinstance(left, Constant) or isinstance(right, Constant):
        held = left if isinstance(left, Constant) else right
        shape = list(held.shape or ())
        return step.builder.matmul(step.origin(), step.tensors[:1], step.out, shape, reverse=held is left)
    return step.builder.matmul(step.origin(), [left, right], step.out)


def grouped_matmul(step: Step) -> Any:
    """Rows times the matrices of the experts that they were sent to: each row meets one of them."""
    x, held = list(step.args.values())[:2]
    if isinstance(x, Tensor) and isinstance(held, Constant):
        return step.builder.matmul(step.origin(), [x], step.out, list(held.shape or ()))
    return step.builder.unknown(step.origin(), step.op, step.tensors, [step.out], "torch")[0]


def baddbmm(step: Step) -> Any:
    """A product of two tensors with something added to it (a mask)."""
    pair = [step.args["batch1"], step.args["batch2"]]
    product = step.builder.matmul(step.origin(None), [held for held in pair if isinstance(held, Tensor)], step.out)
    added = step.args["self"] if "self" in step.args else step.args.get("input")
    if isinstance(added, Tensor):
        return step.builder.merge(step.origin(None), [product, added], step.out, "Add")
    return product


def embedding(step: Step) -> Any:
    """A table that is looked up."""
    table = step.constant("weight")
    if table is None or table.shape is None:
        return step.builder.operation(step.origin(), "Take", step.tensors, [step.out])[0]
    entries, width = (int(n or 0) for n in table.shape)
    return step.builder.embedding(step.origin(), step.x, step.out, entries=entries, width=width)


def norm(kind: str) -> Any:
    """A reader for a normalisation; statistics are left aside: PyTorch doesn't count them as parameters."""

    def read(step: Step) -> Any:
        weight = step.constant("weight")
        axes = len(step.args.get("normalized_shape") or [0])
        groups = step.args.get("num_groups")
        x = step.args.get("input")
        found = step.builder.norm(
            step.origin(weight, step.constant("bias")), x if isinstance(x, Tensor) else step.x, kind, groups=groups,
            axes=axes, affine=weight is not None,
        )  # fmt: skip
        return [found] if step.operation.several else found

    return read


def prelu(step: Step) -> Any:
    """A leaky ReLU with learned slopes."""
    return step.builder.activation(step.origin(), step.x, "prelu")


def pool(step: Step) -> Any:
    """Maximum or average of windows."""
    x = step.x
    rank = int(step.op.split("pool")[1][0])
    size = step.sizes("kernel_size", rank)
    stride = step.sizes("stride", rank) if step.args.get("stride") else size
    pairs = [(n, n) for n in step.sizes("padding", rank, 0)]
    kind = "max" if step.op.startswith("max") else "average"
    grid = x.shape[2:] if x.shape is not None else ()
    if list(grid) == size and not any(map(sum, pairs)):
        found = step.builder.global_pool(step.origin(), x, step.out, kind)
    else:
        found = step.builder.pool(step.origin(), x, step.out, kind, size=size, stride=stride, padding=pairs)
    return [found, found] if step.operation.several else found


def adaptive_pool(step: Step) -> Any:
    """Pooling to a grid of a given size."""
    x, out = step.x, step.out
    kind = "max" if "max" in step.op else "average"
    if out is not None and x.shape == out:
        return [x, x] if step.operation.several else x
    size = [int(n or 0) for n in (out or ())[2:]]
    found = step.builder.adaptive_pool(step.origin(), x, out, kind, size=size)
    return [found, found] if step.operation.several else found


def attention(step: Step) -> Any:
    """Scaled dot products; a mask made of weights (a table of relative positions) hangs on it."""
    keys = ("query", "key", "value", "attn_mask")
    tensors = [held for key in keys if isinstance(held := step.args.get(key), Tensor)]
    causal = bool(step.args.get("is_causal"))
    found = step.builder.attention(step.origin(), tensors, step.out, causal=causal)
    return [found, *[Constant(None)] * (len(step.operation.shapes) - 1)] if step.operation.several else found


def recurrent(kind: str) -> Any:
    """A reader for a stack of recurrent layers: one call a layer."""

    def read(step: Step) -> Any:
        weights = [held for held in _listed(step, "params") if isinstance(held, Constant)]
        both, biased = bool(step.args.get("bidirectional")), bool(step.args.get("has_biases", True))
        count = int(step.args.get("num_layers") or 1)
        each = max(1, len(weights) // max(1, count))
        x = step.args.get("input")
        x = x if isinstance(x, Tensor) else step.x
        outs: list[Tensor] = []
        for layer in range(count):
            own = weights[layer * each : (layer + 1) * each]
            units = int((own[1].shape or (0, 0))[1] or 0) if len(own) > 1 else 0
            shapes = [step.out, *step.operation.shapes[1:]]
            outs = step.builder.recurrent(
                step.origin(*own), x, shapes, kind, units=units, bidirectional=both, bias=biased
            )
            x = outs[0]
        return outs

    return read


def _listed(step: Step, key: str) -> list[Any]:
    held = step.args.get(key)
    return list(held) if isinstance(held, list | tuple) else []


def einsum(step: Step) -> Any:
    """A sum of products."""
    operands = list(step.args.get("tensors") or [])
    equation = str(step.args.get("equation"))
    told = [held if isinstance(held, Tensor) else list(held.shape or ()) for held in operands]
    tensors = [held for held in operands if isinstance(held, Tensor)]
    return step.builder.einsum(step.origin(), tensors, step.out, with_result(equation), told)


def with_result(equation: str) -> str:
    """An equation with its result named: the letters that occur once, in alphabetical order."""
    if "->" in equation:
        return equation
    letters = equation.replace(" ", "").replace(",", "")
    return f"{equation}->{''.join(sorted(letter for letter in set(letters) if letters.count(letter) == 1))}"
