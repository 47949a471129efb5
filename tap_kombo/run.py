"""One run, from its first request to its one way out."""

from __future__ import annotations

import asyncio
from collections import Counter
from functools import partial
from typing import TYPE_CHECKING

from tap_kombo.api.kombo import Kombo
from tap_kombo.kinds import IntegrationStream
from tap_kombo.replication.bookmarks import Bookmarks, Checkpoints, Entries
from tap_kombo.replication.fanout import Fanout, InterruptedRunError, Job, Runner, Written
from tap_kombo.replication.passes import Passes
from tap_kombo.replication.report import Report, RunFailedError
from tap_kombo.writer import OutputError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from tap_kombo.api.answers import Record
    from tap_kombo.replication.fanout import Handed
    from tap_kombo.streams import KomboStream
    from tap_kombo.host import HostTap

PROGRESS_SECONDS = 30


class Run:
    """Reads the selected streams of all integrations and writes what they have.

    Args:
        tap: The tap.
        streams: The streams to read.
        runner: Where it runs.
        max_retries: How often a request that may succeed later is sent again.
    """

    def __init__(
        self, tap: HostTap, streams: Sequence[KomboStream], runner: Runner, max_retries: int
    ) -> None:
        """Ask nothing yet."""
        self._tap, self._streams = tap, streams
        self._integrations = tap.integration_ids
        self.report = Report()
        self.runner = runner
        self.kombo = Kombo(
            tap.url,
            tap.headers,
            concurrency=tap.config["concurrency"],
            max_retries=max_retries,
            timeout_seconds=tap.config["request_timeout_seconds"],
            logger=tap.logger,
            readers=sum(isinstance(stream, IntegrationStream) for stream in streams),
        )
        self._checkpoints = Checkpoints()
        self._fanout: Fanout[KomboStream] | None = None
        self._progress: asyncio.Task[None] | None = None

    def write_until_done(self, stream: KomboStream) -> None:
        """Write pages as they come, of any stream, until the last pass of one has ended.

        Args:
            stream: That stream.

        Raises:
            BaseException: Whatever ends the run; its state has been written then.
        """
        try:
            if self._fanout is None:
                self._fanout = self._fan_out(self._streams)
                self._progress = self.runner.start(self._tell_progress())
            for handed in self._fanout.pages(stream):
                if handed:
                    self._write(handed)
                self._checkpoint(finished=handed is None)
        except BaseException as error:
            self.end(error)
            raise

    def sample(self, stream: KomboStream) -> Iterator[Record]:
        """Yield records of one stream as long as they are wanted, and write nothing.

        Raises:
            RunFailedError: If a pass failed.
        """
        try:
            for handed in self._fan_out([stream]).pages(stream):
                if handed:
                    yield from stream.fit(handed)
                    handed.written.set_result(Written())
        finally:
            self.runner.close()
        if self.report.failures:
            raise RunFailedError(self.report.failures[0])

    def is_exhaustive(self, stream: KomboStream) -> bool:
        """Return whether every configured integration was read in full, with current data."""
        is_all = self._integrations == self._tap.configured_ids
        return is_all and self.report.is_exhaustive(stream.name)

    def end(self, error: BaseException | None = None) -> None:
        """Send nothing any more, write what is complete, and tell what has happened.

        Args:
            error: What ends the run before its time.

        Raises:
            RunFailedError: If that is no error, but something failed.
        """
        self._tap.forget_run()
        self.close()
        if isinstance(error, InterruptedRunError):
            self._tap.logger.warning("The run was interrupted; what is complete is remembered.")
        if not isinstance(error, OutputError):
            self._tap.state_writer.write_state(self._tap.state)
            self._tap.flush()
        names = [stream.name for stream in self._streams]
        troubles = {stream.name: stream.fitter.troubles for stream in self._streams}
        failure = self.report.conclude(names, troubles, self._tap.logger)
        if failure and error is None:
            raise RunFailedError(failure)

    def close(self) -> None:
        """Send nothing any more, and stop what runs."""
        self.kombo.close()
        self.runner.close()

    def _write(self, handed: Handed[KomboStream]) -> None:
        """Write a page; if it cannot be, no more than its pass is lost."""
        try:
            written = handed.source.write(handed)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001 - the pass tells
            handed.written.set_exception(error)
        else:
            handed.written.set_result(written)

    async def _tell_progress(self) -> None:
        """Tell now and then how far the run has come."""
        passes = len(self._streams) * len(self._integrations)
        while True:
            await asyncio.sleep(PROGRESS_SECONDS)
            self._tap.logger.info("%s", self.report.progress(passes))

    def _checkpoint(self, *, finished: bool) -> None:
        entries = len(self._streams) * len(self._integrations)
        if self._checkpoints.is_due(entries, self.report.records, finished=finished):
            self._tap.state_writer.write_state(self._tap.state)

    def _fan_out(self, streams: Sequence[KomboStream]) -> Fanout[KomboStream]:
        left = Counter({stream: len(self._integrations) for stream in streams})
        return Fanout(self.runner, self._jobs(streams), left, self._tap.config["concurrency"])

    def _jobs(self, streams: Iterable[KomboStream]) -> Iterator[Job[KomboStream]]:
        """Yield the passes model by model; first those that are made of a look-up.

        These go integration by integration, so that no answer has to be kept for long.
        """
        passes = {stream: self._passes(stream) for stream in streams}
        of_look_ups = [one for one in passes if isinstance(one, IntegrationStream)]
        others = [one for one in passes if one not in of_look_ups]
        pairs = [(stream, one) for one in self._integrations for stream in of_look_ups]
        for stream, one in pairs:
            yield Job(stream, one, partial(passes[stream].read, one))
        for stream in others:
            for one in self._integrations:
                yield Job(stream, one, partial(passes[stream].read, one))

    def _passes(self, stream: KomboStream) -> Passes:
        bookmarks = Bookmarks(Entries(self._tap.state, stream.name), stream.policy)
        return Passes(stream, self.kombo, bookmarks, self.report)
