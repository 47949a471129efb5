"""Prints what tap-kombo costs, next to a bare loop and to a tap from the SDK's template.

make bench [SCENARIOS="cost wide postgres latency integrations models limit scale memory start many
ledger outage refusals held events"]
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import Counter
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks import loading, reach
from benchmarks.events import events
from benchmarks.measure import (
    CHECKOUT,
    MODELS,
    bare,
    drained,
    interleaved,
    run,
    served,
    stats,
    tap,
    template,
)
from benchmarks.row import HEADER, Row, at_most
from benchmarks.scenario import PAGE_SIZE, Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from benchmarks.measure import Run

OF_INTEGRATION = re.compile(r'{"type":"RECORD".*"integration_id":"([^"]+)"')
LATENCY = 150
TIMES = int(os.environ.get("BENCH_TIMES", "3"))


def cost(folder: Path) -> Iterator[Row]:
    """Read 100,000 interviews without latency."""
    pages, what = 400, "100,000 interviews"
    with served(Scenario(pages=pages)) as url:
        alone = drained(url, "/ats/interviews", pages)
        maps = {"interviews": {"title": "md5(title or '')"}}
        commands = {
            "bare": bare(url, 1, ["interviews"], 1),
            "tap": tap(folder, url, concurrency=1),
            "deselected": tap(folder, url, deselected="title", concurrency=1),
            "map": tap(folder, url, stream_maps=maps, concurrency=1),
            "people": tap(folder, url, concurrency=1, pseudonyms="people", pseudonym_key="k" * 32),
            "4": tap(folder, url, concurrency=4),
            "8": tap(folder, url, concurrency=8),
        }
        commands["template"] = template(commands["tap"])
        commands["template with catalog"] = template(commands["tap"], catalog=True)
        seen = interleaved(commands, TIMES)
    base = seen["bare"]
    yield Row(f"{what}: the server's pages, unread", replace(base, wall=alone, cpu=0, memory=0))
    yield Row(f"{what}: bare loop", base)
    yield at_most(f"{what}: tap-kombo, 1 at a time", seen["tap"], base, 2.5)
    yield at_most(f"{what}: with a deselected column", seen["deselected"], base, 3)
    yield at_most(f"{what}: with a stream map", seen["map"], base, 6)
    hidden = "tap-kombo without pseudonyms"
    yield at_most(f"{what}: pseudonyms of people", seen["people"], seen["tap"], 1.25, hidden)
    for n in ("4", "8"):
        yield Row(f"{what}: tap-kombo, {n} at a time", seen[n])
    speed = seen["template"].wall / seen["tap"].wall
    figure = f"{speed:.1f} x tap-kombo"
    yield Row(f"{what}: template tap", seen["template"], figure, "at least 4 x", speed >= 4)
    one = seen["template with catalog"]
    figure = f"{one.wall / seen['tap'].wall:.1f} x tap-kombo"
    yield Row(f"{what}: template tap with a catalog", one, figure)


def wide(folder: Path) -> Iterator[Row]:
    """Read 20,000 employees without latency.

    The template tap cannot: its conformance knows no value of any JSON type.
    """
    what, streams = "20,000 employees", ["hris_employees"]
    with served(Scenario(pages=80, category="HRIS")) as url:
        commands = {
            "bare loop": bare(url, 1, streams, 1),
            "tap-kombo, 1 at a time": tap(folder, url, 1, streams, concurrency=1),
            "tap-kombo, 8 at a time": tap(folder, url, 1, streams, concurrency=8),
        }
        seen = interleaved(commands, TIMES)
    for name, one in seen.items():
        figure = f"{one.wall / seen['bare loop'].wall:.2f} x the bare loop"
        yield Row(f"{what}: {name}", one, figure)


def latency(folder: Path) -> Iterator[Row]:
    """Read 20,000 interviews at 150 ms a page."""
    pages = 80
    with served(Scenario(pages=pages, latency_ms=LATENCY)) as url, served(Scenario()) as idle:
        commands = {f"{n}": tap(folder, url, concurrency=n) for n in (1, 4, 8)}
        commands["one page"] = tap(folder, idle)
        seen = interleaved(commands, TIMES)
    start = seen.pop("one page")
    ideal = replace(start, wall=(pages + 1) * LATENCY / 1000 + start.wall)  # and one look-up
    for n, one in seen.items():
        what = f"20,000 interviews at 150 ms a page: {n} at a time"
        yield at_most(what, one, ideal, 1.05, "waiting and start-up")


def integrations(folder: Path) -> Iterator[Row]:
    """Read 16 integrations of 10 pages at 150 ms."""
    with served(Scenario(pages=10, page_size=25, latency_ms=LATENCY)) as url:
        commands = {f"{n}": tap(folder, url, 16, concurrency=n) for n in (1, 4, 8, 16)}
        commands["bare"] = bare(url, 16, ["interviews"], 16)
        seen = interleaved(commands, TIMES)
    yield from _side_by_side("16 integrations x 10 pages at 150 ms", seen, 6)
    yield at_most("the same: 16 at a time", seen["16"], seen["bare"], 1.7)


def models(folder: Path) -> Iterator[Row]:
    """Read 8 models of one integration, 10 pages each at 150 ms."""
    streams = MODELS[:8]
    with served(Scenario(pages=10, page_size=25, latency_ms=LATENCY)) as url:
        commands = {f"{n}": tap(folder, url, 1, streams, concurrency=n) for n in (1, 4, 8)}
        commands["bare"] = bare(url, 1, streams, 8)
        seen = interleaved(commands, TIMES)
    yield from _side_by_side("8 models x 10 pages at 150 ms", seen, 4)
    yield at_most("the same: 8 at a time", seen["8"], seen["bare"], 1.7)


def limit(folder: Path) -> Iterator[Row]:
    """Use up 300 requests in 6 seconds, again and again."""
    scenario = Scenario(pages=500, page_size=5, latency_ms=20, limit=300, window_seconds=6)
    with served(scenario) as url:
        done = run(tap(folder, url, 4, concurrency=8))
        seen = stats(url)
    full = list(seen["windows"].values())[1:-1]  # the first began before, the last ended early
    used = sum(full) / (300 * len(full))
    share = seen["refused"] / seen["answered"]
    what = f"a limit of 300 requests in 6 s: {seen['answered']} requests, {len(full)} full windows"
    yield Row(what, done, f"{used:.1%} used", "at least 95 %", used >= 0.95)
    yield Row(what, done, f"{share:.2%} refused", "at most 1 %", share <= 0.01)


def scale(folder: Path) -> Iterator[Row]:
    """Read 1,000 integrations of 10 models."""
    with served(Scenario(page_size=25)) as url:
        few = [run(tap(folder, url, 100, MODELS, concurrency=8)) for _ in range(TIMES)]
        output = folder / "messages.jsonl"
        many = run(tap(folder, url, 1000, MODELS, concurrency=8), output)
    least = sorted(few, key=lambda one: one.wall)[len(few) // 2]
    growth = many.wall / least.wall / 10
    yield Row("100 integrations x 10 models", least)
    figure = f"{growth:.2f} of 10 times 100"
    what = "1,000 integrations x 10 models"
    yield Row(what, many, figure, "at most 1.15", growth <= 1.15)
    state = sum(len(line) for line in output.open("rb") if line.startswith(b'{"type":"STATE"'))
    share = state / output.stat().st_size
    yield Row(what, many, f"{share:.1%} of the output is STATE", "under 10 %", share < 0.1)
    yield Row(what, many, f"{many.memory:.0f} MB", "under 200 MB", many.memory < 200)
    yield from failures(folder, output)


def failures(folder: Path, output: Path) -> Iterator[Row]:
    """Let 50 of 1,000 integrations fail in ten ways."""
    log = folder / "log.txt"
    with served(Scenario(page_size=25, failing=20)) as url:
        command = tap(folder, url, 1000, MODELS, concurrency=8, max_retries=1)
        broken = run(command, output, log)
    failing = {f"tool:bench-{number}" for number in range(20, 1001, 20)}
    told = log.read_text()
    named = sum(f" {one}: " in told.partition("Failed: ")[2] for one in failing)
    found = (OF_INTEGRATION.match(line) for line in output.open())
    sent = Counter(one[1] for one in found if one)
    whole = sum(sent[one] == 10 * 25 for one in sent.keys() - failing)
    figure = f"{whole} complete, {named} named, exit code {broken.code}"
    goal = "950 complete, 50 named, exit code 1"
    yield Row("50 of 1,000 integrations fail in ten ways", broken, figure, goal, figure == goal)


def memory(folder: Path) -> Iterator[Row]:
    """Read 50,000 and 500,000 interviews."""
    for n, most in ((1, 120), (8, 200)):
        seen = []
        for pages in (200, 2000):
            with served(Scenario(pages=pages)) as url:
                seen.append(run(tap(folder, url, concurrency=n)))
        few, many = seen
        what = f"{2000 * PAGE_SIZE:,} interviews, {n} at a time"
        goal = f"under {most} MB and within 10 %"
        good = many.memory < most and many.memory <= 1.1 * few.memory
        yield Row(what, many, f"{few.memory:.0f} MB for a tenth", goal, good)


def start(_: Path) -> Iterator[Row]:
    """Start up."""
    commands = {
        "import": ["-c", "import singer_sdk"],
        "version": ["-m", "tap_kombo", "--version"],
        "discover": ["-m", "tap_kombo", "--discover"],
    }
    seen = interleaved(commands, 2 * TIMES + 1)
    yield at_most("--version", seen["version"], seen["import"], 1.3, "import singer_sdk")
    wall = seen["discover"].wall
    yield Row("--discover", seen["discover"], f"{wall:.2f} s", "at most 1.5 s", wall <= 1.5)


def _side_by_side(what: str, seen: dict[str, Run], least: float) -> Iterator[Row]:
    yield Row(f"{what}: bare loop", seen["bare"])
    yield Row(f"{what}: 1 at a time", seen["1"])
    yield Row(f"{what}: 4 at a time", seen["4"])
    speed = seen["1"].wall / seen["8"].wall
    figure = f"{speed:.1f} x as fast as 1"
    yield Row(f"{what}: 8 at a time", seen["8"], figure, f"at least {least} x", speed >= least)


SCENARIOS: dict[str, Callable[[Path], Iterator[Row]]] = {
    one.__name__: one
    for one in (cost, wide, latency, integrations, models, limit, scale, memory, start)
}
for one in (
    loading.postgres,
    reach.many,
    reach.ledger,
    reach.outage,
    reach.refusals,
    reach.held,
    events,
):
    SCENARIOS[one.__name__] = partial(one, times=TIMES)


def main(names: list[str]) -> None:
    """Print the table, row by row."""
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    print(f"{machine}, medians of {TIMES}\n\n{HEADER}")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        discover = [sys.executable, "-m", "tap_kombo", "--discover"]
        catalog = subprocess.run(discover, cwd=CHECKOUT, capture_output=True, check=True).stdout  # noqa: S603
        (folder / "catalog.json").write_bytes(catalog)
        for scenario in names or SCENARIOS:
            for row in SCENARIOS[scenario](folder):
                print(row, flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
