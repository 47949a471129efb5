"""Kombo's official example records, read from its OpenAPI document and served as pages.

They belong to an integration of their own, so that they never mix with made-up records.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from kombo_emulator.exchange import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

EXAMPLES_ID = "examples:openapi"
"""The integration to which all examples belong."""


def read_examples(document: Path) -> dict[str, Any]:
    """Return the `data` of the first example of each answer 200 in an OpenAPI document, by path."""
    paths: dict[str, Any] = msgspec.json.decode(document.read_bytes())["paths"]
    found = {}
    for path, operations in paths.items():
        answer = operations.get("get", {}).get("responses", {}).get("200", {})
        content = answer.get("content", {}).get("application/json", {})
        for example in reversed(content.get("examples", {}).values()):
            found[path] = example["value"]["data"]
    return found


def example(examples: Mapping[str, Any], path: str) -> dict[str, Any]:
    """Return the `data` at a path; a list is one page, whatever its cursor says.

    Raises:
        ApiError: If there is no example at this path.
    """
    for template, data in examples.items():
        if re.fullmatch(re.sub(r"{\w+}", "[^/]+", template), path):
            ends = {name: None for name in ("next", "next_cursor") if name in data}
            identity = {"id": EXAMPLES_ID} if "read_models" in data else {}
            return {**data, **ends, **identity}
    raise ApiError(404, "INTEGRATION.MODEL_NOT_AVAILABLE", "no example at this path")
