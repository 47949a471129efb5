"""What settings and catalog make of a stream's passes: what they store, and where they begin."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pendulum
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_kombo.api.filters import as_text
from tap_kombo.api.timestamps import to_kombo, to_moment
from tap_kombo.mapping import concerned_maps
from tap_kombo.privacy import place
from tap_kombo.pseudonyms import Plan, Treatment, treatments
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
