"""What settings and catalog make of a stream's passes: what they store, and where they begin."""

from __future__ import annotations

from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pendulum
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_kombo.api.filters import as_text
from tap_kombo.api.timestamps import to_kombo, to_moment
from tap_kombo.replication.bookmarks import Policy
from tap_kombo.replication.question import Question, fingerprint
from tap_kombo.schemas import outline
from tap_kombo.selection import deselected_paths

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

FLATTENING = tuple(
    f"flattening_{name}" for name in ("enabled", "max_depth", "separator", "max_key_length")
)


def policy_of(stream: Any) -> Policy:  # noqa: ANN401 - a `KomboStream`, which knows this
    """Return what decides where the passes of a stream begin."""
    config, filters = stream.config, stream.filters
    include_deleted, start_date = config["include_deleted"], config.get("start_date")
    is_own = stream.effective_schema == stream.schema  # else a catalog has brought another
    schema = stream.whole_schema if is_own else stream.effective_schema
    unwanted = [*stream.hidden, *deselected_paths(stream.mask)]
    former = filters | {"include_deleted": as_text(include_deleted)}
    return Policy(
        question=Question(
            filters={name: fingerprint(value) for name, value in filters.items()},
            ignore_unsupported_filters=bool(filters and config["ignore_unsupported_filters"]),
            include_deleted=include_deleted,
            anonymized_records=config["anonymized_records"],
            start_date=to_kombo(to_moment(start_date)) if start_date else None,
            deselected=tuple(".".join(path) for path in unwanted),
            columns=fingerprint(outline(schema)),
            maps=maps_fingerprint(config | {"stream_maps": stream.tap.stream_maps}, stream.name),
        ),
        incremental=stream.endpoint.incremental,
        lookback=pendulum.duration(seconds=config["lookback_seconds"]),
        full_pass_interval=pendulum.duration(days=config["full_pass_interval_days"]),
        page_size=config["page_size"],
        always_full=stream.replication_method == REPLICATION_FULL_TABLE,
        resumable=not stream.replaces_table,  # rows of an earlier run would be dropped
        former_parameters=fingerprint(former),
    )


def maps_fingerprint(config: Mapping[str, Any], stream: str) -> str:
    """Return a hash of the stream maps and the flattening that change what a stream sends.

    Expressions and seeds are nobody's business; it is empty if nothing is changed. The order of
    the entries counts, as the SDK takes the last one that fits.
    """
    maps = list(concerned_maps(config, stream))
    more = [config.get(name) for name in ("stream_map_config", "faker_config") if maps]
    flat = [config.get(name) for name in FLATTENING if config.get("flattening_enabled")]
    return fingerprint([maps, more, flat]) if maps or flat else ""


def concerned_maps(config: Mapping[str, Any], stream: str) -> Iterator[tuple[str, Any]]:
    """Yield the entries of `stream_maps` that a stream goes through."""
    maps = dict(config.get("stream_maps") or {})
    otherwise = {key: maps.pop(key) for key in ("__else__",) if key in maps}
    own = {}
    for key, columns in maps.items():
        source = columns.get("__source__", key) if isinstance(columns, dict) else key
        if fnmatch(stream, source):
            own[key] = columns
    yield from (own or otherwise).items()
