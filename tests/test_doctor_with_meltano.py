"""`meltano invoke tap-kombo --doctor` describes the run of now, whatever earlier ones have left."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
import yaml
from support import KEY, only
from warm import WarmProject

from kombo_emulator import Emulator, serve
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterator

    from scripts.embedded_postgres import PostgreSQL

A = "greenhouse:demo"
LEFT_OVER = ("tap.properties.json", "state.json")


@pytest.fixture
def project(postgres: PostgreSQL, worker_id: str) -> Iterator[WarmProject]:
    """A project in which the tap has not run yet."""
    emulator = Emulator(size=only(jobs=2, users=2))
    emulator.add_integration(A)
    with serve(emulator) as url:
        settings = {
            "TAP_KOMBO_API_KEY": KEY,
            "TAP_KOMBO_API_URL": url,
            "TAP_KOMBO_INTEGRATION_IDS": A,
            "TARGET_POSTGRES_DEFAULT_TARGET_SCHEMA": "doctor",
            **postgres.target_settings,
        }
        project = WarmProject(CHECKOUT / ".demo" / f"tests-{worker_id}", settings)
        project.prepare()
        for name in LEFT_OVER:
            (project.folder / ".meltano" / "run" / "tap-kombo" / name).unlink(missing_ok=True)
        yield project


def diagnose(project: WarmProject) -> tuple[set[str], int, str]:
    """Return the streams that the doctor tells of, how many passes, and its words before that."""
    told = project.run("invoke", "tap-kombo", "--doctor")
    [(before, passes)] = re.findall(r"^(.+) reads (\d+) full", told, re.MULTILINE)
    return set(re.findall(r"^(\w+) +\d of \d", told, re.MULTILINE)), int(passes), before


def run(project: WarmProject) -> tuple[int, int]:
    """Return how many streams and passes a run reads, the ledger apart."""
    begin = project.log.stat().st_size
    project.load()
    log = project.log.read_text()[begin:]
    [streams] = re.findall(r"(\d+) stream\(s\) of 1 integration", log)
    [passes] = re.findall(r'"totals":{"complete":(\d+)', log)
    return int(streams), int(passes)


def selecting(project: WarmProject, *select: str) -> WarmProject:
    settings = {**project.settings, "TAP_KOMBO__SELECT": json.dumps(select)}
    return replace(project, settings=settings)


def test_it_goes_by_select_and_not_by_what_runs_have_left(project: WarmProject) -> None:
    first = selecting(project, "jobs.*", "passes.*")
    first.load()
    first.load()
    run_folder = project.folder / ".meltano" / "run" / "tap-kombo"
    assert all((run_folder / name).stat().st_size for name in LEFT_OVER)

    second = selecting(project, "users.id", "tags.*", "!tags.name", "passes.*")

    assert diagnose(first) == ({"jobs"}, 1, "Without a state: a first run")
    assert diagnose(second) == ({"users", "tags"}, 2, "Without a state: a first run")


def test_in_a_project_without_select_it_tells_of_what_the_first_run_reads(
    project: WarmProject,
) -> None:
    path = project.folder / "meltano.yml"
    plugins = yaml.safe_load(path.read_text())
    del plugins["plugins"]["extractors"][0]["select"]
    path.write_text(yaml.safe_dump(plugins))

    streams, passes, _ = diagnose(project)

    assert (len(streams), passes) == run(project)
