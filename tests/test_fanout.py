"""Passes side by side, against the emulator over HTTP."""

from __future__ import annotations

import itertools
import json
import logging
import os
import re
import signal
import subprocess
import threading
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import KEY, Kombo, Sent, catalog, differences, expected, only, refusal
from warm import warm_tap

from kombo_emulator import Emulator, serve
from tap_kombo import run
from tap_kombo.api.problems import KomboError
from tap_kombo.api.transport import Transport
from tap_kombo.replication.report import RunFailedError
from tap_kombo.tap import TapKombo
from tap_kombo.writer import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterator

    import requests
    from starlette.responses import Response

    from kombo_emulator.exchange import Received

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
STREAMS = ("interviews", "applications", "candidates", "jobs")


class Meter:
    """Notes how many requests are in flight, and holds each until others have arrived.

    Attributes:
        most: The most requests that were in flight at the same time.
    """

    def __init__(self, waits_for: int) -> None:
        self.most = 0
        self._barrier = threading.Barrier(waits_for, timeout=20) if waits_for > 1 else None
        self._lock = threading.Lock()
        self._now = 0

    def __call__(self, request: Received) -> Response | None:
        with self._lock:
            self._now += 1
            self.most = max(self.most, self._now)
        if self._barrier and "cursor" not in request.params and request.path.startswith("/ats"):
            self._barrier.wait()
        with self._lock:
            self._now -= 1
        return None


def test_so_many_requests_are_in_flight_and_no_more(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", only(interviews=20, applications=9, candidates=9))
    for concurrency in (2, 4):
        kombo.emulator.intercept = meter = Meter(concurrency)  # would time out with less

        kombo.run(A, streams=STREAMS, concurrency=concurrency, page_size=3)

        assert meter.most == concurrency


def test_one_request_at_a_time_goes_model_by_model(kombo: Kombo) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one)
    kombo.emulator.intercept = meter = Meter(1)

    kombo.run(A, B, streams=("interviews", "jobs"), concurrency=1, page_size=50)

    assert meter.most == 1
    asked = [(one.path, one.integration_id) for one in kombo.emulator.requests]
    passes = list(dict.fromkeys(one for one in asked if one[0].startswith("/ats")))
    assert passes == [(f"/ats/{name}", one) for name in ("interviews", "jobs") for one in (A, B)]


def test_a_later_stream_is_written_while_an_earlier_one_waits(kombo: Kombo) -> None:
    """The SDK syncs stream after stream; the pages of all come in the `get_records` of each."""
    kombo.emulator.add_integration(A)
    jobs_came = threading.Event()

    def hold(request: Received) -> None:
        if request.path == "/ats/interviews" and "cursor" in request.params:
            assert jobs_came.wait(20)

    def watch() -> None:
        if sent.messages and sent.messages[-1].get("stream") == "jobs":
            jobs_came.set()

    sent = Sent(before=watch)
    kombo.emulator.intercept = hold
    kombo.run(A, streams=("interviews", "jobs"), page_size=50, sent=sent)

    order = [one["stream"] for one in sent.messages if one["type"] == "RECORD"]
    assert order.index("jobs") < len(order) - 1 - order[::-1].index("interviews")
    assert Counter(order) == {"interviews": 120, "jobs": kombo.emulator.size.jobs}
    schemas = [one["stream"] for one in sent.messages if one["type"] == "SCHEMA"]
    assert sorted(schemas) == ["interviews", "jobs"]
    kinds = [(one["type"], one.get("stream")) for one in sent.messages]
    for stream in schemas:
        assert kinds.index(("SCHEMA", stream)) < kinds.index(("RECORD", stream))


def test_the_same_records_come_with_any_concurrency(kombo: Kombo) -> None:
    size = only(interviews=24, applications=10, candidates=8, jobs=4)
    for one in (A, B, C):
        kombo.emulator.add_integration(one, "ATS", size)
    right = expected(kombo, A, B, C)
    for concurrency in (1, 3, 16):
        sent = kombo.run(A, B, C, streams=STREAMS, concurrency=concurrency, page_size=4)

        assert differences({one["id"]: one for one in sent.records()}, right) == {}, concurrency
        assert Counter(one["stream"] for one in sent.messages if one["type"] == "RECORD") == {
            stream: 3 * vars(size)[stream] for stream in STREAMS
        }, concurrency
        assert all(sent.bookmark(one, stream) for one in (A, B, C) for stream in STREAMS)


def test_at_most_two_pages_per_place_are_held(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A page counts from when it is asked for until its records were written."""
    kombo.emulator.add_integration(A)
    written: Counter[str] = Counter()
    ahead = []

    def note(request: Received) -> None:
        if request.path.startswith("/ats"):
            asked = len([one for one in kombo.emulator.requests if one.path.startswith("/ats")]) + 1
            ahead.append(asked - sum(written.values()) // 10)

    def count() -> None:
        if sent.messages and sent.messages[-1]["type"] == "RECORD":
            written[sent.messages[-1]["stream"]] += 1

    monkeypatch.setattr(run, "PROGRESS_SECONDS", 0.001)
    sent = Sent(before=count)
    kombo.emulator.intercept = note
    kombo.run(A, streams=("interviews", "applications"), concurrency=2, page_size=10, sent=sent)

    assert 1 < max(ahead) <= 2 * 2


def test_progress_is_told(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    kombo.emulator.add_integration(A)
    monkeypatch.setattr(run, "PROGRESS_SECONDS", 0)

    kombo.run(A, streams=STREAMS)

    assert "of 4 pass(es) done, " in caplog.text
    assert "/s, about " in caplog.text
    assert " requests left in Kombo's window" in caplog.text


def test_progress_counts_no_stream_that_an_integration_cannot_have(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """What is not known yet counts until the integration is looked up; bookmarks tell at once."""
    caplog.set_level(logging.INFO)
    monkeypatch.setattr(run, "PROGRESS_SECONDS", 0)
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", only(jobs=1, roles=1))
    kombo.emulator.add_integration("personio:hr", "HRIS")
    ids, streams = (A, B, "personio:hr"), ("integrations", "jobs", "roles", "hris_employees")

    def progress(sent: Sent) -> list[tuple[int, int]]:
        found = re.findall(r"(\d+) of (\d+) pass\(es\) done, ", caplog.text)
        caplog.clear()
        assert sent.error is None or "of 1 integration(s) failed" in str(sent.error)
        return [(int(done), int(total)) for done, total in found]

    first = kombo.attempt(*ids, streams=streams, concurrency=1)
    told = progress(first)
    assert (told[0], {told[-1][1]}) == ((0, 3 * 4), {3 + 2 * 2 + 1})
    assert [one for one in told if one[0] > one[1]] == []

    del kombo.emulator.integrations[B]
    told = progress(kombo.attempt(*ids, streams=streams, concurrency=1, state=first.state))
    assert {total for _, total in told} == {3 + 2 * 2 + 1}
    assert max(done for done, _ in told) in {7, 8}


def test_an_unknown_integration_breaks_nothing_else(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for one in (A, C):
        kombo.emulator.add_integration(one)
    sent = Sent()

    with pytest.raises(RunFailedError, match="of 1 integration"):
        kombo.run(A, B, C, streams=STREAMS, sent=sent)

    assert {one["integration_id"] for one in sent.records()} == {A, C}
    for stream in STREAMS:
        assert sent.bookmark(A, stream)
        assert sent.bookmark(C, stream)
        assert not sent.bookmark(B, stream)
    failed = [one.getMessage() for one in caplog.records if "Failed:" in one.getMessage()]
    assert len(failed) == 1
    assert failed[0].startswith(f"Failed: {B}: Kombo does not know this integration ")


@pytest.mark.usefixtures("_no_waiting")
@pytest.mark.parametrize("path", ["/integrations/", "/ats/"])
@pytest.mark.parametrize(
    ("code", "status", "cause"),
    [
        ("PLATFORM.AUTHENTICATION_INVALID", 401, "Kombo does not accept the API key"),
        ("PLATFORM.IP_NOT_WHITELISTED", 403, "The API key may not be used from this network"),
    ],
)
def test_what_stops_the_run_is_told_of_no_stream(
    kombo: Kombo, path: str, code: str, status: int, cause: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    for one in (A, B, C):
        kombo.emulator.add_integration(one)
    kombo.emulator.intercept = lambda asked: refusal(code, status) if path in asked.path else None

    error = kombo.attempt(A, B, C, streams=STREAMS).error

    assert str(error).startswith(cause)
    assert not [one for one in (A, B, C, *STREAMS) if one in str(error)]
    assert f'"stopped_by":"{code}"' in caplog.text


def test_a_wrong_key_stops_the_run_at_once(kombo: Kombo) -> None:
    for one in (A, B, C):
        kombo.emulator.add_integration(one)
    kombo.emulator.api_key = "another"

    with pytest.raises(KomboError, match="AUTHENTICATION_INVALID"):
        kombo.run(A, B, C, streams=STREAMS, concurrency=2)

    assert len(kombo.emulator.requests) <= 3


@pytest.mark.usefixtures("_no_waiting")
def test_a_limit_makes_a_run_slower_but_not_fail(kombo: Kombo) -> None:
    """As many refusals as there are requests do not count as retries."""
    kombo.emulator.add_integration(A)
    left = Counter({"refusals": 20})
    lock = threading.Lock()

    def refuse(_: Received) -> Response | None:
        with lock:
            left["refusals"] -= 1
            if left["refusals"] < 0:
                return None
        answer = refusal("PLATFORM.RATE_LIMIT_EXCEEDED", 429)
        answer.headers["retry-after"] = "0"
        return answer

    kombo.emulator.intercept = refuse
    sent = kombo.run(A, max_retries=0)

    assert len(sent.records()) == 120


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_a_signal_ends_the_run_and_leaves_the_state(
    number: signal.Signals, code: int, tmp_path: Path
) -> None:
    emulator = Emulator(now="2026-11-23T10:00:00Z")
    emulator.add_integration(A, "ATS", only(interviews=30))
    stuck, end = threading.Event(), threading.Event()
    pages = itertools.count(1)

    def hold(request: Received) -> None:
        if request.path == "/ats/interviews" and next(pages) == 8:  # jobs are long done
            stuck.set()
            end.wait(60)

    emulator.intercept = hold
    (tmp_path / "catalog.json").write_text(json.dumps(catalog("interviews", "jobs")))
    with (
        serve(emulator) as url,
        (tmp_path / "output").open("w") as output,
        (tmp_path / "log").open("w") as log,
    ):
        config = {"api_key": KEY, "integration_ids": [A], "api_url": url, "page_size": 3}
        (tmp_path / "config.json").write_text(json.dumps(config))
        command = [*warm_tap(), "--config", "config.json"]
        process = subprocess.Popen(
            [*command, "--catalog", "catalog.json"],
            cwd=tmp_path,
            env=os.environ | {"PYTHONPATH": str(Path.cwd())},
            stdout=output,
            stderr=log,
        )
        try:
            assert stuck.wait(30)
            process.send_signal(number)
            process.wait(timeout=30)
        finally:
            process.kill()
            end.set()

    told = (tmp_path / "log").read_text()
    assert process.returncode == code, told
    assert "Traceback" not in told
    assert told.count("VERDICT: ") == 1
    last = json.loads((tmp_path / "output").read_bytes().splitlines()[-1])
    assert last["type"] == "STATE"
    jobs, interviews = (
        last["value"]["bookmarks"][name]["partitions"][0] for name in ("jobs", "interviews")
    )
    assert jobs["replication_key_value"]
    assert interviews["resume"]["cursor"]


def test_all_integrations_skipped_is_green_with_a_warning(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one).details.setup_status = "INCOMPLETE"

    sent = kombo.run(A, B)

    assert not sent.records()
    assert "Nothing was read: every integration was skipped." in caplog.text


def test_discovery_needs_no_workers() -> None:
    threads = threading.enumerate()
    tap = TapKombo(config={}, validate_config=False, setup_mapper=False)
    assert len(tap.catalog_dict["streams"]) == 42
    assert "run" not in vars(tap)
    assert {*threading.enumerate()} <= {*threads}


def test_all_is_written_by_the_main_thread_and_all_is_asked_by_others(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    kombo.emulator.add_integration(A)
    writers, askers = set(), set()
    send = Transport.send

    def note(
        transport: Transport, request: requests.PreparedRequest, seconds: float
    ) -> requests.Response:
        askers.add(threading.current_thread())
        return send(transport, request, seconds)

    monkeypatch.setattr(Transport, "send", note)
    kombo.run(
        A,
        streams=STREAMS,
        concurrency=2,
        page_size=20,
        sent=Sent(before=lambda: writers.add(threading.current_thread())),
    )

    assert writers == {threading.main_thread()}
    assert 0 < len(askers - writers) == len(askers) <= 2


def test_a_loader_that_dies_at_any_message_ends_the_run_in_the_one_way(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.INFO)
    kombo.emulator.add_integration(A, "ATS", only(jobs=3, roles=2))
    told = []
    for alive_for in itertools.count():
        caplog.clear()
        count = itertools.count()

        def write(alive_for: int = alive_for, count: Iterator[int] = count) -> None:
            if next(count) >= alive_for:
                msg = "Standard output cannot be written"
                raise OutputError(msg)

        error = kombo.attempt(A, streams=("jobs", "roles"), sent=Sent(before=write)).error
        told.append(caplog.text.count("VERDICT: "))
        if error is None:
            break
        assert isinstance(error, OutputError)

    assert len(told) > 8  # two SCHEMAs, five RECORDs, STATEs
    assert told == [1] * len(told)
