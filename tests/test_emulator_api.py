"""What the emulator answers over HTTP."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from base64 import urlsafe_b64encode
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
import requests
from kombo import models as sdk
from starlette.responses import PlainTextResponse, Response

from kombo_emulator import AtsIntegration, Behaviour, Emulator, Size, serve
from kombo_emulator.models import TRACKED
from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Received

ID = "greenhouse:acme"
KEY = "ks_dev_emulator"
LISTS = [model for model in MODELS.values() if model.path and model.category == "ATS"]
BASE58_ID = re.compile(r"[1-9A-HJ-NP-Za-km-z]{24}")


@dataclass(frozen=True)
class Client:
    """Asks the emulator for what the integration `greenhouse:acme` has."""

    url: str
    ats: AtsIntegration

    def get(self, path: str, **params: str) -> requests.Response:
        return self.get_as({"X-Integration-Id": ID}, path, **params)

    def get_as(self, headers: dict[str, str], path: str, **params: str) -> requests.Response:
        given = {"Authorization": f"Bearer {KEY}", **headers}
        return requests.get(self.url + path, params, headers=given, timeout=10)

    def data(self, path: str, **params: str) -> dict[str, Any]:
        answer = self.get(path, **params)
        assert answer.status_code == 200, answer.text
        body: dict[str, Any] = answer.json()
        assert body["status"] == "success"
        data: dict[str, Any] = body["data"]
        return data

    def pages(self, path: str, **params: str) -> Iterator[list[dict[str, Any]]]:
        """All pages of a list, with the filters repeated."""
        cursor: dict[str, str] = {}
        while True:
            data = self.data(path, **params, **cursor)
            yield data["results"]
            if data["next"] is None:
                return
            cursor = {"cursor": data["next"]}

    def ids(self, path: str, **params: str) -> list[str]:
        return [row["id"] for page in self.pages(path, **params) for row in page]


@pytest.fixture
def client(emulator: Emulator, url: str) -> Client:
    return Client(url, emulator.add_integration(ID))


def refusal(answer: requests.Response) -> tuple[int, str | None]:
    """Status and code of an answer in the documented form of an error."""
    body = answer.json()
    assert body["status"] == "error"
    assert set(body["error"]) == {"code", "title", "message", "log_url"}
    code: str | None = body["error"]["code"]
    return answer.status_code, code


# Records


@pytest.mark.parametrize("model", LISTS, ids=lambda model: model.id)
def test_records_fit_the_official_sdk(client: Client, model: Any) -> None:  # noqa: ANN401
    name = "".join(word.capitalize() for word in model.path.replace("-", "/").split("/"))
    official = getattr(sdk, f"Get{name}PositiveResponse")
    answer = client.get(model.path, page_size="250")
    assert len(answer.json()["data"]["results"]) > 1
    parsed = official.model_validate(answer.json())
    for result, record in zip(parsed.data.results, answer.json()["data"]["results"], strict=True):
        known = {field.alias or name for name, field in type(result).model_fields.items()}
        assert known <= set(record)
        assert set(record) - known <= {"remote_data", "integration_fields"}


def test_optional_values_are_there_for_some_records_and_missing_in_others(client: Client) -> None:
    for path, names in {
        "/ats/interviews": ("location", "video_conferencing_url", "canceled", "remote_updated_at"),
        "/ats/candidates": ("location", "social_media", "custom_fields", "integration_fields"),
        "/ats/applications": ("screening_question_answers", "custom_fields", "rejected_at"),
        "/ats/scorecards": ("responses",),
        "/ats/attachments": ("content_ref",),
    }.items():
        rows = [row for page in client.pages(path) for row in page]
        for name in names:
            filled = [row[name] not in (None, [], {}) for row in rows]
            assert {True, False} == set(filled), (path, name)


def test_ids_are_derived_from_integration_model_and_remote_id(emulator: Emulator) -> None:
    first, second = (emulator.add_integration(name, size=Size.empty()) for name in ("a:1", "b:2"))
    same = [
        first.add_tag(remote_id="7"),
        first.add_user(remote_id="7"),
        second.add_tag(remote_id="7"),
    ]
    assert len(set(same)) == 3
    assert all(BASE58_ID.fullmatch(one) for one in same)
    again = Emulator(now="2026-11-23T10:00:00Z").add_integration("a:1", size=Size.empty())
    assert again.add_tag(remote_id="7") == same[0]
    with pytest.raises(ValueError, match="remote id 7"):
        first.add_tag(remote_id="7")


def test_same_seed_gives_the_same_data() -> None:
    def made(seed: int) -> list[dict[str, Any]]:
        emulator = Emulator(now="2026-11-23T10:00:00Z", seed=seed)
        return emulator.add_integration(ID).records("ats_interviews")

    assert made(5) == made(5)
    assert made(5) != made(6)


def test_addresses_belong_to_nobody(client: Client) -> None:
    text = "".join(client.get(model.path, page_size="250").text for model in LISTS if model.path)
    domains = set(re.findall(r"@([\w.-]+)", text))
    assert domains == {"example.com", "example.org"}


def test_sizes(emulator: Emulator) -> None:
    ats = emulator.add_integration(ID, size=Size(interviews=3, offers=0, jobs=1))
    assert [len(ats.records(f"ats_{name}")) for name in ("interviews", "offers", "jobs")] == [
        3,
        0,
        1,
    ]
    empty = emulator.add_integration("lever:acme", size=Size.empty())
    assert not any(empty.records(model) for model in MODELS)
    around = Size.around(1000)
    assert around.interviews == 1000
    assert around.applications > 80 < around.candidates


def test_records_are_what_the_list_sends(client: Client) -> None:
    for model in LISTS:
        assert model.path
        sent = [row for page in client.pages(model.path, page_size="250") for row in page]
        assert sent == client.ats.records(model.id)


# Pages


@pytest.mark.parametrize("order", ["id", "changed"])
@pytest.mark.parametrize("paging", ["live", "snapshot"])
@pytest.mark.parametrize("empty_pages", [0, 2])
def test_pass_reads_every_record_once(
    client: Client,
    emulator: Emulator,
    order: Any,  # noqa: ANN401
    paging: Any,  # noqa: ANN401
    empty_pages: int,
) -> None:
    emulator.behaviour = Behaviour(order=order, paging=paging, empty_pages=empty_pages)
    pages = list(client.pages("/ats/interviews", page_size="50"))
    sizes = {0: [50, 50, 20], 2: [50, 0, 50, 0, 20]}
    assert [len(page) for page in pages] == sizes[empty_pages]
    ids = [row["id"] for page in pages for row in page]
    assert sorted(ids) == [row["id"] for row in client.ats.records("ats_interviews")]
    assert (ids == sorted(ids)) is (order == "id")


def test_last_page_may_be_full(client: Client) -> None:
    assert [len(page) for page in client.pages("/ats/interviews", page_size="60")] == [60, 60]


def test_page_size_is_100_unless_given(client: Client) -> None:
    assert [len(page) for page in client.pages("/ats/interviews")] == [100, 20]


@pytest.mark.parametrize(("paging", "seen"), [("live", True), ("snapshot", False)])
def test_record_added_between_two_pages(
    client: Client,
    emulator: Emulator,
    paging: Any,  # noqa: ANN401
    *,
    seen: bool,
) -> None:
    emulator.behaviour = Behaviour(order="changed", paging=paging)
    added: list[str] = []

    def add_before_second_page(received: Received) -> Response | None:
        if "cursor" in received.params and not added:
            emulator.clock.advance(seconds=1)
            added.append(client.ats.add_interview())
        return None

    emulator.intercept = add_before_second_page
    ids = client.ids("/ats/interviews", page_size="100")
    assert added
    assert (added[0] in ids) is seen


def test_record_deleted_between_two_pages_is_left_out_of_the_frozen_list(
    client: Client, emulator: Emulator
) -> None:
    emulator.behaviour = Behaviour(paging="snapshot")
    last = client.ids("/ats/interviews")[-1]
    first = client.data("/ats/interviews")
    client.ats.delete("ats_interviews", last)
    rest = client.data("/ats/interviews", cursor=first["next"])
    assert len(rest["results"]) == 19


@pytest.mark.parametrize(("paging", "kept"), [("live", 0), ("snapshot", 1)])
def test_record_that_stops_matching_between_two_pages(
    client: Client,
    emulator: Emulator,
    paging: Any,  # noqa: ANN401
    kept: int,
) -> None:
    emulator.behaviour = Behaviour(paging=paging)
    pending = {"outcomes": "PENDING"}
    *others, last = client.ids("/ats/applications", **pending)
    first = client.data("/ats/applications", **pending, page_size=str(len(others)))
    client.ats.reject_application(last)
    rest = client.data("/ats/applications", **pending, cursor=first["next"])
    assert [row["outcome"] for row in rest["results"]] == ["DECLINED"] * kept


def test_cursor_allows_another_page_size_but_nothing_else(
    client: Client, emulator: Emulator
) -> None:
    emulator.add_integration("lever:acme")
    first = client.data("/ats/interviews", page_size="10", include_deleted="true")
    cursor = {"cursor": first["next"], "include_deleted": "true"}
    second = client.data("/ats/interviews", page_size="7", **cursor)
    assert len(second["results"]) == 7
    other = client.get_as({"X-Integration-Id": "lever:acme"}, "/ats/interviews", **cursor)
    for refused in (
        other,
        client.get("/ats/interviews", cursor=first["next"]),
        client.get("/ats/interviews", **cursor, updated_after="2026-01-01"),
        client.get("/ats/applications", **cursor),
    ):
        assert refusal(refused) == (400, "PLATFORM.INPUT_INVALID")


def test_malformed_cursor_is_refused(client: Client) -> None:
    cursor = client.data("/ats/interviews", page_size="10")["next"]
    forged = urlsafe_b64encode(b"12345678" + json.dumps(["x", [0, "a"], 2, None]).encode()).decode()
    for wrong in ("", "x", "%00", cursor[:-4], "A" + cursor[1:], forged, "ü"):
        answer = client.get("/ats/interviews", page_size="10", cursor=wrong)
        assert refusal(answer) == (400, "PLATFORM.INPUT_INVALID"), wrong


def test_every_page_empty_would_never_end() -> None:
    with pytest.raises(ValueError, match="never ends"):
        Behaviour(empty_pages=1)


# Parameters


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


def first_of(client: Client, model: str, name: str) -> Any:  # noqa: ANN401
    return next(row[name] for row in client.ats.records(model) if row[name])


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
    wanted = next(iter(sorted(values(next(row for row in rows if values(row))))))
    expected = [row["id"] for row in rows if wanted in values(row)]
    assert 0 < len(expected) < len(rows)
    assert client.ids(str(MODELS[model].path), **{param: wanted}) == expected


def test_filters_are_joined_by_and_their_values_by_or(client: Client) -> None:
    rows = client.ats.records("ats_applications")
    jobs = sorted({row["job_id"] for row in rows})[:2]
    expected = [row["id"] for row in rows if row["job_id"] in jobs and row["outcome"] != "HIRED"]
    params = {"job_ids": ",".join(jobs), "outcomes": "PENDING,DECLINED", "page_size": "5"}
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


# Access


def test_key_is_checked(client: Client) -> None:
    for headers in ({"Authorization": "Bearer other"}, {"Authorization": KEY}):
        answer = client.get_as({"X-Integration-Id": ID, **headers}, "/ats/interviews")
        assert refusal(answer) == (401, "PLATFORM.AUTHENTICATION_INVALID")


def test_integration_is_checked(client: Client) -> None:
    assert refusal(client.get_as({}, "/ats/interviews")) == (400, "PLATFORM.INPUT_INVALID")
    answer = client.get_as({"X-Integration-Id": "greenhouse:other"}, "/ats/interviews")
    assert refusal(answer) == (404, "PLATFORM.INTEGRATION_NOT_FOUND")
    answer = client.get_as({}, "/integrations/greenhouse:other")
    assert refusal(answer) == (404, "PLATFORM.INTEGRATION_NOT_FOUND")


def test_path_and_method_are_checked(client: Client) -> None:
    assert refusal(client.get("/ats/flowers")) == (404, None)
    assert refusal(client.get("/ats/candidates/unknown/attachments")) == (404, None)
    headers = {"Authorization": f"Bearer {KEY}", "X-Integration-Id": ID}
    assert refusal(requests.post(client.url + "/ats/tags", headers=headers, timeout=10)) == (
        404,
        None,
    )


@pytest.mark.parametrize("http_status", [403, 400])
def test_model_that_an_integration_does_not_have(
    client: Client, emulator: Emulator, http_status: int
) -> None:
    emulator.behaviour = Behaviour(model_disabled_status=http_status)
    emulator.add_integration("personio:acme", category="HRIS")
    answer = client.get_as({"X-Integration-Id": "personio:acme"}, "/ats/jobs")
    assert refusal(answer) == (http_status, "INTEGRATION.MODEL_NOT_AVAILABLE")
    client.ats.details.unsupported.add("ats_offers")
    answer = client.get("/ats/offers")
    assert refusal(answer) == (http_status, "INTEGRATION.MODEL_NOT_AVAILABLE")


@pytest.mark.parametrize("http_status", [409, 503])
def test_integration_whose_setup_is_unfinished(
    client: Client,
    emulator: Emulator,
    http_status: Any,  # noqa: ANN401
) -> None:
    emulator.behaviour = Behaviour(setup_status_code=http_status)
    client.ats.details.setup_status = "INCOMPLETE"
    answer = client.get("/ats/jobs")
    assert refusal(answer) == (http_status, "INTEGRATION.SETUP_INCOMPLETE")
    client.ats.details.setup_status = "FINAL_SYNC_PENDING"
    answer = client.get("/ats/jobs")
    assert refusal(answer) == (http_status, "INTEGRATION.SETUP_SYNC_PENDING")
    client.ats.details.qa_failed = True
    assert refusal(client.get("/ats/jobs")) == (http_status, "INTEGRATION.QA_FAILED")


def test_integration_that_has_stopped(client: Client, emulator: Emulator) -> None:
    client.ats.details.status = "INACTIVE"
    assert refusal(client.get("/ats/jobs")) == (403, "INTEGRATION.INACTIVE")
    client.ats.details.status = "INVALID"
    assert refusal(client.get("/ats/jobs")) == (403, "INTEGRATION.AUTHENTICATION_INVALID")
    emulator.behaviour = Behaviour(stopped_integrations="serve")
    assert client.ids("/ats/jobs")


def test_requests_beyond_the_limit_wait_for_the_next_window(
    client: Client, emulator: Emulator
) -> None:
    emulator.behaviour = Behaviour(rate_limit=2, rate_window_seconds=60)
    emulator.clock.advance(seconds=15)
    answers = [client.get("/ats/tags") for _ in range(3)]
    assert [answer.status_code for answer in answers] == [200, 200, 429]
    assert refusal(answers[-1])[1] == "PLATFORM.RATE_LIMIT_EXCEEDED"
    names = ("ratelimit-limit", "ratelimit-remaining", "ratelimit-reset")
    told = [[answer.headers[name] for name in names] for answer in answers]
    assert told == [["2", "1", "45"], ["2", "0", "45"], ["2", "0", "45"]]
    emulator.clock.advance(seconds=45)
    assert client.get("/ats/tags").status_code == 200


def test_date_is_the_emulators(client: Client) -> None:
    assert client.get("/ats/tags").headers["Date"] == "Mon, 23 Nov 2026 10:00:00 GMT"


# Other endpoints


def test_environment_of_the_key(client: Client) -> None:
    data = client.get_as({}, "/check-api-key").json()["data"]
    assert all(BASE58_ID.fullmatch(data[name]) for name in ("environment_id", "customer_id"))


def test_details_of_an_integration_fit_the_official_sdk(client: Client) -> None:
    client.ats.details.unsupported.add("ats_notes")
    client.ats.disable_model("ats_offers")
    client.ats.details.data_expired_at = "2026-11-23T09:00:00.000Z"
    body = client.get_as({}, "/integrations/greenhouse%3Aacme").json()
    parsed = sdk.GetIntegrationsIntegrationIDPositiveResponse.model_validate(body)
    assert (parsed.data.id, parsed.data.category, parsed.data.status) == (ID, "ATS", "ACTIVE")
    assert parsed.data.data_expired_at
    by_id = {model["id"]: model for model in body["data"]["read_models"]}
    assert set(by_id) == {model.id for model in LISTS}
    off = {name for name, model in by_id.items() if not model["is_available"]}
    assert off == {"ats_notes", "ats_offers"}
    assert by_id["ats_notes"]["coverage_status"] == "UNSUPPORTED"
    assert by_id["ats_offers"]["scope_config_setting"] == "DISABLED"
    fields = {field["id"] for field in by_id["ats_interviews"]["fields"]}
    assert fields == set(client.ats.records("ats_interviews")[0])


def test_fields_of_an_integration(client: Client) -> None:
    path = f"/integrations/{ID}"
    fields = client.get_as({}, path + "/integration-fields", page_size="2000").json()["data"]
    assert len(fields["results"]) > 1
    customs = list(client.pages(path + "/custom-fields", page_size="1"))
    assert [len(page) for page in customs] == [1] * len(fields["results"])
    targets = {page[0]["integration_field"]["id"] for page in customs}
    assert targets == {field["id"] for field in fields["results"]}
    assert refusal(client.get(path + "/custom-fields", page_size="2000"))[0] == 400
    assert refusal(client.get(path + "/custom-fields", updated_after="2026-01-01"))[0] == 400
    body = client.get(path + "/custom-fields").json()
    sdk.GetIntegrationsIntegrationIDCustomFieldsPositiveResponse.model_validate(body)
    body = client.get(path + "/integration-fields").json()
    sdk.GetIntegrationsIntegrationIDIntegrationFieldsPositiveResponse.model_validate(body)


@pytest.mark.parametrize(
    ("parents", "link"), [("applications", "application_id"), ("candidates", "candidate_id")]
)
def test_attachments_of_one_record(client: Client, parents: str, link: str) -> None:
    owner = first_of(client, "ats_attachments", link)
    body = client.get(f"/ats/{parents}/{owner}/attachments").json()
    rows = client.ats.records("ats_attachments")
    expected = {row["id"] for row in rows if row[link] == owner}
    assert {row["id"] for row in body["data"]["results"]} == expected
    assert set(body["data"]) == {"results"}
    singular = link.removesuffix("_id").capitalize()
    name = f"GetAts{parents.capitalize()}{singular}IDAttachmentsPositiveResponse"
    getattr(sdk, name).model_validate(body | {"warnings": []})


# What tests may look at


def test_requests_are_remembered(client: Client, emulator: Emulator) -> None:
    client.get("/ats/interviews", page_size="7")
    client.get_as({}, "/integrations/nobody:1")
    first, second = emulator.requests
    assert (first.method, first.path, first.params) == (
        "GET",
        "/ats/interviews",
        {"page_size": "7"},
    )
    assert (first.integration_id, first.status, first.records) == (ID, 200, 7)
    assert first.headers["authorization"] == f"Bearer {KEY}"
    assert first.at == emulator.clock.now()
    assert (second.integration_id, second.status, second.records) == ("nobody:1", 404, None)
    emulator.clear_requests()
    assert emulator.requests == []


def test_faults_can_be_injected(client: Client, emulator: Emulator) -> None:
    emulator.intercept = lambda _: PlainTextResponse("gateway is down", 502)
    answer = client.get("/ats/interviews")
    assert (answer.status_code, answer.text) == (502, "gateway is down")
    assert answer.headers["ratelimit-remaining"]
    assert emulator.requests[-1].status == 502
    emulator.intercept = None
    assert client.get("/ats/interviews").status_code == 200


def test_answers_take_the_time_they_are_told_to(client: Client, emulator: Emulator) -> None:
    emulator.behaviour = Behaviour(latency_ms=40)
    assert client.get("/ats/tags").elapsed.total_seconds() >= 0.04


def test_clock_runs_with_real_time_or_stands_still() -> None:
    running, standing = Emulator().clock, Emulator(now="2026-11-23T10:00:00Z").clock
    standing.advance(days=1, seconds=0.5)
    assert standing.now().isoformat() == "2026-11-24T10:00:00.500000+00:00"
    standing.set("2026-01-01T00:00:00Z")
    assert standing.now() == standing.now()
    running.set("2026-01-01T00:00:00Z")
    start = running.now()
    while running.now() == start:
        pass
    assert start.year == 2026
    with running.at("2020-01-01"):
        assert running.now().year == 2020
    assert running.now().year == 2026


def test_two_servers_at_once(emulator: Emulator, client: Client) -> None:
    other = Emulator(api_key="other")
    other.add_integration(ID, size=Size(interviews=1))
    with serve(other) as url:
        headers = {"Authorization": "Bearer other", "X-Integration-Id": ID}
        answer = requests.get(url + "/ats/interviews", headers=headers, timeout=10)
        assert len(answer.json()["data"]["results"]) == 1
    assert len(client.ids("/ats/interviews")) == 120
    with pytest.raises(requests.ConnectionError):
        requests.get(url + "/check-api-key", timeout=10)
    assert not other.requests[1:]
    assert len(emulator.requests) == 2


def test_integration_ids_are_taken_once(emulator: Emulator) -> None:
    emulator.add_integration(ID, size=Size.empty())
    with pytest.raises(ValueError, match=ID):
        emulator.add_integration(ID)


# Official examples and the command line


@pytest.fixture
def openapi(tmp_path: Path) -> Path:
    """A document in the form of Kombo's: two lists, one of them per record, one without example."""

    def operation(data: dict[str, Any]) -> dict[str, Any]:
        example = {"example1": {"value": {"status": "success", "data": data}}}
        content = {"application/json": {"examples": example}}
        return {"get": {"responses": {"200": {"content": content}}}}

    document = {
        "paths": {
            "/hris/groups": operation({"results": [{"id": "group"}], "next": "example"}),
            "/ats/candidates/{candidate_id}/attachments": operation({"results": [{"id": "file"}]}),
            "/integrations/{integration_id}": operation({"id": "x:1", "read_models": []}),
            "/hris/nothing": {"get": {"responses": {}}},
            "/force-sync": {"post": {}},
        }
    }
    path = tmp_path / "openapi.json"
    path.write_text(json.dumps(document))
    return path


def test_examples_are_the_pages_of_an_integration_of_their_own(
    client: Client, emulator: Emulator, openapi: Path
) -> None:
    emulator.serve_examples(openapi)
    headers = {"X-Integration-Id": "examples:openapi"}
    groups = client.get_as(headers, "/hris/groups", updated_after="2026-01-01").json()["data"]
    assert groups == {"results": [{"id": "group"}], "next": None}
    files = client.get_as(headers, "/ats/candidates/any/attachments").json()["data"]
    assert files == {"results": [{"id": "file"}]}
    details = client.get_as({}, "/integrations/examples:openapi").json()["data"]
    assert details == {"id": "examples:openapi", "read_models": []}
    answer = client.get_as(headers, "/hris/nothing")
    assert refusal(answer) == (404, "INTEGRATION.MODEL_NOT_AVAILABLE")
    assert len(client.ids("/ats/candidates")) == 60


def test_command_line_serves_until_it_is_interrupted(openapi: Path) -> None:
    command = [sys.executable, "-m", "kombo_emulator", "--port=0", "--integration=workable:shop"]
    options = ["--interviews=3", "--api-key=mine", "--latency-ms=1", f"--examples={openapi}"]
    with subprocess.Popen(
        command + options, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    ) as process:
        assert process.stdout
        url, key, ids = process.stdout.readline().split()
        assert (key, ids) == ("api_key=mine", "integration_ids=workable:shop,examples:openapi")
        headers = {"Authorization": "Bearer mine", "X-Integration-Id": "workable:shop"}
        answer = requests.get(url + "/ats/interviews", headers=headers, timeout=10)
        assert len(answer.json()["data"]["results"]) == 3
        process.terminate()


def test_table_names_every_property_once() -> None:
    for model in MODELS.values():
        names = [*model.fields, *model.hidden, *TRACKED, *(embed.key for embed in model.embeds)]
        assert len(names) == len(set(names)), model.id
