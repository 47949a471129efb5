"""The state as a file that people edit: what of it can be read, and what it costs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pendulum
import pytest
import time_machine
from singer_sdk.exceptions import ConfigValidationError
from test_bookmarks import (
    CURRENT,
    LOOKBACK,
    NOON,
    STREAM,
    State,
    bookmarks,
    cut_off,
    entry_of,
    next_pass,
    run,
    written,
)

from tap_kombo.replication.bookmarks import BookmarkError
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


@pytest.mark.parametrize("value", ["soon", "", 7, {}, [], True, "12:00"])
@pytest.mark.parametrize("name", ["replication_key_value", "last_full_pass"])
def test_a_moment_that_cannot_be_read_is_named_and_not_quoted(name: str, value: object) -> None:
    state = written(**{"replication_key_value": "2026-11-23", name: value})

    with pytest.raises(BookmarkError, match=name) as caught:
        next_pass(state)
    assert str(caught.value) == f"`{name}` in the state is not a date-time"


@pytest.mark.parametrize("name", ["started_at", "updated_after"])
def test_an_unreadable_moment_of_a_resume_point_is_named(read_once: State, name: str) -> None:
    cut_off(read_once, NOON.add(hours=1))
    read_once["bookmarks"][STREAM]["partitions"][0]["resume"][name] = "soon"

    with pytest.raises(BookmarkError, match=name):
        next_pass(read_once, NOON.add(hours=2))


@pytest.mark.parametrize(
    "damage",
    [{"cursor": None}, {"cursor": 7}, {"cursor": ""}, {"question": None}, {"started_at": None}],
    ids=str,
)
def test_half_a_resume_point_is_none(state: State, damage: dict[str, object]) -> None:
    cut_off(state)
    state["bookmarks"][STREAM]["partitions"][0]["resume"].update(damage)

    assert not next_pass(state, NOON.add(hours=1)).resumed


@pytest.mark.parametrize("resume", [None, "page-2", 7, []])
def test_what_is_no_resume_point_is_none(resume: object) -> None:
    assert not next_pass(written(replication_key_value="2026-11-23", resume=resume)).resumed


@pytest.mark.parametrize("times", [2, 3])
@pytest.mark.parametrize("other", [{}, {"replication_key_value": "2020-01-01"}])
def test_an_integration_that_stands_there_twice_fails_and_no_other(
    read_once: State, times: int, other: dict[str, str]
) -> None:
    partitions = read_once["bookmarks"][STREAM]["partitions"]
    partitions[:] = [partitions[0], *([partitions[0] | other] * (times - 1))]
    marks = bookmarks(read_once)

    with pytest.raises(BookmarkError, match="twice"):
        marks.next_pass("a", CURRENT)
    assert marks.next_pass("b", CURRENT).updated_after is None


@pytest.mark.parametrize(
    "entry",
    [7, None, [], "a", {}, {"context": None}, {"context": {}}, {"context": {"integration_id": []}}],
)
def test_an_entry_that_is_nobodys_is_refused_before_any_request(
    kombo: Kombo, entry: object
) -> None:
    state = written(replication_key_value="2026-11-23")
    state["bookmarks"][STREAM]["partitions"].append(entry)

    with pytest.raises(ConfigValidationError) as refused:
        kombo.run("a", state=state)
    assert len(refused.value.errors) == 1
    assert kombo.emulator.requests == []


@pytest.mark.parametrize(
    "questions", [None, [], 7, {"x": 7}, {"x": {"filters": 7}}, {"x": {"deselected": 7}}], ids=str
)
@pytest.mark.parametrize("question", ["x", ["x"]], ids=str)
def test_questions_that_cannot_be_read_are_not_known(questions: object, question: object) -> None:
    """Which costs a full pass, but is no trouble."""
    state = written(replication_key_value="2026-11-23", question=question)
    state["bookmarks"][STREAM]["questions"] = questions

    done = run(state)
    assert done.full
    assert run(state, NOON.add(hours=1)).full == ""


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
    assert entry["resume"] == {
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


@pytest.mark.parametrize("integrations", [10, 1_000])
def test_finding_an_entry_costs_the_same_however_many_there_are(integrations: int) -> None:
    partitions = [
        CountedEntry(context={"integration_id": str(number)}, replication_key_value="2026-11-23")
        for number in range(integrations)
    ]
    marks = bookmarks({"bookmarks": {STREAM: {"partitions": partitions}}})
    CountedEntry.looks = 0

    with time_machine.travel(NOON, tick=False):
        for number in range(0, integrations, integrations // 10):
            current = marks.next_pass(str(number), CURRENT)
            marks.remember_progress(current.after("page-2", None))
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
