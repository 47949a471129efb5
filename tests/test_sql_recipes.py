"""The recipes of docs/sql-recipes.md: every block is run, and every result is compared."""

from __future__ import annotations

import datetime as dt
import json
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from itertools import accumulate
from typing import TYPE_CHECKING, Any

import pytest
from recipes import Page, Warehouse
from support import KEY
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from recipes import Block

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

SCHEMA = "recipes"
ACME, GLOBEX = "greenhouse:acme", "personio:globex"
STREAMS = (
    *("applications", "interviews", "jobs", "offers", "users"),
    *("hris_employees", "hris_absences"),
)
PAGE = Page(CHECKOUT / "docs" / "sql-recipes.md")
[BOUNDS] = PAGE.sections["Time in stage"]
[FUNNEL] = PAGE.sections["Hiring funnel"]
[INTERVIEWS] = PAGE.sections["Interviews per week and interviewer"]
[OFFERS] = PAGE.sections["Offer acceptance"]
[HEADCOUNT] = PAGE.sections["Headcount"]
[ABSENCES] = PAGE.sections["Absence days"]
QUERIES = [block for blocks in PAGE.sections.values() for block in blocks]
# The recipes ask for `now()`; the schema `clock` answers before PostgreSQL does.
CLOCK = """
create schema if not exists clock;
create or replace function clock.now() returns timestamptz language sql
as $$ select timestamptz '2026-11-30T10:00:00Z' $$
"""
NOW = dt.datetime.fromisoformat("2026-11-30T10:00:00Z")
Records = list[dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """The results of the page's queries, and the live records of Kombo that they tell of."""

    warehouse: Warehouse
    ats: Integration
    hris: Integration

    def cells(self, block: Block) -> list[list[str]]:
        """The cells of a result, without its head."""
        _, _, *lines = self.warehouse.results[block.text].splitlines()
        return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]

    def live(self, model: str) -> Records:
        one = self.hris if model.startswith("hris_") else self.ats
        return one.records(model, include_deleted=False)


def move(ats: Integration) -> None:
    """Move every second open application on during a week."""
    stages = [row["id"] for row in ats.records("ats_application_stages")]
    applications = ats.records("ats_applications", include_deleted=False)
    pending = [row for row in applications if row["outcome"] == "PENDING"]
    for number, row in enumerate(pending[::2]):
        following = stages[(stages.index(row["current_stage_id"]) + 1) % len(stages)]
        with ats.world.clock.at(dt.datetime(2026, 11, 24 + number % 5, tzinfo=dt.UTC)):
            ats.edit("ats_applications", row["id"], current_stage_id=following)


@pytest.fixture(scope="module")
def told(postgres: PostgreSQL, worker_id: str) -> Told:
    emulator = Emulator(now="2026-11-23T10:00:00Z")
    ats = emulator.add_integration(ACME, "ATS", Size(applications=120, offers=60))
    hris = emulator.add_integration(GLOBEX, "HRIS", Size(absences=300))
    for month in (8, 9, 9, 11):
        with emulator.clock.at(dt.datetime(2026, month, 14, tzinfo=dt.UTC)):
            hris.hire_employee()
    for model in ("ats_applications", "ats_interviews", "ats_offers"):
        ats.delete(model, ats.records(model)[0]["id"])
    for model in ("hris_employees", "hris_absences"):
        hris.delete(model, hris.records(model)[0]["id"])

    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": f"{ACME},{GLOBEX}",
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        warehouse = Warehouse(postgres.url, project, f"{SCHEMA},clock,pg_catalog")
        project.load()
        with warehouse.connect() as connection:
            connection.execute(CLOCK)
        emulator.clock.set(NOW)
        move(ats)
        project.load()
    for query in QUERIES:
        warehouse.ask(query)
    return Told(warehouse, ats, hris)


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: block.text.splitlines()[0][:40])
def test_page_shows_the_real_result(told: Told, block: Block, pytestconfig: pytest.Config) -> None:
    update = pytestconfig.option.update_snapshots
    PAGE.compare(block, told.warehouse.results[block.text], update=update)
    assert 2 <= len(told.cells(block)) <= 8


def test_every_block_is_run() -> None:
    blocks = [block for section in PAGE.sections.values() for block in section]
    assert {block.language for block in blocks} == {"sql"}
    assert len(blocks) == len(QUERIES) == 6


def test_who_is_in_a_later_stage_has_reached_the_earlier_ones(told: Told) -> None:
    positions = Counter(
        row["current_stage"]["index"]
        for row in told.live("ats_applications")
        if row["current_stage"]
    )
    reached = list(accumulate(positions[index] for index in sorted(positions, reverse=True)))
    assert [int(cells[3]) for cells in told.cells(FUNNEL)] == reached[::-1]
    assert reached[-1] == 119


def test_a_stay_is_longer_than_since_the_last_change_and_shorter_than_the_application(
    told: Told,
) -> None:
    moved = {row["current_stage"]["name"] for row in told.live("ats_applications")}
    for stage, _, at_least, at_most in told.cells(BOUNDS):
        assert stage in moved
        assert 2 < Decimal(at_least) < Decimal(at_most)


def test_interviews_count_for_each_interviewer(told: Told) -> None:
    counted = Counter(
        (monday(row["starting_at"]), f"{user['first_name']} {user['last_name']}")
        for row in told.live("ats_interviews")
        if not row["canceled"]
        for user in row["users"]
    )
    for week, interviewer, interviews in told.cells(INTERVIEWS):
        assert counted[week, interviewer] == int(interviews)
    assert told.cells(INTERVIEWS)[0][0] == max(counted)[0]


def monday(moment: str) -> str:
    day = dt.datetime.fromisoformat(moment).date()
    return str(day - dt.timedelta(days=day.weekday()))


def test_acceptance_is_of_those_decided(told: Told) -> None:
    counted = Counter(
        (row["application"]["job"]["name"], row["status"]) for row in told.live("ats_offers")
    )
    for job, accepted, declined, _, percent in told.cells(OFFERS):
        assert (int(accepted), int(declined)) == (
            counted[job, "ACCEPTED"],
            counted[job, "DECLINED"],
        )
        decided = int(accepted) + int(declined)
        assert percent == (f"{100 * int(accepted) / decided:.0f}" if decided else "")


def test_headcount_is_of_those_who_have_begun_and_not_left(told: Told) -> None:
    employees = told.live("hris_employees")
    for month, employed, _ in told.cells(HEADCOUNT):
        assert int(employed) == sum(
            bool(row["start_date"] and row["start_date"][:10] <= month)
            and not (row["termination_date"] and row["termination_date"][:10] < month)
            for row in employees
        )
    assert [int(joined) for _, _, joined in told.cells(HEADCOUNT)] == [0, 0, 0, 1, 2, 0]


def test_days_of_absence_are_those_approved(told: Told) -> None:
    days: Counter[str] = Counter()
    for row in told.live("hris_absences"):
        begun = (row["start_date"] or "").startswith("2026")
        if begun and row["status"] == "APPROVED" and row["unit"] == "DAYS":
            days[(row["type"] or {}).get("name") or "unknown"] += row["amount"] or 0
    assert {cells[0]: int(cells[2]) for cells in told.cells(ABSENCES)} == days
