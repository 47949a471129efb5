"""Runs many passes side by side and hands their pages to the one who writes.

A pass is a coroutine. At most `concurrency` passes are open, each with one page waiting and one on
its way; one that can do nothing but wait steps aside, so that another may be read.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, Protocol, TypeVar

if TYPE_CHECKING:
    from collections import Counter
    from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine, Iterable, Iterator

    from tap_kombo.api.answers import Page

S = TypeVar("S")
T = TypeVar("T")

END_WITHIN_SECONDS = 2
"""A run that was told to end does so, even if nobody takes what it writes any more."""


class InterruptedRunError(SystemExit):
    """A signal ends the run.

    Args:
        number: The signal.
    """

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

    @property
    def loop(self) -> asyncio.AbstractEventLoop:
        """The loop, made when it is needed."""
        if self._loop is None:
            self._loop = asyncio.new_event_loop()
        return self._loop

    def run(self, awaitable: Awaitable[T]) -> T:
        """Run until something is done; whatever else there is to do goes on meanwhile.

        Args:
            awaitable: What to wait for.

        Raises:
            InterruptedRunError: If a signal came.
        """
        self._task = task = asyncio.ensure_future(awaitable, loop=self.loop)
        if self._signal:
            task.cancel()
        try:
            return self.loop.run_until_complete(task)
        except asyncio.CancelledError:
            if self._signal:
                raise InterruptedRunError(self._signal) from None
            raise
        finally:
            self._task = None

    def start(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        """Begin something that goes on whenever the loop runs.

        Args:
            work: What is to be done; the caller keeps the task, as the loop does not.
        """
        return self.loop.create_task(work)

    def interrupt(self, number: int) -> None:
        """End what runs between two pages; a second signal ends it at once.

        Args:
            number: The signal; this is called in its handler.
        """
        if self._signal:
            os._exit(128 + number)
        if self._loop is None:
            raise InterruptedRunError(number)
        self._signal = number
        late = threading.Timer(END_WITHIN_SECONDS, os._exit, (128 + number,))
        late.daemon = True
        late.start()
        self._loop.call_soon_threadsafe(self._cancel)

    def close(self) -> None:
        """Cancel all that still runs."""
        if self._loop is None:
            return
        self._loop.run_until_complete(_cancel_all())
        self._loop.run_until_complete(self._loop.shutdown_asyncgens())
        self._loop.close()
        self._loop = None

    def _cancel(self) -> None:
        if self._task:
            self._task.cancel()


async def _cancel_all() -> None:
    """Cancel whatever else runs on the loop, and wait until it has ended."""
    tasks = asyncio.all_tasks() - {asyncio.current_task()}
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True)
class Written:
    """What became of a page.

    Attributes:
        keyless: Records left out, as they have no key.
    """

    keyless: int = 0


@dataclass(frozen=True)
class Handed(Generic[S]):
    """A page on its way to the writer.

    Attributes:
        source: What it is a page of.
        integration_id: Whose page it is.
        page: The page.
        written: To be set once it is written, or to what kept it from that.
    """

    source: S
    integration_id: str
    page: Page
    written: asyncio.Future[Written]


class Place(Protocol):
    """One of the places of the passes that are open."""

    async def hand_over(self, page: Page) -> Written:
        """Hand a page to the writer, and wait until it is written."""

    def aside(self) -> Any:  # noqa: ANN401 - an asynchronous context manager
        """Give the place to another pass while there is nothing to do but wait."""


@dataclass(frozen=True)
class Job(Generic[S]):
    """A pass that is to be read.

    Attributes:
        source: What it reads.
        integration_id: Of whom.
        read: Reads it; raises only what ends the run.
    """

    source: S
    integration_id: str
    read: Callable[[Place], Awaitable[None]]


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
        self._runner = runner
        self._jobs = iter(jobs)
        self._left = left
        self._places = asyncio.Semaphore(concurrency)
        self._queue: asyncio.Queue[Handed[S] | S | BaseException] = asyncio.Queue()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_open = False

    def pages(self, source: S) -> Iterator[Handed[S] | None]:
        """Yield the pages of all sources until the last pass of one source has ended.

        `None` is yielded when a pass has ended.

        Args:
            source: The source.

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

    def _begin(self, work: Coroutine[Any, Any, None]) -> None:
        task = self._runner.start(work)
        self._tasks.add(task)  # the loop itself does not keep it alive
        task.add_done_callback(self._tasks.discard)

    async def _open_passes(self) -> None:
        """Open one pass after the other, each as soon as there is a place."""
        for job in self._jobs:
            await self._places.acquire()
            self._begin(self._read(job))

    async def _read(self, job: Job[S]) -> None:
        """Read a pass, and tell whoever writes that it has ended."""
        end: S | BaseException = job.source
        try:
            await job.read(_Place(self._places, self._queue, job))
        except Exception as error:  # noqa: BLE001 - it is raised where the pages are taken
            end = error
        finally:
            self._places.release()
        self._queue.put_nowait(end)


@dataclass(frozen=True)
class _Place(Generic[S]):
    _places: asyncio.Semaphore
    _queue: asyncio.Queue[Any]
    _job: Job[S]

    async def hand_over(self, page: Page) -> Written:
        written: asyncio.Future[Written] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait(Handed(self._job.source, self._job.integration_id, page, written))
        return await written

    @asynccontextmanager
    async def aside(self) -> AsyncIterator[None]:
        self._places.release()
        try:
            yield
        finally:
            await self._places.acquire()
