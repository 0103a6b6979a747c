"""Texts that attack the programs that read them, in every place that holds a text."""

from __future__ import annotations

import random
from typing import Any

PIECES = (
    "\\", '"', "'", "\\\"", "\\\\", "\\N", "\\l", "&", "&amp;", "&#34;", "&quot;", "<", ">", "</text>", "</title>",
    "<b>", "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "]]>", "-->",
    "<!--", "<?x?>", "javascript:alert(1)", "URL=", "href=", "[", "]", "{", "}", "(", ")", ";", ",", "|", "`", "``",
    "*", "**", "_", "__", "#", "##", "~~", "$", "$$", "%", "%%", "^", "^^41", "~", "@", "=", "+", "-", "--", "->",
    "---", ":", "/", "//", "://", "=1+1", "@import", "\\input{x}", "\\write18{x}", "\\def\\x{", "\\end{document}",
    "\\par", "#read(\"x\")", "#import", "<%", "%>", "<<", ">>", "{{", "}}", "{%", "<#", "\n", "\r", "\t", "\x00",
    "\x07", "\x1b[31m", "\x1b]0;x\x07", "\x7f", "\x85", "\x9b", "\u00a0", "\u00ad", "\u061c", "\u200b", "\u200d",
    "\u200e", "\u202e", "\u2028", "\u2029", "\u2066", "\ufeff", "\ufffe", "\ud800", "\udc00", "\U000e0041",
    "\U0001f600", "e\u0301\u0301\u0301", "日本語", "اسم", "ß", "ﬁ", "a", "name", "conv", "1", "1.", " ", "  ", "end",
    "click", "subgraph", "graph", "node", "constructor", "__proto__",
)  # fmt: skip
POSITIONS = ("model", "layer", "class", "activation", "nested", "input", "padding", "title", "rename", "weights")
SIMPLE = ("model", "title")  # whose text stands whole in the figure's title


def hostile(rng: random.Random) -> str:
    """A text of a few pieces; now and then one of great length."""
    text = "".join(rng.choice(PIECES) for _ in range(rng.choice((1, 2, 3, 5, 8))))
    return text * rng.choice((1, 1, 1, 1, 1, 1, 1, 40, 3000)) if rng.random() < 0.2 else text


def attacked(position: str, text: str) -> tuple[dict[str, Any], list[str]]:
    """A model with the text at a position, and options of the command line where the position is one."""
    at = {name: name for name in POSITIONS} | {"class": "Own", "activation": "relu", "padding": "same", position: text}

    def layer(op: str, name: str, reads: list[str], **config: Any) -> dict[str, Any]:
        tensors = [
            {"class_name": "__keras_tensor__",
             "config": {"shape": [None, 8, 8, 4], "dtype": "float32", "keras_history": [read, 0, 0]}} for read in reads
        ]  # fmt: skip
        calls = [{"args": tensors, "kwargs": {}}] if reads else []
        return {"module": "keras.layers" if op != at["class"] else None, "class_name": op, "registered_name": op,
                "config": {"name": name, **config}, "name": name, "inbound_nodes": calls}  # fmt: skip

    def model(name: str, layers: list[dict[str, Any]], source: str, sink: str) -> dict[str, Any]:
        config = {"name": name, "layers": layers, "input_layers": [[source, 0, 0]], "output_layers": [[sink, 0, 0]]}
        return {"module": "keras", "class_name": "Functional", "config": config}

    same = {"filters": 4, "kernel_size": [3, 3], "strides": [1, 1], "padding": at["padding"]}
    source = layer("InputLayer", f"{at['input']}i", [], batch_shape=[None, 8, 8, 4])
    inner = model(at["nested"], [source, layer("Conv2D", "c", [source["name"]], **same)], source["name"], "c")
    layers = [
        source,
        {**inner, "name": f"{at['nested']}n", "inbound_nodes": layer("", "", [source["name"]])["inbound_nodes"]},
    ]
    last = f"{at['nested']}n"
    for number in range(3):
        name = f"{at['layer']}{number}"
        layers.append(layer("Conv2D", name, [last], **same, activation=at["activation"]))
        layers.append(layer(at["class"], f"own{number}", [name], units=4))
        last = f"own{number}"
    options = {"title": ["--title", text], "rename": ["--rename", f"A={text}"], "weights": ["--weights", text]}
    return model(at["model"], layers, source["name"], last), options.get(position, [])
