"""What the emulator answers for the categories HRIS, LMS and ASSESSMENT."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import jsonschema
import pytest
import requests
from category_server import CHECKOUT, IDS, NOW, PATHS, REFERENCE, Server, refused, serving
from kombo import models as sdk

from kombo_emulator import Behaviour, Emulator, Size
from kombo_emulator.table import LISTS, MODELS
from tap_kombo.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

NOT_IN_SDK = {"/hris/teams", "/hris/skills", "/hris/employee-skill-assignments"}
HIDDEN_BY_SDK = {"remote_data", "integration_fields", "teams", "approver_id"}


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


@pytest.fixture
def behave(server: Server) -> Iterator[Callable[[Behaviour], None]]:
    """Sets a behaviour for one test."""
    yield lambda behaviour: setattr(server.emulator, "behaviour", behaviour)
    server.emulator.behaviour = Behaviour()


# Records


@pytest.mark.parametrize("path", PATHS)
def test_pass_reads_every_record_once(server: Server, path: str) -> None:
    model = LISTS[path]
    params = {"page_size": "3"} if model.paging != "none" else {}
    rows = server.read(path, **params)
    assert rows == server.seeded[model.category].records(model.id)
    assert len(rows) >= 3
    assert all(tuple(sorted(row)) == tuple(sorted(model.shown)) for row in rows)


@pytest.mark.parametrize(
    "path", [path for path in PATHS if path not in NOT_IN_SDK and not path.startswith("/lms")]
)
def test_records_fit_the_official_sdk(server: Server, path: str) -> None:
    name = "".join(word.capitalize() for word in path.replace("-", "/").split("/"))
    official = getattr(sdk, f"Get{name}PositiveResponse")
    params = {"page_size": "250"} if LISTS[path].paging != "none" else {}
    body = server.get(path, **params).json()
    key = LISTS[path].results
    results = getattr(official.model_validate(body).data, key)
    for result, record in zip(results, body["data"][key], strict=True):
        known = {field.alias or name for name, field in type(result).model_fields.items()}
        assert known <= set(record)
        assert set(record) - known <= HIDDEN_BY_SDK


@pytest.fixture(scope="module")
def described() -> dict[str, dict[str, Any]]:
    """The schema of each list's records, as the reference describes them."""
    document = REFERENCE / "kombo-endpoints.json"
    if not document.exists():
        pytest.skip(f"no reference at {REFERENCE}; set KOMBO_REFERENCE_DIR")
    endpoints = json.loads(document.read_text())["endpoints"]
    return {one["path"]: one["record_schema"] for one in endpoints if one["path"] in PATHS}


def closed(schema: Any) -> Any:  # noqa: ANN401
    """Let a schema refuse what it does not name, and accept null where it says so."""
    if isinstance(schema, list):
        return [closed(item) for item in schema]
    if not isinstance(schema, dict):
        return schema
    made = {name: closed(item) for name, item in schema.items()}
    if isinstance(schema.get("properties"), dict):
        made["additionalProperties"] = False
    if "enum" in schema and "null" in schema["type"]:
        made["enum"] = [*schema["enum"], None]
    return {"anyOf": [made, {"type": "null"}]} if schema.get("nullable") is True else made


@pytest.mark.parametrize("path", PATHS)
def test_records_fit_the_reference(
    server: Server, described: dict[str, dict[str, Any]], path: str
) -> None:
    validator = jsonschema.Draft202012Validator(closed(described[path]))
    rows = server.read(path)
    for row in rows:
        validator.validate(row)
    for name, schema in described[path]["properties"].items():
        nullable = "null" in schema.get("type", ()) or schema.get("nullable")
        if nullable and name not in {"remote_id", "remote_data"}:
            assert any(row[name] is None for row in rows), name


@pytest.mark.parametrize(
    "endpoint",
    [one for one in ENDPOINTS if one.category in IDS],
    ids=lambda endpoint: endpoint.name,
)
def test_every_declared_property_has_a_value(
    server: Server,
    behave: Callable[[Behaviour], None],
    endpoint: Any,  # noqa: ANN401
) -> None:
    behave(Behaviour(remote_data=True))
    schema = json.loads((CHECKOUT / f"tap_kombo/schemas/{endpoint.name}.json").read_text())
    rows = server.read(endpoint.path)
    filled = {name for row in rows for name, value in row.items() if value not in (None, [], {})}
    # A tombstone is only seen by who changes records, and the tap adds the integration's id.
    assert set(schema["properties"]) - filled <= {"remote_deleted_at", "integration_id"}


def test_remote_data_is_there_on_request_in_every_model(
    server: Server, behave: Callable[[Behaviour], None]
) -> None:
    seeded = [*server.seeded.values(), Emulator(now=NOW).add_integration("greenhouse:acme")]
    for switched_on in (False, True):
        behave(Behaviour(remote_data=switched_on))
        seeded[-1].world.behaviour = Behaviour(remote_data=switched_on)
        for integration in seeded:
            for model in MODELS.values():
                if "remote_data" in model.fields and model.category == integration.category:
                    raw = [row["remote_data"] for row in integration.records(model.id)]
                    assert raw
                    assert all(isinstance(one, dict) is switched_on for one in raw), model.id
                    assert all(bool(one) is switched_on for one in raw), model.id


def test_times_have_the_documented_forms(server: Server) -> None:
    def values(path: str, name: str) -> list[str]:
        return [row[name] for row in server.read(path) if row[name]]

    for path, name, form in (
        ("/hris/employees", "date_of_birth", r"\d{4}-\d\d-\d\dT00:00:00\.000Z"),
        ("/hris/employees", "termination_date", r"\d{4}-\d\d-\d\dT00:00:00\.000Z"),
        ("/hris/employments", "effective_date", r"\d{4}-\d\d-\d\dT00:00:00\.000Z"),
        ("/hris/absences", "start_date", r"\d{4}-\d\d-\d\d"),
        ("/hris/absences", "start_time", r"\d\d:\d\d:\d\d"),
        ("/hris/pay-runs", "end_date", r"\d{4}-\d\d-\d\d"),
        ("/hris/timesheets", "timezone", r"[+-]\d\d:\d\d"),
        ("/lms/users", "changed_at", r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z"),
    ):
        found = values(path, name)
        assert found
        assert all(re.fullmatch(form, value) for value in found), (path, name)


def test_free_form_values_are_of_every_json_type(server: Server) -> None:
    fields = [
        field["value"]
        for path in ("/hris/employees", "/hris/employments", "/lms/courses")
        for row in server.read(path)
        for field in row["integration_fields"]
    ]
    assert {type(value) for value in fields} == {str, int, float, bool, dict, list, type(None)}
    ratings = [row["summary_rating"] for row in server.read("/hris/performance-reviews")]
    assert {rating and rating["type"] for rating in ratings} == {"NUMERIC", "SINGLE_SELECT", None}


def test_secrets_and_addresses_belong_to_nobody(server: Server) -> None:
    text = "".join(json.dumps(server.read(path)) for path in PATHS)
    assert set(re.findall(r"@([\w.-]+)", text)) == {"example.com", "example.org"}
    employees = server.read("/hris/employees")
    assert all((one["ssn"] or "000").startswith("000") for one in employees)
    accounts = [account for one in employees for account in one["bank_accounts"] or []]
    assert accounts
    assert all((account["iban"] or "DE00").startswith("DE00") for account in accounts)


def test_teams_are_the_groups_under_their_old_name(server: Server) -> None:
    assert server.read("/hris/teams") == server.read("/hris/groups")
    assert refused(server.get("/hris/teams", types="TEAM")) == (400, "PLATFORM.INPUT_INVALID")
    employees = server.read("/hris/employees")
    assert any(one["groups"] for one in employees)
    assert all(one["teams"] == one["groups"] for one in employees)


def test_coverage_names_models_and_what_they_show(server: Server) -> None:
    hris = server.seeded["HRIS"].describe()
    models = {
        model["id"]: {field["id"] for field in model["fields"]} for model in hris["read_models"]
    }
    assert set(models) == {model.id for model in LISTS.values() if model.category == "HRIS"}
    assert {"employee", "line_items", "changed_at"} < models["hris_payslips"]
    assert "employee_id" not in models["hris_payslips"]
    fields = server.seeded["LMS"].integration_fields()
    assert {field["model"] for field in fields} <= set(MODELS)


def test_a_model_of_another_category_is_refused(server: Server) -> None:
    answer = server.get("/lms/courses", IDS["HRIS"])
    assert refused(answer) == (403, "INTEGRATION.MODEL_NOT_AVAILABLE")


def test_unknown_category_is_refused() -> None:
    with pytest.raises(ValueError, match="ATS, HRIS, LMS, ASSESSMENT"):
        Emulator().add_integration("tool:1", "CRM")


# Parameters


@pytest.mark.parametrize(
    ("path", "param", "name"),
    [
        ("/hris/employees", "employment_status", "employment_status"),
        ("/hris/employees", "employment_statuses", "employment_status"),
        ("/hris/employees", "group_ids", "groups.id"),
        ("/hris/employees", "legal_entity_ids", "legal_entity.id"),
        ("/hris/employees", "work_location_ids", "work_location.id"),
        ("/hris/employees", "personal_emails", "personal_email"),
        ("/hris/employees", "work_emails", "work_email"),
        ("/hris/groups", "types", "type"),
        ("/hris/groups", "name_contains", "name"),
        ("/hris/absences", "employee_id", "employee_id"),
        ("/hris/absences", "type_ids", "type.id"),
        ("/hris/time-off-balances", "employee_id", "employee_id"),
        ("/hris/timesheets", "employee_id", "employee_id"),
        ("/hris/performance-reviews", "types", "type"),
        ("/hris/performance-reviews", "review_cycle_ids", "review_cycle.id"),
        ("/hris/performance-reviews", "reviewee_ids", "reviewee.id"),
        ("/hris/staffing-entities", "model_types", "model_type"),
        ("/hris/staffing-entities", "statuses", "status"),
        ("/hris/pay-runs", "legal_entity_ids", "legal_entity_id"),
        ("/hris/payslips", "employee_ids", "employee.id"),
        ("/hris/payslips", "legal_entity_ids", "pay_run.legal_entity_id"),
        ("/hris/payslips", "payrun_ids", "pay_run.id"),
        ("/hris/employee-skill-assignments", "employee_ids", "employee_id"),
        ("/hris/employee-skill-assignments", "skill_ids", "skill_id"),
        ("/hris/skills", "name_contains", "name"),
        ("/lms/users", "work_emails", "work_email"),
        ("/lms/course-progressions", "course_ids", "course_revision.course.id"),
        ("/lms/course-progressions", "user_ids", "user_id"),
        ("/assessment/orders", "statuses", "status"),
        ("/assessment/orders", "ids", "id"),
    ],
)
def test_filter_keeps_the_records_with_the_value(
    server: Server, path: str, param: str, name: str
) -> None:
    def values(row: dict[str, Any]) -> set[str]:
        found: list[Any] = [row]
        for part in name.split("."):
            found = [item.get(part) for item in found if item]
            found = [one for item in found for one in (item if isinstance(item, list) else [item])]
        return set(found) - {None}

    rows = server.read(path)
    wanted = min(value for row in rows for value in values(row))
    expected = [row["id"] for row in rows if wanted in values(row)]
    assert 0 < len(expected) < len(rows)
    assert server.ids(path, **{param: wanted}) == expected


def test_tap_and_emulator_know_the_same_parameters() -> None:
    for endpoint in ENDPOINTS:
        if endpoint.category in IDS:
            model = LISTS[endpoint.path]
            known = {item.param for item in model.filters}
            assert known == set(endpoint.filters), endpoint.name
            assert model.incremental is endpoint.incremental
            assert (model.paging == "documented") is endpoint.accepts_page_size


def test_groups_without_a_type(server: Server) -> None:
    rows = server.read("/hris/groups")
    expected = [row["id"] for row in rows if row["type"] in {None, "TEAM"}]
    assert server.ids("/hris/groups", types="null,TEAM") == expected


@pytest.mark.parametrize("value", ["Blue", 38, True, None])
def test_employees_by_custom_field(server: Server, value: object) -> None:
    wanted = {"shirt_size": value}
    rows = server.read("/hris/employees")
    found = [row for row in rows if row["custom_fields"] is not None]
    expected = [row["id"] for row in found if row["custom_fields"].get("shirt_size") == value]
    assert 0 < len(expected) < len(found)
    assert server.ids("/hris/employees", custom_fields=json.dumps(wanted)) == expected


@pytest.mark.parametrize("value", ["shirt_size", "[]", "{}", '{"a": 1, "b": 2}', '{"a": [1]}'])
def test_wrong_custom_field_is_refused(server: Server, value: str) -> None:
    answer = server.get("/hris/employees", custom_fields=value)
    assert refused(answer) == (400, "PLATFORM.INPUT_INVALID")


def test_absences_within_days(server: Server) -> None:
    rows = server.read("/hris/absences")
    first = sorted(row["start_date"] for row in rows if row["start_date"])[len(rows) // 3]
    until = server.ids("/hris/absences", date_until=first + "T23:00:00.000Z")
    assert until == [row["id"] for row in rows if row["start_date"] and row["start_date"] <= first]
    since = server.ids("/hris/absences", date_from=first)
    assert since == [row["id"] for row in rows if row["end_date"] and row["end_date"] >= first]
    assert 0 < len(until) < len(rows) > len(since) > 0


@pytest.mark.parametrize("name", ["started", "ended"])
def test_timesheets_within_moments(server: Server, name: str) -> None:
    rows = [row for row in server.read("/hris/timesheets") if row[f"{name}_at"]]
    moment = sorted(row[f"{name}_at"] for row in rows)[len(rows) // 2]
    after = server.ids("/hris/timesheets", **{f"{name}_after": moment})
    before = server.ids("/hris/timesheets", **{f"{name}_before": moment})
    assert after == [row["id"] for row in rows if row[f"{name}_at"] >= moment]
    assert before == [row["id"] for row in rows if row[f"{name}_at"] < moment]


def test_orders_created_after_a_moment(server: Server) -> None:
    assessment = server.emulator.add_integration("ashby:orders", "ASSESSMENT", Size.empty())
    with server.emulator.clock.at("2026-11-20T08:00:00Z"):
        assessment.add_order(package_id="p")
    with server.emulator.clock.at("2026-11-20T09:00:00Z"):
        late = assessment.add_order(package_id="p")
    rows = server.read("/assessment/orders", assessment.id, created_after="2026-11-20T09:00:00Z")
    assert [row["id"] for row in rows] == [late]


@pytest.mark.parametrize(
    ("path", "param"),
    [
        ("/assessment/orders", "updated_after"),
        ("/assessment/orders", "include_deleted"),
        ("/assessment/orders", "remote_ids"),
        ("/assessment/packages", "page_size"),
        ("/assessment/packages", "cursor"),
        ("/assessment/packages", "ids"),
        ("/hris/skills", "updated_after"),
        ("/hris/skills", "include_deleted"),
        ("/hris/employee-skill-assignments", "ignore_unsupported_filters"),
    ],
)
def test_unknown_parameter_is_refused(server: Server, path: str, param: str) -> None:
    answer = server.get(path, **{param: "1"})
    assert refused(answer) == (400, "PLATFORM.INPUT_INVALID")
    assert param in answer.json()["error"]["message"]


def test_cursor_of_skills_may_be_followed_refused_or_ignored(
    server: Server, behave: Callable[[Behaviour], None]
) -> None:
    path, size = "/hris/skills", replace(Size.empty(), skills=101)
    name = server.emulator.add_integration("personio:skills", "HRIS", size).id
    first = server.data(path, name)
    assert (len(first["results"]), bool(first["next"])) == (100, True)
    second = server.data(path, name, cursor=first["next"])
    assert (len(second["results"]), second["next"]) == (1, None)
    behave(Behaviour(undocumented_cursor="refuse"))
    answer = server.get(path, name, cursor=first["next"])
    assert refused(answer) == (400, "PLATFORM.INPUT_INVALID")
    behave(Behaviour(undocumented_cursor="ignore"))
    assert server.data(path, name, cursor=first["next"], page_size="1") == first


# The command line


def test_command_line_takes_a_category_with_each_integration() -> None:
    command = [sys.executable, "-m", "kombo_emulator", "--port=0"]
    given = [f"--integration={name}={category}" for category, name in IDS.items()]
    with subprocess.Popen(
        [*command, *given], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT
    ) as process:
        assert process.stdout
        url, key, ids = process.stdout.readline().split()
        assert ids == f"integration_ids={','.join(IDS.values())}"
        headers = {"Authorization": f"Bearer {key.removeprefix('api_key=')}"}
        headers["X-Integration-Id"] = IDS["LMS"]
        answer = requests.get(url + "/lms/courses", headers=headers, timeout=10)
        assert answer.json()["data"]["results"]
        process.terminate()
