"""Loads into PostgreSQL: tap-kombo and target-postgres beside dlt, and beside COPY as the limit."""

from __future__ import annotations

import json
import os
import time
from dataclasses import dataclass
from functools import partial
from itertools import count
from typing import TYPE_CHECKING

import psycopg
from psycopg.sql import SQL, Identifier

from benchmarks.measure import CHECKOUT, MODELS, Run, in_turns, load, run, served, tap, template
from benchmarks.row import Row, at_most
from benchmarks.scenario import PAGE_SIZE, Scenario
from scripts.embedded_postgres import embedded_postgres
from scripts.meltano_project import MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

DLT = CHECKOUT / ".venv-dlt" / "bin" / "python"
AS_SHIPPED = {"validate_records": False}
VARIANTS: Mapping[str, Mapping[str, object]] = {
    "as shipped": AS_SHIPPED,
    "with COPY": {**AS_SHIPPED, "use_copy": True},
    "checking each record again": {},
}
COPY = "COPY lines FROM STDIN (FORMAT csv, QUOTE E'\\x01', DELIMITER E'\\x02')"  # lines as they are
SCHEMAS = (f"bench_{number}" for number in count())


@dataclass(frozen=True)
class Load:
    """What is loaded, and into what.

    Attributes:
        folder: Where configurations and catalogs are written.
        server: The database.
        loader: The program target-postgres.
        url: Where the lists are served.
        integrations: How many there are.
        streams: What is read of each.
        pages: Pages of each list.
    """

    folder: Path
    server: PostgreSQL
    loader: Path
    url: str
    integrations: int
    streams: Sequence[str]
    pages: int

    @property
    def rows(self) -> int:
        """Rows that all tables hold in the end."""
        return self.integrations * len(self.streams) * self.pages * PAGE_SIZE


def postgres(folder: Path, *, times: int) -> Iterator[Row]:
    """Load 20,000 and 100,000 interviews, and nine streams of ten integrations."""
    with embedded_postgres() as server:
        project = MeltanoProject(CHECKOUT / ".demo" / "bench", server.target_settings)
        project.prepare()
        given = ((1, ["interviews"], 80), (1, ["interviews"], 400), (10, MODELS[:9], 2))
        for integrations, streams, pages in given:
            with served(Scenario(pages=pages)) as url:
                one = Load(folder, server, project.loader, url, integrations, streams, pages)
                yield from _side_by_side(one, times)


def _side_by_side(one: Load, times: int) -> Iterator[Row]:
    folder, server, streams, rows = one.folder, one.server, one.streams, one.rows
    read = tap(folder, one.url, one.integrations, streams)

    def loaded(command: Sequence[str], options: Mapping[str, object]) -> Run:
        schema = next(SCHEMAS)
        config = folder / f"{schema}.json"
        target = json.loads(server.target_config) | {"default_target_schema": schema}
        config.write_text(json.dumps(target | options))
        done = load(command, [one.loader, "--config", config])
        return _counted(server, schema, streams, rows, done)

    def by_dlt() -> Run:
        schema = next(SCHEMAS)
        given = [one.url, str(one.integrations), ",".join(streams), server.url, schema, str(folder)]
        done = run(["benchmarks/dlt_source.py", *given], python=DLT)
        return _counted(server, schema, streams, rows, done)

    def by_copy() -> Run:
        output = folder / "lines.jsonl"
        run(read, output)
        return _copied(server, output, rows)

    commands: dict[str, Callable[[], Run]] = {
        f"tap-kombo, {name}": partial(loaded, read, options) for name, options in VARIANTS.items()
    }
    if len(streams) == 1:
        commands["template tap"] = partial(loaded, template(read), AS_SHIPPED)
    commands |= {"dlt": by_dlt, "COPY of the finished lines": by_copy}
    seen = in_turns(commands, times)
    what = f"{rows:,} rows of {len(streams)} stream(s) into PostgreSQL"
    for name, took in seen.items():
        if name.endswith("as shipped"):
            yield at_most(f"{what}: {name}", took, seen["dlt"], 1.0, "dlt")
        else:
            yield Row(f"{what}: {name}", took, f"{took.wall / seen['dlt'].wall:.2f} x dlt")


def _counted(server: PostgreSQL, schema: str, streams: Sequence[str], rows: int, done: Run) -> Run:
    """Return a run if all rows are there.

    Raises:
        RuntimeError: If they are not.
    """
    with psycopg.connect(server.url) as connection:
        counted = SQL("SELECT count(*) FROM {}")
        tables = [counted.format(Identifier(schema, one)) for one in streams]
        found = connection.execute(SQL(" UNION ALL ").join(tables)).fetchall()
        connection.execute(SQL("DROP SCHEMA {} CASCADE").format(Identifier(schema)))
    held = sum(one for (one,) in found)
    if held != rows:
        msg = f"{held:,} rows instead of {rows:,} in {schema}"
        raise RuntimeError(msg)
    return done


def _copied(server: PostgreSQL, lines: Path, rows: int) -> Run:
    """Copy the records of a file into a table of one column; no loader can be faster."""
    began, cpu = time.monotonic(), os.times().user
    with psycopg.connect(server.url) as connection:
        connection.execute("CREATE TEMP TABLE lines (line jsonb)")
        with (
            lines.open("rb") as file,
            connection.cursor().copy(COPY) as copy,
        ):
            for line in file:
                if line.startswith(b'{"type":"RECORD"'):
                    copy.write(line)
        (held,) = connection.execute("SELECT count(*) FROM lines").fetchone() or (0,)
    if held != rows:
        msg = f"{held:,} lines instead of {rows:,}"
        raise RuntimeError(msg)
    return Run(time.monotonic() - began, os.times().user - cpu, 0, 0)
