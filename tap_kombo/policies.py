"""What settings and catalog make of a stream's passes: what they store, and where they begin."""

from __future__ import annotations

import ast
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import pendulum
from singer_sdk.mapper import PluginMapper
from singer_sdk.singerlib import SchemaMessage
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_kombo.api.endpoints import PRIMARY_KEY
from tap_kombo.api.filters import as_text
from tap_kombo.api.problems import UNMAPPABLE, KomboError, Problem
from tap_kombo.api.timestamps import to_kombo, to_moment
from tap_kombo.privacy import place
from tap_kombo.pseudonyms import Plan, Treatment, treatments
from tap_kombo.records import LEFT_IN_A_TOMBSTONE
from tap_kombo.replication.bookmarks import Bookmarks
from tap_kombo.replication.entries import Entries
from tap_kombo.replication.policy import Policy
from tap_kombo.replication.question import Question, fingerprint
from tap_kombo.replication.report import named
from tap_kombo.schemas import outline
from tap_kombo.settings import for_stream

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

FLATTENING = tuple(
    f"flattening_{name}" for name in ("enabled", "max_depth", "separator", "max_key_length")
)

OF_A_DELETION = (PRIMARY_KEY, "integration_id", "remote_deleted_at")
"""What is sent of a blanked record if its last values are to stay."""


def policy_of(stream: Any) -> Policy:  # noqa: ANN401 - a `KomboStream`, which knows this
    """Return what decides where the passes of a stream begin."""
    config, filters = stream.config, stream.filters
    include_deleted, start_date = config["include_deleted"], config.get("start_date")
    is_own = stream.effective_schema == stream.schema  # else a catalog has brought another
    schema = stream.whole_schema if is_own else stream.effective_schema
    former = filters | {"include_deleted": as_text(include_deleted)}
    return Policy(
        question=Question(
            filters={name: fingerprint(value) for name, value in filters.items()},
            ignore_unsupported_filters=bool(filters and config["ignore_unsupported_filters"]),
            include_deleted=include_deleted,
            anonymized_records=config["anonymized_records"],
            start_date=to_kombo(to_moment(start_date)) if start_date else None,
            deselected=tuple(".".join(path) for path in stream.unwanted),
            columns=fingerprint(outline(schema)),
            pseudonyms=fingerprint([config["pseudonyms"], config["pseudonym_key"]])
            if config.get("pseudonyms")
            else "",
            maps=maps_fingerprint(config | {"stream_maps": stream.tap.stream_maps}, stream.name),
        ),
        incremental=stream.endpoint.incremental,
        lookback=pendulum.duration(seconds=config["lookback_seconds"]),
        full_pass_interval=pendulum.duration(
            days=for_stream(config["full_pass_interval_days"], stream.name, default=7)
        ),
        pass_interval=pendulum.duration(
            minutes=0  # what an event touches is read at once
            if stream.tap.changes
            else for_stream(config["pass_interval_minutes"], stream.name, default=0)
        ),
        page_size=config["page_size"],
        always_full=stream.replication_method == REPLICATION_FULL_TABLE,
        resumable=not stream.replaces_table,  # rows of an earlier run would be dropped
        former_parameters=fingerprint(former),
    )


def bookmarks_of(stream: Any) -> Bookmarks:  # noqa: ANN401 - a `KomboStream`, which knows this
    """Return what the state holds of a stream, and where its passes begin."""
    return Bookmarks(Entries(stream.tap.state, stream.name), policy_of(stream))


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


def deletion_schemas(stream: Any) -> dict[str, SchemaMessage]:  # noqa: ANN401
    """Return the SCHEMA of blanked records whose last values are to stay, by the name it has.

    It has the key, what tells of the deletion, and what stream maps make of nothing else.
    """
    entries = [
        one if isinstance(one, dict) else {}
        for _, one in concerned_maps(stream.config, stream.name)
    ]
    own = [one for one in entries if "__source__" not in one]
    more = [one for one in entries if "__source__" in one]
    found = {}
    # As the SDK has them: the last one under the stream's own name, and the copies.
    for stream_map, made in zip(stream.stream_maps, [*(own[-1:] or [{}]), *more], strict=True):
        alias, schema = stream_map.stream_alias, stream_map.transformed_schema
        keys = stream_map.transformed_key_properties or ()
        known = {*LEFT_IN_A_TOMBSTONE, "config", *getattr(stream_map, "functions", ())}
        columns = {
            name: one
            for name, one in schema["properties"].items()
            if name in (*OF_A_DELETION, *keys) or _uses_only(known, made.get(name))
        }
        found[alias] = SchemaMessage(alias, {**schema, "properties": columns}, keys)
    return found


def _uses_only(known: set[str], expression: object) -> bool:
    """Tell whether something is an expression that uses no other names."""
    if not isinstance(expression, str):
        return False
    names = (one.id for one in ast.walk(ast.parse(expression)) if isinstance(one, ast.Name))
    return known.issuperset(names)


def unmappable(
    stream: Any,  # noqa: ANN401
    record: Mapping[str, Any],
    error: Exception,
    integration_id: str,
) -> KomboError:
    """Say which column's expression fails, without it and without the value."""
    what = type(error).__name__
    if column := _failing_column(stream, record):
        what = f"{what} in column {column}"
    return KomboError(Problem(UNMAPPABLE, what), f"{stream.name} of {integration_id}")


def _failing_column(stream: Any, record: Mapping[str, Any]) -> str | None:  # noqa: ANN401
    """Find the column whose expression fails for a record, by trying one after the other."""
    for key, columns in concerned_maps(stream.config, stream.name):
        for column, expression in columns.items() if isinstance(columns, dict) else ():
            if column.startswith("__") and column != "__filter__":
                continue
            alone: dict[str, Any] = {stream.name: {column: expression}}
            try:
                mapper = PluginMapper({**stream.config, "stream_maps": alone}, stream.logger)
                mapper.register_raw_stream_schema(stream.name, stream.schema, None)
                mapper.stream_maps[stream.name][0].transform(dict(record))
            except Exception:  # noqa: BLE001 - an expression raises anything
                return column if key == stream.name else f"{column} of {key}"
    return None


def hidden_lines(streams: Iterable[Any], config: Mapping[str, Any]) -> Iterator[str]:
    """Yield how many columns of some streams pseudonyms hash, null and leave clear."""
    if not config.get("pseudonyms"):
        return
    plan = Plan.of(config["pseudonyms"])
    found: dict[Treatment, list[str]] = {one: [] for one in Treatment}
    for stream in streams:
        for path, told in treatments(plan, stream.name, stream.schema):
            found[told].append(place(stream.name, path))
    for told, places in found.items():
        which = "" if told is Treatment.CLEAR or not places else f": {named(places, 10)}"
        yield f"Pseudonyms ({plan.preset}): {len(places):,} {told.value}{which}."
