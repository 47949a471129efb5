"""How far trouble reaches: nobody answers, many refuse, one tool wants to be left alone."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from typing import TYPE_CHECKING

from benchmarks.measure import CHECKOUT, bare, interleaved, run, served, tap
from benchmarks.row import Row, at_most
from benchmarks.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

HELD_SECONDS = 30
GOOD_ONES = 40


def many(folder: Path, *, times: int) -> Iterator[Row]:
    """Read 500 integrations of one page at 20 ms."""
    with served(Scenario(page_size=25, latency_ms=20)) as url:
        commands = {
            "bare": bare(url, 500, ["interviews"], 16),
            "tap": tap(folder, url, 500, concurrency=16),
        }
        seen = interleaved(commands, times)
    yield Row("500 integrations x 1 page at 20 ms, 16 at a time: bare loop", seen["bare"])
    yield at_most("the same: tap-kombo", seen["tap"], seen["bare"], 2.2)


def ledger(folder: Path, *, times: int) -> Iterator[Row]:
    """Read the same with a row in the ledger for each pass."""
    with served(Scenario(page_size=25, latency_ms=20)) as url:
        streams = {"without": ["interviews"], "with": ["interviews", "passes"]}
        commands = {
            name: tap(folder, url, 500, one, concurrency=16) for name, one in streams.items()
        }
        seen = interleaved(commands, times)
    what = "500 integrations x 1 page at 20 ms, 16 at a time: with the ledger"
    yield at_most(what, seen["with"], seen["without"], 1.05, "without it")


def outage(folder: Path, *, times: int) -> Iterator[Row]:  # noqa: ARG001
    """Run where nobody listens, for few and for many integrations."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{free.getsockname()[1]}/v1"
    few, many = (run(tap(folder, url, number, max_retries=3)) for number in (4, 300))
    yield Row("nobody listens: 4 integrations", few)
    yield at_most("nobody listens: 300 integrations", many, few, 1.5, "as long as 4")


def refusals(folder: Path, *, times: int) -> Iterator[Row]:  # noqa: ARG001
    """Let 10 and 400 integrations refuse everything."""
    with served(Scenario(page_size=250, failing=1)) as url:
        few, many = (run(tap(folder, url, number, max_retries=0)) for number in (10, 400))
    growth = many.memory - few.memory
    figure, goal = f"{growth:+.0f} MB against 10", "at most +20 MB"
    yield Row("400 integrations refuse", many, figure, goal, growth <= 20)


def held(folder: Path, *, times: int) -> Iterator[Row]:  # noqa: ARG001
    """Let the tool of one integration ask for half a minute, beside forty others."""
    took = []
    for seconds in (0, HELD_SECONDS):
        scenario = Scenario(pages=10, page_size=250, latency_ms=50, held_seconds=seconds)
        with served(scenario) as url:
            took.append(_last_of_the_others(tap(folder, url, 1 + GOOD_ONES, concurrency=4)))
    without, beside = took
    figure = f"{beside / without:.2f} x ({beside:.1f} s and {without:.1f} s)"
    what = f"{GOOD_ONES} integrations beside one with Retry-After: {HELD_SECONDS}"
    yield Row(f"{what}: their last row", None, figure, "at most 1.3 x", beside <= 1.3 * without)


def _last_of_the_others(command: Sequence[str]) -> float:
    """Return the seconds until the last row of any integration but the first one."""
    began, last = time.monotonic(), 0.0
    with subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, *command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, cwd=CHECKOUT
    ) as process:
        assert process.stdout
        for line in process.stdout:
            if b'"type":"RECORD"' in line[:20] and b'"tool:bench-1"' not in line:
                last = time.monotonic() - began
    return last
