"""What a run has done so far."""

from __future__ import annotations

import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from logging import ERROR, WARNING
from typing import TYPE_CHECKING

from tap_kombo.api.problems import OF_INTEGRATION, Action, Problem

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence

    from tap_kombo.api.answers import Page
    from tap_kombo.replication.fanout import Written


NAMED_AT_MOST = 3
"""How many of those concerned are named in one line."""


class RunFailedError(Exception):
    """Some of the run failed; the rest is complete and remembered."""


@dataclass
class Tally:
    """Counts of one stream.

    Attributes:
        complete: Integrations of which every page was read.
        skipped: Integrations left out for a reason that is no failure.
        failed: Integrations of which the pass failed.
        not_due: Integrations of which no pass was due yet.
        records: Records sent.
        tombstones: Those of them that Kombo has marked as deleted.
        pages: Pages read.
        requests: Requests sent, tries that failed included.
        waited: Seconds that requests waited for Kombo's limit.
        seconds: From the first request to the end of the last pass.
    """

    complete: int = 0
    skipped: int = 0
    failed: int = 0
    not_due: int = 0
    records: int = 0
    tombstones: int = 0
    pages: int = 0
    requests: int = 0
    waited: float = 0
    seconds: float = 0

    @property
    def passes(self) -> int:
        """Passes that have ended, well or not, or were not due."""
        return self.complete + self.skipped + self.failed + self.not_due

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return {one.name: round(getattr(self, one.name), 1) for one in fields(self)}


@dataclass
class Counts:
    """What was done in this run for one pass.

    Attributes:
        tally: The counts of its stream.
        tombstones: Records sent that Kombo has marked as deleted.
        blanked: Those of them of which Kombo has blanked every value.
        left_out: Records without a key, and parents that were refused.
        requests: Requests sent, tries that failed included.
        retries: Those of them that were tries again.
        waited: Seconds that requests waited for Kombo's limit.
        newest: The newest `changed_at` of its records.
        misfits: How many values at each path could not be sent as they came.
    """

    tally: Tally
    tombstones: int = 0
    blanked: int = 0
    left_out: int = 0
    requests: int = 0
    retries: int = 0
    waited: float = 0
    newest: str = ""
    misfits: Counter[str] = field(default_factory=Counter)

    def wrote(self, page: Page, written: Written) -> None:
        """Count a page that was written."""
        self.tombstones += written.tombstones
        self.blanked += written.blanked
        self.left_out += written.keyless + len(page.left_out)
        self.newest = max(self.newest, written.newest)
        self.misfits.update(written.misfits)

    def sent(self, waited: float) -> None:
        """Count a request, after so many seconds of waiting for Kombo's limit."""
        self.requests += 1
        self.waited += waited
        self.tally.requests += 1
        self.tally.waited += waited


class Report:
    """Collects what happens to the passes of one run.

    Args:
        logger: Where it is told at once why a pass was not completed.

    Attributes:
        tallies: The counts of each stream.
        records: How many records were sent.
        problems: Stream, integration and reason of each pass that was not completed; a reason
            that concerns all models of an integration is there once.
        integrations: Those that have any stream of the run.
        look_ups: Requests about integrations, which belong to no stream.
        events: How many webhook events the run goes by; none if it reads everything.
    """

    def __init__(self, logger: logging.Logger) -> None:
        """Begin with a clean run."""
        self._logger = logger
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.records = 0
        self.problems: list[tuple[str, str, Problem]] = []
        self.integrations: set[str] = set()
        self.look_ups = 0
        self._open: dict[tuple[str, str], Counts] = {}
        self.events: int | None = None
        self._passes = 0
        self._given_up: dict[str, Problem] = {}
        self._outdated: set[str] = set()
        self._began = time.monotonic()
        self._since: dict[str, float] = {}

    @contextmanager
    def reading(self, stream: str) -> Iterator[None]:
        """Let the clock of a stream run while a model of an integration is read."""
        since = self._since.setdefault(stream, time.monotonic())
        yield
        self.tallies[stream].seconds = time.monotonic() - since
        self._passes += 1

    @contextmanager
    def counting(self, stream: str, integration_id: str) -> Iterator[Counts]:
        """Count what is done for one pass, until it ends."""
        place = (stream, integration_id)
        counts = self._open[place] = Counts(self.tallies[stream])
        yield counts
        del self._open[place]

    def counts_of(self, stream: str, integration_id: str) -> Counts:
        """Return what is counted of a pass that is being read."""
        return self._open[stream, integration_id]

    def wrote(self, stream: str, records: int, tombstones: int) -> None:
        """Count a page of a stream, and what was sent of it."""
        tally = self.tallies[stream]
        tally.pages += 1
        tally.records += records
        tally.tombstones += tombstones
        self.records += records

    def completed(self, stream: str, integration_id: str, *, is_current: bool) -> None:
        """Note that a pass was read to its end, and whether Kombo calls its data current."""
        self.integrations.add(integration_id)
        self.tallies[stream].complete += 1
        if not is_current:
            self._outdated.add(stream)

    def rested(self, stream: str, integration_id: str) -> None:
        """Note that no pass was due."""
        self.integrations.add(integration_id)
        self.tallies[stream].not_due += 1

    def broke_off(self, stream: str, integration_id: str, problem: Problem) -> None:
        """Note why a pass was not completed."""
        self.integrations.add(integration_id)
        tally = self.tallies[stream]
        tally.failed += problem.is_failure
        tally.skipped += not problem.is_failure
        if integration_id in self._given_up or problem.action is Action.STOP_RUN:
            return  # it is named already, or will be as what ends the run
        self.problems.append((stream, integration_id, problem))
        level, kind = (ERROR, "Failed") if problem.is_failure else (WARNING, "Skipped")
        self._logger.log(level, "%s: %s", kind, problem.sentence(f"{stream} of {integration_id}"))
        if problem.action in OF_INTEGRATION:
            self._given_up[integration_id] = problem

    def given_up(self, integration_id: str) -> Problem | None:
        """Return the problem that concerns all models of an integration, if there was one."""
        return self._given_up.get(integration_id)

    def is_exhaustive(self, stream: str) -> bool:
        """Return whether all of a stream was to be read, and was, with current data."""
        tally = self.tallies[stream]
        missed = tally.skipped or tally.failed or tally.not_due
        return self.events is None and not (missed or stream in self._outdated)

    @property
    def seconds(self) -> float:
        """How long the run has gone on."""
        return time.monotonic() - self._began

    def progress(self, passes: int) -> str:
        """Return a line on how far the run has come, of so many passes in all."""
        seconds = max(self.seconds, 1)
        left = ""
        if self._passes:  # before the first has ended nothing is known
            left = f", about {_duration((passes - self._passes) * seconds / self._passes)} left"
        return (
            f"{self._passes:,} of {passes:,} passes done, {self.records:,} records, "
            f"{self.records / seconds:,.0f}/s{left}"
        )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes:,} min" if minutes else f"{seconds:.0f} s"


def named(names: Sequence[str], at_most: int = NAMED_AT_MOST) -> str:
    """Name a few, and count the others."""
    others = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {others:,} more" if others > 0 else "")
