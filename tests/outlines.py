"""Outlines built by hand, for tests of the page that need no model."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import Any

from blockviz.costs.cost import Cost
from blockviz.ir import Backbone, Block, Composite, Layer, LayerGraph, Network, Node, Shape, Unit, sets_of_weights
from blockviz.outline.model import Definition, Instance, Outline, Part, Tap, Variant
from graphs import ZOO
from summaries import known_summary, zoo_summary

_COUNT = [0]


def node(op: str, out: Shape = (), inputs: Sequence[Shape] = (), name: str = "", **config: Any) -> Node:
    _COUNT[0] += 1
    layer = Layer(name or f"{op.lower()}_{_COUNT[0]}", op, config)
    return Node(layer.name, layer, tuple(inputs), (out,) if out else ())


def chain_body(nodes: Sequence[Node]) -> LayerGraph:
    body = LayerGraph(name="")
    for before, item in zip([None, *nodes], nodes, strict=False):
        body.add_item(item, [(0, before.id, 0)] if before else [])
    body.graph["entries"] = (((nodes[0].id, 0),),)
    body.graph["exits"] = ((nodes[-1].id, 0),)
    return body


def unit(kernel: int | tuple[int, int], filters: int, out: Shape, *,
         stride: int = 1, act: str = "relu", padding: str = "same",
         norm: bool = True, name: str = "", op: str = "Conv2D", shape: Shape = ()) -> Composite:  # fmt: skip
    size = (kernel, kernel) if isinstance(kernel, int) else kernel
    extra = {} if op == "DepthwiseConv2D" else {"filters": filters}
    nodes = [
        node(
            op,
            out,
            [shape or out],
            kernel_size=size,
            strides=(stride, stride),
            padding=padding,
            activation="linear",
            **extra,
        )
    ]
    if norm:
        nodes.append(node("BatchNormalization", out, [out]))
    if act:
        nodes.append(node("Activation", out, [out], activation=act))
    _COUNT[0] += 1
    return Unit(name or f"unit_{_COUNT[0]}", chain_body(nodes))


def graph(
    items: Mapping[str, tuple[Any, Sequence[str]]], inputs: Sequence[Shape], exits: Sequence[str] = ()
) -> LayerGraph:
    """A body from ``{name: (item, sources)}``; a source ``in`` or ``in1`` is an entry."""
    body = LayerGraph(name="")
    entries: list[list[tuple[str, int]]] = [[] for _ in inputs]
    ids = {}
    for name, (item, sources) in items.items():
        ids[name] = item.id
        operands = []
        for index, source in enumerate(sources):
            if source.startswith("in") and source not in items:
                entries[int(source[2:] or 0)].append((item.id, index))
            else:
                operands.append((index, ids[source], 0))
        body.add_item(item, operands)
    body.graph["entries"] = tuple(tuple(ports) for ports in entries)
    body.graph["exits"] = tuple((ids[name], 0) for name in exits or [list(items)[-1]])
    return body


def add(out: Shape) -> Node:
    return node("Add", out, [out, out])


def concat(out: Shape, count: int = 2) -> Node:
    return node("Concatenate", out, [out] * count, axis=-1)


def relu(out: Shape) -> Node:
    return node("Activation", out, [out], activation="relu")


def instances(count: int, layers: int, params: int, out: Shape, tag: str) -> tuple[Instance, ...]:
    return tuple(
        Instance(tuple(f"{tag}{n}_{i}" for i in range(layers)), None, None, Cost(params, params), out)
        for n in range(count)
    )


def part(ident: str, item: Any, out: Shape, inputs: Sequence[str], *,
         kind: str = "block", letter: str | None = None, name: str = "",
         repeat: int = 1, params: int = 0, layers: int = 1, values: Mapping[str, str] | None = None,
         variants: Sequence[str | None] = (), stage: str | None = None, trainable: int | None = None,
         taps: Any = (), shared: bool = False) -> Part:  # fmt: skip
    copies = tuple(tuple(f"{ident}{n}_{i}" for i in range(layers)) for n in range(repeat))
    return Part(
        ident,
        kind,
        letter,
        name or ident,
        repeat,
        stage,
        copies,
        tuple(variants) or (None,) * repeat,
        values or {},
        item,
        (item,) * repeat,
        out,
        Cost(params, params if trainable is None else trainable),
        tuple(inputs),
        sets_of_weights((item,) * repeat),
        taps=taps,
        shared=shared,
    )


def definition(letter: str, name: str, body: LayerGraph, *,
               count: int = 1, params: int = 0, layers: int = 1, symbols: Mapping[str, str] | None = None,
               parameters: Mapping[str, tuple[str, ...]] | None = None,
               variants: Sequence[Variant] = ()) -> Definition:  # fmt: skip
    out = body.item(body.exits[0][0]).outputs[0]
    return Definition(
        letter,
        name,
        "template",
        "",
        1,
        count,
        body,
        symbols or {},
        parameters or {},
        tuple(variants),
        instances(count, layers, params, out, letter),
    )


def sh(*sizes: int) -> Shape:
    return (None, *sizes)


def inception_resnet_v2() -> Outline:
    _COUNT[0] = 0
    s35, s17, s8 = sh(35, 35, 320), sh(17, 17, 1088), sh(8, 8, 2080)
    stem = graph(
        {
            "a": (unit(3, 32, sh(149, 149, 32), stride=2, padding="valid", shape=sh(299, 299, 3)), ["in"]),
            "b": (unit(3, 32, sh(147, 147, 32), padding="valid"), ["a"]),
            "c": (unit(3, 64, sh(147, 147, 64)), ["b"]),
            "d": (
                node(
                    "MaxPooling2D",
                    sh(73, 73, 64),
                    [sh(147, 147, 64)],
                    pool_size=(3, 3),
                    strides=(2, 2),
                    padding="valid",
                ),
                ["c"],
            ),
            "e": (unit(1, 80, sh(73, 73, 80), padding="valid"), ["d"]),
            "f": (unit(3, 192, sh(71, 71, 192), padding="valid"), ["e"]),
            "g": (
                node(
                    "MaxPooling2D",
                    sh(35, 35, 192),
                    [sh(71, 71, 192)],
                    pool_size=(3, 3),
                    strides=(2, 2),
                    padding="valid",
                ),
                ["f"],
            ),
        },
        [sh(299, 299, 3)],
    )
    s = sh(35, 35, 64)
    inception = graph(
        {
            "a": (unit(1, 96, s, shape=sh(35, 35, 192)), ["in"]),
            "b": (unit(1, 48, s), ["in"]),
            "b2": (unit(5, 64, s), ["b"]),
            "c": (unit(1, 64, s), ["in"]),
            "c2": (unit(3, 96, s), ["c"]),
            "c3": (unit(3, 96, s), ["c2"]),
            "d": (node("AveragePooling2D", s, [s], pool_size=(3, 3), strides=(1, 1), padding="same"), ["in"]),
            "d2": (unit(1, 64, s), ["d"]),
            "m": (concat(s35, 4), ["a", "b2", "c3", "d2"]),
        },
        [sh(35, 35, 192)],
    )

    def resnet(branches: Sequence[Sequence[tuple[Any, int]]], shape: Shape, total: int, scale: float) -> LayerGraph:
        items: dict[str, Any] = {}
        ends = []
        for i, branch in enumerate(branches):
            before = "in"
            for j, (kernel, filters) in enumerate(branch):
                items[f"{i}.{j}"] = (unit(kernel, filters, (*shape[:-1], filters), shape=shape), [before])
                before = f"{i}.{j}"
            ends.append(before)
        items["cat"] = (concat((*shape[:-1], total), len(ends)), ends)
        items["up"] = (unit(1, shape[-1] or 0, shape, act="", norm=False), ["cat"])
        scaled = Node(f"scale{len(items)}", Layer("l", "Multiply", {}), (shape,), (shape,), {"y": scale})
        items["scale"] = (scaled, ["up"])
        items["add"] = (add(shape), ["in", "scale"])
        items["relu"] = (relu(shape), ["add"])
        return graph(items, [shape])

    a = resnet([[(1, 32)], [(1, 32), (3, 32)], [(1, 32), (3, 48), (3, 64)]], s35, 128, 0.17)
    b = resnet([[(1, 192)], [(1, 128), ((1, 7), 160), ((7, 1), 192)]], s17, 384, 0.1)
    c = resnet([[(1, 192)], [(1, 192), ((1, 3), 224), ((3, 1), 256)]], s8, 448, 0.2)
    t = sh(17, 17, 384)
    ra = graph(
        {
            "a": (unit(3, 384, t, stride=2, padding="valid", shape=s35), ["in"]),
            "b": (unit(1, 256, s35), ["in"]),
            "b2": (unit(3, 256, s35), ["b"]),
            "b3": (unit(3, 384, t, stride=2, padding="valid"), ["b2"]),
            "p": (node("MaxPooling2D", t, [s35], pool_size=(3, 3), strides=(2, 2), padding="valid"), ["in"]),
            "m": (concat(s17, 3), ["a", "b3", "p"]),
        },
        [s35],
    )
    u = sh(8, 8, 384)
    rb = graph(
        {
            "a": (unit(1, 256, s17), ["in"]),
            "a2": (unit(3, 384, u, stride=2, padding="valid"), ["a"]),
            "b": (unit(1, 256, s17), ["in"]),
            "b2": (unit(3, 288, u, stride=2, padding="valid"), ["b"]),
            "c": (unit(1, 256, s17), ["in"]),
            "c2": (unit(3, 288, s17), ["c"]),
            "c3": (unit(3, 320, u, stride=2, padding="valid"), ["c2"]),
            "p": (node("MaxPooling2D", u, [s17], pool_size=(3, 3), strides=(2, 2), padding="valid"), ["in"]),
            "m": (concat(s8, 4), ["a2", "b2", "c3", "p"]),
        },
        [s17],
    )
    last = Variant("scale 1.0, no ReLU", 1, c)
    defs = (
        definition("S", "Stem", stem, params=170_000, layers=17),
        definition("I", "Inception-A", inception, params=270_000, layers=23),
        definition("A", "Inception-ResNet-A", a, count=10, params=123_000, layers=22),
        definition("RA", "Reduction-A", ra, params=2_670_000, layers=14),
        definition("B", "Inception-ResNet-B", b, count=20, params=1_130_000, layers=16),
        definition("RB", "Reduction-B", rb, params=3_880_000, layers=23),
        definition("C", "Inception-ResNet-C", c, count=10, params=2_040_000, layers=16, variants=[last]),
    )
    blocks = [Block(d.letter, d.body, d.letter) for d in defs]
    gap = node("GlobalAveragePooling2D", sh(1536), [sh(8, 8, 1536)])
    dense = node("Dense", sh(1000), [sh(1536)], units=1000, activation="softmax")
    parts = (
        part("in", node("InputLayer", sh(299, 299, 3)), sh(299, 299, 3), [], kind="input", name="Input"),
        part("s", blocks[0], sh(35, 35, 192), ["in"], letter="S", name="Stem", params=170_000, layers=17),
        part("i", blocks[1], s35, ["s"], letter="I", name="Inception-A", params=270_000, layers=23),
        part(
            "a",
            blocks[2],
            s35,
            ["i"],
            letter="A",
            name="Inception-ResNet-A",
            repeat=10,
            params=1_230_000,
            layers=22,
            kind="run",
        ),
        part("ra", blocks[3], s17, ["a"], letter="RA", name="Reduction-A", params=2_670_000, layers=14),
        part(
            "b",
            blocks[4],
            s17,
            ["ra"],
            letter="B",
            name="Inception-ResNet-B",
            repeat=20,
            params=22_550_000,
            layers=16,
            kind="run",
        ),
        part("rb", blocks[5], s8, ["b"], letter="RB", name="Reduction-B", params=3_880_000, layers=23),
        part(
            "c",
            blocks[6],
            s8,
            ["rb"],
            letter="C",
            name="Inception-ResNet-C",
            repeat=10,
            params=20_370_000,
            layers=16,
            kind="run",
            variants=[None] * 9 + ["scale 1.0, no ReLU"],
        ),
        part("conv", unit(1, 1536, sh(8, 8, 1536)), sh(8, 8, 1536), ["c"], kind="unit", params=3_200_000),
        part("gap", gap, sh(1536), ["conv"], kind="layer"),
        part("fc", dense, sh(1000), ["gap"], kind="layer", params=1_540_000),
    )
    return Outline(
        "InceptionResNetV2",
        782,
        449,
        Cost(55_873_736, 55_813_192, 13_200_000_000),
        (sh(299, 299, 3),),
        (sh(1000),),
        parts,
        defs,
        facts={"size_mb": "215", "top1": "80.3", "top5": "95.3"},
        structure_hash="0123abcd",
    )


def bottleneck(shape: Shape, f: int, projection: bool) -> tuple[LayerGraph, dict[str, str]]:
    narrow = (*shape[:-1], f)
    a, b, c = unit(1, f, narrow, shape=shape), unit(3, f, narrow), unit(1, 4 * f, shape, act="", shape=narrow)
    items: dict[str, Any] = {"a": (a, ["in"]), "b": (b, ["a"]), "c": (c, ["b"])}
    side = "in"
    if projection:
        items["p"] = (unit(1, 4 * f, shape, act=""), ["in"])
        side = "p"
    items["m"] = (add(shape), ["c", side])
    items["r"] = (relu(shape), ["m"])
    return graph(items, [shape]), {a.id: "f", b.id: "f", c.id: "4f"}


def resnet50() -> Outline:
    _COUNT[0] = 0
    body, symbols = bottleneck(sh(56, 56, 256), 64, False)
    other, other_symbols = bottleneck(sh(56, 56, 256), 64, True)
    projection = next(
        name
        for name in other
        if other.out_degree(name) == 1 and next(iter(other.succ[name])).startswith("add") and name not in other_symbols
    )
    variant = Variant("projection shortcut", 4, other, {**other_symbols, projection: "4f"}, frozenset({projection}))
    d = definition(
        "A",
        "Bottleneck",
        body,
        count=16,
        params=1_000_000,
        layers=10,
        symbols=symbols,
        parameters={"f": ("64", "128", "256", "512")},
        variants=[variant],
    )
    block = Block("A", body, "A")
    parts = [
        part("in", node("InputLayer", sh(224, 224, 3)), sh(224, 224, 3), [], kind="input", name="Input"),
        part("c1", unit(7, 64, sh(112, 112, 64), stride=2), sh(112, 112, 64), ["in"], kind="unit", params=9472),
        part("p1", node("MaxPooling2D", sh(56, 56, 64), pool_size=(3, 3), strides=(2, 2), padding="same"),
             sh(56, 56, 64), ["c1"], kind="layer"),
    ]  # fmt: skip
    before = "p1"
    for stage, (count, f, size, params) in enumerate(
        ((3, 64, 56, 220_032), (4, 128, 28, 1_230_336), (6, 256, 14, 7_129_088), (3, 512, 7, 14_998_528)), 2
    ):
        ident = f"r{stage}"
        parts.append(
            part(
                ident,
                block,
                sh(size, size, 4 * f),
                [before],
                kind="run",
                letter="A",
                name="Bottleneck",
                repeat=count,
                params=params,
                layers=10,
                values={"f": str(f)},
                variants=["projection shortcut"] + [None] * (count - 1),
                stage=f"conv{stage}_x",
            )
        )
        before = ident
    parts.append(part("gap", node("GlobalAveragePooling2D", sh(2048)), sh(2048), [before], kind="layer"))
    parts.append(
        part(
            "fc",
            node("Dense", sh(1000), units=1000, activation="softmax"),
            sh(1000),
            ["gap"],
            kind="layer",
            params=2_049_000,
        )
    )
    return Outline(
        "ResNet50",
        177,
        107,
        Cost(25_636_712, 25_583_592, 3_860_000_000),
        (sh(224, 224, 3),),
        (sh(1000),),
        tuple(parts),
        (d,),
        facts={"size_mb": "98", "top1": "74.9", "top5": "92.1"},
        structure_hash="feed",
    )


def transfer() -> Outline:
    _COUNT[0] = 0
    body = chain_body([node("Conv2D", sh(8, 8, 1536), [sh(299, 299, 3)])])
    backbone = Backbone("base", body, Network("InceptionResNetV2"))
    parts = (
        part("in", node("InputLayer", sh(299, 299, 3)), sh(299, 299, 3), [], kind="input", name="Input"),
        part("flip", node("RandomFlip", sh(299, 299, 3)), sh(299, 299, 3), ["in"], kind="layer"),
        part("rot", node("RandomRotation", sh(299, 299, 3)), sh(299, 299, 3), ["flip"], kind="layer"),
        part(
            "base",
            backbone,
            sh(8, 8, 1536),
            ["rot"],
            kind="backbone",
            name="InceptionResNetV2",
            params=54_336_736,
            trainable=0,
            layers=780,
        ),
        part("gap", node("GlobalAveragePooling2D", sh(1536)), sh(1536), ["base"], kind="layer"),
        part("drop", node("Dropout", sh(1536), rate=0.2), sh(1536), ["gap"], kind="layer"),
        part(
            "fc", node("Dense", sh(10), units=10, activation="softmax"), sh(10), ["drop"], kind="layer", params=15_370
        ),
    )
    return Outline(
        "Flowers",
        785,
        450,
        Cost(54_352_106, 15_370, 13_000_000_000),
        (sh(299, 299, 3),),
        (sh(10),),
        parts,
        (),
        structure_hash="beef",
    )


def unet() -> Outline:
    _COUNT[0] = 0
    inside = chain_body([node("Conv2D", sh(7, 7, 2048), [sh(224, 224, 3)])])
    encoder = Backbone("enc", inside, Network("ResNet50"))
    taps = tuple(
        Tap(f"l{i}", f"C{i}", sh(224 >> i, 224 >> i, c)) for i, c in ((1, 64), (2, 256), (3, 512), (4, 1024), (5, 2048))
    )
    below, skips = 2048, (1024, 512, 256, 64, 0)
    blocks, symbols = [], []
    for i, f in enumerate((256, 128, 64, 32, 16)):
        s, entries = (
            sh(14 << i, 14 << i, f),
            [sh(7 << i, 7 << i, below)] + ([sh(14 << i, 14 << i, skips[i])] if skips[i] else []),
        )
        up = node("UpSampling2D", (*s[:-1], below), [entries[0]], size=(2, 2))
        one, two = unit(3, f, s), unit(3, f, s)
        items: dict[str, Any] = {"u": (up, ["in"])}
        if skips[i]:
            merge = node("Concatenate", (*s[:-1], below + skips[i]), [(*s[:-1], below), entries[1]], axis=-1)
            items["m"] = (merge, ["u", "in1"])
        items |= {"a": (one, ["m" if skips[i] else "u"]), "b": (two, ["a"])}
        blocks.append(Block(f"D{i}", graph(items, entries), "D"))
        symbols.append({one.id: "f", two.id: "f"})
        below = f
    d = definition(
        "D",
        "Decoder block",
        blocks[0].body,
        count=5,
        params=1_000_000,
        layers=8,
        symbols=symbols[0],
        parameters={"f": ("256", "128", "64", "32", "16")},
    )
    parts = [
        part("in", node("InputLayer", sh(224, 224, 3)), sh(224, 224, 3), [], kind="input", name="Input"),
        part("enc", encoder, sh(7, 7, 2048), ["in"], kind="backbone", name="ResNet50", params=23_587_712, layers=175,
             taps=taps),
    ]  # fmt: skip
    before = "enc"
    for i, (f, params) in enumerate(((256, 7_670_000), (128, 1_030_000), (64, 260_000), (32, 46_000), (16, 7_000))):
        ident, size = f"d{i}", 14 << i
        parts.append(
            part(
                ident,
                blocks[i],
                sh(size, size, f),
                [before, "enc"] if skips[i] else [before],
                letter="D",
                name="Decoder block",
                params=params,
                layers=8,
                values={"f": str(f)},
            )
        )
        before = ident
    parts.append(
        part(
            "head",
            unit(1, 21, sh(224, 224, 21), act="softmax", norm=False),
            sh(224, 224, 21),
            [before],
            kind="unit",
            params=357,
        )
    )
    return Outline(
        "U-Net",
        240,
        130,
        Cost(32_600_000, 32_500_000, 9_000_000_000),
        (sh(224, 224, 3),),
        (sh(224, 224, 21),),
        tuple(parts),
        (d,),
    )


def two_towers() -> Outline:
    """Two inputs, equal towers, a merge, two outputs, a skip, and an unknown layer with a hostile name."""
    _COUNT[0] = 0
    s = sh(32, 32, 16)
    body = graph({"a": (unit(3, 16, s), ["in"]), "b": (node("MyOwnLayer", s, [s]), ["a"])}, [s])
    d = definition("A", 'Conv <block> & \\N "x"', body, count=4, params=4640, layers=3)
    block = Block("A", body, "A")
    parts = (
        part("x", node("InputLayer", s), s, [], kind="input", name="left"),
        part("y", node("InputLayer", s), s, [], kind="input", name="right"),
        part("a", block, s, ["x"], letter="A", name=d.name, params=4640, layers=3, repeat=2, kind="run"),
        part("b", block, s, ["y"], letter="A", name=d.name, params=4640, layers=3, repeat=2, kind="run"),
        part("c", concat(sh(32, 32, 32)), sh(32, 32, 32), ["a", "b"], kind="layer"),
        part("d1", node("Dense", sh(10), units=10, activation="softmax"), sh(10), ["c"], kind="layer", params=330),
        part("d2", node("Dense", sh(1), units=1, activation="sigmoid"), sh(1), ["c"], kind="layer", params=33),
    )
    return Outline(
        "Two <towers> & $x_1$ \\N", 9, 6, Cost(9643, 9643, 1_000_000, 0, 2), (s, s), (sh(10), sh(1)), parts, (d,)
    )


def zoo_definitions(name: str) -> dict[str, Definition]:
    """The block types of a network of the zoo or of keras.applications, by letter."""
    summary = zoo_summary(name) if (ZOO / f"{name}.json.gz").exists() else known_summary(name)
    return {found.letter: found for found in summary.outline.definitions}


def cell() -> Outline:
    _COUNT[0] = 0
    """A two-input cell whose wiring is no series of branches."""
    s = sh(42, 42, 168)
    items: dict[str, Any] = {"h": (unit(1, 168, s, act=""), ["in"]), "p": (unit(1, 168, s, act=""), ["in1"])}
    pairs = (("h", 5, "p", 3), ("p", 5, "p", 3), ("h", 0, "p", 1), ("p", 1, "p", 1), ("h", 3, "h", 1))
    for n, (x, k, y, m) in enumerate(pairs):
        for side, source, kernel in (("a", x, k), ("b", y, m)):
            made = (
                node("AveragePooling2D", s, [s], pool_size=(3, 3), strides=(1, 1), padding="same")
                if kernel < 2
                else unit(kernel, 168, s, op="SeparableConv2D", act="")
            )
            items[f"{n}{side}"] = (made, [source])
        items[f"{n}"] = (add(s), [f"{n}a", f"{n}b"])
    items["m"] = (concat(sh(42, 42, 1008), 6), ["p", *(str(n) for n in range(5))])
    body = graph(items, [sh(42, 42, 1008), sh(42, 42, 1008)])
    d = definition("N", "Normal cell", body, count=18, params=1_000_000, layers=48)
    block = Block("N", body, "N")
    parts = [
        part("in", node("InputLayer", s), s, [], kind="input", name="Input"),
        part("s", unit(3, 96, s), s, ["in"], kind="unit", params=96),
    ]
    names = ["s"]
    for n in range(4):
        parts.append(
            part(
                f"n{n}",
                block,
                sh(42, 42, 1008),
                [names[-1], *names[-2:-1]],
                letter="N",
                name="Normal cell",
                repeat=6 if n else 1,
                params=6_000_000,
                kind="run",
                layers=48,
            )
        )
        names.append(f"n{n}")
    return Outline(
        "Cells", 300, 200, Cost(24_000_096, 24_000_096, 10**10), (s,), (sh(42, 42, 1008),), tuple(parts), (d,)
    )


ALL = ("inception_resnet_v2", "resnet50", "transfer", "unet", "two_towers", "cell")


def random_outline(seed: int) -> Outline:
    """Parts that read any of those before them, at several resolutions."""
    pick = random.Random(seed)
    parts: list[Part] = []
    for number in range(pick.randint(3, 40)):
        size = pick.choice([32, 16, 8, 4])
        shape = sh(size, size, 8) if pick.random() < 0.9 else sh(8)
        reads = [f"p{n}" for n in sorted(pick.sample(range(number), min(number, pick.choice([0, 1, 1, 1, 2, 3]))))]
        item = node(pick.choice(["Add", "Concatenate", "Dot"]), shape, [shape] * len(reads))
        if len(reads) < 2:
            item = unit(3, 16, shape) if reads else node("InputLayer", shape)
        parts.append(part(f"p{number}", item, shape, reads, kind="unit", params=100 * number))
    return Outline("Random", 9, 9, Cost(5000, 5000), (), (), tuple(parts), ())
