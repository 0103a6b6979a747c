"""One line of the text of a graph, read from left to right."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator
from typing import Any

from blockviz.errors import ModelError
from blockviz.ir.graph import Port
from blockviz.ir.items import UNKNOWN, Layer, Node, Shape
from blockviz.runtime.records import fields_of

BARE = re.compile(r"[^\s=(),#%{}|\[\]\"-][^\s=(),#%{}|\[\]\"]*")
_ENTRY = re.compile(r"%(\d+)")
_JSON = json.JSONDecoder()


class Line:
    """One line and a place in it."""

    def __init__(self, number: int, text: str) -> None:
        self.number, self.text, self.at = number, text, 0
        self._space()

    def error(self, what: str) -> ModelError:
        """An error that names the line."""
        return ModelError(f"line {self.number} {what}: {self.text.strip()[:80]}")

    def _space(self) -> None:
        while self.at < len(self.text) and self.text[self.at] == " ":
            self.at += 1

    def skips(self, word: str) -> bool:
        """Whether the word stands here; it is passed over then."""
        if not self.text.startswith(word, self.at):
            return False
        self.at += len(word)
        self._space()
        return True

    def begins_with(self, word: str) -> bool:
        """Whether the line's first word is this one; it is passed over then."""
        return self.text.strip().split(" ")[0] == word and self.skips(word)

    def expects(self, word: str) -> None:
        """Pass over a word that must stand here."""
        if not self.skips(word):
            raise self.error(f"lacks {word!r}")

    def name(self) -> str:
        """A name, bare or quoted."""
        if self.text.startswith('"', self.at):
            return str(self.json())
        found = BARE.match(self.text, self.at)
        if found is None:
            raise self.error("lacks a name")
        self.at = found.end()
        self._space()
        return found[0]

    def json(self) -> Any:
        """A JSON value."""
        try:
            value, self.at = _JSON.raw_decode(self.text, self.at)
        except ValueError:
            raise self.error("has no JSON value where one belongs") from None
        self._space()
        return value

    def ports(self, end: str) -> Iterator[Port]:
        """Operands up to ``end``, or to the end of the line: (id, output), ("%", entry) or ("-", 0) for none."""
        while self.at < len(self.text) and not self.skips(end):
            entry = _ENTRY.match(self.text, self.at)
            if entry:
                self.at = entry.end()
                yield "%", int(entry[1])
            elif self.text.startswith("-", self.at):
                self.at += 1
                yield "-", 0
            else:
                name = self.name()
                yield name, int(self.json()) if self.skips("#") else 0
            self._space()
            self.skips(",")

    def fields(self) -> dict[str, Any]:
        """What stands behind the bar."""
        found: dict[str, Any] = {}
        if self.skips("|"):
            while self.at < len(self.text):
                key = self.name()
                self.expects("=")
                found[key] = self.json()
        elif self.at < len(self.text):
            raise self.error("has something that belongs nowhere")
        return found

    def shapes(self) -> Iterator[Shape]:
        """Shapes behind the arrow."""
        if self.skips("->"):
            while self.skips("["):
                sizes, _, _ = self.text[self.at :].partition("]")
                self.at += len(sizes)
                self.expects("]")
                self.skips(",")
                words = sizes.replace(",", " ").split()
                yield UNKNOWN if words == ["*"] else tuple(None if word == "?" else int(word) for word in words)

    def call(self, name: str, op: str, read: Iterable[Shape], layers: dict[str, Layer]) -> Node:
        """The rest of the line of a call."""
        config = self.json() if self.text.startswith("{", self.at) else {}
        outputs, fields = tuple(self.shapes()), self.fields()
        inputs = [UNKNOWN if one is None else tuple(one) for one in fields.pop("inputs", ())] or read
        owner = fields.pop("layer", name.rpartition("@")[0] if "call" in fields else name)
        own = {key: fields.pop(key) for key in fields_of(Layer("", "")) if key in fields}
        layer = layers.setdefault(owner, Layer(owner, op, config, **own))
        more: dict[str, Any] = {key: tuple(v) if isinstance(v, list) else v for key, v in fields.items()}
        return Node(name, layer, tuple(inputs), outputs, **more)
