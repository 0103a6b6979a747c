"""Modules, which are blocks of blocks: rows whose length differs between copies, parts that need no panel, cuts."""

from __future__ import annotations

from functools import partial

import pytest

from blockviz.ir import Block, Fold, Run, blocks_in, contract, leaves
from blockviz.page import parse_page
from blockviz.page.fitting.compose import compose
from blockviz.pipeline import run_passes, summarize
from blockviz.search.linearise import Interner, sequence_of
from graphs import Builder, zoo


def residual_unit(b: Builder, x: str, width: int) -> str:
    return b.add("Add", x, b.conv(b.conv(x, width, 1), width))


@pytest.mark.parametrize("counts", [(1, 2, 5, 3), (1, 2, 3, 1), (1, 1, 1, 4)])
def test_stages_with_runs_of_different_lengths_are_one_module(counts: tuple[int, ...]) -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for stage, count in enumerate(counts):
        width = 8 << stage
        x = b.conv(x, 2 * width, 3)
        y, short = b.conv(x, width, 1), b.conv(x, width, 1)
        for _ in range(count):
            y = residual_unit(b, y, width)
        x = b.conv(b.add("Concatenate", b.conv(y, width, 1), short), 2 * width, 1)
    outline = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline
    module, unit = outline.definitions
    assert (module.name, module.count, module.variants) == ("Cross-stage partial block", 4, ())
    assert module.parameters["n"] == tuple(map(str, sorted({*counts})))
    assert (unit.count, unit.level) == (sum(counts), 0)
    runs = [part.values["n"] for part in outline.parts if part.letter == "A"]
    several = ", ".join(dict.fromkeys(map(str, counts))) if len(set(counts)) < 4 else f"1–{max(counts)}"
    assert runs == [several]  # of one resolution, so one run


def test_the_number_of_blocks_in_a_module_is_a_letter_in_its_panel() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for count in (1, 4):
        y = b.conv(x, 8, 1)
        for _ in range(count):
            y = residual_unit(b, y, 8)
        x = b.conv(b.add("Concatenate", b.conv(y, 8, 1), b.conv(x, 8, 1)), 8, 1)
    page = compose(summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline, parse_page("a4"))
    lines = ["".join(run.text for run in words.runs) for sheet in page.sheets for words in sheet.words]
    assert any(line.endswith(" ×n") for line in lines)
    assert any(line.endswith("n = 1, 4") for line in lines)


def test_towers_beside_each_other_are_no_branches_of_a_fork() -> None:
    b = Builder()
    ends = []
    for count in (2, 3):
        x = b.conv(b.input(), 8)
        for _ in range(count):
            x = residual_unit(b, x, 8)
        ends.append(b.add("GlobalAveragePooling2D", x))
    found = run_passes(b.finish(b.add("Concatenate", *ends)))
    assert sorted(len(item.body) for item in found.items() if isinstance(item, Run)) == [2, 3]


def test_a_row_of_chains_is_no_residual_branch_without_its_addition() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(6):
        x = residual_unit(b, x, 8)
    x = b.add("MaxPooling2D", x, pool_size=[2, 2], strides=[2, 2])
    for _ in range(3):
        x = b.conv(b.conv(x, 16, 1), 32)
    outline = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline
    assert [(found.count, found.variants) for found in outline.definitions] == [(6, ()), (3, ())]


def test_a_block_of_mere_rearrangements_is_opened() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    for _ in range(4):
        y = b.add("Reshape", b.conv(x, 8), target_shape=[1024, 8])
        y = b.add("Reshape", b.add("Permute", y, dims=[2, 1]), target_shape=[32, 32, 8])
        x = b.add("Add", x, b.conv(y, 8, 5))
    found = run_passes(b.finish(b.add("GlobalAveragePooling2D", x)))
    assert all(any(node.layer.params != 0 for node in leaves(block.body)) for block in blocks_in(found))


def test_a_chain_in_each_copy_of_one_type_is_a_part_of_it() -> None:
    b = Builder()
    x = b.conv(b.input(), 16)
    for count in (2, 4, 3):
        y = b.add("LayerNormalization", b.conv(b.conv(x, 16), 8, 1, norm=False, act=False))
        y = b.add("Dense", y, params=1, units=8)
        for _ in range(count):
            y = residual_unit(b, y, 8)
        y = b.add("Dense", b.add("LayerNormalization", y), params=1, units=8)
        x = b.conv(b.add("Concatenate", x, b.conv(y, 16, 1)), 16, 5)
    outline = summarize(b.finish(b.add("GlobalAveragePooling2D", x))).outline
    assert [found.count for found in outline.definitions] == [3, 9]  # the module, and the unit in it
    assert outline.definitions[0].parameters["n"] == ("2", "3", "4")


def test_a_module_that_upsamples_begins_with_that() -> None:
    b = Builder()
    x = b.conv(b.input(), 8)
    y = residual_unit(b, x, 8)
    up = b.add("UpSampling2D", y, size=[2, 2])
    graph = b.finish(residual_unit(b, b.add("Concatenate", up, x), 8))
    names = list(graph)
    first, second = names.index(x) + 1, names.index(up) + 2
    ends = (names.index(up), len(names))
    folds = [
        Fold(names[begin:end], partial(Block, f"block {begin}", type="T0"))
        for begin, end in zip((first, second), ends, strict=True)
    ]
    sequence = sequence_of(contract(graph, folds), Interner())
    begin = sequence.names.index(f"block {first}")
    assert sequence.ends_larger(begin, begin + 3)  # block, upsampling, concatenation
    assert not sequence.ends_larger(begin + 1, begin + 4)  # upsampling, concatenation, block


def test_modules_that_repeat_inside_a_block_with_a_name_keep_their_box() -> None:
    counts = sorted(found.count for found in summarize(zoo("InceptionTime")).outline.definitions)
    assert counts == [2, 6]  # residual blocks of three inception modules
