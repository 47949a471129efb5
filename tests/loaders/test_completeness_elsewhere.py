"""The queries of docs/completeness.md in DuckDB: they come to what the page shows."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from loaders.loading import documented, program
from test_completeness import EMPTY, FAILED, FRESH, PLAIN, VANISHED, told

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from recipes import Block

    from scripts.embedded_postgres import PostgreSQL

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="duckdb 1.1.3 has no wheel for 3.14"
)

NOW = "timestamptz '2026-11-30T10:00:00Z'"
OLDEST, NEWEST = program("target-duckdb", "python"), program("dbt", "python")
AFTER_ONE_RUN, AFTER_ALL = (PLAIN, EMPTY), (FRESH, VANISHED, FAILED)
ASK = """
import duckdb, json, sys
with duckdb.connect(sys.argv[1]) as warehouse:
    warehouse.execute("use tap_kombo")
    for query in sys.argv[2:]:
        found = warehouse.execute(query)
        names = [one[0] for one in found.description or ()]
        print(json.dumps([names, *found.fetchall()], default=str))
"""

TWO_PASSES = """
create or replace table passes as
select 'greenhouse:acme' as integration_id, * from (values
  ('interviews', 'complete', timestamp '2026-11-03', timestamp '2026-11-03', 3),
  ('users', 'complete', timestamp '2026-11-05', timestamp '2026-11-05', 3)
) as t (stream, outcome, started_at, ended_at, records)
"""


def ask(python: Path, file: Path, *queries: str) -> list[str]:
    """Run queries on a copy of a file, and return their results as tables in Markdown."""
    copy = shutil.copy(file, file.with_suffix(".copy"))
    command = [str(python), "-c", ASK, copy, *queries]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == 0, done.stderr
    return [table(*json.loads(line)) for line in done.stdout.splitlines()]


def table(names: list[str], *rows: list[object]) -> str:
    lines = [names, ["---"] * len(names), *(map(shown, row) for row in rows)]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)


def shown(cell: object) -> str:
    """A cell as PostgreSQL's driver gives it: numbers are not floats there."""
    return "" if cell is None else f"{cell:g}" if isinstance(cell, float) else str(cell)


@pytest.fixture(scope="module")
def files(
    postgres: PostgreSQL, worker_id: str, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, Path]:
    """What target-duckdb has made of the first run, and of all."""
    folder = tmp_path_factory.mktemp("duckdb")
    file, first = folder / "warehouse.duckdb", folder / "first.duckdb"
    config = documented("target-duckdb")
    config |= {"filepath": str(file), "default_target_schema": "tap_kombo"}
    (folder / "target.json").write_text(json.dumps(config))
    for number, messages in enumerate(told(postgres, worker_id).loads):
        command = [str(program("target-duckdb")), f"--config={folder / 'target.json'}"]
        subprocess.run(command, input=messages, capture_output=True, check=True)
        if not number:
            shutil.copy(file, first)
    return first, file


def compare(python: Path, file: Path, blocks: Sequence[Block]) -> None:
    found = ask(python, file, *(block.text.replace("now()", NOW) for block in blocks))
    assert found == [block.result for block in blocks]


def test_the_oldest_that_we_name(files: tuple[Path, Path]) -> None:
    first, file = files
    compare(OLDEST, first, [PLAIN])
    compare(OLDEST, file, AFTER_ALL)


def test_the_newest(files: tuple[Path, Path]) -> None:
    first, file = files
    compare(NEWEST, first, AFTER_ONE_RUN)
    compare(NEWEST, file, AFTER_ALL)


@pytest.mark.parametrize("python", [OLDEST, NEWEST], ids=["oldest", "newest"])
def test_a_customer_of_whom_nothing_arrived_is_listed(
    files: tuple[Path, Path], python: Path
) -> None:
    """DuckDB before 1.4 leaves this row out of a left join."""
    _, found = ask(python, files[0], TWO_PASSES, PLAIN.text)
    assert found.splitlines()[2:] == ["| greenhouse:acme | 3 | 0 |"]
