"""Pseudonyms: nobody is shown, and all streams still join."""

from __future__ import annotations

import json
from dataclasses import asdict
from itertools import product
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from jsonschema import Draft7Validator
from singer_sdk.exceptions import ConfigValidationError
from support import KEY, Kombo, Sent, each
from test_pages import fenced

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.privacy import Class, class_of, hidden_paths, opted_in, place, walk
from tap_kombo.pseudonyms import Plan, Treatment, hiding, pseudonym, treatments
from tap_kombo.schemas import load_schema
from tap_kombo.selection import compile_edits, without
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterator

A, HR = "greenhouse:demo", "personio:demo"
SECRET = "0123456789abcdef0123456789abcdef"
MARK = "Canary Ünïque"
KEYS = {"id": "1", "integration_id": "a"}
LISTS = tuple(one.name for one in ENDPOINTS if not one.parent and one.category != "GENERAL")

# Made by: printf 'e-mail address\njane.doe@example.com' | openssl dgst -sha256 -hmac KEY
VECTORS = [
    (Class.EMAIL, " Jane.Doe@Example.com", "1a406d3a35316b82d34ef950a6e9b48d"),
    (Class.NAME, " ZOE\u0308 ", "1776324aab89eae7967d8b6ee19f8160"),
    (Class.PHONE, "+49 (170) 123-4567", "b63494b656289c844bfa17f999c8d0f5"),
    (Class.FREE_TEXT, "as it is ", "49e4dec26c6842f4d4191559c30589fb"),
]


def visible(stream: str) -> dict[str, Any]:
    whole = load_schema(stream)
    return without(whole, hidden_paths(stream, ()))


def filled(schema: dict[str, Any], text: str) -> Any:  # noqa: ANN401
    """A value of a schema with a text wherever one may stand."""
    kinds = {*schema.get("type", ["string"])} - {"null"}
    if "properties" in schema:
        return {name: filled(one, text) for name, one in schema["properties"].items()}
    if "array" in kinds:
        return [filled(schema.get("items", {}), text)]
    if "object" in kinds:
        return {"anything": [text]}
    if "string" in kinds:
        return "2026-01-01T00:00:00Z" if "format" in schema else text
    return True if "boolean" in kinds else 1


def texts(value: object, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], str]]:
    if isinstance(value, dict):
        for name, one in value.items():
            yield from texts(one, (*path, name))
    elif isinstance(value, list):
        for one in value:
            yield from texts(one, path)
    elif isinstance(value, str):
        yield path, value


def hide(plan: Plan, stream: str, schema: dict[str, Any], record: dict[str, Any]) -> None:
    config = {"pseudonyms": asdict(plan), "pseudonym_key": SECRET}
    compile_edits(hiding(config, stream, schema))([record])


def leaking(plan: Plan, stream: str) -> set[str]:
    schema = visible(stream)
    record = filled(schema, MARK)
    hide(plan, stream, schema, record)
    return {place(stream, path) for path, text in texts(record) if MARK in text}


# --- values


@each(*VECTORS)
def test_a_pseudonym_is_what_openssl_says(kind: Class, value: str, made: str) -> None:
    assert pseudonym(SECRET.encode(), kind, value) == made


@each(*LISTS)
def test_nothing_of_a_class_that_is_hidden_gets_through(stream: str) -> None:
    """A canary stands in every text of a record."""
    by_class: dict[str, Class | None] = {
        place(stream, path): class_of(stream, path) for path, _ in walk(visible(stream))
    }
    clear = {preset: leaking(Plan(preset), stream) for preset in ("people", "strict")}
    classes = {preset: {by_class.get(one) for one in found} for preset, found in clear.items()}

    assert classes["strict"] <= {Class.PLAIN, None}
    assert not classes["people"] & {Class.NAME, Class.EMAIL, Class.PHONE}
    assert clear["strict"] <= clear["people"]
    assert not {one for one in clear["strict"] if one.endswith(("remote_id", "custom_fields"))}


def test_types_never_change_and_null_stays_null() -> None:
    for stream in LISTS:
        schema = visible(stream)
        for text in (MARK, None):
            record = filled(schema, text)  # type: ignore[arg-type]
            names = list(record)
            hide(Plan("strict"), stream, schema, record)
            assert list(record) == names
            assert list(Draft7Validator(schema).iter_errors(record | KEYS)) == []
            if text is None:
                assert not [one for _, one in texts(record) if not one.startswith("2026")]


def test_patterns_win_over_the_preset() -> None:
    plan = Plan(
        "people",
        keep=["users.email", "*.hiring_team.email"],
        hash=["jobs.name"],
        null=["candidates.email_addresses"],
        email_domain=True,
    )
    told = {
        place(stream, path): how
        for stream in ("users", "jobs", "candidates")
        for path, how in treatments(plan, stream, visible(stream))
    }
    assert told["users.email"] is told["jobs.hiring_team.email"] is Treatment.CLEAR
    assert told["jobs.name"] is told["candidates.last_name"] is Treatment.HASH
    assert told["candidates.email_addresses"] is Treatment.NULL
    assert told["users.id"] is told["users.changed_at"] is Treatment.CLEAR

    record = {"email": "Jane@Example.com", "first_name": "Jane"}
    hide(Plan(email_domain=True), "users", visible("users"), record)
    assert record["email"].endswith("@example.com")
    assert len(record["email"]) == len("@example.com") + 32
    assert len(record["first_name"]) == 32


@each(*product(("hash", "null"), ("*", "*.id", "*.candidate_id", "candidate_attachments.*")))
def test_no_pattern_hides_a_key_or_a_bookmark(how: str, patterns: str) -> None:
    plan = Plan.of({how: [patterns]})
    for one in ENDPOINTS:
        wanted = {*one.key, "integration_id", one.replication_key or "id"}
        schema = load_schema(one.name)
        record: dict[str, Any] = {"remote_deleted_at": MARK} | dict.fromkeys(wanted, MARK)

        hide(plan, one.name, schema, record)

        assert {*record.values()} == {MARK}, one.name


# --- settings


def refused(**settings: object) -> list[str]:
    config = {"api_key": KEY * 3, "integration_ids": [A], "pseudonym_key": SECRET} | settings
    with pytest.raises(ConfigValidationError) as error:
        TapKombo(config={name: one for name, one in config.items() if one is not None})
    lines: list[str] = error.value.errors
    return lines


@each(
    ({"pseudonyms": "people", "pseudonym_key": None}, "it needs 'pseudonym_key'"),
    ({"pseudonyms": "people", "pseudonym_key": "short-secret"}, "32 to 1000 characters"),
    ({"pseudonyms": "people", "pseudonym_key": KEY * 3}, "must not be the API key"),
    ({"pseudonyms": "poeple"}, "must be one of people, strict"),
    ({"pseudonyms": {"preset": "all"}}, "must be one of people, strict"),
    ({"pseudonyms": {"hash": ["users.emial"]}}, "did you mean `users.email`"),
    ({"pseudonyms": {"null": ["jane@example.com"]}}, "entry 1 of `null` names no property"),
    ({"pseudonyms": {"hash": ["candidates.id"]}}, "entry 1 of `hash` names a key or a mark"),
    ({"pseudonyms": {"null": ["*.email", "*.changed_at"]}}, "entry 2 of `null` names a key or"),
    ({"pseudonyms": None}, "Setting 'pseudonym_key': it has no effect without 'pseudonyms'"),
    ({"pseudonyms": {"salt": "x"}}, "Setting 'pseudonyms'"),
    ({"pseudonyms": 5}, "Setting 'pseudonyms'"),
)
def test_a_wrong_setting_is_refused_in_one_line_without_its_value(
    settings: dict[str, Any], told: str
) -> None:
    [line] = refused(**settings)
    assert told in line
    assert "jane" not in line
    assert "short-secret" not in line
    assert SECRET not in line


# --- runs


def people(sent: Sent, *streams: str) -> set[str]:
    """Every text of streams that people may be found by."""
    return {
        text
        for stream in streams
        for record in sent.records(stream)
        for path, text in texts(record)
        if class_of(stream, path) in {Class.NAME, Class.EMAIL, Class.PHONE}
    }


def test_streams_still_join_and_show_nobody(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    kombo.emulator.add_integration(A)
    streams = ("candidates", "applications", "interviews", "users")
    clear = kombo.run(A, streams=streams)
    hidden = kombo.run(A, streams=streams, pseudonyms="people", pseudonym_key=SECRET)

    assert not people(clear, *streams) & people(hidden, *streams)
    for nested in ("applications", "interviews"):
        for record in hidden.records(nested):
            candidate = (record.get("application") or record)["candidate"]
            found = [one for one in hidden.records("candidates") if one["id"] == candidate["id"]]
            assert [one["last_name"] for one in found] == [candidate["last_name"]] * len(found)
    assert [one["id"] for one in clear.records("users")] == [
        one["id"] for one in hidden.records("users")
    ]
    assert sum(line.startswith("Pseudonyms (people): ") for line in caplog.messages) == 3
    assert SECRET not in caplog.text + json.dumps(hidden.state)


def test_another_key_leaves_no_old_pseudonym(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    tables: list[set[str]] = []
    state: dict[str, Any] = {}
    settings: dict[str, Any] = {"pseudonyms": "strict", "full_pass_interval_days": 0}
    for key in (SECRET, SECRET, SECRET[::-1]):
        sent = kombo.run(A, streams=("users",), state=state, pseudonym_key=key, **settings)
        state = sent.state
        tables.append(people(sent, "users"))
        kombo.emulator.clock.advance(days=1)

    first, again, other = tables
    assert again == set()
    assert len(other) == len(first)
    assert not first & other


def test_it_comes_before_stream_maps(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    maps = {"users": {"seen": "email"}}

    sent = kombo.run(
        A, streams=("users",), stream_maps=maps, pseudonyms="people", pseudonym_key=SECRET
    )

    assert {one["seen"] for one in sent.records("users")} == {
        one["email"] for one in sent.records("users")
    }
    assert not [one for one in sent.records("users") if "@" in (one["seen"] or "")]


def test_what_is_opted_in_and_hidden_is_as_the_page_says() -> None:
    opted, _, hidden, changed, _ = map(yaml.safe_load, fenced("personal-data.md", "yaml"))
    settings = [one["plugins"]["extractors"][0]["config"] for one in (opted, hidden)]
    config = {"api_key": KEY, "integration_ids": [A], "pseudonym_key": "k" * 32}

    tap = TapKombo(config=settings[1] | settings[0] | config)
    assert "hris_employees.date_of_birth" in opted_in(tap.config["opt_in"])
    assert tap.config["pseudonyms"] == "people"

    plan = Plan.of(TapKombo(config=config | changed).config["pseudonyms"])
    assert plan.email_domain
    assert plan.null == ["candidates.custom_fields"]
