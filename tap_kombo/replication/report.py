"""What a run has done so far, and what is told of it at its end."""

from __future__ import annotations

import sys
import time
from collections import defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, fields
from typing import TYPE_CHECKING, Any

import msgspec

from tap_kombo.api.problems import OF_INTEGRATION, Action, Problem

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence


class RunFailedError(Exception):
    """Some of the run failed; the rest is complete and remembered."""


@dataclass
class Tally:
    """Counts of one stream.

    Attributes:
        complete: Integrations of which every page was read.
        skipped: Integrations left out for a reason that is no failure.
        failed: Integrations of which the pass failed.
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
    records: int = 0
    tombstones: int = 0
    pages: int = 0
    requests: int = 0
    waited: float = 0
    seconds: float = 0

    def sent(self, waited: float) -> None:
        """Count a request."""
        self.requests += 1
        self.waited += waited

    @property
    def passes(self) -> int:
        """Passes that have ended, well or not."""
        return self.complete + self.skipped + self.failed

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        return {one.name: round(getattr(self, one.name), 1) for one in fields(self)}


class Report:
    """Collects what happens to the passes of one run; `tallies` has the counts of each stream."""

    def __init__(self) -> None:
        """Begin with a clean run."""
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.records = 0
        self._passes = 0
        self._problems: list[tuple[str, str, Problem]] = []
        self._given_up: dict[str, Problem] = {}
        self._outdated: set[str] = set()
        self._began = time.monotonic()
        self._since: dict[str, float] = {}

    @contextmanager
    def reading(self, stream: str) -> Iterator[None]:
        """Let the clock of a stream run while one of its passes does."""
        since = self._since.setdefault(stream, time.monotonic())
        yield
        self.tallies[stream].seconds = time.monotonic() - since
        self._passes += 1

    def wrote(self, stream: str, records: int, tombstones: int) -> None:
        """Count a page of a stream, and what was sent of it."""
        tally = self.tallies[stream]
        tally.pages += 1
        tally.records += records
        tally.tombstones += tombstones
        self.records += records

    def completed(self, stream: str, *, is_current: bool) -> None:
        """Note that a pass was read to its end, and whether Kombo calls its data current."""
        self.tallies[stream].complete += 1
        if not is_current:
            self._outdated.add(stream)

    def broke_off(self, stream: str, integration_id: str, problem: Problem) -> None:
        """Note why a pass was not completed."""
        tally = self.tallies[stream]
        tally.failed += problem.is_failure
        tally.skipped += not problem.is_failure
        if integration_id in self._given_up or problem.action is Action.STOP_RUN:
            return  # it is named already, or will be as what ends the run
        self._problems.append((stream, integration_id, problem))
        if problem.action in OF_INTEGRATION:
            self._given_up[integration_id] = problem

    def given_up(self, integration_id: str) -> Problem | None:
        """Return the problem that concerns all models of an integration, if there was one."""
        return self._given_up.get(integration_id)

    def is_exhaustive(self, stream: str) -> bool:
        """Return whether every pass of a stream was completed, with current data."""
        tally = self.tallies[stream]
        return not (tally.skipped or tally.failed or stream in self._outdated)

    @property
    def failures(self) -> list[str]:
        """A sentence for each pass that failed."""
        return [_sentence(*one) for one in self._problems if one[2].is_failure]

    def progress(self, passes: int) -> str:
        """Return a line on how far the run has come, of so many passes in all."""
        speed = self.records / max(time.monotonic() - self._began, 1)
        return (
            f"{self._passes:,} of {passes:,} passes done, {self.records:,} records, "
            f"{speed:,.0f} records per second."
        )

    def conclude(
        self, troubles: Mapping[str, Mapping[Any, int]], logger: logging.Logger
    ) -> str | None:
        """Name all that was skipped or failed, each kind of unusable value, and what was done.

        Args:
            troubles: By stream of the run, how often each path had which trouble.
            logger: Where to tell it.

        Returns:
            What makes the run a failure; `None` if it is none.
        """
        for stream, found in troubles.items():
            for (path, trouble), count in sorted(found.items()):
                logger.warning("%s: %s in %d value(s): %s.", stream, path, count, trouble)
        for one in self._problems:
            if not one[2].is_failure:
                logger.warning("Skipped: %s", _sentence(*one))
        for failure in self.failures:
            logger.error("Failed: %s", failure)
        tallies = {name: self.tallies[name] for name in troubles}
        nothing = _tell_what_is_missing(tallies, logger)
        tell(tallies, logger)
        if failed := {one for _, one, problem in self._problems if problem.is_failure}:
            passes = sum(tally.failed for tally in tallies.values())
            return (
                f"{passes} pass(es) of {len(failed)} integration(s) failed, named above. "
                "They keep their bookmarks; all that is counted as complete is remembered."
            )
        return nothing


def _tell_what_is_missing(tallies: Mapping[str, Tally], logger: logging.Logger) -> str | None:
    """Tell which streams nobody has; return why nothing could be read, if that is so."""
    if not tallies:
        return "Nothing was read: no stream is selected. Check `select` for spelling mistakes."
    absent = [name for name, tally in tallies.items() if not tally.passes]
    if len(absent) == len(tallies):
        return "Nothing was read: no integration has any of the selected streams."
    if absent:
        logger.info("No integration of this run has: %s.", ", ".join(absent))
    if all(one.skipped == one.passes for one in tallies.values()):
        logger.warning("Nothing was read: every integration was skipped.")
    return None


def _sentence(stream: str, integration_id: str, problem: Problem) -> str:
    return problem.sentence(f"{stream} of {integration_id}")


def tell(tallies: Mapping[str, Tally], logger: logging.Logger) -> None:
    """Tell what each stream did: as a table on a terminal, else as one line of JSON."""
    if sys.stderr.isatty():
        for line in table(tallies):
            logger.info("%s", line)
    else:
        counts = {name: tally.as_dict() for name, tally in tallies.items()}
        text = msgspec.json.encode({"streams": counts}).decode()
        logger.info("VERDICT: %s", text, extra={"streams": counts})


def table(tallies: Mapping[str, Tally]) -> Iterator[str]:
    """Yield the lines of a table with one row per stream."""
    rows = [{"stream": name} | tally.as_dict() for name, tally in tallies.items()]
    header = list(rows[0]) if rows else []
    cells = [header, *([_cell(value) for value in row.values()] for row in rows)]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    yield from (_line(row, widths) for row in cells)


def _cell(value: object) -> str:
    return f"{value:,}" if isinstance(value, int | float) else str(value)


def _line(row: Sequence[str], widths: Sequence[int]) -> str:
    name, *numbers = row
    first, *others = widths
    return "  ".join((name.ljust(first), *map(str.rjust, numbers, others)))
