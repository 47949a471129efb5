from __future__ import annotations

import gc
import itertools
from typing import TYPE_CHECKING, Any

import pytest
import requests
from starlette.responses import JSONResponse
from support import only, refusal

from kombo_emulator import Emulator
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.integrations import Details
from tap_kombo.api.kombo import Kombo as Api
from tap_kombo.api.problems import Action
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from starlette.responses import Response
    from support import Kombo

    from kombo_emulator.exchange import Received

A, HR = "greenhouse:demo", "personio:demo"
INTERVIEWS, EMPLOYEES = (
    next(one for one in ENDPOINTS if one.name == name) for name in ("interviews", "hris_employees")
)
MODEL: dict[str, Any] = {
    "id": "ats_interviews",
    "is_available": False,
    "coverage_status": "SUPPORTED",
    "scope_config_setting": "ENABLED",
    "opted_out_by_customer": False,
}
NAMES = ("category", "status", "setup_status")


def test_what_cannot_be_read_is_skipped() -> None:
    integration = {"setup_status INCOMPLETE", "setup_status FINAL_SYNC_PENDING"}
    skipped: list[tuple[str, dict[str, Any]]] = [
        *((one, dict([one.split(" ")])) for one in integration),
        ("is_available false", {"read_models": [MODEL]}),
        *(
            (why, {"read_models": [{**MODEL, name: value}]})
            for why, name, value in (
                ("coverage_status UNSUPPORTED", "coverage_status", "UNSUPPORTED"),
                ("is_available false", "coverage_status", "jane@example.com"),
                ("scope_config_setting DISABLED", "scope_config_setting", "DISABLED"),
                ("opted_out_by_customer", "opted_out_by_customer", True),
            )
        ),
    ]
    for why, answer in skipped:
        problem = Details.of(answer).problem_with(INTERVIEWS)

        assert problem, why
        action = Action.SKIP_INTEGRATION if why in integration else Action.SKIP_MODEL
        assert (problem.action, problem.what) == (action, why)


READABLE: list[dict[str, Any]] = [
    {},
    dict.fromkeys([*NAMES, "read_models", "tool", "data_expired_at"]),
    {"setup_status": "COMPLETED", "status": "ACTIVE", "category": "ATS"},
    {"status": "INACTIVE"},
    {"status": "INVALID"},
    {"read_models": "all"},
    {"read_models": [None, {}, {"id": "ats_interviews"}]},
    {"read_models": [{**MODEL, "is_available": True, "scope_config_setting": "OPTIONAL"}]},
    {"read_models": [{**MODEL, "is_available": None}]},
    {"read_models": [{**MODEL, "id": "ats_jobs"}]},
]


def test_what_may_be_readable_is_tried() -> None:
    for answer in READABLE:
        details = Details.of(answer)

        assert details.problem_with(INTERVIEWS) is None, answer
        assert details.serves(INTERVIEWS), answer
        assert details.is_known, answer


def test_a_word_that_is_not_documented_fails_the_integration() -> None:
    """Whatever it means, nothing may be concluded from it: neither that it is of no category."""
    values: list[object] = ["jane@example.com", "ats", "GENERAL", "", 7, True, {}, ["ATS"]]
    for name, value in itertools.product(NAMES, values):
        details = Details.of({"category": "ATS", name: value})
        problem = details.problem_with(INTERVIEWS)

        assert problem, (name, value)
        assert problem == details.not_current == details.not_set_up, value
        assert problem.action is Action.FAIL_INTEGRATION, value
        assert problem.what == f"an undocumented `{name}`"
        assert details.serves(INTERVIEWS), value


def test_a_category_decides_which_models_there_are() -> None:
    details = Details.of({"category": "ATS"})

    assert details.serves(INTERVIEWS)
    assert not details.serves(EMPLOYEES)


def test_nothing_is_known_before_kombo_has_told() -> None:
    details = Details()

    assert not details.is_known
    assert details.serves(INTERVIEWS)
    assert details.serves(EMPLOYEES)
    assert details.problem_with(INTERVIEWS) is details.not_current is None


def test_data_that_kombo_does_not_renew_is_not_current() -> None:
    found = {
        status: Details.of({"status": status}).not_current
        for status in ("ACTIVE", "INACTIVE", "INVALID", None)
    }

    assert {status: problem and problem.action for status, problem in found.items()} == {
        "ACTIVE": None,
        "INACTIVE": Action.SKIP_INTEGRATION,
        "INVALID": Action.SKIP_INTEGRATION,
        None: None,
    }


def test_a_text_that_is_none_says_nothing() -> None:
    values: list[object] = [7, {}, [], False]
    answers = [{"data_expired_at": value, "tool": {"label": value}} for value in values]

    assert [one for one in answers if Details.of(one) != Details(is_known=True)] == []


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


def test_an_undocumented_word_is_an_error_and_never_an_empty_table(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    for name in NAMES:
        details = ats.describe() | {name: "new"}
        kombo.emulator.intercept = lambda asked, details=details: (
            JSONResponse({"status": "success", "data": details})
            if asked.path.startswith("/integrations/")
            else None
        )

        with pytest.raises(RunFailedError, match="1 integration"):
            kombo.run(A, streams=("interviews", "jobs"))

        assert not kombo.asked(), name


def test_if_the_look_up_is_refused_the_lists_decide(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A)

    def refuse(request: Received) -> Response | None:
        if request.path.startswith("/integrations/"):
            return refusal("INTEGRATION.PERMISSION_MISSING", 403)
        return None

    kombo.emulator.intercept = refuse
    sent = kombo.run(A)

    assert len(sent.records()) == 120
    assert sent.bookmark(A)


MODELS_REST = {"pass_interval_minutes": {"integration_models": 1440}}
BOTH_REST = {"pass_interval_minutes": {"integrations": 1440, "integration_models": 1440}}
ONE_IS_TOUCHED = {
    "changes": [
        {"type": "data-changed", "data": {"integration_id": one, "changed_models": models}}
        for one, models in ((A, []), *((other, [{"name": "ats_interviews"}]) for other in "bcdef"))
    ]
}


@pytest.mark.parametrize("settings", [{}, MODELS_REST, BOTH_REST, ONE_IS_TOUCHED])
def test_no_answer_about_an_integration_is_kept_to_the_end(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch, settings: dict[str, Any]
) -> None:
    """One is large, and there may be thousands; whoever would read it may rest in this run."""
    ids = [A, *"bcdef"]
    for one in ids:
        kombo.emulator.add_integration(one, "ATS", only(interviews=1))
    streams = ("integrations", "integration_models", "interviews")
    state = kombo.run(*ids, streams=streams, **settings).state
    kept: list[requests.Response] = []

    def close(self: Api) -> None:
        gc.collect()
        answers = [one for one in gc.get_objects() if isinstance(one, requests.Response)]
        kept.extend(one for one in answers if "/integrations/" in one.url)
        whole(self)

    whole = Api.close
    monkeypatch.setattr(Api, "close", close)
    before = len(kombo.emulator.requests)

    kombo.run(*ids, streams=streams, state=state, **settings)

    asked = [one.path for one in kombo.emulator.requests[before:] if "/integrations/" in one.path]
    assert len(asked) == len({*asked}) == len(ids)
    assert kept == []
