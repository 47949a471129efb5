"""The fault matrix: whatever goes wrong at a page ends as documented, and nothing is lost.

Each fault at each place hits the interviews of an integration of its own, side by side in one run.
Here one fault of each kind is put in every place; `test_faults_side_by_side.py` has each one once.
"""

from __future__ import annotations

import itertools
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Sent, differences, expected, only

from kombo_emulator import Behaviour
from kombo_emulator.faults import CIRCLES, LIMITS, PASSING, REFUSALS
from tap_kombo.api.problems import RETRIED, SKIPPED, Action, KomboError
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterable

    from starlette.responses import Response

    from kombo_emulator.exchange import Received
    from kombo_emulator.faults import Fault

pytestmark = pytest.mark.usefixtures("_no_waiting")

WELL = "greenhouse:well"
STREAMS = ("interviews", "jobs")
PAGE_SIZE, PAGES = 2, 3
FEW = only(interviews=PAGES * PAGE_SIZE, applications=2, candidates=2, jobs=2)
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
    """Puts a fault where an answer with interviews of an integration would be.

    Attributes:
        name: Its name.
        page: Which page it hits first, from 1.
        hits: How many answers it has replaced.
    """

    def __init__(self, name: str, fault: Fault, page: int = 1, times: int = ALWAYS) -> None:
        self.name, self.page = name, page
        self.hits = 0
        self._fault, self._times = fault, times
        self._pages = itertools.count(1)
        self._lock = threading.Lock()

    def __call__(self, asked: Received, right: Response) -> Response:
        with self._lock:
            if self.hits >= self._times or not (self.hits or next(self._pages) >= self.page):
                return right
            self.hits += 1
        return self._fault(asked, right)


class Scene:
    """An integration that is well, and one for each fault.

    Attributes:
        faulty: What hits each integration that is not well; their ids tell of it.
        table: What was sent so far.
        sent: What the last run has sent.
    """

    def __init__(self, kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
        self.kombo, self._caplog = kombo, caplog
        self.faulty: dict[str, Injection] = {}
        self.table: dict[str, dict[str, Any]] = {}
        self.sent = self._before = Sent()

    def hit(self, *injections: Injection, kind: str = "incremental") -> None:
        """Let each hit an integration of its own; an incremental pass follows a good one."""
        self.faulty = {f"{one.name}:{one.page}".replace(" ", "-"): one for one in injections}
        emulator = self.kombo.emulator
        for one in (WELL, *self.faulty):
            emulator.add_integration(one, "ATS", FEW)
        emulator.clock.advance(days=1)
        if kind == "incremental":
            assert self.load(page_size=100) is None
            self._before = self.sent
            emulator.clock.advance(days=1)
            for ats in emulator.integrations.values():
                for record in ats.records("ats_interviews", include_deleted=False):
                    ats.edit("ats_interviews", record["id"], title="Second talk")
        emulator.alter = self._alter

    def _alter(self, asked: Received, right: Response) -> Response:
        injection = self.faulty.get(asked.integration_id or "")
        if injection is None or asked.path != "/ats/interviews":
            return right
        return injection(asked, right)

    def load(self, **settings: Any) -> Exception | None:  # noqa: ANN401
        """Run the tap; what it sends goes into the table, whatever ends the run."""
        settings = {"page_size": PAGE_SIZE, "max_retries": 1} | settings
        ids, state = (WELL, *self.faulty), self.sent.state
        self.sent = self.kombo.attempt(*ids, streams=STREAMS, state=state, **settings)
        self.table |= {record["id"]: record for record in self.sent.records()}
        return self.sent.error

    @property
    def hits(self) -> dict[str, int]:
        return {one: its.hits for one, its in self.faulty.items()}

    @property
    def told(self) -> dict[str, str]:
        """How the interviews of each integration ended, if not well; it is told once."""
        heard = [one.getMessage().split(": ", 2) for one in self._caplog.records]
        ends = [one for one in heard if one[0] in {"Failed", "Skipped"}]
        told = {whose.removeprefix("interviews of "): f"{how}: {why}" for how, whose, why in ends}
        assert len(told) == len(ends)
        return told

    @property
    def ended(self) -> dict[str, str]:
        """What `told` begins with."""
        return {one: line.partition(":")[0] for one, line in self.told.items()}

    @property
    def unmoved(self) -> set[str]:
        """The integrations that have the same bookmark as before; others have a later one."""
        ids = (WELL, *self.faulty)
        before, now = (
            {one: of.bookmark(one) or "" for one in ids} for of in (self._before, self.sent)
        )
        assert all(now[one] >= before[one] for one in ids)
        return {one for one in ids if now[one] == before[one]}

    def assert_complete(self, *integrations: str) -> None:
        """The table holds what Kombo has."""
        rows = {
            key: one for key, one in self.table.items() if one["integration_id"] in integrations
        }
        assert differences(rows, expected(self.kombo, *integrations)) == {}

    def assert_a_clean_run_converges(self) -> None:
        self.kombo.emulator.alter = None
        assert self.load() is None
        self.assert_complete(WELL, *self.faulty)
        assert self.unmoved == set()


@pytest.fixture
def scene(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> Scene:
    return Scene(kombo, caplog)


in_both_kinds_of_passes = pytest.mark.parametrize("kind", ["full", "incremental"])


def in_each_place(names: Iterable[str], times: int = ALWAYS) -> list[Injection]:
    """Put each fault at the first page, at one in the middle, and at the last."""
    places = itertools.product(names, (1, 2, PAGES))
    return [Injection(name, FAULTS[name], page, times) for name, page in places]


@in_both_kinds_of_passes
def test_what_passes_is_waited_out(scene: Scene, kind: str) -> None:
    scene.hit(*in_each_place([LIMIT, *LASTING], times=1), kind=kind)

    assert scene.load(max_retries=2) is None  # a connection that just closed costs one more

    assert scene.hits == dict.fromkeys(scene.faulty, 1)
    assert len(scene.sent.records()) == len(scene.table)
    scene.assert_complete(WELL, *scene.faulty)
    assert scene.unmoved == set()
    assert scene.told == {}


@in_both_kinds_of_passes
def test_what_lasts_fails_the_integration(scene: Scene, kind: str) -> None:
    scene.hit(*in_each_place(LASTING), kind=kind)

    assert isinstance(scene.load(), RunFailedError)

    assert scene.hits == dict.fromkeys(scene.faulty, 2)  # the request and its one retry
    assert scene.ended == dict.fromkeys(scene.faulty, "Failed")
    scene.assert_complete(WELL)
    assert scene.unmoved == set(scene.faulty)
    resumable = {one for one in scene.faulty if scene.sent.remembered(one).get("resume")}
    assert resumable == {one for one, its in scene.faulty.items() if its.page > 1}
    scene.assert_a_clean_run_converges()


@in_both_kinds_of_passes
def test_a_refusal_is_handled_as_documented(scene: Scene, kind: str) -> None:
    tried = [code for code, action in ACTIONS.items() if action is not Action.STOP_RUN]
    scene.hit(*in_each_place(tried), kind=kind)

    assert isinstance(scene.load(), RunFailedError)

    actions = {one: ACTIONS[its.name] for one, its in scene.faulty.items()}
    twice = {one for one, action in actions.items() if action in RETRIED} | {
        one  # maybe the cursor is too old
        for one, its in scene.faulty.items()
        if its.name == "PLATFORM.INPUT_INVALID" and its.page > 1
    }
    assert scene.hits == {one: 1 + (one in twice) for one in scene.faulty}
    assert scene.ended == {
        one: "Skipped" if action in SKIPPED else "Failed" for one, action in actions.items()
    }
    scene.assert_complete(WELL)
    assert scene.unmoved == set(scene.faulty)
    scene.assert_a_clean_run_converges()


@pytest.mark.parametrize(("kind", "page"), [("full", 1), ("incremental", PAGES)])
def test_a_refused_key_ends_the_run_at_any_page(scene: Scene, kind: str, page: int) -> None:
    (code,) = (code for code, action in ACTIONS.items() if action is Action.STOP_RUN)
    scene.hit(Injection(code, FAULTS[code], page), kind=kind)

    error = scene.load()

    assert isinstance(error, KomboError)
    assert code in str(error)
    assert scene.hits == {f"{code}:{page}": 1}
    assert scene.unmoved >= set(scene.faulty)
    scene.assert_a_clean_run_converges()


def test_every_action_is_in_the_matrix() -> None:
    tried_with_faults = {Action.WAIT, Action.RETRY_INTEGRATION}
    assert {*ACTIONS.values(), *tried_with_faults} == set(Action)


def test_a_circle_of_pages_is_an_error_and_no_loop(scene: Scene) -> None:
    scene.hit(*(Injection(name, make()) for name, make in CIRCLES.items()))
    scene.kombo.emulator.clear_requests()

    assert isinstance(scene.load(), RunFailedError)

    asked = Counter(one.integration_id for one in scene.kombo.asked())
    assert {one: count for one, count in asked.items() if count > PAGES} == {}
    assert scene.told.keys() == scene.faulty.keys()
    assert [one for one in scene.told.values() if "Kombo's pages lead back" not in one] == []
    scene.assert_complete(WELL)
    assert scene.unmoved == set(scene.faulty)
    scene.assert_a_clean_run_converges()


def test_next_on_an_empty_page_leads_on(scene: Scene) -> None:
    scene.hit()
    scene.kombo.emulator.behaviour = Behaviour(empty_pages=2)

    assert scene.load() is None

    scene.assert_complete(WELL)
    assert scene.unmoved == set()


def test_a_record_of_20_megabytes_arrives_whole(scene: Scene) -> None:
    scene.hit()
    ats = scene.kombo.emulator.integrations[WELL]
    record_id = ats.records("ats_interviews", include_deleted=False)[0]["id"]
    ats.edit("ats_interviews", record_id, title="long " * 4_000_000)

    assert scene.load() is None

    assert len(scene.table[record_id]["title"]) == 20_000_000
    scene.assert_complete(WELL)


def test_a_broken_key_costs_its_record_and_the_bookmark(
    scene: Scene, caplog: pytest.LogCaptureFixture
) -> None:
    scene.hit(Injection(BROKEN_KEY, PASSING[BROKEN_KEY]))

    assert isinstance(scene.load(), RunFailedError)

    (one,) = scene.faulty
    assert scene.hits == {one: 1}
    assert "interviews: id in 1 value(s): no key, the record is left out." in caplog.text
    assert "records without a key" in scene.told[one]
    assert scene.unmoved == {one}
    assert "resume" not in scene.sent.remembered(one)
    assert not [key for key in scene.table if "\ufffd" in key]
    scene.assert_complete(WELL)
    scene.assert_a_clean_run_converges()


def test_a_failed_integration_is_left_alone(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    """It is named once, and one request tries for all of it."""
    kombo.emulator.add_integration(WELL, "ATS", FEW)
    paths: Counter[str] = Counter()

    def fail(asked: Received, right: Response) -> Response:
        paths[asked.path] += 1
        return right if asked.path == "/check-api-key" else PASSING["503 empty"](asked, right)

    kombo.emulator.alter = fail
    with pytest.raises(RunFailedError):
        kombo.run(WELL, streams=("interviews", "jobs", "offers"), max_retries=2, concurrency=1)

    assert paths.pop("/check-api-key")  # so it is known that it is no outage
    assert paths.pop(f"/integrations/{WELL}") == paths.pop("/ats/interviews") == 3
    assert set(paths.values()) <= {1}
    assert caplog.text.count("Failed: ") == 1
