"""What the emulator answers over HTTP."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import requests
from emulator_client import BASE58_ID, ID, KEY, Client, refusal
from kombo import models as sdk
from starlette.responses import PlainTextResponse

from kombo_emulator import Behaviour, Emulator, Size, serve
from kombo_emulator.__main__ import INTEGRATIONS
from kombo_emulator.examples import read_examples
from kombo_emulator.models import TRACKED
from kombo_emulator.table import MODELS

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


def test_model_that_an_integration_does_not_have(client: Client, emulator: Emulator) -> None:
    emulator.add_integration("personio:acme", category="HRIS")
    answer = client.get_as({"X-Integration-Id": "personio:acme"}, "/ats/jobs")
    assert refusal(answer) == (403, "INTEGRATION.MODEL_NOT_AVAILABLE")
    client.ats.details.unsupported.add("ats_offers")
    answer = client.get("/ats/offers")
    assert refusal(answer) == (403, "INTEGRATION.MODEL_NOT_AVAILABLE")


def test_integration_whose_setup_is_unfinished(client: Client) -> None:
    client.ats.details.setup_status = "INCOMPLETE"
    answer = client.get("/ats/jobs")
    assert refusal(answer) == (409, "INTEGRATION.SETUP_INCOMPLETE")
    client.ats.details.setup_status = "FINAL_SYNC_PENDING"
    answer = client.get("/ats/jobs")
    assert refusal(answer) == (409, "INTEGRATION.SETUP_SYNC_PENDING")
    client.ats.details.qa_failed = True
    assert refusal(client.get("/ats/jobs")) == (409, "INTEGRATION.QA_FAILED")


def test_integration_that_has_stopped(client: Client) -> None:
    client.ats.details.status = "INACTIVE"
    assert refusal(client.get("/ats/jobs")) == (403, "INTEGRATION.INACTIVE")
    client.ats.details.status = "INVALID"
    assert refusal(client.get("/ats/jobs")) == (403, "INTEGRATION.AUTHENTICATION_INVALID")


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


def test_key_is_checked_without_an_integration(client: Client) -> None:
    for headers in ({}, {"X-Integration-Id": ID}, {"X-Integration-Id": "nobody:1"}):
        body = client.get_as(headers, "/check-api-key").json()
        assert body["status"] == "success"
        assert set(body["data"]) == {"environment_id", "customer_id"}
        assert all(BASE58_ID.fullmatch(one) for one in body["data"].values())
    answer = client.get_as({"Authorization": "Bearer other"}, "/check-api-key")
    assert refusal(answer) == (401, "PLATFORM.AUTHENTICATION_INVALID")
    sdk.GetCheckAPIKeyPositiveResponse.model_validate(body)


def test_details_of_an_integration_fit_the_official_sdk(client: Client) -> None:
    client.ats.details.unsupported.add("ats_notes")
    client.ats.disable_model("ats_offers")
    client.ats.details.data_expired_at = "2026-11-23T09:00:00.000Z"
    body = client.get_as({}, "/integrations/greenhouse%3Aacme").json()
    parsed = sdk.GetIntegrationsIntegrationIDPositiveResponse.model_validate(body)
    assert (parsed.data.id, parsed.data.category, parsed.data.status) == (ID, "ATS", "ACTIVE")
    assert parsed.data.data_expired_at
    by_id = {model["id"]: model for model in body["data"]["read_models"]}
    assert set(by_id) == {one.id for one in MODELS.values() if one.path and one.category == "ATS"}
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
    mapped = [page[0]["integration_field"] for page in customs]
    assert {one["id"] for one in mapped if one} < {field["id"] for field in fields["results"]}
    assert None in mapped
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
    rows = client.ats.records("ats_attachments")
    singular = link.removesuffix("_id").capitalize()
    name = f"GetAts{parents.capitalize()}{singular}IDAttachmentsPositiveResponse"
    for owner in {row[link] for row in rows if row[link]}:
        body = client.get(f"/ats/{parents}/{owner}/attachments").json()
        expected = {row["id"] for row in rows if row[link] == owner}
        assert {row["id"] for row in body["data"]["results"]} == expected
        assert set(body["data"]) == {"results"}
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


def test_integration_ids_are_taken_once_and_of_a_known_category(emulator: Emulator) -> None:
    emulator.add_integration(ID, size=Size.empty())
    with pytest.raises(ValueError, match=ID):
        emulator.add_integration(ID)
    with pytest.raises(ValueError, match="ATS, HRIS, LMS, ASSESSMENT"):
        emulator.add_integration("tool:1", "CRM")


def test_teams_are_the_groups_under_their_old_name(emulator: Emulator, url: str) -> None:
    hris = Client(url, emulator.add_integration("personio:acme", "HRIS"))
    assert hris.rows("/hris/teams") == hris.rows("/hris/groups")
    employees = hris.rows("/hris/employees")
    assert any(one["groups"] for one in employees)
    assert all(one["teams"] == one["groups"] for one in employees)


def test_cursor_of_skills_may_be_followed_refused_or_ignored(emulator: Emulator, url: str) -> None:
    path = "/hris/skills"
    hris = Client(url, emulator.add_integration("personio:acme", "HRIS", Size(skills=101)))
    first = hris.data(path)
    assert (len(first["results"]), bool(first["next"])) == (100, True)
    second = hris.data(path, cursor=first["next"])
    assert (len(second["results"]), second["next"]) == (1, None)
    emulator.behaviour = Behaviour(undocumented_cursor="refuse")
    assert refusal(hris.get(path, cursor=first["next"])) == (400, "PLATFORM.INPUT_INVALID")
    emulator.behaviour = Behaviour(undocumented_cursor="ignore")
    assert hris.data(path, cursor=first["next"], page_size="1") == first


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
    emulator.examples = read_examples(openapi)
    headers = {"X-Integration-Id": "examples:openapi"}
    groups = client.get_as(headers, "/hris/groups", updated_after="2026-01-01").json()["data"]
    assert groups == {"results": [{"id": "group"}], "next": None}
    files = client.get_as(headers, "/ats/candidates/any/attachments").json()["data"]
    assert files == {"results": [{"id": "file"}]}
    details = client.get_as({}, "/integrations/examples:openapi").json()["data"]
    assert details == {"id": "examples:openapi", "read_models": []}
    answer = client.get_as(headers, "/hris/nothing")
    assert refusal(answer) == (404, "INTEGRATION.MODEL_NOT_AVAILABLE")
    assert len(client.ids("/ats/candidates")) == emulator.size.candidates


def test_command_line_serves_until_it_is_interrupted(openapi: Path) -> None:
    command = [sys.executable, "-m", "kombo_emulator", "--port=0", f"--examples={openapi}"]
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, cwd=Path(__file__).parent.parent
    ) as process:
        assert process.stdout
        url, key, ids = process.stdout.readline().split()
        served = (*INTEGRATIONS, "examples:openapi")
        assert (key, ids) == (f"api_key={KEY}", f"integration_ids={','.join(served)}")
        for integration_id, path in (
            ("greenhouse:demo", "/ats/jobs"),
            ("docebo:demo", "/lms/courses"),
        ):
            headers = {"Authorization": f"Bearer {KEY}", "X-Integration-Id": integration_id}
            answer = requests.get(url + path, headers=headers, timeout=10)
            assert answer.json()["data"]["results"]
        process.send_signal(signal.SIGINT)
        assert process.wait(timeout=10) == 0


def test_table_names_every_property_once() -> None:
    for model in MODELS.values():
        names = [*model.fields, *model.hidden, *TRACKED, *(embed.key for embed in model.embeds)]
        assert len(names) == len(set(names)), model.id
