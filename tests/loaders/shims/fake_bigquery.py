"""Runs z3-target-bigquery without BigQuery.

Its own code reads and converts the messages, makes the schemas and every load job. Faked is the
client, which keeps tables, jobs and queries; nobody waits for a table to become visible.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from typing import IO, TYPE_CHECKING

from google.api_core.exceptions import NotFound
from target_bigquery import batch_job, core
from target_bigquery.target import TargetBigQuery

if TYPE_CHECKING:
    from google.cloud import bigquery

HERE = Path.cwd()


class Job:
    """What is done as soon as it is asked for."""

    def result(self) -> None: ...


class Client:
    """Knows of no table, so that each run makes all of them."""

    def get_dataset(self, _: object) -> None:
        what = "dataset or table"
        raise NotFound(what)

    get_table = get_dataset

    def create_dataset(self, dataset: object) -> object:
        return dataset

    def create_table(self, table: bigquery.Table) -> bigquery.Table:
        keep(table=table.table_id)
        return table

    def update_table(self, *_: object, **__: object) -> None:
        raise AssertionError

    def query(self, statement: str) -> Job:
        keep(query=statement)
        return Job()

    def load_table_from_file(
        self,
        file: IO[bytes],
        table: bigquery.TableReference,
        job_config: bigquery.LoadJobConfig,
        **_: object,
    ) -> Job:
        name = f"{len(list(HERE.glob('*.gz'))):04}.gz"
        (HERE / name).write_bytes(file.read())
        schema = [field.to_api_repr() for field in job_config.schema]
        keep(load=table.table_id, file=name, schema=schema)
        return Job()


def keep(**told: object) -> None:
    with (HERE / "asked.jsonl").open("a") as asked:
        asked.write(json.dumps(told) + "\n")


client = Client()
core.bigquery_client_factory = batch_job.bigquery_client_factory = lambda _: client
time.sleep = lambda _: None
TargetBigQuery.cli(sys.argv[1:], standalone_mode=False)
