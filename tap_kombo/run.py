"""One run, from its first request to its one way out."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections import Counter
from functools import partial
from itertools import chain
from typing import TYPE_CHECKING, Any

from tap_kombo.api.answers import Page
from tap_kombo.api.kombo import Access, Kombo
from tap_kombo.api.problems import KomboError
from tap_kombo.kinds import IntegrationStream, PassStream
from tap_kombo.logs import status_line
from tap_kombo.policies import bookmarks_of, hidden_lines
from tap_kombo.privacy import opted_in
from tap_kombo.replication.fanout import Fanout, InterruptedRunError, Job, Runner, Written
from tap_kombo.replication.forecast import foresee, known_categories, minutes_of
from tap_kombo.replication.passes import Passes, unexpected
from tap_kombo.replication.report import Report, RunFailedError, named, place
from tap_kombo.replication.verdict import conclude
from tap_kombo.writer import BufferedWriter, OutputError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from tap_kombo.api.answers import Record
    from tap_kombo.api.limits import Rate
    from tap_kombo.changes import Changes
    from tap_kombo.logs import StatusLine
    from tap_kombo.replication.bookmarks import Bookmarks
    from tap_kombo.replication.fanout import Handed, Place
    from tap_kombo.replication.ledger import Entry
    from tap_kombo.sdk import SeamTap
    from tap_kombo.streams import KomboStream

PROGRESS_SECONDS = 30

CHECKPOINT_SECONDS = 30
"""At most so much work is done twice after a run was cut off."""

RECORDS_PER_ENTRY = 30
"""So many records for each entry of the state make it under a tenth of what is written."""


class Run:
    """Reads the selected streams of all integrations and writes what they have.

    Args:
        tap: The tap, whose settings hold but for `max_retries`.
        streams: The streams to read; none for a run that only looks.
        runner: Where it runs.
        max_retries: How often a request that may succeed later is sent again.
    """

    def __init__(
        self, tap: SeamTap, streams: Sequence[KomboStream], runner: Runner, max_retries: int
    ) -> None:
        """Ask nothing yet."""
        self._tap, self._ids = tap, tap.integration_ids
        self._streams = [one for one in streams if not isinstance(one, PassStream)]
        self._entries = len(self._streams) * len(self._ids)
        self._wanted = dict.fromkeys(self._streams, self._ids)
        self._rows = next((one for one in streams if isinstance(one, PassStream)), None)
        self._of_all_rows = {"run_id": str(uuid.uuid4()), "tap_version": tap.plugin_version}
        self.report, self.runner = Report(tap.logger), runner
        if tap.changes and streams:
            self._go_by(tap.changes)
        config = tap.config
        timeout = config["request_timeout_seconds"]
        access = Access(tap.url, tap.headers, config["concurrency"], max_retries, timeout)
        readers = Counter(
            chain.from_iterable(
                ids for one, ids in self._wanted.items() if isinstance(one, IntegrationStream)
            )
        )
        self.kombo = Kombo(access, tap.logger, readers)
        self._fanout: Fanout[KomboStream] | None = None
        self._saved_at, self._saved_after = time.monotonic(), 0
        self._status: StatusLine | None = None
        self._bookmarks: dict[KomboStream, Bookmarks] = {}
        self._categories: dict[str, str | None] = {}
        self._requests = 0

    def write_until_done(self, stream: KomboStream) -> None:
        """Write pages as they come, of any stream, until the last pass of one has ended.

        Raises:
            BaseException: Whatever ends the run.
        """
        if self._fanout is None:
            self._fanout = self._fan_out(self._streams, self._write_row)
            self._tell_begin()
            marks = [one.expect_mixture(self._wanted[of]) for of, one in self._bookmarks.items()]
            if any(marks):  # rows of two questions will stand side by side
                self._tap.state_writer.write_state(self._tap.state)
            self._progress = self.runner.start(self._tell_progress())
        for handed in self._fanout.pages(stream):
            if handed:
                self._write(handed)
            if self._requests and (rate := self.kombo.rate):
                self._tell_minutes(rate)
            self._save_state(finished=handed is None)
            if self._fanout.is_idle:
                self._flush()

    def sample(self, stream: KomboStream) -> Iterator[Record]:
        """Yield records of one stream as long as they are wanted, and write nothing.

        Raises:
            RunFailedError: If a pass failed.
        """
        try:
            for handed in self._fan_out([stream], lambda _: None).pages(stream):
                if handed:
                    records = stream.fitter.fit(handed.page, handed.integration_id)
                    yield from stream.maps.tried(records, handed.integration_id)
                    handed.written.set_result(Written())
        finally:
            self.runner.close()
            if stream is list(self._tap.streams.values())[-1]:
                self.kombo.close()
        for name, integration_id, problem in self.report.problems:
            if problem.is_failure:
                raise RunFailedError(problem.sentence(place(name, integration_id)))

    def is_exhaustive(self, stream: KomboStream) -> bool:
        """Return whether every configured integration was read in full, with current data."""
        is_all = self._ids == self._tap.configured_ids
        return is_all and self.report.is_exhaustive(stream.name)

    def end(self, error: BaseException | None = None) -> None:
        """Send nothing any more, write what is complete, and tell what has happened.

        Raises:
            RunFailedError: If no error ends the run before its time, but something failed.
        """
        vars(self._tap).pop("run", None)  # whatever is read next is a run of its own
        self.close()
        if self._status:
            self._status.clear()
        if isinstance(error, InterruptedRunError):
            self._tap.logger.warning("The run was interrupted; what is complete is remembered.")
        try:
            if not isinstance(error, OutputError):
                self._tap.state_writer.write_state(self._tap.state)
                self._flush()
        except OutputError:
            if error is None:  # else there is something better to tell
                raise
        self.report.look_ups = self.kombo.look_ups
        told = [*self._streams]
        if self._rows and self.report.tallies[self._rows.name].failed:
            told.append(self._rows)
        troubles = {stream.name: stream.fitter.troubles for stream in told}
        stopped_by = _stopped_by(error)
        failure = conclude(self.report, troubles, self._ids, self._tap.logger, stopped_by)
        if failure and error is None:
            raise RunFailedError(failure)

    def close(self) -> None:
        """Send nothing any more, and stop what runs."""
        self.kombo.close()
        self.runner.close()

    def _go_by(self, changes: Changes) -> None:
        """Read nothing but what webhook events touch."""
        self.report.events = changes.events
        self._wanted = {
            stream: [one for one in ids if changes.touches(stream.endpoint, one)]
            for stream, ids in self._wanted.items()
        }
        self._streams = [stream for stream, ids in self._wanted.items() if ids]
        self._ids = list(dict.fromkeys(chain.from_iterable(self._wanted.values())))

    def _write(self, handed: Handed[KomboStream]) -> None:
        """Write a page; if it cannot be, no more than its pass is lost."""
        try:
            written = handed.source.write(handed.page, handed.integration_id)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001 - the pass tells
            handed.written.set_exception(error)
        else:
            handed.written.set_result(written)

    @property
    def _passes_in_all(self) -> int:
        """How many passes there are, as far as it is known which integration has which stream."""
        known = self._categories
        return sum(
            stream.endpoint.may_be_of(known.get(one))
            for stream, ids in self._wanted.items()
            for one in ids
        )

    def _write_row(self, entry: Entry) -> None:
        """Write a row of the ledger between two pages, as the loop runs; no pass fails of it.

        Raises:
            OutputError: If nothing can be written any more.
        """
        rows, integration_id = self._rows, entry.integration_id
        if rows is None:
            return
        try:
            rows.write(Page([entry.row() | self._of_all_rows]), integration_id)
        except OutputError:
            raise
        except Exception as error:  # noqa: BLE001 - an expression raises anything
            problem = error.problem if isinstance(error, KomboError) else unexpected(error)
            self.report.broke_off(rows.name, integration_id, problem)

    def _flush(self) -> None:
        """Let the loader have what is written, rather than let it wait for what is to come."""
        if isinstance(self._tap.message_writer, BufferedWriter):
            self._tap.message_writer.flush()

    def _save_state(self, *, finished: bool) -> None:
        """Write the state out often enough to lose little, and rarely enough to cost little.

        The whole state is written each time; with a thousand integrations it is a megabyte.
        """
        now, records = time.monotonic(), RECORDS_PER_ENTRY * self._entries
        enough = finished and self.report.records >= self._saved_after + records
        if enough or now >= self._saved_at + CHECKPOINT_SECONDS:
            self._saved_at, self._saved_after = now, self.report.records
            self._tap.state_writer.write_state(self._tap.state)

    def _tell_begin(self) -> None:
        tap, counts = self._tap, (len(self._streams), len(self._ids))
        models = {stream.endpoint: one for stream, one in self._bookmarks.items()}
        touches = tap.changes.touches if tap.changes else None
        forecast = foresee(models, self._categories, touches=touches)
        self._requests = forecast.requests
        told = "tap-kombo %s, singer-sdk %s: %d stream(s) of %d integration(s); %s."
        tap.logger.info(told, tap.plugin_version, tap.sdk_version, *counts, forecast.text())
        if opted := opted_in(tap.config["opt_in"]):
            tap.logger.info("Opted in: %s.", named(opted, 10))
        if tap.changes:
            for line in tap.changes.lines(self._passes_in_all, tap.configured_ids):
                tap.logger.info("%s", line)
        for line in hidden_lines(self._streams, tap.config):
            tap.logger.info("%s", line)

    def _tell_minutes(self, rate: Rate) -> None:
        """Tell how long the run takes at least at Kombo's limit, unless that is nothing."""
        if minutes := minutes_of(self._requests, rate):
            told = "At Kombo's limit of %.0f requests a minute: about %d minute(s) or more."
            self._tap.logger.info(told, 60 / rate.pace, minutes)
        self._requests = 0

    async def _tell_progress(self) -> None:
        """Tell now and then how far the run has come; on a terminal in one line, each second."""
        self._status = status_line()
        while True:
            await asyncio.sleep(1 if self._status else PROGRESS_SECONDS)
            text = self.report.progress(self._passes_in_all) + self.kombo.requests_left
            if self._status:
                self._status.show(text)
            else:
                self._tap.logger.info("%s.", text)

    def _fan_out(
        self, streams: Sequence[KomboStream], note: Callable[[Entry], None]
    ) -> Fanout[KomboStream]:
        left = Counter({stream: len(self._wanted[stream]) for stream in streams})
        for stream in streams:
            self.report.tallies[stream.name]  # one that nothing is read of is in the report too
        self._bookmarks = {stream: bookmarks_of(stream) for stream in streams}
        models = {stream.endpoint: one for stream, one in self._bookmarks.items()}
        self._categories = known_categories(models, self._ids)
        passes = {
            stream: Passes(stream, self.kombo, one, self.report, note, self._categories)
            for stream, one in self._bookmarks.items()
        }
        return Fanout(self.runner, self._jobs(passes), left, self._tap.config["concurrency"])

    def _jobs(self, passes: Mapping[KomboStream, Passes]) -> Iterator[Job[KomboStream]]:
        """Yield the passes model by model; those that are made of a look-up come first.

        They go integration by integration, so that no answer has to be kept for long.
        """
        made_of_it = [one for one in passes if isinstance(one, IntegrationStream)]
        wanted = {stream: frozenset(self._wanted[stream]) for stream in made_of_it}
        for one in self._ids:
            for stream in made_of_it:
                if one in wanted[stream]:
                    yield Job(stream, one, partial(self._read_look_up, passes[stream], one))
        for other in (stream for stream in passes if not isinstance(stream, IntegrationStream)):
            for one in self._wanted[other]:
                yield Job(other, one, partial(passes[other].read, one))

    async def _read_look_up(self, passes: Passes, integration_id: str, place: Place[Any]) -> None:
        """Read a pass that is made of a look-up, and do without its answer from then on."""
        try:
            await passes.read(integration_id, place)
        finally:
            self.kombo.let_go(integration_id)


def _stopped_by(error: BaseException | None) -> str | None:
    """Return a code or a word for what ends a run before its time; its text may hold anything."""
    if isinstance(error, KomboError):
        return error.problem.code or error.problem.rule.name.lower()
    if isinstance(error, OutputError):
        return "output"
    if isinstance(error, InterruptedRunError | KeyboardInterrupt):
        return "interrupted"
    return "unexpected" if error else None
