"""The end of `--doctor` and `--test`, as processes: like that of a run."""

from __future__ import annotations

import itertools
import signal
import subprocess
import threading
from typing import TYPE_CHECKING

import pytest
from processes import ENDS_WITHIN, HELD, A, B, Scene, opened
from test_ends import SIGNALS

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.responses import Response

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(150)


@pytest.fixture
def scene(tmp_path: Path) -> Iterator[Scene]:
    with opened(tmp_path) as scene:
        yield scene


# --- 5.4: a signal ends whatever else the command does


@pytest.mark.parametrize(("number", "code"), SIGNALS)
def test_a_signal_ends_a_look_at_what_can_be_read(
    scene: Scene, number: signal.Signals, code: int
) -> None:
    scene.hold(lambda asked: asked.path == f"/integrations/{A}")
    process = scene.start("--doctor")
    assert scene.stuck.wait(HELD)
    process.send_signal(number)

    ended = scene.wait(process)

    assert ended.code == code
    assert "can be read" not in ended.output


def test_a_signal_ends_a_test_that_waits_for_a_list(scene: Scene) -> None:
    scene.hold(lambda asked: asked.path == "/ats/jobs")
    process = scene.start("--test", stdout=subprocess.DEVNULL)
    assert scene.stuck.wait(HELD)
    process.send_signal(signal.SIGTERM)

    assert scene.wait(process).code == 143


# --- 5.5: `--test` reads stream after stream, each as far as it is wanted


@pytest.mark.parametrize("slow", [A, B])
def test_a_look_up_that_was_given_up_is_made_again(scene: Scene, slow: str) -> None:
    """The first stream has what it wants of one integration while another is still looked up."""
    asked_again, look_ups = threading.Event(), itertools.count(1)

    def intercept(asked: Received) -> Response | None:
        if asked.path == f"/integrations/{slow}":
            if next(look_ups) > 1:
                asked_again.set()
            else:
                asked_again.wait(HELD)
        return None

    scene.emulator.intercept = intercept
    ended = scene.wait(scene.start("--test", ids=(A, B), concurrency=2), HELD - 20)

    assert ended.code == 0
    assert [one for one in scene.emulator.requests if one.path == "/ats/users"]


def test_a_test_does_not_wait_for_what_nobody_wants(scene: Scene) -> None:
    first = threading.Lock()
    scene.hold(lambda asked: asked.path == f"/integrations/{B}" and first.acquire(blocking=False))
    process = scene.start("--test", ids=(A, B), concurrency=2, stdout=subprocess.DEVNULL)
    assert scene.stuck.wait(HELD)

    ended = scene.wait(process, 2 * ENDS_WITHIN)

    assert ended.code == 0
