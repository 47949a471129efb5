"""Each row of each mart of the dbt package, counted from Kombo's records in Python."""

from __future__ import annotations

import datetime as dt
from collections import defaultdict
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Row = dict[str, Any]
Key = tuple[Any, ...]
Figures = dict[Key, Row]
"""Rows of a mart by their key."""


@dataclass(frozen=True)
class Kombo:
    """What there is to count.

    Attributes:
        live: Records that exist, by stream.
        names: Customer and tool of each integration.
        log: Versions of applications, of which the last of each is the present one.
        today: The day of the build.
    """

    live: dict[str, list[Row]]
    names: dict[str, tuple[str, str]]
    log: list[Row]
    today: dt.date

    def by_id(self, stream: str) -> dict[str | None, Row]:
        return {row["id"]: row for row in self.live[stream]}

    def of(self, integration_id: str) -> Row:
        """The columns that every mart has."""
        customer, tool = self.names[integration_id]
        return {"integration_id": integration_id, "customer": customer, "tool": tool}

    def has(self, stream: str) -> set[str]:
        """The integrations of which there is any record."""
        return {row["integration_id"] for row in self.live[stream]}


def moment(text: str | None) -> dt.datetime | None:
    return dt.datetime.fromisoformat(text).replace(tzinfo=None) if text else None


def day(text: str | None) -> dt.date | None:
    return dt.datetime.fromisoformat(text).date() if text else None


def days(first: dt.datetime | None, then: dt.datetime | None) -> float | None:
    return (then - first).total_seconds() / 86400 if first and then else None


def month_of(one: dt.date | None) -> dt.date | None:
    return dt.date(one.year, one.month, 1) if one else None


def month_after(month: dt.date) -> dt.date:
    return (month + dt.timedelta(days=31)).replace(day=1)


def months(first: dt.date, last: dt.date) -> Iterator[dt.date]:
    while first <= last:
        yield first
        first = month_after(first)


def name(person: Row | None) -> str | None:
    person = person or {}
    return f"{person.get('first_name') or ''} {person.get('last_name') or ''}".strip() or None


def groups(rows: Iterable[Row], key: Callable[[Row], Key | None]) -> dict[Key, list[Row]]:
    found: dict[Key, list[Row]] = defaultdict(list)
    for row in rows:
        if (one := key(row)) is not None:
            found[one].append(row)
    return found


def known(values: Iterable[Any], of: Callable[[list[Any]], Any]) -> Any:  # noqa: ANN401
    """What is made of the values that are known; none if none is."""
    kept = [one for one in values if one is not None]
    return of(kept) if kept else None


def plain(value: Any) -> Any:  # noqa: ANN401
    """A value as both databases and Python write it."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, int | float | Decimal):
        return round(float(value), 6)
    if isinstance(value, dt.datetime):
        return value.isoformat(" ", "milliseconds")
    return value.isoformat() if isinstance(value, dt.date) else value
