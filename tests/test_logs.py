"""What a user reads in the log, of the program as it is started."""

from __future__ import annotations

import json
import os
import pty
import subprocess
import threading
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Protocol

import pytest
from support import KEY, catalog
from warm import warm_tap

from kombo_emulator import Size
from scripts.meltano_project import CHECKOUT

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from support import Kombo

    from kombo_emulator.exchange import Received


SMALL = Size(
    users=1, roles=1, tags=1, rejection_reasons=0, application_stages=1, jobs=1, candidates=1,
    applications=1, interviews=2, offers=1, notes=0, scorecards=0, attachments=0,
)  # fmt: skip
LARGE = 30
AT_MOST = 15
"""Lines of a run in which nothing changed."""


class Start(Protocol):
    def __call__(
        self, number: int, *, state: dict[str, Any] | None = None, level: str = "INFO"
    ) -> subprocess.CompletedProcess[str]: ...


@pytest.fixture
def start(kombo: Kombo, tmp_path: Path) -> Start:
    """Start the tap as a program, and return what it has told."""
    kombo.emulator.clock.set(datetime.now(UTC))  # which is the program's clock too

    def started(
        number: int, *, state: dict[str, Any] | None = None, level: str = "INFO"
    ) -> subprocess.CompletedProcess[str]:
        ids = [f"tool:{at}" for at in range(number)]
        files = {
            "config": {"api_key": KEY, "api_url": kombo.url, "integration_ids": ids},
            "state": state or {},
        }
        for name, content in files.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        options = [f"--{name}={tmp_path / name}.json" for name in files]
        return subprocess.run(
            [*warm_tap(), *options],
            env=os.environ | {"TAP_KOMBO_LOGLEVEL": level},
            cwd=CHECKOUT, capture_output=True, text=True, check=False,
        )  # fmt: skip

    return started


def last_state(output: str) -> dict[str, Any]:
    messages = [json.loads(line) for line in output.split("\n") if line]
    states: list[dict[str, Any]] = [one["value"] for one in messages if one["type"] == "STATE"]
    return states[-1]


def test_a_run_in_which_nothing_changed_takes_few_lines_however_large(
    kombo: Kombo, start: Start
) -> None:
    for at in range(LARGE):
        kombo.emulator.add_integration(f"tool:{at}", "ATS", SMALL)
    told = {}
    for number in (2, LARGE):
        first = start(number)
        assert first.returncode == 0, first.stderr
        told[number] = start(number, state=last_state(first.stdout)).stderr.splitlines()

    assert max(map(len, told.values())) <= AT_MOST
    assert not [line for line in told[LARGE] if "METRIC" in line or "bookmark value" in line]
    assert len([line for line in told[LARGE] if "| OK: " in line]) == 1


def test_at_debug_each_pass_and_each_request_is_told(kombo: Kombo, start: Start) -> None:
    kombo.emulator.add_integration("tool:0", "ATS", SMALL)

    told = start(1, level="DEBUG").stderr

    assert "Reading interviews of tool:0: a full pass, as there is no bookmark." in told
    assert "Reading integrations of tool:0: a full pass, as Kombo offers nothing else" in told
    paths = [one.path for one in kombo.emulator.requests]
    look_up = "/integrations/tool:0"
    assert look_up in paths
    assert told.count("http_request_duration") == len([one for one in paths if one != look_up])
    assert f'"requests":{len(paths)},' in told.partition('"totals":')[2].partition("}")[0]
    assert "Beginning sync of" in told


def test_the_reason_of_a_full_pass_stays(kombo: Kombo, start: Start) -> None:
    kombo.emulator.add_integration("tool:0", "ATS", SMALL)

    told = start(1).stderr

    assert "Reading interviews of tool:0: a full pass, as there is no bookmark." in told
    assert "as Kombo offers nothing else for this model" not in told


def test_a_refused_key_is_not_called_an_unhandled_error(kombo: Kombo, start: Start) -> None:
    kombo.emulator.api_key = "another"

    done = start(1)

    assert done.returncode == 1
    assert "A key belongs to one region" in done.stderr
    assert "unhandled" not in done.stderr


def waiting_for(event: threading.Event) -> Callable[[Received], None]:
    """Lets no answer go before something has happened."""

    def hold(_: Received) -> None:
        event.wait(30)

    return hold


@contextmanager
def on_a_terminal(kombo: Kombo, folder: Path) -> Iterator[tuple[int, subprocess.Popen[bytes]]]:
    """The other end of a terminal, and the program that tells its progress there."""
    kombo.emulator.add_integration("tool:0", "ATS", SMALL)
    config = {"api_key": KEY, "api_url": kombo.url, "integration_ids": ["tool:0"]}
    (folder / "config.json").write_text(json.dumps(config))
    (folder / "catalog.json").write_text(json.dumps(catalog("interviews")))
    files = [f"--{name}={folder / name}.json" for name in ("config", "catalog")]
    ours, theirs = pty.openpty()
    with (folder / "out.jsonl").open("wb") as output:
        process = subprocess.Popen(
            [*warm_tap(), *files], cwd=CHECKOUT, stdout=output, stderr=theirs
        )
    os.close(theirs)
    yield ours, process
    assert process.wait() == 0


def test_on_a_terminal_progress_is_one_line_that_is_rewritten(kombo: Kombo, tmp_path: Path) -> None:
    told = threading.Event()
    kombo.emulator.intercept = waiting_for(told)

    with on_a_terminal(kombo, tmp_path) as (ours, _):
        seen = ""
        while piece := _read(ours):
            seen += piece
            if " pass(es) done, " in seen:
                told.set()
        os.close(ours)

    assert "\r\x1b[K0 of 1 pass(es) done, 0 record(s), " in seen
    assert "VERDICT" not in seen
    assert "\nOK: 2 record(s) of 1 stream(s) and 1 integration(s)" in seen.replace("\r\n", "\n")


def test_a_terminal_that_is_lost_ends_no_run(kombo: Kombo, tmp_path: Path) -> None:
    lost = threading.Event()
    kombo.emulator.intercept = waiting_for(lost)

    with on_a_terminal(kombo, tmp_path) as (ours, _):
        seen = ""
        while " pass(es) done, " not in seen:
            seen += _read(ours)
        os.close(ours)
        lost.set()

    output = (tmp_path / "out.jsonl").read_text()
    assert output.count('"type":"RECORD"') == 2
    [entry] = last_state(output)["bookmarks"]["interviews"]["partitions"]
    assert "replication_key_value" in entry


def _read(terminal: int) -> str:
    try:
        return os.read(terminal, 4096).decode()
    except OSError:  # Linux says so that the other end is closed
        return ""
