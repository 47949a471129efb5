"""The dbt example as its page has it: each row of its marts is counted from Kombo's records too."""

from __future__ import annotations

import calendar
import datetime as dt
import itertools
import json
import os
import re
import shutil
import subprocess
import sys
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
import pytest
import yaml
from psycopg.rows import dict_row
from psycopg.sql import SQL, Identifier
from support import KEY

from kombo_emulator import Emulator, Size, serve
from scripts.meltano_project import CHECKOUT, MeltanoProject

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from scripts.embedded_postgres import PostgreSQL

pytestmark = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="dbt-core 1.11 does not start on Python 3.14"
)

EXAMPLE = CHECKOUT / "examples" / "dbt"
SCHEMA = "dbt"
SIZE = Size(
    users=5, jobs=3, application_stages=4, candidates=15, applications=40, interviews=30, offers=20
)
STREAMS = {
    "interviews": "ats_interviews",
    "applications": "ats_applications",
    "candidates": "ats_candidates",
    "jobs": "ats_jobs",
    "offers": "ats_offers",
    "users": "ats_users",
    "application_stages": "ats_application_stages",
    "hris_employees": "hris_employees",
    "hris_employments": "hris_employments",
}
DELETED = 3
LONG_AGO = "2026-11-08T09:00:00Z"  # over 14 days before the emulator's clock
Row = dict[str, Any]
Figures = dict[tuple[Any, ...], tuple[Any, ...]]


@dataclass(frozen=True)
class Build:
    """What dbt has made, and the records that Kombo had: those that exist, by stream."""

    results: dict[str, Any]
    marts: dict[str, Figures]
    columns: dict[str, set[str]]
    live: dict[str, list[Row]]

    @property
    def today(self) -> dt.date:
        return day(self.results["metadata"]["invocation_started_at"])

    def names(self, stream: str) -> dict[str, str]:
        return {row["id"]: row["name"] for row in self.live[stream]}


def day(moment: str) -> dt.date:
    return dt.datetime.fromisoformat(moment).date()


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)


def recruit(emulator: Emulator) -> None:
    """Two recruiting tools, with all that must not count and all that may be unknown."""
    acme, _ = (emulator.add_integration(f"greenhouse:{one}", "ATS", SIZE) for one in "ab")
    acme.add_interview(starting_at=None)
    acme.add_interview(ending_at=None, starting_at="2026-11-23T00:00:00.000Z")
    acme.add_interview(  # still the week before
        starting_at="2026-11-22T23:59:00.000Z", ending_at="2026-11-23T00:59:00.000Z"
    )
    acme.add_application(job_id=None, current_stage_id=None, outcome=None)
    for stream in ("interviews", "applications", "offers", "candidates"):
        model = STREAMS[stream]
        long_ago, *rest = [row["id"] for row in acme.records(model)][:DELETED]
        for one in rest:
            acme.delete(model, one)
        with emulator.clock.at(LONG_AGO):
            acme.delete(model, long_ago)
    for stream in ("jobs", "users", "application_stages"):
        acme.delete(STREAMS[stream], acme.records(STREAMS[stream])[0]["id"])


def employ(emulator: Emulator) -> None:
    """An HR tool; some first and last days are at the end of a month, to come or unknown."""
    hris = emulator.add_integration("workday:c", "HRIS", Size(employees=30))
    for model in ("hris_employees", "hris_employments"):
        for row in hris.records(model)[:DELETED]:
            hris.delete(model, row["id"])
    for first, last, status in (
        ("2020-02-29", "2020-06-30", "INACTIVE"),
        ("2020-03-01", "2020-06-29", "INACTIVE"),
        ("2020-04-01", None, "INACTIVE"),
        (None, None, "ACTIVE"),
        ("9999-01-01", None, "PENDING"),
        ("2020-05-01", "9999-01-01", "ACTIVE"),
    ):
        start, end = (one and f"{one}T00:00:00.000Z" for one in (first, last))
        hris.add_employee(start_date=start, termination_date=end, employment_status=status)
    known_by_terms = hris.add_employee(
        start_date=None, termination_date=None, employment_status="LEAVE"
    )
    for effective, kind in (("2021-03-15", "PART_TIME"), ("2022-03-15", "FULL_TIME")):
        hris.add_employment(
            known_by_terms, effective_date=f"{effective}T00:00:00.000Z", employment_type=kind
        )


def run(command: str, folder: Path, settings: dict[str, str]) -> None:
    foreign = ("DBT_", "MELTANO_", "TAP_", "TARGET_")
    env = {name: value for name, value in os.environ.items() if not name.startswith(foreign)}
    shell = ["bash", "-euo", "pipefail", "-c", command]
    done = subprocess.run(
        shell, cwd=folder, env=env | settings, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]


@pytest.fixture(scope="module")
def build(postgres: PostgreSQL, worker_id: str, tmp_path_factory: pytest.TempPathFactory) -> Build:
    emulator = Emulator(now="2026-11-23T10:00:00Z")
    recruit(emulator)
    employ(emulator)
    [to_select], [_, commands] = blocks("yaml"), blocks("bash")
    load, transform = commands.removeprefix("make install\n").split("set -a")

    root = tmp_path_factory.mktemp("checkout")
    shutil.copytree(EXAMPLE, root / "examples" / "dbt")
    for venv in (".venv-dbt", ".venv-meltano"):
        (root / venv).symlink_to(CHECKOUT / venv)
    target = {"TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": SCHEMA, **postgres.target_settings}
    (root / ".env").write_text("".join(f"{name}={value}\n" for name, value in target.items()))

    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_INTEGRATION_IDS": ",".join(emulator.integrations),
            "TAP_KOMBO_API_URL": url,
            **target,
        }
        project = MeltanoProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        path = project.folder / "meltano.yml"
        configuration = yaml.safe_load(path.read_text())
        configuration["plugins"]["extractors"][0]["select"] += yaml.safe_load(to_select)
        path.write_text(yaml.safe_dump(configuration))
        run(load, root, {"MELTANO_PROJECT_ROOT": str(project.folder), **settings})
    live = {
        stream: [
            {"integration_id": one.id, **row}
            for one in emulator.integrations.values()
            for row in one.records(model, include_deleted=False)
        ]
        for stream, model in STREAMS.items()
    }
    with psycopg.connect(postgres.url, row_factory=dict_row) as connection:
        for stream, column in itertools.product(STREAMS, ("_sdc_deleted_at", "remote_deleted_at")):
            mark = SQL("update {} set {} = now() where id = %s").format(
                Identifier(SCHEMA, stream), Identifier(column)
            )
            assert connection.execute(mark, [live[stream].pop()["id"]]).rowcount == 1
        connection.commit()
        run(f"set -a{transform}", root, {})
        marts = {
            "application_funnel": ("integration_id", "job_id", "stage_id", "outcome"),
            "interview_load": ("integration_id", "week", "user_id"),
            "headcount": ("integration_id", "month", "employment_type"),
        }
        read = {
            mart: connection.execute(
                SQL("select * from {}").format(Identifier("kombo", mart))
            ).fetchall()
            for mart in marts
        }
    return Build(
        results=json.loads((root / "examples/dbt/target/run_results.json").read_text()),
        marts={mart: by_key(read[mart], keys) for mart, keys in marts.items()},
        columns={mart: set(rows[0]) for mart, rows in read.items()},
        live=live,
    )


def by_key(rows: Iterable[Row], keys: tuple[str, ...]) -> Figures:
    """Rows by their key; what else they hold follows in the order of its columns."""
    found = [
        (
            tuple(row[key] for key in keys),
            tuple(value for name, value in row.items() if name not in keys),
        )
        for row in rows
    ]
    assert len(found) == len(dict(found))
    return dict(found)


def test_every_model_is_built_and_every_test_passes(build: Build) -> None:
    statuses = defaultdict(set)
    for one in build.results["results"]:
        statuses[one["status"]].add(one["unique_id"].split(".")[0])
    assert statuses == {"success": {"model"}, "pass": {"test"}}


def test_every_column_of_a_mart_is_described(build: Build) -> None:
    described = yaml.safe_load((EXAMPLE / "models/marts/_marts.yml").read_text())["models"]
    assert build.columns == {
        one["name"]: {column["name"] for column in one["columns"] if column["description"]}
        for one in described
    }


def test_application_funnel(build: Build) -> None:
    jobs, stages = build.names("jobs"), build.names("application_stages")
    interviewed = {row["application_id"] for row in build.live["interviews"] if not row["canceled"]}
    offers = defaultdict(set)
    for row in build.live["offers"]:
        offers[row["application_id"]].add(row["status"])
    groups = defaultdict(list)
    for row in build.live["applications"]:
        key = (row["integration_id"], row["job_id"], row["current_stage_id"], row["outcome"])
        groups[key].append(row)

    assert len(groups) > 20
    assert build.marts["application_funnel"] == {
        key: (
            jobs.get(key[1]),
            stages.get(key[2]),
            rows[0]["current_stage"] and rows[0]["current_stage"]["index"],
            len(rows),
            len({row["candidate_id"] for row in rows}),
            sum(row["id"] in interviewed for row in rows),
            sum(row["id"] in offers for row in rows),
            sum("ACCEPTED" in offers[row["id"]] for row in rows if row["id"] in offers),
        )
        for key, rows in groups.items()
    }


def test_interview_load(build: Build) -> None:
    users = {row["id"]: f"{row['first_name']} {row['last_name']}" for row in build.live["users"]}
    hours: dict[tuple[Any, ...], list[float | None]] = defaultdict(list)
    for row in build.live["interviews"]:
        if row["canceled"] or not row["starting_at"]:
            continue
        start = dt.datetime.fromisoformat(row["starting_at"])
        end = row["ending_at"] and dt.datetime.fromisoformat(row["ending_at"])
        monday = start.date() - dt.timedelta(days=start.weekday())
        for user in row["users"]:
            key = (row["integration_id"], monday, user["id"])
            hours[key].append((end - start).total_seconds() / 3600 if end else None)

    assert len(hours) > 20
    assert build.marts["interview_load"] == {
        key: (
            users.get(key[2]),
            len(every),
            sum(known) if (known := [one for one in every if one]) else None,
        )
        for key, every in hours.items()
    }


def test_headcount(build: Build) -> None:
    terms = defaultdict(list)
    for row in sorted(build.live["hris_employments"], key=lambda row: str(row["id"])):
        if row["effective_date"]:
            terms[row["employee_id"]].append((day(row["effective_date"]), row["employment_type"]))
    counts: defaultdict[tuple[Any, ...], int] = defaultdict(int)
    for row in build.live["hris_employees"]:
        starts = [day(row["start_date"])] if row["start_date"] else []
        first = min(starts or [one for one, _ in terms[row["id"]]], default=None)
        last = row["termination_date"] and day(row["termination_date"])
        if first is None or (row["employment_status"] == "INACTIVE" and not last):
            continue
        for month in months(first, min(last or build.today, build.today)):
            month_end = month.replace(day=calendar.monthrange(month.year, month.month)[1])
            counted_on = min(month_end, build.today)
            if first <= counted_on and (last is None or counted_on <= last):
                known = [one for one in terms[row["id"]] if one[0] <= counted_on]
                latest = max(known, key=lambda one: one[0])[1] if known else None
                counts[row["integration_id"], month, latest or row["employment_type"]] += 1

    assert len(counts) > 100
    assert build.marts["headcount"] == {key: (count,) for key, count in counts.items()}


def months(first: dt.date, last: dt.date) -> Iterable[dt.date]:
    """The first day of each month from one day to another."""
    month = first.replace(day=1)
    while month <= last:
        yield month
        month = (month + dt.timedelta(days=31)).replace(day=1)
