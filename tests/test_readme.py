"""Every command of the README does what it says, against the emulator; and it stays short."""

from __future__ import annotations

import os
import re
import subprocess
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import KEY
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, PROGRAMS, MeltanoProject

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
MELTANO = re.compile(r"(^|' )meltano ")
PATH = next(one for one in COMMANDS if one.startswith("export PATH="))
[QUERY] = re.findall(
    r"```sql\n(.*?)```", (CHECKOUT / "docs" / "getting-started.md").read_text(), re.DOTALL
)
IN_CHECKOUT = re.compile(r"\.venv(-meltano)?/bin/(?=(meltano|tap-kombo)\b)")


@pytest.fixture(scope="module")
def running() -> Iterator[tuple[Emulator, str]]:
    emulator = Emulator()
    emulator.add_integration(A)
    with serve(emulator) as url:
        yield emulator, url


def shell(command: str, folder: Path, env: dict[str, str] | None = None) -> str:
    """Run what a page shows, with the `PATH` that the README sets unless there is another."""
    path = {"PATH": f"{PROGRAMS}{os.pathsep}{os.environ['PATH']}"}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", IN_CHECKOUT.sub("", command)],
        cwd=folder,
        env={**os.environ, **path} if env is None else {**path, **env},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, f"{command}\n{done.stdout[-2000:]}{done.stderr[-2000:]}"
    return done.stdout


def test_it_is_short() -> None:
    assert len((CHECKOUT / "README.md").read_text().splitlines()) < 200


def test_no_command_is_left_out() -> None:
    """What is not run below is a make target, which `test_project` looks up, or sets up files."""
    others = [one for one in COMMANDS if not MELTANO.search(one)]
    expected = re.compile(r"(make|cp|\.venv/bin/python)\b")
    assert [one for one in others if not expected.match(one)] == [PATH]
    assert os.path.expandvars(PATH.replace("$PWD", str(CHECKOUT))).startswith(
        f'export PATH="{PROGRAMS}{os.pathsep}'
    )


@pytest.fixture
def meltano(
    running: tuple[Emulator, str],
    postgres: PostgreSQL,
    worker_id: str,
    request: pytest.FixtureRequest,
) -> Callable[..., list[tuple[str, int]]]:
    """Run commands that load, and return how many interviews arrived of each integration."""
    folder = CHECKOUT / ".demo" / f"tests-{worker_id}"
    settings = {
        "TAP_KOMBO_API_KEY": KEY,
        "TAP_KOMBO_API_URL": running[1],
        "TAP_KOMBO_INTEGRATION_IDS": A,
        "TARGET_JSONL_DESTINATION_PATH": str(folder),
        **postgres.target_settings,
    }
    project = getattr(request, "param", WarmProject)(folder, settings)
    project.prepare()

    def run(commands: list[str], schema: str, **more: str) -> list[tuple[str, int]]:
        for name, text in more.items():
            (folder / f"{name}.txt").write_text(text)
        there = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": schema}
        for command in commands:
            shell(command, folder, project.environment | there)
        with psycopg.connect(postgres.url, options=f"-c search_path={schema}") as connection:
            rows = connection.execute(QUERY.replace("tap_kombo.", "").encode()).fetchall()
        return sorted(row[:2] for row in rows)

    return run


@pytest.mark.parametrize("meltano", [MeltanoProject], indirect=True, ids=["as it is started"])
def test_the_tap_runs_with_meltano(meltano: Callable[..., list[tuple[str, int]]]) -> None:
    commands = [*dict.fromkeys(one for one in COMMANDS if MELTANO.search(one))]
    assert len(commands) > 3

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
    assert meltano([exported + shards, *STATES_OF_SHARDS], "shards") == expected


STATES_OF_SHARDS = (
    "test $(meltano state list | grep -c :[12]$) = 2",
    "! MELTANO_SYS_DIR_ROOT=$PWD/.meltano/other meltano state list | grep :",
    """
    export MELTANO_STATE_BACKEND_URI=file://$PWD/.meltano/states
    meltano state set --force any:1 '{"singer_state": {}}'
    MELTANO_SYS_DIR_ROOT=$PWD/.meltano/other meltano state list | grep any:1
    """,
)
"""What the page says of where a state is, as commands that fail if it is not so."""


def test_a_run_reads_what_events_touch(
    running: tuple[Emulator, str], meltano: Callable[..., list[tuple[str, int]]]
) -> None:
    from_file, from_input = blocks("docs/webhooks.md")
    page = (CHECKOUT / "docs" / "webhooks.md").read_text()
    event, *_ = re.findall(r"```json\n(.*?)```", page, re.DOTALL)
    told = event.replace("greenhouse:AbC123", A).replace("ats_jobs", "ats_interviews")
    lists = ["/ats/applications", "/ats/interviews"]  # which show interviews too
    [two_loads] = re.findall(r"`(meltano run tap-kombo .* tap-kombo [^`]+)`", page)
    again = from_input.partition("meltano")[0] + two_loads  # the second load gets no events

    for command in (from_file, from_input, again):
        running[0].clear_requests()
        by_events = command.replace("events.jsonl", "events.txt")
        assert meltano([by_events], "by_events", events=told) == [(A, 120)]
        assert sorted(one.path for one in running[0].requests) == [*lists, f"/integrations/{A}"]
