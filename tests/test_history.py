"""The page docs/history.md: loaded day by day, every block is run, and every result is compared."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from dataclasses import dataclass, field
from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
import yaml
from psycopg.sql import SQL, Identifier
from recipes import Page, Warehouse
from support import KEY, Kombo
from test_blanked import Lines
from test_sql_recipes import CLOCK
from warm import WarmProject

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from recipes import Block

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL

SCHEMA = "history"
ACME, GLOBEX = "greenhouse:acme", "personio:globex"
STREAMS = ("applications", "hris_employees")
SIZE = Size(applications=60, employees=40)
DAYS = [dt.datetime(2026, 11, day, 10, tzinfo=dt.UTC) for day in range(23, 31)]

PAGE = Page(CHECKOUT / "docs" / "history.md")
VIEW, VERSIONS, AS_OF = PAGE.sections["Versions with a beginning and an end"]
STAYS, MOVES, TIME = PAGE.sections["Stage history"]
EMPLOYEES, HEADCOUNT = PAGE.sections["Headcount by day"]
[CHANGES] = PAGE.sections["Job titles and managers"]
[LEAN] = PAGE.sections["Keep people out"]
ERASE_APPLICATIONS, ERASE_EMPLOYEES = PAGE.sections["Erasure"]
[MAP] = PAGE.sections["Keep every version"]
VIEWS = (VIEW, STAYS, EMPLOYEES)
QUERIES = (VERSIONS, AS_OF, MOVES, TIME, HEADCOUNT, CHANGES)
LOGS = {"applications_log": "ats_applications", "employees_log": "hris_employees"}
DELETED_ON = 27
Journal = dict[tuple[str, str], dict[str, Any]]


@dataclass(frozen=True)
class Told:
    """The results of the page, and what has happened at Kombo.

    Attributes:
        warehouse: Where it was asked.
        days: What Kombo had at the first load and on each day after it: records by model.
        moved: Applications and the day on which they were moved; twice counts once.
        changed: The day on which the title or manager of an employee changed.
        deleted: What was deleted, by table.
        logged: The rows of the logs.
        left: The same, after the statements of the page.
    """

    warehouse: Warehouse
    days: list[dict[str, list[dict[str, Any]]]] = field(default_factory=list)
    moved: set[tuple[str, int]] = field(default_factory=set)
    changed: list[tuple[int, str]] = field(default_factory=list)
    deleted: dict[str, str] = field(default_factory=dict)
    logged: dict[str, list[dict[str, Any]]] = field(default_factory=dict)
    left: dict[str, list[dict[str, Any]]] = field(default_factory=dict)

    def cells(self, block: Block) -> list[list[str]]:
        """The cells of a result, without its head."""
        _, _, *lines = self.warehouse.results[block.text].splitlines()
        return [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]

    def journal(self, model: str) -> Journal:
        """Every version that Kombo has had at a load."""
        there = (record for day in self.days for record in day[model])
        return {(record["id"], record["changed_at"]): record for record in there}


def maps(block: Block) -> dict[str, Any]:
    """The stream maps of a block."""
    [plugin] = yaml.safe_load(block.text)["plugins"]["extractors"]
    found: dict[str, Any] = plugin["config"]["stream_maps"]
    return found


def recruit(ats: Integration, told: Told, day: int) -> None:
    """Move applications on, one of them twice, and let one be deleted."""
    stages = [one["id"] for one in ats.records("ats_application_stages")]
    applications = [
        one
        for one in ats.records("ats_applications", include_deleted=False)
        if one["current_stage_id"]
    ]
    for number, one in enumerate(applications[: 3 + day % 3]):
        place = stages.index(one["current_stage_id"])
        for hour in (8, 9)[: 1 + (number == 0)]:
            place = (place + 1) % len(stages)
            with ats.world.clock.at(dt.datetime(2026, 11, day, hour, number, tzinfo=dt.UTC)):
                ats.edit("ats_applications", one["id"], current_stage_id=stages[place])
        told.moved.add((one["id"], day))
    if day == DELETED_ON:
        told.deleted["applications_log"] = applications[1]["id"]
        told.moved.remove((applications[1]["id"], day))  # the run sees the deletion only
        ats.delete("ats_applications", applications[1]["id"])


def employ(hris: Integration, told: Told, day: int) -> None:
    """Let people come and go, and get other titles and managers."""
    names = ("manager_id", "job_title", "start_date")
    staff = [one for one in told.days[0]["hris_employees"] if all(one[name] for name in names)]
    gone, left, promoted, *_, handed_over = (one for one in staff if not one["termination_date"])
    if day in {24, 26}:
        hris.hire_employee()
    if day == DELETED_ON:
        told.deleted["employees_log"] = gone["id"]
        hris.delete("hris_employees", gone["id"])
    if day == 28:
        hris.edit("hris_employees", left["id"], termination_date="2026-11-28T00:00:00.000Z")
        hris.edit("hris_employees", handed_over["manager_id"], last_name="Newly-Married")
    if title := {25: "Team lead", 29: "Head of department"}.get(day):
        hris.edit("hris_employees", promoted["id"], job_title=title)
        told.changed.append((day, "title"))
    if day == 30:
        hris.edit("hris_employees", handed_over["id"], manager_id=promoted["id"])
        told.changed.append((day, "manager"))


@pytest.fixture(scope="module")
def told(postgres: PostgreSQL, worker_id: str) -> Told:
    emulator = Emulator(now=DAYS[0])
    ats = emulator.add_integration(ACME, "ATS", SIZE)
    hris = emulator.add_integration(GLOBEX, "HRIS", SIZE)
    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": f"{ACME},{GLOBEX}",
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO__SELECT": '["applications.*", "hris_employees.*"]',
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        told = Told(Warehouse(postgres.url, project, f"{SCHEMA},clock,pg_catalog"))
        told.warehouse.configure(MAP)
        note(told, ats, hris)
        project.load()
        lines = Lines()
        for moment in DAYS:
            emulator.clock.set(moment)
            if lines.messages:
                recruit(ats, told, moment.day)
                employ(hris, told, moment.day)
                note(told, ats, hris)
            run(Kombo(emulator, url), lines)
        told.warehouse.pour(lines.written)
        with told.warehouse.connect() as connection:
            connection.execute(CLOCK)
        for block in VIEWS:
            told.warehouse.execute(block)
        for block in QUERIES:
            told.warehouse.ask(block)
        told.logged.update(logs(told))
        erase(told, Kombo(emulator, url), lines.state)
        told.left.update(logs(told))
    return told


def note(told: Told, ats: Integration, hris: Integration) -> None:
    """Keep what Kombo has now."""
    shown = {"ats_applications": ats, "hris_employees": hris}
    told.days.append({model: tool.records(model) for model, tool in shown.items()})


def run(kombo: Kombo, lines: Lines, state: dict[str, Any] | None = None) -> None:
    """Run as Meltano has done before, on the state of the last run."""
    kombo.run(
        *(ACME, GLOBEX),
        streams=STREAMS,
        state=state or lines.state,
        stream_maps=maps(MAP),
        sent=lines,
    )


def erase(told: Told, kombo: Kombo, state: dict[str, Any]) -> None:
    """Let two weeks pass, and run the statements of the page."""
    lines = Lines()
    kombo.emulator.clock.advance(days=15)
    run(kombo, lines, state)
    told.warehouse.pour(lines.written)
    with told.warehouse.connect() as connection:
        connection.execute(CLOCK.replace("2026-11-30", "2026-12-15").encode())
    for block in (ERASE_APPLICATIONS, ERASE_EMPLOYEES):
        told.warehouse.execute(block)


def logs(told: Told) -> dict[str, list[dict[str, Any]]]:
    """The rows of the logs."""
    with told.warehouse.connect() as connection:
        return {
            table: connection.execute(SQL("select * from {}").format(Identifier(table))).fetchall()
            for table in LOGS
        }


@pytest.mark.parametrize("block", QUERIES, ids=lambda block: block.text.splitlines()[0][:40])
def test_page_shows_the_real_result(told: Told, block: Block, pytestconfig: pytest.Config) -> None:
    update = pytestconfig.option.update_snapshots
    PAGE.compare(block, told.warehouse.results[block.text], update=update)
    assert 2 <= len(told.cells(block)) <= 9


def test_every_block_is_run() -> None:
    blocks = [block for section in PAGE.sections.values() for block in section]
    run = (MAP, *VIEWS, *QUERIES, LEAN, ERASE_APPLICATIONS, ERASE_EMPLOYEES)
    assert sorted(one.text for one in blocks) == sorted(one.text for one in run)


def stamp(moment: dt.datetime) -> str:
    """A time stamp of PostgreSQL as Kombo writes it."""
    return moment.isoformat(timespec="milliseconds") + "Z"


@pytest.mark.parametrize(("log", "model"), LOGS.items())
def test_the_log_has_each_version_once_and_nothing_else(told: Told, log: str, model: str) -> None:
    journal = told.journal(model)
    rows = {(one["id"], stamp(one["changed_at"])): one for one in told.logged[log]}
    assert len(rows) == len(told.logged[log])
    assert rows.keys() == journal.keys()
    assert len(rows) > len(told.days[-1][model]) + 5
    own = {"ats_applications": ("current_stage_id", "outcome"), "hris_employees": ("job_title",)}
    for version, row in rows.items():
        for name in (*own[model], "remote_id"):
            assert row[name] == journal[version][name]
        assert bool(row["remote_deleted_at"]) == bool(journal[version]["remote_deleted_at"])


def test_the_stream_beside_it_has_the_present(told: Told) -> None:
    for table, model in zip(STREAMS, LOGS.values(), strict=True):
        assert len(told.warehouse.rows(table)) == len(told.days[-1][model])


def test_the_page_shows_an_application_that_was_moved_and_deleted(told: Told) -> None:
    assert f"'{told.deleted['applications_log']}'" in VERSIONS.text
    *stages, deleted = told.cells(VERSIONS)
    assert len({cells[2] for cells in stages}) == len(stages) > 2
    assert [cells[4] for cells in stages] == [""] * len(stages)
    assert deleted[4] == stages[-1][1] == deleted[0]


def test_a_moment_of_the_past_is_as_it_was(told: Told) -> None:
    live = [one for one in told.days[1]["ats_applications"] if not one["remote_deleted_at"]]
    assert Counter(one["outcome"] or "" for one in live) == {
        cells[0]: int(cells[1]) for cells in told.cells(AS_OF)
    }


def test_moves_are_those_that_a_run_has_seen(told: Told) -> None:
    moves = Counter(day for _, day in told.moved)
    assert {int(cells[0][-2:]): int(cells[1]) for cells in told.cells(MOVES)} == moves


def test_a_stay_ends_with_the_next_stage_or_the_deletion(told: Told) -> None:
    left: Counter[str] = Counter()
    by_id: dict[str, list[dict[str, Any]]] = {}
    for _, record in sorted(told.journal("ats_applications").items(), key=lambda one: one[0][1]):
        by_id.setdefault(record["id"], []).append(record)
    for versions in by_id.values():
        for one, following in pairwise(versions):
            moved = one["current_stage_id"] != following["current_stage_id"]
            if one["current_stage"] and (moved or following["remote_deleted_at"]):
                left[one["current_stage"]["name"]] += 1
    assert {cells[0]: int(cells[1]) for cells in told.cells(TIME)} == left


def test_headcount_is_as_it_was_known_on_each_day(told: Told) -> None:
    counted = {
        str(moment.date()): sum(
            not one["remote_deleted_at"]
            and bool(one["start_date"] and one["start_date"][:10] <= str(moment.date()))
            and (one["termination_date"] or "9")[:10] >= str(moment.date())
            for one in day["hris_employees"]
        )
        for moment, day in zip(DAYS, told.days, strict=True)
    }
    assert {cells[0]: int(cells[1]) for cells in told.cells(HEADCOUNT)} == counted
    assert [cells[2] for cells in told.cells(HEADCOUNT)][1:] == [
        "1",
        "0",
        "1",
        "-1",
        "0",
        "-1",
        "0",
    ]


def test_a_new_name_of_a_manager_is_no_new_manager(told: Told) -> None:
    changes = told.cells(CHANGES)
    assert [(int(cells[0][-2:]), cells[2]) for cells in changes] == told.changed
    assert [cells[3].endswith("Newly-Married") for cells in changes] == [False, False, True]


@pytest.mark.parametrize("log", LOGS)
def test_what_kombo_has_erased_leaves_the_older_versions_too(told: Told, log: str) -> None:
    gone = told.deleted[log]
    [row] = [one for one in told.left[log] if one["id"] == gone]
    known = {"id", "integration_id", "changed_at", "remote_deleted_at"}
    there_still = {"interviews", "employments", "time_off_balances"}  # records of their own
    held = {name for name, one in row.items() if one and not name.startswith("_sdc_")}
    assert held - there_still == known
    others = [one["id"] for one in told.logged[log] if one["id"] != gone]
    assert [one["id"] for one in told.left[log] if one["id"] != gone] != []
    assert sorted(one["id"] for one in told.left[log] if one["id"] != gone) == sorted(others)


def test_a_log_may_keep_less(kombo: Kombo) -> None:
    kombo.emulator.add_integration(ACME, "ATS", SIZE)
    kombo.emulator.add_integration(GLOBEX, "HRIS", SIZE)
    sent = kombo.run(ACME, GLOBEX, streams=STREAMS, stream_maps=maps(LEAN))
    columns = {
        one["stream"]: set(one["schema"]["properties"])
        for one in sent.messages
        if one["type"] == "SCHEMA"
    }
    without = {"candidate", "screening_question_answers", "custom_fields"}
    assert columns["applications"] - columns["applications_log"] == without
    kept = {name for name in maps(LEAN)["employees_log"] if not name.startswith("__")}
    assert columns["employees_log"] == kept
    for log, stream in zip(LOGS, STREAMS, strict=True):
        assert len(sent.records(log)) == len(sent.records(stream)) > 0
