from __future__ import annotations

import json
from pathlib import Path

import pytest
from singer_sdk.exceptions import RetriableAPIError

from tap_kombo import errors
from tap_kombo.api.problems import RULES, Action, Rule, from_answer
from tap_kombo.api.transport import Answer


def refusal(status: int, body: object = b"") -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(status, {}, content, 0)


def with_code(code: str | None, **more: object) -> dict[str, object]:
    return {"status": "error", "error": {"code": code, "message": "jane@example.com", **more}}


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("status", [400, 409, 503])
def test_the_code_decides_whatever_the_status(code: str, status: int) -> None:
    error = from_answer(refusal(status, with_code(code)), "interviews of a")

    assert error.action is RULES[code].action
    assert str(error).startswith("interviews of a: ")
    assert f"{code}, HTTP {status}" in str(error)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>jane@example.com</html>",
        b"\xff",
        [],
        "jane@example.com",
        {"error": "jane@example.com"},
        with_code(None),
        with_code("PLATFORM.NEW_ONE"),
        with_code("jane@example.com"),
    ],
)
@pytest.mark.parametrize(
    ("status", "action"),
    [
        (400, Action.FAIL_MODEL),
        (403, Action.FAIL_MODEL),
        (404, Action.FAIL_MODEL),
        (302, Action.FAIL_INTEGRATION),
        (200, Action.RETRY_INTEGRATION),
        (429, Action.WAIT),
        (500, Action.RETRY_INTEGRATION),
        (502, Action.RETRY_INTEGRATION),
        (503, Action.RETRY_INTEGRATION),
        (504, Action.RETRY_INTEGRATION),
    ],
)
def test_without_a_known_code_the_status_decides(body: object, status: int, action: Action) -> None:
    error = from_answer(refusal(status, body), "interviews of a")

    assert error.action is action
    assert isinstance(error, RetriableAPIError) is (action is Action.RETRY_INTEGRATION)
    assert "jane" not in str(error)


def test_the_message_leads_to_kombos_log() -> None:
    body = with_code("PLATFORM.UNKNOWN_ERROR", log_url="https://app.kombo.dev/logs/1")

    assert str(from_answer(refusal(500, body), "x")).endswith("https://app.kombo.dev/logs/1")


@pytest.mark.parametrize(
    "log_url", [7, "jane@example.com", "https://app.kombo.dev/logs?of=jane", "javascript:jane"]
)
def test_what_is_no_plain_address_is_not_shown(log_url: object) -> None:
    body = with_code("PLATFORM.UNKNOWN_ERROR", log_url=log_url)

    assert "jane" not in str(from_answer(refusal(500, body), "x"))


def test_a_wrong_key_is_explained() -> None:
    error = from_answer(refusal(401, with_code("PLATFORM.AUTHENTICATION_INVALID")), "x")

    assert error.action is Action.STOP_RUN
    assert "one region and one environment" in str(error)


def test_the_page_has_every_rule() -> None:
    """Its tables are generated; a new rule must find its way there."""
    page = (Path(__file__).parent.parent / "docs" / "errors.md").read_text()
    rules = [*RULES.values(), *(one for one in vars(errors).values() if isinstance(one, Rule))]

    assert len(rules) > 30
    for rule in rules:
        assert f"| {rule.action.value} | {rule.cause} | {rule.cure} |" in page
    assert all(f"| `{code}` |" in page for code in RULES)
