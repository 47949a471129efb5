"""How an answer becomes records, or a problem."""

from __future__ import annotations

import itertools
import json
from datetime import timedelta
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


def test_numbers_stay_as_kombo_wrote_them() -> None:
    texts = ["1.10", "0.1", "1E+400", "123456789012345678901234567890.5"]
    [record] = records_of(listed(f"[{','.join(texts)}]".encode()), "results")

    assert record["x"] == [Decimal(text) for text in texts]
    assert [str(number) for number in record["x"]] == texts


def test_a_missing_or_unreadable_date_is_no_clock() -> None:
    far, never = "Fri, 31 Dec 9999 23:59:59 -1200", "Mon, 99 Nov 2026 10:00 GMT"

    assert served_at(answer()) is None
    assert [one for one in ("yesterday", "", far, never) if served_at(answer(Date=one))] == []


def test_what_changes_while_an_answer_is_awaited_is_not_taken_for_read() -> None:
    late = answer(Date="Mon, 23 Nov 2026 10:00:45 GMT")
    late.elapsed = timedelta(seconds=45.9)

    assert served_at(late) == NOW.subtract(seconds=1)


def test_the_servers_clock_is_read_in_utc() -> None:
    assert served_at(answer(Date="Mon, 23 Nov 2026 12:00:00 +0200")) == NOW


NO_PAGES: dict[str, list[object]] = {
    "no JSON": [
        *(b"", b"<html>secret@example.com</html>", b"\xff\xfe", b"[" * 100_000),
        b'{"status":"success","data":{"results":[',
        b'{"status":"success","data":{"results":[{"id":NaN}],"next":null}}',
    ],
    "no envelope": [
        *([], "secret", {}, {"status": None, "data": {}}, {"status": "success"}),
        *({"status": "success", "data": one} for one in (None, ["secret"])),
    ],
    "no success": [
        {"status": one, "data": {"results": [], "next": None}} for one in ("new", "error")
    ],
    "no list of records": [
        envelope(next=None),
        *(envelope(results=one, next=None) for one in ({"secret": 1}, ["secret"], None)),
    ],
    "no cursor": [
        envelope(results=[]),
        *(envelope(results=[], next=one) for one in (7, "", ["secret"])),
    ],
}


def complaint_about(body: object) -> str:
    response = answer(body)
    try:
        _ = records_of(response, "results"), next_of(response)
    except EnvelopeError as error:
        return str(error)
    return pytest.fail(f"No complaint about {body!r:.200}")


def test_any_other_shape_is_an_error_that_quotes_nothing() -> None:
    bodies = [one for some in NO_PAGES.values() for one in some]
    assert [one for one in bodies if "secret" in complaint_about(one)] == []


# --- what is broken within a value


BROKEN: dict[bytes, object] = {
    rb'"Anna \ud83d"': "Anna \ufffd",
    rb'"\udE00 Anna"': "\ufffd Anna",
    rb'"\ud83d\ud83d\ude00"': "\ufffd😀",
    rb'{"\ud83d":["\ud83d"]}': {"\ufffd": ["\ufffd"]},
    b'"Zo\xeb"': "Zo\ufffd",
    b'"\xed\xa0\xbd"': "\ufffd\ufffd\ufffd",
    b"1e9999999999999999999": UNSTORABLE,
    b"-1.5E+9999999999999999999": UNSTORABLE,
    b"9" * 5_000: UNSTORABLE,
    b"1e" + b"9" * 5_000: UNSTORABLE,
    b"0." + b"1" * 5_000 + b"e9999999999999999999": UNSTORABLE,
}


def test_what_is_broken_in_one_value_costs_that_value_only() -> None:
    pages = {one: listed(b'{"broken":' + one + b',"good":"Zo\xc3\xab \\u00e9"}') for one in BROKEN}

    assert [one for one, page in pages.items() if problem_of(page, key_works=True)] == []
    assert {one: records_of(page, "results") for one, page in pages.items()} == {
        one: [{"id": "1", "x": {"broken": read, "good": "Zoë é"}}] for one, read in BROKEN.items()
    }
    assert [one for one, page in pages.items() if next_of(page) or not is_suspect(page)] == []


def test_nesting_costs_the_value_only() -> None:
    pairs = [(b'{"a":', b"}"), (b"[", b"]")]
    for levels, (opening, closing) in itertools.product((65, 399, 975, 5_000, 200_000), pairs):
        page = listed(opening * levels + b"1" + closing * levels)

        assert problem_of(page, key_works=True) is None, (levels, opening)
        assert [one["id"] for one in records_of(page, "results")] == ["1"], (levels, opening)


def test_u0000_is_suspect() -> None:
    assert is_suspect(listed(rb'"a\u0000b"'))
    assert not is_suspect(listed(rb'"a\u0001b"'))


# --- problems


def test_a_known_code_decides_whatever_the_status() -> None:
    for status in (200, 401, 503):
        problems = {code: judged(with_code(code), status) for code in RULES}

        assert {code: one.rule for code, one in problems.items()} == RULES, status
        assert {code: (one.code, one.status, one.what) for code, one in problems.items()} == {
            code: (code, status, f"{code}, HTTP {status}") for code in RULES
        }
        assert [code for code, one in problems.items() if one.is_silence] == [], status


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


def test_without_a_known_code_the_status_decides() -> None:
    actions = {
        **dict.fromkeys((400, 403, 404), Action.FAIL_MODEL),
        301: Action.FAIL_INTEGRATION,
        204: Action.RETRY,
        401: Action.STOP_RUN,
        429: Action.WAIT,
        **dict.fromkeys((408, 500, 501, 503, 599), Action.RETRY_INTEGRATION),
    }
    for body in UNKNOWN:
        problems = {status: judged(body, status) for status in actions}

        assert {status: one.action for status, one in problems.items()} == actions, body
        for status, problem in problems.items():
            assert problem.what.endswith(f"HTTP {status}"), body
            assert "jane" not in problem.sentence("x"), (status, body)


def test_an_answer_that_claims_to_be_good_and_is_not_kombos_is_tried_again() -> None:
    for body in (one for one in UNKNOWN if "success" not in str(one)):
        problem = judged(body, 200)

        assert problem.action is Action.RETRY, body
        assert "jane" not in problem.sentence("x")


def test_an_uncoded_401_stops_no_run_in_which_the_key_has_worked() -> None:
    actions = [judged(body, 401, key_works=True).action for body in UNKNOWN]

    assert actions == [Action.FAIL_INTEGRATION] * len(UNKNOWN)


def test_an_unknown_code_of_the_tool_concerns_its_integration_only() -> None:
    codes, statuses = ("REMOTE.NEW_ONE", "INTEGRATION.NEW_ONE"), (400, 401, 403, 409, 429, 500, 503)
    for code, status in itertools.product(codes, statuses):
        problem = judged(with_code(code), status, headers={"retry-after": "30"})

        assert problem.code == code
        assert problem.action is not Action.STOP_RUN, (code, status)
        assert problem.pause in {None, Pause(30, of_integration=True)}, (code, status)


def test_whoever_names_a_code_is_not_silent() -> None:
    """Else one integration whose tool is down would be taken for an outage of Kombo."""
    named = itertools.product(("PLATFORM.NEW_ONE", "REMOTE.NEW_ONE"), (500, 503, 504))
    assert [one for one in named if judged(with_code(one[0]), one[1]).is_silence] == []


def test_a_load_balancer_that_speaks_for_kombo_is_silence() -> None:
    assert [one for one in (500, 502, 503, 504) if not judged(b"<html>", one).is_silence] == []


def test_the_problem_leads_to_kombos_log() -> None:
    body = with_code("PLATFORM.UNKNOWN_ERROR", log_url="https://app.kombo.dev/logs/1")

    assert judged(body, 500).log_url == "https://app.kombo.dev/logs/1"


def test_what_is_no_plain_address_is_not_shown() -> None:
    person = "https://app.kombo.dev/logs?of=jane"
    for log_url in (7, None, "jane@example.com", person, "javascript:jane"):
        problem = judged(with_code("PLATFORM.UNKNOWN_ERROR", log_url=log_url), 500)

        assert problem.log_url is None
        assert "jane" not in problem.sentence("x")


# --- pauses


def test_a_pause_follows_from_the_code_and_not_from_the_status() -> None:
    headers = {"Retry-After": "30"}
    for status in (429, 503):
        pauses = {code: judged(with_code(code), status, headers=headers).pause for code in RULES}

        assert pauses == {
            code: Pause(30, of_integration=False)
            if rule.action is Action.WAIT
            else Pause(30, of_integration=not code.startswith("PLATFORM."))
            if rule.action in RETRIED
            else None
            for code, rule in RULES.items()
        }, status


HINTS: list[tuple[dict[str, str], float | None]] = [
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
]


def test_a_refusal_for_the_limit_says_how_long_all_have_to_wait() -> None:
    with time_machine.travel(NOW, tick=False):
        told = [(headers, judged(b"", 429, headers=headers).pause) for headers, _ in HINTS]

    assert told == [(headers, Pause(one, of_integration=False)) for headers, one in HINTS]


def test_what_may_pass_asks_for_a_pause_only_if_it_says_so() -> None:
    body = with_code("REMOTE.SERVICE_UNAVAILABLE")
    silent: list[dict[str, str]] = [{}, {"retry-after": "soon"}, RATED]
    assert [one for one in silent if judged(body, 503, headers=one).pause] == []


def test_a_load_balancers_pause_concerns_all() -> None:
    problem = judged(b"<html>", 503, headers={"Retry-After": "30"})
    assert problem.pause == Pause(30, of_integration=False)


def test_what_is_left_of_the_limit_is_told_wholly_or_not_at_all() -> None:
    whole = [RATED, {name.title(): value for name, value in RATED.items()}]
    partly: list[dict[str, str]] = [
        {},
        *({**RATED, name: "soon"} for name in RATED),
        {**RATED, "ratelimit-limit": "9" * 400},
        *({one: value for one, value in RATED.items() if one != name} for name in RATED),
    ]
    for status in (200, 429, 503):
        told = [grant_of(answer(b"", status, **headers)) for headers in whole]
        assert told == [Grant(60, 7, 3)] * 2, status
        assert [one for one in partly if grant_of(answer(b"", status, **one))] == [], status


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
