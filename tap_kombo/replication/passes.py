"""How one pass is read, and in the end becomes a bookmark."""

from __future__ import annotations

import asyncio
import traceback
from collections import Counter
from logging import DEBUG, INFO
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from tap_kombo.api.integrations import Details
from tap_kombo.api.problems import (
    BAD_STATE,
    KEYLESS,
    LEFT_OUT,
    RULES,
    UNEXPECTED,
    Action,
    KomboError,
    Problem,
)
from tap_kombo.replication.entries import BookmarkError
from tap_kombo.replication.ledger import Entry

if TYPE_CHECKING:
    import logging
    from collections.abc import AsyncIterator, Callable

    from tap_kombo.api.answers import Page
    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.api.kombo import Kombo
    from tap_kombo.replication.bookmarks import Bookmarks, Pass
    from tap_kombo.replication.fanout import Place
    from tap_kombo.replication.ledger import Ledger
    from tap_kombo.replication.report import Report

CURSOR_REFUSED = RULES["PLATFORM.INPUT_INVALID"]
_REFUSED = frozenset({Action.FAIL_MODEL, Action.FAIL_INTEGRATION})


class Source(Protocol):
    """What a pass reads, and where it stands in the report.

    Attributes:
        name: Name of the stream.
        endpoint: Its row in the table.
        logger: Where passes are told.
    """

    name: str
    endpoint: Endpoint

    @property
    def logger(self) -> logging.Logger:
        """Where passes are told."""

    def pages(self, current: Pass, aside: Callable[[], Any]) -> AsyncIterator[Page]:
        """Yield the pages of a pass, first to last."""


class Passes:
    """Reads the passes of one stream.

    Args:
        source: The stream.
        kombo: Who knows each integration.
        bookmarks: What is remembered of the stream.
        report: Where it is told how passes end.
        ledger: Where each pass that has ended gets a row, if anywhere.
    """

    def __init__(
        self,
        source: Source,
        kombo: Kombo,
        bookmarks: Bookmarks,
        report: Report,
        ledger: Ledger | None = None,
    ) -> None:
        """Read nothing yet."""
        self._source = source
        self._kombo = kombo
        self._bookmarks = bookmarks
        self._report = report
        self._ledger = ledger

    async def read(self, integration_id: str, place: Place[Any]) -> None:
        """Read what an integration has of the model; whatever fails stays with it.

        Args:
            integration_id: The integration.
            place: Where pages are handed over.

        Raises:
            KomboError: If the whole run has to stop.
        """
        with self._report.reading(self._source.name):
            done = await self._read_pass(integration_id, place)
            if done and done.resumed:
                await self._read_pass(integration_id, place, self._bookmarks.follow_up(done))

    async def _read_pass(
        self, integration_id: str, place: Place[Any], follow_up: Pass | None = None
    ) -> Pass | None:
        """Read one pass, and tell how it has ended; return it if it is complete.

        Raises:
            KomboError: If the whole run has to stop.
        """
        name, model = self._source.name, self._source.endpoint.model
        reached = self._bookmarks.reached(integration_id)
        with self._report.counting(name, integration_id) as counts:
            entry = Entry(integration_id, name, model, self._bookmarks.question, reached, counts)
            try:
                current = follow_up or await self._begin(integration_id, place)
                if current is None:
                    return None
                done = await _Reading(self._source, self._bookmarks, place, entry).read(current)
            except KomboError as error:
                _let_go(error)
                self._fail(entry, error.problem)
                if error.problem.action is Action.STOP_RUN:
                    raise
                return None
            except Exception as error:  # noqa: BLE001 - a bug ends no more than its pass
                problem = unexpected(error)
                _let_go(error)
                self._fail(entry, problem)
                return None
            entry.after = done.end
            self._note(entry)  # before a state says that it was read
            self._bookmarks.remember_end(done)
        if not done.resumed:  # else what changed meanwhile is still to come
            is_current = done.is_mark_known and not done.data_expired_at
            self._report.completed(name, integration_id, is_current=is_current)
        return done

    def _fail(self, entry: Entry, problem: Problem) -> None:
        entry.problem, entry.after = problem, entry.before
        self._report.broke_off(entry.stream, entry.integration_id, problem)
        self._note(entry)

    def _note(self, entry: Entry) -> None:
        if self._ledger:
            self._ledger.add(entry)

    async def _begin(self, integration_id: str, place: Place[Any]) -> Pass | None:
        """Return the pass to read; none if it is not due, or the integration of another category.

        Raises:
            KomboError: If it cannot be read.
        """
        if self._bookmarks.is_resting(integration_id):
            self._report.rested(self._source.name, integration_id)
            return None
        endpoint, details = self._source.endpoint, Details(is_known=True)
        where = f"{self._source.name} of {integration_id}"
        if endpoint.category != "GENERAL":
            details = (await self._kombo.look_up(integration_id, place.aside)).details
            if not details.serves(endpoint):
                return None
        problem = self._report.given_up(integration_id) or details.problem_with(endpoint)
        if problem:
            raise KomboError(problem, where)
        try:
            return self._bookmarks.next_pass(integration_id, details)
        except BookmarkError as error:
            raise KomboError(Problem(BAD_STATE, str(error)), where) from None


class _Reading:
    """One pass while it is read, page after page."""

    def __init__(
        self, source: Source, bookmarks: Bookmarks, place: Place[Any], entry: Entry
    ) -> None:
        self._source, self._bookmarks, self._place = source, bookmarks, place
        self._entry = entry
        self._keyless = 0
        self._left_out: Counter[str] = Counter()
        self._is_first = True

    async def read(self, current: Pass) -> Pass:
        """Read a pass to its last page.

        Raises:
            KomboError: If it could not be completed.
        """
        try:
            return await self._follow(current)
        except _StaleCursorError as stale:
            self._source.logger.warning("%s The pass starts again from its first page.", stale)
        self._bookmarks.forget_progress(current.integration_id)
        known = Details(current.is_mark_known, data_expired_at=current.data_expired_at)
        fresh = self._bookmarks.next_pass(current.integration_id, known)
        return await self._follow(fresh, may_start_anew=False)

    async def _follow(self, current: Pass, *, may_start_anew: bool = True) -> Pass:
        where = f"{self._source.name} of {current.integration_id}"
        level = INFO if current.is_worth_telling else DEBUG
        self._source.logger.log(level, "Reading %s: %s.", where, current.kind)
        self._is_first = True
        self._entry.current = current
        pages = self._source.pages(current, self._place.aside)
        coming = asyncio.ensure_future(anext(pages, None))
        try:
            while True:
                page = await self._turn(coming, current, may_start_anew=may_start_anew)
                if page is None:
                    break
                coming = asyncio.ensure_future(anext(pages, None))
                current = await self._write(page, current)
        finally:
            coming.cancel()  # nobody waits for a page that nobody wants
            await asyncio.wait([coming])
            if not coming.cancelled():
                coming.exception()  # else the loop would log it, with whatever its text holds
        self._check(where)
        return current

    async def _turn(
        self, coming: asyncio.Future[Page | None], current: Pass, *, may_start_anew: bool
    ) -> Page | None:
        """Wait for the next page.

        Raises:
            _StaleCursorError: If the cursor is what Kombo does not accept.
        """
        was_resumed = may_start_anew and current.resumed and self._is_first
        try:
            page = await coming
        except KomboError as error:
            refused = (
                error.problem.action in _REFUSED
                if was_resumed
                else (error.problem.rule is CURSOR_REFUSED and may_start_anew)
            )
            if refused and current.cursor is not None:
                raise _StaleCursorError(str(error)) from None
            raise
        if was_resumed and page and not page.records and page.next is None:
            where = f"{self._source.name} of {current.integration_id}"
            msg = f"{where}: Kombo has nothing at the point where an earlier run stopped."
            raise _StaleCursorError(msg)
        return page

    async def _write(self, page: Page, current: Pass) -> Pass:
        """Have a page written, and remember how far the pass has come."""
        self._is_first = False
        written = await self._place.hand_over(page)
        self._left_out.update(page.left_out)
        self._keyless += written.keyless
        self._entry.counts.wrote(page, written)
        self._entry.current = current = current.after(page.next, page.served_at, written.records)
        if self._keyless:
            self._bookmarks.forget_progress(current.integration_id)
        elif page.next:
            self._bookmarks.remember_progress(current)
        return current

    def _check(self, where: str) -> None:
        """Make sure that everything was read and stored.

        Raises:
            KomboError: If records were left out.
        """
        if self._keyless:
            raise KomboError(Problem(KEYLESS, f"{self._keyless} record(s)"), where)
        if self._left_out:
            reasons = ", ".join(f"{count} x {what}" for what, count in self._left_out.items())
            raise KomboError(Problem(LEFT_OUT, reasons), where)


class _StaleCursorError(Exception):
    """A cursor is not accepted any more, so the pass has to start anew."""


def _let_go(error: BaseException | None) -> None:
    """Cut an error off its frames: in circles with them, pages would be kept for long."""
    while error:
        error.__traceback__ = None
        error = error.__context__


def unexpected(error: Exception) -> Problem:
    """Say where a bug is; its text may hold a value."""
    frames = traceback.extract_tb(error.__traceback__)
    at = f"{PurePath(frames[-1].filename).name}:{frames[-1].lineno}" if frames else "?"
    return Problem(UNEXPECTED, f"{type(error).__name__} at {at}")
