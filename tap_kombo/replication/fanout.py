"""Runs many passes side by side and hands their pages to the one who writes.

A pass is a coroutine. At most `concurrency` passes are open, each with one page waiting and one on
its way; one that can do nothing but wait steps aside, so that another may be read.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import threading
import time
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import (
        AsyncIterator,
        Awaitable,
        Callable,
        Coroutine,
        Iterable,
        Iterator,
        Mapping,
    )

    from tap_kombo.api.answers import Page

S = TypeVar("S")
T = TypeVar("T")

END_WITHIN_SECONDS = 2
"""A run that was told to end does so, even if nobody takes what it writes any more."""


class InterruptedRunError(SystemExit):
    """A signal ends the run."""

    def __init__(self, number: int) -> None:
        """Choose the exit code that shells use."""
        self.exit_code = 128 + number
        super().__init__(self.exit_code)


class Runner:
    """An event loop that runs now and then, between writing, and that a signal ends."""

    def __init__(self) -> None:
        """Begin without a loop: discovery needs none."""
        self._loop: asyncio.AbstractEventLoop | None = None
        self._task: asyncio.Future[Any] | None = None
        self._signal = 0
        self._bell: socket.socket | None = None

    def run(self, awaitable: Awaitable[T]) -> T:
        """Return what an awaitable gives; whatever else there is to do goes on meanwhile.

        Raises:
            InterruptedRunError: If a signal came.
        """
        loop = self._loop or self._open()
        self._task = task = asyncio.ensure_future(awaitable, loop=loop)
        if self._signal:
            task.cancel()
        try:
            return loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self._signal:
                raise InterruptedRunError(self._signal) from None
            raise

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin what goes on whenever the loop runs; the caller keeps the task alive."""
        return (self._loop or self._open()).create_task(work)

    def interrupt(self, number: int) -> None:
        """Do what a signal's handler has to, unless `_listen` has heard of it already.

        Raises:
            InterruptedRunError: If nothing runs yet.
        """
        if self._loop is None:
            raise InterruptedRunError(number)

    def close(self) -> None:
        """Cancel all that still runs."""
        if self._loop:
            self._loop.run_until_complete(_cancel_all())
            self._loop.run_until_complete(self._loop.shutdown_asyncgens())
            self._loop.close()
            self._loop = None
        if self._bell:
            signal.set_wakeup_fd(-1)
            self._bell.close()
            self._bell = None

    def _open(self) -> asyncio.AbstractEventLoop:
        """Make the loop, and let a thread listen for signals: none is lost while this one waits.

        A handler in Python runs between two steps of the main thread; that may be in a wait or in
        a write that nobody takes, and then there is no next step.
        """
        self._loop = asyncio.new_event_loop()
        if threading.current_thread() is threading.main_thread():
            line, self._bell = socket.socketpair()
            self._bell.settimeout(0)
            signal.set_wakeup_fd(self._bell.fileno(), warn_on_full_buffer=False)
            threading.Thread(target=self._listen, args=(line,), daemon=True).start()
        return self._loop

    def _listen(self, line: socket.socket) -> None:
        """End the run between two pages at a signal; soon after, or at a second one, by force."""
        with line:
            if not (number := _next_signal(line)):
                return
            self._signal = number
            if loop := self._loop:
                with suppress(RuntimeError):  # it is closed by now
                    loop.call_soon_threadsafe(lambda: self._task and self._task.cancel())
            ends_at = time.monotonic() + END_WITHIN_SECONDS
            line.settimeout(END_WITHIN_SECONDS)
            with suppress(TimeoutError):
                if not _next_signal(line):
                    time.sleep(max(ends_at - time.monotonic(), 0))
        os._exit(128 + number)


def _next_signal(line: socket.socket) -> int:
    """Wait for a signal that ends a run; 0 if none can come any more."""
    while number := line.recv(1):
        if number[0] in {signal.SIGINT, signal.SIGTERM}:
            return number[0]
    return 0


async def _cancel_all() -> None:
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Written:
    """What became of a page."""

    records: int = 0  # that were sent; one sent under several names counts once
    tombstones: int = 0  # those of them that Kombo has marked as deleted
    blanked: int = 0  # records that have lost every value at Kombo
    keyless: int = 0  # records that were left out, as they have no key
    newest: str = ""  # the newest `changed_at`; empty if there is none
    misfits: Mapping[str, int] = field(default_factory=dict)  # values not sent as they came


@dataclass(frozen=True)
class Handed(Generic[S]):
    """A page on its way to the writer, who sets `written`, or what kept the page from it."""

    source: S
    integration_id: str
    page: Page
    written: asyncio.Future[Written]


@dataclass(frozen=True)
class Job(Generic[S]):
    """A pass that is to be read; `read` raises only what ends the run."""

    source: S
    integration_id: str
    read: Callable[[Place[S]], Awaitable[None]]


class Fanout(Generic[S]):
    """Runs passes, and yields their pages in the order in which they come.

    Args:
        runner: Where they run.
        jobs: The passes, in the order in which they begin.
        left: How many passes there are of each source.
        concurrency: How many are open at the same time.
    """

    def __init__(
        self, runner: Runner, jobs: Iterable[Job[S]], left: Counter[S], concurrency: int
    ) -> None:
        """Begin nothing yet."""
        self._runner, self._jobs, self._left = runner, iter(jobs), left
        self._places = asyncio.Semaphore(concurrency)
        self._queue: asyncio.Queue[Handed[S] | S | BaseException] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    def pages(self, source: S) -> Iterator[Handed[S] | None]:
        """Yield the pages of all sources until the last pass of one source has ended.

        Yields:
            A page, or `None` when a pass has ended.

        Raises:
            InterruptedRunError: If a signal came.
            BaseException: Whatever ends the run.
        """
        if not self._is_open:
            self._is_open = True
            self._begin(self._open_passes())
        while self._left[source]:
            item = self._runner.run(self._queue.get())
            if isinstance(item, BaseException):
                raise item
            if isinstance(item, Handed):
                yield item
            else:
                self._left[item] -= 1
                yield None

    @property
    def is_idle(self) -> bool:
        """Whether no page is at hand, so that whoever writes will have to wait."""
        return self._queue.empty()

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._runner.start(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _open_passes(self) -> None:
        """Open one pass after the other, each as soon as there is a place."""
        with self._handing_over_errors():
            for job in self._jobs:
                await self._places.acquire()
                self._begin(self._read(job))

    async def _read(self, job: Job[S]) -> None:
        """Read a pass, and tell whoever writes that it has ended."""
        with self._handing_over_errors():
            try:
                await job.read(Place(self._places, self._queue, job))
            finally:
                self._places.release()
            self._queue.put_nowait(job.source)

    @contextmanager
    def _handing_over_errors(self) -> Iterator[None]:
        """Let whatever is raised be raised where the pages are taken: nobody else would hear."""
        try:
            yield
        except asyncio.CancelledError:
            raise
        except BaseException as error:  # noqa: BLE001 - without it the run would wait for ever
            self._queue.put_nowait(error)


@dataclass(frozen=True)
class Place(Generic[S]):
    """One of the places of the passes that are open."""

    _places: asyncio.Semaphore
    _queue: asyncio.Queue[Any]
    _job: Job[S]

    def hand_over(self, page: Page) -> asyncio.Future[Written]:
        """Hand a page to the writer, who tells when it is written."""
        written: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(Handed(self._job.source, self._job.integration_id, page, written))
        return written

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        """Give the place to another pass while there is nothing to do but wait."""
        self._places.release()
        try:
            yield
        finally:
            await self._places.acquire()
