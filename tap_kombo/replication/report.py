"""What a run has done so far."""

from __future__ import annotations

import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, fields
from logging import ERROR, WARNING
from typing import TYPE_CHECKING

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import OF_INTEGRATION, Action, Problem

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Sequence

    from tap_kombo.replication.ledger import Entry


OF_ALL = [one.name for one in ENDPOINTS if one.category == "GENERAL"]
"""Streams that each integration has."""

EVERY_STREAM = "*"
"""Stands for the stream where a problem concerns a whole integration."""

NAMED_AT_MOST = 3
"""How many of those concerned are named in one line."""


class RunFailedError(Exception):
    """Some of the run failed; the rest is complete and remembered."""


@dataclass
class Tally:
    """Counts of one stream."""

    complete: int = 0  # integrations of which every page was read
    skipped: int = 0  # integrations left out for a reason that is no failure
    failed: int = 0  # integrations of which the pass failed
    not_due: int = 0  # integrations of which no pass was due yet
    records: int = 0  # sent
    tombstones: int = 0  # those of them that Kombo has marked as deleted
    pages: int = 0
    requests: int = 0  # tries that failed included
    waited: float = 0  # seconds that requests waited for Kombo's limit
    seconds: float = 0  # from the first request to the end of the last pass

    @property
    def passes(self) -> int:
        """Passes that have ended, well or not, or were not due."""
        return self.complete + self.skipped + self.failed + self.not_due

    @property
    def is_read(self) -> bool:
        """Whether anything of the stream was read; one that nobody has is not."""
        return bool(self.complete or self.pages)

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return {one.name: round(getattr(self, one.name), 1) for one in fields(self)}


class Report:
    """Collects what happens to the passes of one run.

    Args:
        logger: Where it is told at once why a pass was not completed.

    Attributes:
        tallies: The counts of each stream.
        records: How many records were sent.
        problems: Stream, integration and reason of each pass that was not completed; a reason
            that concerns a whole integration is there once, of `EVERY_STREAM`.
        integrations: Those that have any stream of the run.
        unsure: Streams that an integration may have of which nothing is known but a problem.
        look_ups: Requests about integrations, which belong to no stream.
        passes: How many have ended, but those of streams that an integration cannot have.
        events: How many webhook events the run goes by; none if it reads everything.
    """

    def __init__(self, logger: logging.Logger) -> None:
        """Begin with a clean run."""
        self._logger = logger
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.records = 0
        self.problems: list[tuple[str, str, Problem]] = []
        self.integrations: set[str] = set()
        self.unsure: set[str] = set()
        self.look_ups = 0
        self._open: dict[tuple[str, str], Entry] = {}
        self.events: int | None = None
        self.passes = 0
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

    @contextmanager
    def counting(self, entry: Entry) -> Iterator[None]:
        """Let it be counted what is done for one pass, until it ends."""
        self._open[entry.stream, entry.integration_id] = entry
        try:
            yield
        finally:
            del self._open[entry.stream, entry.integration_id]
            tally = self.tallies[entry.stream]
            tally.requests += entry.requests
            tally.waited += entry.waited

    def counts_of(self, stream: str, integration_id: str) -> Entry:
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
        if problem.action in OF_INTEGRATION:
            self._given_up[integration_id] = problem
            stream = EVERY_STREAM
        self.problems.append((stream, integration_id, problem))
        level, kind = (ERROR, "Failed") if problem.is_failure else (WARNING, "Skipped")
        self._logger.log(level, "%s: %s", kind, problem.sentence(place(stream, integration_id)))

    def given_up(self, integration_id: str) -> Problem | None:
        """Return the problem that concerns all models of an integration, if there was one."""
        return self._given_up.get(integration_id)

    def tells_of(self, integration_id: str) -> bool:
        """Return whether a problem of an integration is told, or will be as all ask about it."""
        is_asked = any((one, integration_id) in self._open for one in OF_ALL)
        return is_asked or integration_id in self._given_up

    def is_exhaustive(self, stream: str) -> bool:
        """Return whether all of a stream was to be read, and was, with current data."""
        tally = self.tallies[stream]
        missed = tally.skipped or tally.failed or tally.not_due
        return self.events is None and not (missed or stream in self._outdated | self.unsure)

    @property
    def seconds(self) -> float:
        """How long the run has gone on."""
        return time.monotonic() - self._began

    def progress(self, passes: int) -> str:
        """Return a line on how far the run has come, of so many passes in all."""
        seconds = max(self.seconds, 1)
        left = ""
        if self.passes:  # before the first has ended nothing is known
            left = f", about {_duration((passes - self.passes) * seconds / self.passes)} left"
        return (
            f"{self.passes:,} of {passes:,} pass(es) done, {self.records:,} record(s), "
            f"{self.records / seconds:,.0f}/s{left}"
        )


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes:,} min" if minutes else f"{seconds:.0f} s"


def place(stream: str, names: str) -> str:
    """Name what a problem concerns: a stream of integrations, or all that they have."""
    return names if stream == EVERY_STREAM else f"{stream} of {names}"


def named(names: Sequence[str], at_most: int = NAMED_AT_MOST) -> str:
    """Name a few, and count the others."""
    others = len(names) - at_most
    return ", ".join(names[:at_most]) + (f" and {others:,} more" if others > 0 else "")
