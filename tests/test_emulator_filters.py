"""Which records the emulator's lists hold."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import NOW, PATHS, Client, everyone, refusal, values

from kombo_emulator import Behaviour
from kombo_emulator.table import LISTS
from tap_kombo.api.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Iterator

INVALID = (400, "PLATFORM.INPUT_INVALID")


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


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("page_size", "0"),
        ("page_size", "251"),
        ("page_size", "many"),
        ("page_size", "-5"),
        ("include_deleted", "True"),
        ("include_deleted", "1"),
        ("ignore_unsupported_filters", "False"),
        ("updated_after", "2026-11-23T10:00:00+00:00"),
        ("updated_after", "2026-11-23T10:00:00.000000 00:00"),
        ("updated_after", "2026-13-23T10:00:00Z"),
        ("updated_after", "yesterday"),
        ("updated_after", ""),
        ("outcomes", "PENDING,LOST"),
        ("outcome", "PENDING,HIRED"),
        ("remote_created_after", "last week"),
        ("sort", "id"),
    ],
)
def test_wrong_parameter_is_refused(ats: Client, name: str, value: str) -> None:
    answer = ats.get("/ats/applications", **{name: value})
    assert refusal(answer) == INVALID
    assert name in answer.json()["error"]["message"]


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
        ("/hris/teams", "types"),
        ("/hris/employee-skill-assignments", "ignore_unsupported_filters"),
    ],
)
def test_unknown_parameter_is_refused(clients: dict[str, Client], path: str, param: str) -> None:
    answer = clients[LISTS[path].category].get(path, **{param: "1"})
    assert refusal(answer) == INVALID
    assert param in answer.json()["error"]["message"]


def test_tap_and_emulator_know_the_same_parameters() -> None:
    for endpoint in (one for one in ENDPOINTS if one.path in LISTS):
        model = LISTS[endpoint.path]
        assert {item.param for item in model.filters} == set(endpoint.filters), endpoint.name
        assert model.incremental is endpoint.incremental
        assert (model.paging == "documented") is endpoint.accepts_page_size


@pytest.mark.parametrize(
    "value",
    ["2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123456Z"],
)
def test_documented_forms_of_time_are_accepted(ats: Client, value: str) -> None:
    assert ats.ids("/ats/applications", updated_after=value) == []


@pytest.mark.parametrize(("inclusive", "found"), [(True, 1), (False, 0)])
def test_boundary_of_updated_after(client: Client, *, inclusive: bool, found: int) -> None:
    client.ats.world.behaviour = Behaviour(updated_after_inclusive=inclusive)
    client.ats.add_interview()
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

COMPARED = [
    pytest.param(path, item, id=f"{path}-{item.param}")
    for path in PATHS
    for item in LISTS[path].filters
    if item.how in {"any", "one", "contains"} and item.path not in LISTS[path].unsent[:1]
]


@pytest.mark.parametrize(("path", "item"), COMPARED)
def test_filter_keeps_the_records_with_the_value(
    clients: dict[str, Client],
    path: str,
    item: Any,  # noqa: ANN401
) -> None:
    def has(row: dict[str, Any]) -> set[Any]:
        where = SHOWN.get(item.path, item.path)
        where = "employee.id" if path == "/hris/payslips" and where == "employee_id" else where
        return set(values(row, where)) - {None}

    client = clients[LISTS[path].category]
    rows = client.rows(path)
    found = {value for row in rows for value in has(row)}
    wanted = min(found & set(item.choices) if item.choices else found)
    expected = [row["id"] for row in rows if wanted in has(row)]
    assert 0 < len(expected) < len(rows)
    given = wanted.swapcase() if item.fold else wanted
    assert client.ids(path, **{item.param: given}) == expected


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


@pytest.mark.parametrize("value", ["Blue", 38, True, None])
def test_employees_by_custom_field(hris: Client, value: object) -> None:
    rows = [row for row in hris.rows("/hris/employees") if row["custom_fields"] is not None]
    expected = [row["id"] for row in rows if row["custom_fields"].get("shirt_size") == value]
    assert 0 < len(expected) < len(rows)
    wanted = json.dumps({"shirt_size": value})
    assert hris.ids("/hris/employees", custom_fields=wanted) == expected


@pytest.mark.parametrize("value", ["shirt_size", "[]", "{}", '{"a": 1, "b": 2}', '{"a": [1]}'])
def test_wrong_custom_field_is_refused(hris: Client, value: str) -> None:
    assert refusal(hris.get("/hris/employees", custom_fields=value)) == INVALID


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
    late = orders.ats.add_order()
    assert orders.ids("/assessment/orders", created_after=NOW) == [late]
    jobs = clients["ATS"]
    job = jobs.ats.add_job(remote_created_at="2026-11-23T04:00:00.000Z")
    assert jobs.ids("/ats/jobs", remote_created_after="2026-11-23T09:00:00Z") == [job]
    assert jobs.ids("/ats/jobs", remote_created_after="2026-11-24") == []
