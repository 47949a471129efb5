"""Kombo's official example records, read from its OpenAPI document and served as pages.

They belong to an integration of their own, so that they never mix with made-up records.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import msgspec

from kombo_emulator.errors import ApiError

EXAMPLES_ID = "examples:openapi"
"""The integration to which all examples belong."""


class Examples:
    """The example answer of each GET path that has one."""

    def __init__(self, document: Path) -> None:
        """Read the examples of an OpenAPI document.

        Raises:
            OSError: If it cannot be read.
            msgspec.DecodeError: If it is not JSON.
        """
        paths: dict[str, Any] = msgspec.json.decode(Path(document).read_bytes())["paths"]
        self._answers: list[tuple[re.Pattern[str], dict[str, Any]]] = []
        self.paths: list[str] = []
        for path, operations in paths.items():
            data = _example(operations.get("get"))
            if data is not None:
                self.paths.append(path)
                pattern = re.sub(r"\\\{[^/]+\\\}", "[^/]+", re.escape(path))
                self._answers.append((re.compile(pattern), data))

    def answer(self, path: str) -> dict[str, Any]:
        """The `data` of the example at a path; a list is one page, whatever its cursor says.

        Raises:
            ApiError: If there is no example at this path.
        """
        for pattern, data in self._answers:
            if pattern.fullmatch(path):
                ends = {name: None for name in ("next", "next_cursor") if name in data}
                identity = {"id": EXAMPLES_ID} if "read_models" in data else {}
                return data | ends | identity
        raise ApiError(404, "INTEGRATION.MODEL_NOT_AVAILABLE", "no example at this path")


def _example(operation: dict[str, Any] | None) -> dict[str, Any] | None:
    """The `data` of an operation's first example of a 200 answer."""
    answer = (operation or {}).get("responses", {}).get("200", {})
    examples = answer.get("content", {}).get("application/json", {}).get("examples", {})
    for example in examples.values():
        data: dict[str, Any] | None = example.get("value", {}).get("data")
        return data
    return None
