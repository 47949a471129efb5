"""Reads the passes of many integrations and streams ahead of the writer, in bounded memory.

The unit of work is one page. A pass is a generator in the main thread: it asks for work, gets the
result when a worker has done it, and hands over records. At most `concurrency` passes are open, and
each asks for its next page while the one before is written: twice as many pages are held at most.

The SDK writes one stream after the other. So that a page of another stream need not wait (nor be
kept), each stream is written in a greenlet: it gives way when it has no records at hand.
"""

from __future__ import annotations

import signal
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any, ParamSpec, TypeVar

from greenlet import getcurrent, greenlet

from tap_kombo.budget import Budget
from tap_kombo.pagination import Record

if TYPE_CHECKING:
    import logging
    from collections.abc import Sequence
    from types import FrameType

    from tap_kombo.client import KomboStream

P = ParamSpec("P")
T = TypeVar("T")

Batch = list[Record]
Step = Future[Any] | Batch
"""What a pass yields: work to wait for, whose result it is sent, or a batch of records to write."""

Steps = Generator[Step, Any, None]

PROGRESS_SECONDS = 30


class InterruptedRunError(SystemExit):
    """A signal ends the run.

    Args:
        number: The signal.
    """

    def __init__(self, number: int) -> None:
        """Choose the exit code that shells use."""
        self.exit_code = 128 + number
        super().__init__(self.exit_code)


@dataclass
class _Pass:
    """A pass that is open.

    Attributes:
        stream: The stream that its records belong to.
        steps: The pass itself.
        work: What it waits for; an empty result starts it.
    """

    stream: KomboStream
    steps: Steps
    work: Future[Any] = field(default_factory=Future)


_SIGNALS = (signal.SIGINT, signal.SIGTERM)


class Fanout:
    """Runs the passes of some streams, and lets each stream write its records.

    Args:
        streams: The streams, in the order in which their passes begin.
        integration_ids: The integrations to read of each.
        concurrency: How many passes are open at the same time.
        logger: Where waiting is told.
        tell_progress: Called at least every 30 seconds.
    """

    def __init__(
        self,
        streams: Sequence[KomboStream],
        integration_ids: Sequence[str],
        concurrency: int,
        logger: logging.Logger,
        tell_progress: Callable[[], None],
    ) -> None:
        """Lay out the passes, model by model."""
        self.budget = Budget(concurrency, logger)
        self._executor = ThreadPoolExecutor(concurrency, thread_name_prefix="kombo")
        self._coming = (
            _Pass(stream, stream.steps(one)) for stream in streams for one in integration_ids
        )
        self._left = {stream.name: len(integration_ids) for stream in streams}
        self._places = concurrency
        self._ready: SimpleQueue[_Pass | None] = SimpleQueue()
        self._writers: dict[str, greenlet] = {}
        self._signal = 0
        self._tell_progress = tell_progress
        self._progress_at = time.monotonic() + PROGRESS_SECONDS
        self._handlers: dict[int, Any] = {}
        if threading.current_thread() is threading.main_thread():
            self._handlers = {one: signal.signal(one, self._interrupt) for one in _SIGNALS}

    def submit(self, work: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> Future[T]:
        """Let a worker do something.

        Args:
            work: What to do; it must not touch state, schemas or standard output.
            args: Its arguments.
            kwargs: Its named arguments.
        """
        future = self._executor.submit(work, *args, **kwargs)
        time.sleep(0)  # or this thread goes on computing, and the worker sends milliseconds later
        return future

    def write(self, stream: KomboStream) -> None:
        """Write a stream to its end; others are written meanwhile as their pages come.

        Args:
            stream: The stream.

        Raises:
            InterruptedRunError: If the process was told to end.
            Exception: Whatever ends the run.
        """
        try:
            writer = self._writer(stream)
            while not writer.dead:
                self._open_passes()
                self._advance(self._next_ready())
        except BaseException:
            self.abort()
            raise

    def batches(self) -> Iterator[Batch]:
        """Yield the batches of the stream that is being written, until its last pass has ended."""
        hub = getcurrent().parent
        while hub and (batch := hub.switch()) is not None:
            yield batch

    def close(self) -> None:
        """End the workers after the last stream was written."""
        self._restore_signals()
        self._executor.shutdown()

    def abort(self) -> None:
        """End as soon as possible: nothing is asked for or written any more."""
        self._restore_signals()
        self.budget.stop()
        self._executor.shutdown(wait=False, cancel_futures=True)
        for writer in self._writers.values():
            writer.throw()  # ends one that still waits for records

    def _writer(self, stream: KomboStream) -> greenlet:
        """Return the greenlet that writes a stream, at the point where it waits for records."""
        if stream.name not in self._writers:
            self._writers[stream.name] = writer = greenlet(stream.write)
            writer.switch()
            self._finish_if_done(stream)
        return self._writers[stream.name]

    def _finish_if_done(self, stream: KomboStream) -> None:
        """Let a stream be concluded after its last pass."""
        writer = self._writers[stream.name]
        if not self._left[stream.name] and not writer.dead:
            writer.switch(None)

    def _open_passes(self) -> None:
        """Open as many passes as there are places."""
        while self._places and (one := next(self._coming, None)):
            self._places -= 1
            one.work.set_result(None)
            self._ready.put(one)

    def _next_ready(self) -> _Pass:
        """Wait for a pass whose work is done.

        Raises:
            InterruptedRunError: If the process was told to end.
        """
        while True:
            if self._signal:
                raise InterruptedRunError(self._signal)
            now = time.monotonic()
            if now >= self._progress_at:
                self._progress_at = now + PROGRESS_SECONDS
                self._tell_progress()
            try:
                one = self._ready.get(timeout=self._progress_at - now)
            except Empty:
                continue
            if one:
                return one

    def _advance(self, one: _Pass) -> None:
        """Let a pass go on with the result of its work, until it waits for more or ends."""
        error = one.work.exception()
        try:
            step = one.steps.throw(error) if error else one.steps.send(one.work.result())
        except StopIteration:
            step = None
        while step is not None and not isinstance(step, Future):
            self._writer(one.stream).switch(step)
            step = next(one.steps, None)
        if step:
            one.work = step
            step.add_done_callback(lambda _: self._ready.put(one))
        else:
            self._places += 1
            self._left[one.stream.name] -= 1
            self._writer(one.stream)
            self._finish_if_done(one.stream)

    def _restore_signals(self) -> None:
        for number, handler in self._handlers.items():
            signal.signal(number, handler)
        self._handlers = {}

    def _interrupt(self, number: int, _: FrameType | None) -> None:
        """Ask the run to end between two pages; a second signal ends it at once."""
        self._signal = number
        self._ready.put(None)  # of all queues only SimpleQueue may be used in a signal handler
        for one in _SIGNALS:
            signal.signal(one, signal.SIG_DFL)
