"""What each command does: call the pipeline, hand the result to page, tables or render, print or write."""

from blockviz.commands.drawing import SUFFIX_HELP, render
from blockviz.commands.machine import catalogue, completion, doctor
from blockviz.commands.reading import cite, describe, inspect
from blockviz.commands.tabulating import compare, report, table

__all__ = [
    "SUFFIX_HELP",
    "catalogue",
    "cite",
    "compare",
    "completion",
    "describe",
    "doctor",
    "inspect",
    "render",
    "report",
    "table",
]
