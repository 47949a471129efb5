"""One request budget for all workers, learnt from what Kombo's answers say about its limit.

Kombo tells `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset` (seconds) with each
answer (docs.kombo.dev/assessment/getting-started/fetching-data). Without them nothing is held back.
"""

from __future__ import annotations

import time
from contextlib import contextmanager
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from threading import Condition, Event
from typing import TYPE_CHECKING

import pendulum

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping

MAX_GUESS_SECONDS = 60
"""Longest pause after a refusal that does not say how long to wait."""

MAX_PAUSE_SECONDS = 3600
"""Longest pause of all: who asks for more has a wrong clock."""

WORTH_TELLING_SECONDS = 1
ROUNDING_SECONDS = 1
"""`ratelimit-reset` is told in whole seconds."""

SPREAD_BELOW = 0.5
"""The first half of a limit may be used at once, the other half is spread over the time left."""


class StoppedError(Exception):
    """The run ends; no request is sent any more."""


@dataclass
class Window:
    """The span of time for which Kombo grants a number of requests.

    Attributes:
        limit: Requests granted.
        remaining: Requests left, those in flight taken off.
        ends_at: When the next window begins, at the latest.
        next_at: When the next request may be sent.
    """

    limit: int
    remaining: int
    ends_at: float
    next_at: float = 0


class Budget:
    """Gives leave to send requests, so that Kombo's limit is used up and not overrun.

    Args:
        workers: How many requests may be in flight at most.
        logger: Where waiting is told.
    """

    def __init__(self, workers: int, logger: logging.Logger) -> None:
        """Begin without knowing of a limit."""
        self.stopped = Event()
        self._logger = logger
        self._changed = Condition()
        self._workers = self._allowed = workers
        self._in_flight = 0
        self._window: Window | None = None
        self._paused_until = 0.0
        self._refusals = 0
        self._successes = 0

    @contextmanager
    def request(self) -> Iterator[float]:
        """Wait for leave, and hold a place among the requests in flight.

        Yields:
            The seconds waited.

        Raises:
            StoppedError: If the run ends meanwhile.
        """
        began = time.monotonic()
        with self._changed:
            while (delay := self._delay(time.monotonic())) != 0:
                self._changed.wait(delay)
            self._grant(now := time.monotonic())
        try:
            yield now - began
        finally:
            with self._changed:
                self._in_flight -= 1
                self._changed.notify_all()

    def learn(self, headers: Mapping[str, str], sent_at: float, *, refused: bool) -> None:
        """Take in what an answer says about the limit.

        Args:
            headers: Its headers.
            sent_at: When its request was sent, on the monotonic clock.
            refused: Whether it was refused because there were too many requests.
        """
        now = time.monotonic()
        with self._changed:
            self._measure(headers, sent_at, now)
            if refused or "retry-after" in headers:
                self._pause(headers, now)
            else:
                self._relax()
            self._changed.notify_all()

    def stop(self) -> None:
        """Send no request any more, and wake all who wait."""
        self.stopped.set()
        with self._changed:
            self._changed.notify_all()

    def _delay(self, now: float) -> float | None:
        """Return how long to wait at `now`; `None` is until something changes.

        Raises:
            StoppedError: If the run ends.
        """
        if self.stopped.is_set():
            raise StoppedError
        if self._in_flight >= self._allowed:
            return None
        if now < self._paused_until:
            return self._paused_until - now
        window = self._window
        if window is None:
            return 0
        if now >= window.ends_at:  # one request finds out about the next window
            return None if self._in_flight else 0
        if window.remaining <= 0:
            return window.ends_at - now
        return max(window.next_at - now, 0)

    def _grant(self, now: float) -> None:
        """Count a request that is sent at `now`."""
        self._in_flight += 1
        window = self._window
        if window is None or now >= window.ends_at:
            return
        window.remaining -= 1
        left = window.ends_at - now
        if window.remaining < window.limit * SPREAD_BELOW:
            window.next_at = now + left / (window.remaining + 1)
        if window.remaining <= 0 and left > WORTH_TELLING_SECONDS:
            self._logger.info(
                "Kombo's limit of %d requests is used up: waiting %.1f seconds.",
                window.limit,
                left,
            )

    def _measure(self, headers: Mapping[str, str], sent_at: float, now: float) -> None:
        """Follow the window; answers may arrive late and in another order than they were given."""
        try:
            limit, remaining, reset = (
                int(headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")
            )
        except (KeyError, ValueError):
            return
        reset = min(reset, MAX_PAUSE_SECONDS)
        window = self._window
        if window and sent_at + reset - ROUNDING_SECONDS <= window.ends_at:
            window.remaining = min(window.remaining, remaining)
            window.ends_at = min(window.ends_at, now + reset)
        else:
            others = self._in_flight - 1
            self._window = Window(limit, max(remaining - others, 0), now + reset)

    def _pause(self, headers: Mapping[str, str], now: float) -> None:
        """Let all wait, and send fewer requests at a time from then on."""
        wanted = _retry_after(headers)
        if wanted is None:
            wanted = _seconds(headers.get("ratelimit-reset"))
        if now >= self._paused_until:  # the first of those refused together
            self._refusals += 1
            self._allowed = max(self._allowed // 2, 1)
        self._successes = 0
        guess = min(2**self._refusals, MAX_GUESS_SECONDS)
        seconds = guess if wanted is None else min(wanted, MAX_PAUSE_SECONDS)
        if now + seconds > self._paused_until + WORTH_TELLING_SECONDS:
            self._logger.warning(
                "Kombo asks for a pause of %.1f seconds; then at most %d request(s) at a time.",
                seconds,
                self._allowed,
            )
        self._paused_until = max(self._paused_until, now + seconds)

    def _relax(self) -> None:
        """Send more requests at a time again, one more after each round that went well."""
        self._refusals = 0
        self._successes += 1
        if self._allowed < self._workers and self._successes >= self._allowed:
            self._allowed, self._successes = self._allowed + 1, 0


def _retry_after(headers: Mapping[str, str]) -> float | None:
    """Return the seconds that `Retry-After` asks for, given as such or as a date (RFC 9110)."""
    value = headers.get("retry-after")
    if value is None or (seconds := _seconds(value)) is not None:
        return seconds if value is not None else None
    try:
        until = pendulum.instance(parsedate_to_datetime(value)).in_timezone("UTC")
    except (ValueError, OverflowError):
        return None
    return max((until - pendulum.now("UTC")).total_seconds(), 0)


def _seconds(value: str | None) -> float | None:
    return float(value) if value and value.strip().isdecimal() else None
