"""The fault matrix: whatever goes wrong at a page ends as documented, and nothing is lost.

Each run reads two integrations; faults hit the interviews of the first one.
"""

from __future__ import annotations

import itertools
import json
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response
from support import Kombo, Sent, expected

from kombo_emulator import Behaviour, Size
from kombo_emulator.faults import CIRCLES, CODES, LIMITS, REFUSALS
from kombo_emulator.faults import PASSING as MALFORMED
from tap_kombo.api.problems import OUTAGE, RULES, Action, KomboError
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from kombo_emulator.ats import AtsIntegration
    from kombo_emulator.faults import Fault
    from kombo_emulator.received import Received

pytestmark = pytest.mark.usefixtures("_no_waiting")

A, B = "greenhouse:demo", "lever:demo"
STREAMS = ("interviews", "jobs")
PAGE_SIZE = 10
PAGES = 4
ALWAYS = 10**6
BROKEN_KEY = "invalid UTF-8"
PASSING = {name: fault for name, fault in MALFORMED.items() if name != BROKEN_KEY}
"""Asking again may help; one record of a page that has a broken key costs itself only."""

UNREADABLE = (
    "200 empty",
    "200 as HTML",
    "NaN",
    "nested too deeply",
    "an error with status 200",
    "no data",
    "results that are an object",
    "results of texts",
    "next that is a number",
)
"""Those of them that are an answer, but not one that Kombo documents."""

ACTIONS = {
    **{
        name: RULES[code].action
        for name in REFUSALS
        if (code := name.removesuffix(" with 503")) in RULES
    },
    "ATS.JOB_CLOSED": Action.FAIL_MODEL,
    "PLATFORM.NEVER_HEARD_OF": Action.FAIL_MODEL,
    "PERMISSION_MISSING with status 200": Action.SKIP_MODEL,
    "409 without a code": Action.FAIL_MODEL,
    "403 without a code": Action.FAIL_MODEL,
    "404 as HTML": Action.FAIL_MODEL,
    "302 to another host": Action.FAIL_INTEGRATION,
}
"""What is documented for each refusal."""


class Injection:
    """Puts a fault where an answer of the first integration's interviews would be.

    Attributes:
        page: Which page it hits first, from 1.
        times: How many answers it replaces from there on.
    """

    def __init__(self, fault: Fault, page: int, times: int) -> None:
        self.page, self.times = page, times
        self.hits = 0
        self._fault = fault
        self._pages = itertools.count(1)
        self._lock = threading.Lock()

    def __call__(self, asked: Received, right: Response) -> Response:
        if asked.path != "/ats/interviews" or asked.integration_id != A:
            return right
        with self._lock:
            if self.hits < self.times and (self.hits or next(self._pages) >= self.page):
                self.hits += 1
                return self._fault(asked, right)
        return right


class Scene:
    """Two integrations, one clean run over them if the faulty pass is to be incremental."""

    def __init__(
        self, kombo: Kombo, caplog: pytest.LogCaptureFixture, *, incremental: bool
    ) -> None:
        self.kombo, self.caplog = kombo, caplog
        size = Size(interviews=PAGES * PAGE_SIZE, applications=30, candidates=30)
        self.ats = [kombo.emulator.add_integration(one, "ATS", size) for one in (A, B)]
        self.table: dict[str, Any] = {}
        self.state: dict[str, Any] = {}
        kombo.emulator.clock.advance(days=1)
        if incremental:
            self.load()
            kombo.emulator.clock.advance(days=1)
            for one in self.ats:
                edit_all(one)
        self.bookmark = Sent([{"type": "STATE", "value": self.state}]).bookmark(A)
        caplog.clear()

    def load(self, **settings: Any) -> Exception | None:  # noqa: ANN401
        """Run the tap; what it sends goes into the table, whatever ends the run."""
        caught: Exception | None = None
        sent = Sent()
        settings = {
            "page_size": PAGE_SIZE,
            "max_retries": 1,
            "request_timeout_seconds": 1,
        } | settings
        try:
            self.kombo.run(A, B, streams=STREAMS, state=self.state, sent=sent, **settings)
        except (KomboError, RunFailedError) as error:
            caught = error
        self.table |= {record["id"]: record for record in sent.records()}
        self.state = sent.state or self.state
        self.sent = sent
        return caught

    @property
    def failures(self) -> list[str]:
        messages = [one.getMessage() for one in self.caplog.records]
        return [one for one in messages if one.startswith(("Failed: ", "Skipped: "))]

    def assert_complete(self, *integrations: str) -> None:
        """The table holds what Kombo has, and the bookmarks have moved."""
        for one in integrations:
            ours = {key: row for key, row in self.table.items() if row["integration_id"] == one}
            assert ours == expected(self.kombo, one)
            assert (self.sent.bookmark(one) or "") > (self.bookmark or "")

    def assert_a_clean_run_converges(self) -> None:
        self.kombo.emulator.alter = None
        assert self.load() is None
        self.assert_complete(A, B)


def edit_all(ats: AtsIntegration) -> None:
    for record in ats.records("ats_interviews", include_deleted=False):
        ats.edit("ats_interviews", record["id"], title="Second talk")


@pytest.fixture(params=["full", "incremental"])
def scene(request: pytest.FixtureRequest, kombo: Kombo, caplog: pytest.LogCaptureFixture) -> Scene:
    return Scene(kombo, caplog, incremental=request.param == "incremental")


@pytest.mark.parametrize("page", [1, 2, PAGES])
@pytest.mark.parametrize("name", [*LIMITS, *PASSING])
def test_what_passes_is_waited_out(scene: Scene, name: str, page: int) -> None:
    fault = {**LIMITS, **PASSING}[name]
    scene.kombo.emulator.alter = injected = Injection(fault, page, 1)

    assert scene.load(max_retries=2) is None  # a connection that just closed costs one more

    assert injected.hits == 1
    assert len(scene.sent.records()) == len(scene.table)
    scene.assert_complete(A, B)
    assert scene.failures == []


@pytest.mark.parametrize("name", LIMITS)
def test_a_limit_is_never_a_failure(scene: Scene, name: str) -> None:
    scene.kombo.emulator.alter = injected = Injection(LIMITS[name], 2, 20)

    assert scene.load(max_retries=0) is None

    assert injected.hits == 20
    scene.assert_complete(A, B)


@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize("name", PASSING)
def test_what_lasts_fails_the_integration(scene: Scene, name: str, page: int) -> None:
    scene.kombo.emulator.alter = injected = Injection(PASSING[name], page, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    assert injected.hits == 2  # the request and its one retry
    assert [f"interviews of {A}: " in one for one in scene.failures] == [True]
    scene.assert_complete(B)
    assert scene.sent.bookmark(A) == scene.bookmark
    assert bool(scene.sent.remembered(A).get("resume")) is (page > 1)
    scene.assert_a_clean_run_converges()


@pytest.mark.parametrize("page", [1, 3])
@pytest.mark.parametrize("name", REFUSALS)
def test_a_refusal_is_handled_as_documented(scene: Scene, name: str, page: int) -> None:
    action = ACTIONS[name]
    scene.kombo.emulator.alter = injected = Injection(REFUSALS[name], page, ALWAYS)

    error = scene.load()

    retried = action in {Action.RETRY, Action.RETRY_INTEGRATION}
    restarted = name == "PLATFORM.INPUT_INVALID" and page > 1  # maybe the cursor is too old
    assert injected.hits == 1 + (retried or restarted)
    assert scene.sent.bookmark(A) == scene.bookmark
    if action is Action.STOP_RUN:
        assert isinstance(error, KomboError)
        assert name in str(error)
    else:
        skips = action in {Action.SKIP_MODEL, Action.SKIP_INTEGRATION}
        assert (error is None) is skips
        (told,) = scene.failures
        assert told.startswith(f"{'Skipped' if skips else 'Failed'}: interviews of {A}: ")
        scene.assert_complete(B)
    scene.assert_a_clean_run_converges()


def test_every_code_of_the_table_is_in_the_matrix() -> None:
    limits = {"PLATFORM.RATE_LIMIT_EXCEEDED", "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED"}
    assert set(RULES) - limits <= set(CODES)
    assert set(ACTIONS) == set(REFUSALS)


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_of_pages_is_an_error_and_no_loop(scene: Scene, name: str) -> None:
    scene.kombo.emulator.alter = Injection(CIRCLES[name](), 1, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    asked = [one for one in scene.kombo.asked() if one.integration_id == A and not one.records]
    assert len(asked) <= PAGES
    assert ["the pages lead back" in one for one in scene.failures] == [True]
    scene.assert_complete(B)
    assert scene.sent.bookmark(A) == scene.bookmark
    scene.assert_a_clean_run_converges()


def test_next_on_an_empty_page_leads_on(scene: Scene) -> None:
    scene.kombo.emulator.behaviour = Behaviour(empty_pages=2)

    assert scene.load() is None

    scene.assert_complete(A, B)


def test_a_record_of_20_megabytes_arrives_whole(scene: Scene) -> None:
    ats = scene.ats[0]
    record_id = ats.records("ats_interviews", include_deleted=False)[0]["id"]
    ats.edit("ats_interviews", record_id, title="long " * 4_000_000)

    assert scene.load(request_timeout_seconds=60) is None

    assert len(scene.table[record_id]["title"]) == 20_000_000
    scene.assert_complete(A, B)


def test_a_broken_key_costs_its_record_and_the_bookmark(scene: Scene) -> None:
    scene.kombo.emulator.alter = injected = Injection(MALFORMED[BROKEN_KEY], 1, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    assert injected.hits == 1
    assert "interviews: id in 1 value(s): no key, the record is left out." in scene.caplog.text
    assert ["records without a key" in one for one in scene.failures] == [True]
    assert scene.sent.bookmark(A) == scene.bookmark
    assert "resume" not in scene.sent.remembered(A)
    assert not [key for key in scene.table if "\ufffd" in key]
    scene.assert_complete(B)
    scene.assert_a_clean_run_converges()


@pytest.mark.parametrize("name", UNREADABLE)
def test_an_unreadable_list_fails_its_model_and_no_other(kombo: Kombo, name: str) -> None:
    kombo.emulator.add_integration(A)
    kombo.emulator.alter = Injection(PASSING[name], 1, ALWAYS)
    sent = Sent()

    with pytest.raises(RunFailedError):
        kombo.run(A, streams=STREAMS, max_retries=0, concurrency=1, sent=sent)

    assert not sent.bookmark(A)
    assert sent.bookmark(A, "jobs")


def test_a_failed_integration_is_left_alone(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    """It is named once, and one request tries for all of it."""
    kombo.emulator.add_integration(A)
    paths: Counter[str] = Counter()

    def fail(asked: Received, right: Response) -> Response:
        paths[asked.path] += 1
        return right if asked.path == "/check-api-key" else PASSING["503 empty"](asked, right)

    kombo.emulator.alter = fail
    with pytest.raises(RunFailedError):
        kombo.run(A, streams=("interviews", "jobs", "offers"), max_retries=2, concurrency=1)

    assert paths.pop("/check-api-key")  # so it is known that it is no outage
    assert paths.pop(f"/integrations/{A}") == paths.pop("/ats/interviews") == 3
    assert set(paths.values()) <= {1}
    assert caplog.text.count("Failed: ") == 1


@pytest.mark.parametrize("name", ["503 without a code", "503 empty", "200 as HTML"])
def test_an_outage_ends_the_run_once_for_all(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    ids = [f"tool:{number}" for number in range(20)]
    for one in ids:
        kombo.emulator.add_integration(one)
    good = kombo.run(*ids, streams=STREAMS)
    kombo.emulator.clock.advance(days=1)
    kombo.emulator.clear_requests()
    kombo.emulator.alter = MALFORMED[name]
    caplog.clear()

    sent = kombo.attempt(*ids, streams=STREAMS, state=good.state, max_retries=2, concurrency=4)

    assert isinstance(sent.error, KomboError)
    assert sent.error.problem.rule is OUTAGE
    assert len(str(sent.error).splitlines()) == 1
    assert len(kombo.asked("/check-api-key")) == 3
    assert len(kombo.emulator.requests) <= 4 + 3
    assert "Failed: " not in caplog.text
    assert sent.records() == []
    for one in ids:
        for stream in STREAMS:
            assert sent.remembered(one, stream) == good.remembered(one, stream)
            assert sent.bookmark(one, stream)


@pytest.mark.parametrize("levels", [65, 600, 2000, 100_000])
def test_a_value_nested_too_deeply_costs_no_more_than_itself(
    levels: int, kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration(A)
    altered: dict[str, str] = {}
    inner = b'{"a":' * levels + b'"\\u0000"' + b"}" * levels

    def nest(asked: Received, right: Response) -> Response:
        column = {"/ats/interviews": "remote_data", "/ats/jobs": "custom_fields"}.get(asked.path)
        if column is None:
            return right
        answer = json.loads(bytes(right.body))
        answer["data"]["results"][0][column] = "here"
        altered[asked.path] = answer["data"]["results"][0]["id"]
        body = json.dumps(answer).encode().replace(b'"here"', inner)
        return Response(body, right.status_code, media_type="application/json")

    kombo.emulator.alter = nest
    sent = kombo.run(A, streams=("interviews", "jobs"))

    assert {record["id"]: record for record in sent.records()} == expected(kombo, A)
    job = next(one for one in sent.records("jobs") if one["id"] == altered["/ats/jobs"])
    assert job["custom_fields"] is None
    assert job["name"]
    for path in ("interviews: remote_data", "jobs: custom_fields"):
        told = f"{path} in 1 value(s): nested more than 64 levels deep, sent as null."
        assert told in caplog.text
    assert sent.bookmark(A)
    assert sent.bookmark(A, "jobs")


@pytest.mark.parametrize("broken", [b"Anna \xff", b"Anna \\ud83d", b"Anna \\udc00"], ids=repr)
def test_a_broken_text_costs_no_more_than_what_is_broken(
    broken: bytes, kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """JavaScript writes such halves when it cuts a text within an emoji."""
    ats = kombo.emulator.add_integration(A)
    (one, *_) = ats.records("ats_interviews")
    ats.edit("ats_interviews", one["id"], title="to be broken")

    def break_it(_: Received, right: Response) -> Response:
        body = bytes(right.body).replace(b"to be broken", broken)
        return Response(body, right.status_code, media_type="application/json")

    kombo.emulator.alter = break_it
    sent = kombo.run(A)

    records = {record["id"]: record for record in sent.records()}
    assert records.pop(one["id"])["title"] == "Anna \ufffd"
    assert records == {k: v for k, v in expected(kombo, A).items() if k != one["id"]}
    assert "interviews: title in 1 value(s): broken text, U+FFFD in its place." in caplog.text
    assert sent.bookmark(A)
