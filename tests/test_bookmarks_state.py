"""What a state is worth: where an interrupted pass goes on, what can be read of it, its costs."""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pendulum
import pytest
import time_machine
from singer_sdk.exceptions import ConfigValidationError
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
    written,
)

from tap_kombo.api.integrations import Details
from tap_kombo.replication.entries import BookmarkError
from tap_kombo.replication.question import fingerprint

if TYPE_CHECKING:
    from support import Kombo


@pytest.fixture
def state() -> State:
    return {}


@pytest.fixture
def read_once(state: State) -> State:
    """State after one full pass at noon."""
    run(state)
    return state


# --- where an interrupted pass goes on, and where it may not


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


POLICIES: list[dict[str, Any]] = [{"page_size": 100}, {"resumable": False}, {"always_full": True}]


def test_an_interrupted_incremental_pass_is_not_for_another_question() -> None:
    for differs in MORE + LESS + POLICIES:
        state: State = {}
        run(state, **LITTLE)
        cut_off(state, NOON.add(hours=1), **LITTLE)

        begun = next_pass(state, NOON.add(hours=2), **LITTLE | differs)

        assert (begun.cursor, begun.resumed) == (None, False), differs
        assert begun.started_at == NOON.add(hours=2), differs


def test_an_interrupted_full_pass_is_not_for_another_question() -> None:
    for differs in MORE + LESS + POLICIES[:1]:
        state: State = {}
        cut_off(state, **LITTLE)

        begun = next_pass(state, NOON.add(hours=1), **LITTLE | differs)

        start_date = (LITTLE | differs)["start_date"]
        assert (begun.cursor, begun.resumed) == (None, False), differs
        assert begun.updated_after == (start_date and pendulum.parse(start_date)), differs


def test_a_resume_point_is_used_for_a_day(state: State) -> None:
    cut_off(state)

    moments = (NOON.add(hours=24), NOON.add(hours=24, seconds=1), NOON.subtract(seconds=1))
    resumed = [next_pass(copy.deepcopy(state), at).resumed for at in moments]
    assert resumed == [True, False, False]


def test_the_mark_of_a_configuration_belongs_to_its_pass() -> None:
    """A full pass that began under a mark never counts as one that began without."""
    began_earlier = (None, NOON.subtract(days=8))
    for one in itertools.product((CURRENT, EXPIRED), (CURRENT, EXPIRED, UNKNOWN), began_earlier):
        began, goes_on, earlier = one
        state: State = {}
        if earlier:
            run(state, earlier)
        cut_off(state, NOON, began)

        done = run(state, NOON.add(hours=1), goes_on)

        assert done.resumed is (goes_on in (began, UNKNOWN)), one
        marked = EXPIRED_AT if EXPIRED in (goes_on, began if done.resumed else goes_on) else None
        assert entry_of(state).get("data_expired_at") == marked, one
        assert bool(next_pass(state, NOON.add(hours=2)).full) is bool(marked), one


def test_another_mark_is_another_pass(state: State) -> None:
    cut_off(state, NOON, EXPIRED)
    other = Details(is_known=True, is_mark_known=True, data_expired_at="2026-11-20T00:00:00.000Z")

    assert next_pass(state, NOON.add(hours=1), EXPIRED).resumed
    assert not next_pass(state, NOON.add(hours=1), other).resumed


def test_a_due_full_pass_overtakes_an_interrupted_incremental_one() -> None:
    for start_date in (None, "2026-11-29T00:00:00.000Z"):
        state: State = {}
        asks: dict[str, Any] = {"start_date": start_date}
        asks["full_pass_interval"] = pendulum.Duration(1)
        run(state, **asks)
        cut_off(state, NOON.add(hours=3), **asks)
        begun = next_pass(state, NOON.add(days=1), **asks)

        assert (bool(begun.full), begun.cursor) == (True, None), start_date


def test_a_bookmark_moved_back_by_hand_wins_over_a_resume_point(read_once: State) -> None:
    cut_off(read_once, NOON.add(hours=1))
    for moved in (NOON.subtract(seconds=1), NOON.subtract(days=30)):
        state = copy.deepcopy(read_once)
        state["bookmarks"][STREAM]["partitions"][0]["replication_key_value"] = moved.isoformat()

        begun = next_pass(state, NOON.add(hours=2))

        assert begun.cursor is None, moved
        assert begun.updated_after in {None, moved - LOOKBACK}


def test_an_interrupted_full_pass_is_good_enough_if_it_reaches_back_as_far() -> None:
    moved = NOON.subtract(days=3)
    far_enough = {None: True, "2026-11-22T00:00:00.000Z": False, "2026-11-01T00:00:00.000Z": True}
    for start_date, resumed in far_enough.items():
        state: State = {}
        cut_off(state, start_date=start_date)
        state["bookmarks"][STREAM]["partitions"][0]["replication_key_value"] = moved.isoformat()

        begun = next_pass(state, NOON.add(hours=1), start_date=start_date)
        assert begun.resumed is resumed, start_date


def test_a_bookmark_removed_by_hand_wins_over_incremental_progress(read_once: State) -> None:
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


# --- a file that people edit


MOMENT = {"replication_key_value": "2026-11-23"}


def complaint_about(state: State) -> str:
    with pytest.raises(BookmarkError) as caught:
        next_pass(state)
    return str(caught.value)


def test_a_moment_that_cannot_be_read_is_named_and_not_quoted() -> None:
    values: list[object] = ["soon", "", 7, {}, [], True, "12:00"]
    values += ["9999-12-31T23:59:59-05:00", "0001-01-01T00:00:00+05:00"]
    for name in ("replication_key_value", "last_full_pass"):
        assert [complaint_about(written(**MOMENT | {name: one})) for one in values] == [
            f"`{name}` in the state is not a date-time"
        ] * len(values)


def test_an_unreadable_moment_of_a_resume_point_is_named(read_once: State) -> None:
    cut_off(read_once, NOON.add(hours=1))
    entry = read_once["bookmarks"][STREAM]["partitions"][0]
    whole = entry["resume"]
    for name in ("started_at", "updated_after"):
        entry["resume"] = whole | {name: "soon"}

        with pytest.raises(BookmarkError, match=name):
            next_pass(read_once, NOON.add(hours=2))


def test_what_is_no_resume_point_or_half_of_one_is_none() -> None:
    state: State = {}
    cut_off(state)
    whole = entry_of(state)["resume"]
    damaged = [whole | {name: None} for name in ("cursor", "question", "started_at")]
    points = [None, "page-2", 7, [], *damaged, *(whole | {"cursor": one} for one in (7, ""))]

    assert next_pass(written(resume=whole)).resumed
    assert [one for one in points if next_pass(written(resume=one)).resumed] == []
    assert [one for one in points if next_pass(written(**MOMENT, resume=one)).resumed] == []


def test_an_integration_that_stands_there_twice_fails_and_no_other(read_once: State) -> None:
    partitions = read_once["bookmarks"][STREAM]["partitions"]
    once, other = partitions[0], partitions[0] | {"replication_key_value": "2020-01-01"}
    for more in ([once], [other, other]):
        partitions[:] = [once, *more]
        marks = bookmarks(read_once)

        with pytest.raises(BookmarkError, match="twice"):
            marks.next_pass("a", CURRENT)
        assert marks.next_pass("b", CURRENT).updated_after is None


def test_an_entry_that_is_nobodys_is_refused_before_any_request(kombo: Kombo) -> None:
    entries: tuple[Any, ...] = (7, {"context": {}})
    for entry in entries:
        state = written(**MOMENT)
        state["bookmarks"][STREAM]["partitions"].append(entry)

        with pytest.raises(ConfigValidationError) as refused:
            kombo.run("a", state=state)
        assert len(refused.value.errors) == 1
    assert kombo.emulator.requests == []


def test_questions_that_cannot_be_read_are_not_known() -> None:
    """Which costs a full pass, but is no trouble."""
    objects: list[Any] = [{"x": one} for one in (7, {"filters": 7}, {"deselected": 7})]
    for question, questions in itertools.product(("x", ["x"]), (None, [], 7, *objects)):
        state = written(**MOMENT, question=question)
        state["bookmarks"][STREAM]["questions"] = questions

        assert run(state).full, (question, questions)
        assert run(state, NOON.add(hours=1)).full == "", (question, questions)


def test_a_state_of_the_former_version_is_read(state: State) -> None:
    """With its hash of filters and `include_deleted` in place of a question."""
    former = fingerprint({"include_deleted": "true"})
    assert former == "fbd23ae690fcf589"
    state |= written(
        replication_key="changed_at",
        replication_key_value="2026-11-23T11:00:00.000Z",
        last_full_pass="2026-11-20T11:00:00.000Z",
        parameters=former,
        resume={
            "started_at": "2026-11-23T11:30:00.000Z",
            "updated_after": "2026-11-23T10:55:00.000Z",
            "cursor": "page-2",
            "full": "",
            "parameters": former,
        },
    )

    changed = next_pass(state, former_parameters="another")
    assert changed.full == "as more is asked for than before: filters or `include_deleted`"
    same = run(state, former_parameters=former)
    assert (same.full, same.cursor) == ("", None)
    assert same.updated_after == pendulum.datetime(2026, 11, 23, 11) - LOOKBACK
    assert entry_of(state).keys() == {
        "context",
        "replication_key",
        "replication_key_value",
        "last_full_pass",
        "question",
    }
    assert run(state, NOON.add(hours=1), former_parameters="another").full == ""


def test_the_state_is_small_and_says_what_it_is(state: State) -> None:
    run(state)
    cut_off(state, NOON.add(hours=1))

    stream = state["bookmarks"][STREAM]
    entry = entry_of(state)
    assert stream.keys() == {"partitions", "questions"}
    assert stream["questions"].keys() == {entry["question"]}
    assert entry["resume"] == dict.fromkeys(("pages", "records"), 1) | {
        "started_at": "2026-11-23T13:00:00.000Z",
        "updated_after": "2026-11-23T11:55:00.000Z",
        "cursor": "page-2",
        "full": "",
        "question": entry["question"],
        "page_size": 250,
        "data_expired_at": None,
    }


class CountedEntry(dict[str, Any]):
    """An entry that counts how often it is looked at."""

    looks = 0

    def __getitem__(self, name: str) -> Any:  # noqa: ANN401
        CountedEntry.looks += 1
        return super().__getitem__(name)

    def get(self, *names: Any) -> Any:  # noqa: ANN401
        CountedEntry.looks += 1
        return super().get(*names)


def test_finding_an_entry_costs_little_however_many_there_are() -> None:
    partitions = [
        CountedEntry(context={"integration_id": str(number)}, replication_key_value="2026-11-23")
        for number in range(1_000)
    ]
    marks = bookmarks({"bookmarks": {STREAM: {"partitions": partitions}}})
    CountedEntry.looks = 0

    with time_machine.travel(NOON, tick=False):
        for number in range(0, 1_000, 100):
            current = marks.next_pass(str(number), CURRENT)
            marks.remember_progress(current.after("page-2", None, 1))
            marks.remember_end(current)

    assert CountedEntry.looks <= 10 * 10


def test_a_new_integration_is_remembered_next_to_the_others(read_once: State) -> None:
    with time_machine.travel(NOON, tick=False):
        marks = bookmarks(read_once)
        for number in range(5):
            marks.remember_end(marks.next_pass(str(number), CURRENT))

    partitions = read_once["bookmarks"][STREAM]["partitions"]
    ids = [one["context"]["integration_id"] for one in partitions]
    assert ids == ["a", "0", "1", "2", "3", "4"]
