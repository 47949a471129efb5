"""The cursor that leads from one page of a list to the next, as the SDK's paginators do it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.pagination import BaseAPIPaginator
from typing_extensions import override

from tap_kombo.api.answers import EnvelopeError, next_of
from tap_kombo.api.problems import CIRCULAR

if TYPE_CHECKING:
    import requests


class CircularError(EnvelopeError):
    """A cursor leads back to a page that was read before."""

    rule = CIRCULAR


class NextPaginator(BaseAPIPaginator[str | None]):
    """Follows `data.next` until it is null; an empty page is not the end.

    Args:
        cursor: Where to begin; `None` is the first page.
    """

    def __init__(self, cursor: str | None = None) -> None:
        """Begin at a page."""
        super().__init__(cursor)
        self._used = {cursor}

    @override
    def continue_if_empty(self, response: requests.Response) -> bool:
        return True

    @override
    def get_next(self, response: requests.Response) -> str | None:
        """Return the next cursor.

        Raises:
            EnvelopeError: If the answer says neither where to go on nor that it is the last.
            CircularError: If the cursor was used before; the SDK notices only the one just used.
        """
        cursor = next_of(response)
        if cursor is not None and cursor in self._used:
            msg = "`data.next` was used before"
            raise CircularError(msg)
        self._used.add(cursor)
        return cursor
