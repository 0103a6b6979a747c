"""A PyTorch module in memory with the inputs that a user gives: traced, then read like a file."""

from __future__ import annotations

import inspect
import sys
from collections.abc import Callable
from typing import Any

from blockviz.errors import ModelError, UsageError
from blockviz.frontends.given_inputs import Given, Spec, specs_of
from blockviz.ir import LayerGraph


def is_module(source: Any) -> bool:
    """Whether an object is a PyTorch module; PyTorch is not imported for that."""
    torch = sys.modules.get("torch")
    return torch is not None and isinstance(source, torch.nn.Module) and not hasattr(source, "get_config")


def made_on_meta(make: Callable[[], Any]) -> Any:
    """What a callable makes, without memory for weights where PyTorch can do that: a network of any size is traced.

    Keras' models are made as always, and so are modules whose constructors compute with values.
    """
    torch = sys.modules.get("torch")
    if torch is None or "keras" in sys.modules:
        return make()
    try:
        with torch.device("meta"):
            return make()
    except (NotImplementedError, RuntimeError):
        return make()


def read_module(module: Any, inputs: Given = None) -> LayerGraph:
    """The layer graph of a PyTorch module.

    Parameters
    ----------
    inputs : shapes (batch first), specs or example tensors, one or a list of them, or by name of the argument.

    Raises
    ------
    ModelError : nobody says what its inputs are, or PyTorch can't trace it. UsageError : they are none of its inputs.
    """
    from blockviz.frontends.torch import graph_of
    from blockviz.frontends.torch.live import export

    if inputs is None:
        raise ModelError(
            f"a PyTorch module such as {type(module).__name__} doesn't record the shapes of its inputs: say them with "
            "--input, such as --input 1x3x224x224 or --input input_ids=1x128:int64 (in Python: inputs=(1, 3, 224, 224))"
        )
    args, kwargs = _arranged(module, specs_of(inputs))
    return graph_of(export(module, args, kwargs, type(module).__name__))


def _arranged(module: Any, specs: Any) -> tuple[list[Any], dict[str, Any]]:
    """Example tensors as positional and named arguments of the module's ``forward``."""
    if isinstance(specs, dict) and set(specs) != {""}:
        taken = inspect.signature(module.forward).parameters
        free = any(parameter.kind is parameter.VAR_KEYWORD for parameter in taken.values())
        if not free and (unknown := sorted(set(specs) - set(taken))):
            names = ", ".join(map(repr, taken))
            raise UsageError(f"the module has no input {unknown[0]!r}; its forward takes {names}")
        return [], {name: _example(module, spec) for name, spec in specs.items()}
    if isinstance(specs, dict):
        return [_example(module, specs[""])], {}
    return [_example(module, spec) for spec in (specs if isinstance(specs, list) else [specs])], {}


def _example(module: Any, spec: Any) -> Any:
    """A tensor of a shape, where the module's weights are: of the type given, else of the type of its weights."""
    import torch

    if isinstance(spec, dict):
        return {name: _example(module, one) for name, one in spec.items()}
    if isinstance(spec, list):
        return [_example(module, one) for one in spec]
    assert isinstance(spec, Spec)
    weights = [parameter for parameter in module.parameters() if parameter.is_floating_point()]
    device = weights[0].device if weights else torch.device("cpu")
    dtype = weights[0].dtype if weights else torch.float32
    if spec.dtype:
        dtype = getattr(torch, spec.dtype.removeprefix("torch."), None)
        if not isinstance(dtype, torch.dtype):
            raise UsageError(f"PyTorch has no type {spec.dtype!r}; such as float32, int64 or bool")
    return torch.zeros([1 if size is None else size for size in spec.shape], dtype=dtype, device=device)
