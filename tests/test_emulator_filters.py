"""Which records the emulator's lists hold."""

from __future__ import annotations

from typing import Any

import pytest
from emulator_client import Client, refusal

from kombo_emulator import Behaviour, Emulator
from kombo_emulator.table import MODELS


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
def test_wrong_parameter_is_refused(client: Client, name: str, value: str) -> None:
    answer = client.get("/ats/applications", **{name: value})
    assert refusal(answer) == (400, "PLATFORM.INPUT_INVALID")
    assert name in answer.json()["error"]["message"]


@pytest.mark.parametrize(
    "value",
    ["2026-11-23", "2026-11-23T10:00:00", "2026-11-23T10:00:00Z", "2026-11-23T10:00:00.123456Z"],
)
def test_documented_forms_of_time_are_accepted(client: Client, value: str) -> None:
    assert client.ids("/ats/applications", updated_after=value) == []


@pytest.mark.parametrize(("inclusive", "found"), [(True, 1), (False, 0)])
def test_boundary_of_updated_after(
    client: Client, emulator: Emulator, *, inclusive: bool, found: int
) -> None:
    emulator.behaviour = Behaviour(updated_after_inclusive=inclusive)
    client.ats.add_interview()
    now = "2026-11-23T10:00:00.000Z"
    assert len(client.ids("/ats/interviews", updated_after=now)) == found
    assert len(client.ids("/ats/interviews", updated_after="2026-11-23T09:59:59.999Z")) == 1


@pytest.mark.parametrize(
    ("model", "param", "path"),
    [
        ("ats_interviews", "ids", "id"),
        ("ats_interviews", "remote_ids", "remote_id"),
        ("ats_interviews", "job_ids", "application.job.id"),
        ("ats_applications", "current_stage_ids", "current_stage_id"),
        ("ats_applications", "job_ids", "job_id"),
        ("ats_applications", "job_remote_ids", "job.remote_id"),
        ("ats_applications", "outcome", "outcome"),
        ("ats_applications", "outcomes", "outcome"),
        ("ats_candidates", "first_name", "first_name"),
        ("ats_candidates", "last_name", "last_name"),
        ("ats_candidates", "email", "email_addresses.email_address"),
        ("ats_candidates", "job_ids", "applications.job.id"),
        ("ats_jobs", "job_codes", "job_code"),
        ("ats_jobs", "post_url", "post_url"),
        ("ats_jobs", "status", "status"),
        ("ats_jobs", "statuses", "status"),
        ("ats_jobs", "visibilities", "visibility"),
        ("ats_users", "emails", "email"),
        ("ats_roles", "scopes", "scope"),
        ("ats_notes", "candidate_ids", "candidate_id"),
        ("ats_notes", "application_ids", "application_id"),
        ("ats_scorecards", "candidate_ids", "candidate_id"),
        ("ats_attachments", "application_ids", "application_id"),
    ],
)
def test_filter_keeps_the_records_with_the_value(
    client: Client, model: str, param: str, path: str
) -> None:
    def values(value: Any) -> set[Any]:  # noqa: ANN401
        found = [value]
        for name in path.split("."):
            found = [item.get(name) for item in found if item]
            found = [one for item in found for one in (item if isinstance(item, list) else [item])]
        return set(found) - {None}

    rows = client.ats.records(model)
    known = next(one.choices for one in MODELS[model].filters if one.param == param)
    found = {value for row in rows for value in values(row)}
    wanted = min(found & set(known) if known else found)
    expected = [row["id"] for row in rows if wanted in values(row)]
    assert 0 < len(expected) < len(rows)
    assert client.ids(str(MODELS[model].path), **{param: wanted}) == expected


def test_filters_are_joined_by_and_their_values_by_or(client: Client) -> None:
    rows = client.ats.records("ats_applications")
    jobs, outcomes = sorted({row["job_id"] for row in rows})[:2], ("PENDING", "DECLINED")
    expected = [row["id"] for row in rows if row["job_id"] in jobs and row["outcome"] in outcomes]
    params = {"job_ids": ",".join(jobs), "outcomes": ",".join(outcomes), "page_size": "5"}
    assert client.ids("/ats/applications", **params) == expected
    assert 5 < len(expected) < len(rows)


def test_texts_are_compared_without_capitals(client: Client) -> None:
    client.ats.add_candidate(first_name="Änne", email_addresses=[])
    assert len(client.ids("/ats/candidates", first_name="äNNE")) == 1
    client.ats.add_job(name="Head of Flowers")
    assert len(client.ids("/ats/jobs", name_contains="flower")) == 1


def test_jobs_created_since_a_day(client: Client) -> None:
    job = client.ats.add_job(remote_created_at="2026-11-23T04:00:00.000Z")
    assert client.ids("/ats/jobs", remote_created_after="2026-11-23T09:00:00Z") == [job]
    assert client.ids("/ats/jobs", remote_created_after="2026-11-24") == []
