"""The programs that the benchmark compares read the same."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from support import catalog

from benchmarks.measure import CHECKOUT, bare, served, tap, template
from benchmarks.scenario import Scenario

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture(scope="module")
def url() -> Iterator[str]:
    with served(Scenario(pages=3, page_size=20)) as address:
        yield address


def ids(command: list[str]) -> list[str]:
    done = subprocess.run(
        [sys.executable, *command], cwd=CHECKOUT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    messages = map(json.loads, done.stdout.split("\n")[:-1])
    return sorted(one["record"]["id"] for one in messages if one["type"] == "RECORD")


def test_all_programs_send_the_same_records(url: str, tmp_path: Path) -> None:
    (tmp_path / "catalog.json").write_text(json.dumps(catalog("interviews")))
    command = tap(tmp_path, url)
    sent = [
        ids(command),
        ids(bare(url, 1, ["interviews"], 1)),
        ids(template(command)),
    ]
    assert len(set(sent[0])) == 60
    assert sent[0] == sent[1] == sent[2]
