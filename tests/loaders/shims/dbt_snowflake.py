"""Runs the SQL that dbt has compiled for Snowflake, in an imitation of it.

    python dbt_snowflake.py TARGET_FOLDER WAREHOUSE.duckdb

The tables are those of a DuckDB that was loaded, with the types that target-snowflake gives them.
Writes each row of a mart as a line of JSON.
"""

from __future__ import annotations

import json
import sys
from graphlib import TopologicalSorter
from pathlib import Path
from typing import Any

# ruff: noqa: ANN401, S608 - drivers without types; names are ours
import duckdb
import fakesnow
import snowflake.connector

TYPES = {
    "VARCHAR": "varchar",
    "TIMESTAMP": "timestamp_ntz",
    "DOUBLE": "float",
    "BOOLEAN": "boolean",
    "JSON": "variant",
}
ROWS = 50
"""So many at a time: each statement is translated."""


def main(target: Path, file: Path) -> None:
    """Make tables, then all models in the order of their references."""
    manifest = json.loads((target / "manifest.json").read_text())
    models = {
        name: node
        for name, node in manifest["nodes"].items()
        if node["resource_type"] == "model" and node["package_name"] == "kombo"
    }
    order = TopologicalSorter(
        {
            name: [one for one in node["depends_on"]["nodes"] if one in models]
            for name, node in models.items()
        }
    )
    known = [one["name"] for one in models.values()]
    with duckdb.connect(str(file), read_only=True) as loaded:
        names = loaded.execute(
            "select table_name from information_schema.tables where table_schema = 'tap_kombo'"
        ).fetchall()
        tables = {
            name: (
                [
                    (one[0], one[1])
                    for one in loaded.execute(f"describe tap_kombo.{name}").fetchall()
                ],
                loaded.execute(f"select * from tap_kombo.{name}").fetchall(),
            )
            for (name,) in names
        }
    with fakesnow.patch():
        cursor = snowflake.connector.connect(database="warehouse", schema="kombo").cursor()
        cursor.execute("create schema warehouse.tap_kombo")
        for name, (columns, rows) in tables.items():
            fill(cursor, f"warehouse.tap_kombo.{name}", columns, rows)
        for name in order.static_order():
            model = models[name]["name"]
            compiled = target / "compiled" / "kombo" / models[name]["original_file_path"]
            text = compiled.read_text()
            for relation in ("warehouse", "kombo", "tap_kombo", *tables, *known):
                text = text.replace(f'"{relation}"', relation)
            cursor.execute(f"create table warehouse.kombo.{model} as {text}")
            if model.startswith("kombo__"):
                found = cursor.execute(f"select * from warehouse.kombo.{model}")
                columns = [one.name.lower() for one in found.description]
                for row in found.fetchall():
                    told = [model.removeprefix("kombo__"), dict(zip(columns, row, strict=True))]
                    sys.stdout.write(json.dumps(told, default=str) + "\n")


def fill(
    cursor: Any, table: str, columns: list[tuple[str, str]], rows: list[tuple[Any, ...]]
) -> None:
    """Make a table of Snowflake with the rows of one of DuckDB."""
    typed = ", ".join(f"{name} {TYPES[kind]}" for name, kind in columns)
    cursor.execute(f"create table {table} ({typed})")
    values = ", ".join(
        f"parse_json(column{at})" if kind == "JSON" else f"column{at}::{TYPES[kind]}"
        for at, (_, kind) in enumerate(columns, 1)
    )
    for start in range(0, len(rows), ROWS):
        given = ", ".join(f"({', '.join(map(literal, row))})" for row in rows[start : start + ROWS])
        cursor.execute(f"insert into {table} select {values} from (values {given})")


def literal(value: Any) -> str:
    """A value as a text of SQL."""
    if value is None:
        return "null"
    text = str(value).replace("\\", "\\\\").replace("'", "''")
    return f"'{text}'"


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
