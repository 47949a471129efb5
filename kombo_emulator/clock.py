"""The emulator's clock: real time with an offset, or a time that stands still until moved."""

from __future__ import annotations

import time
from contextlib import contextmanager
from contextvars import ContextVar
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_BORROWED: ContextVar[int | None] = ContextVar("borrowed", default=None)

Moment = str | datetime | int
"""ISO 8601 text, a datetime (UTC if it has no zone), or milliseconds since 1970."""


def milliseconds(when: Moment) -> int:
    """Read a moment as milliseconds since 1970, the form in which times are compared.

    Raises:
        ValueError: If a text is not ISO 8601.
    """
    if isinstance(when, int):
        return when
    given = datetime.fromisoformat(when) if isinstance(when, str) else when
    if given.tzinfo is None:
        given = given.replace(tzinfo=UTC)
    return (given - _EPOCH) // timedelta(milliseconds=1)


@lru_cache(maxsize=4096)
def stamp(millis: int) -> str:
    """Write milliseconds since 1970 as Kombo does: `2026-11-23T10:00:00.000Z`."""
    written = datetime.fromtimestamp(millis / 1000, UTC).isoformat(timespec="milliseconds")
    return f"{written[:-6]}Z"


class Clock:
    """Tells the emulator's time in UTC, to the millisecond."""

    def __init__(self, now: Moment | None = None) -> None:
        """Stand still at `now`, or run with real time if it is none."""
        self._fixed = None if now is None else milliseconds(now)
        self._offset = 0

    def now(self) -> datetime:
        """Return the present moment, or the one lent by `at`."""
        return _EPOCH + timedelta(milliseconds=self.millis())

    def millis(self) -> int:
        """Return the same in milliseconds since 1970."""
        borrowed = _BORROWED.get()
        return self._real() + self._offset if borrowed is None else borrowed

    def advance(self, *, seconds: float = 0, days: float = 0) -> None:
        """Move the clock forward."""
        self._offset += timedelta(days=days, seconds=seconds) // timedelta(milliseconds=1)

    def set(self, now: Moment) -> None:
        """Set the clock; one that runs goes on from there."""
        self._offset = milliseconds(now) - self._real()

    @contextmanager
    def at(self, when: Moment) -> Iterator[None]:
        """Let the code inside (and no other thread) believe that it is `when`."""
        token = _BORROWED.set(milliseconds(when))
        try:
            yield
        finally:
            _BORROWED.reset(token)

    def _real(self) -> int:
        return time.time_ns() // 1_000_000 if self._fixed is None else self._fixed
