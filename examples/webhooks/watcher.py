"""The same with Airflow 3: a trigger looks for events, and an asset that it watches starts the DAG.

The triggerer imports this module, so it lies in a folder of `PYTHONPATH` as well as in the DAGs.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import os
from typing import TYPE_CHECKING, Any

import psycopg
from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG, Asset, AssetWatcher
from airflow.triggers.base import BaseEventTrigger, TriggerEvent

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

TO_DO = """
select max(received_at)::text, sum(attempts) from kombo_webhooks.events
where done_at is null and attempts < 8 and try_at <= now()
"""


class KomboEvents(BaseEventTrigger):  # type: ignore[misc] # Airflow has a venv of its own
    """Fires once for whatever has come since, and again once that has failed."""

    def serialize(self) -> tuple[str, dict[str, Any]]:
        """Tell the triggerer how to make it."""
        return "watcher.KomboEvents", {}

    async def run(self) -> AsyncIterator[TriggerEvent]:
        """Look every ten seconds."""
        told = None
        while True:
            address = os.environ["KOMBO_WEBHOOKS_DATABASE"]
            async with await psycopg.AsyncConnection.connect(address) as connection:
                found = await (await connection.execute(TO_DO)).fetchone()
            if found and found[0] and found != told:
                told = found
                yield TriggerEvent(found[0])
            await asyncio.sleep(10)


events = Asset("kombo_events", watchers=[AssetWatcher(name="kombo", trigger=KomboEvents())])

with DAG(
    "kombo_changes",
    schedule=[events],
    start_date=dt.datetime(2026, 1, 1, tzinfo=dt.UTC),
    catchup=False,
    max_active_runs=1,
):
    BashOperator(
        task_id="worker",
        retries=5,
        retry_delay=dt.timedelta(minutes=1),
        append_env=True,
        cwd=os.environ["MELTANO_PROJECT_ROOT"],
        bash_command="python examples/webhooks/worker.py --once",
    )
