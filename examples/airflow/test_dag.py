"""Runs the DAG with Airflow itself: all shards together bring every customer once."""

from __future__ import annotations

import os
import re
import subprocess
from dataclasses import replace
from pathlib import Path

import psycopg

from kombo_emulator import Emulator, Size, serve
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import CHECKOUT, MELTANO, MeltanoProject

AIRFLOW = CHECKOUT / ".venv-airflow" / "bin"
COMMANDS = re.findall(
    r"^airflow .*", (Path(__file__).parent / "README.md").read_text(), re.MULTILINE
)
CUSTOMERS = [f"greenhouse:{number}" for number in range(7)]
SHARDS = 3


def test_the_shards_bring_every_customer_once(tmp_path: Path) -> None:
    emulator = Emulator()
    for one in CUSTOMERS:
        emulator.add_integration(one, "ATS", Size(interviews=5))
    with serve(emulator) as url, embedded_postgres() as postgres:
        settings = {
            "TAP_KOMBO_API_KEY": emulator.api_key,
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO_INTEGRATION_IDS": ",".join(CUSTOMERS),
            "TAP_KOMBO__SELECT": '["interviews.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "airflow",
            **postgres.target_settings,
        }
        project = MeltanoProject(CHECKOUT / ".demo" / "airflow", settings)
        project.prepare()
        airflow = {
            "AIRFLOW_HOME": str(tmp_path),
            "AIRFLOW__CORE__DAGS_FOLDER": str(Path(__file__).parent / "dags"),
            "AIRFLOW__CORE__LOAD_EXAMPLES": "False",
            "MELTANO_PROJECT_ROOT": str(project.folder),
            "KOMBO_SHARDS": str(SHARDS),
            "PATH": f"{AIRFLOW}:{MELTANO.parent}:{os.environ['PATH']}",
        }
        for command in COMMANDS:
            done = subprocess.run(
                ["bash", "-c", command],
                env={**os.environ, **settings, **airflow},
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]

        with psycopg.connect(postgres.url) as connection:
            query = "select integration_id, count(*) from airflow.interviews group by 1 order by 1"
            rows = connection.execute(query).fetchall()
        states = [
            one
            for part in range(1, SHARDS + 1)
            for one in replace(
                project,
                settings={
                    **settings,
                    "MELTANO_SYS_DIR_ROOT": f"{project.folder}/.meltano/shard-{part}",
                },
            )
            .run("state", "list")
            .split()
            if "tap-kombo-to-target-postgres" in one
        ]

    assert rows == [(one, 5) for one in CUSTOMERS]
    firsts = [one for one in emulator.requests if one.path == "/ats/interviews"]
    assert sorted(one.integration_id or "" for one in firsts) == CUSTOMERS
    assert states == [f"dev:tap-kombo-to-target-postgres:{part}" for part in range(1, SHARDS + 1)]
