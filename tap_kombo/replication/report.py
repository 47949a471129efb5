"""What a run has done so far, and what is told of it at its end."""

from __future__ import annotations

import sys
import time
from collections import Counter, defaultdict
from contextlib import contextmanager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING

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
    _since: float | None = field(default=None, repr=False)

    def sent(self, waited: float) -> None:
        """Count a request."""
        self.requests += 1
        self.waited += waited

    def wrote(self, records: int, tombstones: int) -> None:
        """Count a page and what was sent of it."""
        self.pages += 1
        self.records += records
        self.tombstones += tombstones

    @property
    def passes(self) -> int:
        """Passes that have ended, well or not."""
        return self.complete + self.skipped + self.failed

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        names = [one.name for one in fields(self) if not one.name.startswith("_")]
        return {name: round(getattr(self, name), 1) for name in names}


class Report:
    """Collects what happens to the passes of one run."""

    def __init__(self) -> None:
        """Begin with a clean run."""
        self.tallies: defaultdict[str, Tally] = defaultdict(Tally)
        self.records = 0
        self._passes = 0
        self._problems: list[tuple[str, str, Problem]] = []
        self._given_up: dict[str, Problem] = {}
        self._without: set[str] = set()
        self._outdated: set[str] = set()
        self._began = time.monotonic()

    def wrote(self, stream: str, records: int, tombstones: int) -> None:
        """Count a page of a stream, and what was sent of it."""
        self.tallies[stream].wrote(records, tombstones)
        self.records += records

    @contextmanager
    def reading(self, stream: str) -> Iterator[None]:
        """Let the clock of a stream run while one of its passes does."""
        tally = self.tallies[stream]
        tally._since = tally._since or time.monotonic()
        yield
        tally.seconds = time.monotonic() - tally._since
        self._passes += 1

    def has_no_such_model(self, stream: str) -> None:
        """Note that an integration is of another category than a stream."""
        self._without.add(stream)

    def given_up(self, integration_id: str) -> Problem | None:
        """Return the problem that concerns all models of an integration, if there was one."""
        return self._given_up.get(integration_id)

    def completed(self, stream: str, *, is_current: bool) -> None:
        """Note that a pass was read from its first page to its last.

        Args:
            stream: The stream.
            is_current: Whether Kombo itself calls the data current.
        """
        self.tallies[stream].complete += 1
        if not is_current:
            self._outdated.add(stream)

    def broke_off(self, stream: str, integration_id: str, problem: Problem) -> None:
        """Note why a pass was not completed.

        Args:
            stream: The stream.
            integration_id: Whose pass it was.
            problem: Why.
        """
        tally = self.tallies[stream]
        tally.failed += problem.is_failure
        tally.skipped += not problem.is_failure
        if integration_id in self._given_up or problem.action is Action.STOP_RUN:
            return  # it is named already, or will be as what ends the run
        self._problems.append((stream, integration_id, problem))
        if problem.action in OF_INTEGRATION:
            self._given_up[integration_id] = problem

    @property
    def failures(self) -> list[str]:
        """A sentence for each pass that failed."""
        return [_sentence(*one) for one in self._problems if one[2].is_failure]

    def is_exhaustive(self, stream: str) -> bool:
        """Return whether every pass of a stream was completed, with current data."""
        tally = self.tallies[stream]
        return not (tally.skipped or tally.failed or stream in self._outdated)

    def progress(self, passes: int) -> str:
        """Return a line on how far the run has come.

        Args:
            passes: How many passes it has in all.
        """
        speed = self.records / max(time.monotonic() - self._began, 1)
        return (
            f"{self._passes:,} of {passes:,} passes done, {self.records:,} records, "
            f"{speed:,.0f} records per second."
        )

    def conclude(
        self,
        streams: Sequence[str],
        troubles: Mapping[str, Mapping[tuple[str, str], int]],
        logger: logging.Logger,
    ) -> str | None:
        """Name all that was skipped or failed, each kind of unusable value, and what was done.

        Args:
            streams: The streams of the run.
            troubles: By stream, how often each path had which trouble.
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
        tallies = {name: self.tallies[name] for name in streams}
        passes = sum((Counter(_ends(one)) for one in tallies.values()), Counter())
        if passes["skipped"] and not passes["complete"] + passes["failed"]:
            logger.warning("Nothing was read: every integration was skipped.")
        unknown = [name for name in streams if name in self._without and not tallies[name].passes]
        if unknown:
            logger.info("No integration of this run has: %s.", ", ".join(unknown))
        tell(tallies, logger)
        if failed := [one for _, one, problem in self._problems if problem.is_failure]:
            integrations = len(set(failed))
            return (
                f"{len(failed)} pass(es) of {integrations} integration(s) failed, named above. "
                "They keep their bookmarks; all that is counted as complete is remembered."
            )
        if not streams:
            return "Nothing was read: no stream is selected. Check `select` for spelling mistakes."
        if len(unknown) == len(streams):
            return "Nothing was read: no integration has any of the selected streams."
        return None


def _sentence(stream: str, integration_id: str, problem: Problem) -> str:
    return problem.sentence(f"{stream} of {integration_id}")


def _ends(tally: Tally) -> dict[str, int]:
    return {name: getattr(tally, name) for name in ("complete", "skipped", "failed")}


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
