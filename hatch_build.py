"""Metadata that depend on where the repository is published: the README's links, and the project's addresses.

    BLOCKVIZ_ADDRESS=https://… python -m build

The README links to files of the repository. On an index of packages there are none, so with an address the links lead
there, to the tag of the version; without one they are words, and the picture is left out.
"""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface

ADDRESS = "BLOCKVIZ_ADDRESS"
_PICTURE = re.compile(r'<p align="center"><img src="(?!https?:)[^"]+"[^>]*></p>\n\n')
_SOURCE = re.compile(r'(<img src=")(?!https?:)([^"]+)')
_LINK = re.compile(r"\[([^\]]+)\]\((?!https?:)([^)]+)\)")


class CustomMetadataHook(MetadataHookInterface):
    """Fills in ``readme`` and ``urls``."""

    def update(self, metadata: dict[str, Any]) -> None:
        """See the module."""
        address = os.environ.get(ADDRESS, "").rstrip("/")
        text = (Path(self.root) / "README.md").read_text(encoding="utf-8")
        metadata["readme"] = {"content-type": "text/markdown", "text": readme(text, address, metadata["version"])}
        if address:
            metadata["urls"] = urls(address, metadata["version"])


def readme(text: str, address: str, version: str) -> str:
    """The README for a reader who has no repository around it."""
    if not address:
        return _LINK.sub(r"\1", _PICTURE.sub("", text))
    text = _SOURCE.sub(rf"\g<1>{address}/raw/v{version}/\2", text)
    return _LINK.sub(rf"[\1]({address}/blob/v{version}/\2)", text)


def urls(address: str, version: str) -> dict[str, str]:
    """Addresses by the names that indexes of packages know."""
    at = f"{address}/blob/v{version}"
    return {
        "Source": address,
        "Issues": f"{address}/issues",
        "Documentation": f"{at}/docs/index.md",
        "Changelog": f"{at}/CHANGELOG.md",
    }
