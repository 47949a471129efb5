"""Standard output that cannot be written: one line, no stack trace, and nothing lost."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from support import KEY, catalog

from kombo_emulator import Size

if TYPE_CHECKING:
    from kombo_emulator import Emulator

A = "greenhouse:demo"


@pytest.fixture
def command(emulator: Emulator, url: str, tmp_path: Path) -> list[str]:
    """The tap with more to send than a pipe holds."""
    emulator.add_integration(A, "ATS", Size(interviews=1000))
    config = {"api_key": KEY, "integration_ids": [A], "api_url": url}
    (tmp_path / "config.json").write_text(json.dumps(config))
    (tmp_path / "catalog.json").write_text(json.dumps(catalog("interviews", "jobs")))
    options = ("--config", tmp_path / "config.json", "--catalog", tmp_path / "catalog.json")
    return [sys.executable, "-m", "tap_kombo", *map(str, options)]


def errors(log: str) -> list[str]:
    assert "Traceback" not in log
    assert "Exception ignored" not in log
    lines = [line for line in log.splitlines() if "| ERROR" in line]
    return [line for line in lines if "An unhandled error occurred while syncing" not in line]


def test_a_loader_that_ends_is_told_in_one_line(command: list[str]) -> None:
    tap = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    assert tap.stdout
    assert json.loads(tap.stdout.readline())["type"] == "SCHEMA"
    tap.stdout.close()
    assert tap.stderr
    log = tap.stderr.read()
    tap.stderr.close()

    assert tap.wait() == 1
    (line,) = errors(log)
    assert "its reader has ended. The cause is in the loader's own lines above. The next" in line


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="this system has no /dev/full")
def test_a_full_disk_is_told_in_one_line(command: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            command, stdout=full, stderr=subprocess.PIPE, text=True, check=False, timeout=60
        )

    assert done.returncode == 1
    assert len(errors(done.stderr)) == 1
    assert "No space left on device" in done.stderr


def test_records_come_before_the_state_that_confirms_them(command: list[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, check=True, timeout=60)

    kinds = [json.loads(line)["type"] for line in done.stdout.split("\n")[:-1]]
    assert kinds.count("RECORD") == 1006
    assert kinds[-1] == "STATE"
