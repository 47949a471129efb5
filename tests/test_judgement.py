"""An answer is judged once: by Kombo's code, then by status, and all else follows from that."""

from __future__ import annotations

import itertools
import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import HTMLResponse, JSONResponse, Response
from support import Kombo, Sent, differences, expected, only, refusal

from kombo_emulator import Behaviour
from tap_kombo.api import limits
from tap_kombo.replication.passes import ANEW

if TYPE_CHECKING:
    from collections.abc import Callable

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(60)

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
LISTS = ("/ats/interviews", "/ats/jobs")
FEW = only(interviews=12, applications=4, candidates=4, jobs=2)
PAGE_SIZE = 3
ALWAYS = 10**6

LIMITED = ("PLATFORM.RATE_LIMIT_EXCEEDED", "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED")


def answering(
    matches: Callable[[Received], bool], answer: Callable[[], Response], times: int = ALWAYS
) -> Callable[[Received], Response | None]:
    """An interception that answers some requests, the first so many times."""
    hits, lock = itertools.count(1), threading.Lock()

    def intercept(asked: Received) -> Response | None:
        if not matches(asked):
            return None
        with lock:
            return answer() if next(hits) <= times else None

    return intercept


def named(caplog: pytest.LogCaptureFixture) -> list[str]:
    """The lines that name what was skipped or failed."""
    messages = [one.getMessage() for one in caplog.records]
    return [one for one in messages if one.startswith(("Failed: ", "Skipped: "))]


def limit(code: str, status: int, *, seconds: int) -> Response:
    answer = refusal(code, status)
    answer.headers["ratelimit-reset"] = str(seconds)
    return answer


# --- 1.1: a code that says "wait" is waited for, whatever the status


@pytest.mark.usefixtures("_no_waiting")
def test_a_limit_is_waited_for_as_such_with_any_status(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    for code, status, path in (
        (LIMITED[0], 400, "/ats/interviews"),
        (LIMITED[0], 503, f"/integrations/{A}"),
        (LIMITED[1], 200, f"/integrations/{A}"),
    ):
        caplog.clear()
        kombo.emulator.clear_requests()
        kombo.emulator.intercept = answering(
            lambda asked, path=path: asked.path == path,  # type: ignore[misc]
            lambda code=code, status=status: limit(code, status, seconds=0),  # type: ignore[misc]
            12,
        )

        sent = kombo.attempt(A, max_retries=0)

        assert sent.error is None, (code, status)
        assert len(sent.records()) == 12, (code, status)
        assert sent.bookmark(A), (code, status)
        assert [one.status for one in kombo.asked(path)] == [status] * 12 + [200], code
        assert "Kombo asks for a pause" in caplog.text, (code, status)
        assert named(caplog) == [], (code, status)


def test_the_length_of_a_limit_is_heeded_whatever_the_status(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(limits, "WORTH_TELLING_SECONDS", 0.5)
    kombo.emulator.add_integration(A, "ATS", FEW)
    kombo.emulator.intercept = answering(
        lambda asked: asked.path in LISTS, lambda: limit(LIMITED[0], 200, seconds=1), 1
    )

    sent = kombo.attempt(A, max_retries=0)

    assert sent.error is None
    assert "Kombo asks for a pause of 1.0 seconds; then at most" in caplog.text


# --- 1.3: one refusal of the key, in whatever form, ends a run to which nothing was answered

NO_ENTRY: dict[str, Callable[[], Response]] = {
    "text": lambda: Response("no entry", 401, media_type="text/plain"),
    "HTML": lambda: HTMLResponse("<html><body>Log in</body></html>", 401),
    "empty": lambda: Response(status_code=401),
    "not JSON": lambda: Response('{"status": ', 401, media_type="application/json"),
    "not UTF-8": lambda: Response(b'{"status":"\xff"}', 401, media_type="application/json"),
    "a list": lambda: JSONResponse(["no entry"], 401),
    "another envelope": lambda: JSONResponse({"message": "no entry"}, 401),
    "no error": lambda: JSONResponse({"status": "error"}, 401),
    "success": lambda: JSONResponse({"status": "success", "data": {}}, 401),
    "no code": lambda: JSONResponse({"status": "error", "error": {"message": "no"}}, 401),
    "code null": lambda: refusal(None, 401),
    "code of a number": lambda: JSONResponse({"status": "error", "error": {"code": 401}}, 401),
    "unknown code": lambda: refusal("PLATFORM.NEVER_HEARD_OF", 401),
    "unknown code without a dot": lambda: refusal("UNAUTHORIZED", 401),
}


def test_a_key_that_is_refused_in_any_form_ends_the_run(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for number, (form, answer) in enumerate(NO_ENTRY.items()):
        concurrency = (1, 4)[number % 2]
        ids = [f"greenhouse:{number}-{one}" for one in range(8)]
        kombo.emulator.intercept = lambda _, answer=answer: answer()

        sent = kombo.attempt(*ids, streams=("interviews", "jobs", "users"), concurrency=concurrency)

        assert sent.error is not None, form
        (line,) = str(sent.error).splitlines()
        assert ("key" in line, "401" in line) == (True, True), form
        asked = [one for one in kombo.emulator.requests if one.integration_id in ids]
        assert 1 <= len(asked) <= concurrency, form
        assert sent.records() == [], form
    assert named(caplog) == []


def test_a_key_that_has_worked_and_is_refused_in_one_place_fails_that_integration(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """It is one gateway, one route; the key itself has just been accepted."""
    refused = {f"tool:{number}": form for number, form in enumerate(NO_ENTRY)}
    for one in (A, *refused, C):
        kombo.emulator.add_integration(one, "ATS", FEW)
    kombo.emulator.intercept = lambda asked: (
        NO_ENTRY[refused[asked.integration_id]]()
        if asked.integration_id in refused and asked.path in LISTS
        else None
    )

    sent = kombo.attempt(A, *refused, C, streams=("interviews", "jobs"), concurrency=1)

    assert f"of {len(refused)} integration(s) failed" in str(sent.error)
    assert {one["integration_id"] for one in sent.records()} == {A, C}
    assert all(sent.bookmark(one, stream) for one in (A, C) for stream in ("interviews", "jobs"))
    assert [form for one, form in refused.items() if sent.bookmark(one)] == []
    told = Counter(one.split(": ")[1] for one in named(caplog))
    assert told == dict.fromkeys(refused, 1)
    asked = Counter(one.integration_id for one in kombo.emulator.requests if one.status == 401)
    assert asked == dict.fromkeys(refused, 1)


# --- 1.4: any refusal of a cursor of an earlier run starts the pass anew, once

REFUSED_CURSOR: dict[str, Callable[[], Response]] = {
    **{
        f"{status} {form}": make
        for status, form, make in (
            (400, "with an unknown code", lambda: refusal("PLATFORM.CURSOR_GONE", 400)),
            (404, "as HTML", lambda: HTMLResponse("<html>Not found</html>", 404)),
            (409, "without a code", lambda: refusal(None, 409)),
            (410, "as text", lambda: Response("gone", 410)),
            (422, "without a code", lambda: refusal(None, 422)),
        )
    },
    "401 for this cursor only": lambda: Response("no entry", 401),
    "400 of the tool": lambda: refusal("REMOTE.INPUT_INVALID", 400),
    "empty": lambda: JSONResponse({"status": "success", "data": {"results": [], "next": None}}),
}


def cut_off(kombo: Kombo) -> tuple[Sent, str]:
    """Run until the third page is refused; return what was sent and the cursor of that page."""
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    pages = itertools.count(1)
    kombo.emulator.intercept = lambda asked: (
        refusal("REMOTE.UNKNOWN_HTTP_ERROR", 502)
        if asked.path == "/ats/interviews" and asked.integration_id == A and next(pages) == 3
        else None
    )
    first = kombo.attempt(A, B, page_size=PAGE_SIZE)
    assert first.error is not None
    assert len([one for one in first.records() if one["integration_id"] == A]) == 2 * PAGE_SIZE
    kombo.emulator.clock.advance(seconds=60)
    return first, str(first.remembered(A)["resume"]["cursor"])


def first_pages(kombo: Kombo) -> list[Any]:
    return [one for one in kombo.asked() if one.integration_id == A and "cursor" not in one.params]


def assert_read_anew(kombo: Kombo, first: Sent, form: str) -> None:
    """The pass starts again from its first page, and brings all."""
    kombo.emulator.clear_requests()

    second = kombo.attempt(A, B, page_size=PAGE_SIZE, state=first.state)

    assert second.error is None, form
    ours = {one["id"]: one for one in second.records() if one["integration_id"] == A}
    assert differences(ours, expected(kombo, A)) == {}, form
    assert second.bookmark(A), form
    assert "resume" not in second.remembered(A), form
    assert len(first_pages(kombo)) == 1, form


def test_a_refused_cursor_of_an_earlier_run_starts_the_pass_anew(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    first, cursor = cut_off(kombo)
    for form, answer in REFUSED_CURSOR.items():
        caplog.clear()
        kombo.emulator.intercept = answering(
            lambda asked: asked.params.get("cursor") == cursor and asked.integration_id == A,
            answer,
            1,
        )

        assert_read_anew(kombo, first, form)
        (told,) = (one for one in caplog.messages if ANEW in one)
        assert re.fullmatch(rf"[^[.]+( \[[^]]+\])?\. {re.escape(ANEW)}( See \S+)?", told), form


def test_a_cursor_that_has_expired_starts_the_pass_anew(kombo: Kombo) -> None:
    first, _ = cut_off(kombo)
    kombo.emulator.intercept = None
    forms: tuple[Any, ...] = ("code", "no code", "empty")
    for form in forms:
        kombo.emulator.clock.advance(seconds=60)
        kombo.emulator.behaviour = Behaviour(cursor_seconds=60, expired_cursor=form)

        assert_read_anew(kombo, first, form)


def test_a_list_that_does_not_document_its_cursor_is_whole_or_fails(kombo: Kombo) -> None:
    kombo.emulator.add_integration("personio:demo", "HRIS", only(skills=101))
    readings: tuple[tuple[Any, int], ...] = (("follow", 101), ("refuse", 100), ("ignore", 100))
    for reading, count in readings:
        kombo.emulator.behaviour = Behaviour(undocumented_cursor=reading)

        sent = kombo.attempt("personio:demo", streams=("hris_skills",))

        assert len({one["id"] for one in sent.records("hris_skills")}) == count, reading
        assert (sent.error is None) is (count == 101), reading


def test_a_pass_starts_anew_once_and_not_twice(kombo: Kombo) -> None:
    first, cursor = cut_off(kombo)
    for form in ("400 with an unknown code", "410 as text"):
        kombo.emulator.clear_requests()
        kombo.emulator.intercept = lambda asked, form=form: (
            REFUSED_CURSOR[form]()
            if asked.params.get("cursor") == cursor and asked.integration_id == A
            else None
        )

        second = kombo.attempt(A, B, page_size=PAGE_SIZE, state=first.state)

        assert "of 1 integration(s) failed" in str(second.error), form
        assert len(first_pages(kombo)) == 1, form
        assert len([one for one in kombo.asked() if one.params.get("cursor") == cursor]) == 2, form
        assert second.bookmark(A) is None, form
        assert second.bookmark(B), form
