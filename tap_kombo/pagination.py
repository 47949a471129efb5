"""Pages of a Kombo list and the cursor that leads from one to the next."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING, Any

import msgspec
import pendulum

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from tap_kombo.transport import Answer

Record = dict[str, Any]


class EnvelopeError(ValueError):
    """An answer with status 200 that is not what Kombo documents; names no value of it."""


class ErrorEnvelopeError(EnvelopeError):
    """An answer with status 200 whose body says that it is an error."""


class CircularError(ValueError):
    """A cursor that leads back."""


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


def read_page(answer: Answer, records_key: str | None, *, paginated: bool) -> Page:
    """Read one answer of a list endpoint.

    Args:
        answer: An answer with status 200.
        records_key: Where in `data` the records are, e.g. `results`; `None` if `data` is one.
        paginated: Whether `data.next` must be there.

    Returns:
        The page.

    Raises:
        EnvelopeError: If the answer is not the documented envelope.
    """
    try:
        envelope = _decoder.decode(answer.body)
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError) as error:
        raise EnvelopeError(_where(error)) from None
    if envelope.status == "error":
        msg = "`status` is `error`"
        raise ErrorEnvelopeError(msg)
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
    return Page(records, cursor, _served_at(answer), rb"\u0000" in answer.body)


def follow(read: Callable[[str | None], Page], cursor: str | None = None) -> Iterator[Page]:
    """Read pages until one has no next; an empty page is not the end.

    Args:
        read: Reads the page at a cursor; `None` is the first page.
        cursor: Where to begin.

    Yields:
        The pages in order.

    Raises:
        CircularError: If a cursor comes back that this pass has used already.
    """
    used: set[str | None] = set()
    while True:
        used.add(cursor)
        page = read(cursor)
        if page.next is not None and page.next in used:
            msg = "`data.next` was used before"
            raise CircularError(msg)
        yield page
        if page.next is None:
            return
        cursor = page.next


def _where(error: Exception) -> str:
    """Say what is wrong with a body; the decoder's text names places and types, not values."""
    if isinstance(error, msgspec.DecodeError):
        return str(error)
    return _TEXTS[type(error)]


_TEXTS: Mapping[type[Exception], str] = {
    UnicodeDecodeError: "the body is not UTF-8",
    InvalidOperation: "a number is too large",
    RecursionError: "the body is nested too deeply",
}


def _served_at(answer: Answer) -> pendulum.DateTime | None:
    """Return the server's `Date` header in UTC."""
    try:
        return pendulum.instance(parsedate_to_datetime(answer.headers["Date"])).in_timezone("UTC")
    except (KeyError, ValueError, OverflowError):
        return None
