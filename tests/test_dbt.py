"""The dbt package in the example as its page has it: each row of its marts is counted from Kombo's
records too, for four customers with different tools."""

from __future__ import annotations

import itertools
import sys
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import dbt_people
import dbt_recruiting
import psycopg
import pytest
import yaml
from dbt_customers import Customers
from dbt_figures import Kombo, day
from dbt_pictures import PICTURES, draw, drawn, redraw
from dbt_projects import KEYS, Results, blocks, copy, described, expected, figures, shell
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from support import KEY
from warm import WarmProject

from kombo_emulator import serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable

    from dbt_figures import Figures, Row

    from scripts.embedded_postgres import PostgreSQL

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="dbt-core 1.11 does not start on Python 3.14"
)

DATABASE, LOADED = "dbt", "tap_kombo"
MARKED = ("interviews", "applications", "candidates", "offers", "users", "hris_employees")
"""Streams of which two rows are marked as deleted in the tables only, one in each way."""
STREAMS = (
    *("interviews", "applications", "candidates", "jobs", "offers", "users", "scorecards"),
    *("roles", "tags", "rejection_reasons"),
    *("hris_employees", "hris_employments", "hris_groups", "hris_locations"),
    *("hris_legal_entities", "hris_absences", "hris_absence_types", "hris_time_off_balances"),
    *("lms_users", "lms_courses", "lms_course_progressions"),
)


@dataclass(frozen=True)
class Build:
    """What dbt has made, and what Kombo had."""

    results: Results
    tables: dict[str, list[Row]]
    kombo: Kombo
    integrations: dict[str, Row]
    passes: list[Row]
    url: str


def configure(project: WarmProject) -> None:
    """Write the block of the page into `meltano.yml`."""
    [to_add] = blocks("yaml")
    path = project.folder / "meltano.yml"
    configuration = yaml.safe_load(path.read_text())
    extractor = configuration["plugins"]["extractors"][0]
    added = yaml.safe_load(to_add)["plugins"]["extractors"][0]
    extractor["select"] += added["select"]
    extractor.setdefault("config", {}).update(added["config"])
    path.write_text(yaml.safe_dump(configuration))


@pytest.fixture(scope="module")
def build(postgres: PostgreSQL, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    with psycopg.connect(postgres.url, autocommit=True) as connection:
        connection.execute(SQL("create database {}").format(Identifier(DATABASE)))
    server = replace(postgres, database=DATABASE)
    customers = Customers()
    _, commands = blocks("bash")
    load, transform = commands.removeprefix("make install\n").split("set -a")

    root = tmp_path_factory.mktemp("checkout")
    example = copy(root)
    for venv in (".venv-dbt", ".venv-meltano"):
        (root / venv).symlink_to(CHECKOUT / venv)
    target = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": LOADED, **server.target_settings}
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in target.items()))

    with serve(customers.emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": ",".join(customers.emulator.integrations),
            "TAP_KOMBO_API_URL": url,
            **target,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        configure(project)
        for run in range(2):
            if run:
                customers.a_week_later()
            shell(load, root, {"MELTANO_PROJECT_ROOT": str(project.folder), **settings})
            customers.loaded()
    live = {stream: customers.records(stream) for stream in STREAMS}
    with psycopg.connect(server.url, row_factory=dict_row) as connection:
        for stream, column in itertools.product(MARKED, ("_sdc_deleted_at", "remote_deleted_at")):
            mark = SQL("update {} set {} = now() where id = %s").format(
                Identifier(LOADED, stream), Identifier(column)
            )
            assert connection.execute(mark, [live[stream].pop()["id"]]).rowcount == 1
        connection.commit()
        shell(f"set -a{transform}", root, {})
        tables = {
            mart: connection.execute(
                SQL("select * from {}").format(Identifier("kombo", f"kombo__{mart}"))
            ).fetchall()
            for mart in KEYS
        }
        ledger = SQL("select * from {}").format(Identifier(LOADED, "passes"))
        passes = connection.execute(ledger).fetchall()
    results = Results.read(example)
    today = day(results.told["metadata"]["invocation_started_at"])
    assert today
    kombo = Kombo(live, customers.names, list(customers.versions.values()), today)
    told = {one.id: one.describe() for one in customers.emulator.integrations.values()}
    return Build(results, tables, kombo, told, passes, server.url)


def test_every_model_is_built_and_every_test_passes(build: Build) -> None:
    statuses = build.results.statuses
    assert statuses.pop("warn") == {"test.kombo.kombo_freshness"}  # the emulator's day is long past
    kinds = {status: {one.split(".")[0] for one in ids} for status, ids in statuses.items()}
    assert kinds == {"success": {"model"}, "pass": {"test", "unit_test"}}


def test_every_column_of_a_mart_is_described(build: Build) -> None:
    own = {"cost_center", "shirt_size"}
    assert described() == {
        f"kombo__{mart}": set(rows[0]) - own for mart, rows in build.tables.items()
    }


COUNTED: dict[str, Callable[[Kombo], Figures]] = {
    "applications": dbt_recruiting.applications,
    "application_funnel": dbt_recruiting.application_funnel,
    "jobs": dbt_recruiting.jobs,
    "interviews_by_interviewer": dbt_recruiting.interviews_by_interviewer,
    "interview_load": dbt_recruiting.interview_load,
    "scorecards": dbt_recruiting.scorecards,
    "stage_history": dbt_recruiting.stage_history,
    "recruiting_by_month": dbt_recruiting.recruiting_by_month,
    "employees": dbt_people.employees,
    "employee_months": dbt_people.employee_months,
    "headcount_by_month": dbt_people.headcount_by_month,
    "absences_by_month": dbt_people.absences_by_month,
    "learning_progress": dbt_people.learning_progress,
}


@pytest.mark.parametrize("mart", COUNTED)
def test_each_figure_of_a_mart(build: Build, mart: str) -> None:
    own = {"cost_center", "shirt_size"}
    rows = [{n: v for n, v in row.items() if n not in own} for row in build.tables[mart]]
    found, wanted = figures(mart, rows), expected(COUNTED[mart](build.kombo), mart)
    assert len(wanted) > 5
    assert found == wanted


def test_fill_of_each_column(build: Build) -> None:
    wanted = expected(dbt_people.column_fill(build.kombo, build.integrations), "column_fill")
    assert len(wanted) > 100
    assert figures("column_fill", build.tables["column_fill"]) == wanted


def test_health_of_each_customer(build: Build) -> None:
    counted = dbt_people.customer_health(build.kombo, build.passes, build.integrations)
    assert figures("customer_health", build.tables["customer_health"]) == expected(
        counted, "customer_health"
    )
    skipped = {key[0]: row["skipped_streams"] for key, row in counted.items()}
    assert skipped == dict.fromkeys(build.integrations, 0) | {"lever:globex": 1}


def test_no_row_mixes_customers(build: Build) -> None:
    for rows in build.tables.values():
        for row in rows:
            assert (row["customer"], row["tool"]) == build.kombo.names[row["integration_id"]]


@pytest.mark.parametrize("title", PICTURES)
def test_pictures_show_what_was_built(
    build: Build, title: str, pytestconfig: pytest.Config
) -> None:
    with psycopg.connect(build.url, options="-c search_path=kombo") as connection:
        cursor = connection.execute(PICTURES[title].encode())
        picture = draw([one.name for one in cursor.description or ()], cursor.fetchall())
    if pytestconfig.option.update_snapshots:
        redraw(title, picture)
    assert drawn(title) == picture, "`pytest tests/test_dbt.py --snapshot-update` draws it anew"
