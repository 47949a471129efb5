"""What a run has done, and what is told of it at its end."""

from __future__ import annotations

import json
import logging
import re
from typing import TYPE_CHECKING, Any

import pytest
from support import failing, only, refusal

from tap_kombo.api.problems import OUTAGE, RULES, TRANSIENT, Problem
from tap_kombo.replication.report import Report, RunFailedError
from tap_kombo.replication.verdict import conclude

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from support import Kombo

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """The lines that the tap logs; filled while the test runs."""
    caplog.set_level(logging.INFO)
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Handler()
    logging.getLogger("tap-kombo").addHandler(handler)
    yield lines
    logging.getLogger("tap-kombo").removeHandler(handler)


def verdict(told: list[str]) -> dict[str, dict[str, Any]]:
    lines = [line for line in told if line.startswith("VERDICT: ")]
    assert len(lines) == 1
    streams: dict[str, dict[str, Any]] = json.loads(lines[0].removeprefix("VERDICT: "))["streams"]
    return streams


LOGGER = logging.getLogger("tap-kombo")
GONE = Problem(RULES["PLATFORM.INTEGRATION_NOT_FOUND"], "HTTP 404")
REFUSED = Problem(RULES["PLATFORM.INPUT_INVALID"], "HTTP 400")
NOT_READY = Problem(RULES["INTEGRATION.SETUP_INCOMPLETE"], "HTTP 409")
NO_MODEL = Problem(RULES["INTEGRATION.MODEL_DISABLED"], "HTTP 403")
SILENT = Problem(TRANSIENT, "HTTP 503")
TIMED_OUT = Problem(RULES["PLATFORM.TASK_TIMED_OUT"], "HTTP 504")
STOPPED = Problem(OUTAGE, "connection refused")


def concluded(report: Report, *streams: str) -> str | None:
    return conclude(report, {name: {} for name in streams}, [A], LOGGER)


@pytest.mark.parametrize(
    ("problem", "place"),
    [(GONE, A), (SILENT, A), (REFUSED, f"interviews of {A}"), (TIMED_OUT, f"interviews of {A}")],
)
def test_a_failure_is_named_and_makes_the_run_fail(
    problem: Problem, place: str, told: list[str]
) -> None:
    report = Report(LOGGER)
    report.completed("jobs", A, is_current=True)
    report.broke_off("interviews", A, problem)

    failure = concluded(report, "interviews", "jobs")

    assert f"Failed: {problem.sentence(place)}" in told
    assert failure
    assert failure.startswith("1 pass(es) of 1 integration(s) failed")
    assert verdict(told)["interviews"]["failed"] == 1


@pytest.mark.parametrize(("problem", "place"), [(NO_MODEL, f"interviews of {A}"), (NOT_READY, A)])
def test_what_is_skipped_is_named_and_no_failure(
    problem: Problem, place: str, told: list[str]
) -> None:
    report = Report(LOGGER)
    report.completed("jobs", A, is_current=True)
    report.broke_off("interviews", A, problem)

    assert concluded(report, "interviews", "jobs") is None
    assert f"Skipped: {problem.sentence(place)}" in told


@pytest.mark.parametrize(
    ("problem", "names"),
    [(GONE, 1), (SILENT, 1), (NOT_READY, 1), (REFUSED, 2), (NO_MODEL, 2)],
    ids=lambda value: value.what if isinstance(value, Problem) else "",
)
def test_what_concerns_an_integration_is_named_once_and_counted_for_each_stream(
    problem: Problem, names: int, told: list[str]
) -> None:
    report = Report(LOGGER)
    for stream in ("interviews", "jobs"):
        report.broke_off(stream, A, problem)

    assert report.given_up(A) == (problem if names == 1 else None)
    assert report.given_up(B) is None
    concluded(report, "interviews", "jobs")
    named = [line for line in told if line.startswith(("Failed: ", "Skipped: "))]
    assert len(named) == names
    counts = verdict(told)
    assert {name: one["failed"] + one["skipped"] for name, one in counts.items()} == {
        "interviews": 1,
        "jobs": 1,
    }


def test_what_ends_the_run_is_counted_and_named_by_whoever_ends_it(told: list[str]) -> None:
    report = Report(LOGGER)
    report.broke_off("interviews", A, STOPPED)

    concluded(report, "interviews")

    assert verdict(told)["interviews"]["failed"] == 1
    assert not any(line.startswith("Failed: ") for line in told)
    assert report.given_up(A) is None


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("see", ["", "https://app.example.com/logs/1"])
@pytest.mark.parametrize(
    ("code", "status"),
    [("PLATFORM.UNKNOWN_ERROR", 500), ("REMOTE.SERVICE_UNAVAILABLE", 503)],
)
def test_a_retry_tells_what_happened_and_no_cure(
    kombo: Kombo, told: list[str], code: str, status: int, see: str
) -> None:
    """The run goes on, and nothing runs into the address of Kombo's log."""
    kombo.emulator.add_integration(A, "ATS", only(jobs=1))
    refused = iter([refusal(code, status, log_url=see)])
    kombo.emulator.intercept = lambda asked: (
        next(refused, None) if asked.path == "/ats/jobs" else None
    )

    kombo.run(A, streams=("jobs",), max_retries=8)

    (line,) = (one for one in told if "Trying again" in one)
    begin = f"jobs of {A}: {RULES[code].cause} [{code}, HTTP {status}]. "
    end = f" See {see}" if see else ""
    pattern = r"Trying again in \d+\.\d seconds \(retry 1 of 8\)\."
    assert re.fullmatch(re.escape(begin) + pattern + re.escape(end), line)


def test_a_run_without_streams_is_not_green() -> None:
    failure = concluded(Report(LOGGER))
    assert failure
    assert "no stream is selected" in failure


def test_a_run_of_which_no_integration_has_a_stream_is_not_green() -> None:
    failure = concluded(Report(LOGGER), "hris_employees")
    assert failure
    assert "no integration has any" in failure


def test_streams_that_nobody_has_are_told(told: list[str]) -> None:
    report = Report(LOGGER)
    report.completed("interviews", A, is_current=True)

    assert concluded(report, "interviews", "hris_employees", "lms_courses") is None
    assert "No integration of this run has: hris_employees, lms_courses." in told


@pytest.mark.parametrize(
    ("happens", "exhaustive"),
    [
        (lambda report: report.completed("jobs", A, is_current=True), True),
        (lambda report: report.completed("jobs", A, is_current=False), False),
        (lambda report: report.broke_off("jobs", B, NO_MODEL), False),
        (lambda report: report.broke_off("jobs", B, REFUSED), False),
        (lambda report: report.broke_off("jobs", B, STOPPED), False),
        (lambda report: report.broke_off("interviews", B, NO_MODEL), True),
    ],
    ids=["complete", "outdated", "skipped", "failed", "stopped", "another stream"],
)
def test_absence_means_deletion_only_if_everything_was_read(
    happens: Callable[[Report], None], *, exhaustive: bool
) -> None:
    report = Report(LOGGER)
    report.completed("jobs", A, is_current=True)
    happens(report)

    assert report.is_exhaustive("jobs") is exhaustive


def test_troubles_are_told_once_each_and_make_no_failure(told: list[str]) -> None:
    report = Report(LOGGER)
    report.completed("jobs", A, is_current=True)
    troubles = {("name", "U+0000 removed"): 2, ("code", "sent as null"): 1}

    assert conclude(report, {"jobs": troubles}, [A], LOGGER) is None
    assert told[:2] == [
        "jobs: code in 1 value(s): sent as null.",
        "jobs: name in 2 value(s): U+0000 removed.",
    ]


def test_progress_counts_what_has_ended() -> None:
    report = Report(LOGGER)
    for stream in ("interviews", "jobs"):
        with report.reading(stream):
            report.wrote(stream, 1_000, 1)
        report.passes += 1

    assert report.progress(5_000).startswith("2 of 5,000 pass(es) done, 2,000 record(s), ")


def test_each_stream_is_counted(kombo: Kombo, told: list[str]) -> None:
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B).disable_model("ats_jobs")
    kombo.emulator.intercept = failing(C, refusal("PLATFORM.INPUT_INVALID", 400))
    kombo.emulator.add_integration(C)
    kombo.emulator.add_integration("personio:hr", "HRIS")
    ats.delete("ats_interviews", ats.records("ats_interviews")[0]["id"])

    with pytest.raises(RunFailedError):
        kombo.run(A, B, C, "personio:hr", streams=("interviews", "jobs"), page_size=50)

    counts = verdict(told)
    assert {name: (one.pop("seconds") >= 0, one) for name, one in counts.items()} == {
        "interviews": (
            True,
            {
                "complete": 2,
                "skipped": 0,
                "failed": 1,
                "not_due": 0,
                "records": 240,
                "tombstones": 1,
                "pages": 6,
                "requests": 7,
                "waited": 0.0,
            },
        ),
        "jobs": (
            True,
            {
                "complete": 2,
                "skipped": 1,
                "failed": 0,
                "not_due": 0,
                "records": 2 * kombo.emulator.size.jobs,
                "tombstones": 0,
                "pages": 2,
                "requests": 2,
                "waited": 0.0,
            },
        ),
    }


def test_integrations_listed_twice_are_read_once_with_a_warning(
    kombo: Kombo, told: list[str]
) -> None:
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, A)

    assert len(sent.records()) == 120
    assert f"{A} is listed 2 times; it is read once." in told


def test_a_shard_reads_its_integrations_only(kombo: Kombo, told: list[str]) -> None:
    ids = [f"greenhouse:{number}" for number in range(6)]
    for one in ids:
        kombo.emulator.add_integration(one)

    first, second = (kombo.run(*ids, shard=shard) for shard in ("1/2", "2/2"))

    read = [{one["integration_id"] for one in sent.records()} for sent in (first, second)]
    assert read[0] | read[1] == set(ids)
    assert not read[0] & read[1]
    assert f"{len(read[0])} of 6 integration(s) belong to shard 1/2." in told


def test_an_empty_shard_is_green_and_says_so(kombo: Kombo, told: list[str]) -> None:
    kombo.emulator.add_integration(A)

    sents = [kombo.run(A, shard=f"{part}/2") for part in (1, 2)]

    assert sorted(len(sent.records()) for sent in sents) == [0, 120]
    assert any(line.startswith("0 of 1 integration(s) belong to shard") for line in told)
    assert not any("was skipped" in line for line in told)


def test_a_shard_never_drops_the_rows_of_another(kombo: Kombo, told: list[str]) -> None:
    ids = [f"greenhouse:{number}" for number in range(6)]
    for one in ids:
        kombo.emulator.add_integration(one)

    sent = kombo.run(*ids, shard="1/2", method="FULL_TABLE", emit_activate_version_messages=True)

    assert sent.records()
    assert "ACTIVATE_VERSION" not in {one["type"] for one in sent.messages}
    assert any("ACTIVATE_VERSION of interviews is not sent" in line for line in told)
