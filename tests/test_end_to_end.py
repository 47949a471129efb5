"""The real job, `meltano run tap-kombo target-postgres`, into a real PostgreSQL."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

import psycopg
import pytest
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from support import differences
from warm import WarmProject

from kombo_emulator import Emulator, serve
from kombo_emulator.table import MODELS
from scripts.meltano_project import CHECKOUT
from scripts.tables import as_sent
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

pytestmark = pytest.mark.xdist_group("meltano")  # one worker, for all tests share two runs

KEY = "ks_dev_emulator"
INTEGRATIONS = ("greenhouse:acme", "personio:globex")
STREAMS = {
    one.name: one.model for one in ENDPOINTS if one.category == "ATS" and one.model in MODELS
}
Rows = dict[str, dict[str, Any]]


@dataclass(frozen=True)
class Load:
    """What Kombo had before a run, and what the run left behind, by stream and id."""

    began: dt.datetime
    expected: dict[str, Rows]
    stored: dict[str, Rows]
    types: dict[str, dict[str, str]]
    bookmarks: dict[str, str]

    def compared(self, stream: str) -> Rows:
        """The expected rows as psycopg returns them: a `timestamp` is UTC without a zone."""
        times = {name for name, kind in self.types[stream].items() if kind.startswith("timestamp")}
        return {
            key: {
                name: without_zone(value) if name in times and value else value
                for name, value in row.items()
            }
            for key, sent in self.expected[stream].items()
            for row in [as_sent(sent, load_schema(stream))]
        }


@dataclass(frozen=True)
class Changes:
    """Ids of the interviews that were changed, one just before the first run, the rest after it."""

    deleted_before: str
    edited: str
    of_application: set[str]
    cancelled: str
    deleted: str
    new: str

    @property
    def ids(self) -> set[str]:
        own = {self.deleted_before, self.edited, self.cancelled, self.deleted, self.new}
        return own | self.of_application


def without_zone(moment: str) -> dt.datetime:
    return dt.datetime.fromisoformat(moment).astimezone(dt.UTC).replace(tzinfo=None)


def load(project: WarmProject, postgres: PostgreSQL, integrations: list[Integration]) -> Load:
    began = dt.datetime.now(dt.UTC)
    expected = {
        stream: {
            row["id"]: {"integration_id": one.id, **row}
            for one in integrations
            for row in one.records(model, include_deleted=True)
        }
        for stream, model in STREAMS.items()
    }
    project.load()
    stored, types = {}, {}
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        for stream in STREAMS:
            query = SQL("select * from tap_kombo.{}").format(Identifier(stream))
            rows = connection.execute(query).fetchall()
            stored[stream] = {row["id"]: row for row in rows}
            assert len(rows) == len(stored[stream])
            columns = connection.execute(
                "select column_name, data_type from information_schema.columns"
                " where table_schema = 'tap_kombo' and table_name = %s",
                [stream],
            )
            types[stream] = {one["column_name"]: one["data_type"] for one in columns}
    return Load(began, expected, stored, types, project.bookmarks("interviews"))


def change(ats: Integration, deleted_before: str) -> Changes:
    alive = ats.records("ats_interviews", include_deleted=False)
    by_application = {row["application"]["id"]: row["id"] for row in alive}
    edited, cancelled, deleted, nested = list(by_application.values())[:4]
    application = next(row for row in alive if row["id"] == nested)["application"]["id"]
    ats.edit("ats_interviews", edited, title="Second talk")
    ats.edit("ats_applications", application, rejection_reason_name="Found someone else")
    ats.edit("ats_interviews", cancelled, canceled=True)
    ats.delete("ats_interviews", deleted)
    new = ats.make("ats_interviews", application_id=next(iter(by_application)), title="Last talk")
    of_application = {
        row["id"]
        for row in ats.records("ats_interviews", include_deleted=True)
        if row["application"] and row["application"]["id"] == application
    }
    return Changes(deleted_before, edited, of_application, cancelled, deleted, new)


@pytest.fixture(scope="module")
def runs(postgres: PostgreSQL, worker_id: str) -> Iterator[tuple[Load, Changes, Load]]:
    emulator = Emulator(api_key=KEY)
    integrations = [emulator.add_integration(name, category="ATS") for name in INTEGRATIONS]
    with serve(emulator) as url:
        project = WarmProject(
            CHECKOUT / ".demo" / f"tests-{worker_id}",
            {
                "TAP_KOMBO_API_KEY": KEY,
                "TAP_KOMBO_INTEGRATION_IDS": ",".join(INTEGRATIONS),
                "TAP_KOMBO_API_URL": url,
                "TAP_KOMBO_PAGE_SIZE": "50",
                "TAP_KOMBO_OPT_IN": "*",
                "TAP_KOMBO__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
                **postgres.target_settings,
            },
        )
        project.prepare()
        globex = integrations[1]
        deleted_before = globex.records("ats_interviews", include_deleted=False)[0]["id"]
        globex.delete("ats_interviews", deleted_before)
        first = load(project, postgres, integrations)
        changes = change(integrations[0], deleted_before)
        second = load(project, postgres, integrations)
        yield first, changes, second


@pytest.mark.parametrize("run", [0, 2], ids=["first", "second"])
def test_tables_are_what_kombo_has(runs: tuple[Load, Changes, Load], run: Literal[0, 2]) -> None:
    left = runs[run]
    stored = {
        stream: {key: without_sdc(row) for key, row in rows.items()}
        for stream, rows in left.stored.items()
    }
    wrong = {stream: differences(stored[stream], left.compared(stream)) for stream in STREAMS}
    assert wrong == {stream: {} for stream in STREAMS}


def without_sdc(row: dict[str, Any]) -> dict[str, Any]:
    """The columns that are the tap's, not the loader's."""
    return {name: value for name, value in row.items() if not name.startswith("_sdc_")}


def test_there_is_something_to_compare(runs: tuple[Load, Changes, Load]) -> None:
    interviews = runs[0].stored["interviews"].values()
    assert len(interviews) > 200
    assert {row["integration_id"] for row in interviews} == set(INTEGRATIONS)
    assert any(row["remote_deleted_at"] for row in interviews)
    assert any(row["users"] for row in interviews)


def test_columns_have_the_types_of_the_schema(runs: tuple[Load, Changes, Load]) -> None:
    types = runs[0].types["interviews"]
    assert types["id"] == types["integration_id"] == "text"
    assert types["changed_at"] == types["starting_at"] == "timestamp without time zone"
    assert types["application"] == types["remote_data"] == "jsonb"
    assert types["users"] == "ARRAY"
    assert types["canceled"] == "boolean"


def test_second_run_sends_only_what_changed_since_the_lookback(
    runs: tuple[Load, Changes, Load],
) -> None:
    first, changes, second = runs
    before = {key: row["_sdc_sequence"] for key, row in first.stored["interviews"].items()}
    after = {key: row["_sdc_sequence"] for key, row in second.stored["interviews"].items()}
    assert {key for key in after if after[key] != before.get(key)} == changes.ids


def test_second_run_stores_the_changes(runs: tuple[Load, Changes, Load]) -> None:
    first, changes, second = runs
    before, after = first.stored["interviews"], second.stored["interviews"]
    assert after[changes.edited]["title"] == "Second talk"
    assert after[changes.cancelled]["canceled"] is True
    assert after[changes.deleted]["remote_deleted_at"] is not None
    assert after.keys() - before.keys() == {changes.new}
    for key in changes.of_application:
        assert after[key]["application"]["rejection_reason_name"] == "Found someone else"
        assert after[key]["changed_at"] == before[key]["changed_at"]


def test_bookmarks_are_the_starts_of_the_passes(runs: tuple[Load, Changes, Load]) -> None:
    first, _, second = runs
    unsure = dt.timedelta(seconds=2)  # `Date` has whole seconds, and so has an answer's time
    for name in INTEGRATIONS:
        one, two = (dt.datetime.fromisoformat(run.bookmarks[name]) for run in (first, second))
        assert first.began - unsure <= one < second.began <= two + unsure
