"""The same lists loaded by dlt's REST source, merged by id, nested values as JSON.

It runs in a venv of its own, for dlt is no dependency:
.venv-dlt/bin/python benchmarks/dlt_source.py URL INTEGRATIONS STREAMS DATABASE SCHEMA FOLDER
"""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

import dlt
from dlt.sources.rest_api import rest_api_resources

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlt.sources import DltResource


def lists(url: str, integrations: int, streams: list[str]) -> Iterator[DltResource]:
    """Yield one resource for each list of each integration."""
    for number in range(1, integrations + 1):
        config: Any = {
            "client": {
                "base_url": url,
                "headers": {
                    "X-Integration-Id": f"tool:bench-{number}",
                    "Authorization": "Bearer k",
                },
                "paginator": {
                    "type": "cursor",
                    "cursor_path": "data.next",
                    "cursor_param": "cursor",
                },
            },
            "resource_defaults": {
                "primary_key": "id",
                "write_disposition": {"disposition": "merge", "strategy": "delete-insert"},
                "max_table_nesting": 0,
                "parallelized": True,
            },
            "resources": [
                {
                    "name": f"{stream}_{number}",
                    "table_name": stream,
                    "endpoint": {
                        "path": f"ats/{stream.replace('_', '-')}",
                        "params": {"page_size": 250, "include_deleted": "true"},
                        "data_selector": "data.results",
                    },
                }
                for stream in streams
            ],
        }
        yield from rest_api_resources(config)


if __name__ == "__main__":
    url, integrations, streams, database, schema, folder = sys.argv[1:]
    pipeline = dlt.pipeline(
        schema,
        pipelines_dir=f"{folder}/dlt",
        destination=dlt.destinations.postgres(database.replace("@", ":any@")),
        dataset_name=schema,
    )
    pipeline.run(list(lists(url, int(integrations), streams.split(","))))
