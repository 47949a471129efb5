"""When a pass is a full one although there is a bookmark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from support import Kombo

A = "greenhouse:demo"


def kinds_of_passes(kombo: Kombo) -> list[bool]:
    """For each first request of a pass, whether it asks for everything."""
    first = [one for one in kombo.asked() if "cursor" not in one.params]
    kombo.emulator.clear_requests()
    return ["updated_after" not in one.params for one in first]


def test_expired_data_is_read_in_full_until_a_clean_full_pass(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    sent = kombo.run(A)
    sent = kombo.run(A, state=sent.state)
    assert kinds_of_passes(kombo) == [True, False]

    ats.details.data_expired_at = "2026-11-23T09:00:00.000Z"
    for _ in range(2):
        sent = kombo.run(A, state=sent.state)
    ats.details.data_expired_at = None
    for _ in range(2):
        sent = kombo.run(A, state=sent.state)

    assert kinds_of_passes(kombo) == [True, True, True, False]


def test_changed_filters_are_read_in_full(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    job = ats.records("ats_jobs")[0]["id"]
    filtered: dict[str, Any] = {"filters": {"interviews": {"job_ids": [job]}}}
    sent = kombo.run(A)
    sent = kombo.run(A, state=sent.state, **filtered)
    sent = kombo.run(A, state=sent.state, **filtered)
    sent = kombo.run(A, state=sent.state, include_deleted=False, **filtered)

    assert kinds_of_passes(kombo) == [True, True, False, True]
