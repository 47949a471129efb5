"""Runs the workflow's last step with what its secrets and variables would hold, and a bucket."""

from __future__ import annotations

import os
import re
import subprocess
import tomllib
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import psycopg
import yaml

from kombo_emulator import Emulator, Size, serve
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Iterator

A = "greenhouse:demo"
BIN = CHECKOUT / ".venv-github-actions" / "bin"
WORKFLOW = yaml.safe_load((Path(__file__).parent / "kombo.yml").read_text())
INSTALL_MELTANO, INSTALL_PLUGINS, LOAD = WORKFLOW["jobs"]["load"]["steps"][2:]


@contextmanager
def bucket() -> Iterator[str]:
    """An empty bucket `our-bucket` at the address returned."""
    command = (BIN / "moto_server", "--host", "127.0.0.1", "--port", "0")
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as server:
        assert server.stderr
        try:
            for line in server.stderr:
                if found := re.search(r"http://[\d.:]+", line):
                    yield found[0]
                    return
        finally:
            server.kill()


def boto(script: str, env: dict[str, str]) -> str:
    """Do something with the bucket."""
    prepared = f"import boto3\nbucket = boto3.resource('s3').Bucket('our-bucket')\n{script}"
    return subprocess.check_output([BIN / "python", "-c", prepared], env=env, text=True)


def test_the_second_run_asks_only_for_what_changed() -> None:
    emulator = Emulator()
    emulator.add_integration(A, "ATS", Size(interviews=7))
    with serve(emulator) as url, embedded_postgres() as postgres, bucket() as store:
        given = {
            "TAP_KOMBO_API_KEY": emulator.api_key,
            "TAP_KOMBO_INTEGRATION_IDS": A,
            "MELTANO_STATE_BACKEND_URI": "s3://our-bucket/kombo",
            "AWS_ENDPOINT_URL_S3": store,
            "AWS_ACCESS_KEY_ID": "any",
            "AWS_SECRET_ACCESS_KEY": "any",
            **postgres.target_settings,
        }
        other = {"TAP_KOMBO_API_URL": url, "TAP_KOMBO__SELECT": '["interviews.*"]'}
        project = MeltanoProject(CHECKOUT / ".demo" / "github-actions", given | other)
        project.prepare()
        env = project.environment | {"PATH": f"{BIN}:{os.environ['PATH']}"}
        boto("bucket.create()", env)
        asked = []
        for _ in range(2):
            emulator.clear_requests()
            (project.folder / ".meltano" / "meltano.db").unlink(missing_ok=True)  # a new runner
            subprocess.run(["bash", "-ec", LOAD["run"]], cwd=project.folder, env=env, check=True)
            asked += [one for one in emulator.requests if one.path == "/ats/interviews"]
        kept = boto("print(*(one.key for one in bucket.objects.all()))", env)
        with psycopg.connect(postgres.url) as connection:
            rows = connection.execute("select count(*) from tap_kombo.interviews").fetchone()

    assert rows == (7,)
    assert ["updated_after" in one.params for one in asked] == [False, True]
    assert kept == "kombo/dev:tap-kombo-to-target-postgres/state.json\n"
    assert LOAD["env"].keys() == given.keys()


def test_each_variable_is_taken_from_one_of_its_name() -> None:
    for name, value in LOAD["env"].items():
        assert re.fullmatch(rf"\$\{{\{{ (secrets|vars)\.{name}( \|\| 5432)? }}}}", value)


def test_it_installs_what_this_test_runs_with() -> None:
    groups = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())["dependency-groups"]
    [meltano] = [one for one in groups["github-actions"] if one.startswith("meltano")]
    assert INSTALL_MELTANO["run"] == f'pip install "{meltano}"'
    assert INSTALL_PLUGINS["run"] == "meltano install tap-kombo target-postgres"
