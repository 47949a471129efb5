"""Pages of recipes: their blocks are run, and the tables below them are the real results.

`.venv/bin/pytest --snapshot-update` writes these tables anew.
"""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import psycopg
import yaml
from psycopg.rows import dict_row

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.meltano_project import MeltanoProject

Rows = dict[str, dict[str, Any]]
_FENCED = re.compile(r"```(\w+)\n(.*?)```\n((?:\n(?:\|[^\n]*\n)+)?)", re.DOTALL)


@dataclass(frozen=True)
class Block:
    """A fenced block of a page, and the table of results below it."""

    language: str
    text: str
    result: str


@dataclass(frozen=True)
class Page:
    """A page of recipes.

    Attributes:
        path: Where it is.
    """

    path: Path

    @cached_property
    def sections(self) -> dict[str, list[Block]]:
        """The blocks by the heading that they stand under."""
        found = {}
        for part in self.path.read_text().split("\n## ")[1:]:
            heading, body = part.split("\n", 1)
            if fenced := _FENCED.findall(body):
                found[heading] = [Block(kind, text, below.strip()) for kind, text, below in fenced]
        return found

    def show(self, block: Block, result: str) -> None:
        """Write a result below its block."""

        def renewed(fenced: re.Match[str]) -> str:
            if fenced[2] != block.text:
                return fenced[0]
            return f"```{fenced[1]}\n{fenced[2]}```\n\n{result}\n"

        self.path.write_text(_FENCED.sub(renewed, self.path.read_text()))

    def compare(self, block: Block, result: str, *, update: bool) -> None:
        """Hold a result against what the page shows, or let the page show it."""
        if update:
            self.show(block, result)
        else:
            hint = "`.venv/bin/pytest --snapshot-update` with this test's file writes it anew"
            assert result == block.result, f"The result is now (and {hint}):\n{result}"


@dataclass
class Warehouse:
    """A schema in PostgreSQL, and the Meltano project that loads it.

    Attributes:
        url: Where PostgreSQL is.
        project: What loads.
        search_path: Schemas that names are looked up in; the first is the one that is loaded.
        results: Tables in Markdown, by the text of the query.
        changed: Numbers of rows, by the text of the statement.
    """

    url: str
    project: MeltanoProject
    search_path: str
    results: dict[str, str] = field(default_factory=dict)
    changed: dict[str, int] = field(default_factory=dict)

    def configure(self, block: Block) -> None:
        """Write a block into `meltano.yml`."""
        path = self.project.folder / "meltano.yml"
        configuration = yaml.safe_load(path.read_text())
        for kind, plugins in yaml.safe_load(block.text)["plugins"].items():
            by_name = {plugin["name"]: plugin for plugin in configuration["plugins"][kind]}
            for plugin in plugins:
                for key in plugin.keys() - {"name"}:
                    by_name[plugin["name"]].setdefault(key, {}).update(plugin[key])
        path.write_text(yaml.safe_dump(configuration))

    def pour(self, messages: bytes) -> None:
        """Load the messages of runs in this process, without the time that Meltano takes."""
        prefix = "TARGET_POSTGRES_"
        target: dict[str, Any] = {
            name.removeprefix(prefix).lower(): value
            for name, value in self.project.settings.items()
            if name.startswith(prefix)
        }
        config = self.project.folder / "target.json"
        config.write_text(json.dumps(target | {"port": int(target["port"])}))
        command = [str(self.project.loader), f"--config={config}"]
        done = subprocess.run(command, input=messages, capture_output=True, check=False)
        assert done.returncode == 0, done.stderr.decode()[-2000:]

    def rows(self, table: str) -> Rows:
        """All rows of a table by id."""
        with self.connect() as connection:
            rows = connection.execute(b"select * from " + table.encode()).fetchall()
        assert len(rows) == len({row["id"] for row in rows})
        return {row["id"]: row for row in rows}

    def ask(self, block: Block) -> None:
        """Run a query and keep its result as a table in Markdown."""
        with self.connect() as connection:
            self.keep(block, connection)

    def keep(self, block: Block, connection: psycopg.Connection[Any]) -> None:
        """Do the same over a connection that somebody else has opened."""
        cursor = connection.execute(block.text.encode())
        names = [column.name for column in cursor.description or ()]
        lines = [names, ["---"] * len(names), *(row.values() for row in cursor)]
        self.results[block.text] = "\n".join(
            f"| {' | '.join('' if cell is None else str(cell) for cell in line)} |"
            for line in lines
        )

    def execute(self, block: Block, *, keep: bool = True) -> None:
        """Run a statement, note how many rows it changed, and undo it if it is not to be kept."""
        with self.connect() as connection:
            self.changed[block.text] = connection.execute(block.text.encode()).rowcount
            if not keep:
                connection.rollback()

    def connect(self) -> psycopg.Connection[dict[str, Any]]:
        """Open a connection in which the page's names mean what was loaded."""
        options = f"-c search_path={self.search_path}"
        return psycopg.connect(self.url, row_factory=dict_row, options=options)
