"""Where an interrupted pass goes on, and where it may not."""

from __future__ import annotations

from typing import Any

import pendulum
import pytest
import time_machine
from test_bookmarks import (
    CURRENT,
    EXPIRED,
    EXPIRED_AT,
    LESS,
    LITTLE,
    LOOKBACK,
    MORE,
    NOON,
    STREAM,
    UNKNOWN,
    State,
    bookmarks,
    cut_off,
    entry_of,
    next_pass,
    run,
)

from tap_kombo.api.integrations import Details


@pytest.fixture
def state() -> State:
    return {}


@pytest.fixture
def read_once(state: State) -> State:
    """State after one full pass at noon."""
    run(state)
    return state


def test_an_interrupted_pass_goes_on_with_its_own_start(state: State) -> None:
    cut_off(state)
    done = run(state, NOON.add(hours=5))

    assert (done.cursor, done.resumed, done.started_at) == ("page-2", True, NOON)
    entry = entry_of(state)
    assert entry["replication_key_value"] == "2026-11-23T12:00:00.000Z"
    assert entry["last_full_pass"] == "2026-11-23T12:00:00.000Z"
    assert "resume" not in entry


def test_an_interrupted_incremental_pass_keeps_its_filter(read_once: State) -> None:
    cut_off(read_once, NOON.add(hours=1))
    begun = next_pass(read_once, NOON.add(hours=2))

    assert (begun.cursor, begun.full, begun.updated_after) == ("page-2", "", NOON - LOOKBACK)


def test_what_changed_meanwhile_is_asked_for_afterwards(state: State) -> None:
    cut_off(state)
    with time_machine.travel(NOON.add(hours=5), tick=False):
        marks = bookmarks(state)
        follow_up = marks.follow_up(marks.next_pass("a", CURRENT))

    assert (follow_up.cursor, follow_up.full, follow_up.resumed) == (None, "", False)
    assert follow_up.updated_after == NOON - LOOKBACK
    assert follow_up.started_at == NOON.add(hours=5)


@pytest.mark.parametrize(
    "differs",
    [
        *MORE,
        *LESS,
        {"page_size": 100},
        {"resumable": False},
        {"always_full": True},
    ],
    ids=str,
)
def test_an_interrupted_incremental_pass_is_not_for_another_question(
    state: State, differs: dict[str, Any]
) -> None:
    run(state, **LITTLE)
    cut_off(state, NOON.add(hours=1), **LITTLE)

    begun = next_pass(state, NOON.add(hours=2), **LITTLE | differs)

    assert (begun.cursor, begun.resumed, begun.started_at) == (None, False, NOON.add(hours=2))


@pytest.mark.parametrize("more", [*MORE, *LESS, {"page_size": 100}], ids=str)
def test_an_interrupted_full_pass_is_not_for_another_question(
    state: State, more: dict[str, Any]
) -> None:
    cut_off(state, **LITTLE)

    begun = next_pass(state, NOON.add(hours=1), **LITTLE | more)

    assert (begun.cursor, begun.resumed) == (None, False)
    start_date = (LITTLE | more)["start_date"]
    assert begun.updated_after == (start_date and pendulum.parse(start_date))


@pytest.mark.parametrize(
    ("at", "resumed"),
    [
        (NOON.add(hours=24), True),
        (NOON.add(hours=24, seconds=1), False),
        (NOON.subtract(seconds=1), False),
    ],
    ids=["a day", "older", "in the future"],
)
def test_a_resume_point_is_used_for_a_day(
    state: State, at: pendulum.DateTime, *, resumed: bool
) -> None:
    cut_off(state)
    assert next_pass(state, at).resumed is resumed


@pytest.mark.parametrize("began", [CURRENT, EXPIRED], ids=["current", "expired"])
@pytest.mark.parametrize("goes_on", [CURRENT, EXPIRED, UNKNOWN], ids=["current", "expired", "?"])
@pytest.mark.parametrize("is_first", [True, False])
def test_the_mark_of_a_configuration_belongs_to_its_pass(
    state: State, began: Details, goes_on: Details, *, is_first: bool
) -> None:
    """A full pass that began under a mark never counts as one that began without."""
    if not is_first:
        run(state, NOON.subtract(days=8))
    cut_off(state, NOON, began)

    done = run(state, NOON.add(hours=1), goes_on)

    assert done.resumed is (goes_on in (began, UNKNOWN))
    marked = EXPIRED_AT if EXPIRED in (goes_on, began if done.resumed else goes_on) else None
    assert entry_of(state).get("data_expired_at") == marked
    assert bool(next_pass(state, NOON.add(hours=2)).full) is bool(marked)


@pytest.mark.parametrize("marked", [EXPIRED_AT, "2026-11-20T00:00:00.000Z"])
def test_another_mark_is_another_pass(state: State, marked: str) -> None:
    cut_off(state, NOON, EXPIRED)
    details = Details(is_known=True, data_expired_at=marked)

    assert next_pass(state, NOON.add(hours=1), details).resumed is (marked == EXPIRED_AT)


@pytest.mark.parametrize("start_date", [None, "2026-11-29T00:00:00.000Z"])
def test_a_due_full_pass_overtakes_an_interrupted_incremental_one(
    state: State, start_date: str | None
) -> None:
    run(state, start_date=start_date)
    cut_off(state, NOON.add(days=7).subtract(hours=1), start_date=start_date)
    begun = next_pass(state, NOON.add(days=7), start_date=start_date)

    assert begun.full
    assert begun.cursor is None


@pytest.mark.parametrize("back", [{"seconds": 1}, {"days": 3}, {"days": 30}], ids=str)
def test_a_bookmark_moved_back_by_hand_wins_over_a_resume_point(
    read_once: State, back: dict[str, int]
) -> None:
    cut_off(read_once, NOON.add(hours=1))
    entry = read_once["bookmarks"][STREAM]["partitions"][0]
    moved = NOON.subtract(**back)
    entry["replication_key_value"] = moved.isoformat()

    begun = next_pass(read_once, NOON.add(hours=2))

    assert begun.cursor is None
    assert begun.updated_after is None or begun.updated_after == moved - LOOKBACK


@pytest.mark.parametrize(
    ("start_date", "moved", "resumed"),
    [
        (None, NOON.subtract(days=3), True),
        ("2026-11-22T00:00:00.000Z", NOON.subtract(days=3), False),
        ("2026-11-01T00:00:00.000Z", NOON.subtract(days=3), True),
    ],
)
def test_an_interrupted_full_pass_is_good_enough_if_it_reaches_back_as_far(
    state: State, start_date: str | None, moved: pendulum.DateTime, *, resumed: bool
) -> None:
    cut_off(state, start_date=start_date)
    state["bookmarks"][STREAM]["partitions"][0]["replication_key_value"] = moved.isoformat()

    assert next_pass(state, NOON.add(hours=1), start_date=start_date).resumed is resumed


def test_a_bookmark_removed_by_hand_wins_over_an_incremental_resume_point(
    read_once: State,
) -> None:
    cut_off(read_once, NOON.add(hours=1))
    del read_once["bookmarks"][STREAM]["partitions"][0]["replication_key_value"]

    begun = next_pass(read_once, NOON.add(hours=2))
    assert (begun.cursor, begun.updated_after) == (None, None)


def test_a_longer_lookback_wins_over_a_resume_point(read_once: State) -> None:
    cut_off(read_once, NOON.add(hours=1))
    day = pendulum.duration(days=1)

    begun = next_pass(read_once, NOON.add(hours=2), lookback=day)
    assert (begun.cursor, begun.updated_after) == (None, NOON - day)


def test_a_refused_cursor_is_forgotten(state: State) -> None:
    cut_off(state)
    bookmarks(state).forget_progress("a")

    begun = next_pass(state, NOON.add(hours=1))
    assert (begun.cursor, begun.started_at) == (None, NOON.add(hours=1))
