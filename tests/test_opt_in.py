"""What needs a decision does not exist until `opt_in` names it, at any depth."""

from __future__ import annotations

import json
import sys
from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

import pytest
import time_machine
from singer_sdk.exceptions import ConfigValidationError
from support import KEY, Kombo, Sent, only

from kombo_emulator import Behaviour
from tap_kombo.api.endpoints import ENDPOINTS, STREAMS
from tap_kombo.privacy import _CLASSES as CLASSES
from tap_kombo.privacy import (
    NOT_OPTED_IN,
    OPT_IN,
    Class,
    class_of,
    hidden_paths,
    is_opted_in,
    opt_in_complaints,
    opted_in,
    place,
    places,
    sensitive_paths,
    walk,
)
from tap_kombo.schemas import load_schema
from tap_kombo.selection import without
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

A, HR = "greenhouse:demo", "personio:demo"
GENERAL = {"integration_models", "custom_fields", "integration_fields"}

# Named by hand: what everybody would call sensitive, wherever it may stand.
SENSITIVE = (
    "ssn", "tax_id", "bank_accounts", "iban", "date_of_birth", "gender", "ethnicity",
    "marital_status", "nationality", "home_address", "remote_data", "integration_fields",
    "salary_amount", "salary_currency", "pay_rate", "pay_currency", "totals", "line_items",
    "gross_pay", "raw_question", "employee_note", "creator_email",
)  # fmt: skip


def everywhere(value: object) -> Iterator[str]:
    """The names of all properties in a JSON value."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield name
            yield from everywhere(one)
    elif isinstance(value, list):
        for one in value:
            yield from everywhere(one)


# --- the table


def test_every_text_has_a_class() -> None:
    unknown = [
        place(endpoint.name, path)
        for endpoint in ENDPOINTS
        for path, schema in walk(load_schema(endpoint.name))
        if class_of(endpoint.name, path) is None
        and "format" not in schema
        and {"string"} & {*schema.get("type", ["string"])}
    ]
    assert unknown == []


def test_every_end_in_the_table_is_of_use() -> None:
    used: set[tuple[str, ...]] = set()
    for endpoint in ENDPOINTS:
        for path, _ in walk(load_schema(endpoint.name)):
            names = [endpoint.name, *(one for one in path if one != "[]")]
            ends = [tuple(names[-length:]) for length in range(len(names), 0, -1)]
            used |= {next((end for end in ends if end in CLASSES), ())}
    assert CLASSES.keys() - used == set()


def test_the_longest_end_of_a_path_decides() -> None:
    kinds = {
        ("candidates", "first_name"): Class.NAME,
        ("interviews", "application.candidate.email_addresses.[].email_address"): Class.EMAIL,
        ("hris_employees", "bank_accounts.[].iban"): Class.IDENTITY,
        ("hris_employees", "employments.[].pay_rate"): Class.PAY,
        ("hris_payslips", "totals.gross_pay.value"): Class.PAY,
        ("applications", "screening_question_answers.[].answer.raw"): Class.RAW,
        ("applications", "screening_question_answers.[].answer.choice"): Class.FREE_TEXT,
        ("hris_locations", "address.raw"): Class.ADDRESS,
        ("jobs", "stages.[].remote_data"): Class.RAW,
        ("candidates", "social_media.[].link"): Class.NAME,
        ("integration_fields", "label"): Class.PLAIN,  # the stream, not the column of that name
        ("jobs", "never_heard_of"): None,
    }
    assert {(stream, path): class_of(stream, path.split(".")) for stream, path in kinds} == kinds


def test_what_is_sensitive_is_hidden_at_every_depth() -> None:
    for endpoint in ENDPOINTS:
        whole = load_schema(endpoint.name)
        left = without(whole, hidden_paths(endpoint.name, ()))
        assert {*everywhere(left)} & {*SENSITIVE} == set(), endpoint.name
        assert without(whole, hidden_paths(endpoint.name, ["*"])) == whole
        assert whole == load_schema(endpoint.name)


# --- patterns


def test_a_pattern_names_a_place_or_what_it_is_a_part_of() -> None:
    named = [
        ("jobs.salary_amount", ["jobs.salary_*"]),
        ("jobs.salary_amount", ["jobs"]),
        ("jobs.salary_amount", ["*"]),
        ("jobs.stages.remote_data", ["*.remote_data"]),
        ("hris_employees.employments.pay_rate", ["hris_employees.employments"]),
        ("application_attachments", ["application_attachments"]),
    ]
    others = [
        ("jobs.salary_amount", ["hris_*", "jobs.salary"]),
        ("jobs.stages.remote_data", ["jobs.remote_data"]),
        ("application_attachments", ["*.remote_data"]),
    ]
    assert [one for one in named + others if is_opted_in(*one)] == named


def test_a_pattern_that_names_nothing_is_refused_with_near_ones() -> None:
    patterns = ["*", "hris_employees.snn", "jobs.name", "jane@example.com"]
    lines = list(opt_in_complaints(patterns))
    assert [line.split(" names")[0] for line in lines] == ["entry 2", "entry 3", "entry 4"]
    assert "did you mean `hris_employees.ssn`" in lines[0]
    assert "jane" not in " ".join(lines)
    assert all(not list(opt_in_complaints([one])) for one in places())

    with pytest.raises(ConfigValidationError) as refused:
        TapKombo(config={"api_key": KEY, "integration_ids": [A], "opt_in": patterns})
    assert len(refused.value.errors) == 3
    assert all("'opt_in'" in line for line in refused.value.errors)


@pytest.mark.parametrize(
    "value", ["jobs.salary_*, *.remote_data", '["jobs.salary_*","*.remote_data"]']
)
def test_patterns_may_be_a_text(value: str) -> None:
    tap = TapKombo(config={"api_key": KEY, "integration_ids": [A], "opt_in": value})
    assert tap.config["opt_in"] == ["jobs.salary_*", "*.remote_data"]


# --- runs


def run(
    kombo: Kombo,
    *integrations: str,
    streams: str = "*",
    state: dict[str, Any] | None = None,
    **settings: object,
) -> Sent:
    """Run with all columns selected that are there, of the streams that fit a pattern."""
    sent = Sent()
    config = {"api_key": KEY, "api_url": kombo.url, "integration_ids": list(integrations)}
    catalog = TapKombo(config=config | settings).catalog_dict
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = fnmatchcase(entry["stream"], streams)
    with time_machine.travel(kombo.emulator.clock.now()):
        tap = TapKombo(config=config | settings, state=state, catalog=catalog, message_writer=sent)
        tap.sync_all()
    return sent


@pytest.fixture
def both(kombo: Kombo) -> Kombo:
    kombo.emulator.behaviour = Behaviour(remote_data=True)
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(HR, "HRIS")
    return kombo


def test_without_it_nothing_sensitive_is_in_catalog_schema_or_record(both: Kombo) -> None:
    sent = run(both, A, HR)

    catalog = TapKombo(config={}, validate_config=False).catalog_dict
    told = [one for one in (*catalog["streams"], *sent.messages) if "stream" in one]
    names = {*everywhere([one for one in told if one["stream"] not in GENERAL])}
    assert names & {*SENSITIVE} == set()
    assert not {"application_attachments", "candidate_attachments"} & {
        one["stream"] for one in told
    }
    assert not [one for one in both.emulator.requests if one.path.endswith("/attachments")][1:]
    assert len({one["stream"] for one in sent.messages if one["type"] == "RECORD"}) > 25


def test_with_it_all_is_there(both: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    sent = run(both, A, HR, opt_in=["*"])

    assert {*SENSITIVE} - {*everywhere(sent.messages)} == set()
    assert sent.records("application_attachments")
    assert sum(line.startswith("Opted in: ") for line in caplog.messages) == 1


def test_what_is_opted_in_later_starts_a_full_pass_and_what_is_given_up_does_not(
    both: Kombo,
) -> None:
    first = run(both, HR, streams="hris_employees")
    sizes = []
    for patterns in (["hris_employees.ssn"], ["hris_employees.ssn"], []):
        both.emulator.clock.advance(days=1)
        first = run(both, HR, streams="hris_employees", state=first.state, opt_in=patterns)
        sizes.append(len(first.records("hris_employees")))
        assert all(("ssn" in one) == bool(patterns) for one in first.records("hris_employees"))

    assert [bool(size) for size in sizes] == [True, False, False]


def test_classes_that_need_it_are_those_of_the_design() -> None:
    assert {Class.PAY, Class.IDENTITY, Class.HEALTH, Class.RAW} == OPT_IN
    streams = [one.name for one in ENDPOINTS]
    assert [one for one in places() if one in streams] == [
        "application_attachments", "candidate_attachments",
    ]  # fmt: skip
    assert opted_in(()) == []
    assert set(opted_in(["*"])) == {
        *(one.name for one in ENDPOINTS if one.parent),
        *(place(one.name, path) for one in ENDPOINTS for path in sensitive_paths(one.name)),
    }


def test_discovery_refuses_what_names_nothing() -> None:
    for opt_in in (5, [5], "[a", ["hris_employees.snn"]):
        with pytest.raises(ConfigValidationError) as refusal:
            TapKombo(config={"opt_in": opt_in}, validate_config=False)

        assert [line.startswith("Setting 'opt_in'") for line in refusal.value.errors] == [True]


def by_a_catalog(both: Kombo, catalog: dict[str, Any]) -> Sent:
    """What a run sends; nothing of it is sensitive."""
    config = {"api_key": KEY, "api_url": both.url, "integration_ids": [A, HR]}
    sent = Sent()

    TapKombo(config=config, catalog=catalog, message_writer=sent).sync_all()

    told = [one for one in sent.messages if one.get("stream", "integration_fields") not in GENERAL]
    assert {*everywhere(told)} & {*SENSITIVE} == set()
    return sent


def test_an_old_catalog_brings_nothing_back(both: Kombo) -> None:
    catalog = TapKombo(config={"opt_in": ["*"]}, validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = True

    assert by_a_catalog(both, catalog).records("hris_employees")


OPEN: tuple[dict[str, Any], ...] = (
    {"type": ["object", "null"]},
    {"type": ["array", "null"]},
    {"type": ["array", "null"], "items": {"type": ["object", "null"]}},
    {"type": ["array", "null"], "items": {}},
    {"type": ["array", "object", "null"]},
    {"anyOf": [{"type": "object"}, {"type": "array"}, {"type": "null"}]},
    {},
)


@pytest.mark.parametrize("schema", OPEN, ids=json.dumps)
def test_a_catalog_that_leaves_open_what_is_inside_lets_nothing_out(
    both: Kombo, schema: dict[str, Any]
) -> None:
    """Every object and every list of the top level, in each stream that has sensitive parts."""
    catalog = TapKombo(config={"opt_in": ["*"]}, validate_config=False).catalog_dict
    for entry in catalog["streams"]:
        properties, whole = entry["schema"]["properties"], load_schema(entry["stream"])
        for name, one in whole["properties"].items():
            if "properties" in one or "items" in one:
                properties[name] = schema
        for one in entry["metadata"]:
            one["metadata"]["selected"] = True

    jobs = by_a_catalog(both, catalog).records("jobs")

    key = "stages" if "array" in json.dumps(schema) or not schema else "location"
    assert any(one[key] for one in jobs)


def test_whoever_selects_what_is_not_opted_in_is_told_once(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meltano tells the tap its `select`: its catalog lacks what discovery lacks."""
    tried: list[tuple[list[str], dict[str, Any], list[str]]] = [
        (["application_attachments.*"], {}, ["application_attachments"]),
        (["*_attachments.id"], {}, ["application_attachments, candidate_attachments"]),
        (["*_attachments.*"], {"opt_in": ["candidate_*"]}, ["application_attachments"]),
        (["*.*", "!application_attachments.*", "users.*"], {}, []),
        (["application_attachments.*"], {"opt_in": ["*"]}, []),
    ]
    kombo.emulator.add_integration(A, "ATS", only())
    for selected, settings, told in tried:
        caplog.clear()
        monkeypatch.setenv("MELTANO_EXTRACT__SELECT", json.dumps(selected))

        kombo.run(A, **settings)

        lines = [line for line in caplog.messages if line.startswith(NOT_OPTED_IN)]
        assert lines == [f"{NOT_OPTED_IN}: {names}." for names in told], selected


def test_a_catalog_that_selects_what_is_not_opted_in_is_heard(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, streams=("interviews", "application_attachments"), opt_in=[])

    assert caplog.messages.count(f"{NOT_OPTED_IN}: application_attachments.") == 1
    assert not sent.records("application_attachments")
    assert sent.records()


# --- keys


def test_ids_that_the_users_chose_are_told_apart_by_integration() -> None:
    keys: dict[str, list[str]] = {
        entry["stream"]: list(entry["key_properties"])
        for entry in TapKombo(
            config={"opt_in": ["*"]}, validate_config=False, setup_mapper=False
        ).catalog_dict["streams"]
    }
    assert {name: key for name, key in keys.items() if key != ["id"]} == {
        "application_attachments": ["application_id", "id"],
        "candidate_attachments": ["candidate_id", "id"],
        "assessment_orders": ["integration_id", "id"],
        "assessment_packages": ["integration_id", "id"],
        "custom_fields": ["integration_id", "id"],
        "integration_fields": ["integration_id", "id"],
    }
    for name, key in keys.items():
        properties: dict[str, Any] = load_schema(name)["properties"]
        assert {one: properties[one]["type"] for one in key} == {one: ["string"] for one in key}
    assert json.dumps(keys)


# --- what is printed


def test_a_test_of_the_connection_prints_no_record(
    both: Kombo, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    config = {"api_key": KEY, "api_url": both.url, "integration_ids": [A, HR]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own

    with pytest.raises(SystemExit) as ended:
        TapKombo.get_singer_command().main([f"--config={tmp_path / 'config.json'}", "--test"])

    assert ended.value.code == 0
    assert '"RECORD"' not in capsys.readouterr().out
    assert both.asked("/ats/candidates")


def test_a_test_of_the_schemas_prints_all_that_there_are(
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
) -> None:
    config = {"api_key": KEY, "integration_ids": [A]}
    (tmp_path / "config.json").write_text(json.dumps(config))
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)

    with pytest.raises(SystemExit):
        TapKombo.get_singer_command().main(
            [f"--config={tmp_path / 'config.json'}", "--test=schema"]
        )

    told = [json.loads(line) for line in capsys.readouterr().out.split("\n") if line]
    assert {one["type"] for one in told} == {"SCHEMA"}
    there = {one.name for one in STREAMS if not one.parent}
    assert {one["stream"] for one in told} == there
    assert "can be read" not in caplog.text  # nobody was asked
