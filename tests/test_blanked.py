"""`anonymized_records: skip`: the deletion of a blanked record goes through, its values stay."""

from __future__ import annotations

import json
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import JSONResponse
from support import Kombo, Sent
from typing_extensions import override
from warm import WarmProject

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT
from scripts.tables import stored
from tap_kombo.writer import BufferedWriter

if TYPE_CHECKING:
    from pathlib import Path

    from singer_sdk.singerlib.encoding.simple import Message

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
FLAT = {"flattening_enabled": True, "flattening_max_depth": 4}
SHORT = ["id", "integration_id", "remote_deleted_at"]
NESTED = {
    "id": "i1",
    "changed_at": "2026-11-20T00:00:00.000Z",
    "application": {
        "id": "ap1",
        "outcome": "PRIVATE",
        "candidate": {"id": "c1", "first_name": "PRIVATE"},
        "remote_data": {"raw": "PRIVATE"},
    },
    "users": [{"id": "u1", "first_name": "PRIVATE", "remote_data": {"raw": "PRIVATE"}}],
}


@dataclass
class Lines(Sent):
    """The messages of a run, and the bytes that a loader gets."""

    written: bytes = b""

    @override
    def write_message(self, message: Message) -> None:
        self.written += BufferedWriter().format_message(message)
        super().write_message(message)


def blank_one(kombo: Kombo) -> tuple[Integration, str, str]:
    """Let Kombo have a record that is blanked, and one that was deleted but now."""
    ats = kombo.emulator.add_integration(A)
    blanked, fresh = (one["id"] for one in ats.records("ats_interviews")[3:5])
    ats.delete("ats_interviews", blanked)
    kombo.emulator.clock.advance(days=15)
    ats.delete("ats_interviews", fresh)
    return ats, blanked, fresh


def answer(kombo: Kombo, records: list[dict[str, Any]]) -> None:
    """Let Kombo send just these interviews."""
    page = {"status": "success", "data": {"results": records, "next": None}}
    kombo.emulator.intercept = lambda asked: (
        JSONResponse(page) if asked.path.endswith("/ats/interviews") else None
    )


def test_a_deletion_goes_out_under_a_schema_without_the_columns_that_stay(kombo: Kombo) -> None:
    ats, blanked, fresh = blank_one(kombo)

    sent = kombo.run(A, anonymized_records="skip", page_size=10)

    columns: list[str] = []
    shapes: list[list[str]] = []
    for message in sent.messages:
        if message["type"] == "SCHEMA":
            assert list(message["key_properties"]) == ["id"]
            columns = list(message["schema"]["properties"])
            shapes.append(columns)
        elif message["type"] == "RECORD":
            record = message["record"]
            assert sorted(record) == (SHORT if record["id"] == blanked else sorted(columns))
    assert [shape == SHORT for shape in shapes] == [False, True, False]
    assert shapes[0] == shapes[2]
    records = {one["id"]: one for one in sent.records()}
    assert len(records) == len(sent.records()) == len(ats.records("ats_interviews"))
    assert records[blanked]["remote_deleted_at"]
    assert records[fresh]["remote_deleted_at"]
    assert records[fresh]["title"]


def test_by_default_blanked_values_go_out_too(kombo: Kombo) -> None:
    _, blanked, _ = blank_one(kombo)

    sent = kombo.run(A)

    assert len([one for one in sent.messages if one["type"] == "SCHEMA"]) == 1
    record = next(one for one in sent.records() if one["id"] == blanked)
    assert record["title"] is None


@pytest.mark.parametrize(
    "options",
    [
        {"deselected": ("remote_deleted_at",)},
        {"deselected": ("changed_at", "title")},
        {"stream_maps": {"interviews": {"title": "title and title.upper()"}}},
        {"stream_maps": {"interviews": {"_sdc_deleted_at": "remote_deleted_at"}}},
        {"stream_maps": {"interviews": {"remote_deleted_at": None}}},
        {"stream_maps": {"interviews": {"integration_id": None}}},
        {"stream_maps": {"interviews": {"id": "id", "__else__": None}}},
        {"stream_maps": {"interviews": {"__alias__": "talks"}}},
        {"stream_maps": {"interviews": {"__filter__": "canceled"}}},
    ],
    ids=str,
)
def test_whatever_is_selected_and_mapped_records_keep_to_the_schema(
    kombo: Kombo, options: dict[str, Any]
) -> None:
    blank_one(kombo)

    sent = kombo.attempt(A, anonymized_records="skip", **options)

    assert sent.error is None
    columns: dict[str, set[str]] = {}
    for message in sent.messages:
        if message["type"] == "SCHEMA":
            columns[message["stream"]] = set(message["schema"]["properties"])
        elif message["type"] == "RECORD":
            assert set(message["record"]) <= columns[message["stream"]]


def test_what_a_blanked_record_still_nests_does_not_count(kombo: Kombo) -> None:
    """Kombo may go on sending the interviews of an application that it has blanked, or not."""
    ats = kombo.emulator.add_integration(A)
    nesting = next(one["id"] for one in ats.records("ats_applications") if one["interviews"])
    ats.delete("ats_applications", nesting)
    kombo.emulator.clock.advance(days=15)
    assert next(one for one in ats.records("ats_applications") if one["id"] == nesting)[
        "interviews"
    ]

    sent = kombo.run(A, streams=("applications",), anonymized_records="skip")

    [record] = (one for one in sent.records("applications") if one["id"] == nesting)
    assert sorted(record) == SHORT


def test_a_column_that_a_map_makes_of_the_deletion_tells_of_it(kombo: Kombo) -> None:
    """As the recipe `A soft delete` of docs/deletions.md does it for the loader's own column."""
    _, blanked, _ = blank_one(kombo)
    maps = {"interviews": {"_sdc_deleted_at": "remote_deleted_at"}}

    sent = kombo.run(A, anonymized_records="skip", stream_maps=maps)

    record = next(one for one in sent.records() if one["id"] == blanked)
    assert record["_sdc_deleted_at"] == record["remote_deleted_at"]
    assert "title" not in record


OF_THE_DELETION = {
    "same": "remote_deleted_at",
    "flag": "'yes' if remote_deleted_at else 'no'",
    "either": "bool(remote_deleted_at or changed_at)",
    "person": "sha256(config['seed'] + integration_id + id)",
    "moment": "datetime.datetime.fromisoformat(remote_deleted_at or changed_at).isoformat()",
    "tool": "'Kombo'",
    "canceled": "bool(remote_deleted_at)",
}
OF_OTHERS = {
    "both": "(title or '?') + ' ' + (stage_id or '')",
    "copy": "title",
    "latest": "title or remote_deleted_at",
    "status": "'gone' if remote_deleted_at else title",
    "entry": "record['title'] or '?'",
    "whole": "str(_)",
    "made_up": "fake.name()",
    "title": "self or '?'",
}


@pytest.mark.parametrize(
    ("options", "sent_as"),
    [
        ({"stream_maps": {"interviews": {}}}, "interviews"),
        ({"stream_maps": {"inter*": {}}}, "interviews"),
        ({"stream_maps": {"interviews": {"__alias__": "'my talks'"}}}, "my talks"),
        ({"stream_maps": {"talks": {"__source__": "inter*"}}}, "talks"),
        ({"stream_maps": {"*": {"x": "title"}, "interviews": {}}}, "interviews"),
        ({"stream_maps": {"interviews": {}, "__else__": None}}, "interviews"),
        ({"stream_maps": {"interviews": {}}} | FLAT, "interviews"),
    ],
    ids=str,
)
def test_a_column_that_a_map_makes_of_more_than_the_deletion_keeps_its_value(
    kombo: Kombo, options: dict[str, Any], sent_as: str
) -> None:
    """The loader would replace the last value with one that is made of nothing."""
    kombo.emulator.add_integration(A, "ATS", Size.empty())
    live: dict[str, Any] = {"id": "1", "changed_at": NESTED["changed_at"], "canceled": False}
    live |= {"title": "a talk", "stage_id": "7", "remote_deleted_at": None}
    gone = live | dict.fromkeys(("title", "stage_id", "canceled"))
    answer(kombo, [live, gone | {"remote_deleted_at": "2026-11-01T00:00:00.000Z"}])
    maps = dict(options["stream_maps"])
    (key,) = {"interviews", "inter*", "talks"} & maps.keys()
    maps[key] = maps[key] | OF_THE_DELETION | OF_OTHERS

    sent = kombo.attempt(
        A,
        anonymized_records="skip",
        stream_map_config={"seed": "s"},
        **options | {"stream_maps": maps},
    )

    assert sent.error is None
    whole, short = sent.records(sent_as)
    assert whole.keys() >= {*SHORT, *OF_THE_DELETION, *OF_OTHERS}
    assert short.keys() == {*SHORT, *OF_THE_DELETION}
    assert short["same"] == short["remote_deleted_at"]


@pytest.mark.parametrize(
    "made",
    [
        FLAT,
        FLAT | {"flattening_max_depth": 1},
        {"stream_maps": {"interviews": {"who": "application['candidate']['first_name']"}}},
        {"stream_maps": {"interviews": {"raw": "str(application) + str(users)"}}},
        {"stream_maps": {"interviews": {"id": "id + str(record)"}}},
        {"stream_maps": {"all": {"__source__": "interviews", "id": "id + str(users)"}}},
    ],
    ids=str,
)
def test_what_is_private_in_a_blanked_record_stays_so(kombo: Kombo, made: dict[str, Any]) -> None:
    """It may still nest others, of which flattening and stream maps make columns."""
    kombo.emulator.add_integration(A, "ATS", Size.empty())
    gone = NESTED | {"id": "gone", "remote_deleted_at": "2026-11-01T00:00:00.000Z"}
    answer(kombo, [gone, NESTED])

    sent = kombo.attempt(
        A,
        anonymized_records="skip",
        pseudonyms="people",
        pseudonym_key="k" * 32,
        deselected=("application.outcome",),
        **made,
    )

    assert sent.error is None
    names = {one["stream"] for one in sent.messages if one["type"] == "RECORD"}
    records = [one for name in names for one in sent.records(name)]
    assert len(records) == 2 * len(names)
    assert [one for one in records if "PRIVATE" in str(one)] == []


@pytest.mark.parametrize(
    "maps",
    [
        {"interviews": {"x": "changed_at[0]"}},
        {"interviews": {"__filter__": "changed_at[0]"}},
        {"interviews": {"title": "title"}, "more": {"__source__": "interviews", "x": "title[0]"}},
        {"more": {"__source__": "interviews", "x": "changed_at[0]"}},
    ],
    ids=str,
)
def test_a_map_that_fails_for_a_blanked_record_leaves_the_whole_schema(
    kombo: Kombo, maps: dict[str, Any]
) -> None:
    """What the next integration sends goes out under it."""
    for name in (A, "lever:other"):
        kombo.emulator.add_integration(name, "ATS", Size.empty())
    live = {"id": "1", "changed_at": NESTED["changed_at"], "title": "a talk", "remote_id": "7"}
    gone = live | dict.fromkeys(("title", "remote_id"))
    gone |= {"id": "2", "remote_deleted_at": "2026-11-01T00:00:00.000Z"}
    answer(kombo, [live, gone, gone | {"id": "3", "changed_at": None}])

    sent = kombo.attempt(A, "lever:other", anonymized_records="skip", stream_maps=maps)

    assert sent.error is not None
    assert (sent.bookmark(A), sent.bookmark("lever:other")) == (None, None)
    assert len(sent.records()) > 0
    columns: dict[str, list[str]] = {}
    for message in sent.messages:
        if message["type"] == "SCHEMA":
            columns[message["stream"]] = list(message["schema"]["properties"])
        elif message["type"] == "RECORD":
            assert list(message["record"]) == columns[message["stream"]]


def test_a_stream_that_a_map_takes_away_stays_away(kombo: Kombo) -> None:
    blank_one(kombo)

    sent = kombo.attempt(
        A,
        streams=("interviews", "jobs"),
        anonymized_records="skip",
        stream_maps={"interviews": None},
    )

    assert sent.error is None
    named = {one["stream"] for one in sent.messages if one["type"] in {"SCHEMA", "RECORD"}}
    assert named == {"jobs"}


def load(postgres: PostgreSQL, folder: Path, lines: bytes) -> None:
    project = WarmProject(folder, postgres.target_settings)
    project.prepare()
    config = json.loads(postgres.target_config) | {"default_target_schema": "blanked"}
    (folder / "blanked.json").write_text(json.dumps(config))
    command = [str(project.loader), "--config", str(folder / "blanked.json")]
    done = subprocess.run(command, input=lines, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()


def test_in_postgresql_the_row_is_deleted_and_keeps_its_last_values(
    kombo: Kombo, postgres: PostgreSQL, worker_id: str
) -> None:
    """The deletion is first seen when Kombo has blanked the record already."""
    folder = CHECKOUT / ".demo" / f"tests-{worker_id}"
    ats = kombo.emulator.add_integration(A)
    first = Lines()
    kombo.run(A, sent=first, anonymized_records="skip")
    load(postgres, folder, first.written)
    before = stored(postgres, "blanked", "interviews")
    gone, emptied = (one["id"] for one in ats.records("ats_interviews")[3:5])
    for one in (gone, emptied):
        ats.delete("ats_interviews", one)
    kombo.emulator.clock.advance(days=15)

    second = Lines()
    kombo.run(A, sent=second, state=first.state, anonymized_records="skip")
    load(postgres, folder, second.written)

    after = stored(postgres, "blanked", "interviews")
    changes = {
        key: {name for name in row if row[name] != before[key][name] and name[:5] != "_sdc_"}
        for key, row in after.items()
    }
    assert after.keys() == before.keys()
    assert {key: names for key, names in changes.items() if names} == {
        gone: {"remote_deleted_at"},
        emptied: {"remote_deleted_at"},
    }
    assert after[gone]["title"]
    assert after[gone]["remote_deleted_at"]
