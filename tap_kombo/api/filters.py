"""The setting `filters`: an endpoint's own query parameters, per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Scalar: TypeAlias = "str | int | float | bool"
Filters: TypeAlias = "Mapping[str, Mapping[str, Scalar | Sequence[Scalar]]]"


def query_parameters(filters: Filters, stream: str) -> dict[str, str]:
    """Return a stream's filters as Kombo reads them: a list is one text with commas.

    Args:
        filters: The setting.
        stream: Name of the stream.

    Returns:
        Query parameters; booleans are `true` or `false`.
    """
    return {name: as_text(value) for name, value in sorted(filters.get(stream, {}).items())}


def as_text(value: Scalar | Sequence[Scalar]) -> str:
    """Return a value as a query parameter; `requests` would write a boolean as `True`."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str | int | float):
        return str(value)
    return ",".join(as_text(one) for one in value)
