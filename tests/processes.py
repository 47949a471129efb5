"""Runs the tap as processes, as whoever uses it does, and keeps how each has ended."""

from __future__ import annotations

import json
import os
import select
import subprocess
import threading
from collections import Counter
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

from privacy import leaks
from support import KEY, catalog
from warm import warm_tap

from kombo_emulator import Emulator, Size, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from starlette.responses import Response

    from kombo_emulator.exchange import Received

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = Size(interviews=8, applications=5, candidates=5, jobs=3)
STREAMS = ("interviews", "jobs")
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
        self.messages = [json.loads(one) for one in lines if one.startswith('{"')]

    @property
    def written(self) -> Counter[str]:
        """How many records of each stream were written; the verdict does not count the ledger."""
        records = (one["stream"] for one in self.messages if one["type"] == "RECORD")
        return Counter(one for one in records if one != "passes")

    @property
    def verdict(self) -> dict[str, Any]:
        """The verdict, as a program reads it."""
        (line,) = (one for one in self.log.splitlines() if "VERDICT: " in one)
        told: dict[str, Any] = json.loads(line.partition("VERDICT: ")[2])
        return told

    @property
    def counted(self) -> Counter[str]:
        """How many records of each stream the verdict tells of."""
        streams = self.verdict["streams"]
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

    def __init__(
        self, emulator: Emulator, url: str, folder: Path, command: tuple[str, ...]
    ) -> None:
        self.emulator, self.url, self.folder, self.command = emulator, url, folder, command
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
        encoding: str = "utf-8",
        before: str = "",
        **settings: object,
    ) -> subprocess.Popen[str]:
        config = {"api_key": KEY, "integration_ids": list(ids), "api_url": self.url, **settings}
        files = {"config": config, "catalog": catalog(*streams), "state": state}
        command = [*self.command, *options]
        for name, content in files.items():
            if content is not None:
                (self.folder / f"{name}.json").write_text(json.dumps(content))
                command.append(f"--{name}={name}.json")
        told = {
            "PYTHONUNBUFFERED": "1" if unbuffered else "",
            "PYTHONIOENCODING": encoding,
            "BEFORE_THE_PROGRAM": before,
        }
        with (self.folder / "log").open("w") as log:
            process = subprocess.Popen(
                command,
                cwd=self.folder,
                env=os.environ | told,
                stdout=stdout,
                stderr=log,
                text=True,
            )
        self._processes.append(process)
        return process

    def wait(self, process: subprocess.Popen[str], seconds: float = ENDS_WITHIN) -> Ended:
        is_read = process.stdout and not process.stdout.closed
        output, _ = process.communicate(timeout=seconds) if is_read else (None, None)
        return self.ended(process.wait(seconds), output)

    def ended(self, code: int, output: str | None) -> Ended:
        """How a process has ended; if all of its output was read, what is counted is in it."""
        ended = Ended(code, output or "", (self.folder / "log").read_text(errors="replace"))
        if output is not None and "VERDICT: " in ended.log:
            assert ended.written == ended.counted
        return ended

    def run(self, *options: str, **more: Any) -> Ended:  # noqa: ANN401
        return self.wait(self.start(*options, **more), HELD)

    def wait_until_full(self, process: subprocess.Popen[str], pipe: int) -> None:
        """Wait until nothing more goes into a pipe, or the tap has ended."""
        room = select.poll()
        room.register(pipe, select.POLLOUT)
        for _ in range(HELD * 20):
            if not room.poll(0) or process.poll() is not None:
                return
            self.end.wait(0.05)

    def run_into_a_full_pipe(self, *options: str, blocking: bool, **more: Any) -> Ended:  # noqa: ANN401
        """Read nothing before nothing more goes into the pipe."""
        reading, writing = os.pipe()
        os.set_blocking(writing, blocking)
        process = self.start(*options, stdout=writing, **more)
        self.wait_until_full(process, writing)
        os.close(writing)
        with open(reading, encoding="utf-8") as pipe:  # noqa: PTH123
            output = pipe.read()
        return self.ended(process.wait(HELD), output)

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
def opened(folder: Path, command: tuple[str, ...] | None = None) -> Iterator[Scene]:
    """Three integrations; Kombo's clock stands still, a little before the real one."""
    emulator = Emulator(now=datetime.now(UTC) - timedelta(minutes=1))
    for one in (A, B, C):
        emulator.add_integration(one, "ATS", FEW)
    with serve(emulator) as url:
        scene = Scene(emulator, url, folder, command or warm_tap())
        try:
            yield scene
        finally:
            scene.close()
