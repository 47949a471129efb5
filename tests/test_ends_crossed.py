"""Each end of a run at each moment: nothing was read, a page was, or a state waits to be told."""

from __future__ import annotations

import signal
from collections import Counter
from typing import TYPE_CHECKING

import pytest
from processes import HELD, A, Ended, Scene, opened
from support import only, refusal

from kombo_emulator import Size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.responses import Response

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(150)

NOTHING, RECORDS, STATE = MOMENTS = ("nothing", "records", "state")
PAGES_BEFORE = {NOTHING: 0, RECORDS: 1, STATE: 2}
"""How many pages, of four interviews each, are written before the end comes; jobs come then."""

INTERVIEWS = {NOTHING: 0, RECORDS: 4, STATE: 8}
EMPTY = "empty:demo"

BUG = """
from itertools import count
from tap_kombo.records import Fitter
calls, fit = count(), Fitter.fit
def fails(fitter, page, integration_id):
    if next(calls) == {}:
        raise RuntimeError(str(page.records))
    return fit(fitter, page, integration_id)
Fitter.fit = fails
"""
"""What is written before the tap begins; its text holds names of people."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path) as scene:
        yield scene


def is_due(asked: Received, moment: str) -> bool:
    """Whether a request is the one at which the run is to end."""
    if moment == STATE:
        return asked.path == "/ats/jobs"
    return asked.path == "/ats/interviews" and ("cursor" in asked.params) is (moment == RECORDS)


def run(scene: Scene, moment: str, **more: object) -> Ended:
    return scene.run(page_size=4, concurrency=1, unbuffered=moment == RECORDS, **more)


def assert_told(ended: Ended, moment: str, *, jobs: bool) -> None:
    """What is complete or under way is in the output and in the state, and nothing else is."""
    assert ended.log.count("VERDICT: ") == 1, moment
    written = Counter({"interviews": INTERVIEWS[moment], "jobs": 3 if jobs else 0})
    assert ended.written == +written, moment
    last = ended.messages[-1]
    assert last["type"] == "STATE"
    found = last["value"]["bookmarks"].get("interviews", {}).get("partitions", [])
    kept = {name for one in found for name in one if name in {"resume", "replication_key_value"}}
    assert (
        kept
        == {
            NOTHING: set(),
            RECORDS: {"resume"},
            STATE: {"replication_key_value"},
        }[moment]
    )
    assert (("jobs", A) in ended.bookmarks) is jobs, moment


@pytest.mark.parametrize(
    ("code", "status", "goes_on"),
    [("REMOTE.INPUT_INVALID", 400, True), ("PLATFORM.AUTHENTICATION_INVALID", 401, False)],
    ids=["a failure", "a refused key"],
)
def test_a_refusal(scene: Scene, code: str, status: int, *, goes_on: bool) -> None:
    for moment in MOMENTS:

        def refuse(asked: Received, moment: str = moment) -> Response | None:
            return refusal(code, status) if is_due(asked, moment) else None

        scene.emulator.intercept = refuse

        ended = run(scene, moment)

        assert ended.code == 1, moment
        assert code in ended.log, moment
        assert ended.verdict["stopped_by"] == (None if goes_on else code), moment
        assert_told(ended, moment, jobs=goes_on and moment != STATE)


def test_a_bug(scene: Scene) -> None:
    """It costs its pass, and says where it is, but not what it says."""
    for moment in MOMENTS:
        ended = run(scene, moment, before=BUG.format(PAGES_BEFORE[moment]))

        assert ended.code == 1, moment
        failed, _ = ended.errors
        assert "RuntimeError at" in failed, moment
        assert ended.verdict["stopped_by"] is None, moment
        assert_told(ended, moment, jobs=moment != STATE)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_signal(scene: Scene, moment: str) -> None:
    scene.hold(lambda asked: is_due(asked, moment))
    process = scene.start(page_size=4, concurrency=1, unbuffered=moment == RECORDS)
    assert scene.stuck.wait(HELD)
    process.send_signal(signal.SIGTERM)

    ended = scene.wait(process)

    assert ended.code == 143
    assert ended.verdict["stopped_by"] == "interrupted"
    assert_told(ended, moment, jobs=False)


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dead_loader(scene: Scene, moment: str) -> None:
    """Nobody reads the state any more, but whoever reads the log is told."""
    scene.hold(lambda asked: is_due(asked, moment))
    process = scene.start(page_size=4, concurrency=1, unbuffered=moment == RECORDS)
    assert scene.stuck.wait(HELD)
    assert process.stdout
    process.stdout.close()
    scene.end.set()

    ended = scene.wait(process, HELD)

    assert ended.code == 1
    assert ended.verdict["stopped_by"] == "output"
    (line,) = ended.errors
    assert "the loader has ended" in line


@pytest.mark.parametrize("moment", MOMENTS)
def test_success(scene: Scene, moment: str) -> None:
    """With nothing to read, with records, and with a state that is as it was."""
    scene.emulator.add_integration(EMPTY, "ATS", Size.empty())
    ids = (EMPTY,) if moment == NOTHING else (A,)

    ended = run(scene, moment, ids=ids)

    assert ended.code == 0
    assert ended.bookmarks == {(stream, ids[0]) for stream in ("interviews", "jobs")}
    assert bool(ended.written) is (moment != NOTHING)
    assert ended.verdict["stopped_by"] is None
    if moment == STATE:
        ats, state = scene.emulator.integrations[A], ended.messages[-1]["value"]
        ats.edit("ats_interviews", ats.records("ats_interviews")[0]["id"], title="Changed")
        assert run(scene, moment, ids=ids, state=state).written == {"interviews": 1}


def test_the_row_of_the_pass_that_ends_the_run_is_written(scene: Scene) -> None:
    """No state follows it, as nothing has changed since the last one."""
    many = "many:demo"
    scene.emulator.add_integration(many, "ATS", only(interviews=100, applications=4, candidates=4))

    def refuse(asked: Received) -> Response | None:
        code, of_interviews = "PLATFORM.AUTHENTICATION_INVALID", asked.path == "/ats/interviews"
        is_due = of_interviews and asked.integration_id == A
        return refusal(code, 401) if is_due else None

    scene.emulator.intercept = refuse
    ended = scene.run(ids=(many, A), streams=("interviews", "passes"), concurrency=1)

    assert ended.code == 1
    kinds = [(one["type"], one.get("stream")) for one in ended.messages]
    assert kinds[-3:] == [("RECORD", "passes"), ("STATE", None), ("RECORD", "passes")]
    assert ended.messages[-1]["record"]["outcome"] == "failed"
