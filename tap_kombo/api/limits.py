"""When a request may be sent: places, Kombo's limit, the pauses it asks for, and an outage.

Kombo tells what is left of its limit with each answer; while it does not, nothing is held back.
All this runs on one event loop, in its time, so nothing is locked.
"""

from __future__ import annotations

import asyncio
import random
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from heapq import heappop, heappush
from itertools import count
from math import inf
from typing import TYPE_CHECKING, Any, TypeAlias

if TYPE_CHECKING:
    import logging
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine

MAX_GUESS_SECONDS = 60  # longest pause whose length nobody told
MAX_PAUSE_SECONDS = 3600  # longest of all: who asks for more has a wrong clock
ROUNDING_SECONDS = 1  # lengths are told in whole seconds, rounded up; no pause at all is a storm
WORTH_TELLING_SECONDS = 1
SPREAD_BELOW = 0.5  # half of a limit may be used at once, the rest is spread over the time left

Waiter: TypeAlias = "tuple[int, asyncio.Future[float], str | None]"  # turn, let go at, integration


class StoppedError(Exception):
    """The run is ending, so no request is sent."""


class OutageError(Exception):
    """Nobody has answered, however often it was asked."""


@dataclass(frozen=True)
class Grant:
    """What an answer says of the limit on requests."""

    limit: int
    remaining: int
    reset: float  # seconds until the window ends


@dataclass(frozen=True)
class Rate:
    """How fast Kombo lets requests be sent."""

    limit: int  # requests in a window
    pace: float  # seconds between two of them, if they are spread over it


@dataclass
class Window:
    """The span of time for which Kombo grants a number of requests."""

    limit: int
    remaining: int  # those in flight are taken off
    found_at: float
    ends_after: float  # its end lies between these two
    ends_at: float
    pace: float  # seconds between requests while nothing is known of the window that follows
    next_at: float = 0  # when the next request may be sent
    told: bool = False  # whether the log says that it is used up


@dataclass
class Pause:
    """A pause that Kombo asks for."""

    until: float = 0
    asked_at: float = -inf
    refusals: int = 0  # in a row
    waiting: list[Waiter] = field(default_factory=list)  # requests of a paused integration


class Limits:
    """Gives leave to send requests, so that Kombo's limit is used up and not overrun.

    Args:
        concurrency: How many requests may be in flight at most.
        max_retries: How often it is asked again whether an outage is over.
        logger: Where waiting is told.

    Attributes:
        rate: The slowest that Kombo has told; none if it has not told any.
    """

    def __init__(self, concurrency: int, max_retries: int, logger: logging.Logger) -> None:
        """Begin without knowing of a limit."""
        self.rate: Rate | None = None
        self._logger = logger
        self._max_retries = max_retries
        self._concurrency = self._allowed = concurrency
        self._good = 0  # requests that went well since `_allowed` was changed
        self._in_flight: list[float] = []  # when each was sent
        self._queue: list[Waiter] = []  # a heap, in order of arrival
        self._turns = count()
        self._futures: set[asyncio.Future[float]] = set()  # of all who wait in `leave`
        self._timer: asyncio.TimerHandle | None = None
        self._window: Window | None = None
        self._pause = Pause()
        self._pauses: dict[str | None, Pause] = {None: self._pause}  # `None` is all integrations
        self._answered_at = -inf
        self._outage: asyncio.Task[None] | None = None
        self._over: Callable[[], Exception] | None = None

    @asynccontextmanager
    async def leave(self, integration_id: str | None) -> AsyncIterator[float]:
        """Wait for leave to send a request, and hold a place among those in flight.

        Yields:
            The seconds waited.

        Raises:
            StoppedError: If the run ends.
            OutageError: If nobody answers any more.
        """
        began = sent_at = asyncio.get_running_loop().time()
        held = self._pauses.get(integration_id)
        if self._queue or self._free_at(began) > began or (held and held.until > began):
            sent_at = await self._turn(integration_id)
        else:
            self._take(began)
        try:
            yield sent_at - began
        finally:
            self._release(sent_at, integration_id)

    def learn(self, grant: Grant | None, sent_at: float) -> None:
        """Take in that a request sent at `sent_at` was answered, and what is left of the limit."""
        now = self._answered_at = asyncio.get_running_loop().time()
        if self._outage:
            self._outage.cancel()
        if grant:
            self._measure(grant, sent_at, now)
        elif self._window and sent_at >= self._window.ends_at:  # no limit is told any more
            self._window = None
        if self._queue:
            self._dispatch()

    def pause(self, seconds: float | None, integration_id: str | None = None) -> None:
        """Send nothing for some seconds, for all or one integration; `None` is a guess.

        A pause of all also halves the number of requests in flight, until it goes well again.
        """
        now = asyncio.get_running_loop().time()
        pause = self._pauses.setdefault(integration_id, Pause())
        begins = now >= pause.until  # refusals that come together count once
        pause.refusals += begins
        if seconds is None:
            seconds = min(2 ** min(pause.refusals, 6), MAX_GUESS_SECONDS)
        seconds = min(max(seconds, ROUNDING_SECONDS), MAX_PAUSE_SECONDS)
        telling = now + seconds > max(pause.until, now) + WORTH_TELLING_SECONDS
        pause.until, pause.asked_at = max(pause.until, now + seconds), now
        text = f" for integration {integration_id}."
        if integration_id is None:
            self._good = 0
            self._allowed = max(self._allowed // 2, 1) if begins else self._allowed
            text = f"; then at most {self._allowed} request(s) at a time."
        if telling or (begins and pause.refusals > 1):
            self._logger.warning("Kombo asks for a pause of %.1f seconds%s", seconds, text)

    @property
    def left(self) -> tuple[int, int] | None:
        """How many requests of how many are left in this window; none if that is not known."""
        window = self._window
        if window is None or asyncio.get_running_loop().time() >= window.ends_at:
            return None
        return max(window.remaining, 0), window.limit

    def held_until(self, integration_id: str | None) -> float:
        """Return until when an integration is paused, in the loop's time; 0 if it is not."""
        held = self._pauses.get(integration_id)
        return held.until if held and held.until > asyncio.get_running_loop().time() else 0

    def silence(
        self, sent_at: float, what: str, probe: Callable[[], Awaitable[bool]]
    ) -> Coroutine[Any, Any, None]:
        """Declare an outage, as Kombo did not answer a request; a load balancer is not Kombo.

        Args:
            sent_at: When the request was sent.
            what: What came instead of an answer.
            probe: Asks for all, if the caller is the first, past `leave`, even if it is cancelled.

        Returns:
            What ends when Kombo answers. It raises a `StoppedError` if the run ends, and an
            `OutageError` if nobody answers, however often it is asked.
        """
        outage, first = self._outage, False
        if not (outage or self._over or self._answered_at > sent_at):
            outage, first = asyncio.create_task(self._wait_out(what, probe)), True
            outage.add_done_callback(self._end_outage)
            self._outage = outage
        return self._until_over(outage, first=first)

    async def _until_over(self, outage: asyncio.Task[None] | None, *, first: bool) -> None:
        self._check()
        if outage is None:
            return
        await asyncio.wait([outage])
        self._check()
        if first and not outage.cancelled():
            outage.result()  # what the probe raised is its caller's affair

    def stop(self) -> None:
        """Send no request any more, and send home all who wait."""
        self._close(StoppedError)
        if self._outage:
            self._outage.cancel()

    # --- places and turns

    def _free_at(self, now: float) -> float:
        """Return when the next request may be sent; infinity is when something changes."""
        if self._over or self._outage or len(self._in_flight) >= self._allowed:
            return inf
        if now < self._pause.until:
            return self._pause.until
        window = self._window
        if window is None:
            return 0
        return window.ends_at if window.remaining <= 0 and now < window.ends_at else window.next_at

    def _take(self, now: float) -> None:
        """Count a request that is sent at `now`."""
        self._in_flight.append(now)
        window = self._window
        if window and now >= window.ends_at:  # it finds out about the next; if slow, others do
            window.next_at = now + window.pace
        elif window:
            window.remaining -= 1
            if window.remaining < window.limit * SPREAD_BELOW:
                window.next_at = now + (window.ends_at - now) / (window.remaining + 1)

    def _release(self, sent_at: float, integration_id: str | None) -> None:
        """Let another request have the place; after refusals, count one that went well."""
        self._in_flight.remove(sent_at)
        if sent_at <= self._answered_at:
            pause, held = self._pause, self._pauses.get(integration_id)
            if held and sent_at > held.asked_at:
                held.refusals = 0
            if sent_at > pause.asked_at:
                pause.refusals = 0
                self._good += 1
                if self._good >= self._allowed < self._concurrency:
                    self._allowed, self._good = self._allowed + 1, 0
        if self._queue:
            self._dispatch()

    async def _turn(self, integration_id: str | None) -> float:
        """Wait among the others; return when the request was let go."""
        self._check()
        future: asyncio.Future[float] = asyncio.get_running_loop().create_future()
        self._futures.add(future)
        self._dispatch((next(self._turns), future, integration_id))
        try:
            sent_at = await future
        except asyncio.CancelledError:
            if not future.cancelled() and not self._over:  # let go, but not sent after all
                self._in_flight.remove(future.result())
                if self._window:
                    self._window.remaining += 1
                    self._window.next_at = future.result()
                self._dispatch()
            raise
        finally:
            self._futures.discard(future)
        self._check()
        return sent_at

    def _dispatch(self, *waiters: Waiter) -> None:
        """Let go, in order of arrival, all who may be sent, and come back when more may."""
        for waiter in waiters:
            heappush(self._queue, waiter)
        loop = asyncio.get_running_loop()
        now = loop.time()
        if self._timer:
            self._timer.cancel()
        while self._queue:
            if (at := self._free_at(now)) > now:
                self._timer = loop.call_at(at, self._dispatch) if at < inf else None
                self._tell(now, at)
                return
            _, future, integration_id = waiter = heappop(self._queue)
            held = self._pauses.get(integration_id)
            if future.done():  # cancelled
                continue
            if held and held.until > now:  # takes no place, but keeps its turn
                if not held.waiting:
                    loop.call_at(held.until, self._resume, held)
                held.waiting.append(waiter)
            else:
                self._take(now)
                future.set_result(now)

    def _resume(self, held: Pause) -> None:
        """Let an integration's requests have their turns again."""
        waiters, held.waiting = held.waiting, []
        self._dispatch(*waiters)

    def _close(self, error: Callable[[], Exception]) -> None:
        """Let all who wait, now or later, fail."""
        self._over = error
        for future in self._futures:
            if not future.done():
                future.set_result(inf)

    def _check(self) -> None:
        if self._over:
            raise self._over()

    # --- the limit and the outage

    def _measure(self, grant: Grant, sent_at: float, now: float) -> None:
        """Follow the windows; answers may come late and in another order than they were given."""
        window = self._window
        reset = min(max(grant.reset, ROUNDING_SECONDS), MAX_PAUSE_SECONDS)
        ends_after, ends_at = sent_at + (reset - ROUNDING_SECONDS), now + reset
        if window and ends_after < window.ends_at:
            if sent_at >= window.found_at:  # else it may tell of an older window
                window.remaining = min(window.remaining, grant.remaining)
                window.ends_at = min(window.ends_at, ends_at)
                window.ends_after = max(window.ends_after, ends_after)
            return
        # Of those in flight, any sent about or after the old window's end may count in the new one.
        since = window.ends_after - ROUNDING_SECONDS if window else -inf
        others = sum(at > since for at in self._in_flight) - (sent_at > since)
        left = grant.remaining - max(others, 0)
        told = Rate(grant.limit, reset / max(grant.limit, 1))
        if self.rate is None or told.pace > self.rate.pace:
            self.rate = told
        pace = max(self.rate.pace, window.pace if window else ROUNDING_SECONDS)
        self._window = Window(grant.limit, left, now, ends_after, ends_at, pace)

    def _tell(self, now: float, until: float) -> None:
        """Say once if it is for the limit that all wait."""
        window = self._window
        if now < self._pause.until or until - now <= WORTH_TELLING_SECONDS:
            return
        if window and until == window.ends_at and not window.told:
            window.told = True
            text = "Kombo's limit of %d requests is used up: waiting %.1f seconds."
            self._logger.info(text, window.limit, until - now)

    async def _wait_out(self, what: str, probe: Callable[[], Awaitable[bool]]) -> None:
        """Ask again, ever later, until somebody answers; `learn` and `stop` cancel this."""
        loop = asyncio.get_running_loop()
        began, tries = loop.time(), self._max_retries + 1
        for tried in range(tries):
            growing = 2 ** min(tried - 1, 6) * random.uniform(1, 1.1)  # noqa: S311
            seconds = min(growing, MAX_GUESS_SECONDS) if tried else 0
            if tried:  # the first time it may just be one request that went wrong
                text = "Kombo is not available [%s]. Asking again in %.1f seconds (%d of %d)."
                self._logger.warning(text, what, seconds, tried, tries - 1)
            await asyncio.sleep(seconds)
            if await probe():
                self._answered_at = loop.time()
                return
        text = f"no answer to {tries} probe(s) in {loop.time() - began:.0f} seconds"
        self._close(partial(OutageError, text))

    def _end_outage(self, outage: asyncio.Task[None]) -> None:
        """Let requests go again; what the probe raised counts as heard, if its caller has gone."""
        _ = outage.cancelled() or outage.exception()
        self._outage = None
        self._dispatch()
