from __future__ import annotations

import json
from decimal import Decimal

import pendulum
import pytest

from tap_kombo.api.pagination import CircularError, EnvelopeError, Page, follow, read_page
from tap_kombo.api.transport import Answer


def answer(body: object, **headers: str) -> Answer:
    content = body if isinstance(body, bytes) else json.dumps(body).encode()
    return Answer(200, headers, content, 0)


def envelope(**data: object) -> dict[str, object]:
    return {"status": "success", "data": data}


def test_a_page_has_records_cursor_and_the_servers_clock() -> None:
    body = envelope(results=[{"id": "1"}], next="abc")

    page = read_page(answer(body, Date="Mon, 23 Nov 2026 10:00:00 GMT"), "results", paginated=True)

    assert page == Page([{"id": "1"}], "abc", pendulum.datetime(2026, 11, 23, 10))


def test_numbers_stay_as_kombo_wrote_them() -> None:
    body = b'{"status":"success","data":{"next":null,"results":[{"id":"1","pay_rate":1.10}]}}'

    page = read_page(answer(body), "results", paginated=True)

    assert page.records[0]["pay_rate"] == Decimal("1.10")
    assert str(page.records[0]["pay_rate"]) == "1.10"


def test_a_list_without_pages_needs_no_next() -> None:
    page = read_page(answer(envelope(packages=[{"id": "1"}])), "packages", paginated=False)

    assert page.next is None


@pytest.mark.parametrize("date", [None, "yesterday", "", "Fri, 31 Dec 9999 23:59:59 -1200"])
def test_a_missing_or_unreadable_date_is_no_clock(date: str | None) -> None:
    headers = {} if date is None else {"Date": date}

    page = read_page(answer(envelope(results=[], next=None), **headers), "results", paginated=True)

    assert page.served_at is None


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"<html>secret@example.com</html>",
        b'{"status":"success","data":{"results":[',
        b"\xff\xfe",
        b'{"status":"success","data":{"results":[{"id":NaN}],"next":null}}',
        [],
        {"status": "success"},
        {"status": "success", "data": None},
        {"status": "error", "data": {"results": [], "next": None}},
        envelope(next=None),
        envelope(results={"secret": 1}, next=None),
        envelope(results=["secret"], next=None),
        envelope(results=[]),
        envelope(results=[], next=7),
        envelope(results=[], next=""),
    ],
)
def test_any_other_shape_is_an_error_that_quotes_nothing(body: object) -> None:
    with pytest.raises(EnvelopeError) as caught:
        read_page(answer(body), "results", paginated=True)

    assert "secret" not in str(caught.value)


def pages(*cursors: str | None) -> dict[str | None, Page]:
    """Pages with one record each, found under the cursor that leads to them."""
    starts = (None, *cursors[:-1])
    return {
        start: Page([{"id": start}], cursor, None)
        for start, cursor in zip(starts, cursors, strict=True)
    }


def test_pages_are_followed_until_next_is_null() -> None:
    stored = pages("a", "b", None)

    assert [page.next for page in follow(stored.__getitem__)] == ["a", "b", None]


def test_a_pass_can_begin_at_a_cursor() -> None:
    stored = pages("a", "b", None)

    assert [page.next for page in follow(stored.__getitem__, "a")] == ["b", None]


def test_an_empty_page_is_not_the_end() -> None:
    stored = pages("a", None) | {None: Page([], "a", None)}

    assert [page.records for page in follow(stored.__getitem__)] == [[], [{"id": "a"}]]


@pytest.mark.parametrize("cursors", [("a", "a"), ("a", "b", "a"), ("a", "b", "c", "b")])
def test_a_cursor_that_comes_back_is_an_error_and_no_loop(cursors: tuple[str, ...]) -> None:
    with pytest.raises(CircularError, match="used before"):
        list(follow(pages(*cursors).__getitem__))
