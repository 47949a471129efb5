"""Every stream and every column in Markdown: `--about --format=markdown` and `docs/columns/`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from tap_kombo.api.endpoints import LEDGER, STREAMS
from tap_kombo.privacy import OPT_IN, Class, class_of, place, walk
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from tap_kombo.api.endpoints import Endpoint

HEADER = ("Column", "Type", "Privacy", "What it is")


class Column(NamedTuple):
    """A property of a stream, at whatever depth.

    Attributes:
        name: As a pattern of `opt_in` or `select` names it, without the stream.
        kind: Its type, in words.
        privacy: Its class, and whether it needs `opt_in`; empty if it is not personal.
        about: Its description.
    """

    name: str
    kind: str
    privacy: str
    about: str


def reference() -> str:
    """Return the whole of it, a section for each stream."""
    lines = (line for endpoint in STREAMS for line in _section(endpoint))
    return "\n".join(("## Streams", "", *lines))


def columns(stream: str) -> Iterator[Column]:
    """Yield the columns of a stream, each followed by what is in it."""
    for path, schema in walk(load_schema(stream)):
        found = class_of(stream, path)
        personal = "" if found in {None, Class.PLAIN} else str(found)
        privacy = f"{personal}, **opt-in**" if found in OPT_IN else personal
        name = place(stream, path).removeprefix(f"{stream}.")
        yield Column(name, kind_of(schema), privacy, schema["description"])


def kind_of(schema: Mapping[str, Any]) -> str:
    """Return the type of a property in words."""
    if "anyOf" in schema:
        return "any JSON"
    [kind] = set(schema["type"]) - {"null"}
    if kind == "array":
        one = kind_of(schema["items"])
        return f"list of {one if one == 'text' else f'{one}s'}"
    words = {"string": "text", "date-time": "timestamp"}
    found: str = schema.get("format", kind)
    return words.get(found, found)


def facts(endpoint: Endpoint) -> Iterator[tuple[str, str]]:
    """Yield what is to be known of a stream, each with its name."""
    read = "by default" if endpoint.selected_by_default else "if you select it"
    yield "Read", f"if `opt_in` names it: `{endpoint.name}`" if endpoint.parent else read
    if endpoint.deprecated:
        yield "Deprecated", "by Kombo"
    yield "Key", ", ".join(f"`{name}`" for name in endpoint.key)
    later = f"by `{endpoint.replication_key}`" if endpoint.replication_key else "full each time"
    yield "Replication", "new rows only" if endpoint is LEDGER else later
    yield "Deletions", "`remote_deleted_at`" if endpoint.incremental else "not told"
    yield "Requests", requests(endpoint)
    if endpoint.filters:
        yield "Filters", ", ".join(f"`{name}`" for name in endpoint.filters)


def requests(endpoint: Endpoint) -> str:
    """Say how many requests reading a stream takes."""
    if endpoint is LEDGER:
        return "none"
    if endpoint.parent:
        return f"1 per record of `{endpoint.parent}`"
    if not endpoint.paginated:
        return "1 per integration"
    return "1 per 250 records" if endpoint.accepts_page_size else "1 per page, of Kombo's size"


def table(header: Iterable[str], rows: Iterable[Iterable[str]]) -> Iterator[str]:
    """Yield the lines of a table in Markdown."""
    names = list(header)
    for row in (names, ["---"] * len(names), *rows):
        yield f"| {' | '.join(row)} |"


def _section(endpoint: Endpoint) -> Iterator[str]:
    """Yield the lines about a stream."""
    yield from (f"### `{endpoint.name}`", "", endpoint.about, "")
    yield from (f"- {name}: {fact}" for name, fact in facts(endpoint))
    rows = ((f"`{one.name}`", *one[1:]) for one in columns(endpoint.name))
    yield from ("", *table(HEADER, rows), "")
