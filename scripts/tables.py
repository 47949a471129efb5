"""Compares the tables that target-postgres has filled with what Kombo has."""

from __future__ import annotations

import datetime as dt
import json
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.privacy import sensitive_paths
from tap_kombo.schemas import load_schema
from tap_kombo.selection import compile_edits

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

Row = dict[str, Any]


def stored(postgres: PostgreSQL, schema: str, stream: str) -> dict[str, Row]:
    """Read a table, by id.

    Raises:
        psycopg.Error: If there is no such table.
        ValueError: If an id is there twice.
    """
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        query = SQL("select * from {}").format(Identifier(schema, stream))
        rows = connection.execute(query).fetchall()
    found = {row["id"]: row for row in rows}
    if len(found) != len(rows):
        msg = f"{stream} holds an id twice"
        raise ValueError(msg)
    return found


def mismatches(
    rows: Mapping[str, Row], integrations: Iterable[Integration], stream: str
) -> list[str]:
    """Name the ids of records that a table lacks, holds too many, or holds otherwise."""
    endpoint = next(one for one in ENDPOINTS if one.name == stream)
    schema = load_schema(stream)
    hide = compile_edits(dict.fromkeys(sensitive_paths(stream)))
    expected = {
        record["id"]: {"integration_id": one.id} | record
        for one in integrations
        for record in one.records(endpoint.model or "")
    }
    hide(expected.values())
    expected = {key: as_sent(record, schema) for key, record in expected.items()}
    return [
        key
        for key in sorted(rows.keys() | expected.keys())
        if key not in rows
        or key not in expected
        or _own(rows[key]) != _as_stored(expected[key], rows[key])
    ]


def as_sent(value: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401
    """A value of Kombo as the tap sends it: a scalar where a text is declared is text."""
    if isinstance(value, dict):
        inner = schema.get("properties", {})
        return {name: as_sent(one, inner.get(name, {})) for name, one in value.items()}
    if isinstance(value, list):
        return [as_sent(one, schema.get("items", {})) for one in value]
    is_text = "string" in schema.get("type", ()) and value is not None
    return json.dumps(value) if is_text and not isinstance(value, str) else value


def _own(row: Row) -> Row:
    """Return a row without the loader's own columns."""
    return {name: value for name, value in row.items() if not name.startswith("_sdc_")}


def _as_stored(record: Row, row: Row) -> Row:
    """Return a record with its moments as psycopg returns them: in UTC without a zone."""
    moments = {name for name, value in row.items() if isinstance(value, dt.datetime)}
    return {
        name: dt.datetime.fromisoformat(value).astimezone(dt.UTC).replace(tzinfo=None)
        if name in moments and value
        else value
        for name, value in record.items()
    }
