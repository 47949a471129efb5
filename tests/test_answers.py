"""How an answer becomes records, or a problem."""

from __future__ import annotations

import json
from decimal import Decimal

import pendulum
import pytest
import requests
import time_machine

from tap_kombo.api.answers import (
    EnvelopeError,
    data_of,
    grant_of,
    is_suspect,
    next_of,
    problem_of,
    records_of,
    served_at,
)
from tap_kombo.api.limits import Grant
from tap_kombo.api.mending import UNSTORABLE
from tap_kombo.api.problems import RETRIED, RULES, Action, Pause, Problem

NOW = pendulum.datetime(2026, 11, 23, 10)
MINUTE = "Mon, 23 Nov 2026 10:01:00 GMT"
RATED = {"ratelimit-limit": "60", "ratelimit-remaining": "7", "ratelimit-reset": "3"}


def answer(body: object = b"", status: int = 200, **headers: str) -> requests.Response:
    """An answer as the transport hands it over."""
    response = requests.Response()
    response.status_code = status
    response._content = body if isinstance(body, bytes) else json.dumps(body).encode()
    response.headers.update(headers)
    return response


def envelope(**data: object) -> dict[str, object]:
    return {"status": "success", "data": data}


def listed(value: bytes) -> requests.Response:
    """A page of one record with the given text of JSON in a free-form value."""
    record = b'{"id":"1","x":' + value + b"}"
    return answer(b'{"status":"success","data":{"next":null,"results":[' + record + b"]}}")


def with_code(code: object, **more: object) -> dict[str, object]:
    return {"status": "error", "error": {"code": code, "message": "jane@example.com", **more}}


def judged(
    body: object, status: int, *, key_works: bool = False, headers: dict[str, str] | None = None
) -> Problem:
    problem = problem_of(answer(body, status, **headers or {}), key_works=key_works)
    assert problem
    return problem


# --- records


def test_a_page_has_records_cursor_and_the_servers_clock() -> None:
    page = answer(envelope(results=[{"id": "1"}], next="abc"), Date=MINUTE)

    assert problem_of(page, key_works=False) is None
    assert records_of(page, "results") == [{"id": "1"}]
    assert next_of(page) == "abc"
    assert served_at(page) == NOW.add(minutes=1)
    assert not is_suspect(page)


def test_the_key_says_where_the_records_are() -> None:
    tools = answer(envelope(packages=[{"id": "1"}]))

    assert records_of(tools, "packages") == [{"id": "1"}]
    assert records_of(tools, None) == [data_of(tools)]


@pytest.mark.parametrize("text", ["1.10", "0.1", "1E+400", "123456789012345678901234567890.5"])
def test_numbers_stay_as_kombo_wrote_them(text: str) -> None:
    [record] = records_of(listed(text.encode()), "results")

    assert record["x"] == Decimal(text)
    assert str(record["x"]) == text


@pytest.mark.parametrize(
    "date", [None, "yesterday", "", "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 99 Nov 2026 10:00 GMT"]
)
def test_a_missing_or_unreadable_date_is_no_clock(date: str | None) -> None:
    headers = {} if date is None else {"Date": date}

    assert served_at(answer(b"", 200, **headers)) is None


def test_the_servers_clock_is_read_in_utc() -> None:
    assert served_at(answer(Date="Mon, 23 Nov 2026 12:00:00 +0200")) == NOW


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>secret@example.com</html>",
        b'{"status":"success","data":{"results":[',
        b"\xff\xfe",
        b"[" * 100_000,
        b'{"status":"success","data":{"results":[{"id":NaN}],"next":null}}',
        [],
        "secret",
        {},
        {"status": None, "data": {}},
        {"status": "success"},
        {"status": "success", "data": None},
        {"status": "success", "data": ["secret"]},
        {"status": "new", "data": {"results": [], "next": None}},
        {"status": "error", "data": {"results": [], "next": None}},
        envelope(next=None),
        envelope(results={"secret": 1}, next=None),
        envelope(results=["secret"], next=None),
        envelope(results=None, next=None),
        envelope(results=[]),
        envelope(results=[], next=7),
        envelope(results=[], next=""),
        envelope(results=[], next=["secret"]),
    ],
)
def test_any_other_shape_is_an_error_that_quotes_nothing(body: object) -> None:
    response = answer(body)
    with pytest.raises(EnvelopeError) as caught:
        _ = records_of(response, "results"), next_of(response)

    assert "secret" not in str(caught.value)


# --- what is broken within a value


@pytest.mark.parametrize(
    ("value", "read"),
    [
        (rb'"Anna \ud83d"', "Anna \ufffd"),
        (rb'"\udE00 Anna"', "\ufffd Anna"),
        (rb'"\ud83d\ud83d\ude00"', "\ufffd😀"),
        (rb'{"\ud83d":["\ud83d"]}', {"\ufffd": ["\ufffd"]}),
        (b'"Zo\xeb"', "Zo\ufffd"),
        (b'"\xed\xa0\xbd"', "\ufffd\ufffd\ufffd"),
        (b"1e9999999999999999999", UNSTORABLE),
        (b"-1.5E+9999999999999999999", UNSTORABLE),
        (b"9" * 5_000, UNSTORABLE),
        (b"1e" + b"9" * 5_000, UNSTORABLE),
        (b"0." + b"1" * 5_000 + b"e9999999999999999999", UNSTORABLE),
    ],
    ids=lambda value: str(value)[:24],
)
def test_what_is_broken_in_one_value_costs_that_value_only(value: bytes, read: object) -> None:
    page = listed(b'{"broken":' + value + b',"good":"Zo\xc3\xab \\u00e9"}')

    assert problem_of(page, key_works=True) is None
    [record] = records_of(page, "results")
    assert record == {"id": "1", "x": {"broken": read, "good": "Zoë é"}}
    assert next_of(page) is None
    assert is_suspect(page)


@pytest.mark.parametrize("levels", [65, 399, 975, 5_000, 200_000])
@pytest.mark.parametrize("pair", [(b'{"a":', b"}"), (b"[", b"]")], ids=["objects", "lists"])
def test_nesting_costs_the_value_only(pair: tuple[bytes, bytes], levels: int) -> None:
    page = listed(pair[0] * levels + b"1" + pair[1] * levels)

    assert problem_of(page, key_works=True) is None
    assert [record["id"] for record in records_of(page, "results")] == ["1"]


@pytest.mark.parametrize(("value", "suspect"), [(rb'"a\u0000b"', True), (rb'"a\u0001b"', False)])
def test_u0000_is_suspect(value: bytes, *, suspect: bool) -> None:
    assert is_suspect(listed(value)) is suspect


# --- problems


@pytest.mark.parametrize("status", [200, 401, 503])
@pytest.mark.parametrize("code", RULES)
def test_a_known_code_decides_whatever_the_status(code: str, status: int) -> None:
    problem = judged(with_code(code), status)

    assert problem.rule is RULES[code]
    assert (problem.code, problem.status) == (code, status)
    assert problem.what == f"{code}, HTTP {status}"
    assert not problem.is_silence


UNKNOWN = [
    b"",
    b"<html>jane@example.com</html>",
    b"\xff",
    [],
    "jane@example.com",
    {"error": "jane@example.com"},
    {"status": "success", "data": {"results": [], "next": None}},
    with_code(None),
    with_code(7),
    with_code("jane@example.com"),
    with_code("PLATFORM.NEW_ONE"),
]


@pytest.mark.parametrize("body", UNKNOWN)
@pytest.mark.parametrize(
    ("status", "action"),
    [
        (400, Action.FAIL_MODEL),
        (403, Action.FAIL_MODEL),
        (404, Action.FAIL_MODEL),
        (301, Action.FAIL_INTEGRATION),
        (204, Action.RETRY),
        (401, Action.STOP_RUN),
        (408, Action.RETRY_INTEGRATION),
        (429, Action.WAIT),
        (500, Action.RETRY_INTEGRATION),
        (501, Action.RETRY_INTEGRATION),
        (503, Action.RETRY_INTEGRATION),
        (599, Action.RETRY_INTEGRATION),
    ],
)
def test_without_a_known_code_the_status_decides(body: object, status: int, action: Action) -> None:
    problem = judged(body, status)

    assert problem.action is action
    assert problem.what.endswith(f"HTTP {status}")
    assert "jane" not in problem.sentence("x")


@pytest.mark.parametrize("body", [one for one in UNKNOWN if "success" not in str(one)])
def test_an_answer_that_claims_to_be_good_and_is_not_kombos_is_tried_again(body: object) -> None:
    problem = judged(body, 200)

    assert problem.action is Action.RETRY
    assert "jane" not in problem.sentence("x")


@pytest.mark.parametrize("body", UNKNOWN)
def test_an_uncoded_401_stops_the_run_unless_the_key_has_worked(body: object) -> None:
    assert judged(body, 401, key_works=False).action is Action.STOP_RUN
    assert judged(body, 401, key_works=True).action is Action.FAIL_INTEGRATION


@pytest.mark.parametrize("status", [400, 401, 403, 409, 429, 500, 503])
@pytest.mark.parametrize("kind", ["REMOTE", "INTEGRATION"])
def test_an_unknown_code_of_the_tool_concerns_its_integration_only(kind: str, status: int) -> None:
    problem = judged(with_code(f"{kind}.NEW_ONE"), status, headers={"retry-after": "30"})

    assert problem.code == f"{kind}.NEW_ONE"
    assert problem.action is not Action.STOP_RUN
    assert problem.pause in {None, Pause(30, of_integration=True)}


@pytest.mark.parametrize("code", ["PLATFORM.NEW_ONE", "REMOTE.NEW_ONE"])
@pytest.mark.parametrize("status", [500, 503, 504])
def test_whoever_names_a_code_is_not_silent(code: str, status: int) -> None:
    """Else one integration whose tool is down would be taken for an outage of Kombo."""
    assert not judged(with_code(code), status).is_silence


@pytest.mark.parametrize("status", [500, 502, 503, 504])
def test_a_load_balancer_that_speaks_for_kombo_is_silence(status: int) -> None:
    assert judged(b"<html>", status).is_silence


def test_the_problem_leads_to_kombos_log() -> None:
    body = with_code("PLATFORM.UNKNOWN_ERROR", log_url="https://app.kombo.dev/logs/1")

    assert judged(body, 500).log_url == "https://app.kombo.dev/logs/1"


@pytest.mark.parametrize(
    "log_url",
    [7, None, "jane@example.com", "https://app.kombo.dev/logs?of=jane", "javascript:jane"],
)
def test_what_is_no_plain_address_is_not_shown(log_url: object) -> None:
    problem = judged(with_code("PLATFORM.UNKNOWN_ERROR", log_url=log_url), 500)

    assert problem.log_url is None
    assert "jane" not in problem.sentence("x")


# --- pauses


@pytest.mark.parametrize("code", RULES)
@pytest.mark.parametrize("status", [429, 503])
def test_a_pause_follows_from_the_code_and_not_from_the_status(code: str, status: int) -> None:
    problem = judged(with_code(code), status, headers={"Retry-After": "30"})

    if RULES[code].action is Action.WAIT:
        assert problem.pause == Pause(30, of_integration=False)
    elif RULES[code].action in RETRIED:
        assert problem.pause == Pause(30, of_integration=not code.startswith("PLATFORM."))
    else:
        assert problem.pause is None


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"retry-after": "7"}, 7),
        ({"retry-after": " 7 "}, 7),
        ({"retry-after": "0"}, 0),
        ({"Retry-After": MINUTE}, 60),
        ({"Retry-After": "Mon, 23 Nov 2026 09:00:00 GMT"}, 0),
        ({"ratelimit-reset": "3"}, 3),
        ({"ratelimit-reset": "3", "retry-after": "0"}, 0),
        ({"ratelimit-reset": "3", "retry-after": "soon"}, 3),
        ({"retry-after": "-7"}, None),
        ({"retry-after": "7.5"}, None),
        ({"retry-after": "soon"}, None),
        ({"retry-after": ""}, None),
        ({"ratelimit-reset": "soon"}, None),
        ({"retry-after": "Fri, 31 Dec 9999 23:59:59 -1200"}, None),
    ],
    ids=str,
)
def test_a_refusal_for_the_limit_says_how_long_all_have_to_wait(
    headers: dict[str, str], seconds: float | None
) -> None:
    with time_machine.travel(NOW, tick=False):
        pause = judged(b"", 429, headers=headers).pause

    assert pause == Pause(seconds, of_integration=False)


@pytest.mark.parametrize("headers", [{}, {"retry-after": "soon"}, RATED], ids=str)
def test_what_may_pass_asks_for_a_pause_only_if_it_says_so(headers: dict[str, str]) -> None:
    assert judged(with_code("REMOTE.SERVICE_UNAVAILABLE"), 503, headers=headers).pause is None


def test_a_load_balancers_pause_concerns_all() -> None:
    problem = judged(b"<html>", 503, headers={"Retry-After": "30"})
    assert problem.pause == Pause(30, of_integration=False)


@pytest.mark.parametrize(
    ("headers", "grant"),
    [
        (RATED, Grant(60, 7, 3)),
        ({name.title(): value for name, value in RATED.items()}, Grant(60, 7, 3)),
        ({}, None),
        *(({**RATED, name: "soon"}, None) for name in RATED),
        *(({one: value for one, value in RATED.items() if one != name}, None) for name in RATED),
    ],
    ids=str,
)
@pytest.mark.parametrize("status", [200, 429, 503])
def test_what_is_left_of_the_limit_is_told_wholly_or_not_at_all(
    headers: dict[str, str], grant: Grant | None, status: int
) -> None:
    assert grant_of(answer(b"", status, **headers)) == grant


def test_a_body_is_read_once(monkeypatch: pytest.MonkeyPatch) -> None:
    page = answer(envelope(results=[], next=None))
    content, reads = page.content, []

    def read(_: requests.Response) -> bytes:
        reads.append(1)
        return content

    monkeypatch.setattr(requests.Response, "content", property(read))

    _ = problem_of(page, key_works=True), records_of(page, "results"), next_of(page)
    _ = is_suspect(page)

    assert len(reads) == 1
