"""Every command of docs/scheduling.md does what it says, against the emulator."""

from __future__ import annotations

import fcntl
import json
import re
import shutil
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import KEY
from test_dockerfile import TEXT as DOCKERFILE
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Received
    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
PAGE = (CHECKOUT / "docs" / "scheduling.md").read_text()
LANGUAGES, BLOCKS = zip(*re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL), strict=True)
LOAD, CRON, VERDICT, SCHEDULE, IMAGE, LOGGING = BLOCKS
MINUTE, HOUR, DAY, MONTH, WEEKDAY, CRON_COMMAND = CRON.split(maxsplit=5)


@dataclass
class Machine:
    """A shell in a Meltano project whose schema is empty."""

    project: WarmProject
    emulator: Emulator
    database: str

    def run(self, script: str) -> subprocess.CompletedProcess[str]:
        """Run a block of the page there."""
        here = script.replace("/srv/kombo", str(self.project.folder))
        here = here.replace(".venv/bin/meltano", str(self.project.folder / "warm" / "meltano"))
        return subprocess.run(
            ["bash", "-eo", "pipefail", "-c", here],
            cwd=self.project.folder,
            env=self.project.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def log(self, command: str = LOAD, **files: str) -> list[str]:
        """Load while these files are there, and return what is logged."""
        places = {"logging": "logging.yaml", "env": ".env"}
        paths = {self.project.folder / places[name]: text for name, text in files.items()}
        for path, text in paths.items():
            path.write_text(text)
        try:
            return self.run(command).stderr.splitlines()
        finally:
            for path in paths:
                path.unlink()

    def rows(self) -> int:
        with psycopg.connect(self.database) as connection:
            found = connection.execute("select count(*) from scheduling.interviews").fetchone()
        assert found
        return int(found[0])


@pytest.fixture
def machine(postgres: PostgreSQL, worker_id: str) -> Iterator[Machine]:
    emulator = Emulator()
    emulator.add_integration(A, "ATS", Size(interviews=7))
    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO_INTEGRATION_IDS": A,
            "TAP_KOMBO__SELECT": '["interviews.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "scheduling",
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        shutil.rmtree(project.folder / "output", ignore_errors=True)  # a new project has none
        with psycopg.connect(postgres.url) as connection:
            connection.execute("drop schema if exists scheduling cascade")
        yield Machine(project, emulator, postgres.url)


def test_no_block_is_left_out() -> None:
    """All that is in a block but the image is run below; the README's test runs the load alone."""
    assert LANGUAGES == ("bash", "cron", "bash", "bash", "bash", "yaml")
    assert LOAD in (CHECKOUT / "README.md").read_text()


def test_cron_loads_and_keeps_the_verdict(machine: Machine) -> None:
    assert (MINUTE, HOUR, DAY, MONTH, WEEKDAY) == ("5", "*", "*", "*", "*")

    done = machine.run(f"export PATH=/usr/bin:/bin\n{CRON_COMMAND}")

    assert done.returncode == 0, done.stderr
    assert machine.rows() == 7
    assert '"records":7' in machine.run(VERDICT).stdout


def test_cron_leaves_a_run_out_while_another_goes_on(machine: Machine) -> None:
    (output := machine.project.folder / "output").mkdir()
    with (output / "kombo.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = machine.run(CRON_COMMAND)

    assert done.returncode == 1
    assert not machine.emulator.requests


def test_a_run_ends_with_1_if_an_integration_fails(machine: Machine) -> None:
    done = machine.run(f"export TAP_KOMBO_INTEGRATION_IDS={A},lever:none\n{CRON_COMMAND}")

    assert done.returncode == 1
    assert machine.rows() == 7
    assert '"failed":1' in machine.run(VERDICT).stdout


def said_by(plugin: str, log: list[str]) -> list[str]:
    return [line for line in log if re.search(rf"\] {plugin} ", line)]


def test_the_loader_is_quiet(machine: Machine) -> None:
    everything, quiet = machine.log(), machine.log(logging=LOGGING)

    assert [line for line in said_by("target-postgres", everything) if "METRIC" in line]
    assert said_by("target-postgres", quiet) == []
    assert len([line for line in quiet if "VERDICT" in line]) == 1
    failing = machine.log(f"export TARGET_POSTGRES_DATABASE=nowhere\n{LOAD}", logging=LOGGING)
    assert "nowhere" in said_by("target-postgres", failing)[-1]


def test_the_loader_tells_no_metrics(machine: Machine) -> None:
    [variable] = re.findall(r"`(TARGET_\w+LEVEL=\w+)`", PAGE)

    log = said_by("target-postgres", machine.log(env=f"{variable}\n"))

    assert [line for line in log if "INSERT INTO" in line]
    assert not [line for line in log if "METRIC" in line]


def test_the_tap_tells_more_and_in_json(machine: Machine) -> None:
    [more] = re.findall(r"`(meltano\.plugin\.stderr\.extractors.*?)`", PAGE)
    json_lines = LOGGING.replace("console_log_formatter, colors: false", "json_formatter")

    [variable] = re.findall(r"`(TAP_\w+LEVEL=\w+)`", PAGE)

    told = machine.log(logging=f"{json_lines}  {more}\n", env=f"{variable}\n")

    events = [json.loads(line) for line in told if line.startswith("{")]
    assert [one for one in events if "http_request_duration" in str(one)]
    assert [one for one in events if "Starting incremental sync of" in one["event"]]


def test_two_ways_hide_the_verdict_too(machine: Machine) -> None:
    console = '{"handlers": {"c": {"class": "logging.StreamHandler"}}'
    quiet = f'{console}, "version": 1, "root": {{"level": "WARNING", "handlers": ["c"]}}}}'
    (machine.project.folder / "sdk.yaml").write_text(quiet)
    by_meltano = LOAD.replace("meltano ", "meltano --log-level=warning ")
    by_the_sdk = f"export SINGER_SDK_LOG_CONFIG=$PWD/sdk.yaml\n{LOAD}"

    for command in (by_meltano, by_the_sdk):
        assert not [line for line in machine.log(command) if "VERDICT" in line]
    assert machine.rows() == 7


def test_meltano_refuses_a_second_run_of_the_same_state(machine: Machine) -> None:
    refused: list[subprocess.CompletedProcess[str]] = []

    def run_again(request: Received) -> None:
        if not refused and request.path == "/ats/interviews":
            refused.append(machine.run(LOAD))

    machine.emulator.intercept = run_again
    first = machine.run(LOAD)

    assert (first.returncode, machine.rows()) == (0, 7)
    assert refused[0].returncode == 1
    [said] = re.findall(r"`(Another .*)`", PAGE)
    assert said in refused[0].stdout + refused[0].stderr


def test_meltano_runs_its_schedule(machine: Machine) -> None:
    path = machine.project.folder / "meltano.yml"
    path.write_text(path.read_text().partition("\njobs:\n")[0])  # a project of one's own has none

    done = machine.run(SCHEDULE)

    assert done.returncode == 0, done.stderr
    assert "kombo-hourly" in done.stdout
    assert "kombo-load" in path.read_text()
    assert machine.rows() == 7


def test_the_image_is_built_from_the_dockerfile_with_its_argument() -> None:
    """There may be no engine; `test_dockerfile` tries what the file says."""
    assert re.fullmatch(r"docker build --build-arg VERSION=[\d.]+ --tag tap-kombo \.\n", IMAGE)
    assert "ARG VERSION" in DOCKERFILE
