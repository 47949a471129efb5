"""What is told at the end of a run."""

from __future__ import annotations

import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import failing, refusal

from tap_kombo.replication.report import Tally, table
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from support import Kombo

A, B, C = "greenhouse:demo", "lever:demo", "personio:demo"


@pytest.fixture
def told(caplog: pytest.LogCaptureFixture) -> Iterator[list[str]]:
    """The lines that the tap logs; filled while the test runs."""
    caplog.set_level(logging.INFO)
    lines: list[str] = []

    class Handler(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(record.getMessage())

    handler = Handler()
    logging.getLogger("tap-kombo").addHandler(handler)
    yield lines
    logging.getLogger("tap-kombo").removeHandler(handler)


def verdict(told: list[str]) -> dict[str, dict[str, Any]]:
    lines = [line for line in told if line.startswith("VERDICT: ")]
    assert len(lines) == 1
    streams: dict[str, dict[str, Any]] = json.loads(lines[0].removeprefix("VERDICT: "))["streams"]
    return streams


def test_each_stream_is_counted(kombo: Kombo, told: list[str]) -> None:
    ats = kombo.emulator.add_integration(A)
    kombo.emulator.add_integration(B).disable_model("ats_jobs")
    kombo.emulator.intercept = failing(C, refusal("PLATFORM.INPUT_INVALID", 400))
    kombo.emulator.add_integration(C)
    kombo.emulator.add_integration("personio:hr", "HRIS")
    ats.delete("ats_interviews", ats.records("ats_interviews")[0]["id"])

    with pytest.raises(RunFailedError):
        kombo.run(A, B, C, "personio:hr", streams=("interviews", "jobs"), page_size=50)

    counts = verdict(told)
    assert {name: (one.pop("seconds") >= 0, one) for name, one in counts.items()} == {
        "interviews": (
            True,
            {
                "complete": 2,
                "skipped": 0,
                "failed": 1,
                "records": 240,
                "tombstones": 1,
                "pages": 6,
                "requests": 7,
                "waited": 0.0,
            },
        ),
        "jobs": (
            True,
            {
                "complete": 2,
                "skipped": 1,
                "failed": 0,
                "records": 12,
                "tombstones": 0,
                "pages": 2,
                "requests": 2,
                "waited": 0.0,
            },
        ),
    }


def test_on_a_terminal_it_is_a_table(
    kombo: Kombo, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    kombo.emulator.add_integration(A)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)

    kombo.run(A)

    header = next(line for line in told if line.startswith("stream "))
    row = told[told.index(header) + 1]
    assert header.split()[:5] == ["stream", "complete", "skipped", "failed", "records"]
    assert row.split()[:5] == ["interviews", "1", "0", "0", "120"]
    assert len(header) == len(row)


def test_the_table_is_aligned() -> None:
    tallies = {"interviews": Tally(complete=1, records=1_234_567), "jobs": Tally(waited=1.25)}
    lines = list(table(tallies))
    assert len({len(line) for line in lines}) == 1
    assert [line.split() for line in lines[1:]] == [
        ["interviews", "1", "0", "0", "1,234,567", "0", "0", "0", "0", "0"],
        ["jobs", "0", "0", "0", "0", "0", "0", "0", "1.2", "0"],
    ]


def test_integrations_listed_twice_are_read_once_with_a_warning(
    kombo: Kombo, told: list[str]
) -> None:
    kombo.emulator.add_integration(A)

    sent = kombo.run(A, A)

    assert len(sent.records()) == 120
    assert f"{A} is listed 2 times; it is read once." in told


def test_a_shard_reads_its_integrations_only(kombo: Kombo, told: list[str]) -> None:
    ids = [f"greenhouse:{number}" for number in range(6)]
    for one in ids:
        kombo.emulator.add_integration(one)

    first, second = (kombo.run(*ids, shard=shard) for shard in ("1/2", "2/2"))

    read = [{one["integration_id"] for one in sent.records()} for sent in (first, second)]
    assert read[0] | read[1] == set(ids)
    assert not read[0] & read[1]
    assert f"{len(read[0])} of 6 integration(s) fall to shard 1/2." in told


def test_an_empty_shard_is_green_and_says_so(kombo: Kombo, told: list[str]) -> None:
    kombo.emulator.add_integration(A)

    sents = [kombo.run(A, shard=f"{part}/2") for part in (1, 2)]

    assert sorted(len(sent.records()) for sent in sents) == [0, 120]
    assert any(line.startswith("0 of 1 integration(s) fall to shard") for line in told)
    assert not any("skipped" in line for line in told if "VERDICT" not in line)


def test_a_shard_never_drops_the_rows_of_another(kombo: Kombo, told: list[str]) -> None:
    ids = [f"greenhouse:{number}" for number in range(6)]
    for one in ids:
        kombo.emulator.add_integration(one)

    sent = kombo.run(*ids, shard="1/2", method="FULL_TABLE", emit_activate_version_messages=True)

    assert sent.records()
    assert "ACTIVATE_VERSION" not in {one["type"] for one in sent.messages}
    assert any("ACTIVATE_VERSION of interviews is not sent" in line for line in told)
