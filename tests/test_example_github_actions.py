"""The workflow of examples/github-actions: its form, its safety, and what it runs."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from support import KEY

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, MELTANO, MeltanoProject

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
PATH = CHECKOUT / "examples" / "github-actions" / "kombo.yml"
TEXT = PATH.read_text()
WORKFLOW: dict[str, Any] = yaml.safe_load(TEXT)
STEPS: list[dict[str, Any]] = WORKFLOW["jobs"]["load"]["steps"]
ENV: dict[str, str] = STEPS[-1]["env"]


def checked(*command: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def zizmor(*paths: str) -> subprocess.CompletedProcess[str]:
    return checked(f"{sys.prefix}/bin/zizmor", "--offline", "--no-progress", *paths)


def test_it_follows_its_schema() -> None:
    schema = ("--builtin-schema", "vendor.github-workflows")
    done = checked(sys.executable, "-m", "check_jsonschema", *schema, str(PATH))
    assert done.returncode == 0, done.stdout


def test_zizmor_has_nothing_to_say() -> None:
    """Of our own workflows neither."""
    done = zizmor(str(PATH), ".github")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("good", "bad", "finding"),
    [
        (r"@[0-9a-f]{40} # ", "@", "unpinned-uses"),
        (r"persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (r"permissions:\n  contents: read\n", "", "excessive-permissions"),
    ],
)
def test_zizmor_finds_what_is_unsafe(good: str, bad: str, finding: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "kombo.yml").write_text(re.sub(good, bad, TEXT))
    done = zizmor(str(tmp_path))
    assert finding in done.stdout
    assert done.returncode != 0


def test_actions_are_those_of_our_own_workflows() -> None:
    ours = "".join(path.read_text() for path in (CHECKOUT / ".github" / "workflows").iterdir())
    used = re.findall(r"uses: (.*)", TEXT)
    assert len(used) == 2
    assert all(one in ours for one in used)


def test_it_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in WORKFLOW["jobs"]["load"]


def test_runs_do_not_overlap() -> None:
    assert WORKFLOW["concurrency"] == {"group": "kombo", "cancel-in-progress": False}


def test_its_last_step_loads_and_keeps_the_state_elsewhere(
    postgres: PostgreSQL, worker_id: str, tmp_path: Path
) -> None:
    """With a folder as state backend instead of a bucket."""
    emulator = Emulator()
    emulator.add_integration(A, "ATS", Size(interviews=7))
    backend = tmp_path / "state"
    given = {
        "TAP_KOMBO_API_KEY": KEY,
        "TAP_KOMBO_INTEGRATION_IDS": A,
        "MELTANO_STATE_BACKEND_URI": f"file://{backend}",
        **postgres.target_settings,
    }
    names = {
        name: re.fullmatch(r"\$\{\{ (?:secrets|vars)\.(\w+) }}", one) for name, one in ENV.items()
    }
    assert all(found and found[1] == name for name, found in names.items())
    assert given.keys() <= ENV.keys()
    assert all(name in given or name.startswith("AWS_") for name in ENV)
    with serve(emulator) as url:
        settings = {**given, "TAP_KOMBO_API_URL": url, "TAP_KOMBO__SELECT": '["interviews.*"]'}
        settings["TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA"] = "github_actions"
        project = MeltanoProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        subprocess.run(
            ["bash", "-ec", STEPS[-1]["run"]],
            cwd=project.folder,
            env={**project.environment, "PATH": f"{MELTANO.parent}:{os.environ['PATH']}"},
            check=True,
        )

    with psycopg.connect(postgres.url) as connection:
        rows = connection.execute("select count(*) from github_actions.interviews").fetchone()
    assert rows == (7,)
    [state] = backend.rglob("state.json")
    assert A in state.read_text()
