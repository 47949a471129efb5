"""What a run has done so far: counts of each stream, and the table made of them."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, fields
from threading import Lock
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence


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
    _began: float | None = field(default=None, repr=False)
    _lock: Lock = field(default_factory=Lock, repr=False)

    def sent(self, waited: float) -> None:
        """Count a request; workers call this."""
        with self._lock:
            self.requests += 1
            self.waited += waited

    def read(self, records: int, tombstones: int) -> None:
        """Count a page and what was sent of it."""
        self.pages += 1
        self.records += records
        self.tombstones += tombstones

    def begin(self) -> None:
        """Start the clock with the first pass."""
        self._began = self._began or time.monotonic()

    def end(self) -> None:
        """Stop the clock; a later pass moves the end."""
        self.seconds = time.monotonic() - (self._began or time.monotonic())

    @property
    def passes(self) -> int:
        """Passes that have ended, well or not."""
        return self.complete + self.skipped + self.failed

    def as_dict(self) -> dict[str, float]:
        """The counts by name."""
        names = [one.name for one in fields(self) if not one.name.startswith("_")]
        return {name: round(getattr(self, name), 1) for name in names}


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
