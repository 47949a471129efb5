"""The fault matrix: whatever goes wrong at a page ends as documented, and nothing is lost.

Each run reads two integrations; faults hit the interviews of the first one. Here one fault of each
kind is put in every place; `test_faults_side_by_side.py` has each fault once.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Sent, expected

from kombo_emulator import Behaviour, Emulator, Size, serve
from kombo_emulator.faults import CIRCLES, LIMITS, PASSING, REFUSALS
from tap_kombo.api.problems import Action, KomboError
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from starlette.responses import Response

    from kombo_emulator.ats import AtsIntegration
    from kombo_emulator.exchange import Received
    from kombo_emulator.faults import Fault

pytestmark = pytest.mark.usefixtures("_no_waiting")

NOW = "2026-11-23T10:00:00Z"
A, B = "greenhouse:demo", "lever:demo"
STREAMS = ("interviews", "jobs")
PAGE_SIZE = 10
PAGES = 4
ALWAYS = 10**6
BROKEN_KEY = "invalid UTF-8"

FAULTS = {**LIMITS, **PASSING, **REFUSALS}
LIMIT = "429 without a hint"
LASTING = ("503 empty", "reset in the body", "200 empty")
"""What the server, the connection and an answer that is not Kombo's can do."""

ACTIONS = {
    "INTEGRATION.MODEL_DISABLED": Action.SKIP_MODEL,
    "INTEGRATION.INACTIVE": Action.SKIP_INTEGRATION,
    "REMOTE.UNKNOWN_HTTP_ERROR": Action.FAIL_MODEL,
    "PLATFORM.INPUT_INVALID": Action.FAIL_MODEL,
    "PLATFORM.INTEGRATION_NOT_FOUND": Action.FAIL_INTEGRATION,
    "REMOTE.SERVICE_UNAVAILABLE": Action.RETRY,
    "PLATFORM.AUTHENTICATION_INVALID": Action.STOP_RUN,
}
"""A refusal for each action, and one that may mean the cursor."""


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
    """Two integrations, both of them loaded before if the faulty pass is to be incremental."""

    def __init__(self, kombo: Kombo, caplog: pytest.LogCaptureFixture, loaded: Sent | None) -> None:
        self.kombo, self.caplog = kombo, caplog
        self.ats = populate(kombo.emulator)
        self.table = {record["id"]: record for record in loaded.records()} if loaded else {}
        self.state = loaded.state if loaded else {}
        if loaded:
            kombo.emulator.clock.advance(days=1)
            for one in self.ats:
                edit_all(one)
        self.bookmark = loaded.bookmark(A) if loaded else None

    def load(self, **settings: Any) -> Exception | None:  # noqa: ANN401
        """Run the tap; what it sends goes into the table, whatever ends the run."""
        caught: Exception | None = None
        sent = Sent()
        settings = {"page_size": PAGE_SIZE, "max_retries": 1} | settings
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


def populate(emulator: Emulator) -> list[AtsIntegration]:
    size = Size(interviews=PAGES * PAGE_SIZE, applications=30, candidates=30)
    ats = [emulator.add_integration(one, "ATS", size) for one in (A, B)]
    emulator.clock.advance(days=1)
    return ats


def edit_all(ats: AtsIntegration) -> None:
    for record in ats.records("ats_interviews", include_deleted=False):
        ats.edit("ats_interviews", record["id"], title="Second talk")


@pytest.fixture(scope="module")
def loaded() -> Iterator[Sent]:
    """What a first run sends; the emulator's data is the same for each test."""
    emulator = Emulator(now=NOW)
    populate(emulator)
    with serve(emulator) as url:
        yield Kombo(emulator, url).run(A, B, streams=STREAMS)


@pytest.fixture
def scene(
    request: pytest.FixtureRequest, kombo: Kombo, caplog: pytest.LogCaptureFixture, loaded: Sent
) -> Scene:
    kind = getattr(request, "param", "incremental")
    return Scene(kombo, caplog, loaded if kind == "incremental" else None)


PLACES = [("full", 1), ("incremental", 2), ("incremental", PAGES)]
"""Kinds of passes, and pages of them."""
EVERYWHERE = list(itertools.product(("full", "incremental"), (1, 2, PAGES)))


def placed(names: Iterable[str], thorough: str) -> pytest.MarkDecorator:
    """Put each fault in three places, and one of them in all places."""
    return pytest.mark.parametrize(
        ("scene", "name", "page"),
        [
            (kind, name, page)
            for name in names
            for kind, page in (EVERYWHERE if name == thorough else PLACES)
        ],
        indirect=["scene"],
    )


@placed([LIMIT, *LASTING], thorough=LASTING[0])
def test_what_passes_is_waited_out(scene: Scene, name: str, page: int) -> None:
    scene.kombo.emulator.alter = injected = Injection(FAULTS[name], page, 1)

    assert scene.load(max_retries=2) is None  # a connection that just closed costs one more

    assert injected.hits == 1
    assert len(scene.sent.records()) == len(scene.table)
    scene.assert_complete(A, B)
    assert scene.failures == []


@placed(LASTING, thorough=LASTING[0])
def test_what_lasts_fails_the_integration(scene: Scene, name: str, page: int) -> None:
    scene.kombo.emulator.alter = injected = Injection(FAULTS[name], page, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    assert injected.hits == 2  # the request and its one retry
    assert [f"interviews of {A}: " in one for one in scene.failures] == [True]
    scene.assert_complete(B)
    assert scene.sent.bookmark(A) == scene.bookmark
    assert bool(scene.sent.remembered(A).get("resume")) is (page > 1)
    scene.assert_a_clean_run_converges()


@placed(ACTIONS, thorough="PLATFORM.INPUT_INVALID")
def test_a_refusal_is_handled_as_documented(scene: Scene, name: str, page: int) -> None:
    action = ACTIONS[name]
    scene.kombo.emulator.alter = injected = Injection(FAULTS[name], page, ALWAYS)

    error = scene.load()

    retried = action is Action.RETRY
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


def test_every_action_is_in_the_matrix() -> None:
    tried_with_faults = {Action.WAIT, Action.RETRY_INTEGRATION}
    assert {*ACTIONS.values(), *tried_with_faults} == set(Action)


@pytest.mark.parametrize("name", CIRCLES)
def test_a_circle_of_pages_is_an_error_and_no_loop(scene: Scene, name: str) -> None:
    scene.kombo.emulator.alter = Injection(CIRCLES[name](), 1, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    asked = [one for one in scene.kombo.asked() if one.integration_id == A and not one.records]
    assert len(asked) <= PAGES
    assert ["Kombo's pages lead back" in one for one in scene.failures] == [True]
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

    assert scene.load() is None

    assert len(scene.table[record_id]["title"]) == 20_000_000
    scene.assert_complete(A, B)


def test_a_broken_key_costs_its_record_and_the_bookmark(scene: Scene) -> None:
    scene.kombo.emulator.alter = injected = Injection(PASSING[BROKEN_KEY], 1, ALWAYS)

    assert isinstance(scene.load(), RunFailedError)

    assert injected.hits == 1
    assert "interviews: id in 1 value(s): no key, the record is left out." in scene.caplog.text
    assert ["records without a key" in one for one in scene.failures] == [True]
    assert scene.sent.bookmark(A) == scene.bookmark
    assert "resume" not in scene.sent.remembered(A)
    assert not [key for key in scene.table if "\ufffd" in key]
    scene.assert_complete(B)
    scene.assert_a_clean_run_converges()


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
