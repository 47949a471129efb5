"""The setting `filters`: an endpoint's own query parameters, per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Scalar: TypeAlias = "str | int | float | bool"
Filters: TypeAlias = "Mapping[str, Mapping[str, Scalar | Sequence[Scalar]]]"


def query_parameters(filters: Filters, stream: str) -> dict[str, str]:
    """Return a stream's filters as query parameters."""
    return {name: as_text(value) for name, value in sorted(filters.get(stream, {}).items())}


def as_text(value: Scalar | Sequence[Scalar]) -> str:
    """Return a value as Kombo reads it: `true` or `false`, and a list as one text with commas."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return ",".join(as_text(one) for one in value)
