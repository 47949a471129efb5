"""The fault matrix: whatever goes wrong at a page ends as documented, and nothing is lost.

Each run reads two integrations; faults hit the interviews of the first one.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Sent, expected

from kombo_emulator import Behaviour, Size
from kombo_emulator.faults import CIRCLES, CODES, LIMITS, PASSING, REFUSALS
from tap_kombo.api.problems import RULES, Action, KomboError
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from starlette.responses import Response

    from kombo_emulator.ats import AtsIntegration
    from kombo_emulator.faults import Fault
    from kombo_emulator.received import Received

pytestmark = pytest.mark.usefixtures("_no_waiting")

A, B = "greenhouse:demo", "lever:demo"
STREAMS = ("interviews", "jobs")
PAGE_SIZE = 10
PAGES = 4
ALWAYS = 10**6
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


def test_a_failed_integration_is_left_alone(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    """An outage is not waited out once per model."""
    kombo.emulator.add_integration(A)
    paths: Counter[str] = Counter()

    def fail(asked: Received, right: Response) -> Response:
        paths[asked.path] += 1
        return PASSING["503 empty"](asked, right)

    kombo.emulator.alter = fail
    with pytest.raises(RunFailedError):
        kombo.run(A, streams=("interviews", "jobs", "offers"), max_retries=2, concurrency=1)

    assert paths == {f"/integrations/{A}": 3, "/ats/interviews": 3}
    assert caplog.text.count("Failed: ") == 1
