"""What `--doctor` says of a run: which streams and passes it reads, and how long that takes."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from kombo_emulator import Emulator, Size
from tap_kombo.api.endpoints import ENDPOINTS

if TYPE_CHECKING:
    from collections.abc import Callable

    from doctoring import Doctor

A = "greenhouse:demo"

pytestmark = pytest.mark.usefixtures("_no_waiting")


@pytest.fixture
def emulator() -> Emulator:
    """An emulator whose integrations have no records, as hardly any is read."""
    return Emulator(now="2026-11-23T10:00:00Z", size=Size.empty())


def test_it_forecasts_what_the_next_run_costs(doctor: Doctor) -> None:
    names = [f"lever:{number}" for number in range(60)]
    for one in names:
        doctor.kombo.emulator.add_integration(one)
    doctor.kombo.emulator.behaviour = replace(
        doctor.kombo.emulator.behaviour, rate_limit=130, rate_window_seconds=3600
    )

    chosen = ("integrations", "interviews", "jobs", "offers", "tags", "candidate_attachments")
    told = doctor(*names, streams=chosen, opt_in=["candidate_attachments"])

    assert "\nOpted in: candidate_attachments.\n" in told

    cost = (
        "Without a state: a first run reads 360 full passes; at least 360 requests, and one for "
        "each record that may have attachments: about 76 minute(s) or more at Kombo's limit."
    )
    assert f"\n{cost}\n" in told


def test_with_a_state_it_forecasts_the_next_run(doctor: Doctor) -> None:
    doctor.kombo.emulator.add_integration(A)
    doctor.kombo.emulator.clock.set(datetime.now(UTC))  # else full passes are due again
    streams = ("interviews", "jobs", "custom_fields")
    state = doctor.kombo.run(A, streams=streams).state

    told = doctor(A, streams=(*streams, "tags"), state=state)

    assert "\nThe next run reads 2 full and 2 incremental passes; at least 5 requests.\n" in told


def test_what_kombo_says_of_an_integration_that_is_not_ready_can_be_read(doctor: Doctor) -> None:
    streams = ("custom_fields", "integration_models", "integrations", "jobs")
    names = ["lever:0", "lever:1", "lever:2"]
    _, second, third = (doctor.kombo.emulator.add_integration(one).details for one in names)
    second.setup_status, third.setup_status = "INCOMPLETE", "FINAL_SYNC_PENDING"

    told = doctor(*names, "typo:0", streams=streams)
    sent = doctor.kombo.attempt(*names, "typo:0", streams=streams)

    assert sorted(one["integration_id"] for one in sent.records("integrations")) == names
    assert "integrations        3 of 3\n" in told
    assert "integration_models  3 of 3\n" in told
    assert "jobs                1 of 3       lever:1, lever:2\n" in told
    assert "reads 8 full passes; at least 6 requests" in told


# --- run by Meltano


@pytest.fixture
def patterns(monkeypatch: pytest.MonkeyPatch) -> Callable[..., None]:
    """Let the environment be as Meltano makes it if these are the patterns of `select`."""

    def choose(*select: str) -> None:
        monkeypatch.setenv("MELTANO_EXTRACTOR_NAME", "tap-kombo")
        monkeypatch.setenv("MELTANO_EXTRACT__SELECT", json.dumps(select))

    return choose


def selected(told: str) -> list[str]:
    """The streams of the table."""
    return re.findall(r"^(\w+) +\d+ of \d+", told, re.MULTILINE)


def test_what_an_earlier_run_of_meltano_left_does_not_count(
    doctor: Doctor, patterns: Callable[..., None]
) -> None:
    doctor.kombo.emulator.add_integration(A)
    state = doctor.kombo.run(A).state
    patterns("jobs.*", "!jobs.name", "notes.content", "!offers.*", "passes.*")

    told = doctor(A, streams=("interviews",), state=state)

    assert selected(told) == ["jobs", "notes"]
    assert "\nWithout a state: a first run reads 2 full passes; at least 3 requests.\n" in told
    assert doctor.exit_code == 0


@pytest.mark.parametrize("select", [("*.*",), ("*",), ("*", "!jobs", "!notes.id")])
def test_in_a_project_without_select_everything_is_read(
    doctor: Doctor, patterns: Callable[..., None], select: tuple[str, ...]
) -> None:
    doctor.kombo.emulator.add_integration(A)
    patterns(*select)

    assert set(selected(doctor(A))) == {
        one.name for one in ENDPOINTS if not one.parent and f"!{one.name}" not in select
    }


def test_meltano_may_select_nothing(doctor: Doctor, patterns: Callable[..., None]) -> None:
    doctor.kombo.emulator.add_integration(A)
    patterns()

    assert selected(doctor(A, streams=("interviews",))) == []
    assert doctor.exit_code == 1
