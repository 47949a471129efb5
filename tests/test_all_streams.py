"""Every stream selected, all categories connected: what Kombo has is what PostgreSQL holds."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
from jsonschema import Draft7Validator
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from support import KEY, REFERENCE, differences, needs_reference, refusal
from warm import WarmProject

from kombo_emulator import Behaviour, Emulator, serve
from kombo_emulator.examples import EXAMPLES_ID, example, read_examples
from kombo_emulator.table import LISTS
from scripts.meltano_project import CHECKOUT
from scripts.tables import as_sent
from tap_kombo.api.endpoints import ENDPOINTS, Endpoint
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from starlette.responses import Response

    from kombo_emulator.exchange import Received
    from scripts.embedded_postgres import PostgreSQL

INTEGRATIONS = {
    "greenhouse:acme": "ATS",
    "personio:globex": "HRIS",
    "docebo:initech": "LMS",
    "testdome:umbrella": "ASSESSMENT",
}
DOCUMENT = REFERENCE / "kombo-openapi.json"
BY_NAME = {endpoint.name: endpoint for endpoint in ENDPOINTS}
LISTED = [endpoint.name for endpoint in ENDPOINTS if endpoint.path in LISTS]
Rows = dict[str, dict[str, Any]]


@dataclass
class Loaded:
    """What the one run of all streams left in PostgreSQL, and where it came from."""

    emulator: Emulator
    tables: dict[str, Rows] = field(default_factory=dict)

    def rows(self, stream: str, *, examples: bool) -> Rows:
        """The rows of a table: those of the examples, or all others."""
        return {
            key: row
            for key, row in self.tables[stream].items()
            if (row["integration_id"] == EXAMPLES_ID) is examples
        }


def as_stored(stream: str, record: dict[str, Any]) -> dict[str, Any]:
    """A record as psycopg returns it: moments without a zone, days and decimals as such."""
    properties = load_schema(stream)["properties"]
    return {name: _stored(value, properties[name]) for name, value in record.items()}


def _stored(value: Any, schema: dict[str, Any]) -> Any:  # noqa: ANN401
    form = schema.get("format")
    if isinstance(value, dict | list):
        return as_sent(value, schema)
    if isinstance(value, str) and form == "date-time":
        return dt.datetime.fromisoformat(value).astimezone(dt.UTC).replace(tzinfo=None)
    if isinstance(value, str) and form == "date":
        return dt.date.fromisoformat(value)
    return Decimal(str(value)) if isinstance(value, float) else value


def without_look_up(asked: Received) -> Response | None:
    """Refuse to describe the examples' integration, so that its lists are read all the same."""
    if asked.path == f"/integrations/{EXAMPLES_ID}":
        return refusal("INTEGRATION.MODEL_NOT_AVAILABLE", 403)
    return None


@pytest.fixture(scope="module")
def loaded(postgres: PostgreSQL, worker_id: str) -> Loaded:
    emulator = Emulator(behaviour=Behaviour(remote_data=True))
    for integration_id, category in INTEGRATIONS.items():
        emulator.add_integration(integration_id, category)
    integrations = list(INTEGRATIONS)
    if DOCUMENT.exists():
        emulator.examples = read_examples(DOCUMENT)
        emulator.intercept = without_look_up
        integrations.append(EXAMPLES_ID)
    with serve(emulator) as url:
        project = WarmProject(
            CHECKOUT / ".demo" / f"tests-{worker_id}",
            {
                "TAP_KOMBO_API_KEY": KEY,
                "TAP_KOMBO_INTEGRATION_IDS": ",".join(integrations),
                "TAP_KOMBO_API_URL": url,
                "TAP_KOMBO_MAX_RETRIES": "0",
                "TAP_KOMBO__SELECT": '["*.*"]',
                "TAP_KOMBO_OPT_IN": "*",
                "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "all_streams",
                **postgres.target_settings,
            },
        )
        project.prepare()
        project.load()
    found = Loaded(emulator)
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        for stream in BY_NAME:
            query = SQL("select * from all_streams.{}").format(Identifier(stream))
            rows = connection.execute(query).fetchall()
            found.tables[stream] = {row["id"]: row for row in rows}
            assert len(rows) == len(found.tables[stream])
    return found


def connected(endpoint: Endpoint) -> str:
    return next(name for name, kind in INTEGRATIONS.items() if kind == endpoint.category)


def test_lists_are_stored_unchanged(loaded: Loaded) -> None:
    wrong = {}
    for stream in LISTED:
        integration_id = connected(BY_NAME[stream])
        model = LISTS[BY_NAME[stream].path].id
        records = loaded.emulator.integrations[integration_id].records(model)
        assert records, stream
        wanted = [record | {"integration_id": integration_id} for record in records]
        wrong[stream] = changed(stream, wanted, loaded.rows(stream, examples=False))
    assert wrong == {stream: {} for stream in LISTED}


def changed(stream: str, records: list[dict[str, Any]], stored: Rows) -> dict[str, object]:
    """Where what is stored is not what was sent; other columns may be there as well."""
    wanted = {record["id"]: as_stored(stream, record) for record in records}
    compared = {
        key: {name: row[name] for name in row.keys() & wanted.get(key, row).keys()}
        for key, row in stored.items()
    }
    return differences(compared, wanted)


def test_every_integration_is_described(loaded: Loaded) -> None:
    stored = {name: loaded.rows(name, examples=False) for name in BY_NAME}

    assert set(stored["integrations"]) == set(INTEGRATIONS)
    for integration_id in INTEGRATIONS:
        there = loaded.emulator.integrations[integration_id]
        models = there.describe()["read_models"]
        wanted = {
            "custom_fields": len(there.custom_fields()),
            "integration_fields": len(there.integration_fields()),
            "integration_models": sum(1 + len(model["fields"]) for model in models),
        }
        for stream, count in wanted.items():
            rows = [one["integration_id"] for one in stored[stream].values()]
            assert rows.count(integration_id) == count


def test_attachments_name_their_parent(loaded: Loaded) -> None:
    files = loaded.emulator.integrations["greenhouse:acme"].records("ats_attachments")
    for parent in ("application", "candidate"):
        stored = loaded.rows(f"{parent}_attachments", examples=False)
        wanted = {one["id"] for one in files if one[f"{parent}_id"]}
        assert {key for key, row in stored.items() if row[f"{parent}_id"]} == wanted, parent
        assert len(stored) == len(wanted), parent


def example_records(stream: str) -> list[dict[str, Any]]:
    """The official example records of a stream."""
    examples, endpoint = read_examples(DOCUMENT), BY_NAME[stream]
    if endpoint.path not in examples:
        return []
    data = example(examples, endpoint.path)
    found = data[endpoint.records_key] if endpoint.records_key else [data]
    return [dict(record) for record in found]


@needs_reference
def test_official_examples_fit_the_schema_and_are_stored_unchanged(loaded: Loaded) -> None:
    examples = {stream: example_records(stream) for stream in LISTED}
    assert sum(map(bool, examples.values())) > 25

    unfit = {
        f"{stream} {error.json_path}"
        for stream, records in examples.items()
        for record in records
        for error in Draft7Validator(load_schema(stream)).iter_errors(
            record | {"integration_id": "x"}
        )
    }
    wrong = {
        stream: changed(stream, records, loaded.rows(stream, examples=True))
        for stream, records in examples.items()
    }
    assert unfit == set()
    assert wrong == {stream: {} for stream in LISTED}
