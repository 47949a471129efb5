"""`kill -9` of the real job at random requests: the next run makes the tables equal Kombo."""

from __future__ import annotations

import itertools
import json
import os
import signal
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import Response
from support import KEY, catalog

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, MeltanoProject
from scripts.tables import mismatches, stored

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Measured

    from kombo_emulator.exchange import Received
    from scripts.embedded_postgres import PostgreSQL

MOMENTS = int(os.environ.get("KILL_MOMENTS", "2"))
"""`make nightly` asks for 20, at other moments each night by `KILL_SEED`."""

SEED = os.environ.get("KILL_SEED", "1")
INTEGRATIONS = ("greenhouse:killed", "personio:killed")
STREAMS = {
    "applications": ("ats_applications", "rejection_reason_name"),
    "candidates": ("ats_candidates", "company"),
    "interviews": ("ats_interviews", "title"),
}
"""Model of each stream, and a property to edit: Kombo reports its change wherever it is nested."""

SIZE = Size(interviews=40, applications=30, candidates=20)
PAGE_SIZE = 5
LONG = " and so on" * 800
"""Fills the pipes, so that the tap cannot run far ahead of the loader."""

RUN = ("run", "--force", "tap-kombo", "target-postgres")  # a killed run leaves Meltano's lock

HASTY = {
    "tap-kombo": """#!/usr/bin/env python
from tap_kombo import run, tap
run.CHECKPOINT_SECONDS = 0
tap.TapKombo.cli()
""",
    "target-postgres": """#!/usr/bin/env python
from target_postgres.target import TargetPostgres
TargetPostgres._MAX_RECORD_AGE_IN_MINUTES = 0.1 / 60
TargetPostgres.cli()
""",
}
"""The plugins, but a moment counts as long: as they are, state is stored after five minutes."""

Row = dict[str, Any]


class Scene:
    """Two integrations, the job that loads them, and the tables that it fills."""

    def __init__(self, emulator: Emulator, project: MeltanoProject, postgres: PostgreSQL) -> None:
        self.emulator = emulator
        self.project = project
        self.postgres = postgres
        self.plugins = (project.folder / "meltano.yml").read_text()
        self.integrations = [emulator.add_integration(name, "ATS", SIZE) for name in INTEGRATIONS]
        self.sequences: dict[str, int] = {}

    def use_plugins(self, *, hasty: bool) -> None:
        """Let Meltano run the plugins as they are, or the hasty ones."""
        plugins = self.plugins
        for name, text in HASTY.items() if hasty else ():
            program = self.project.folder / f"hasty-{name}"
            program.write_text(text)
            program.chmod(0o755)
            plugins = plugins.replace(f"executable: {name}", f"executable: {program}")
        (self.project.folder / "meltano.yml").write_text(plugins)

    def edit_all(self, text: str) -> int:
        """Edit every record that lives; return how many requests a run makes at least."""
        requests = len(self.integrations)
        for ats, (model, name) in itertools.product(self.integrations, STREAMS.values()):
            alive = ats.records(model, include_deleted=False)
            requests += -(-len(alive) // PAGE_SIZE)
            for record in alive:
                edit: Row = {name: text + LONG}
                ats.edit(model, record["id"], **edit)
        return requests

    def edit_some(self, random: Random, text: str) -> None:
        """Let one record of each model be edited, one be deleted and one be new."""
        for ats in self.integrations:
            for model, name in STREAMS.values():
                edited, deleted = random.sample(ats.records(model, include_deleted=False), 2)
                edit: Row = {name: text}
                ats.edit(model, edited["id"], **edit)
                ats.delete(model, deleted["id"])
            for model in ("ats_candidates", "ats_applications", "ats_interviews"):
                ats.make(model)

    def run_killed(self, moment: int) -> int:
        """Start the job, kill all its processes at a request, and return how many rows it read."""
        self.emulator.clear_requests()
        process = self.project.start(*RUN)
        requests = itertools.count(1)

        def kill(_: Received) -> Response | None:
            if next(requests) < moment:
                return None
            os.killpg(process.pid, signal.SIGKILL)
            return Response(status_code=503)  # nobody is there to read it

        self.emulator.intercept = kill
        try:
            assert process.wait(timeout=120) == -signal.SIGKILL, self.project.log
        finally:
            self.emulator.intercept = None
            if process.poll() is None:
                os.killpg(process.pid, signal.SIGKILL)
                process.wait()
        return self._rows_read()

    def run(self) -> int:
        """Run the job to its end and return how many rows it read."""
        self.emulator.clear_requests()
        self.project.run(*RUN)
        return self._rows_read()

    def _rows_read(self) -> int:
        return sum(one.records or 0 for one in self.emulator.requests)

    @property
    def resumed(self) -> int:
        """Number of passes that the last run went on with."""
        newest_first = reversed(self.emulator.requests)
        firsts = {(one.integration_id, one.path): one.params for one in newest_first}
        return sum("cursor" in params for params in firsts.values())

    def assert_equal(self) -> int:
        """Compare the tables with Kombo; return how many rows were written since the last time."""
        before, self.sequences = self.sequences, {}
        for stream in STREAMS:
            rows = stored(self.postgres, "killed", stream)
            assert mismatches(rows, self.integrations, stream) == []
            self.sequences |= {key: row["_sdc_sequence"] for key, row in rows.items()}
        return sum(before.get(key) != value for key, value in self.sequences.items())


@pytest.fixture(scope="module")
def scene(postgres: PostgreSQL, worker_id: str) -> Iterator[Scene]:
    emulator = Emulator(api_key=KEY)
    with serve(emulator) as url:
        project = MeltanoProject(
            CHECKOUT / ".demo" / f"tests-{worker_id}",
            {
                "MELTANO_ELT_BUFFER_SIZE": "200000",
                "TAP_KOMBO_API_KEY": KEY,
                "TAP_KOMBO_API_URL": url,
                "TAP_KOMBO_INTEGRATION_IDS": ",".join(INTEGRATIONS),
                "TAP_KOMBO_LOOKBACK_SECONDS": "0",  # what is read twice is the kill's doing
                "TAP_KOMBO_PAGE_SIZE": str(PAGE_SIZE),
                "TAP_KOMBO__CATALOG": "killed.json",
                "TAP_KOMBO__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
                **postgres.target_settings,
                "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "killed",
                "TARGET_POSTGRES_BATCH_SIZE_ROWS": "10",
            },
        )
        project.prepare()
        (project.folder / "killed.json").write_text(json.dumps(catalog(*STREAMS)))
        yield Scene(emulator, project, postgres)


@pytest.mark.parametrize("kill", range(MOMENTS))
def test_the_run_after_a_kill_makes_the_tables_equal_kombo(
    scene: Scene, kill: int, measured: Measured
) -> None:
    random = Random(f"{SEED} {kill}")  # noqa: S311 - no secret
    requests = scene.edit_all(f"Edit {kill}")
    moment = random.randint(1, requests)

    scene.use_plugins(hasty=kill % 2 == 1)
    read = scene.run_killed(moment)
    scene.edit_some(random, f"Edit {kill} again")
    read_after = scene.run()
    written = scene.assert_equal()

    measured(
        f"kill {kill} (KILL_SEED={SEED}): at request {moment} of {requests}, after {read} rows; "
        f"{read_after} rows in the next run, which went on with {scene.resumed} passes; "
        f"{read + read_after - written} of {written} read twice"
    )
