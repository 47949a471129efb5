"""One page of a list: from a query to records and the cursor of the next page.

What each way of cutting promises to a reader while records change between two pages:

- behind an id: what stays is read once, what appears is read or not;
- behind a time of change, upwards: what stays is read once, what changes once more at the end;
- behind a time of change, downwards: what stays is read once, what changes before it was read not
  at all, for it moved to the front;
- by counting records: nothing, for whatever appears or leaves shifts the rest;
- along a frozen list: what was there at first and has not left is read once, as it is by then.
"""

from __future__ import annotations

import sys
from bisect import bisect_right
from dataclasses import replace
from itertools import islice
from typing import TYPE_CHECKING, Any, NamedTuple

from kombo_emulator.exchange import INPUT_INVALID, ApiError
from kombo_emulator.lists.filters import Query, matcher
from kombo_emulator.rows import Key, derive_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kombo_emulator.integration import Integration
    from kombo_emulator.models import Model
    from kombo_emulator.rows import World

_REFUSED = {
    "INCOMPLETE": (409, "INTEGRATION.SETUP_INCOMPLETE"),
    "FINAL_SYNC_PENDING": (409, "INTEGRATION.SETUP_SYNC_PENDING"),
    "INACTIVE": (403, "INTEGRATION.INACTIVE"),
    "INVALID": (403, "INTEGRATION.AUTHENTICATION_INVALID"),
}
"""What lists answer in each state of an integration that is not the usual one."""


class Cursor(NamedTuple):
    """Where a pass goes on."""

    scope: str  # digest of what the cursor is good for: integration, path and filters
    after: Key = (-sys.maxsize, "")  # the last place that was read
    passed: int = 0  # how many records or pages were read
    page: int = 1  # number of the page that it leads to
    frozen: tuple[Key, ...] | None = None
    """The places of the first page and all that follow, unless each looks at the data."""


class Pager:
    """Cuts lists into pages."""

    def __init__(self, world: World) -> None:
        """Start without a cursor given out."""
        self._world = world
        self._given: dict[str, tuple[Cursor, int]] = {}

    def model_page(self, integration: Integration, model: Model, query: Query) -> dict[str, Any]:
        """The `data` of one page of a model's list, or of the whole list if it has no pages."""
        refuse(integration, model)
        integration.settle()
        table, behaviour = integration.table(model.id), self._world.behaviour
        keys: Sequence[Key] = table.keys(behaviour.order)
        is_asked = matcher(integration, model, query)
        if not model.paginated:
            rows = [table.rows[key] for _, key in keys]
            return {model.results: [integration.sent(model, row) for row in rows if is_asked(row)]}
        cursor = self._cursor((integration.id, model.path), query)
        if query.cursor is None and behaviour.paging == "snapshot":
            frozen = tuple(key for key in keys if is_asked(table.rows[key[1]]))
            cursor = cursor._replace(frozen=frozen)
        if cursor.frozen is not None:
            keys = cursor.frozen
            is_asked = matcher(integration, model, replace(query, updated_after=None, filters=()))
        found, following = self._cut(
            cursor, keys, query.page_size, lambda key: is_asked(table.rows[key[1]])
        )
        results = [integration.sent(model, table.rows[key]) for _, key in found]
        return {model.results: results, "next": following}

    def plain_page(self, place: tuple[str, str], query: Query, all_of: list[Any]) -> dict[str, Any]:
        """The `data` of one page of a list outside the table; its records only have an id."""
        by_key = {(0, record["id"]): record for record in all_of}
        cursor = self._cursor(place, query)
        found, following = self._cut(cursor, sorted(by_key), query.page_size, by_key.__contains__)
        results = [by_key[key] for key in found]
        return {"results": results, "next": following, "next_cursor": following}

    def _cursor(self, place: tuple[str, str], query: Query) -> Cursor:
        """The cursor of a query if it is of this list and filters, or one of the first page."""
        first = Cursor(derive_id(repr((place, query.bound))))
        if query.cursor is None:
            return first
        cursor, given = self._given.get(query.cursor, (None, 0))
        if cursor is None or cursor.scope != first.scope:
            raise ApiError(*INPUT_INVALID, "not a cursor of this list")
        behaviour = self._world.behaviour
        if 0 < behaviour.cursor_seconds * 1000 <= self._world.clock.millis() - given:
            if behaviour.expired_cursor == "empty":
                return first._replace(frozen=())
            if behaviour.expired_cursor == "no code":
                raise ApiError(404, None, "this cursor has expired")
            raise ApiError(*INPUT_INVALID, "this cursor has expired")
        return cursor

    def _cut(
        self, cursor: Cursor, keys: Sequence[Key], size: int, matches: Callable[[Key], bool]
    ) -> tuple[list[Key], str | None]:
        """Find the keys of the page that a cursor leads to, and what leads to the next."""
        behaviour, following = self._world.behaviour, cursor._replace(page=cursor.page + 1)
        if behaviour.empty_pages and cursor.page % behaviour.empty_pages == 0:
            return [], self._give(following)
        unit = {"offset": 1, "page": size}.get(behaviour.paging, 0)
        start = 0 if unit else bisect_right(keys, cursor.after)
        skipped = cursor.passed * unit
        rest = filter(matches, islice(keys, start, None))
        found = list(islice(rest, skipped, skipped + size + 1))
        if len(found) <= size:
            return found, None
        passed = cursor.passed + size // (unit or 1)
        following = following._replace(after=found[size - 1], passed=passed)
        return found[:size], self._give(following)

    def _give(self, cursor: Cursor) -> str:
        """Write a cursor as opaque text, always the same."""
        text = derive_id(repr(cursor))
        self._given[text] = cursor, self._world.clock.millis()
        return text


def refuse(integration: Integration, model: Model) -> None:
    """Refuse to read a model that cannot be read, with the code that says why."""
    details = integration.details
    if details.qa_failed:
        raise ApiError(409, "INTEGRATION.QA_FAILED", "this integration is held back")
    for state in (details.setup_status, details.status):
        if state in _REFUSED:
            raise ApiError(*_REFUSED[state], f"this integration is {state}")
    if not integration.covers(model):
        message = f"this integration does not support {model.id}"
        raise ApiError(403, "INTEGRATION.MODEL_NOT_AVAILABLE", message)
    if model.id in integration.disabled:
        message = f"{model.id} is switched off in the scope configuration"
        raise ApiError(403, "INTEGRATION.MODEL_DISABLED", message)
