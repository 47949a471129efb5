"""Runs each loader in a venv of its own, and reads back what it holds."""

from __future__ import annotations

import csv
import datetime as dt
import gzip
import json
import re
import subprocess
from collections import Counter
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import psycopg
import yaml
from loaders.compare import kind
from loaders.losses import as_float
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from psycopg.types.json import set_json_loads

from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from loaders.compare import Tables
    from loaders.messages import Messages, Record

    from scripts.embedded_postgres import PostgreSQL

SHIMS = Path(__file__).parent / "shims"
exact = partial(json.loads, parse_float=Decimal)


def load(command: Sequence[str | Path], messages: Messages, folder: Path, config: Record) -> None:
    """Let a loader read both files, one after the other."""
    path = folder / "config.json"
    path.write_text(json.dumps(config))
    for file in messages.files:
        with file.open("rb") as given, (folder / f"{file.stem}.log").open("wb") as log:
            arguments = [*command, "--config", path]
            subprocess.run(arguments, stdin=given, stdout=log, stderr=log, cwd=folder, check=True)


def documented(loader: str) -> Record:
    """The settings that docs/loading.md gives a loader, without those that differ for everybody."""
    page = (CHECKOUT / "docs" / "loading.md").read_text()
    for block in map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)):
        [plugin] = block["plugins"]["loaders"]
        if plugin["name"] == loader:
            shown = {one["name"]: one["value"] for one in plugin["settings"] if "value" in one}
            shown |= plugin.get("config", {})
            return {name: one for name, one in shown.items() if not str(one).startswith("$")}
    raise LookupError(loader)


def program(group: str, name: str = "") -> Path:
    return CHECKOUT / f".venv-{group}" / "bin" / (name or group)


def postgres(
    messages: Messages, folder: Path, server: PostgreSQL, schema: str, **settings: object
) -> Tables:
    config = json.loads(server.target_config) | {"default_target_schema": schema} | settings
    load([program("target-postgres")], messages, folder, config)
    with psycopg.connect(server.url, row_factory=dict_row) as connection:
        set_json_loads(exact, connection)
        return {
            stream: connection.execute(
                SQL("select * from {}").format(Identifier(schema, stream))
            ).fetchall()
            for stream in messages.schemas
        }


DUCKDB = """
import duckdb, json, sys
with duckdb.connect("warehouse.duckdb", read_only=True) as warehouse:
    for stream in sys.argv[1:]:
        found = warehouse.execute(f"select * from tap_kombo.{stream}")
        names = [one[0] for one in found.description]
        for row in found.fetchall():
            print(json.dumps([stream, dict(zip(names, row))], default=str))
"""


def duckdb(messages: Messages, folder: Path, **settings: object) -> Tables:
    file = str(folder / "warehouse.duckdb")
    config = documented("target-duckdb") | {"filepath": file, "default_target_schema": "tap_kombo"}
    load([program("target-duckdb")], messages, folder, config | settings)
    python = program("target-duckdb", "python")
    command = [str(python), "-c", DUCKDB, *messages.schemas]
    done = subprocess.run(command, cwd=folder, capture_output=True, check=True)
    held: Tables = {stream: [] for stream in messages.schemas}
    for stream, row in map(exact, done.stdout.splitlines()):
        held[stream].append(row)
    return {stream: decoded(rows, messages.schemas[stream]) for stream, rows in held.items()}


def decoded(rows: list[Record], schemas: Record) -> list[Record]:
    """Rows of which objects and lists are JSON as text."""
    nested = {name for name, one in schemas.items() if kind(one) in {"array", "object"}}
    return [
        {name: exact(one) if name in nested and one else one for name, one in row.items()}
        for row in rows
    ]


def files(folder: Path, stream: str) -> list[Path]:
    """The files of a stream, oldest first."""
    return sorted(one for one in folder.iterdir() if one.name.startswith(f"{stream}-"))


def jsonl(messages: Messages, folder: Path) -> Tables:
    (output := folder / "output").mkdir()
    load([program("target-jsonl")], messages, folder, {"destination_path": str(output)})
    return {
        stream: [
            exact(line)
            for file in files(output, stream)
            for line in file.read_bytes().split(b"\n")[:-1]
        ]
        for stream in messages.schemas
    }


def read_csv(messages: Messages, folder: Path) -> Tables:
    csv.field_size_limit(10_000_000)
    held: Tables = {stream: [] for stream in messages.schemas}
    for stream, schemas in messages.schemas.items():
        for file in files(folder, stream):
            with file.open(newline="", encoding="utf-8") as lines:
                held[stream] += [
                    {name: of_text(text, schemas[name]) for name, text in row.items()}
                    for row in csv.DictReader(lines, strict=True)
                ]
    return held


def of_text(text: str, schema: Record) -> Any:  # noqa: ANN401
    """A cell of a CSV file, in which nothing has a type and null looks like an empty text."""
    if not text:
        return None
    if kind(schema) == "number":
        return Decimal(text)
    return text == "True" if kind(schema) == "boolean" else text


def meltanolabs_csv(messages: Messages, folder: Path) -> Tables:
    (output := folder / "output").mkdir()
    config = documented("target-csv") | {"output_path": str(output)}
    config["timestamp_format"] = "%Y%m%dT%H%M%S.%f"  # the two runs may fall into one second
    load([program("meltanolabs-target-csv", "target-csv")], messages, folder, config)
    return read_csv(messages, output)


def old_csv(messages: Messages, folder: Path) -> Tables:
    """The first target-csv; the shim gives back what Python has taken away since."""
    (output := folder / "output").mkdir()
    config = {"destination_path": str(output), "disable_collection": True}
    command = [program("target-csv", "python"), SHIMS / "old_collections.py"]
    load(command, messages, folder, config)
    return read_csv(messages, output)


def snowflake(messages: Messages, folder: Path) -> Tables:
    """What MERGE would find in the stage, if the columns can hold it."""
    config = {"account": "a", "user": "u", "password": "p", "database": "WAREHOUSE"}
    config |= documented("target-snowflake") | {"default_target_schema": "tap_kombo"}
    command = [program("target-snowflake", "python"), SHIMS / "fake_snowflake.py"]
    load(command, messages, folder, config)
    types = json.loads((folder / "types.json").read_text())
    held: dict[str, dict[str, Record]] = {stream: {} for stream in messages.schemas}
    for merge in map(json.loads, (folder / "merges.jsonl").read_text().splitlines()):
        stream, columns = merge["stream"], types[merge["stream"]]
        for name in messages.schemas[stream]:
            assert re.search(rf'\$1:"?{name}"?::\w+', merge["statement"], re.IGNORECASE), name
        for file in sorted((folder / "stage" / merge["folder"]).iterdir()):
            for row in map(exact, gzip.decompress(file.read_bytes()).splitlines()):
                held[stream][row["id"]] = {
                    name: IN_SNOWFLAKE[columns[name]](one) if one is not None else None
                    for name, one in row.items()
                    if name in columns
                }
    return {stream: list(rows.values()) for stream, rows in held.items()}


def only(*kinds: type) -> Callable[[Any], Any]:
    """A column that takes values of these types and no others."""

    def take(value: Any) -> Any:  # noqa: ANN401
        assert type(value) in kinds, type(value)
        return value

    return take


def read_by(read: Callable[[str], object]) -> Callable[[str], str]:
    """A column that takes texts which can be read in some way."""

    def take(value: str) -> str:
        read(value)
        return value

    return take


MOMENT, DAY = read_by(dt.datetime.fromisoformat), read_by(dt.date.fromisoformat)
IN_SNOWFLAKE: dict[str, Callable[[Any], Any]] = {
    "TEXT": only(str),
    "BOOLEAN": only(bool),
    "FLOAT": lambda value: as_float(only(int, Decimal)(value)),
    "VARIANT": lambda value: value,
    "TIMESTAMP_NTZ": MOMENT,
    "DATE": DAY,
    "NUMBER": only(int),
}
"""What a column of each type holds of a value of JSON."""


def bigquery(messages: Messages, folder: Path) -> tuple[Tables, Counter[str]]:
    """What load jobs and MERGE would leave in BigQuery, and what it would refuse."""
    config = documented("target-bigquery") | {"project": "p", "dataset": "d", "location": "EU"}
    command = [program("target-bigquery", "python"), SHIMS / "fake_bigquery.py"]
    load(command, messages, folder, config)
    held: dict[str, dict[str, Record]] = {stream: {} for stream in messages.schemas}
    refused: Counter[str] = Counter()
    for asked in map(json.loads, (folder / "asked.jsonl").read_text().splitlines()):
        if "load" not in asked:
            continue
        stream = asked["load"].partition("__")[0]
        for row in map(exact, gzip.decompress((folder / asked["file"]).read_bytes()).splitlines()):
            held[stream][row["id"]] = in_bigquery(row, asked["schema"], refused)
    return {stream: list(rows.values()) for stream, rows in held.items()}, refused


def in_bigquery(row: Record, fields: list[Record], refused: Counter[str]) -> Record:
    """A row or an object as its fields hold it; the loader lets BigQuery ignore all others."""

    def one(value: Any, field: Record) -> Any:  # noqa: ANN401
        if value is None:
            return None
        if (wanted := field["type"].upper()) == "RECORD":
            return in_bigquery(value, field["fields"], refused)
        try:
            return IN_BIGQUERY[wanted](value)
        except (AssertionError, ValueError):
            refused[f"{type(value).__name__} for {wanted}"] += 1
            return None

    found = {}
    for field in fields:
        name = field["name"]
        if name in row and field["mode"] == "REPEATED":
            values = row[name] or []
            refused["null in a list"] += values.count(None)
            found[name] = [one(value, field) for value in values]
        elif name in row:
            found[name] = one(row[name], field)
    return found


IN_BIGQUERY: dict[str, Callable[[Any], Any]] = {
    "STRING": only(str),
    "BOOLEAN": only(bool),
    "FLOAT": lambda value: as_float(only(int, Decimal)(value)),
    "INTEGER": only(int),
    "JSON": lambda value: value,
    "TIMESTAMP": MOMENT,
    "DATE": DAY,
}
"""The same for a field of BigQuery.

Its load jobs take a null list for an empty one, and refuse null within a list
(github.com/bxparks/bigquery-schema-generator/issues/90, mozilla/jsonschema-transpiler/issues/91).
"""
