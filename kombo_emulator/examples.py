"""Kombo's official example records, read from its OpenAPI document and served as pages.

They belong to an integration of their own, so that they never mix with made-up records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.exchange import ApiError

if TYPE_CHECKING:
    from pathlib import Path

EXAMPLES_ID = "examples:openapi"
"""The integration to which all examples belong."""


class Examples:
    """The example answer of each GET path that has one.

    Attributes:
        answers: The `data` of each, by path.
    """

    def __init__(self, document: Path) -> None:
        """Read the first example of each answer 200 in an OpenAPI document.

        Raises:
            OSError: If it cannot be read.
            msgspec.DecodeError: If it is not JSON.
        """
        paths: dict[str, Any] = msgspec.json.decode(document.read_bytes())["paths"]
        self.answers: dict[str, dict[str, Any]] = {}
        for path, operations in paths.items():
            answer = operations.get("get", {}).get("responses", {}).get("200", {})
            content = answer.get("content", {}).get("application/json", {})
            for example in reversed(content.get("examples", {}).values()):
                self.answers[path] = example["value"]["data"]

    def answer(self, path: str) -> dict[str, Any]:
        """The `data` of the example at a path; a list is one page, whatever its cursor says.

        Raises:
            ApiError: If there is no example at this path.
        """
        for template, data in self.answers.items():
            if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
                ends = {name: None for name in ("next", "next_cursor") if name in data}
                identity = {"id": EXAMPLES_ID} if "read_models" in data else {}
                return data | ends | identity
        raise ApiError(404, "INTEGRATION.MODEL_NOT_AVAILABLE", "no example at this path")
