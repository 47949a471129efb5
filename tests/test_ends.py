"""The end of a run, as processes: one way out, whatever a worker, a loader or the server does."""

from __future__ import annotations

import itertools
import json
import os
import select
import signal
import subprocess
import sys
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from privacy import leaks
from starlette.responses import PlainTextResponse, Response
from support import KEY, catalog, refusal

from kombo_emulator import Emulator, Size, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kombo_emulator.received import Received

pytestmark = pytest.mark.timeout(150)

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = Size(interviews=8, applications=5, candidates=5, jobs=3)
STREAMS = ("interviews", "jobs")
SIGNALS = [(signal.SIGINT, 130), (signal.SIGTERM, 143)]
BOTH = [(*SIGNALS[0], True), (*SIGNALS[1], False)]
"""Each signal once, and each way of standard output: unbuffered or not."""
ENDS_WITHIN = 20  # seconds; an answer is held for three times as long
HELD = 60


@dataclass
class Ended:
    """How a process has ended.

    Attributes:
        code: Its exit code.
        output: What it wrote to standard output.
        log: What it logged.
    """

    code: int
    output: str
    log: str
    messages: list[dict[str, Any]] = field(init=False)

    def __post_init__(self) -> None:
        assert "Traceback" not in self.log
        assert "Exception ignored" not in self.log
        assert leaks(self.log) == []
        lines = self.output.removesuffix("\n").split("\n")
        self.messages = [json.loads(one) for one in lines if one.startswith("{")]

    @property
    def written(self) -> Counter[str]:
        """How many records of each stream were written."""
        return Counter(one["stream"] for one in self.messages if one["type"] == "RECORD")

    @property
    def counted(self) -> Counter[str]:
        """How many records of each stream the verdict tells of."""
        (line,) = (one for one in self.log.splitlines() if "VERDICT: " in one)
        streams = json.loads(line.partition("VERDICT: ")[2])["streams"]
        return Counter({name: one["records"] for name, one in streams.items() if one["records"]})

    @property
    def bookmarks(self) -> set[tuple[str, str]]:
        """Stream and integration of each bookmark in the last message, which has to be a state."""
        last = self.messages[-1]
        assert last["type"] == "STATE"
        return {
            (stream, one["context"]["integration_id"])
            for stream, found in last["value"]["bookmarks"].items()
            for one in found.get("partitions", ())
            if "replication_key_value" in one
        }

    @property
    def errors(self) -> list[str]:
        lines = [one for one in self.log.splitlines() if "| ERROR" in one]
        return [one for one in lines if "An unhandled error occurred while syncing" not in one]


class Scene:
    """Kombo at an address, and the tap as a process."""

    def __init__(self, emulator: Emulator, url: str, folder: Path) -> None:
        self.emulator, self.url, self.folder = emulator, url, folder
        self.end = threading.Event()
        self.stuck = threading.Event()
        self._processes: list[subprocess.Popen[str]] = []

    def start(
        self,
        *options: str,
        ids: tuple[str, ...] = (A,),
        streams: tuple[str, ...] = STREAMS,
        state: dict[str, Any] | None = None,
        stdout: int = subprocess.PIPE,
        unbuffered: bool = False,
        **settings: object,
    ) -> subprocess.Popen[str]:
        config = {"api_key": KEY, "integration_ids": list(ids), "api_url": self.url, **settings}
        files = {"config": config, "catalog": catalog(*streams), "state": state}
        command = [sys.executable, "-m", "tap_kombo", *options]
        for name, content in files.items():
            if content is not None:
                (self.folder / f"{name}.json").write_text(json.dumps(content))
                command.append(f"--{name}={name}.json")
        environment = {**os.environ, "PYTHONPATH": str(Path.cwd())}
        environment.pop("PYTHONUNBUFFERED", None)
        if unbuffered:
            environment["PYTHONUNBUFFERED"] = "1"
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                command, cwd=self.folder, env=environment, stdout=stdout, stderr=log, text=True
            )
        self._processes.append(process)
        return process

    def wait(self, process: subprocess.Popen[str], seconds: float = ENDS_WITHIN) -> Ended:
        if process.stdout and not process.stdout.closed:
            output, _ = process.communicate(timeout=seconds)
        else:
            output = ""
            process.wait(seconds)
        return Ended(process.returncode, output, (self.folder / "log").read_text())

    def run(self, *options: str, **more: Any) -> Ended:  # noqa: ANN401
        return self.wait(self.start(*options, **more), HELD)

    def hold(self, matches: Callable[[Received], bool]) -> None:
        """Hold the answers to some requests until the test is over."""

        def intercept(asked: Received) -> Response | None:
            if matches(asked):
                self.stuck.set()
                self.end.wait(HELD)
            return None

        self.emulator.intercept = intercept

    def close(self) -> None:
        self.end.set()
        for process in self._processes:
            process.kill()
            if process.stdout:
                process.stdout.close()
            process.wait()


@contextmanager
def opened(folder: Path) -> Iterator[Scene]:
    """Three integrations; Kombo's clock stands still, a little before the real one."""
    emulator = Emulator(now=datetime.now(UTC) - timedelta(minutes=1))
    for one in (A, B, C):
        emulator.add_integration(one, "ATS", FEW)
    with serve(emulator) as url:
        scene = Scene(emulator, url, folder)
        try:
            yield scene
        finally:
            scene.close()


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


WAYS = ["the key is refused", "SIGTERM", "SIGINT"]


@pytest.mark.parametrize(
    ("way", "unbuffered"),
    [(WAYS[0], False), (WAYS[0], True), ("SIGTERM", True), ("SIGINT", False)],
)
def test_what_is_counted_is_written_however_a_run_ends(
    scene: Scene, way: str, *, unbuffered: bool
) -> None:
    if way in {"SIGTERM", "SIGINT"}:
        scene.hold(lambda asked: is_list(asked, "jobs", B))
    else:
        scene.emulator.intercept = lambda asked: (
            refusal("PLATFORM.AUTHENTICATION_INVALID", 401) if is_list(asked, "jobs", B) else None
        )
    process = scene.start(ids=(A, B), unbuffered=unbuffered, concurrency=1)
    if way in {"SIGTERM", "SIGINT"}:
        assert scene.stuck.wait(HELD)
        process.send_signal(signal.Signals[way])

    ended = scene.wait(process, ENDS_WITHIN if "SIG" in way else HELD)

    assert ended.code == {"SIGTERM": 143, "SIGINT": 130}.get(way, 1)
    assert ended.written == ended.counted == {"interviews": 16, "jobs": 3}
    assert ended.bookmarks == {("interviews", A), ("interviews", B), ("jobs", A)}


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
    assert f"interviews of {C}: " in key
    assert "the API key" in key


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
    heard_of_the_loader = "its reader has ended" in ended.log
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
        full = select.poll()
        full.register(writing, select.POLLOUT)
        for _ in range(HELD * 20):  # until nothing more goes into the pipe
            if not full.poll(0):
                break
            assert process.poll() is None, (scene.folder / "log").read_text()
            scene.end.wait(0.05)
        assert not full.poll(0)
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
    assert "Standard output cannot be written: its reader has ended." in line


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
