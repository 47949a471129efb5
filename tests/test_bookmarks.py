from __future__ import annotations

import logging
from typing import Any

import pendulum
import pytest
import time_machine

from tap_kombo.replication.bookmarks import BookmarkError, Bookmarks, Settings

NOON = pendulum.datetime(2026, 11, 23, 12)


class State(dict[str, dict[str, Any]]):
    """Stands in for the SDK's state of one stream."""

    def __call__(self, context: dict[str, str]) -> dict[str, Any]:
        return self.setdefault(context["integration_id"], {})


def bookmarks(
    state: State,
    **settings: Any,  # noqa: ANN401
) -> Bookmarks:
    defaults: dict[str, Any] = {
        "incremental": True,
        "lookback": pendulum.duration(seconds=300),
        "full_pass_interval": pendulum.duration(days=7),
    }
    return Bookmarks(state, Settings(**defaults | settings), logging.getLogger("tap-kombo"))


@pytest.fixture
def state() -> State:
    return State()


def test_the_first_pass_asks_for_everything(state: State) -> None:
    assert bookmarks(state).begin("a").updated_after is None


def test_start_date_bounds_the_first_pass_only(state: State) -> None:
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state, start_date=pendulum.datetime(2026, 1, 1))
        first = marks.begin("a")
        marks.complete(first)

        assert first.updated_after == pendulum.datetime(2026, 1, 1)
        assert marks.begin("a").updated_after == NOON.subtract(seconds=300)


def test_the_bookmark_is_the_start_of_the_pass(state: State) -> None:
    marks = bookmarks(state)
    with time_machine.travel(NOON, tick=False):
        done = marks.begin("a")
    with time_machine.travel(NOON.add(hours=1), tick=False):
        marks.complete(done)

    assert state["a"]["replication_key"] == "changed_at"
    assert state["a"]["replication_key_value"] == "2026-11-23T12:00:00.000Z"


def test_an_unfinished_pass_leaves_the_bookmark(state: State) -> None:
    state["a"] = {"replication_key_value": "2026-11-01T00:00:00.000Z"}

    bookmarks(state).begin("a")

    assert state["a"] == {"replication_key_value": "2026-11-01T00:00:00.000Z"}


def test_the_earlier_of_both_clocks_counts(state: State) -> None:
    with time_machine.travel(NOON, tick=False):
        begun = bookmarks(state).begin("a")

    assert begun.seen_by_server(NOON.subtract(minutes=4)).started_at == NOON.subtract(minutes=4)
    assert begun.seen_by_server(NOON.add(minutes=4)).started_at == NOON
    assert begun.seen_by_server(None).started_at == NOON


def test_a_bookmark_never_moves_backwards(state: State) -> None:
    state["a"] = {"replication_key_value": "2026-11-23T12:00:00.000Z"}
    marks = bookmarks(state)
    with time_machine.travel(NOON, tick=False):
        marks.complete(marks.begin("a").seen_by_server(NOON.subtract(hours=1)))

    assert state["a"]["replication_key_value"] == "2026-11-23T12:00:00.000Z"


def test_each_integration_has_its_own_bookmark(state: State) -> None:
    marks = bookmarks(state)
    marks.complete(marks.begin("a"))

    assert marks.begin("a").updated_after is not None
    assert marks.begin("b").updated_after is None


def test_a_model_without_updated_after_has_no_bookmark(state: State) -> None:
    marks = bookmarks(state, incremental=False)
    marks.complete(marks.begin("a"))

    assert state == {}
    assert marks.begin("a").updated_after is None


def full_pass_reason(state: State, at: pendulum.DateTime = NOON, **settings: Any) -> str:  # noqa: ANN401
    with time_machine.travel(at, tick=False):
        return bookmarks(state, **settings).begin("a").full


@pytest.fixture
def read_once(state: State) -> State:
    """State after one full pass at noon."""
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state)
        marks.complete(marks.begin("a"))
    return state


def test_a_full_pass_is_due_after_the_interval(read_once: State) -> None:
    assert full_pass_reason(read_once, NOON.add(days=7).subtract(seconds=1)) == ""
    assert "7 days" in full_pass_reason(read_once, NOON.add(days=7))
    assert "3 days" in full_pass_reason(
        read_once, NOON.add(days=3), full_pass_interval=pendulum.duration(days=3)
    )


def test_an_interval_of_zero_is_never(read_once: State) -> None:
    never = pendulum.duration(days=0)

    assert full_pass_reason(read_once, NOON.add(years=1), full_pass_interval=never) == ""


def test_incremental_passes_do_not_put_the_full_pass_off(read_once: State) -> None:
    for day in range(1, 7):
        with time_machine.travel(NOON.add(days=day), tick=False):
            marks = bookmarks(read_once)
            marks.complete(marks.begin("a"))

    assert full_pass_reason(read_once, NOON.add(days=7)) != ""


def test_changed_parameters_make_a_full_pass(read_once: State) -> None:
    with time_machine.travel(NOON, tick=False):
        changed = bookmarks(read_once, parameters={"job_ids": "1"})
        begun = changed.begin("a")
        changed.complete(begun)

    assert "have changed" in begun.full
    assert begun.updated_after is None
    assert full_pass_reason(read_once, parameters={"job_ids": "1"}) == ""


def test_the_state_holds_no_filter_value(state: State) -> None:
    marks = bookmarks(state, parameters={"emails": "jane@example.com"})
    begun = marks.begin("a")
    marks.progress(begun.at("cursor"))
    marks.complete(begun)

    assert "jane" not in str(state)


def test_full_table_makes_full_passes(read_once: State) -> None:
    assert "FULL_TABLE" in full_pass_reason(read_once, always_full=True)


def test_expired_data_makes_full_passes_that_do_not_count(read_once: State) -> None:
    expired_at = "2026-11-24T00:00:00.000Z"
    with time_machine.travel(NOON.add(days=1), tick=False):
        marks = bookmarks(read_once)
        for _ in range(2):
            begun = marks.begin("a", expired_at)
            assert "changed configuration" in begun.full
            marks.complete(begun)
        assert read_once["a"]["last_full_pass"] == "2026-11-23T12:00:00.000Z"

        after = marks.begin("a", None)
        assert "has changed" in after.full
        marks.complete(after)

        assert marks.begin("a", None).full == ""
        assert read_once["a"]["last_full_pass"] == "2026-11-24T12:00:00.000Z"


def test_a_full_pass_keeps_to_the_start_date(read_once: State) -> None:
    start_date = pendulum.datetime(2026, 1, 1)
    with time_machine.travel(NOON.add(days=8), tick=False):
        begun = bookmarks(read_once, start_date=start_date).begin("a")

    assert begun.full
    assert begun.updated_after == start_date


def interrupted(state: State, **settings: Any) -> None:  # noqa: ANN401
    """Leave a resume point of a pass that began at noon."""
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state, **settings)
        marks.progress(marks.begin("a").at("page-2"))


def test_an_interrupted_pass_goes_on_with_its_own_start(state: State) -> None:
    interrupted(state)
    with time_machine.travel(NOON.add(hours=5), tick=False):
        marks = bookmarks(state)
        begun = marks.begin("a")
        marks.complete(begun)

    assert begun.cursor == "page-2"
    assert state["a"]["replication_key_value"] == "2026-11-23T12:00:00.000Z"
    assert state["a"]["last_full_pass"] == "2026-11-23T12:00:00.000Z"
    assert "resume" not in state["a"]


def test_an_interrupted_incremental_pass_keeps_its_filter(read_once: State) -> None:
    with time_machine.travel(NOON.add(hours=1), tick=False):
        marks = bookmarks(read_once)
        marks.progress(marks.begin("a").at("page-2"))
    with time_machine.travel(NOON.add(hours=2), tick=False):
        begun = bookmarks(read_once).begin("a")

    assert begun.updated_after == NOON.subtract(seconds=300)
    assert begun.full == ""
    assert begun.cursor == "page-2"


@pytest.mark.parametrize(
    ("later", "settings"),
    [
        ({"hours": 25}, {}),
        ({"hours": 1}, {"parameters": {"job_ids": "1"}}),
        ({"hours": 1}, {"resumable": False}),
    ],
    ids=["older than a day", "other filters", "not resumable"],
)
def test_some_passes_start_anew(
    state: State, later: dict[str, int], settings: dict[str, Any]
) -> None:
    interrupted(state)
    with time_machine.travel(NOON.add(**later), tick=False):
        begun = bookmarks(state, **settings).begin("a")

    assert begun.cursor is None
    assert begun.started_at == NOON.add(**later)


def test_a_due_full_pass_overtakes_an_interrupted_incremental_one(read_once: State) -> None:
    with time_machine.travel(NOON.add(days=7).subtract(hours=1), tick=False):
        marks = bookmarks(read_once)
        marks.progress(marks.begin("a").at("page-2"))
    with time_machine.travel(NOON.add(days=7), tick=False):
        begun = bookmarks(read_once).begin("a")

    assert begun.full
    assert begun.cursor is None


def test_a_refused_cursor_starts_the_pass_anew(state: State) -> None:
    interrupted(state)
    with time_machine.travel(NOON.add(hours=1), tick=False):
        marks = bookmarks(state)
        begun = marks.restart(marks.begin("a"))

    assert begun.cursor is None
    assert begun.started_at == NOON.add(hours=1)


def test_a_bookmark_written_by_hand_is_enough(state: State) -> None:
    state["a"] = {"replication_key_value": "2026-11-23"}
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state)
        begun = marks.begin("a")
        marks.complete(begun)

    assert begun.updated_after == pendulum.datetime(2026, 11, 23).subtract(seconds=300)
    assert full_pass_reason(state, pendulum.datetime(2026, 11, 30)) != ""


def test_a_bookmark_in_the_future_is_brought_back(
    state: State, caplog: pytest.LogCaptureFixture
) -> None:
    state["a"] = {"replication_key_value": "2027-01-01T00:00:00.000Z"}
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state)
        begun = marks.begin("a")
        marks.complete(begun)

    assert begun.updated_after == NOON.subtract(seconds=300)
    assert state["a"]["replication_key_value"] == "2026-11-23T12:00:00.000Z"
    assert "lies in the future" in caplog.text


@pytest.mark.parametrize("value", ["soon", 7, {}])
def test_an_unreadable_bookmark_is_named(state: State, value: object) -> None:
    state["a"] = {"replication_key_value": value}

    with pytest.raises(BookmarkError, match="replication_key_value"):
        bookmarks(state).begin("a")
