"""docs/completeness.md: every query is run, and a loader that loses rows is found out."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.sql import SQL, Identifier
from recipes import Page, Warehouse
from starlette.responses import JSONResponse
from support import Kombo, refusal
from test_blanked import Lines
from test_sql_recipes import CLOCK
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from kombo_emulator.behaviour import Behaviour
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from recipes import Block
    from starlette.responses import Response

    from kombo_emulator.exchange import Received
    from scripts.embedded_postgres import PostgreSQL

SCHEMA = "completeness"
ACME, INITECH, GLOBEX = "greenhouse:acme", "lever:initech", "personio:globex"
CUSTOMERS = {ACME: "ATS", INITECH: "ATS", GLOBEX: "HRIS"}
TABLES = ("interviews", "applications", "jobs", "hris_employees")
STREAMS = (*TABLES, "hris_absences", "integrations", "integration_models", "passes")
SEEDS = 200

PAGE = Page(CHECKOUT / "docs" / "completeness.md")
[FRESH] = PAGE.sections["How fresh is each customer?"]
FUNCTION, ARRIVED, PLAIN = PAGE.sections["Did everything arrive?"]
[VANISHED] = PAGE.sections["What did incremental runs miss?"]
[FAILED] = PAGE.sections["Which customers have failed, with what, and since when?"]
[EMPTY] = PAGE.sections["Is it empty because the tool has no such field?"]
QUERIES = (FRESH, ARRIVED, PLAIN, VANISHED, FAILED, EMPTY)

Lost = Counter[tuple[str, str]]


@dataclass
class Story:
    """Three customers, the table that each run has filled, and what the page's queries tell.

    Attributes:
        loads: The messages of each run, as a loader gets them.
    """

    kombo: Kombo
    warehouse: Warehouse
    state: dict[str, Any] = field(default_factory=dict)
    missing: list[Lost] = field(default_factory=list)
    found_out: list[tuple[Lost, Lost]] = field(default_factory=list)
    vanished: str = ""
    loads: list[bytes] = field(default_factory=list)

    def run(self, **settings: Any) -> None:  # noqa: ANN401
        """Run, load, and ask whether everything has arrived."""
        options: dict[str, Any] = {"streams": STREAMS, "page_size": 10, **settings}
        lines = Lines()
        self.kombo.attempt(*CUSTOMERS, sent=lines, state=self.state, **options)
        self.state = lines.state
        self.warehouse.pour(lines.written)
        self.loads.append(lines.written)
        self.missing.append(self.lose(seeded(0), 0)[1])

    def lose(self, random: Random, rows: int, block: Block | None = None) -> tuple[Lost, Lost]:
        """Take random rows out of the tables for a moment; return them, and what is found out."""
        lost: Lost = Counter()
        with self.warehouse.connect() as connection:
            for _ in range(rows):
                table = random.choice(TABLES)
                query = SQL("select id, integration_id from {} order by id").format(
                    Identifier(table)
                )
                row = random.choice(connection.execute(query).fetchall())
                gone = SQL("delete from {} where id = %s").format(Identifier(table))
                connection.execute(gone, [row["id"]])
                lost[row["integration_id"], table] += 1
            found = connection.execute(ARRIVED.text.encode()).fetchall()
            if block:
                self.warehouse.keep(block, connection)
            connection.rollback()
        missing = {(one["integration_id"], one["stream"]): one["missing"] for one in found}
        return lost, Counter(missing)


def seeded(seed: int) -> Random:
    return Random(seed)  # noqa: S311 - nothing secret


def refuse_initech(asked: Received) -> Any:  # noqa: ANN401
    is_list = asked.integration_id == INITECH and asked.path.startswith("/ats/")
    return refusal("INTEGRATION.AUTHENTICATION_INVALID", 403) if is_list else None


def lack_locations(asked: Received, answer: Response) -> Response:
    """Let Initech's tool have no locations of interviews, and Kombo say so."""
    if INITECH not in {asked.integration_id, asked.path.rpartition("/")[2]}:
        return answer
    body = json.loads(bytes(answer.body))
    data = body.get("data") or {}
    for one in data.get("results", ()) if asked.path == "/ats/interviews" else ():
        one["location"] = None
    for model in data.get("read_models", ()):
        for one in model["fields"] if model["id"] == "ats_interviews" else ():
            if one["id"] == "location":
                one |= {"is_available": False, "coverage_status": "UNSUPPORTED"}
    return JSONResponse(body, answer.status_code, {"Date": answer.headers["Date"]})


def told(postgres: PostgreSQL, worker_id: str) -> Story:
    """Let the three runs happen, and ask the page's queries when each has something to show."""
    emulator = Emulator(now="2026-11-23T10:00:00Z", behaviour=Behaviour(after_14_days="remove"))
    for name, category in CUSTOMERS.items():
        size = Size(interviews=40, applications=30, jobs=5, employees=20, absences=20)
        customer = emulator.add_integration(name, category, size)
        customer.details.organization_name = name.partition(":")[2].capitalize()
    emulator.integrations[GLOBEX].details.opted_out.add("hris_absences")
    emulator.alter = lack_locations
    with serve(emulator) as url:
        settings = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA, **postgres.target_settings}
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        warehouse = Warehouse(postgres.url, project, f"{SCHEMA},clock,pg_catalog")
        with warehouse.connect() as connection:
            connection.execute(CLOCK)
            connection.execute("create schema if not exists completeness")
        warehouse.execute(FUNCTION)
        story = Story(Kombo(emulator, url), warehouse)
        story.run()
        story.found_out = [
            story.lose(random, random.randint(1, 5)) for random in map(seeded, range(SEEDS))
        ]
        story.lose(seeded(3), 2, ARRIVED)
        warehouse.ask(PLAIN)
        warehouse.ask(EMPTY)
        acme = emulator.integrations[ACME]
        story.vanished = acme.records("ats_interviews")[7]["id"]
        with emulator.clock.at("2026-11-08T09:00:00Z"):
            acme.delete("ats_interviews", story.vanished)
        emulator.intercept = refuse_initech
        emulator.clock.advance(days=1)
        acme.edit("ats_interviews", acme.records("ats_interviews")[0]["id"], title="Again")
        story.run()
        emulator.clock.set("2026-11-30T09:00:00Z")
        story.run(full_pass_interval_days=3)
        for block in (FRESH, VANISHED, FAILED):
            warehouse.ask(block)
    return story


@pytest.fixture(scope="module")
def story(postgres: PostgreSQL, worker_id: str) -> Story:
    return told(postgres, worker_id)


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: str(QUERIES.index(block)))
def test_the_page_shows_the_real_result(
    story: Story, block: Block, pytestconfig: pytest.Config
) -> None:
    update = pytestconfig.option.update_snapshots
    PAGE.compare(block, story.warehouse.results[block.text], update=update)


def test_every_block_is_run() -> None:
    assert {FUNCTION, *QUERIES} == {block for blocks in PAGE.sections.values() for block in blocks}


def test_customers_of_one_name_and_tool_are_told_apart(story: Story) -> None:
    alike = "update integrations set end_user = one.end_user, tool = one.tool from integrations one"
    with story.warehouse.connect() as connection:
        connection.execute(f"{alike} where one.id = '{ACME}'".encode())
        rows = connection.execute(FRESH.text.encode()).fetchall()
        connection.rollback()

    assert {one["integration_id"] for one in rows} == {*CUSTOMERS}
    assert len(rows) == len(CUSTOMERS)
    assert len({one["customer"] for one in rows}) == 1


def test_a_loader_that_loses_nothing_is_not_suspected(story: Story) -> None:
    assert story.missing == [Counter()] * 3


def test_a_loader_that_loses_rows_is_found_out(story: Story) -> None:
    assert len(story.found_out) == SEEDS
    assert [found for lost, found in story.found_out if found != lost] == []


def test_what_only_the_full_pass_noticed_is_named(story: Story) -> None:
    assert story.warehouse.results[VANISHED.text].count(story.vanished) == 1
