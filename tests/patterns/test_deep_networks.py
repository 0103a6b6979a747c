"""A network of any depth is searched without recursion over its depth."""

import json
from pathlib import Path

from blockviz.frontends import read_model
from blockviz.patterns.find import find_idioms


def test_thousands_of_products_in_a_row(tmp_path: Path) -> None:
    layers = [{"class_name": "InputLayer", "name": "x", "config": {"name": "x", "batch_input_shape": [None, 16]},
               "inbound_nodes": []}]  # fmt: skip
    last = "x"
    for number in range(1500):
        dense, product = f"dense{number}", f"product{number}"
        config = {"name": dense, "units": 16, "activation": "relu", "use_bias": True}
        layers.append({"class_name": "Dense", "name": dense, "config": config, "inbound_nodes": [[[last, 0, 0, {}]]]})
        layers.append({"class_name": "Multiply", "name": product, "config": {"name": product},
                       "inbound_nodes": [[[dense, 0, 0, {}], [last, 0, 0, {}]]]})  # fmt: skip
        last = product
    config = {"name": "deep", "layers": layers, "input_layers": [["x", 0, 0]], "output_layers": [[last, 0, 0]]}
    path = tmp_path / "deep.json"
    path.write_text(json.dumps({"class_name": "Functional", "config": config}), encoding="utf-8")
    assert find_idioms(read_model(str(path))) == []
