"""Runs the asset with Dagster itself: data arrives, failures fail, and runs do not overlap."""

from __future__ import annotations

import json
import os
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import pytest

from kombo_emulator import Emulator, Size, serve
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MELTANO, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Iterator

DAGSTER = CHECKOUT / ".venv-dagster" / "bin"
README = (Path(__file__).parent / "README.md").read_text()
LIMIT, MATERIALIZE, LIST = re.findall(r"^dagster .*", README, re.MULTILINE)
CUSTOMERS = ["greenhouse:0", "lever:1"]
RETRIES_OFF = json.dumps({"execution": {"config": {"in_process": {"retries": {"disabled": {}}}}}})
ONCE = f"{MATERIALIZE} --config-json '{RETRIES_OFF}'"


@dataclass(frozen=True)
class Dagster:
    """Dagster with an instance of its own, before which a Meltano project and an emulator stand."""

    env: dict[str, str]
    database: str
    emulator: Emulator

    def start(self, command: str, **env: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["bash", "-c", command],
            cwd=CHECKOUT,
            env={**self.env, **env},
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, command: str) -> str:
        return finished(self.start(command))

    def rows(self) -> list[tuple[str, int]]:
        query = "select integration_id, count(*) from dagster.interviews group by 1 order by 1"
        with psycopg.connect(self.database) as connection:
            return connection.execute(query).fetchall()


def finished(process: subprocess.Popen[str]) -> str:
    said, _ = process.communicate()
    assert process.returncode == 0, said[-5000:]
    return said


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    emulator = Emulator()
    for one in CUSTOMERS:
        emulator.add_integration(one, "ATS", Size(interviews=5))
    with serve(emulator) as url, embedded_postgres() as postgres:
        settings = {
            "TAP_KOMBO_API_KEY": emulator.api_key,
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO_INTEGRATION_IDS": ",".join(CUSTOMERS),
            "TAP_KOMBO__SELECT": '["interviews.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "dagster",
            **postgres.target_settings,
        }
        project = MeltanoProject(CHECKOUT / ".demo" / "dagster", settings)
        project.prepare()
        env = {
            **os.environ,
            **settings,
            "DAGSTER_HOME": str(tmp_path_factory.mktemp("dagster")),
            "DAGSTER_DISABLE_TELEMETRY": "1",
            "MELTANO_PROJECT_ROOT": str(project.folder),
            "PATH": f"{DAGSTER}:{MELTANO.parent}:{os.environ['PATH']}",
        }
        yield Dagster(env, postgres.url, emulator)


def test_the_asset_brings_every_customer(dagster: Dagster) -> None:
    dagster.run(LIMIT)
    said = dagster.run(MATERIALIZE)

    assert dagster.rows() == [(one, 5) for one in CUSTOMERS]
    assert "VERDICT:" in said
    assert "RUN_SUCCESS" in said


def test_the_schedule_is_on(dagster: Dagster) -> None:
    said = dagster.run(LIST)
    assert "kombo_hourly [RUNNING]" in said
    assert "5 * * * *" in said


def test_a_second_run_waits_for_the_first(dagster: Dagster) -> None:
    """Else Meltano refuses one of them."""
    both = [dagster.start(ONCE) for _ in range(2)]
    for one in both:
        assert "RUN_SUCCESS" in finished(one)


def test_an_exit_code_is_a_failure(dagster: Dagster) -> None:
    failed = dagster.start(ONCE, TAP_KOMBO_API_KEY="wrong")
    said, _ = failed.communicate()
    assert failed.returncode != 0
    assert "External execution process failed with code 1" in said
    assert "RUN_FAILURE" in said
