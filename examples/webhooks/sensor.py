"""The same with Dagster: a sensor looks for events, and an asset lets the worker run once."""

import os
import sys
from pathlib import Path

import dagster as dg
import psycopg

TO_DO = """
select max(received_at), sum(attempts) from kombo_webhooks.events
where done_at is null and attempts < 8 and try_at <= now()
"""


@dg.asset(
    pool="kombo",  # with a limit of 1 no two runs overlap
    retry_policy=dg.RetryPolicy(max_retries=2, delay=60),
)
def kombo_changes(
    context: dg.AssetExecutionContext, worker: dg.PipesSubprocessClient
) -> dg.MaterializeResult:
    """The tables of recruiting and HR data, where Kombo says that something has changed."""
    command = [sys.executable, str(Path(__file__).with_name("worker.py")), "--once"]
    return worker.run(command=command, context=context).get_materialize_result()


@dg.sensor(
    target=kombo_changes,
    minimum_interval_seconds=10,
    default_status=dg.DefaultSensorStatus.RUNNING,
)
def kombo_events() -> dg.RunRequest | dg.SkipReason:
    """Ask for one run, however many events there are, and for another once it has failed."""
    with psycopg.connect(os.environ["KOMBO_WEBHOOKS_DATABASE"]) as connection:
        newest, attempts = connection.execute(TO_DO).fetchone() or (None, 0)
    if newest is None:
        return dg.SkipReason("There is no event.")
    return dg.RunRequest(run_key=f"{newest.isoformat()} {attempts}")


definitions = dg.Definitions(
    assets=[kombo_changes],
    sensors=[kombo_events],
    resources={"worker": dg.PipesSubprocessClient()},
)
