"""The workflow of examples/github-actions: its safety; `test_project.py` checks its form."""

from __future__ import annotations

import re
import subprocess
from typing import TYPE_CHECKING, Any

import pytest
import yaml

from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path


PATH = CHECKOUT / "examples" / "github-actions" / "kombo.yml"
TEXT = PATH.read_text()
WORKFLOW: dict[str, Any] = yaml.safe_load(TEXT)


def zizmor(*paths: str) -> subprocess.CompletedProcess[str]:
    command = (str(CHECKOUT / ".venv/bin/zizmor"), "--offline", "--no-progress", *paths)
    return subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=False)


def test_zizmor_has_nothing_to_say() -> None:
    """Of our own workflows neither."""
    done = zizmor(str(PATH), ".github")
    assert done.returncode == 0, done.stdout


@pytest.mark.parametrize(
    ("good", "bad", "finding"),
    [
        (r"@[0-9a-f]{40} # ", "@", "unpinned-uses"),
        (r"persist-credentials: false", "fetch-depth: 1", "artipacked"),
        (r"permissions:\n  contents: read\n", "", "excessive-permissions"),
    ],
)
def test_zizmor_finds_what_is_unsafe(good: str, bad: str, finding: str, tmp_path: Path) -> None:
    folder = tmp_path / ".github" / "workflows"
    folder.mkdir(parents=True)
    (folder / "kombo.yml").write_text(re.sub(good, bad, TEXT))
    done = zizmor(str(tmp_path))
    assert finding in done.stdout
    assert done.returncode != 0


def test_actions_are_those_of_our_own_workflows() -> None:
    ours = "".join(path.read_text() for path in (CHECKOUT / ".github" / "workflows").iterdir())
    used = re.findall(r"uses: (.*)", TEXT)
    assert len(used) == 2
    assert all(one in ours for one in used)


def test_it_may_only_read() -> None:
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert "permissions" not in WORKFLOW["jobs"]["load"]


def test_runs_do_not_overlap() -> None:
    assert WORKFLOW["concurrency"] == {"group": "kombo", "cancel-in-progress": False}
