"""One JSON Schema per stream; `scripts/update_schemas.py` writes each except the ledger's."""

from __future__ import annotations

import importlib.resources
from functools import cache
from typing import Any

import msgspec


def load_schema(stream: str) -> dict[str, Any]:
    """Read the JSON Schema of a stream, one that may be changed.

    Raises:
        FileNotFoundError: If there is no such stream.
    """
    schema: dict[str, Any] = msgspec.json.decode(_file(stream))
    return schema


@cache
def _file(stream: str) -> bytes:
    return (importlib.resources.files(__name__) / f"{stream}.json").read_bytes()


def outline(schema: Any) -> Any:  # noqa: ANN401 - any part of a JSON Schema
    """Return a schema without its descriptions: all that decides what is stored.

    Args:
        schema: The schema, or a part of it.
    """
    if not isinstance(schema, dict):
        return schema
    kept: dict[str, Any] = {}
    for name, one in schema.items():
        if name == "properties":
            kept[name] = {key: outline(inner) for key, inner in one.items()}
        elif name != "description":
            kept[name] = outline(one)
    return kept
