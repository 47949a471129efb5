from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from fnmatch import fnmatch
from typing import TYPE_CHECKING, Any

import check_jsonschema
import pytest
import yaml
from click.testing import CliRunner

from scripts import update_layers
from scripts.generated import CHECKOUT, write
from tap_kombo.api import problems
from tap_kombo.api.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from pathlib import Path

EXTRACTOR = yaml.safe_load((CHECKOUT / "meltano.yml").read_text())["plugins"]["extractors"][0]


def selected_by_rules(rules: list[str]) -> set[tuple[str, str]]:
    """The columns that Meltano selects: by any pattern, unless one that begins with `!` matches."""
    columns = {(one.name, column) for one in ENDPOINTS for column in columns_of(one.name)}
    wanted = [rule.split(".") for rule in rules if not rule.startswith("!")]
    unwanted = [rule[1:].split(".") for rule in rules if rule.startswith("!")]

    def matches(column: tuple[str, str], patterns: list[list[str]]) -> bool:
        return any(all(map(fnmatch, column, pattern)) for pattern in patterns)

    return {one for one in columns if matches(one, wanted) and not matches(one, unwanted)}


def columns_of(stream: str) -> dict[str, Any]:
    schema = json.loads((CHECKOUT / "tap_kombo" / "schemas" / f"{stream}.json").read_text())
    properties: dict[str, Any] = schema["properties"]
    return properties


def test_meltano_selects_what_the_tap_selects() -> None:
    assert selected_by_rules(EXTRACTOR["select"]) == {
        (one.name, column)
        for one in ENDPOINTS
        if one.selected_by_default
        for column in columns_of(one.name)
    }
    assert not [rule for rule in EXTRACTOR["select"] if rule.startswith("!")]  # `opt_in` does that


WORKFLOWS = (CHECKOUT / ".github" / "workflows").glob("*.yml")
FOLLOWERS: dict[str, list[Path]] = {
    "meltano": [CHECKOUT / "meltano.yml"],
    "github-workflows": [*WORKFLOWS, CHECKOUT / "examples" / "github-actions" / "kombo.yml"],
    "dependabot": [CHECKOUT / ".github" / "dependabot.yml"],
    "github-issue-forms": [
        CHECKOUT / ".github" / "ISSUE_TEMPLATE" / f"{name}.yml" for name in ("bug", "feature")
    ],
}


def test_files_follow_their_schemas() -> None:
    told = {}
    for schema, paths in FOLLOWERS.items():
        arguments = ["--builtin-schema", f"vendor.{schema}", *map(str, paths)]
        done = CliRunner().invoke(check_jsonschema.main, arguments)
        told[schema] = done.exit_code and done.output
    assert told == dict.fromkeys(FOLLOWERS, 0)
    assert len(FOLLOWERS["github-workflows"]) == 5


def test_make_commands_of_the_readme_exist() -> None:
    targets = set(re.findall(r"^([a-z]+):", (CHECKOUT / "Makefile").read_text(), re.MULTILINE))
    named = set(re.findall(r"\bmake ([a-z]+)", (CHECKOUT / "README.md").read_text()))
    assert {"demo", "test"} <= named <= targets


def test_readme_is_current() -> None:
    """In a process of its own: in this one the SDK adds its settings to those of the tap."""
    script = [sys.executable, "scripts/update_readme.py", "--check"]
    done = subprocess.run(script, cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr


def test_the_picture_of_the_layers_is_current(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("sys.argv", ["update_layers.py"])
    code = write(update_layers.pages(), check=True)
    assert (code, capsys.readouterr().err) == (0, "")


def test_each_kind_of_problem_is_on_its_page() -> None:
    page = (CHECKOUT / "docs" / "errors.md").read_text()
    rules = [one for one in vars(problems).values() if isinstance(one, problems.Rule)]
    assert len(rules) > 15
    assert [one for one in rules if f"| {one.cause} | {one.cure} |" not in page] == []


def test_ci_calls_make_test() -> None:
    script = CHECKOUT / ".ci" / "run"
    assert os.access(script, os.X_OK)
    assert "make test" in script.read_text()


def test_constraints_hold_names_and_versions_only() -> None:
    for path in (CHECKOUT / "constraints").iterdir():
        for line in path.read_text().splitlines():
            assert re.fullmatch(r"[a-z0-9-]+==[\w.]+( ; [\w. <>=!'_*()]+)?", line), line


def test_no_file_in_git_is_large() -> None:
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    try:
        done = subprocess.run(listing, cwd=CHECKOUT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git checkout")
    paths = [CHECKOUT / name for name in done.stdout.split("\0") if name]
    assert [path for path in paths if path.exists() and path.stat().st_size > 500 * 1024] == []
