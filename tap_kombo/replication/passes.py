"""How one pass is read, and in the end becomes a bookmark."""

from __future__ import annotations

import asyncio
import traceback
from dataclasses import dataclass
from logging import DEBUG, INFO
from pathlib import PurePath
from typing import TYPE_CHECKING, Any, Protocol

from tap_kombo.api.integrations import Details
from tap_kombo.api.problems import (
    BAD_STATE,
    KEYLESS,
    LEFT_OUT,
    OF_INTEGRATION,
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
    from tap_kombo.replication.fanout import Place, Written
    from tap_kombo.replication.report import Report

ANEW = "The pass starts again from its first page."
CURSOR_REFUSED = RULES["PLATFORM.INPUT_INVALID"]


class Source(Protocol):
    """The stream that a pass reads."""

    name: str
    endpoint: Endpoint

    @property
    def logger(self) -> logging.Logger:
        """Where passes are told."""

    def pages(self, current: Pass, aside: Callable[[], Any]) -> AsyncIterator[Page]:
        """Yield the pages of a pass, first to last."""


@dataclass(frozen=True)
class Passes:
    """Reads the passes of one stream."""

    source: Source
    kombo: Kombo  # who knows each integration
    bookmarks: Bookmarks
    report: Report  # where it is told how passes end
    note: Callable[[Entry], None]  # writes the row of one that has ended; raises what ends the run
    categories: dict[str, str | None]  # of integrations, as far as bookmarks and look-ups tell

    async def read(self, integration_id: str, place: Place[Any]) -> None:
        """Read what an integration has of the model; whatever fails stays with it.

        Raises:
            KomboError: If the whole run has to stop.
        """
        with self.report.reading(self.source.name):
            done = await self._read_pass(integration_id, place)
            if done and done.resumed:
                await self._read_pass(integration_id, place, self.bookmarks.follow_up(done))
        category = self.categories.get(integration_id)
        self.report.passes += self.source.endpoint.may_be_of(category)

    async def _read_pass(
        self, integration_id: str, place: Place[Any], follow_up: Pass | None = None
    ) -> Pass | None:
        """Read one pass, and tell how it has ended; return it if it is complete."""
        name, model = self.source.name, self.source.endpoint.model
        before = self.bookmarks.reached(integration_id)
        entry = Entry(integration_id, name, model, self.bookmarks.question, before)
        with self.report.counting(entry):
            try:
                current = follow_up or await self._begin(entry, place)
                if current is None:
                    return None
                done = await _Reading(self.source, self.bookmarks, place, entry).read(current)
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
            self.note(entry)  # before a state says that it was read
            self.bookmarks.remember_end(done)
        if not done.resumed:  # else what changed meanwhile is still to come
            is_current = entry.is_renewed and done.is_mark_known and not done.data_expired_at
            self.report.completed(name, integration_id, is_current=is_current)
        return done

    def _fail(self, entry: Entry, problem: Problem) -> None:
        """Tell why a pass failed, unless that is of the integration, and told of another stream."""
        if not entry.is_sure and problem.action in OF_INTEGRATION and self._is_of_another(entry):
            self.report.unsure.add(entry.stream)
            return
        entry.problem, entry.after = problem, entry.before
        self.report.broke_off(entry.stream, entry.integration_id, problem)
        self.note(entry)

    async def _begin(self, entry: Entry, place: Place[Any]) -> Pass | None:
        """Return the pass to read; none if it is not due, or the integration of another category.

        Raises:
            KomboError: If it cannot be read.
        """
        name, endpoint, integration_id = entry.stream, self.source.endpoint, entry.integration_id
        if self.bookmarks.is_resting(integration_id):
            self.report.rested(name, integration_id)
            return None
        details = Details(is_known=True, is_mark_known=True)
        where = f"{name} of {integration_id}"
        if endpoint.category != "GENERAL":
            details = (await self.kombo.look_up(integration_id, place.aside)).details
            if details.category:
                self.categories[integration_id] = details.category
            if not details.serves(endpoint):
                return None
        entry.is_sure, entry.is_renewed = details.is_known, not details.not_current
        if problem := self.report.given_up(integration_id) or details.problem_with(endpoint):
            raise KomboError(problem, where)
        try:
            current = self.bookmarks.next_pass(integration_id, details)
        except BookmarkError as error:
            raise KomboError(Problem(BAD_STATE, str(error)), where) from None
        self.bookmarks.expect_renewal(integration_id, details)
        return current

    def _is_of_another(self, entry: Entry) -> bool:
        """Return whether another stream tells of an integration that may not have this one."""
        if category := self.categories.get(entry.integration_id):
            return category != self.source.endpoint.category
        return self.report.tells_of(entry.integration_id)


class _Reading:
    """One pass while it is read, page after page."""

    def __init__(
        self, source: Source, bookmarks: Bookmarks, place: Place[Any], entry: Entry
    ) -> None:
        self._source, self._bookmarks, self._place = source, bookmarks, place
        self._entry = entry
        self._where = f"{source.name} of {entry.integration_id}"
        self._is_first = True
        self._began_anew = False

    async def read(self, current: Pass) -> Pass:
        """Read a pass to its last page.

        Raises:
            KomboError: If it could not be completed.
        """
        try:
            return await self._follow(current)
        except _StaleCursorError as stale:
            self._source.logger.warning("%s", stale)
        self._bookmarks.forget_progress(current.integration_id)
        known = Details(
            is_mark_known=current.is_mark_known, data_expired_at=current.data_expired_at
        )
        self._began_anew = True
        return await self._follow(self._bookmarks.next_pass(current.integration_id, known))

    async def _follow(self, current: Pass) -> Pass:
        level = INFO if current.is_worth_telling else DEBUG
        self._source.logger.log(level, "Reading %s: %s.", self._where, current.kind)
        self._entry.current = current
        pages = self._source.pages(current, self._place.aside)
        coming = asyncio.ensure_future(anext(pages, None))
        try:
            while page := await self._turn(coming, current):
                coming = asyncio.ensure_future(anext(pages, None))
                self._is_first = False
                current = self._wrote(page, await self._place.hand_over(page), current)
        finally:
            coming.cancel()  # nobody waits for a page that nobody wants
            await asyncio.wait([coming])
            if not coming.cancelled():
                coming.exception()  # else the loop would log it, with whatever its text holds
        if keyless := self._entry.keyless:
            raise KomboError(Problem(KEYLESS, f"{keyless} record(s)"), self._where)
        if left_out := self._entry.left_out:
            reasons = ", ".join(f"{count} x {what}" for what, count in left_out.items())
            raise KomboError(Problem(LEFT_OUT, reasons), self._where)
        return current

    async def _turn(self, coming: asyncio.Future[Page | None], current: Pass) -> Page | None:
        """Wait for the next page.

        Raises:
            _StaleCursorError: If the cursor is what Kombo does not accept.
        """
        is_resumed_here = current.resumed and self._is_first
        try:
            page = await coming
        except KomboError as error:
            rule, reach = error.problem.rule, error.problem.action
            if (is_resumed_here and reach in {Action.FAIL_MODEL, Action.FAIL_INTEGRATION}) or (
                current.cursor is not None and rule is CURSOR_REFUSED and not self._began_anew
            ):
                raise _StaleCursorError(error.problem.sentence(error.where, ANEW)) from None
            raise
        if is_resumed_here and page and not page.records and page.next is None:
            why = "Kombo has nothing at the point where an earlier run stopped."
            told = f"{self._where}: {why} {ANEW}"
            raise _StaleCursorError(told)
        return page

    def _wrote(self, page: Page, written: Written, current: Pass) -> Pass:
        """Remember how far the pass has come, and return it as it goes on."""
        self._entry.wrote(page, written)
        self._entry.current = current = current.after(page.next, page.served_at, written.records)
        if self._entry.keyless:
            self._bookmarks.forget_progress(current.integration_id)
        elif page.next:
            self._bookmarks.remember_progress(current)
        return current


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
