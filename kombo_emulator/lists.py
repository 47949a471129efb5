"""One page of a list: from a query to records and the cursor of the next page."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from kombo_emulator.errors import ApiError, input_invalid
from kombo_emulator.filters import Query, matcher
from kombo_emulator.paging import Cursor, Key, Snapshots, decode, next_page, scope_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from kombo_emulator.behaviour import Behaviour
    from kombo_emulator.integration import Integration
    from kombo_emulator.models import Model

_SETUP = {
    "INCOMPLETE": "INTEGRATION.SETUP_INCOMPLETE",
    "FINAL_SYNC_PENDING": "INTEGRATION.SETUP_SYNC_PENDING",
}
_STOPPED = {
    "INACTIVE": "INTEGRATION.INACTIVE",
    "INVALID": "INTEGRATION.AUTHENTICATION_INVALID",
}


class Pager:
    """Cuts lists into pages and remembers frozen ones."""

    def __init__(self) -> None:
        """Start without a frozen list."""
        self._snapshots = Snapshots()

    def model_page(self, integration: Integration, model: Model, query: Query) -> dict[str, Any]:
        """The `data` of one page of a model's list, or of the whole list if it has no pages.

        Raises:
            ApiError: If the integration or the model cannot be read, or the cursor is not its own.
        """
        refuse(integration, model)
        integration.settle()
        behaviour = integration.world.behaviour
        table = integration.table(model.id)
        matches = matcher(integration, model, query)
        shown = matcher(integration, model, replace(query, updated_after=None, filters=()))
        if model.paging == "none":
            rows = filter(matches, (table.rows[key] for _, key in table.keys(behaviour.order)))
            return {model.results: [integration.sent(model, row) for row in rows]}
        keys, after = self.page(
            (integration.id, model.path),
            query,
            behaviour,
            table.keys(behaviour.order),
            lambda key: matches(table.rows[key[1]]),
            lambda key: shown(table.rows[key[1]]),
        )
        results = [integration.sent(model, table.rows[record_id]) for _, record_id in keys]
        return {model.results: results, "next": after}

    def plain_page(
        self, place: tuple[str, str], query: Query, behaviour: Behaviour, all_of: list[Any]
    ) -> dict[str, Any]:
        """The `data` of one page of a list outside the table; its records only have an id.

        Raises:
            ApiError: If the cursor is not of this list.
        """
        by_key = {(0, record["id"]): record for record in all_of}
        keys, after = self.page(
            place, query, behaviour, sorted(by_key), by_key.__contains__, by_key.__contains__
        )
        return {"results": [by_key[key] for key in keys], "next": after, "next_cursor": after}

    def page(  # noqa: PLR0913, PLR0917 - a list is described by all of these
        self,
        place: tuple[str, str | None],
        query: Query,
        behaviour: Behaviour,
        keys: Sequence[Key],
        matches: Callable[[Key], bool],
        still_shown: Callable[[Key], bool],
    ) -> tuple[list[Key], str | None]:
        """Find the keys of one page and the cursor of the next.

        Raises:
            ApiError: If the cursor is not of this list.
        """
        scope = scope_of(place, query.bound)
        page, after, snapshot = 1, None, None
        try:
            if query.cursor is not None:
                cursor = decode(query.cursor, scope)
                page, after, snapshot = cursor.page, cursor.after, cursor.snapshot
            elif behaviour.paging == "snapshot":
                snapshot = self._snapshots.freeze(filter(matches, keys))
            if snapshot is not None:
                keys, matches = self._snapshots.get(snapshot), still_shown
        except ValueError as error:
            raise input_invalid(str(error)) from error
        if behaviour.empty_pages and page % behaviour.empty_pages == 0 and after is not None:
            return [], Cursor(scope, after, page + 1, snapshot).encode()
        found, more = next_page(keys, after, query.page_size, matches)
        return found, Cursor(scope, found[-1], page + 1, snapshot).encode() if more else None


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
