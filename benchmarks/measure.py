"""Runs whole processes and says what they took."""

from __future__ import annotations

import http.client
import json
import os
import statistics
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from benchmarks.scenario import Scenario

CHECKOUT = Path(__file__).resolve().parent.parent
MODELS = (
    "interviews",
    "applications",
    "candidates",
    "jobs",
    "offers",
    "users",
    "roles",
    "tags",
    "rejection_reasons",
    "notes",
)


@dataclass(frozen=True)
class Run:
    """One process.

    Attributes:
        wall: Seconds from start to end.
        cpu: Seconds of processor time.
        memory: Peak of resident memory, in MB.
        code: Exit code.
    """

    wall: float
    cpu: float
    memory: float
    code: int


def run(
    command: Sequence[str],
    output: Path | None = None,
    log: Path | None = None,
    python: str | Path = sys.executable,
) -> Run:
    """Run a command to its end.

    Args:
        command: What follows `python`.
        output: Where its standard output goes; none is nowhere.
        log: Where its standard error goes.
        python: The interpreter.
    """
    with _open(output) as out, _open(log) as err:
        began = time.monotonic()
        process = subprocess.Popen(  # noqa: S603 - our own programs
            [python, *command], stdout=out, stderr=err, cwd=CHECKOUT
        )
        return _ended(process, began)


@contextmanager
def _open(path: Path | None) -> Iterator[BinaryIO]:
    with Path(path or os.devnull).open("wb") as file:
        yield file


def load(command: Sequence[str], loader: Sequence[str | Path]) -> Run:
    """Run a command into a loader.

    Args:
        command: What follows `python`.
        loader: A whole command that reads Singer messages.

    Returns:
        The time until both have ended, and the command's processor time and memory.
    """
    began = time.monotonic()
    reader = subprocess.Popen(  # noqa: S603 - a loader that we installed
        loader, stdin=subprocess.PIPE, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    assert reader.stdin
    writer = subprocess.Popen(  # noqa: S603 - our own programs
        [sys.executable, *command],
        stdout=reader.stdin,
        stderr=subprocess.DEVNULL,
        cwd=CHECKOUT,
    )
    reader.stdin.close()
    done = _ended(writer, began)
    code = reader.wait() or done.code
    return Run(time.monotonic() - began, done.cpu, done.memory, code)


def _ended(process: subprocess.Popen[bytes], began: float) -> Run:
    """Wait for a process and say what it took."""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    cpu = usage.ru_utime + usage.ru_stime
    return Run(wall, cpu, usage.ru_maxrss / 1024, process.returncode)


def median(runs: Sequence[Run]) -> Run:
    """Return the median of each figure.

    Raises:
        RuntimeError: If a run failed.
    """
    if any(one.code for one in runs):
        msg = f"a run failed: {runs}"
        raise RuntimeError(msg)
    return Run(
        statistics.median(one.wall for one in runs),
        statistics.median(one.cpu for one in runs),
        statistics.median(one.memory for one in runs),
        0,
    )


def interleaved(commands: Mapping[str, Sequence[str]], times: int) -> dict[str, Run]:
    """Run some commands in turns; return the medians."""
    return in_turns({name: partial(run, command) for name, command in commands.items()}, times)


def in_turns(measures: Mapping[str, Callable[[], Run]], times: int) -> dict[str, Run]:
    """Measure some things in turns, so that what disturbs disturbs all; return the medians."""
    runs: dict[str, list[Run]] = {name: [] for name in measures}
    for _ in range(times):
        for name, measure in measures.items():
            runs[name].append(measure())
    return {name: median(some) for name, some in runs.items()}


@contextmanager
def served(scenario: Scenario) -> Iterator[str]:
    """Start the server in a process of its own, and yield its base URL."""
    process = subprocess.Popen(  # noqa: S603 - our own program
        [sys.executable, "-m", "benchmarks.server", json.dumps(asdict(scenario))],
        cwd=CHECKOUT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdin
    assert process.stdout
    try:
        yield process.stdout.readline().strip()
    finally:
        process.stdin.close()
        process.wait()
        process.stdout.close()


def drained(url: str, path: str, pages: int) -> float:
    """Read pages and look at none; return the seconds, which is what the server takes at most."""
    began = time.monotonic()
    place = urlsplit(url)
    connection = http.client.HTTPConnection(place.netloc)
    for page in range(pages):
        connection.request("GET", f"{place.path}{path}?cursor={page}")
        connection.getresponse().read()
    connection.close()
    return time.monotonic() - began


def stats(url: str) -> dict[str, Any]:
    """Ask the server what it has seen."""
    with urllib.request.urlopen(url.replace("/v1", "/stats")) as answer:  # noqa: S310
        found: dict[str, Any] = json.load(answer)
    return found


def tap(
    folder: Path,
    url: str,
    integrations: int = 1,
    streams: Sequence[str] = ("interviews",),
    deselected: str | None = None,
    **settings: object,
) -> list[str]:
    """Write configuration and catalog, and return the command that runs tap-kombo."""
    ids = [f"tool:bench-{number}" for number in range(1, integrations + 1)]
    config = {"api_key": "k", "integration_ids": ids, "api_url": url, **settings}
    catalog = json.loads((folder / "catalog.json").read_text())
    catalog["streams"] = [one for one in catalog["streams"] if one["stream"] in streams]
    for stream in catalog["streams"]:
        for one in stream["metadata"]:
            if not one["breadcrumb"]:
                one["metadata"]["selected"] = True
            if one["breadcrumb"] == ["properties", deselected]:
                one["metadata"]["selected"] = False
    name = f"{len(list(folder.iterdir())):04}"
    (folder / f"{name}-config.json").write_text(json.dumps(config))
    (folder / f"{name}-catalog.json").write_text(json.dumps(catalog))
    paths = (str(folder / f"{name}-config.json"), str(folder / f"{name}-catalog.json"))
    return ["-m", "tap_kombo", "--config", paths[0], "--catalog", paths[1]]


def bare(url: str, integrations: int, streams: Sequence[str], threads: int) -> list[str]:
    """Return the command of the bare loop."""
    ids = ",".join(f"tool:bench-{number}" for number in range(1, integrations + 1))
    return ["-m", "benchmarks.bare", url, ids, ",".join(streams), str(threads)]


def template(command: list[str], *, catalog: bool = False) -> list[str]:
    """Return the command that runs the template's tap as another runs tap-kombo.

    Args:
        command: The other command.
        catalog: Whether it gets a catalog; with one the SDK finds out faster what is selected.
    """
    return ["-m", "benchmarks.template_tap", *command[2 : None if catalog else 4]]
