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

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"


def blocks(page: str) -> list[str]:
    """The commands of a page, block by block."""
    return re.findall(r"```bash\n(.*?)```", (CHECKOUT / page).read_text(), re.DOTALL)


COMMANDS = [
    line.split("    #")[0].strip()
    for block in blocks("README.md")
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
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_no_command_is_left_out() -> None:
    """What is not run below is a make target, which `test_project` looks up, or sets up files."""
    others = [one for one in COMMANDS if MELTANO not in one and TAP not in one]
    expected = re.compile(r"(make|cp|echo|tail|\.venv/bin/python)\b")
    assert [one for one in others if not expected.match(one)] == []


def test_the_tap_runs_without_meltano(
    running: tuple[Emulator, str], postgres: PostgreSQL, tmp_path: Path
) -> None:
    emulator, url = running
    output = tmp_path / "output"
    output.mkdir()
    target = json.loads(postgres.target_config) | {"default_target_schema": "without_meltano"}
    files = {
        "output/config.json": {"api_key": KEY, "integration_ids": [A], "api_url": url},
        "output/target.json": target,
    }
    commands = [one for one in COMMANDS if one.startswith((TAP, "echo", "tail"))]
    assert len(commands) > 7

    for command in commands:
        if command.startswith("echo"):
            name = command.split()[-1]
            (tmp_path / name).write_text(json.dumps(files.pop(name)))
        else:
            shell(command.replace(".venv/", f"{CHECKOUT}/.venv/"), tmp_path)

    expected = len(emulator.integrations[A].records("ats_interviews"))
    messages = map(json.loads, (output / "messages.jsonl").open())
    sent = [one for one in messages if (one["type"], one.get("stream")) == ("RECORD", "interviews")]
    assert len(sent) == expected
    assert "interviews" in json.loads((output / "state.json").read_text())["bookmarks"]
    with psycopg.connect(postgres.url) as connection:
        counted = connection.execute("select count(*) from without_meltano.interviews").fetchall()
    assert counted == [(expected,)]


@pytest.fixture
def meltano(
    running: tuple[Emulator, str], postgres: PostgreSQL, worker_id: str
) -> Callable[..., list[tuple[str, int]]]:
    """Run commands that load, and return how many interviews arrived of each integration."""
    folder = CHECKOUT / ".demo" / f"tests-{worker_id}"
    settings = {
        "TAP_KOMBO_API_KEY": KEY,
        "TAP_KOMBO_API_URL": running[1],
        "TARGET_JSONL_DESTINATION_PATH": str(folder),
        **postgres.target_settings,
    }
    MeltanoProject(folder, settings).prepare()
    names = ("MELTANO_", "TAP_", "TARGET_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(names)}
    env |= {"MELTANO_PROJECT_ROOT": str(folder), **settings}

    def run(commands: list[str], schema: str, **more: str) -> list[tuple[str, int]]:
        for name, text in more.items():
            (folder / f"{name}.txt").write_text(text)
        there = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema}
        for command in commands:
            shell(command.replace(MELTANO, f"{CHECKOUT}/{MELTANO}"), folder, env | there)
        with psycopg.connect(postgres.url, options=f"-c search_path={schema}") as connection:
            counted = "select integration_id, count(*) from interviews group by 1 order by 1"
            return connection.execute(counted).fetchall()

    env["TAP_KOMBO_INTEGRATION_IDS"] = A
    return run


def test_the_tap_runs_with_meltano(meltano: Callable[..., list[tuple[str, int]]]) -> None:
    commands = [one for one in COMMANDS if MELTANO in one and "target-jsonl" not in one]
    assert len(commands) > 2

    assert meltano(commands, "readme") == [(A, 120)]


def test_many_customers_are_read_in_one_run_or_in_shards(
    running: tuple[Emulator, str], meltano: Callable[..., list[tuple[str, int]]]
) -> None:
    one_run, shards = blocks("docs/many-customers.md")
    customers = [f"lever:{number}" for number in range(4)]
    for one in customers:
        running[0].add_integration(one, "ATS", Size(interviews=7))
    expected = [(one, 7) for one in customers]
    listed = "\n".join(customers)

    assert meltano([one_run], "one_run", customers=listed) == expected
    exported = f"export TAP_KOMBO_INTEGRATION_IDS={','.join(customers)}\n"
    assert meltano([exported + shards], "shards") == expected
