"""The last words of a run: the result first, then counts, then reasons."""

from __future__ import annotations

import io
import json
import logging
import re
import signal
import sys
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from support import Sent, only, refusal

from scripts.meltano_project import CHECKOUT
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import RULES, TRANSIENT, KomboError, Problem
from tap_kombo.replication.fanout import InterruptedRunError
from tap_kombo.replication.report import Report, Tally
from tap_kombo.replication.verdict import REASONS_AT_MOST, WIDTH, Verdict, conclude
from tap_kombo.writer import OutputError

if TYPE_CHECKING:
    from collections.abc import Callable

    from support import Kombo

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
LOGGER = logging.getLogger("tap-kombo")
REFUSED = Problem(RULES["PLATFORM.INPUT_INVALID"], "HTTP 400")
NO_MODEL = Problem(RULES["INTEGRATION.MODEL_DISABLED"], "HTTP 403")
GONE = Problem(RULES["PLATFORM.INTEGRATION_NOT_FOUND"], "HTTP 404")
NOT_READY = Problem(RULES["INTEGRATION.SETUP_INCOMPLETE"], "HTTP 409")
STOPPED = Problem(RULES["PLATFORM.AUTHENTICATION_INVALID"], "HTTP 401")
SILENT = Problem(TRANSIENT, "HTTP 503")
TIMED_OUT = Problem(RULES["PLATFORM.TASK_TIMED_OUT"], "HTTP 504")


def report(*broken: tuple[str, str, Problem], records: int = 0) -> Report:
    """What a run of three streams has done: all is read but what is broken."""
    done = Report(LOGGER)
    for stream in ("interviews", "jobs", "users"):
        for one in (A, B, C):
            if found := [problem for *place, problem in broken if place == [stream, one]]:
                done.broke_off(stream, one, found[0])
            else:
                done.completed(stream, one, is_current=True)
    if records:
        done.wrote("jobs", records, 2)
    return done


def verdict(done: Report, failure: str = "") -> Verdict:
    return Verdict(done, ["interviews", "jobs", "users"], 3, failure)


@pytest.mark.parametrize(
    ("broken", "failure", "result"),
    [
        ([], "", "OK"),
        ([("jobs", A, NO_MODEL), ("jobs", B, NO_MODEL)], "", "OK, with 2 skipped"),
        ([("jobs", A, REFUSED), ("jobs", B, NO_MODEL)], "1 pass failed", "FAILED"),
        ([], "KeyboardInterrupt", "FAILED"),
    ],
)
def test_the_result_comes_first(
    broken: list[tuple[str, str, Problem]], failure: str, result: str
) -> None:
    told = verdict(report(*broken), failure)
    assert told.result == result
    assert told.text.startswith(f"{result}: ")
    assert told.as_dict()["result"] == result


@pytest.mark.parametrize("stopped_by", [None, "interrupted", "PLATFORM.IP_NOT_WHITELISTED"])
def test_a_program_finds_what_stopped_the_run(
    stopped_by: str | None, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    assert conclude(report(), {"jobs": {}}, [A], LOGGER, stopped_by) is None
    told = json.loads(caplog.messages[-1].removeprefix("VERDICT: "))
    assert told["stopped_by"] == stopped_by
    assert told["result"] == ("FAILED" if stopped_by else "OK")


def test_only_streams_with_news_have_a_row() -> None:
    lines = verdict(report(("users", B, REFUSED), records=1_234_567)).text.split("\n")
    at = next(at for at, line in enumerate(lines) if line.startswith("stream "))
    header, *rows = (line.split() for line in lines[at : at + 3])
    assert header[:3] == ["stream", "records", "deleted"]
    assert [row[:6] for row in rows] == [
        ["jobs", "1,234,567", "2", "3", "0", "0"],
        ["users", "0", "0", "2", "0", "1"],
    ]
    assert "nothing new: 1 other stream(s)" in lines
    assert "nothing new: 3 stream(s)" in verdict(report()).text


def test_a_page_shows_it(monkeypatch: pytest.MonkeyPatch) -> None:
    page = (CHECKOUT / "docs" / "many-customers.md").read_text()
    [shown] = re.findall(r"```text\n(FAILED: .*?) \.\.\.\n```", page, re.DOTALL)
    done, streams = Report(LOGGER), [one.name for one in ENDPOINTS][:12]
    assert "applications" in streams
    for stream in streams:
        done.tallies[stream].complete = 100
    done.tallies["applications"] = Tally(
        complete=99, records=9_480, tombstones=31, requests=1_210, seconds=14.2
    )
    refused = Problem(REFUSED.rule, "PLATFORM.INPUT_INVALID, HTTP 400")
    done.broke_off("applications", A, refused)
    done.look_ups = 100
    monkeypatch.setattr(Report, "seconds", 31.4)

    told = Verdict(done, streams, 100, "1 pass failed", width=sys.maxsize).text

    assert told.startswith(shown)


@pytest.mark.parametrize(
    ("happens", "has_table"),
    [
        (lambda _: None, False),
        (lambda done: done.wrote("jobs", 5, 0), True),
        (lambda done: done.completed("jobs", B, is_current=True), True),
        (lambda done: done.broke_off("jobs", B, REFUSED), True),
        (lambda done: done.broke_off("jobs", B, NOT_READY), True),
    ],
    ids=["nothing", "a page was read", "a pass is complete", "one failed", "one was skipped"],
)
def test_a_run_that_was_stopped_before_anything_happened_has_no_table(
    happens: Callable[[Report], None], *, has_table: bool
) -> None:
    done = Report(LOGGER)
    happens(done)
    for stream in ("interviews", "jobs", "users"):
        done.broke_off(stream, A, STOPPED)
    told = verdict(done, "KomboError")
    assert ("\nstream " in told.text) is has_table
    assert told.as_dict()["streams"]["users"]["failed"] == 1


def test_a_stream_that_no_integration_has_is_none_in_which_nothing_is_new() -> None:
    names = ["interviews", "jobs", "users", "hris_employees"]
    assert "nothing new: 3 stream(s)" in Verdict(report(), names, 3).text


def test_it_fits_into_80_columns() -> None:
    done = Report(LOGGER)
    for number, endpoint in enumerate(ENDPOINTS):
        done.broke_off(endpoint.name, f"{'personio' * 9}:{number}", REFUSED)
        done.wrote(endpoint.name, 10_000_000, 10_000_000)
        done.tallies[endpoint.name].seconds = 86_400.5
    text = Verdict(done, [one.name for one in ENDPOINTS], 1000, "failed").text
    too_long = [line for line in text.split("\n") if len(line) > WIDTH and " " in line.strip()]
    assert too_long == []


def test_the_most_frequent_reasons_are_told_failures_first() -> None:
    done = Report(LOGGER)
    rules = [replace(REFUSED, what=f"HTTP {status}") for status in range(400, 420)]
    for one in (A, B, C):
        done.broke_off("jobs", one, NO_MODEL)
    for number, problem in enumerate(rules):
        for at in range(1 + (number == 7)):
            done.broke_off("interviews", f"tool:{number}-{at}", problem)

    lines = Verdict(done, ["interviews", "jobs"], 24, "failed").text.split("\n")

    reasons = [line for line in lines if line.startswith(("Failed in ", "Skipped in "))]
    assert len(reasons) == REASONS_AT_MOST
    assert reasons[0].startswith("Failed in 2 integration(s): ")
    assert "[HTTP 407]" in " ".join(lines)
    assert lines[-1] == f"and {21 - REASONS_AT_MOST} other reason(s), named above"


def test_a_program_finds_why_which_integration_is_missing() -> None:
    told = verdict(report(("jobs", A, REFUSED), ("users", A, NO_MODEL), ("users", B, TIMED_OUT)))
    found = told.as_dict()
    assert found["failed"] == {A: {"jobs": "HTTP 400"}, B: {"users": "HTTP 504"}}
    assert found["skipped"] == {A: {"users": "HTTP 403"}}
    assert found["totals"]["complete"] == 6
    assert (found["totals"]["failed"], found["totals"]["skipped"]) == (2, 1)
    assert json.loads(json.dumps(found)) == found


@pytest.mark.parametrize(
    ("problem", "key", "place"),
    [
        (GONE, "*", A),
        (SILENT, "*", A),
        (NOT_READY, "*", A),
        (REFUSED, "jobs", f"jobs of {A}"),
        (TIMED_OUT, "jobs", f"jobs of {A}"),
        (NO_MODEL, "jobs", f"jobs of {A}"),
    ],
    ids=lambda value: value.action.name if isinstance(value, Problem) else "",
)
def test_a_problem_of_a_whole_integration_is_told_of_no_stream(
    problem: Problem, key: str, place: str
) -> None:
    told = verdict(report(("jobs", A, problem)))
    assert told.as_dict()["failed" if problem.is_failure else "skipped"] == {A: {key: problem.what}}
    assert " ".join(told.text.split()).endswith(f" ({place})")


def has_read(done: Report) -> None:
    done.wrote("users", 7, 0)
    done.completed("users", A, is_current=True)


@pytest.mark.parametrize(
    ("happens", "records", "streams"),
    [
        (lambda _: None, 0, 0),
        (has_read, 7, 1),
        (lambda done: done.wrote("jobs", 1, 0), 1, 1),
        (lambda done: done.completed("jobs", A, is_current=True), 0, 1),
        (lambda done: done.broke_off("jobs", A, NO_MODEL), 0, 0),
        (lambda done: done.broke_off("jobs", A, REFUSED), 0, 0),
        (lambda done: done.rested("jobs", A), 0, 0),
    ],
    ids=["nobody has any", "read", "in part", "empty", "skipped", "failed", "not due"],
)
def test_the_first_line_counts_the_streams_that_were_read(
    happens: Callable[[Report], None], records: int, streams: int
) -> None:
    done = Report(LOGGER)
    happens(done)
    done.look_ups = 1
    done.events = 1
    first = " ".join(Verdict(done, ["jobs", "users", "hris_employees"], 1).text.split())
    counts = f"{records} record(s) of {streams} stream(s) and 1 integration(s), by 1 event(s)"
    assert f": {counts}; 1 request(s), " in first


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


def test_a_terminal_gets_the_text_and_a_log_the_json_too(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    streams: dict[str, Any] = {"jobs": {}}
    conclude(report(records=5), streams, [A], LOGGER)
    assert [one.getMessage().split(":")[0] for one in caplog.records] == ["OK", "VERDICT"]
    assert caplog.records[-1].__dict__["verdict"]["totals"]["records"] == 5

    caplog.clear()
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    conclude(report(records=5), streams, [A], LOGGER)
    assert terminal.getvalue().startswith("\nOK: 5 record(s)")
    assert caplog.records == []


@pytest.mark.parametrize("is_terminal", [True, False])
def test_sentences_are_wrapped_on_a_terminal_only(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, *, is_terminal: bool
) -> None:
    """In a file `grep` finds them whole."""
    caplog.set_level("INFO")
    if is_terminal:
        monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    done = report(("jobs", A, REFUSED), ("users", B, GONE), records=12_345_678)
    ids = [f"tool:{number}" for number in range(1_000)]
    conclude(done, {one: {} for one in ("interviews", "jobs", "users")}, ids, LOGGER)

    text = terminal.getvalue().lstrip() if is_terminal else caplog.messages[-2]
    lines = text.splitlines()
    whole = [
        line
        for line in lines
        if (line.startswith("FAILED: ") and line.endswith(" s"))
        or (line.startswith("Failed in ") and line.endswith(f" of {A})"))
        or (line.startswith("Failed in ") and line.endswith(f"({B})"))
    ]
    assert len(whole) == (0 if is_terminal else 3)
    assert (max(map(len, lines)) <= WIDTH) is is_terminal


def test_an_integration_of_which_nothing_is_selected_is_named(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.add_integration("personio:hr", "HRIS")

    kombo.run(A, "personio:hr")

    assert "No selected stream applies to personio:hr." in caplog.messages


def test_what_is_counted_is_what_was_sent_after_stream_maps(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    ats = kombo.emulator.add_integration(A)
    for one in ats.records("ats_interviews")[:3]:
        ats.delete("ats_interviews", one["id"])

    kept = "remote_deleted_at is None"
    sent = kombo.run(A, stream_maps={"interviews": {"__filter__": kept}})

    told = json.loads(caplog.messages[-1].removeprefix("VERDICT: "))["streams"]["interviews"]
    assert (told["records"], told["tombstones"]) == (len(sent.records()), 0)


def test_an_integration_that_is_given_up_counts_in_the_streams_of_its_category_only(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A).details.setup_status = "INCOMPLETE"
    kombo.emulator.add_integration("personio:hr", "HRIS")

    kombo.run(A, "personio:hr", streams=("interviews", "jobs", "hris_employees"))

    told = json.loads(caplog.messages[-1].removeprefix("VERDICT: "))["streams"]
    assert {name: one["skipped"] for name, one in told.items()} == {
        "interviews": 1,
        "jobs": 1,
        "hris_employees": 0,
    }


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (OutputError("Jane Doe"), "output"),
        (InterruptedRunError(signal.SIGTERM), "interrupted"),
        (KeyboardInterrupt(), "interrupted"),
        (RuntimeError("Jane Doe"), "unexpected"),
    ],
    ids=lambda value: type(value).__name__,
)
def test_what_ends_the_run_is_a_word_in_the_verdict(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, error: BaseException, word: str
) -> None:
    caplog.set_level(logging.INFO)
    kombo.emulator.add_integration(A, "ATS", only(jobs=3))
    ends = iter([None] * 4 + [error])  # a SCHEMA, three RECORDs, and the STATE

    def write() -> None:
        if end := next(ends, None):
            raise end

    with pytest.raises(type(error)):
        kombo.run(A, streams=("jobs",), sent=Sent(before=write))

    (line,) = (one for one in caplog.messages if one.startswith("VERDICT: "))
    told = json.loads(line.removeprefix("VERDICT: "))
    assert (told["result"], told["stopped_by"]) == ("FAILED", word)
    assert "Jane" not in line


def test_a_key_that_a_gateway_refuses_is_a_word_in_the_verdict(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    kombo.emulator.intercept = lambda _: refusal(None, 401)

    assert isinstance(kombo.attempt(A, streams=("jobs",)).error, KomboError)
    assert '"stopped_by":"key_refused"' in caplog.text
