"""The end of a run, as processes: one way out, whatever a worker, a loader or the server does.

`test_ends_crossed.py` has each end at each moment.
"""

from __future__ import annotations

import itertools
import os
import signal
from typing import TYPE_CHECKING, Any

import pytest
from processes import ENDS_WITHIN, HELD, A, B, C, Scene, opened
from starlette.responses import PlainTextResponse, Response
from support import refusal

from kombo_emulator import Size

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(150)

SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
BOTH = [(*SIGNALS[0], True), (*SIGNALS[1], False)]
"""Each signal once, and each way of standard output: unbuffered or not."""


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path) as scene:
        yield scene


def is_list(asked: Received, name: str, integration_id: str) -> bool:
    return asked.path == f"/ats/{name}" and asked.integration_id == integration_id


# --- 5.1: what is counted is written, and the state comes after it


@pytest.mark.parametrize(("fails", "unbuffered"), [(False, True), (False, False), (True, False)])
def test_what_is_counted_is_written_though_the_state_has_not_changed(
    scene: Scene, *, fails: bool, unbuffered: bool
) -> None:
    """The server's clock tells whole seconds: two runs may begin within the same one."""
    some: dict[str, Any] = {"ids": (A, B), "streams": ("interviews",), "unbuffered": unbuffered}
    first = scene.run(**some)
    ats = scene.emulator.integrations[A]
    edited = ats.records("ats_interviews")[0]["id"]
    ats.edit("ats_interviews", edited, title="Changed")
    if fails:
        scene.emulator.intercept = lambda asked: (
            refusal("REMOTE.INPUT_INVALID", 400) if is_list(asked, "interviews", B) else None
        )

    second = scene.run(**some, state=first.messages[-1]["value"])

    assert (first.code, second.code) == (0, 1 if fails else 0)
    sent = [one["record"] for one in second.messages if one["type"] == "RECORD"]
    assert "Changed" in {one["title"] for one in sent if one["id"] == edited}
    assert second.written == second.counted


# --- 5.2: one way out, also if the key is refused in the middle


REFUSED = {
    "401": lambda: refusal("PLATFORM.AUTHENTICATION_INVALID", 401),
    "403": lambda: refusal("PLATFORM.IP_NOT_WHITELISTED", 403),
}


@pytest.mark.parametrize("form", REFUSED)
def test_a_key_refused_in_the_middle_keeps_what_is_complete_and_names_what_failed(
    scene: Scene, form: str
) -> None:
    def intercept(asked: Received) -> Response | None:
        if is_list(asked, "interviews", B):
            return refusal("REMOTE.INPUT_INVALID", 400)
        return REFUSED[form]() if is_list(asked, "interviews", C) else None

    scene.emulator.intercept = intercept

    ended = scene.run(ids=(A, B, C), concurrency=1)

    assert ended.code == 1
    assert ended.bookmarks == {("interviews", A)}
    assert ended.written == ended.counted == {"interviews": 8}
    failed, key = ended.errors
    assert f"Failed: interviews of {B}: " in failed
    assert "interviews" not in key
    assert C not in key
    assert "API key" in key


# --- 5.3: at once, whatever a worker waits for and whatever the loader does


@pytest.mark.parametrize(("number", "code", "unbuffered"), BOTH)
def test_a_signal_ends_a_run_whose_loader_is_dead(
    scene: Scene, number: signal.Signals, code: int, *, unbuffered: bool
) -> None:
    scene.hold(lambda asked: is_list(asked, "jobs", A))
    process = scene.start(unbuffered=unbuffered)
    assert scene.stuck.wait(HELD)
    assert process.stdout
    records = (line for line in process.stdout if '"type":"RECORD"' in line)
    next(itertools.islice(records, 7, None))  # all eight are out, and nothing is left to write
    process.stdout.close()
    process.send_signal(number)

    ended = scene.wait(process)

    # A last STATE may be on its way; then the tap hears of the loader before it hears the signal.
    heard_of_the_loader = "the loader has ended" in ended.log
    assert ended.code == (1 if heard_of_the_loader else code)


@pytest.mark.parametrize(("number", "code", "unbuffered"), BOTH)
def test_a_signal_ends_a_run_whose_loader_does_not_read(
    scene: Scene, number: signal.Signals, code: int, *, unbuffered: bool
) -> None:
    scene.emulator.add_integration("greenhouse:large", "ATS", Size(interviews=400))
    scene.hold(lambda asked: asked.path == "/ats/jobs")
    reading, writing = os.pipe()
    try:
        process = scene.start(
            ids=("greenhouse:large",), stdout=writing, unbuffered=unbuffered, page_size=50
        )
        scene.wait_until_full(process, writing)
        assert process.poll() is None
        process.send_signal(number)

        ended = scene.wait(process)
    finally:
        os.close(reading)
        os.close(writing)

    assert ended.code == code


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_ends_a_run_that_waits_for_a_pause(
    scene: Scene, number: signal.Signals, code: int
) -> None:
    def pause(asked: Received) -> Response | None:
        if not is_list(asked, "jobs", A):
            return None
        scene.stuck.set()
        return PlainTextResponse("later", 429, {"retry-after": "600"})

    scene.emulator.intercept = pause
    process = scene.start(concurrency=1)
    assert scene.stuck.wait(HELD)
    process.send_signal(number)

    ended = scene.wait(process)

    assert ended.code == code
    assert ended.bookmarks == {("interviews", A)}
    assert ended.written == ended.counted


def test_a_dead_loader_ends_a_run_while_a_worker_waits(scene: Scene) -> None:
    scene.emulator.add_integration("greenhouse:large", "ATS", Size(interviews=600))
    scene.hold(lambda asked: is_list(asked, "jobs", A))
    process = scene.start(ids=(A, "greenhouse:large"), streams=("jobs", "interviews"))
    assert process.stdout
    process.stdout.readline()
    assert scene.stuck.wait(HELD)
    process.stdout.close()

    ended = scene.wait(process)

    assert ended.code == 1
    (line,) = ended.errors
    assert "Standard output cannot be written: the loader has ended." in line


@pytest.mark.parametrize("form", REFUSED)
def test_a_refused_key_ends_a_run_while_a_worker_waits(scene: Scene, form: str) -> None:
    """The answers that a run had do not matter; nobody waits for those that it will not read."""

    def intercept(asked: Received) -> Response | None:
        if is_list(asked, "jobs", A):
            scene.stuck.set()
            scene.end.wait(HELD)
        if is_list(asked, "interviews", A):
            assert scene.stuck.wait(HELD)
            return REFUSED[form]()
        return None

    scene.emulator.intercept = intercept
    process = scene.start(concurrency=2)

    ended = scene.wait(process, 2 * ENDS_WITHIN)

    assert ended.code == 1
    assert len(ended.errors) == 1
    assert ended.counted == {}


NO_NAME_SERVER = f"""
import socket, threading
whole, first, second = socket.getaddrinfo, threading.Lock(), threading.Event()
def look_up(*args, **more):
    if not first.acquire(blocking=False):
        second.set()
        threading.Event().wait({HELD})
    second.wait({HELD})
    return whole(*args, **more)
socket.getaddrinfo = look_up
"""
"""Answers once, as soon as it is asked again, and then no more."""


@pytest.mark.parametrize("form", [*REFUSED, "dead loader"])
def test_a_run_ends_while_a_worker_waits_for_a_name_server(scene: Scene, form: str) -> None:
    """Nothing can cut off the look-up of a name."""
    if form in REFUSED:
        scene.emulator.intercept = lambda _: REFUSED[form]()
    process = scene.start(ids=(A, B), concurrency=2, before=NO_NAME_SERVER)
    if form not in REFUSED:
        assert process.stdout
        process.stdout.close()

    ended = scene.wait(process, 2 * ENDS_WITHIN)

    assert ended.code == 1
    assert len(ended.errors) == 1
    assert len(scene.emulator.requests) > 0
