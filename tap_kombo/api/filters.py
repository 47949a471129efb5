"""The setting `filters`: an endpoint's own query parameters, per stream."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

from tap_kombo.api.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Scalar: TypeAlias = "str | int | float | bool"
Filters: TypeAlias = "Mapping[str, Mapping[str, Scalar | Sequence[Scalar]]]"


def filter_complaints(filters: Filters) -> Iterator[str]:
    """Yield a sentence for each stream or parameter that does not exist.

    Args:
        filters: The setting as the user gave it.

    Yields:
        A line that names the mistake and what there is instead.
    """
    known = {endpoint.name: endpoint.filters for endpoint in ENDPOINTS}
    for stream, parameters in filters.items():
        if stream not in known:
            there = ", ".join(name for name, names in known.items() if names)
            yield f"Setting 'filters': there is no stream '{stream}'. Filters exist for: {there}."
            continue
        for parameter in parameters:
            if parameter not in known[stream]:
                there = ", ".join(known[stream]) or "none"
                yield (
                    f"Setting 'filters': stream '{stream}' has no parameter '{parameter}'. "
                    f"It has: {there}."
                )


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
