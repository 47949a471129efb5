"""What docs/loading.md says of the rights of the loader's role: with fewer, a load fails."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from typing import TYPE_CHECKING

import psycopg
import pytest
from support import Kombo
from test_blanked import Lines
from test_first_errors import SECTIONS
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
PAGE = (CHECKOUT / "docs" / "loading.md").read_text().split("## PostgreSQL\n")[1].split("\n## ")[0]
[BLOCK] = re.findall(r"```sql\n(.*?)```", PAGE, re.DOTALL)
ROLE, SCHEMA, GRANT = BLOCK.splitlines()
MAKE_SCHEMA, MAKE_TABLES = re.findall(r"`(grant (?:create|temporary) on database [^`]+)`", PAGE)
PROBLEM = "The role lacks a right"
[NO_SCHEMA], (NO_DATABASE, NO_TEMPORARY, NO_OWNER) = (
    [line.rpartition(") ")[2] for line in text.splitlines()] for text in SECTIONS[PROBLEM]
)
[GIVE_AWAY] = re.findall(
    r"`(alter table [^`]+)`", (CHECKOUT / "docs" / "errors.md").read_text(), re.DOTALL
)


@dataclass(frozen=True)
class Warehouse:
    """A database of its own, and the loader."""

    server: PostgreSQL
    program: Path
    folder: Path

    def do(self, *statements: str) -> None:
        url = self.server.url.rpartition("/")[0]
        with psycopg.connect(f"{url}/warehouse", autocommit=True) as connection:
            for one in statements:
                connection.execute(one.encode())

    def load(self, messages: bytes, user: str = "loader") -> str:
        """Return what the loader has to say of an error."""
        config = json.loads(self.server.target_config) | {"user": user, "database": "warehouse"}
        (self.folder / "target.json").write_text(json.dumps(config))
        command: list[str | Path] = [self.program, "--config", self.folder / "target.json"]
        done = subprocess.run(command, input=messages, capture_output=True, check=False)
        said = done.stderr.decode()
        assert bool(done.returncode) == ("InsufficientPrivilege" in said), said[-2000:]
        return said if done.returncode else ""


@pytest.fixture(scope="module")
def messages() -> bytes:
    emulator, lines = Emulator(), Lines()
    emulator.add_integration(A, "ATS", Size(interviews=7))
    with serve(emulator) as url:
        Kombo(emulator, url).run(A, sent=lines, streams=("interviews",))
    return lines.written


@pytest.fixture
def warehouse(postgres: PostgreSQL, worker_id: str, tmp_path: Path) -> Warehouse:
    project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", {})
    project.prepare()
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute("drop database if exists warehouse with (force)")
        connection.execute("drop role if exists loader")
        connection.execute("create database warehouse")
        connection.execute(ROLE.encode())
    return Warehouse(postgres, project.loader, tmp_path)


def with_another_column(messages: bytes) -> bytes:
    lines = [json.loads(line) for line in messages.splitlines()]
    for one in lines:
        if one["type"] == "SCHEMA":
            one["schema"]["properties"]["another"] = {"type": ["string", "null"]}
    return b"".join(json.dumps(one).encode() + b"\n" for one in lines)


def test_what_the_page_grants_is_enough(warehouse: Warehouse, messages: bytes) -> None:
    warehouse.do(SCHEMA, GRANT)
    assert warehouse.load(messages) == ""
    assert warehouse.load(with_another_column(messages)) == ""


@pytest.mark.parametrize("right", ["usage", "create"])
def test_both_rights_of_the_schema_are_needed(
    warehouse: Warehouse, messages: bytes, right: str
) -> None:
    warehouse.do(SCHEMA, GRANT.replace("usage, create", right))
    assert NO_SCHEMA in warehouse.load(messages)


def test_it_makes_the_schema_if_it_may(warehouse: Warehouse, messages: bytes) -> None:
    assert NO_DATABASE in warehouse.load(messages)
    warehouse.do(MAKE_SCHEMA)
    assert warehouse.load(messages) == ""


def test_it_makes_temporary_tables(warehouse: Warehouse, messages: bytes) -> None:
    warehouse.do("revoke temporary on database warehouse from public", SCHEMA, GRANT)
    assert NO_TEMPORARY in warehouse.load(messages)
    warehouse.do(MAKE_TABLES)
    assert warehouse.load(messages) == ""


def test_it_owns_the_tables(warehouse: Warehouse, messages: bytes) -> None:
    warehouse.do(SCHEMA, GRANT)
    assert warehouse.load(messages, user="postgres") == ""
    warehouse.do("grant all on all tables in schema tap_kombo to loader")
    assert NO_OWNER in warehouse.load(with_another_column(messages))
    warehouse.do(GIVE_AWAY)
    assert warehouse.load(with_another_column(messages)) == ""
