"""What of the setting `stream_maps` concerns a stream, and which of its expressions fails."""

from __future__ import annotations

import logging
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

from singer_sdk.mapper import PluginMapper

from tap_kombo.replication.question import fingerprint

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FLATTENING = (
    "flattening_enabled",
    "flattening_max_depth",
    "flattening_separator",
    "flattening_max_key_length",
)


def fingerprint_of(config: Mapping[str, Any], stream: str) -> str:
    """Return a hash of the stream maps and the flattening that change what a stream sends.

    Args:
        config: The settings.
        stream: Name of the stream.

    Returns:
        A hash, as expressions and seeds are nobody's business; empty if there is nothing.
    """
    maps = dict(_concerned(config, stream))
    chosen = {
        name: config[name]
        for name in FLATTENING
        if config.get("flattening_enabled") and config.get(name) is not None
    }
    if not (maps or chosen):
        return ""
    return fingerprint([maps, maps and config.get("stream_map_config"), chosen])


def failing_column(
    config: Mapping[str, Any], stream: str, schema: Mapping[str, Any], record: Mapping[str, Any]
) -> str | None:
    """Find the column whose expression fails for a record, by trying one after the other.

    Args:
        config: The settings.
        stream: Name of the stream.
        schema: Its JSON Schema.
        record: The record.

    Returns:
        The column; `None` if each works by itself.
    """
    for key, columns in _concerned(config, stream):
        for column, expression in columns.items() if isinstance(columns, dict) else ():
            alone: dict[str, Any] = {stream: {column: expression}}
            try:
                mapper = PluginMapper({**config, "stream_maps": alone}, logging.getLogger(__name__))
                mapper.register_raw_stream_schema(stream, dict(schema), None)
                mapper.stream_maps[stream][0].transform(dict(record))
            except Exception:  # noqa: BLE001 - an expression raises anything
                return f"{column} of {key}" if key != stream else column
    return None


def _concerned(config: Mapping[str, Any], stream: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of `stream_maps` that a stream goes through."""
    for key, columns in (config.get("stream_maps") or {}).items():
        source = columns.get("__source__", key) if isinstance(columns, dict) else key
        if key == "__else__" or fnmatch(stream, source):
            yield key, columns
