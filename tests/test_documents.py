"""Configurations, catalogs and states: read as they are meant, or refused in lines."""

from __future__ import annotations

import copy
import json
import os
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from settings_told import GOOD, SETTINGS, short
from singer_sdk.contrib.msgspec import serialize_jsonl
from singer_sdk.exceptions import ConfigValidationError
from support import Sent, catalog, each
from test_fuzz import JSON, TEXTS

from tap_kombo.config import PREFIX
from tap_kombo.documents import (
    MAX_DEPTH,
    DocumentError,
    catalog_complaints,
    content,
    json_object,
    last_state,
    state_complaints,
    unwrapped,
)
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

ENTRY = {"context": {"integration_id": "a"}, "replication_key_value": "2026-01-01T00:00:00Z"}
STATE = {"bookmarks": {"jobs": {"partitions": [ENTRY]}}}
OLDER = {"bookmarks": {"jobs": {"partitions": []}, "users": {"partitions": [ENTRY]}}}


def stream(state: object) -> dict[str, Any]:
    """A state with one stream."""
    return {"bookmarks": {"jobs": state}}


def nested(depth: int) -> str:
    return '{"a":' * depth + "1" + "}" * depth


def refusal_of(text: str) -> str:
    with pytest.raises(DocumentError) as refusal:
        json_object(text)
    return str(refusal.value)


NO_OBJECTS = {
    "does not hold a JSON object": [
        *("", "nothing", "[1]", '"a"', "null", '{"a": 1', '{"a": 1} {"a": 1}'),
        '{"a": ' + "9" * 5000 + "}",
    ],
    "holds 'a' twice in one object": ['{"a": 1, "a": 1}'],
    "holds 'a\\nb' twice in one object": ['{"x": [{"a\\nb": 1, "a\\nb": 2}]}'],
    "holds NaN": ['{"a": NaN}', '{"a": [-Infinity]}', '{"a": 1e999}'],
    "holds half a character": ['{"a": "\\ud83d"}', '{"\\uDC00": 1}'],
    "is nested over 100 levels deep": [nested(MAX_DEPTH + 1), '{"a":' + "[" * 100_000],
}


@each(*NO_OBJECTS)
def test_what_is_no_json_object_is_refused(why: str) -> None:
    for text in NO_OBJECTS[why]:
        said = refusal_of(text)

        assert why in said, short(text)
        assert said.isprintable(), short(text)


def test_json_is_read() -> None:
    assert json_object(' {"a": [1.5, "\\ud83d\\ude00", 1180591620717411303424]}\n') == {
        "a": [1.5, "\U0001f600", 2**70]
    }
    assert json_object(nested(MAX_DEPTH))


def test_a_text_is_read_as_its_mark_says(tmp_path: Path) -> None:
    for encoding in ("utf-8", "utf-8-sig", "utf-16"):
        (tmp_path / "text").write_text("ä", encoding)

        assert content(str(tmp_path / "text")) == "ä", encoding


@each(
    json.dumps(STATE),
    json.dumps(STATE, indent=2),
    '{"bookmarks":\n' + json.dumps(STATE["bookmarks"]) + "\n}",
    json.dumps({"singer_state": STATE}),  # meltano state get
    json.dumps({"singer_state": STATE}, indent=2),  # meltano state get --format pretty
    json.dumps({"completed": {"singer_state": STATE}, "partial": {}}),  # a state backend
    json.dumps({"completed": None, "partial": {"singer_state": STATE}}),
    json.dumps({"completed": {"singer_state": {}}, "partial": {"singer_state": STATE}}),
    json.dumps({"type": "STATE", "value": STATE}),  # a tap
    f"{json.dumps(OLDER)}\n\n{json.dumps(STATE)}\n",  # a loader
    f"{json.dumps(OLDER)}\r\n{json.dumps(STATE)}\r\n",
    "\n".join(
        map(
            json.dumps,
            (
                {"type": "STATE", "value": OLDER},
                {"type": "RECORD", "stream": "jobs", "record": {}},
                {"type": "STATE", "value": STATE},
                {"type": "SCHEMA", "stream": "users"},
            ),
        )
    ),
)
def test_a_state_is_understood_as_it_is_printed(text: str) -> None:
    state = unwrapped(last_state(text))

    assert state == STATE
    assert list(state_complaints(state)) == []


def test_what_a_run_left_unfinished_lies_over_the_complete_state() -> None:
    """As `meltano state get` merges them."""
    halves = {"completed": {"singer_state": OLDER}, "partial": {"singer_state": STATE}}

    assert unwrapped(halves) == {"bookmarks": OLDER["bookmarks"] | STATE["bookmarks"]}


@each('{"type": "RECORD"}\n{"type": "SCHEMA"}', f"{STATE}\nnothing")
def test_lines_without_a_state_are_refused(text: str) -> None:
    with pytest.raises(DocumentError):
        last_state(text)


def test_a_state_that_can_be_used() -> None:
    states: list[dict[str, Any]] = [
        *({}, {"bookmarks": {}}, STATE, STATE | {"currently_syncing": None}, stream({})),
        stream({"replication_key": "changed_at", "replication_key_value": "x"}),
        stream({"partitions": [ENTRY, ENTRY]}),  # of one model of one integration
        stream({"partitions": [ENTRY | {"replication_key_value": 5, "resume": None}]}),
        stream({"partitions": [ENTRY | {"progress_markers": {"Note": "x"}}], "questions": {}}),
        {"bookmarks": {"of_an_older_version": {}}},
    ]

    assert [line for state in states for line in state_complaints(state)] == []


WRONG_STATES: dict[str, list[dict[str, Any]]] = {
    "has no 'bookmarks'": [{"jobs": {}}, {"singer_state": None}],
    ": 'bookmarks'": [{"bookmarks": None}, {"bookmarks": []}, {"bookmarks": "x"}],
    "bookmarks.jobs: ": [stream(None), stream([])],
    "bookmarks.j\\nobs: ": [{"bookmarks": {"j\nobs": 5}}],
    "bookmarks.jobs.partitions: ": [stream({"partitions": None}), stream({"partitions": {}})],
    "bookmarks.jobs.partitions[1]: ": [stream({"partitions": [ENTRY, None]})],
    "bookmarks.jobs.partitions[0]: ": [stream({"partitions": [{}]})],
    "partitions[0].context: ": [
        stream({"partitions": [{"context": one}]})
        for one in (None, {}, {"integration_id": "a", "jane": 5})
    ],
    "partitions[0].context.integration_id: ": [
        stream({"partitions": [{"context": {"integration_id": 5}}]})
    ],
    "bookmarks.jobs.progress_markers: ": [stream({"progress_markers": None})],
    "[0].progress_markers: ": [stream({"partitions": [ENTRY | {"progress_markers": []}]})],
}


def test_a_state_that_the_sdk_cannot_use_is_refused_in_one_line() -> None:
    for where, states in WRONG_STATES.items():
        for lines in map(list, map(state_complaints, states)):
            assert [where in line and line.isprintable() for line in lines] == [True], where


def test_a_stream_with_many_mistakes_is_one_line() -> None:
    assert len(list(state_complaints(stream({"partitions": [{}] * 1000})))) == 1


def test_the_tap_refuses_such_a_state() -> None:
    with pytest.raises(ConfigValidationError) as refusal:
        TapKombo(config=dict(GOOD), state=stream(None))

    assert len(refusal.value.errors) == 1


def test_the_tap_unwraps_a_state() -> None:
    assert TapKombo(config=dict(GOOD), state={"singer_state": STATE}).state == STATE


WRONG_CATALOGS: list[dict[str, Any]] = [
    *({}, {"streams": None}, {"streams": [None]}, {"streams": [{}]}),
    {"streams": [{"tap_stream_id": 5}]},
    {"streams": [{"tap_stream_id": "jobs", "schema": None}]},
    {"streams": [{"tap_stream_id": "jobs", "schema": {"properties": {"id": True}}}]},
    {"streams": [{"tap_stream_id": "jobs", "metadata": None}]},
    {"streams": [{"tap_stream_id": "jobs", "metadata": [{"breadcrumb": []}]}]},
    {"streams": [{"tap_stream_id": "jobs", "key_properties": "id"}]},
]


def test_what_is_no_catalog_is_refused_in_one_line() -> None:
    for wrong in WRONG_CATALOGS:
        lines = list(catalog_complaints(wrong))

        told = [line.startswith("The catalog cannot be used: catalog") for line in lines]
        assert told == [True], wrong


def test_the_tap_refuses_such_a_catalog() -> None:
    with pytest.raises(ConfigValidationError):
        TapKombo(config=dict(GOOD), catalog=WRONG_CATALOGS[0])


def test_a_catalog_of_the_tap_is_one() -> None:
    assert list(catalog_complaints(catalog("jobs", "interviews"))) == []


# Whatever is handed in.

STATES = st.fixed_dictionaries(
    {"bookmarks": st.dictionaries(st.sampled_from(["jobs", "x"]) | TEXTS, JSON, max_size=2)}
) | st.builds(
    stream,
    st.fixed_dictionaries(
        {},
        optional={
            "partitions": JSON | st.lists(JSON | st.fixed_dictionaries({"context": JSON})),
            "progress_markers": JSON,
        },
    ),
)
CATALOGS = st.fixed_dictionaries(
    {
        "streams": st.lists(
            JSON
            | st.fixed_dictionaries(
                {"tap_stream_id": st.just("jobs") | JSON},
                optional={
                    "schema": JSON | st.fixed_dictionaries({"properties": JSON}),
                    "metadata": JSON
                    | st.lists(st.fixed_dictionaries({"breadcrumb": JSON, "metadata": JSON})),
                    "key_properties": JSON,
                },
            ),
            max_size=2,
        )
    }
)
CONFIGS = st.dictionaries(st.sampled_from(list(SETTINGS["properties"])) | TEXTS, JSON, max_size=4)


def used(config: object, state: object, chosen: object, *, env: bool = False) -> list[str]:
    """Make the tap as the command line does, and return what is wrong in lines."""
    try:
        tap = TapKombo(
            config=json_object(json.dumps(config)),
            state=last_state(json.dumps(state)),
            catalog=json_object(json.dumps(chosen)),
            parse_env_config=env,
            message_writer=Sent(),
        )
    except DocumentError as error:
        return [str(error)]
    except ConfigValidationError as error:
        return error.errors
    assert tap.configured_ids
    assert tap.streams
    assert serialize_jsonl(copy.deepcopy(tap.state))
    return []


@given(config=CONFIGS | JSON, whole=st.booleans())
def test_any_configuration_is_read_or_refused(config: Any, whole: bool) -> None:  # noqa: ANN401, FBT001
    if whole and isinstance(config, dict):
        config = GOOD | config
    lines = used(config, {}, catalog("jobs"))

    assert [line for line in lines if not line.isprintable()] == []


@given(state=STATES | JSON)
@example(state=stream({"of": "half a \ud83d"}))
def test_any_state_is_read_or_refused(state: object) -> None:
    lines = used(GOOD, state, catalog("jobs"))

    assert [line for line in lines if not line.isprintable()] == []


@given(chosen=CATALOGS | JSON)
def test_any_catalog_is_read_or_refused(chosen: object) -> None:
    lines = used(GOOD, {}, chosen)

    assert [line for line in lines if not line.isprintable()] == []


@given(
    variables=st.dictionaries(
        st.sampled_from(list(SETTINGS["properties"])),
        st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]))
        | JSON.map(json.dumps)
        | st.binary(max_size=8).map(lambda one: os.fsdecode(one.replace(b"\0", b"\xff"))),
        max_size=3,
    )
)
def test_any_variable_is_read_or_refused(variables: dict[str, str]) -> None:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(PREFIX + name.upper(), value)
        lines = used(GOOD, {}, catalog("jobs"), env=True)

    assert [line for line in lines if not line.isprintable()] == []
