"""What is remembered between runs, and what a pass begins with because of it."""

from __future__ import annotations

import json
from typing import Any

import pendulum
import pytest
import time_machine

from tap_kombo.api.integrations import Details
from tap_kombo.replication.bookmarks import Bookmarks, Pass
from tap_kombo.replication.entries import Entries
from tap_kombo.replication.policy import Policy
from tap_kombo.replication.question import Question

NOON = pendulum.datetime(2026, 11, 23, 12)
LOOKBACK = pendulum.duration(seconds=300)
EXPIRED_AT = "2026-11-24T00:00:00.000Z"
CURRENT, EXPIRED, UNKNOWN = (
    Details(is_known=True, is_mark_known=True),
    Details(is_known=True, is_mark_known=True, data_expired_at=EXPIRED_AT),
    Details(),
)
PLAIN: dict[str, Any] = {
    "filters": {},
    "ignore_unsupported_filters": False,
    "include_deleted": True,
    "anonymized_records": "emit",
    "start_date": None,
    "deselected": (),
    "columns": "c1",
    "maps": "",
}
STREAM = "interviews"

State = dict[str, Any]


@pytest.fixture
def state() -> State:
    return {}


def bookmarks(state: State, **differs: Any) -> Bookmarks:  # noqa: ANN401
    """The bookmarks of a run; what differs is of the policy or the question."""
    question = Question(**PLAIN | {name: differs.pop(name) for name in PLAIN if name in differs})
    policy: dict[str, Any] = {
        "incremental": True,
        "lookback": LOOKBACK,
        "full_pass_interval": pendulum.duration(days=7),
        "pass_interval": pendulum.duration(),
        "page_size": 250,
    }
    return Bookmarks(Entries(state, STREAM), Policy(question, **policy | differs))


def entry_of(state: State, integration_id: str = "a") -> dict[str, Any]:
    partitions = state.get("bookmarks", {}).get(STREAM, {}).get("partitions", [])
    [entry] = [one for one in partitions if one["context"] == {"integration_id": integration_id}]
    return dict(entry)


def written(**entry: object) -> State:
    """A state with one entry."""
    partitions = [{"context": {"integration_id": "a"}, **entry}]
    return {"bookmarks": {STREAM: {"partitions": partitions}}}


def run(
    state: State,
    at: pendulum.DateTime = NOON,
    details: Details = CURRENT,
    **differs: Any,  # noqa: ANN401
) -> Pass:
    """Read a pass from its beginning to its end."""
    with time_machine.travel(at, tick=False):
        marks = bookmarks(state, **differs)
        current = marks.next_pass("a", details)
        marks.remember_end(current)
        through_a_file(state)
        return current


def cut_off(
    state: State,
    at: pendulum.DateTime = NOON,
    details: Details = CURRENT,
    **differs: Any,  # noqa: ANN401
) -> Pass:
    """Read the first page of a pass and be killed."""
    with time_machine.travel(at, tick=False):
        marks = bookmarks(state, **differs)
        current = marks.next_pass("a", details).after("page-2", None, 1)
        marks.remember_progress(current)
        through_a_file(state)
        return current


def next_pass(
    state: State,
    at: pendulum.DateTime = NOON,
    details: Details = CURRENT,
    **differs: Any,  # noqa: ANN401
) -> Pass:
    with time_machine.travel(at, tick=False):
        return bookmarks(state, **differs).next_pass("a", details)


def through_a_file(state: State) -> None:
    """What is remembered is JSON."""
    stored = json.loads(json.dumps(state))
    state.clear()
    state.update(stored)


@pytest.fixture
def read_once(state: State) -> State:
    """State after one full pass at noon."""
    run(state)
    return state


# --- the bookmark


def test_the_first_pass_asks_for_everything(state: State) -> None:
    first = next_pass(state)

    assert (first.updated_after, first.full) == (None, "as there is no bookmark")
    assert state == {}


def test_the_next_one_reaches_back_behind_the_start_of_the_first(read_once: State) -> None:
    second = next_pass(read_once, NOON.add(hours=1))

    assert (second.updated_after, second.full) == (NOON - LOOKBACK, "")


def test_start_date_bounds_full_passes_only(state: State) -> None:
    start_date = "2026-01-01T00:00:00.000Z"
    first = run(state, start_date=start_date)
    second = run(state, NOON.add(hours=1), start_date=start_date)
    third = run(state, NOON.add(days=8), start_date=start_date)

    assert first.updated_after == third.updated_after == pendulum.datetime(2026, 1, 1)
    assert second.updated_after == NOON - LOOKBACK


def test_the_bookmark_is_the_start_of_the_pass(state: State) -> None:
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(state)
        done = marks.next_pass("a", CURRENT)
    with time_machine.travel(NOON.add(hours=1), tick=False):
        marks.remember_end(done)

    assert entry_of(state)["replication_key"] == "changed_at"
    assert entry_of(state)["replication_key_value"] == "2026-11-23T12:00:00.000Z"
    assert entry_of(state)["last_full_pass"] == "2026-11-23T12:00:00.000Z"


def test_an_unfinished_pass_leaves_the_bookmark(read_once: State) -> None:
    before = entry_of(read_once)
    cut_off(read_once, NOON.add(hours=1))

    assert {name: one for name, one in entry_of(read_once).items() if name != "resume"} == before


def test_the_earlier_of_both_clocks_counts(state: State) -> None:
    begun = next_pass(state)

    assert begun.after("x", NOON.subtract(minutes=4), 1).started_at == NOON.subtract(minutes=4)
    assert begun.after("x", NOON.add(minutes=4), 1).started_at == NOON
    assert begun.after("x", None, 1).started_at == NOON


def test_a_bookmark_never_moves_backwards_by_itself(read_once: State) -> None:
    with time_machine.travel(NOON.add(minutes=1), tick=False):
        marks = bookmarks(read_once)
        behind = marks.next_pass("a", CURRENT).after(None, NOON.subtract(hours=1), 1)
        marks.remember_end(behind)

    assert entry_of(read_once)["replication_key_value"] == "2026-11-23T12:00:00.000Z"


def test_each_integration_has_its_own_bookmark(read_once: State) -> None:
    marks = bookmarks(read_once)
    with time_machine.travel(NOON.add(hours=1), tick=False):
        assert marks.next_pass("a", CURRENT).updated_after is not None
        assert marks.next_pass("b", CURRENT).updated_after is None


def test_each_stream_has_its_own_bookmarks(read_once: State) -> None:
    assert Entries(read_once, "jobs").of("a") == {}
    assert Entries(read_once, STREAM).of("a") == entry_of(read_once)


def test_a_model_without_updated_after_has_no_bookmark(state: State) -> None:
    for _ in range(2):
        cut_off(state, incremental=False)
        done = run(state, incremental=False)
        assert (done.updated_after, done.cursor) == (None, None)
        assert done.full
    assert state == {}


def test_a_bookmark_written_by_hand_is_enough() -> None:
    state = written(replication_key_value="2026-11-23")
    first = run(state)

    assert first.updated_after == pendulum.datetime(2026, 11, 23) - LOOKBACK
    assert first.full == ""
    assert "7 days" in next_pass(state, pendulum.datetime(2026, 11, 30)).full  # at the latest


# --- full passes


def test_a_full_pass_follows_within_the_interval(read_once: State) -> None:
    """`test_due.py` tells when."""
    assert next_pass(read_once, NOON.add(days=1).subtract(seconds=1)).full == ""
    assert "7 days" in next_pass(read_once, NOON.add(days=7)).full
    three = pendulum.duration(days=3)
    assert "3 days" in next_pass(read_once, NOON.add(days=3), full_pass_interval=three).full


def test_an_interval_of_zero_is_never(read_once: State) -> None:
    never = pendulum.duration()
    for day in range(7, 70, 7):
        assert run(read_once, NOON.add(days=day), full_pass_interval=never).full == ""


def test_full_table_makes_full_passes(read_once: State) -> None:
    assert "FULL_TABLE" in next_pass(read_once, always_full=True).full


def test_a_bookmark_older_than_kombo_keeps_deletions_is_not_trusted(read_once: State) -> None:
    never = pendulum.duration()
    at = NOON.add(days=14)

    assert next_pass(read_once, at, full_pass_interval=never).full == ""
    at = at.add(seconds=1)
    assert "14 days" in next_pass(read_once, at, full_pass_interval=never).full


def test_a_bookmark_in_the_future_is_not_trusted() -> None:
    """The clock was wrong then, so nobody knows what lies between."""
    for ahead in (NOON.add(seconds=1), NOON.add(hours=2), NOON.add(years=10)):
        state: State = {}
        run(state, ahead)

        after = run(state)
        assert "future" in after.full, ahead
        assert after.updated_after is None, ahead
        assert entry_of(state)["replication_key_value"] == "2026-11-23T12:00:00.000Z", ahead
        assert run(state, NOON.add(minutes=1)).full == "", ahead


def test_a_last_full_pass_in_the_future_puts_none_off(read_once: State) -> None:
    """Else the next one would be due in years."""
    entry = read_once["bookmarks"][STREAM]["partitions"][0]
    entry["last_full_pass"] = "2036-01-01T00:00:00.000Z"

    assert next_pass(read_once, NOON.add(days=8)).full


# --- a configuration that has changed at Kombo


def test_expired_data_makes_full_passes_that_do_not_count(read_once: State) -> None:
    later = NOON.add(days=1)
    for _ in range(2):
        assert "changed configuration" in run(read_once, later, EXPIRED).full
        assert entry_of(read_once)["last_full_pass"] == "2026-11-23T12:00:00.000Z"

    assert "has changed" in run(read_once, later).full
    assert entry_of(read_once)["last_full_pass"] == "2026-11-24T12:00:00.000Z"
    assert next_pass(read_once, later).full == ""


def test_a_refused_look_up_clears_no_mark(read_once: State) -> None:
    later = NOON.add(days=1)
    run(read_once, later, EXPIRED)

    for _ in range(2):
        assert run(read_once, later, UNKNOWN).full
        assert entry_of(read_once)["data_expired_at"] == EXPIRED_AT
        assert entry_of(read_once)["last_full_pass"] == "2026-11-23T12:00:00.000Z"
    assert run(read_once, later, CURRENT).full
    assert run(read_once, later, CURRENT).full == ""


def test_a_refused_look_up_sets_no_mark(read_once: State) -> None:
    assert run(read_once, NOON.add(days=1), UNKNOWN).full == ""
    assert run(read_once, NOON.add(days=8), UNKNOWN).full
    assert entry_of(read_once)["last_full_pass"] == "2026-12-01T12:00:00.000Z"


# --- one question

MORE: list[dict[str, Any]] = [
    {"filters": {}},
    {"filters": {"job_ids": "2"}},
    {"ignore_unsupported_filters": True},
    {"include_deleted": True},
    {"anonymized_records": "emit"},
    {"start_date": None},
    {"start_date": "2025-01-01T00:00:00.000Z"},
    {"deselected": ()},
    {"columns": "c2"},
    {"maps": "m1"},
]
LITTLE: dict[str, Any] = {
    "filters": {"job_ids": "1"},
    "ignore_unsupported_filters": False,
    "include_deleted": False,
    "anonymized_records": "skip",
    "start_date": "2026-01-01T00:00:00.000Z",
    "deselected": ("title",),
    "columns": "c1",
    "maps": "",
}
LESS: list[dict[str, Any]] = [
    {"filters": {"job_ids": "1", "ids": "1"}},
    {"start_date": "2026-06-01T00:00:00.000Z"},
    {"deselected": ("location", "title")},
]


def test_a_question_that_has_grown_makes_one_full_pass_that_says_why() -> None:
    later = NOON.add(hours=1)
    for more in MORE:
        state: State = {}
        run(state, **LITTLE)
        assert next_pass(state, later, **LITTLE).full == "", more

        grown = run(state, later, **LITTLE | more)

        assert grown.full == f"as more is asked for than before: {next(iter(more))}"
        start_date = (LITTLE | more)["start_date"]
        assert grown.updated_after == (start_date and pendulum.parse(start_date)), more
        assert run(state, later, **LITTLE | more).full == "", more


def test_a_question_that_has_shrunk_needs_no_full_pass_until_it_grows() -> None:
    later = NOON.add(hours=1)
    for less in LESS:
        state: State = {}
        run(state, **LITTLE)

        assert run(state, later, **LITTLE | less).full == "", less
        assert run(state, later, **LITTLE).full, less


def test_a_question_that_grew_while_a_pass_failed_is_still_asked(state: State) -> None:
    run(state, **LITTLE)
    cut_off(state, NOON.add(hours=1), **LITTLE | {"deselected": ()})

    assert run(state, NOON.add(days=2), **LITTLE | {"deselected": ()}).full


def test_a_question_of_which_the_parts_are_lost_is_asked_anew(read_once: State) -> None:
    del read_once["bookmarks"][STREAM]["questions"]

    assert next_pass(read_once, NOON.add(hours=1)).full == ""
    assert "not known" in next_pass(read_once, NOON.add(hours=1), include_deleted=False).full


def test_each_integration_has_its_own_question(read_once: State) -> None:
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(read_once, maps="m1")
        marks.remember_end(marks.next_pass("b", CURRENT))
    through_a_file(read_once)
    with time_machine.travel(NOON.add(hours=1), tick=False):
        marks = bookmarks(read_once, maps="m1")
        assert marks.next_pass("a", CURRENT).full
        assert marks.next_pass("b", CURRENT).full == ""


def test_questions_that_nobody_asks_any_more_are_forgotten(state: State) -> None:
    for number in range(20):
        run(state, NOON.add(hours=number), maps=f"m{number}")
    bookmarks(state)

    assert len(state["bookmarks"][STREAM]["questions"]) == 1


def test_a_pass_says_what_it_is(state: State) -> None:
    kinds = [next_pass(state).kind]
    run(state)
    kinds.append(next_pass(state, NOON.add(hours=1)).kind)
    cut_off(state, NOON.add(hours=1))
    kinds.append(next_pass(state, NOON.add(hours=2)).kind)

    since = "an incremental pass, from 2026-11-23T11:55:00.000Z"
    assert kinds == ["a full pass, as there is no bookmark", since, f"{since}, resumed"]
