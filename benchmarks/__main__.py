"""Prints what tap-kombo costs, next to a bare loop and to a tap from the SDK's template.

make bench [SCENARIOS="integrations models limit scale cost latency memory start"]
"""

from __future__ import annotations

import os
import platform
import re
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

from benchmarks.measure import CHECKOUT, MODELS, bare, interleaved, run, served, stats, tap
from benchmarks.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

Row = tuple[str, str, str, bool]
"""What was measured, the figure, the goal, and whether it is reached."""

OF_INTEGRATION = re.compile(r'{"type":"RECORD".*"integration_id":"([^"]+)"')
LATENCY = 150
TIMES = int(os.environ.get("BENCH_TIMES", "3"))


def integrations(folder: Path) -> Iterator[Row]:
    """Read 16 integrations of 10 pages at 150 ms."""
    with served(Scenario(pages=10, page_size=25, latency_ms=LATENCY)) as url:
        commands = {f"{n}": tap(folder, url, 16, concurrency=n) for n in (1, 8, 16)}
        commands["bare"] = bare(url, 16, ["interviews"], 16)
        seen = interleaved(commands, TIMES)
    speed = seen["1"].wall / seen["8"].wall
    yield "16 integrations: 8 at a time against 1", f"{speed:.1f} x", "at least 6 x", speed >= 6
    ratio = seen["16"].wall / seen["bare"].wall
    figure = f"{ratio:.2f} x ({seen['16'].wall:.2f} s)"
    yield "16 integrations: 16 at a time against bare", figure, "at most 1.7 x", ratio <= 1.7


def models(folder: Path) -> Iterator[Row]:
    """Read 8 models of one integration, 10 pages each at 150 ms."""
    streams = MODELS[:8]
    with served(Scenario(pages=10, page_size=25, latency_ms=LATENCY)) as url:
        commands = {f"{n}": tap(folder, url, 1, streams, concurrency=n) for n in (1, 8)}
        commands["bare"] = bare(url, 1, streams, 8)
        seen = interleaved(commands, TIMES)
    speed = seen["1"].wall / seen["8"].wall
    yield "8 models: 8 at a time against 1", f"{speed:.1f} x", "at least 4 x", speed >= 4
    ratio = seen["8"].wall / seen["bare"].wall
    figure = f"{ratio:.2f} x ({seen['8'].wall:.2f} s)"
    yield "8 models: 8 at a time against bare", figure, "at most 1.7 x", ratio <= 1.7


def limit(folder: Path) -> Iterator[Row]:
    """Use up 300 requests in 6 seconds, again and again."""
    scenario = Scenario(pages=500, page_size=5, latency_ms=20, limit=300, window_seconds=6)
    with served(scenario) as url:
        done = run(tap(folder, url, 4, concurrency=8))
        seen = stats(url)
    full = list(seen["windows"].values())[1:-1]  # the first began before, the last ended early
    used = sum(full) / (300 * len(full))
    share = seen["refused"] / seen["answered"]
    of = f"{seen['answered']} requests, {len(full)} full windows, {done.wall:.0f} s"
    yield f"limit: share used ({of})", f"{used:.1%}", "at least 95 %", used >= 0.95
    yield "limit: share refused", f"{share:.2%}", "at most 1 %", share <= 0.01


def scale(folder: Path) -> Iterator[Row]:
    """Read 1,000 integrations of 10 models."""
    with served(Scenario(page_size=25)) as url:
        few = [run(tap(folder, url, 100, MODELS, concurrency=8)) for _ in range(TIMES)]
        output = folder / "messages.jsonl"
        many = run(tap(folder, url, 1000, MODELS, concurrency=8), output)
    least = sorted(one.wall for one in few)[len(few) // 2]
    growth = many.wall / least / 10
    figure = f"{growth:.2f} ({least:.1f} s and {many.wall:.1f} s)"
    yield "1,000 against 10 times 100 integrations", figure, "within 15 %", growth <= 1.15
    state = sum(len(line) for line in output.open("rb") if line.startswith(b'{"type":"STATE"'))
    share = state / output.stat().st_size
    yield "share of STATE in what is written", f"{share:.1%}", "under 10 %", share < 0.1
    yield "peak memory", f"{many.memory:.0f} MB", "under 200 MB", many.memory < 200
    yield from failures(folder, output)


def failures(folder: Path, output: Path) -> Iterator[Row]:
    """Let 50 of 1,000 integrations fail in ten ways."""
    log = folder / "log.txt"
    with served(Scenario(page_size=25, failing=20)) as url:
        command = tap(folder, url, 1000, MODELS, concurrency=8, max_retries=1)
        broken = run(command, output, log)
    failing = {f"tool:bench-{number}" for number in range(20, 1001, 20)}
    told = log.read_text()
    named = sum(f" of {one}: " in told.partition("Failed: ")[2] for one in failing)
    found = (OF_INTEGRATION.match(line) for line in output.open())
    sent = Counter(one[1] for one in found if one)
    whole = sum(sent[one] == 10 * 25 for one in sent.keys() - failing)
    figure = f"{whole} complete, {named} named, exit code {broken.code}"
    goal = "950 complete, 50 named, exit code 1"
    yield "50 of 1,000 fail in ten ways", figure, goal, figure == goal


def cost(folder: Path) -> Iterator[Row]:
    """Read 100,000 interviews without latency."""
    with served(Scenario(pages=400)) as url:
        maps = {"interviews": {"title_length": "len(title or '')"}}
        commands = {
            "bare": bare(url, 1, ["interviews"], 1),
            "tap": tap(folder, url, concurrency=1),
            "deselected": tap(folder, url, deselected="title", concurrency=1),
            "map": tap(folder, url, stream_maps=maps, concurrency=1),
            "template": ["-m", "benchmarks.template_tap", *tap(folder, url)[2:4]],
        }
        seen = interleaved(commands, TIMES)
    wall = {name: one.wall for name, one in seen.items()}
    rate = f"{100_000 / wall['bare']:,.0f} records/s"
    yield "100,000 interviews: bare loop", f"{wall['bare']:.2f} s ({rate})", "", True
    for name, most in (("tap", 2.5), ("deselected", 3), ("map", 6)):
        ratio = wall[name] / wall["bare"]
        figure = f"{ratio:.2f} x ({wall[name]:.2f} s)"
        yield f"100,000 interviews: {name} against bare", figure, f"at most {most} x", ratio <= most
    speed = wall["template"] / wall["tap"]
    figure = f"{speed:.1f} x ({wall['template']:.1f} s)"
    yield "100,000 interviews: template against tap", figure, "at least 4 x", speed >= 4


def latency(folder: Path) -> Iterator[Row]:
    """Read 20,000 interviews at 150 ms a page."""
    with served(Scenario(pages=80, latency_ms=LATENCY)) as url, served(Scenario()) as idle:
        for n in (1, 8):
            commands = {"tap": tap(folder, url, concurrency=n), "one": tap(folder, idle)}
            seen = interleaved(commands, TIMES)
            ideal = 81 * LATENCY / 1000 + seen["one"].wall
            ratio = seen["tap"].wall / ideal
            figure = f"{ratio:.3f} x ({seen['tap'].wall:.2f} s)"
            what = f"20,000 at 150 ms, {n} at a time, against waiting alone"
            yield what, figure, "at most 1.05 x", ratio <= 1.05


def memory(folder: Path) -> Iterator[Row]:
    """Read 50,000 and 500,000 interviews."""
    for n, most in ((1, 120), (8, 200)):
        peaks = []
        for pages in (200, 2000):
            with served(Scenario(pages=pages)) as url:
                peaks.append(run(tap(folder, url, concurrency=n)).memory)
        figure = f"{peaks[1]:.0f} MB ({peaks[0]:.0f} MB)"
        good = peaks[1] < most and peaks[1] <= 1.1 * peaks[0]
        what = f"memory for 500,000 (50,000) interviews, {n} at a time"
        yield what, figure, f"under {most} MB and the same", good


def start(_: Path) -> Iterator[Row]:
    """Start up."""
    commands = {
        "import": ["-c", "import singer_sdk"],
        "version": ["-m", "tap_kombo", "--version"],
        "discover": ["-m", "tap_kombo", "--discover"],
    }
    seen = interleaved(commands, 2 * TIMES + 1)
    ratio = seen["version"].wall / seen["import"].wall
    figure = f"{ratio:.2f} x ({seen['version'].wall:.2f} s)"
    yield "--version against import singer_sdk", figure, "at most 1.3 x", ratio <= 1.3
    wall = seen["discover"].wall
    yield "--discover", f"{wall:.2f} s", "at most 1.5 s", wall <= 1.5


SCENARIOS: dict[str, Callable[[Path], Iterator[Row]]] = {
    one.__name__: one for one in (integrations, models, limit, scale, cost, latency, memory, start)
}


def main(names: list[str]) -> None:
    """Print the table, row by row."""
    print(
        f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}, ",
        end="",
    )
    print(f"medians of {TIMES}\n\n| what | measured | goal | |\n| --- | --- | --- | --- |")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        discover = [sys.executable, "-m", "tap_kombo", "--discover"]
        catalog = subprocess.run(discover, cwd=CHECKOUT, capture_output=True, check=True).stdout  # noqa: S603
        (folder / "catalog.json").write_bytes(catalog)
        for scenario in names or SCENARIOS:
            for what, figure, goal, good in SCENARIOS[scenario](folder):
                mark = ("reached" if good else "MISSED") if goal else ""
                print(f"| {what} | {figure} | {goal} | {mark} |", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
