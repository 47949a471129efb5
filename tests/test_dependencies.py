"""The page on dependencies, the constraints and the hooks name what pyproject.toml names."""

from __future__ import annotations

import re
import subprocess
import sys
import tomllib
from pathlib import Path
from typing import Any

import yaml
from packaging.requirements import Requirement

CHECKOUT = Path(__file__).parent.parent
PYPROJECT = tomllib.loads((CHECKOUT / "pyproject.toml").read_text())
GROUPS: dict[str, list[Any]] = PYPROJECT["dependency-groups"]
HOOKS = CHECKOUT / ".pre-commit-config.yaml"


LOADING = (CHECKOUT / "docs" / "loading.md").read_text()
LOADERS = [name for name in GROUPS if "target" in name]


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading of the page."""
    page = (CHECKOUT / "docs" / "dependencies.md").read_text()
    section = page.split(f"## {heading}\n")[1].split("\n## ")[0]
    lines = [line for line in section.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def names(requirements: list[Any]) -> list[str]:
    return [Requirement(one).name for one in requirements if isinstance(one, str)]


def test_each_dependency_of_the_wheel_has_its_reasons() -> None:
    table = rows("In the wheel")
    assert [row[0].strip("`") for row in table] == names(PYPROJECT["project"]["dependencies"])
    assert all(len(row) == 4 and all(row) for row in table)


def test_each_development_tool_has_its_reason() -> None:
    table = rows("For development")
    listed = [(row[0].strip("`"), one) for row in table for one in re.findall(r"`(.+?)`", row[1])]
    declared = [(group, name) for group, members in GROUPS.items() for name in names(members)]
    assert sorted(listed) == sorted(declared)
    assert all(len(row) == 3 and all(row) for row in table)


def pinned(group: str) -> set[str]:
    """What a loader's environment holds, without what only helps."""
    found = [Requirement(one) for one in GROUPS[group]]
    return {f"{one.name}{one.specifier}" for one in found if one.name != "fakesnow"}


def test_the_table_of_loaders_has_the_versions_that_are_run() -> None:
    table = LOADING.split("\n## ")[0]
    named = set(re.findall(r"`([\w-]+==[\d.]+)`", table))
    assert named == {one for name in LOADERS for one in pinned(name) if "==" in one}


def test_loaders_are_installed_in_the_versions_that_are_run() -> None:
    plugins = [*map(yaml.safe_load, re.findall(r"```yaml\n(.*?)```", LOADING, re.DOTALL))]
    plugins.append(yaml.safe_load((CHECKOUT / "meltano.yml").read_text()))
    shown = [loader for one in plugins for loader in one["plugins"]["loaders"]]
    run = [pinned(name) for name in LOADERS]

    assert len(shown) == 6
    for loader in shown:
        assert set(loader["pip_url"].split()) in run, loader["name"]


def test_hooks_come_from_the_package_index_in_the_pinned_versions() -> None:
    pinned = (CHECKOUT / "constraints" / "dev.txt").read_text().splitlines()
    repositories = yaml.safe_load(HOOKS.read_text())["repos"]

    assert [one["repo"] for one in repositories] == ["local"]
    for hook in repositories[0]["hooks"]:
        assert hook["language"] == "python"
        assert len(hook["additional_dependencies"]) == 1
        assert hook["additional_dependencies"][0] in pinned


def test_hooks_are_valid() -> None:
    check = (sys.executable, "-m", "pre_commit", "validate-config", HOOKS)
    done = subprocess.run(check, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
