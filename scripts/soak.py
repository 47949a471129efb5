"""Runs the tap into PostgreSQL again and again, while one answer in five is a fault.

    make soak [MINUTES=5]

Data changes between the runs. After each run that claims to be complete the tables have to equal
Kombo; after any other one, they have to after one more run without faults.
"""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from random import Random
from typing import TYPE_CHECKING, Any

from kombo_emulator import Emulator, Size, serve
from kombo_emulator.faults import (
    GATEWAYS,
    LIMITS,
    PASSING,
    REFUSALS,
    RELABELLED,
    SPOILED,
    circle,
)
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MeltanoProject
from scripts.tables import mismatches, stored

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from starlette.responses import Response

    from kombo_emulator import Integration
    from kombo_emulator.exchange import Received
    from kombo_emulator.faults import Fault
    from scripts.embedded_postgres import PostgreSQL

RATE = 0.2
SEED = int(os.environ.get("SOAK_SEED", "1"))
INTEGRATIONS = ("greenhouse:soak", "lever:soak", "personio:soak")
STREAMS = {
    "interviews": ("ats_interviews", "title"),
    "applications": ("ats_applications", "rejection_reason_name"),
    "candidates": ("ats_candidates", "company"),
    "jobs": ("ats_jobs", "description"),
}
"""Model of each stream, and a property to edit whose change Kombo reports wherever it is nested."""

KINDS: Mapping[str, Sequence[Fault]] = {
    "a limit": list(LIMITS.values()),
    "an answer that fails in passing": list(PASSING.values()),
    "a refusal": list(REFUSALS.values()),
    "a refusal by a gateway": list(GATEWAYS.values()),
    "a code with another status": list(RELABELLED.values()),
    "a record without a key": [one for name, one in SPOILED.items() if name.endswith(" id")],
    "a page that leads back": [circle(0)],
}
"""Not other spoiled records, as what is stored of them differs, nor `HINTED`, which take long."""


LAUNCH = """
import resource, subprocess, sys
code = subprocess.call(sys.argv[1:])
print("peak", resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss, file=sys.stderr)
sys.exit(code)
"""
"""Runs a command from a light process: the peak memory of a child begins with its parent's."""


@dataclass
class Faults:
    """Puts a fault where one answer in five would be, and counts them by kind."""

    random: Random
    sent: Counter[str] = field(default_factory=Counter)
    active: bool = True
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _names: list[tuple[str, Fault]] = field(init=False)

    def __post_init__(self) -> None:
        """Lay out the matrix: each of its rows is as likely as any other."""
        self._names = [(kind, one) for kind, some in KINDS.items() for one in some]

    def __call__(self, asked: Received, right: Response) -> Response:
        """Answer with the right answer, or not."""
        with self._lock:
            if not self.active or self.random.random() >= RATE:
                return right
            kind, fault = self.random.choice(self._names)
            self.sent[kind] += 1
        return fault(asked, right)


@dataclass(frozen=True)
class Ended:
    """How a run of the tap ended.

    Attributes:
        code: Exit code.
        complete: Whether every model of every integration was read to its end.
        retries: Requests that were sent again.
        memory: Peak of resident memory, in MB.
    """

    code: int
    complete: bool
    retries: int
    memory: float


class Job:
    """The tap into target-postgres, with its state in a file."""

    def __init__(self, folder: Path, url: str, api_key: str, postgres: PostgreSQL) -> None:
        """Write configuration and catalog."""
        project = MeltanoProject(CHECKOUT / ".demo" / "soak", postgres.target_settings)
        project.prepare()
        config = {
            "api_key": api_key,
            "integration_ids": list(INTEGRATIONS),
            "api_url": url,
            "page_size": 10,
            "request_timeout_seconds": 1,
        }
        self._folder = folder
        self._write("config.json", config)
        (folder / "target.json").write_text(postgres.target_config)
        tap = [sys.executable, "-m", "tap_kombo", "--config", str(folder / "config.json")]
        discovered = subprocess.run([*tap, "--discover"], capture_output=True, check=True)  # noqa: S603
        catalog = json.loads(discovered.stdout)
        catalog["streams"] = [one for one in catalog["streams"] if one["stream"] in STREAMS]
        for stream in catalog["streams"]:
            for one in stream["metadata"]:
                if not one["breadcrumb"]:
                    one["metadata"]["selected"] = True
        self._write("catalog.json", catalog)
        self._write("state.json", {})
        self._tap = [*tap, "--catalog", str(folder / "catalog.json")]
        self._tap += ["--state", str(folder / "state.json")]
        self._loader = [str(project.loader), "--config", str(folder / "target.json")]

    def run(self) -> Ended:
        """Run once.

        Raises:
            RuntimeError: If the loader fails.
        """
        log = self._folder / "tap.log"
        with log.open("w") as errors:
            tap = subprocess.Popen(  # noqa: S603
                [sys.executable, "-c", LAUNCH, *self._tap], stdout=subprocess.PIPE, stderr=errors
            )
            loader = subprocess.Popen(  # noqa: S603
                self._loader, stdin=tap.stdout, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL
            )
        assert tap.stdout  # noqa: S101
        tap.stdout.close()
        states = loader.communicate()[0].splitlines()
        code = tap.wait()
        if loader.returncode:
            msg = f"the loader ended with exit code {loader.returncode}"
            raise RuntimeError(msg)
        if states:
            (self._folder / "state.json").write_bytes(states[-1])
        told = log.read_text()
        return Ended(
            code=code,
            complete=code == 0 and "Skipped: " not in told,
            retries=told.count("Trying again in"),
            memory=int(told.rpartition("peak ")[2]) / 1024,
        )

    def _write(self, name: str, content: object) -> None:
        (self._folder / name).write_text(json.dumps(content))


class Soak:
    """What was done so far."""

    def __init__(self, emulator: Emulator, job: Job, postgres: PostgreSQL) -> None:
        """Begin with integrations that have some records."""
        size = Size(interviews=60, applications=40, candidates=40)
        self.ats = [emulator.add_integration(one, "ATS", size) for one in INTEGRATIONS]
        self.random = Random(SEED)  # noqa: S311 - no secret
        self.faults = emulator.alter = Faults(Random(SEED))  # noqa: S311
        self.runs: Counter[str] = Counter()
        self.retries = 0
        self.lost: set[str] = set()
        self.memory: list[float] = []
        self._job, self._postgres = job, postgres

    def once(self, number: int) -> None:
        """Change something, run under faults, and check."""
        self._change(number)
        ended = self._run()
        self.runs["complete" if ended.complete else f"exit code {ended.code}, not complete"] += 1
        if not ended.complete:
            self.faults.active = False
            ended = self._run()
            self.faults.active = True
            if not ended.complete:
                msg = "a run without faults was not complete"
                raise RuntimeError(msg)
        for stream in STREAMS:
            rows = stored(self._postgres, "tap_kombo", stream)
            self.lost.update(mismatches(rows, self.ats, stream))

    def _run(self) -> Ended:
        ended = self._job.run()
        self.retries += ended.retries
        self.memory.append(ended.memory)
        return ended

    def _change(self, number: int) -> None:
        """Edit three records of each model, delete one, restore none, and add a few."""
        for ats in self.ats:
            for model, name in STREAMS.values():
                alive = ats.records(model, include_deleted=False)
                *edited, deleted = self.random.sample(alive, 4)
                change: dict[str, Any] = {name: f"Edit {number}"}
                for record in edited:
                    ats.edit(model, record["id"], **change)
                if model != "ats_jobs":
                    ats.delete(model, deleted["id"])
            _add(ats)


def _add(ats: Integration) -> None:
    for model in ("ats_candidates", "ats_applications", "ats_interviews"):
        ats.make(model)


def main(minutes: float) -> int:
    """Soak for some minutes, and print what was seen.

    Returns:
        0, or 1 if a row was lost.
    """
    emulator = Emulator(api_key="ks_dev_soak")
    with (
        tempfile.TemporaryDirectory() as name,
        embedded_postgres() as postgres,
        serve(emulator) as url,
    ):
        soak = Soak(emulator, Job(Path(name), url, emulator.api_key, postgres), postgres)
        ends_at = time.monotonic() + 60 * minutes
        for number in itertools.count(1):
            if time.monotonic() >= ends_at:
                break
            soak.once(number)
    requests = len(emulator.requests)
    print(f"{soak.runs.total()} runs under faults (SOAK_SEED={SEED}), {requests:,} requests")
    for kind, count in soak.runs.most_common():
        print(f"  {count:5,}  {kind}")
    print(f"{soak.faults.sent.total():,} faults")
    for kind, count in soak.faults.sent.most_common():
        print(f"  {count:5,}  {kind}")
    print(f"{soak.retries:,} retries")
    first, last = soak.memory[:5], soak.memory[-5:]
    print(f"memory of the tap: at most {max(first):.0f} MB at first, {max(last):.0f} MB at last")
    print(f"{len(soak.lost)} rows lost or wrong")
    return int(bool(soak.lost))


if __name__ == "__main__":
    sys.exit(main(float(sys.argv[1]) if sys.argv[1:] else 5))
