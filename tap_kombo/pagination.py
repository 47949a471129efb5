"""Pages of a Kombo list and the cursor that leads from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pendulum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    import requests

Record = dict[str, Any]


class EnvelopeError(ValueError):
    """An answer with status 200 that is not what Kombo documents; names no value of it."""


@dataclass(frozen=True)
class Page:
    """One page of a list.

    Attributes:
        records: The records, as Kombo sent them.
        next: Cursor of the following page; `None` on the last one, and only there.
        served_at: The server's clock when it answered, whole seconds; `None` if not told.
        may_hold_nul: Whether U+0000, which no database stores, may be in a text.
    """

    records: list[Record]
    next: str | None
    served_at: pendulum.DateTime | None
    may_hold_nul: bool = False


class _Envelope(msgspec.Struct):
    status: str
    data: dict[str, Any] | None = None


# Decimals keep a number exactly as Kombo wrote it.
_decoder = msgspec.json.Decoder(_Envelope, float_hook=Decimal)


def read_page(response: requests.Response, records_key: str | None, *, paginated: bool) -> Page:
    """Read one answer of a list endpoint.

    Args:
        response: An answer with status 200.
        records_key: Where in `data` the records are, e.g. `results`; `None` if `data` is one.
        paginated: Whether `data.next` must be there.

    Returns:
        The page.

    Raises:
        EnvelopeError: If the answer is not the documented envelope.
    """
    try:
        envelope = _decoder.decode(response.content)
    except (msgspec.DecodeError, UnicodeDecodeError) as error:
        raise EnvelopeError(_where(error)) from None
    if envelope.status != "success" or envelope.data is None:
        msg = "`status` is not `success` or `data` is missing"
        raise EnvelopeError(msg)
    records = envelope.data.get(records_key) if records_key else [envelope.data]
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        msg = f"`data.{records_key}` is not a list of objects"
        raise EnvelopeError(msg)
    cursor = envelope.data.get("next")
    if (
        (paginated and "next" not in envelope.data)
        or not isinstance(cursor, str | None)
        or cursor == ""
    ):
        msg = "`data.next` is neither a text nor null"
        raise EnvelopeError(msg)
    return Page(records, cursor, _served_at(response), rb"\u0000" in response.content)


def follow(read: Callable[[str | None], Page], cursor: str | None = None) -> Iterator[Page]:
    """Read pages until one has no next; an empty page is not the end.

    Args:
        read: Reads the page at a cursor; `None` is the first page.
        cursor: Where to begin.

    Yields:
        The pages in order.

    Raises:
        EnvelopeError: If a cursor comes back that this pass has used already.
    """
    used: set[str | None] = set()
    while True:
        used.add(cursor)
        page = read(cursor)
        if page.next is not None and page.next in used:
            msg = "`data.next` leads back to a page that was read before"
            raise EnvelopeError(msg)
        yield page
        if page.next is None:
            return
        cursor = page.next


def _where(error: Exception) -> str:
    """Say what is wrong with a body; the decoder's text names places and types, not values."""
    return "the body is not UTF-8" if isinstance(error, UnicodeDecodeError) else str(error)


def _served_at(response: requests.Response) -> pendulum.DateTime | None:
    """Return the server's `Date` header in UTC."""
    try:
        return pendulum.instance(parsedate_to_datetime(response.headers["Date"])).in_timezone("UTC")
    except (KeyError, ValueError):
        return None
