from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from support import refusal

from kombo_emulator import Emulator
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import Action, KomboError
from tap_kombo.api.integrations import Details

if TYPE_CHECKING:
    from starlette.responses import Response
    from support import Kombo, Sent

    from kombo_emulator.received import Received

A, B, HR = "greenhouse:demo", "lever:demo", "personio:demo"
BY_NAME = {one.name: one for one in ENDPOINTS}
INTERVIEWS = BY_NAME["interviews"]
MODEL: dict[str, Any] = {
    "id": "ats_interviews",
    "is_available": False,
    "coverage_status": "SUPPORTED",
    "scope_config_setting": "ENABLED",
    "opted_out_by_customer": False,
}


@pytest.mark.parametrize(
    ("details", "action", "why"),
    [
        ({"setup_status": "INCOMPLETE"}, Action.SKIP_INTEGRATION, "setup_status INCOMPLETE"),
        (
            {"setup_status": "FINAL_SYNC_PENDING"},
            Action.SKIP_INTEGRATION,
            "setup_status FINAL_SYNC_PENDING",
        ),
        ({"read_models": [MODEL]}, Action.SKIP_MODEL, "is_available false"),
        (
            {"read_models": [{**MODEL, "coverage_status": "UNSUPPORTED"}]},
            Action.SKIP_MODEL,
            "coverage_status UNSUPPORTED",
        ),
        (
            {"read_models": [{**MODEL, "scope_config_setting": "DISABLED"}]},
            Action.SKIP_MODEL,
            "scope_config_setting DISABLED",
        ),
        (
            {"read_models": [{**MODEL, "opted_out_by_customer": True}]},
            Action.SKIP_MODEL,
            "opted_out_by_customer",
        ),
    ],
)
def test_what_cannot_be_read_is_skipped(details: dict[str, Any], action: Action, why: str) -> None:
    with pytest.raises(KomboError, match=why) as raised:
        Details.of(details).require_readable(INTERVIEWS, "interviews of a")
    assert raised.value.action is action


@pytest.mark.parametrize(
    "details",
    [
        {},
        {"setup_status": "COMPLETED", "status": "INACTIVE"},
        {"setup_status": "new"},
        {"setup_status": {}},
        {"read_models": None},
        {"read_models": "all"},
        {"read_models": [None, {}, {"id": "ats_interviews"}]},
        {"read_models": [{**MODEL, "is_available": True, "scope_config_setting": "OPTIONAL"}]},
        {"read_models": [{**MODEL, "is_available": None}]},
        {"read_models": [{**MODEL, "id": "ats_jobs"}]},
    ],
)
def test_what_may_be_readable_is_tried(details: dict[str, Any]) -> None:
    Details.of(details).require_readable(INTERVIEWS, "interviews of a")


def test_the_emulator_calls_every_model_as_the_table_does() -> None:
    """Else a model that is not available would be asked for."""
    emulator = Emulator()
    told = {
        model["id"]
        for category in ("ATS", "HRIS", "LMS", "ASSESSMENT")
        for model in emulator.add_integration(category, category).describe()["read_models"]
    }
    assert {one.model for one in ENDPOINTS if one.model} <= told


def test_models_that_are_not_available_are_not_asked_for(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    ats = kombo.emulator.add_integration(A)
    ats.disable_model("ats_interviews")

    sent = kombo.run(A, streams=("interviews", "jobs"))

    assert not kombo.asked()
    assert sent.bookmark(A, "jobs")
    assert f"Skipped: interviews of {A}: the model is switched off" in caplog.text


def test_models_of_another_category_are_not_asked_for(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(HR, "HRIS")

    sent = kombo.run(A, HR, streams=("interviews", "hris_employees"))

    assert {one["integration_id"] for one in sent.records()} == {A}
    assert {one["integration_id"] for one in sent.records("hris_employees")} == {HR}
    assert {one.status for one in kombo.emulator.requests} == {200}


def test_an_integration_that_is_not_ready_costs_one_request(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    first = kombo.run(A)
    ats.details.setup_status = "FINAL_SYNC_PENDING"
    kombo.emulator.clear_requests()

    second = kombo.run(A, streams=("interviews", "jobs"), state=first.state)

    assert [one.path for one in kombo.emulator.requests] == [f"/integrations/{A}"]
    assert second.bookmark(A) == first.bookmark(A)


def test_if_the_look_up_is_refused_the_lists_decide(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    def refuse(request: Received) -> Response | None:
        if request.path.startswith("/integrations/"):
            return refusal("INTEGRATION.PERMISSION_MISSING", 403)
        return None

    kombo.emulator.intercept = refuse
    sent: Sent = kombo.run(A)

    assert len(sent.records()) == 120
    assert sent.bookmark(A)
