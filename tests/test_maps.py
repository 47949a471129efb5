"""What of `stream_maps` and flattening concerns a stream, and which expression fails."""

from __future__ import annotations

import copy
import logging
from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.exceptions import ConfigValidationError
from singer_sdk.mapper import PluginMapper
from starlette.responses import JSONResponse
from support import KEY, discovered, each, only

from tap_kombo.mapping import name_complaints
from tap_kombo.policies import maps_fingerprint as fingerprint_of
from tap_kombo.replication.report import RunFailedError
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctoring import Doctor
    from support import Kombo

    from kombo_emulator.exchange import Received

A = "greenhouse:demo"
VERSIONS = {"__source__": "interviews", "__key_properties__": ["id", "changed_at"]}
SCHEMA = {
    "type": "object",
    "properties": {
        "id": {"type": "string"},
        "title": {"type": ["string", "null"]},
        "count": {"type": ["integer", "null"]},
    },
}
RECORD = {"id": "1", "title": "jane@example.com", "count": 3}
ADD = {"more": "title"}


def sent(config: dict[str, Any], stream: str) -> list[dict[str, Any]]:
    """What the SDK makes of a record."""
    mapper = PluginMapper(copy.deepcopy(config), logging.getLogger("test"))
    mapper.register_raw_stream_schema(stream, copy.deepcopy(SCHEMA), ["id"])
    made = [(one.stream_alias, one.transform(dict(RECORD))) for one in mapper.stream_maps[stream]]
    return [{"": alias, **record} for alias, record in made if record is not None]


def maps(**entries: Any) -> dict[str, Any]:  # noqa: ANN401
    return {"stream_maps": entries}


PLAIN = sent({}, "interviews")
CONCERNING: list[dict[str, Any]] = [
    {"interviews": ADD},
    {"interviews": None},
    {"interviews": "__NULL__"},
    {"interviews": {"__alias__": "talks"}},
    {"interviews": {"__filter__": "count > 5"}},
    {"interviews": {"title": None}},
    {"talks": {"__source__": "interviews"}},
    {"talks": {"__source__": "inter*", **ADD}},
    {"*": ADD},
    {"inter*": ADD},
    {"[a-m]*": ADD},
    {"interview?": ADD},
    {"__else__": None},
    {"jobs": ADD, "__else__": None},
    {"jobs": ADD, "__else__": "__NULL__"},
]
NOT_CONCERNING: list[dict[str, Any]] = [
    {},
    {"jobs": ADD},
    {"jobs": None},
    {"interview": ADD},
    {"Interviews": ADD},
    {"hris_*": ADD},
    {"[!i]*": ADD},
    {"jobs": {"__alias__": "interviews"}},
    {"interviews": {"__source__": "jobs"}},
    {"talks": {"__source__": "job*"}},
]


def test_what_changes_the_records_of_a_stream_concerns_it() -> None:
    assert [one for one in CONCERNING if sent(maps(**one), "interviews") == PLAIN] == []
    assert [one for one in CONCERNING if not fingerprint_of(maps(**one), "interviews")] == []


def test_what_is_said_of_other_streams_does_not_concern_it() -> None:
    assert [one for one in NOT_CONCERNING if sent(maps(**one), "interviews") != PLAIN] == []
    assert [one for one in NOT_CONCERNING if fingerprint_of(maps(**one), "interviews")] == []


FLAT = {"flattening_enabled": True, "flattening_max_depth": 1}
OF_INTERVIEWS = maps(interviews=ADD)
SEEDED = {"stream_map_config": {"hash_seed": "a"}}
SAME: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (OF_INTERVIEWS, maps(interviews=ADD, jobs={"title": None})),
    (OF_INTERVIEWS, OF_INTERVIEWS | {"stream_map_config": None}),
    (
        maps(interviews={"a": "title", "b": "title"}),
        maps(interviews={"b": "title", "a": "title"}),
    ),
    (OF_INTERVIEWS, OF_INTERVIEWS | {"flattening_enabled": False, "flattening_max_depth": 3}),
    (OF_INTERVIEWS, maps(interviews=ADD, __else__=None)),
    (FLAT, FLAT | {"flattening_separator": None, "flattening_max_key_length": None}),
    (FLAT, FLAT | SEEDED),
    ({}, SEEDED),
    ({}, {"stream_maps": None}),
    ({}, {"faker_config": {"seed": 1}}),
    ({}, maps(jobs=ADD) | SEEDED),
]
DIFFERENT: list[tuple[dict[str, Any], dict[str, Any]]] = [
    (OF_INTERVIEWS, maps(interviews={"more": "id"})),
    (OF_INTERVIEWS, maps(interviews={"moar": "title"})),
    (OF_INTERVIEWS, maps(interviews=None)),
    (OF_INTERVIEWS | SEEDED, OF_INTERVIEWS),
    (OF_INTERVIEWS | SEEDED, OF_INTERVIEWS | {"stream_map_config": {"hash_seed": "b"}}),
    (OF_INTERVIEWS, OF_INTERVIEWS | FLAT),
    ({}, FLAT),
    (FLAT, FLAT | {"flattening_max_depth": 2}),
    (FLAT, FLAT | {"flattening_separator": "."}),
    (FLAT, FLAT | {"flattening_max_key_length": 63}),
    (
        maps(interviews={"more": "fake.name()"}) | {"faker_config": {"seed": 1}},
        maps(interviews={"more": "fake.name()"}) | {"faker_config": {"seed": 2}},
    ),
    (  # the last one counts
        {"stream_maps": {"*": ADD, "interviews": {"title": None}}},
        {"stream_maps": {"interviews": {"title": None}, "*": ADD}},
    ),
]


def are_the_same(one: dict[str, Any], other: dict[str, Any]) -> bool:
    return fingerprint_of(one, "interviews") == fingerprint_of(other, "interviews")


def test_what_makes_no_difference_makes_none() -> None:
    """Else a stream is read in full for nothing."""
    assert [pair for pair in SAME if not are_the_same(*pair)] == []


def test_what_makes_a_difference_makes_one() -> None:
    """Else rows that were stored otherwise stay so for good."""
    assert [pair for pair in DIFFERENT if are_the_same(*pair)] == []


def test_a_fingerprint_tells_nothing() -> None:
    config = maps(interviews={"more": "'jane@example.com'"}) | SEEDED

    assert fingerprint_of(config, "interviews").isalnum()
    assert len(fingerprint_of(config, "interviews")) == 16


def selecting(stream_maps: dict[str, Any], wanted: Callable[[str], bool]) -> TapKombo:
    """The tap with a catalog in which the wanted streams are selected and no others."""
    config = {"api_key": KEY, "integration_ids": [A], "stream_maps": stream_maps}
    chosen = copy.deepcopy(discovered())
    for entry in chosen["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = wanted(entry["stream"])
    return TapKombo(config=config, catalog=chosen)


def clashing(stream_maps: dict[str, Any]) -> list[str]:
    """What is said of the names of all streams."""
    return [*name_complaints(selecting(stream_maps, lambda _: True).selected)]


def test_the_name_of_a_stream_that_is_not_selected_is_free(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, size=only(interviews=3))

    sent = kombo.run(A, **maps(interviews={"__alias__": "jobs"}))

    assert len(sent.records("jobs")) == 3


def test_a_run_with_two_streams_of_one_name_asks_nobody(kombo: Kombo) -> None:
    talks = {"__alias__": "talks"}

    sent = kombo.attempt(A, streams=("interviews", "jobs"), **maps(interviews=talks, jobs=talks))

    assert isinstance(sent.error, ConfigValidationError)
    assert not sent.messages
    assert not kombo.emulator.requests


def test_the_doctor_says_so_too(doctor: Doctor) -> None:
    talks = {"__alias__": "talks"}

    doctor(A, streams=("interviews", "jobs"), **maps(interviews=talks, jobs=talks))

    assert doctor.exit_code == 1
    assert "`talks` would be the name of two streams" in doctor.errors[0]
    assert doctor.asked == []


@each(
    ({"interviews": {"__alias__": "events"}, "jobs": {"__alias__": "events"}}, "events"),
    ({"interviews": {"__alias__": "events"}, "jobs": {"__alias__": "'events'"}}, "events"),
    ({"interviews": {"__alias__": "jobs"}}, "jobs"),
    ({"interviews": {"__alias__": "passes"}}, "passes"),
    ({"jobs": {"__source__": "interviews"}}, "jobs"),
    ({"interviews": {"__source__": "interviews"}}, "interviews"),
    ({"inter*": {"__source__": "inter*"}}, "interviews"),
    ({"log": {"__source__": "interviews"}, "jobs": {"__alias__": "log"}}, "log"),
    ({"log": {"__source__": "hris_*"}}, "log"),
    ({"hris_*": {"__alias__": "people"}}, "people"),
    ({"jobs": {"__alias__": "users"}, "users": None, "hris_*": {"__alias__": "tags"}}, "tags"),
)
def test_two_streams_never_have_one_name(stream_maps: dict[str, Any], name: str) -> None:
    """A loader would take the records of one by the SCHEMA of the other."""
    [line] = clashing(stream_maps)
    assert f"`{name}` would be the name of two streams" in line


@each("1", "None", "''", "[1]")
def test_a_name_is_a_text(alias: str) -> None:
    [line] = clashing({"interviews": {"__alias__": alias}})
    assert "the name of a stream must be a text" in line


@each(
    {"interviews": {"__alias__": "jobs"}, "jobs": None},
    {"interviews": {"__alias__": "jobs"}, "jobs": {"__alias__": "interviews"}},
    {"interviews": {"__alias__": "jobs"}, "__else__": None},
    {"jobs": {"__source__": "interviews"}, "job*": None},
    {"*": {"__alias__": "'kombo_' + __stream_name__"}},
    {"*": {"__alias__": "__stream_name__"}},
    {"lms_*": {"__alias__": "staff"}, "lms_[!u]*": None},
    {"a": {"__source__": "interviews"}, "b": {"__source__": "interviews"}},
)
def test_names_that_are_given_away_are_free(stream_maps: dict[str, Any]) -> None:
    assert clashing(stream_maps) == []


def test_what_was_left_out_by_default_comes_once_it_is_not(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    streams = ("interviews", "jobs")
    first = kombo.run(A, streams=streams, **maps(jobs={"name": "name"}, __else__=None))
    kombo.emulator.clock.advance(seconds=3600)

    second = kombo.run(A, streams=streams, state=first.state)

    assert (len(first.records()), len(second.records())) == (0, 120)


FAILING: list[tuple[str, dict[str, Any]]] = [
    ("TypeError in column bad", {"interviews": {"more": "title", "bad": "title * 1.1"}}),
    ("ValueError in column __filter__", {"interviews": {"__filter__": "int(title)"}}),
    ("ValueError in column more of inter*", {"inter*": {"more": "int(title)"}}),
    (
        "ValueError in column more of talks",
        {"talks": {"__source__": "interviews", "more": "int(title)"}},
    ),
    ("ValueError in column more", {"interviews": {"__alias__": "talks", "more": "int(title)"}}),
    (
        "ValueError in column more",
        {"interviews": {"key": "id", "__key_properties__": ["key"], "more": "int(title)"}},
    ),
]


def test_the_column_that_fails_is_named_and_never_its_value(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", only(interviews=3))
    for one in ats.records("ats_interviews"):
        ats.edit("ats_interviews", one["id"], title="Talk with Jane")
    for named, maps in FAILING:
        caplog.clear()

        with pytest.raises(RunFailedError):
            kombo.run(A, streams=("interviews", "jobs"), stream_maps=copy.deepcopy(maps))

        [line] = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
        assert line.startswith(f"Failed: interviews of {A}: an expression in `stream_maps` fails")
        assert f"[{named}]" in line
        assert "Jane" not in caplog.text, named


@each(
    ({"more": "'1'"}, True),
    ({"__filter__": "True"}, True),
    ({"remote_id": None}, False),
    ({"id": "id", "__else__": None}, False),
)
def test_a_map_of_all_streams_takes_those_that_are_not_selected(
    one: dict[str, Any], has_remote_id: object
) -> None:
    """A catalog of Meltano lists them all, and deselects each of their columns."""
    [interviews] = selecting({"*": one}, lambda stream: stream == "interviews").selected

    names = interviews.stream_maps[0].transformed_schema["properties"].keys()
    assert ("more" in names, "remote_id" in names) == ("more" in one, has_remote_id)


NAMING: list[dict[str, Any]] = [
    {"interviews": {"made": "title"}},
    {"interviews": {"made": "record['title']"}},
    {"interviews": {"made": "_['title']"}},
    {"interviews": {"made": "record.get('title')"}},
    {"interviews": {"made": "title", "title": None}},
    {"interviews": {"made": "title", "title": "self", "__filter__": "location is None"}},
    {"interviews": {"made": "title", "id": "id", "__else__": None}},
    {"interviews": {"made": "title", "__filter__": "record['remote_deleted_at'] is None"}},
    {"*": {"made": "title"}},
    {"interviews": {"__alias__": "talks", "made": "title"}},
    {"interviews": None, "talks": {"__source__": "interviews", "made": "title"}},
]


@pytest.mark.parametrize("flat", [{}, {"flattening_enabled": True, "flattening_max_depth": 2}])
def test_an_expression_may_name_what_kombo_leaves_out_of_a_record(
    kombo: Kombo, flat: dict[str, Any]
) -> None:
    """Kombo documents many properties as optional."""
    kombo.emulator.add_integration(A, "ATS", only())
    results = [{"id": "1", "title": "a talk"}, {"id": "2"}]
    page = {"status": "success", "data": {"results": results, "next": None}}
    kombo.emulator.intercept = lambda asked: (
        JSONResponse(page) if asked.path.endswith("/ats/interviews") else None
    )
    for stream_maps in NAMING:
        sent = kombo.attempt(A, stream_maps=copy.deepcopy(stream_maps), **flat)

        assert sent.error is None, stream_maps
        records = sent.records() or sent.records("talks")
        assert [one["id"] for one in records] == ["1", "2"], stream_maps
        assert [one.get("made") for one in records] == ["a talk", None], stream_maps


@pytest.mark.parametrize("made", ["title", "location", "remote_data"])
def test_an_expression_that_names_what_is_not_sent_fails(kombo: Kombo, made: str) -> None:
    """It is deselected, or nobody has opted in to it."""
    kombo.emulator.add_integration(A, "ATS", only(interviews=2, applications=2, candidates=2))

    sent = kombo.attempt(A, deselected=("location",), stream_maps={"interviews": {"made": made}})

    assert (sent.error is None) is (made == "title")


KEYLESS: list[tuple[dict[str, Any], str]] = [
    ({"talks": VERSIONS}, "changed_at of talks"),
    ({"talks": VERSIONS | {"__key_properties__": ["title", "changed_at"]}}, "title of talks"),
    ({"talks": VERSIONS | {"id": "id if title else None"}}, "id of talks"),
    ({"interviews": {"id": "id if title else None"}}, "id of interviews"),
    ({"talks": VERSIONS, "interviews": None}, "changed_at of talks"),
]


@pytest.mark.parametrize("anonymized_records", ["emit", "skip"])
def test_a_record_whose_key_a_map_makes_null_is_left_out_where_it_has_none(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, anonymized_records: str
) -> None:
    """A key that is null ends the whole load of a loader."""
    ats = kombo.emulator.add_integration(
        A, "ATS", only(interviews=12, applications=4, candidates=4)
    )
    ats.delete("ats_interviews", ats.records("ats_interviews")[-1]["id"])
    kombo.emulator.clock.advance(days=15)
    records = ats.records("ats_interviews")
    for one in records:
        one["title"] = "a talk"
    records[3]["title"] = records[3]["changed_at"] = None

    def answer(asked: Received) -> JSONResponse | None:
        page = {"status": "success", "data": {"results": records, "next": None}}
        return JSONResponse(page) if asked.path.endswith("/ats/interviews") else None

    kombo.emulator.intercept = answer
    for stream_maps, column in KEYLESS:
        caplog.clear()
        sent = kombo.attempt(
            A,
            streams=("interviews", "jobs"),
            stream_maps=copy.deepcopy(stream_maps),
            anonymized_records=anonymized_records,
        )

        keys = {
            one["stream"]: one["key_properties"] for one in sent.messages if one["type"] == "SCHEMA"
        }
        rows = {name: [one["id"] for one in sent.records(name)] for name in keys if name != "jobs"}
        for name, key in keys.items():
            assert not [one for one in sent.records(name) if None in [one[part] for part in key]]
        fewer = column.rpartition(" of ")[2]
        assert {name: len(found) for name, found in rows.items()} == {
            name: len(records) - (name == fewer) for name in rows
        }
        assert f"interviews: {column} in 1 value(s): no key, the record is left out." in caplog.text
        assert "records without a key were left out" in caplog.text
        assert (sent.bookmark(A), bool(sent.bookmark(A, "jobs"))) == (None, True)
