"""All customers every hour, as one asset: the tables that target-postgres fills."""

import os

import dagster as dg


@dg.asset(
    pool="kombo",  # with a limit of 1 no two runs overlap
    retry_policy=dg.RetryPolicy(max_retries=2, delay=360),  # Meltano's lock of a killed run lasts 5
)
def kombo(
    context: dg.AssetExecutionContext, meltano: dg.PipesSubprocessClient
) -> dg.MaterializeResult:
    """The tables of recruiting and HR data, as Kombo has them now."""
    command = ["meltano", "run", "tap-kombo", "target-postgres"]
    return meltano.run(
        command=command, context=context, cwd=os.environ["MELTANO_PROJECT_ROOT"]
    ).get_materialize_result()


hourly = dg.ScheduleDefinition(
    "kombo_hourly",
    target=kombo,
    cron_schedule="5 * * * *",
    default_status=dg.DefaultScheduleStatus.RUNNING,
)

definitions = dg.Definitions(
    assets=[kombo], schedules=[hourly], resources={"meltano": dg.PipesSubprocessClient()}
)
