"""Runs dbt as the example does, and reads what it has built."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
from collections import defaultdict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import yaml
from dbt_figures import plain

from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from dbt_figures import Figures, Row

PACKAGE = CHECKOUT / "dbt" / "kombo"
EXAMPLE = CHECKOUT / "examples" / "dbt"
FOREIGN = ("DBT_", "MELTANO_", "TAP_", "TARGET_")

KEYS = {
    "applications": ("application_id",),
    "application_funnel": ("integration_id", "job_id", "stage_id", "outcome"),
    "jobs": ("job_id",),
    "interviews_by_interviewer": ("interview_id", "user_id"),
    "interview_load": ("integration_id", "week", "user_id"),
    "scorecards": ("scorecard_id", "response_number"),
    "stage_history": ("application_id", "stay_number"),
    "recruiting_by_month": ("integration_id", "month"),
    "employees": ("employee_id",),
    "employee_months": ("integration_id", "employee_id", "month"),
    "headcount_by_month": ("integration_id", "month"),
    "absences_by_month": ("integration_id", "month", "type_id", "status", "unit"),
    "learning_progress": ("course_id",),
    "column_fill": ("integration_id", "stream", "column_name"),
    "customer_health": ("integration_id",),
}
"""What tells the rows of a mart apart."""


def blocks(language: str) -> list[str]:
    """The blocks of the example's page."""
    return re.findall(rf"```{language}\n(.*?)```", (EXAMPLE / "README.md").read_text(), re.DOTALL)


def copy(root: Path) -> Path:
    """Put the example and the package into a folder of their own; return the example's."""
    for folder in (EXAMPLE, PACKAGE):
        ignore = shutil.ignore_patterns("target", "logs", "dbt_packages", "package-lock.yml")
        shutil.copytree(folder, root / folder.relative_to(CHECKOUT), ignore=ignore)
    return root / "examples" / "dbt"


def shell(command: str, folder: Path, settings: Mapping[str, str]) -> str:
    """Run a command with the variables of nobody but the test."""
    env = {name: value for name, value in os.environ.items() if not name.startswith(FOREIGN)}
    done = subprocess.run(
        ["bash", "-euo", "pipefail", "-c", command],
        cwd=folder,
        env={**env, "DBT_SEND_ANONYMOUS_USAGE_STATS": "false", **settings},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-6000:] + done.stderr[-3000:]
    return done.stdout


@dataclass(frozen=True)
class Results:
    """What a run of dbt came to."""

    told: dict[str, Any]

    @classmethod
    def read(cls, project: Path) -> Results:
        return cls(json.loads((project / "target" / "run_results.json").read_text()))

    @property
    def statuses(self) -> dict[str, set[str]]:
        """Ids of models and tests by how they ended."""
        found = defaultdict(set)
        for one in self.told["results"]:
            found[one["status"]].add(one["unique_id"])
        return found


def figures(mart: str, rows: Iterable[Row]) -> Figures:
    """Rows of a mart by their key, as both databases write their values."""
    keys = KEYS[mart]
    given = [{name: plain(value) for name, value in row.items()} for row in rows]
    found = {
        tuple(row[key] for key in keys): {n: v for n, v in row.items() if n not in keys}
        for row in given
    }
    assert len(found) == len(given)
    return found


def expected(counted: Figures, mart: str) -> Figures:
    """The same of what Python has counted."""
    keys = KEYS[mart]
    return {
        tuple(map(plain, key)): {n: plain(v) for n, v in row.items() if n not in keys}
        for key, row in counted.items()
    }


def described() -> dict[str, set[str]]:
    """The columns of each mart that its page describes."""
    models = yaml.safe_load((PACKAGE / "models" / "marts" / "_marts.yml").read_text())["models"]
    return {
        one["name"]: {column["name"] for column in one["columns"] if column["description"]}
        for one in models
    }
