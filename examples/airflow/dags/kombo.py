"""All customers every hour: one task per shard, each with its own state and its own retries.

The pool `kombo` says how many shards run at the same time, in all DAGs together.
"""

from __future__ import annotations

import datetime as dt
import os

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

SHARDS = int(os.environ.get("KOMBO_SHARDS", "4"))
"""Keep it: with another number most customers change their shard and are read in full again."""

PROJECT = os.environ["MELTANO_PROJECT_ROOT"]

with DAG(
    "kombo",
    schedule="@hourly",
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
):
    BashOperator.partial(
        task_id="shard",
        pool="kombo",
        retries=2,
        retry_delay=dt.timedelta(minutes=6),  # Meltano's lock of a killed run lasts 5
        cwd=PROJECT,
        append_env=True,
        bash_command='meltano run --state-id-suffix="$KOMBO_PART" tap-kombo target-postgres',
    ).expand(
        env=[
            {
                "KOMBO_PART": str(part),
                "TAP_KOMBO_SHARD": f"{part}/{SHARDS}",
                # Meltano hands catalog and state over in files of fixed names, not to be shared.
                "MELTANO_SYS_DIR_ROOT": f"{PROJECT}/.meltano/shard-{part}",
            }
            for part in range(1, SHARDS + 1)
        ]
    )
