"""People in PostgreSQL, by the blocks of the pages: pseudonyms join, and erasing is complete."""

from __future__ import annotations

import datetime as dt
import json
import re
import shutil
import sqlite3
from contextlib import closing
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest
from psycopg.sql import SQL, Identifier
from recipes import Page, Warehouse
from support import KEY, Kombo
from test_blanked import Lines
from test_history import MAP, maps
from test_pseudonyms import SECRET, VECTORS
from test_readme import shell
from warm import WarmProject

from kombo_emulator import Behaviour, Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, STATE_ID
from tap_kombo.api.endpoints import STREAMS as ALL_STREAMS
from tap_kombo.privacy import Class
from tap_kombo.pseudonyms import pseudonym

if TYPE_CHECKING:
    from recipes import Block

    from kombo_emulator import Integration
    from scripts.embedded_postgres import PostgreSQL
    from scripts.meltano_project import MeltanoProject

SCHEMA = "personal"
ACME, PEOPLE, GLOBEX = "greenhouse:acme", "personio:acme", "lever:globex"
INTEGRATIONS = {
    ACME: "ATS", PEOPLE: "HRIS", "docebo:acme": "LMS", "tests:acme": "ASSESSMENT", GLOBEX: "ATS",
}  # fmt: skip
STREAMS = tuple(one.name for one in ALL_STREAMS if not one.parent)
SIZE = Size(candidates=20, applications=50, interviews=40, employees=12)
NEW_KEY = SECRET[::-1]
BLANK = """
update applications set candidate_id = null, candidate = null
where id = (select min(id) from applications where candidate_id = %s)
"""
PSEUDONYM = re.compile(r"\b[0-9a-f]{32}\b")

JOINS = Page(CHECKOUT / "docs" / "personal-data.md")
INTERVIEWED, HIRED = JOINS.sections["What still joins"]
ERASURE = Page(CHECKOUT / "docs" / "erasure.md")
[FUNCTIONS] = ERASURE.sections["The functions"]
OF_ADDRESS, FIND, ERASE = ERASURE.sections["Erase a person"]
OFFBOARD, FORGET = ERASURE.sections["Offboard a customer"]
CANDIDATE, ADDRESS = re.findall(r"'(\w+)'", ERASE.text)


@dataclass
class Story:
    """What was there after each step: rows by table, or all of a table as one text."""

    warehouse: Warehouse
    kombo: Kombo
    ats: Integration
    hired: dict[str, str]
    loaded: dict[str, list[dict[str, Any]]]
    erased: dict[str, str] = field(default_factory=dict)
    forgotten: str = ""
    came_back: dict[str, str] = field(default_factory=dict)
    again: dict[str, str] = field(default_factory=dict)
    others: dict[str, dict[str, Any]] = field(default_factory=dict)
    offboarded: dict[str, str] = field(default_factory=dict)
    state: dict[str, Any] = field(default_factory=dict)


def everything(warehouse: Warehouse) -> dict[str, list[dict[str, Any]]]:
    """All rows of all tables."""
    tables = "select table_name as name from information_schema.tables where table_schema = %s"
    with warehouse.connect() as connection:
        names = [one["name"] for one in connection.execute(tables, [SCHEMA])]
        return {
            name: connection.execute(SQL("select * from {}").format(Identifier(name))).fetchall()
            for name in names
        }


def texts(warehouse: Warehouse) -> dict[str, str]:
    """All rows of each table as one text."""
    rows = everything(warehouse)
    return {name: json.dumps(found, default=str).lower() for name, found in rows.items()}


def holding(tables: dict[str, str], *marks: str) -> list[str]:
    """The tables that hold one of some texts anywhere."""
    return sorted(
        name for name, text in tables.items() if any(mark.lower() in text for mark in marks)
    )


def erase(warehouse: Warehouse, *marks: str) -> list[dict[str, Any]]:
    with warehouse.connect() as connection:
        return connection.execute("select * from kombo_erase(%s)", [list(marks)]).fetchall()


def address_of(candidate: dict[str, Any]) -> str | None:
    addresses = (one["email_address"] for one in candidate["email_addresses"] or ())
    return next(filter(None, addresses), None)


def hire(ats: Integration, hris: Integration) -> dict[str, str]:
    """Let those with a hired application begin; return the employee of each who has an address."""
    candidates = {one["id"]: one for one in ats.records("ats_candidates")}
    applications = ats.records("ats_applications", include_deleted=False)
    wanted = {one["candidate_id"] for one in applications if one["outcome"] == "HIRED"}
    hired = {}
    for day, (key, candidate) in enumerate(sorted(candidates.items()), 1):
        if key in wanted:
            with ats.world.clock.at(dt.datetime(2026, 11, day, tzinfo=dt.UTC)):
                employee = hris.hire_employee(
                    first_name=candidate["first_name"],
                    last_name=candidate["last_name"],
                    work_email=None,
                    personal_email=address_of(candidate),
                )
            [shown] = [one for one in hris.records("hris_employees") if one["id"] == employee]
            if shown["personal_email"]:
                hired[key] = employee
    loud = next(iter(hired.values()))  # as another tool may write it
    [shown] = [one for one in hris.records("hris_employees") if one["id"] == loud]
    hris.edit("hris_employees", loud, personal_email=f" {shown['personal_email'].upper()}")
    return hired


def states(project: MeltanoProject) -> dict[str, Any]:
    """What Meltano remembers; its command takes seconds."""
    with closing(sqlite3.connect(project.folder / ".meltano" / "meltano.db")) as database:
        found = database.execute("select state_id, completed_state, partial_state from state")
        return {name: [json.loads(one) for one in both if one] for name, *both in found}


@pytest.fixture(scope="module")
def story(postgres: PostgreSQL, worker_id: str) -> Story:
    emulator = Emulator(now="2026-11-23T10:00:00Z")
    ats = emulator.add_integration(ACME, "ATS", SIZE)
    hired = hire(ats, emulator.add_integration(PEOPLE, "HRIS", SIZE))
    for name, category in INTEGRATIONS.items():
        if name not in emulator.integrations:
            emulator.add_integration(name, category, SIZE)
    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": ",".join(INTEGRATIONS),
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO__SELECT": json.dumps([f"{stream}.*" for stream in STREAMS]),
            "TAP_KOMBO_STREAM_MAPS": json.dumps(maps(MAP)),
            "TAP_KOMBO_PSEUDONYMS": "people",
            "TAP_KOMBO_PSEUDONYM_KEY": SECRET,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA,
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        project.load()
        warehouse = Warehouse(postgres.url, project, SCHEMA)
        told = Story(warehouse, Kombo(emulator, url), ats, hired, everything(warehouse))
        for block in (INTERVIEWED, HIRED):
            warehouse.ask(block)
        erase_candidate(told)
        change_key(told)
        erase_others(told)
        offboard(told)
    return told


def erase_candidate(story: Story) -> None:
    """Run the page's blocks; whose one application was, only its older versions tell."""
    story.warehouse.execute(FUNCTIONS)
    with story.warehouse.connect() as connection:
        assert connection.execute(BLANK, [CANDIDATE]).rowcount == 1
    for block in (FIND, ERASE):
        story.warehouse.ask(block)
    story.erased = texts(story.warehouse)
    with story.warehouse.connect() as connection:
        assert connection.execute(FIND.text.encode()).fetchall() == []


def change_key(story: Story) -> None:
    """Load with another key, after Kombo has forgotten a record, and erase who has come back."""
    ats, emulator = story.ats, story.kombo.emulator
    ats.delete("ats_candidates", CANDIDATE)
    emulator.behaviour = Behaviour(after_14_days="remove")
    story.forgotten = next(
        one["id"]
        for one in ats.records("ats_candidates")
        if one["id"] not in {CANDIDATE, *story.hired} and one["email_addresses"]
    )
    with emulator.clock.at("2026-11-08T09:00:00Z"):
        ats.delete("ats_candidates", story.forgotten)
    state, *_ = states(story.warehouse.project)[STATE_ID]
    lines = Lines()
    story.kombo.run(
        *INTEGRATIONS,
        sent=lines,
        streams=STREAMS,
        state=state,
        stream_maps=maps(MAP),
        pseudonyms="people",
        pseudonym_key=NEW_KEY,
    )
    story.warehouse.pour(lines.written)
    story.came_back = texts(story.warehouse)
    erase(story.warehouse, CANDIDATE)
    story.again = texts(story.warehouse)


def offboard(story: Story) -> None:
    """Run the page's blocks."""
    project = story.warehouse.project
    story.warehouse.ask(OFFBOARD)
    story.offboarded = texts(story.warehouse)
    shutil.rmtree(project.folder / "output", ignore_errors=True)  # a new project has none
    shell(FORGET.text, project.folder, project.environment)
    story.state = states(project)


def erase_others(story: Story) -> None:
    """Erase a manager by id and address, an interviewer by id, and somebody who has no id."""
    rows = everything(story.warehouse)
    managed = [one["manager_id"] for one in rows["hris_employees"] if one["manager_id"]]
    manager = max(sorted(managed), key=managed.count)
    [employee] = [one for one in rows["hris_employees"] if one["id"] == manager]
    addresses = [one for one in (employee["work_email"], employee["personal_email"]) if one]
    talks = [one for one in rows["interviews"] if one["integration_id"] == ACME]
    interviewer = min(one["id"] for row in talks for one in row["users"] or ())
    orders = [one["candidate"] for one in rows["assessment_orders"] if one["candidate"]]
    applicant = min(one["email"] for one in orders if one["email"])
    with story.warehouse.connect() as connection:  # a table of somebody's own, without an id
        connection.execute("create table mailing (email text)")
        connection.execute("insert into mailing values (%s)", [applicant])
    for name, marks in {
        "manager": [manager, *addresses],
        "interviewer": [interviewer],
        "applicant": [applicant],
    }.items():
        before, counted = texts(story.warehouse), everything(story.warehouse)
        changes = erase(story.warehouse, *marks)
        after = everything(story.warehouse)
        story.others[name] = {
            "changes": {(one["stream"], one["done"]) for one in changes},
            "before": holding(before, *marks),
            "after": holding(texts(story.warehouse), *marks),
            "fewer": {one for one in counted if len(after[one]) < len(counted[one])},
        }


def emails(candidate: dict[str, Any]) -> set[str]:
    return {one["email_address"] for one in candidate["email_addresses"] or ()} - {None}


# --- pseudonyms


def test_every_pseudonym_of_a_candidate_is_found_in_candidates(story: Story) -> None:
    by_id = {one["id"]: one for one in story.loaded["candidates"]}
    seen: set[str] = set()
    for stream in ("interviews", "applications", "offers"):
        for row in story.loaded[stream]:
            candidate = (row.get("application") or row).get("candidate")
            if not candidate:
                continue
            there = by_id[candidate["id"]]
            names = [candidate["first_name"], candidate["last_name"]]
            assert names == [there["first_name"], there["last_name"]]
            assert emails(candidate) == emails(there)
            seen |= {*names, *emails(candidate)} - {None}
    assert len(seen) > 20
    assert all(PSEUDONYM.fullmatch(one) for one in seen)


def test_nobody_of_kombo_is_in_any_table(story: Story) -> None:
    people = {
        text
        for model in ("ats_candidates", "ats_users")
        for one in story.ats.records(model)
        for text in re.findall(r"[\w.+-]+@[\w.-]+", json.dumps(one))
    }
    assert len(people) > 20
    tables = {name: json.dumps(rows, default=str) for name, rows in story.loaded.items()}
    assert holding(tables, *people) == []


def test_hired_candidates_are_found_among_the_employees_by_their_address(story: Story) -> None:
    lines = story.warehouse.results[HIRED.text].splitlines()[2:]
    cells = [line.removeprefix("| ").removesuffix(" |").split(" | ") for line in lines]
    assert {(one[0], one[1]) for one in cells} == {*story.hired.items()}
    assert len(cells) > 2


def test_another_key_leaves_old_pseudonyms_only_where_kombo_has_no_row(story: Story) -> None:
    old = {*PSEUDONYM.findall(json.dumps(story.loaded, default=str))}
    left = old & {*PSEUDONYM.findall(json.dumps(story.came_back))}
    [row] = [one for one in story.loaded["candidates"] if one["id"] == story.forgotten]
    assert len(old) > 300
    assert left == {*PSEUDONYM.findall(json.dumps(row, default=str))} != set()
    assert holding(story.came_back, *left) == ["candidates"]


# --- erasure


def test_the_pseudonym_of_an_address_is_made_as_the_page_says(story: Story) -> None:
    kind, value, made = VECTORS[0]
    assert (kind, value.strip().lower()) == (Class.EMAIL, "jane.doe@example.com")
    assert shell(OF_ADDRESS.text, CHECKOUT, {"KOMBO_PSEUDONYM_KEY": SECRET}).strip() == made
    [row] = [one for one in story.loaded["candidates"] if one["id"] == CANDIDATE]
    assert emails(row) == {ADDRESS}
    [clear] = [one for one in story.ats.records("ats_candidates") if one["id"] == CANDIDATE]
    assert {pseudonym(SECRET.encode(), kind, one) for one in emails(clear)} == {ADDRESS}


def test_a_candidate_is_erased_from_all_tables(story: Story) -> None:
    loaded = {name: json.dumps(rows, default=str).lower() for name, rows in story.loaded.items()}
    mine = [one for one in story.loaded["applications"] if one["candidate_id"] == CANDIDATE]
    talks = [
        one["id"]
        for one in story.loaded["interviews"]
        if one["application_id"] in {row["id"] for row in mine}
    ]
    marks = [CANDIDATE, ADDRESS, *(one["id"] for one in mine), *talks]
    assert {
        "applications",
        "applications_log",
        "attachments",
        "candidates",
        "employees_log",
        "interviews",
        "offers",
        "scorecards",
        "hris_employees",
    } <= {*holding(loaded, *marks)}
    assert holding(story.erased, *marks) == []


def test_a_load_brings_back_what_kombo_has_still(story: Story) -> None:
    assert "candidates" in holding(story.came_back, CANDIDATE)
    assert holding(story.again, CANDIDATE) == []


def test_rows_of_others_stay_without_the_person(story: Story) -> None:
    for one in story.others.values():
        assert one["before"]
        assert one["after"] == []
    manager, interviewer, applicant = (
        story.others[name] for name in ("manager", "interviewer", "applicant")
    )
    assert ("hris_employees", "manager blanked") in manager["changes"]
    assert ("hris_employees", "deleted") in manager["changes"]
    assert ("interviews", "users blanked") in interviewer["changes"]
    assert interviewer["fewer"] == {"users"}
    assert applicant["changes"] == {("assessment_orders", "deleted"), ("mailing", "deleted")}


def test_nothing_is_erased_by_a_text_that_names_nobody(story: Story) -> None:
    with pytest.raises(Exception, match="neither an ID of Kombo nor"):
        erase(story.warehouse, "ACTIVE")


# --- offboarding


def test_nothing_is_left_of_a_customer(story: Story) -> None:
    ids = {
        one["id"]
        for rows in story.loaded.values()
        for one in rows
        if one["integration_id"] == GLOBEX
    }
    assert len(ids) > 100
    assert holding(story.again, GLOBEX)
    assert holding(story.offboarded, GLOBEX, *ids) == []
    assert holding(story.offboarded, ACME)
    left = json.dumps(story.state)
    assert GLOBEX not in left
    assert ACME in left


@pytest.mark.parametrize(
    ("page", "block"),
    [(JOINS, INTERVIEWED), (JOINS, HIRED), (ERASURE, FIND), (ERASURE, ERASE), (ERASURE, OFFBOARD)],
    ids=["interviewed", "hired", "find", "erase", "offboard"],
)
def test_the_pages_show_the_results(
    story: Story, page: Page, block: Block, request: pytest.FixtureRequest
) -> None:
    update = request.config.option.update_snapshots
    page.compare(block, story.warehouse.results[block.text], update=update)
