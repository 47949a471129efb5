"""When a pass is a full one although there is a bookmark."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from support import Sent, only, refusal

if TYPE_CHECKING:
    from collections.abc import Mapping

    from support import Kombo

A = "greenhouse:demo"
FEW = only(interviews=40, applications=4, candidates=4, jobs=2)


def kinds_of_passes(kombo: Kombo) -> list[bool]:
    """For each first request of a pass, whether it asks for everything."""
    first = [one for one in kombo.asked() if "cursor" not in one.params]
    kombo.emulator.clear_requests()
    return ["updated_after" not in one.params for one in first]


def test_expired_data_is_read_in_full_until_a_clean_full_pass(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
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


def test_a_filter_more_asks_for_less_and_a_filter_less_for_more(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
    jobs = [job["id"] for job in ats.records("ats_jobs")]
    sent = kombo.run(A)
    for number in (0, 0, 1):
        filters = {"interviews": {"job_ids": [jobs[number]]}}
        sent = kombo.run(A, state=sent.state, filters=filters)
    for _ in range(2):
        sent = kombo.run(A, state=sent.state)

    # none, one more, the same, changed, none, none
    assert kinds_of_passes(kombo) == [True, False, False, True, True, False]


CHANGES: Mapping[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "include_deleted": ({"include_deleted": False}, {}),
    "anonymized_records": ({"anonymized_records": "skip"}, {}),
    "start_date": ({"start_date": "2026-11-01"}, {"start_date": "2026-10-01"}),
    "deselected": ({"deselected": ("title",)}, {}),
    "maps": ({"stream_maps": {"interviews": {"__filter__": "canceled"}}}, {}),
}
"""Settings under which less is stored, and then more, by the name of what differs."""


def test_what_has_grown_is_read_in_full_and_what_has_shrunk_is_not(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level("INFO")
    kombo.emulator.add_integration(A, "ATS", FEW)
    for part, (less, more) in CHANGES.items():
        sent = kombo.run(A, **less)
        caplog.clear()

        sent = kombo.run(A, state=sent.state, **more)

        assert f"a full pass, as more is asked for than before: {part}" in caplog.text
        caplog.clear()
        kombo.run(A, state=sent.state, **less)
        grown = "a full pass, as more is asked for than before" in caplog.text
        # whether another expression tells less, nobody knows
        assert grown is (part == "maps"), part


def test_two_streams_are_changed_apart(kombo: Kombo) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    both = ("interviews", "jobs")
    sent = kombo.run(A, streams=both, stream_maps={"jobs": {"shout": "name.upper()"}})
    kombo.emulator.clear_requests()

    kombo.run(A, streams=both, state=sent.state)

    assert "updated_after" not in kombo.asked("/ats/jobs")[0].params
    assert kinds_of_passes(kombo) == [False]


def failing_at(kombo: Kombo, page: int) -> None:
    """Let one page of interviews be refused, the first one being 1."""
    asked = itertools.count(1)
    kombo.emulator.intercept = lambda one: (
        refusal("PLATFORM.UNKNOWN_ERROR", 500)
        if one.path.endswith("/ats/interviews") and next(asked) == page
        else None
    )


def killed_early(kombo: Kombo, state: dict[str, Any], **settings: Any) -> Sent:  # noqa: ANN401
    """Run, and die of a loader that takes a few rows of the first page."""

    def die() -> None:
        if len(killed.records()) > 5:
            raise ConnectionAbortedError

    killed = Sent(before=die)
    kombo.attempt(A, state=state, page_size=10, sent=killed, **settings)
    assert 0 < len(killed.records()) < 10
    return killed


@pytest.mark.parametrize("page", [1, 3])
def test_a_mark_of_outdated_data_is_remembered_by_a_pass_that_fails(
    kombo: Kombo, page: int
) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
    state = kombo.run(A).state
    kombo.emulator.clock.advance(days=1)
    ats.details.data_expired_at = "2026-11-23T09:00:00.000Z"
    failing_at(kombo, page)
    state = kombo.attempt(A, state=state, page_size=10, max_retries=0).state
    kombo.emulator.intercept = None
    ats.details.data_expired_at = None
    kombo.emulator.clear_requests()

    state = kombo.run(A, state=state, page_size=10).state
    kombo.run(A, state=state)

    assert kinds_of_passes(kombo) == [True, False]


@pytest.mark.parametrize(
    "other",
    [
        {"stream_maps": {"interviews": {"title": "'hidden'"}}},
        {"pseudonyms": "people", "pseudonym_key": "k" * 32},
        {"deselected": ("users",), "method": "FULL_TABLE"},
        {"method": "FULL_TABLE", "emit_activate_version_messages": True, "deselected": ("users",)},
    ],
    ids="-".join,
)
@pytest.mark.parametrize("bookmark", [False, True])
def test_a_resume_point_does_not_outlive_rows_of_another_question(
    kombo: Kombo, other: dict[str, Any], *, bookmark: bool
) -> None:
    """A full pass is cut off; another question is asked, cut off in its first page, taken back."""
    kombo.emulator.add_integration(A, "ATS", FEW)
    state = kombo.run(A, page_size=10).state if bookmark else {}
    failing_at(kombo, 3)
    cut = kombo.attempt(A, state=state, page_size=10, max_retries=0, method="FULL_TABLE")
    kombo.emulator.intercept = None
    assert cut.remembered(A)["resume"]["cursor"]

    killed = killed_early(kombo, cut.state, **other)

    again = kombo.run(A, state=killed.state, page_size=10)
    assert len(again.records()) == FEW.interviews


@pytest.mark.parametrize("fails", ["before its first page", "as it is not set up"])
def test_less_is_asked_for_in_vain_and_then_needs_no_full_pass(kombo: Kombo, fails: str) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
    state = kombo.run(A).state
    if fails == "before its first page":
        failing_at(kombo, 1)
    else:
        ats.details.setup_status = "INCOMPLETE"
    less: dict[str, Any] = {"deselected": ("title",), "max_retries": 0}
    state = kombo.attempt(A, state=state, **less).state
    kombo.emulator.intercept = None
    ats.details.setup_status = "COMPLETED"
    kombo.emulator.clear_requests()

    state = kombo.run(A, state=state, **less).state
    assert kinds_of_passes(kombo) == [False]
    kombo.run(A, state=state)
    assert kinds_of_passes(kombo) == [True]


def test_rows_of_three_questions_take_a_full_pass_whichever_is_asked_next(kombo: Kombo) -> None:
    """The first is complete; of the others, each is cut off in its first page."""
    kombo.emulator.add_integration(A, "ATS", FEW)
    state = kombo.run(A).state
    less: list[dict[str, Any]] = [{"deselected": ("title",)}, {"deselected": ("users",)}]
    for other in less:
        killed = killed_early(kombo, state, method="FULL_TABLE", **other)
        state = killed.state

    for asked in ({}, *less):
        again = kombo.run(A, state=copy.deepcopy(state), **asked)
        assert len(again.records()) == FEW.interviews, asked


def test_rows_of_two_questions_take_a_full_pass_whichever_is_asked_next(kombo: Kombo) -> None:
    """A map is tried, the run is cut off, and the map is taken back."""
    kombo.emulator.add_integration(A, "ATS", FEW)
    first = kombo.run(A)
    kombo.emulator.clock.advance(days=1)
    mapped = {"interviews": {"title": "'hidden'"}}

    def die() -> None:
        if len(cut_off.records()) > 30:
            raise ConnectionAbortedError

    cut_off = Sent(before=die)
    kombo.attempt(A, state=first.state, stream_maps=mapped, page_size=10, sent=cut_off)
    states = [one["type"] for one in cut_off.messages].index("STATE")
    assert states < [one["type"] for one in cut_off.messages].index("RECORD")

    again = kombo.run(A, state=cut_off.state)
    assert len(again.records()) == len(first.records())
    kombo.emulator.clock.advance(days=1)
    assert kombo.run(A, state=again.state).records() == []
