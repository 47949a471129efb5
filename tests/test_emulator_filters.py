"""Which records the emulator's lists hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import IDS, NOW, PATHS, Client, everyone, values

from kombo_emulator import Behaviour
from kombo_emulator.table import LISTS
from tap_kombo.api.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator.models import Filter, Model

INVALID = (400, "PLATFORM.INPUT_INVALID", True)


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    with everyone() as served:
        yield served


@pytest.fixture
def ats(clients: dict[str, Client]) -> Client:
    return clients["ATS"]


@pytest.fixture
def hris(clients: dict[str, Client]) -> Client:
    return clients["HRIS"]


def told(client: Client, path: str, name: str, value: str) -> tuple[int, str | None, bool]:
    """Status and code of the answer to one parameter, and whether its message names it."""
    answer = client.get(path, **{name: value})
    error = answer.json().get("error", {"code": None, "message": ""})
    return answer.status_code, error["code"], name in error["message"]


def test_wrong_values_are_refused(ats: Client, hris: Client) -> None:
    wrong = {
        "page_size": ("0", "251", "many", "-5"),
        "include_deleted": ("True", "1"),
        "ignore_unsupported_filters": ("False",),
        "updated_after": (
            "2026-11-23T10:00:00+00:00",
            "2026-11-23T10:00:00.000000 00:00",
            "2026-13-23T10:00:00Z",
            "yesterday",
            "",
        ),
        "outcomes": ("PENDING,LOST",),
        "outcome": ("PENDING,HIRED",),
        "remote_created_after": ("last week",),
        "sort": ("id",),
    }
    answers = {
        f"{name}={value}": told(ats, "/ats/applications", name, value)
        for name, values in wrong.items()
        for value in values
    }
    for value in ("shirt_size", "[]", "{}", '{"a": 1, "b": 2}', '{"a": [1]}'):
        answers[value] = told(hris, "/hris/employees", "custom_fields", value)
    assert answers == dict.fromkeys(answers, INVALID)


def test_unknown_parameters_are_refused(clients: dict[str, Client]) -> None:
    unknown = {
        "/assessment/orders": ("updated_after", "include_deleted", "remote_ids"),
        "/assessment/packages": ("page_size", "cursor", "ids"),
        "/hris/skills": ("updated_after", "include_deleted"),
        "/hris/teams": ("types",),
        "/hris/employee-skill-assignments": ("ignore_unsupported_filters",),
    }
    answers = {
        f"{path} {name}": told(clients[LISTS[path].category], path, name, "1")
        for path, names in unknown.items()
        for name in names
    }
    assert answers == dict.fromkeys(answers, INVALID)


def test_the_emulator_knows_every_filter_of_the_tap() -> None:
    for endpoint in (one for one in ENDPOINTS if one.path in LISTS):
        known = {item.param for item in LISTS[endpoint.path].filters}
        assert known == set(endpoint.filters), endpoint.name


def test_documented_forms_of_time_are_accepted(ats: Client) -> None:
    day, moment = "2026-11-23", "2026-11-23T10:00:00"
    forms = (day, moment, f"{moment}Z", f"{moment}.123456Z")
    found = {form: ats.get("/ats/applications", updated_after=form).json() for form in forms}
    nothing = {"status": "success", "data": {"results": [], "next": None}}
    assert found == dict.fromkeys(forms, nothing)


@pytest.mark.parametrize(("inclusive", "found"), [(True, 1), (False, 0)])
def test_boundary_of_updated_after(client: Client, *, inclusive: bool, found: int) -> None:
    client.ats.world.behaviour = Behaviour(updated_after_inclusive=inclusive)
    client.ats.make("ats_interviews")
    assert len(client.ids("/ats/interviews", updated_after=NOW)) == found
    assert len(client.ids("/ats/interviews", updated_after="2026-11-23T09:59:59.999Z")) == 1


SHOWN = {
    "job_id": "job.id",
    "applications.job_id": "applications.job.id",
    "application.job_id": "application.job.id",
    "reviewee_id": "reviewee.id",
    "review_cycle_id": "review_cycle.id",
    "pay_run_id": "pay_run.id",
    "course_revision.course_id": "course_revision.course.id",
}
"""Where a list shows what a filter compares, if not at the same place."""


@pytest.mark.parametrize("category", IDS)
def test_filters_keep_the_records_with_the_value(clients: dict[str, Client], category: str) -> None:
    client, found, expected = clients[category], {}, {}
    for path in (one for one in PATHS if LISTS[one].category == category):
        rows = client.rows(path)
        for item in compared(LISTS[path]):
            wanted, expected[path, item.param] = with_the_value(rows, path, item)
            given = wanted.swapcase() if item.fold else wanted
            found[path, item.param] = client.ids(path, **{item.param: given})
    assert found == expected


def compared(model: Model) -> list[Filter]:
    """The filters of a list that are compared with a value which its records show."""
    return [
        item
        for item in model.filters
        if item.how in {"any", "one", "contains"}
        and (item.path != "remote_id" or item.path in model.shown)
    ]


def with_the_value(rows: list[dict[str, Any]], path: str, item: Filter) -> tuple[str, list[str]]:
    """A value that some records have and some have not, and the ids of those that have it."""
    where = SHOWN.get(item.path, item.path)
    where = "employee.id" if path == "/hris/payslips" and where == "employee_id" else where
    having = {row["id"]: set(values(row, where)) - {None} for row in rows}
    found = set().union(*having.values())
    assert found, (path, item.param)
    wanted = min(found & set(item.choices) if item.choices else found)
    ids = [key for key, has in having.items() if wanted in has]
    assert 0 < len(ids) < len(rows), (path, item.param)
    return wanted, ids


def test_filters_are_joined_by_and_their_values_by_or(ats: Client) -> None:
    rows = ats.rows("/ats/applications")
    jobs, outcomes = sorted({row["job_id"] for row in rows})[:2], ("PENDING", "DECLINED")
    expected = [row["id"] for row in rows if row["job_id"] in jobs and row["outcome"] in outcomes]
    params = {"job_ids": ",".join(jobs), "outcomes": ",".join(outcomes), "page_size": "5"}
    assert ats.ids("/ats/applications", **params) == expected
    assert 5 < len(expected) < len(rows)


def test_groups_without_a_type(hris: Client) -> None:
    rows = hris.rows("/hris/groups")
    expected = [row["id"] for row in rows if row["type"] in {None, "TEAM"}]
    assert hris.ids("/hris/groups", types="null,TEAM") == expected


def test_employees_by_custom_field(hris: Client) -> None:
    rows = [row for row in hris.rows("/hris/employees") if row["custom_fields"] is not None]
    found, expected = {}, {}
    for value in ("Blue", 38, True, None):
        wanted = json.dumps({"shirt_size": value})
        found[value] = hris.ids("/hris/employees", custom_fields=wanted)
        expected[value] = [
            row["id"] for row in rows if row["custom_fields"].get("shirt_size") == value
        ]
        assert 0 < len(expected[value]) < len(rows), value
    assert found == expected


def test_absences_within_days(hris: Client) -> None:
    rows = hris.rows("/hris/absences")
    day = sorted(row["start_date"] for row in rows if row["start_date"])[len(rows) // 3]
    until = hris.ids("/hris/absences", date_until=day + "T23:00:00.000Z")
    assert until == [row["id"] for row in rows if row["start_date"] and row["start_date"] <= day]
    since = hris.ids("/hris/absences", date_from=day)
    assert since == [row["id"] for row in rows if row["end_date"] and row["end_date"] >= day]
    assert 0 < len(until) < len(rows) > len(since) > 0


@pytest.mark.parametrize("name", ["started", "ended"])
def test_timesheets_within_moments(hris: Client, name: str) -> None:
    rows = [row for row in hris.rows("/hris/timesheets") if row[f"{name}_at"]]
    moment = sorted(row[f"{name}_at"] for row in rows)[len(rows) // 2]
    after = hris.ids("/hris/timesheets", **{f"{name}_after": moment})
    before = hris.ids("/hris/timesheets", **{f"{name}_before": moment})
    assert after == [row["id"] for row in rows if row[f"{name}_at"] >= moment]
    assert before == [row["id"] for row in rows if row[f"{name}_at"] < moment]
    assert before


def test_records_created_after_a_moment_or_since_a_day(clients: dict[str, Client]) -> None:
    orders = clients["ASSESSMENT"]
    late = orders.ats.make("assessment_orders")
    assert orders.ids("/assessment/orders", created_after=NOW) == [late]
    jobs = clients["ATS"]
    job = jobs.ats.make("ats_jobs", remote_created_at="2026-11-23T04:00:00.000Z")
    assert jobs.ids("/ats/jobs", remote_created_after="2026-11-23T09:00:00Z") == [job]
    assert jobs.ids("/ats/jobs", remote_created_after="2026-11-24") == []
