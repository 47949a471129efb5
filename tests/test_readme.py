"""Every command of the README does what it says, against the emulator."""

from __future__ import annotations

import json
import os
import re
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import KEY

from kombo_emulator import Emulator, serve
from scripts.meltano_project import CHECKOUT, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
README = (CHECKOUT / "README.md").read_text()
COMMANDS = [
    line.split("    #")[0].strip()
    for block in re.findall(r"```bash\n(.*?)```", README, re.DOTALL)
    for line in block.splitlines()
    if line.strip() and not line.startswith("#")
]
MELTANO = ".venv-meltano/bin/meltano "
TAP = ".venv/bin/tap-kombo "


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator()
    emulator.add_integration(A)
    with serve(emulator) as url:
        yield emulator, url


def shell(command: str, folder: Path, env: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stderr[-2000:]}"
    return done.stdout


def test_no_command_is_left_out() -> None:
    """What is not run below is a make target, which `test_project` looks up, or sets up files."""
    others = [one for one in COMMANDS if MELTANO not in one and TAP not in one]
    assert all(re.match(r"(make|cp|echo|python|\.venv/bin/python)\b", one) for one in others), (
        others
    )


def test_the_tap_runs_without_meltano(running: tuple[Emulator, str], tmp_path: Path) -> None:
    emulator, url = running
    (tmp_path / "output").mkdir()
    config = {"api_key": KEY, "integration_ids": [A], "api_url": url}
    commands = [one for one in COMMANDS if one.startswith((TAP, "echo"))]
    assert len(commands) > 3

    for command in commands:
        if command.startswith("echo"):
            (tmp_path / "output" / "config.json").write_text(json.dumps(config))
        else:
            shell(command.replace(TAP, f"{CHECKOUT}/{TAP}"), tmp_path)

    lines = (tmp_path / "output" / "messages.jsonl").read_text().splitlines()
    messages = [json.loads(line) for line in lines]
    sent = [one for one in messages if (one["type"], one.get("stream")) == ("RECORD", "interviews")]
    assert len(sent) == len(emulator.integrations[A].records("ats_interviews"))


def test_the_tap_runs_with_meltano(
    running: tuple[Emulator, str], postgres: PostgreSQL, worker_id: str
) -> None:
    emulator, url = running
    folder = CHECKOUT / ".demo" / f"tests-{worker_id}"
    settings = {
        "TAP_KOMBO_API_KEY": KEY,
        "TAP_KOMBO_INTEGRATION_IDS": A,
        "TAP_KOMBO_API_URL": url,
        "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "readme",
        "TARGET_JSONL_DESTINATION_PATH": str(folder),
        **postgres.target_settings,
    }
    project = MeltanoProject(folder, settings)
    project.prepare()
    env = {name: value for name, value in os.environ.items() if not name.startswith("TAP_")}
    env |= {"MELTANO_PROJECT_ROOT": str(folder), **settings}
    commands = [one for one in COMMANDS if MELTANO in one and "target-jsonl" not in one]
    assert len(commands) > 2

    for command in commands:
        shell(command.replace(MELTANO, f"{CHECKOUT}/{MELTANO}"), folder, env)

    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute("select count(*) from readme.interviews").fetchone()
    assert rows == (len(emulator.integrations[A].records("ats_interviews")),)
