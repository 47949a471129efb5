"""The other loaders of docs/without-meltano.md, each run twice against the emulator."""

from __future__ import annotations

import json
import sys
from typing import TYPE_CHECKING

import pytest
from support import KEY
from test_readme import shell
from test_without_meltano import ELSEWHERE, A

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from pathlib import Path

    from support import Kombo

INSTALL_JSONL, JSONL, INSTALL_DUCKDB, DUCKDB, LOOK = ELSEWHERE
LOADERS = (CHECKOUT / "docs" / "loading.md").read_text()


@pytest.fixture
def place(kombo: Kombo, tmp_path: Path) -> Path:
    """A folder with the tap's configuration, and the venvs that the page makes."""
    kombo.emulator.add_integration(A, "ATS", Size(interviews=7))
    (tmp_path / "output").mkdir()
    config = {"api_key": KEY, "integration_ids": [A], "api_url": kombo.url}
    (tmp_path / "output" / "config.json").write_text(json.dumps(config))
    for name in ("jsonl", "duckdb"):
        (tmp_path / name).symlink_to(CHECKOUT / f".venv-target-{name}")
    return tmp_path


@pytest.mark.parametrize("install", [INSTALL_JSONL, INSTALL_DUCKDB])
def test_the_versions_are_those_that_are_tested(install: str) -> None:
    packages = install.splitlines()[1].split("pip install ")[1].split()
    assert packages
    assert [one for one in packages if f"`{one}`" not in LOADERS] == []


def test_lines_of_json_are_appended(place: Path) -> None:
    for run in (1, 2):
        shell(JSONL, place)
        lines = (place / "output" / "jsonl" / "interviews.jsonl").read_text().splitlines()
        assert len(lines) == 7 * run
    assert len({json.loads(line)["id"] for line in lines}) == 7
    last = (place / "output" / "jsonl-states.jsonl").read_text().splitlines()[-1]
    assert "interviews" in json.loads(last)["bookmarks"]


@pytest.mark.skipif(sys.version_info >= (3, 14), reason="duckdb 1.1.3 has no wheel for 3.14")
def test_duckdb_holds_each_row_once(place: Path) -> None:
    for _ in range(2):
        shell(DUCKDB, place)
    assert shell(LOOK, place).count("\n│ ") == 2 + 7  # the names and types of the columns, the rows
    last = (place / "output" / "duckdb-states.jsonl").read_text().splitlines()[-1]
    assert "interviews" in json.loads(last)["bookmarks"]
