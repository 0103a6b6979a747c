"""PyTorch modules in memory. Needs PyTorch, which CI has not: ``pytest -m torch tests/frontends`` where it is.

Everything behind the export is tested in CI through the ``.pt2`` archives of the same modules.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest

from blockviz.costs.cost import cost_of
from blockviz.errors import ModelError, UsageError
from blockviz.frontends import read_model
from blockviz.frontends.torch import read_pt2
from blockviz.ir import LayerGraph, Node, leaves
from blockviz.pipeline import summarize

pytestmark = pytest.mark.torch
torch: Any = pytest.importorskip("torch", reason="modules in memory need PyTorch")
EXPORTED = Path(__file__).parent / "exported"
sys.path.insert(0, str(EXPORTED))
from make import torch_models  # noqa: E402


def rows(graph: LayerGraph) -> list[tuple[object, ...]]:
    nodes = [item for item in graph.items() if isinstance(item, Node)]
    return [(n.id, n.op, n.inputs, n.outputs, n.layer.params, n.within, n.macs) for n in nodes]


@pytest.mark.parametrize("name", ["resnet", "vit", "swin", "densenet", "shuffle", "queries", "branches"])
def test_a_module_is_read_as_its_archive_is(name: str) -> None:
    module, shape = torch_models()[name]
    example = torch.zeros(shape, dtype=torch.int64) if name == "queries" else torch.zeros(shape)
    graph = read_model(module, [example])
    assert rows(graph) == rows(read_pt2(EXPORTED / f"{name}.pt2"))
    assert cost_of(leaves(graph)).params == sum(p.numel() for p in module.parameters())


def test_nothing_stays_on_the_module() -> None:
    module, shape = torch_models()["vit"]
    module.train()
    module.blocks[1].eval()
    flags = [one.training for one in module.modules()]
    before = {name: value.clone() for name, value in module.state_dict().items()}
    read_model(module, shape)
    assert [one.training for one in module.modules()] == flags
    assert all(torch.equal(value, before[name]) for name, value in module.state_dict().items())
    assert not [hook for one in module.modules() for hook in (*one._forward_hooks, *one._forward_pre_hooks)]


def test_inputs_by_name_and_by_type() -> None:
    module, _ = torch_models()["queries"]
    assert len(read_model(module, {"text": torch.zeros(1, 9, dtype=torch.int64)}))
    with pytest.raises(ModelError, match=":int64"):
        read_model(module, (1, 9))
    with pytest.raises(UsageError, match="'words'"):
        read_model(module, {"words": (1, 9)})
    with pytest.raises(ModelError, match="--input"):
        read_model(module)


def test_frozen_parameters_are_frozen() -> None:
    module, shape = torch_models()["resnet"]
    module.layer1.requires_grad_(False)
    graph = read_model(module, shape)
    conv, other = graph.item("layer1/0/conv1"), graph.item("layer2/0/conv1")
    assert isinstance(conv, Node) and isinstance(other, Node)
    assert (conv.layer.trainable_params, other.layer.trainable_params) == (0, other.layer.params)


class Branching(torch.nn.Module if hasattr(torch, "nn") else object):  # type: ignore[misc]
    """A part without gradients inside, and a second head that only training runs."""

    def __init__(self) -> None:
        super().__init__()
        self.table, self.body = torch.nn.Linear(4, 4), torch.nn.Linear(4, 8)
        self.auxiliary = torch.nn.Linear(8, 3)

    def forward(self, x: Any) -> Any:
        with torch.no_grad():
            x = torch.relu(self.table(x))
        x = self.body(x)
        return (x, self.auxiliary(x)) if self.training else x


def test_parts_without_gradients_are_read_and_what_evaluation_does_not_run_is_told() -> None:
    graph = read_model(Branching(), (1, 4))
    assert [node.op for node in leaves(graph)] == ["InputLayer", "Dense", "ReLU", "Dense"]
    assert graph.graph["unread"] == {"auxiliary": 27}


def make_deep() -> Any:
    return torch.nn.Sequential(*(torch.nn.Sequential(torch.nn.Linear(4096, 4096), torch.nn.ReLU()) for _ in range(64)))


def test_a_callable_is_called_without_memory_for_weights(monkeypatch: pytest.MonkeyPatch) -> None:
    """Four gigabytes of weights that are never made."""
    monkeypatch.setitem(sys.modules, "deep", sys.modules[__name__])
    summary = summarize("deep:make_deep", inputs=(1, 4096))
    assert cost_of(leaves(summary.source)).params == 64 * 4096 * 4097


def test_what_can_not_be_traced_gets_a_sentence() -> None:
    class Asking(torch.nn.Module):  # type: ignore[misc]
        def forward(self, x: Any) -> Any:
            return x * 2 if x.sum() > 0 else x

    with pytest.raises(ModelError, match=r"torch\.export can't trace Asking") as caught:
        read_model(Asking(), (1, 4))
    assert "\n" not in str(caught.value)


def test_the_body_of_a_loop_is_in_its_box_and_nobody_knows_how_often_it_is_run() -> None:
    from torch._higher_order_ops.while_loop import while_loop

    class Refined(torch.nn.Module):  # type: ignore[name-defined,misc]
        def __init__(self) -> None:
            super().__init__()
            self.step = torch.nn.Linear(8, 8)

        def forward(self, x: Any) -> Any:
            start = torch.zeros((), dtype=torch.int64)
            return while_loop(lambda i, x: i < 5, lambda i, x: (i + 1, self.step(x).relu()), (start, x))[1]

    graph = read_model(Refined(), (1, 8))
    cost = cost_of(leaves(graph))
    assert cost.params == 72 and "macs" in cost.bounds and not cost.macs
    assert "Loop" in [part.name for part in summarize(graph).overview]
