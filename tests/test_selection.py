"""What `select` names: the right streams, or a hint."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tap_kombo.selection import misspelt

if TYPE_CHECKING:
    from support import Kombo

A = "tool:a"
STREAMS = ("candidates", "interviews", "hris_employees")


@pytest.mark.parametrize(
    ("patterns", "told"),
    [
        (["*.*", "hris_*.id", "!interviews.users", "candidates.*", "candidates"], []),
        (["candidate.*"], ["'candidate' (did you mean `candidates`?)"]),
        (["!intervews.*", "intervews.id"], ["'intervews' (did you mean `interviews`?)"]),
        (["lms_*.*"], ["'lms_*'"]),
        (["zzz.*", "employees.*"], ["'zzz'", "'employees' (did you mean `hris_employees`?)"]),
    ],
    ids=str,
)
def test_what_names_no_stream_is_told_with_a_hint(patterns: list[str], told: list[str]) -> None:
    lines = [f"`select` names no stream with {one}." for one in told]

    assert list(misspelt(patterns, STREAMS)) == lines


def test_a_misspelt_stream_beside_a_right_one_is_told(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Meltano leaves it out of the catalog, so that only its variable has it."""
    kombo.emulator.add_integration(A)
    monkeypatch.setenv("MELTANO_EXTRACT__SELECT", json.dumps(["interviews.*", "candidate.*"]))

    sent = kombo.run(A)

    told = "`select` names no stream with 'candidate' (did you mean `candidates`"
    assert [line.startswith(told) for line in caplog.messages].count(True) == 1
    assert sent.records()
