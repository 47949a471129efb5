"""Runs target-snowflake without Snowflake.

Its own code reads, checks and converts the messages, writes the files for the stage and makes every
statement. fakesnow carries out what makes tables. Faked are PUT, which keeps the file, and MERGE,
which keeps the statement: fakesnow has no stage of a user.
"""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path
from typing import Any
from urllib.parse import urlparse

import fakesnow
import snowflake.connector
from target_snowflake.connector import SnowflakeConnector
from target_snowflake.target import TargetSnowflake

HERE = Path.cwd()
DATABASE, SCHEMA = "WAREHOUSE", "TAP_KOMBO"


def put(_: SnowflakeConnector, sync_id: str, files: list[str]) -> None:
    (stage := HERE / "stage" / sync_id).mkdir(parents=True)
    for file in files:
        shutil.copy(urlparse(file).path, stage)


def merge(connector: SnowflakeConnector, **options: Any) -> int:  # noqa: ANN401
    statement, _ = connector._get_merge_from_stage_statement(**options)
    told = {
        "stream": str(options["full_table_name"]).rsplit(".", 1)[-1].strip('"').lower(),
        "folder": options["sync_id"],
        "statement": str(statement),
    }
    with (HERE / "merges.jsonl").open("a") as merges:
        merges.write(json.dumps(told) + "\n")
    return 0


def nothing(_: SnowflakeConnector, **__: object) -> None:
    """In place of a statement about the stage."""


SnowflakeConnector.put_batches_to_stage = put
SnowflakeConnector.merge_from_stage = merge
for name in ("create_file_format", "drop_file_format", "remove_staged_files"):
    setattr(SnowflakeConnector, name, nothing)

(HERE / "database").mkdir(exist_ok=True)
with fakesnow.patch(db_path=HERE / "database"):
    connection = snowflake.connector.connect(database=DATABASE, schema=SCHEMA)
    try:
        TargetSnowflake.cli(sys.argv[1:], standalone_mode=False)
    finally:
        columns = connection.cursor().execute(
            "select table_name, column_name, data_type from information_schema.columns"
            " where table_schema = %s",
            (SCHEMA,),
        )
        types: dict[str, dict[str, str]] = {}
        for table, column, kind in columns.fetchall():
            types.setdefault(table.lower(), {})[column.lower()] = kind
        (HERE / "types.json").write_text(json.dumps(types))
