"""One page of a list: from a query to records and the cursor of the next page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from kombo_emulator.errors import ApiError, input_invalid
from kombo_emulator.lists.filters import Query, matcher
from kombo_emulator.lists.paging import Cursor, Cursors
from kombo_emulator.store.rows import derive_id

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kombo_emulator.integration import Integration
    from kombo_emulator.models import Model
    from kombo_emulator.store.rows import Key, World

_SETUP = {
    "INCOMPLETE": "INTEGRATION.SETUP_INCOMPLETE",
    "FINAL_SYNC_PENDING": "INTEGRATION.SETUP_SYNC_PENDING",
}
_STOPPED = {
    "INACTIVE": "INTEGRATION.INACTIVE",
    "INVALID": "INTEGRATION.AUTHENTICATION_INVALID",
}


class Listed(NamedTuple):
    """What a list could show: by place, what belongs to the answer, what a frozen one shows."""

    place: tuple[str, str | None]
    keys: Sequence[Key]
    matches: Callable[[Key], bool]
    shown: Callable[[Key], bool]


class Pager:
    """Cuts lists into pages."""

    def __init__(self) -> None:
        """Start without a cursor given out."""
        self._cursors = Cursors()

    def model_page(self, integration: Integration, model: Model, query: Query) -> dict[str, Any]:
        """The `data` of one page of a model's list, or of the whole list if it has no pages.

        Raises:
            ApiError: If the integration or the model cannot be read, or the cursor is not its own.
        """
        refuse(integration, model)
        integration.settle()
        table = integration.table(model.id)
        matches = matcher(integration, model, query)
        shown = matcher(integration, model, replace(query, updated_after=None, filters=()))
        listed = Listed(
            (integration.id, model.path),
            table.keys(integration.world.behaviour.order),
            lambda key: matches(table.rows[key[1]]),
            lambda key: shown(table.rows[key[1]]),
        )
        pages = model.paging != "none"
        keys, following = (
            self._page(listed, query, integration.world)
            if pages
            else (list(filter(listed.matches, listed.keys)), None)
        )
        results = [integration.sent(model, table.rows[record_id]) for _, record_id in keys]
        return {model.results: results} | ({"next": following} if pages else {})

    def plain_page(
        self, place: tuple[str, str], query: Query, world: World, all_of: list[Any]
    ) -> dict[str, Any]:
        """The `data` of one page of a list outside the table; its records only have an id.

        Raises:
            ApiError: If the cursor is not of this list.
        """
        by_key = {(0, record["id"]): record for record in all_of}
        listed = Listed(place, sorted(by_key), by_key.__contains__, by_key.__contains__)
        keys, following = self._page(listed, query, world)
        results = [by_key[key] for key in keys]
        return {"results": results, "next": following, "next_cursor": following}

    def _page(self, listed: Listed, query: Query, world: World) -> tuple[list[Key], str | None]:
        """Find the keys of one page and the cursor of the next."""
        behaviour, now = world.behaviour, world.now()
        scope = derive_id(repr((listed.place, query.bound)))
        keys: Sequence[Key] | None = listed.keys
        cursor, given = Cursor(scope, behaviour.paging), now
        if query.cursor is not None:
            try:
                cursor, given = self._cursors.take(query.cursor, scope)
            except ValueError as error:
                raise input_invalid(str(error)) from error
        elif behaviour.paging == "snapshot":
            frozen = self._cursors.freeze(list(filter(listed.matches, listed.keys)))
            cursor = cursor._replace(frozen=frozen)
        if cursor.frozen:
            keys = self._cursors.frozen(cursor.frozen)
        if keys is None or 0 < behaviour.cursor_seconds * 1000 <= now - given:
            _expired(behaviour.expired_cursor)
            return [], None
        if behaviour.empty_pages and cursor.page % behaviour.empty_pages == 0:
            return [], self._cursors.give(cursor._replace(page=cursor.page + 1), now)
        matches = listed.shown if cursor.frozen else listed.matches
        found, following = cursor.cut(keys, query.page_size, matches)
        return found, following and self._cursors.give(following, now)


def _expired(how: str) -> None:
    """Refuse an old cursor, unless it is answered as if nothing followed.

    Raises:
        ApiError: With a code or without one.
    """
    if how == "code":
        message = "this cursor has expired"
        raise input_invalid(message)
    if how == "no code":
        raise ApiError(404, None, "this cursor has expired")


def refuse(integration: Integration, model: Model) -> None:
    """Refuse to read a model that cannot be read.

    Raises:
        ApiError: With the code that says why.
    """
    behaviour, details = integration.world.behaviour, integration.details
    setup = "INTEGRATION.QA_FAILED" if details.qa_failed else _SETUP.get(details.setup_status)
    if setup:
        raise ApiError(behaviour.setup_status_code, setup, "this integration is not ready yet")
    if details.status in _STOPPED and behaviour.stopped_integrations == "refuse":
        raise ApiError(403, _STOPPED[details.status], "this integration has stopped")
    if not integration.covers(model):
        message = f"this integration does not support {model.id}"
        raise ApiError(behaviour.model_disabled_status, "INTEGRATION.MODEL_NOT_AVAILABLE", message)
    if model.id in integration.disabled:
        message = f"{model.id} is switched off in the scope configuration"
        raise ApiError(behaviour.model_disabled_status, "INTEGRATION.MODEL_DISABLED", message)
