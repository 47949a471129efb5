from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from test_answers import answer, envelope

from tap_kombo.api.answers import EnvelopeError
from tap_kombo.api.pagination import CircularError, NextPaginator
from tap_kombo.api.problems import Action

if TYPE_CHECKING:
    from collections.abc import Iterator


def followed(*cursors: Any, at: str | None = None) -> Iterator[str | None]:  # noqa: ANN401
    """The cursors of the pages that are asked for, if the answers lead on like that."""
    paginator = NextPaginator(at)
    leading_to = list(cursors)
    while not paginator.finished:
        yield paginator.current_value
        paginator.advance(answer(envelope(results=[], next=leading_to.pop(0))))
    assert not leading_to


def test_pages_are_followed_until_next_is_null_though_each_is_empty() -> None:
    assert list(followed("a", "b", None)) == [None, "a", "b"]


def test_who_reads_pages_as_the_sdk_does_goes_on_after_an_empty_one() -> None:
    assert NextPaginator().continue_if_empty(answer(envelope(results=[], next="a")))


def test_a_pass_can_begin_at_a_cursor() -> None:
    assert list(followed("b", None, at="a")) == ["a", "b"]


@pytest.mark.parametrize(
    ("at", "cursors"),
    [
        (None, ("a", "a")),
        (None, ("a", "b", "a")),
        (None, ("a", "b", "c", "b")),
        ("a", ("a",)),
        ("a", ("b", "a")),
    ],
)
def test_a_cursor_that_comes_back_is_an_error_and_no_loop(
    at: str | None, cursors: tuple[str, ...]
) -> None:
    asked: list[str | None] = []
    with pytest.raises(CircularError) as caught:
        asked.extend(followed(*cursors, at=at))

    assert caught.value.problem.action is Action.FAIL_MODEL


@pytest.mark.parametrize("cursor", [7, "", [], False])
def test_what_is_no_cursor_ends_no_pass(cursor: object) -> None:
    with pytest.raises(EnvelopeError):
        list(followed("a", cursor))


def test_a_pass_of_many_pages_asks_for_each_once() -> None:
    cursors = [str(number) for number in range(1_000)]

    asked = list(followed(*cursors, None))

    assert asked == [None, *cursors]
    assert all(one != other for one, other in pairwise(asked))
