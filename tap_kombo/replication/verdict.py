"""What a run tells at its end: the result first, then what was done, then why not everything."""

from __future__ import annotations

import sys
import textwrap
from collections import defaultdict
from contextlib import suppress
from dataclasses import dataclass, fields, replace
from typing import TYPE_CHECKING, Any

import msgspec

from tap_kombo.replication.report import Tally, named, place

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterator, Mapping, Sequence

    from tap_kombo.api.problems import Rule
    from tap_kombo.replication.report import Report

WIDTH = 80
REASONS_AT_MOST = 10
COLUMNS = {
    "records": "records",
    "deleted": "tombstones",
    "complete": "complete",
    "skipped": "skipped",
    "failed": "failed",
    "seconds": "seconds",
}
"""The table's columns, and the counts in them."""


@dataclass(frozen=True)
class Verdict:
    """How a run has ended."""

    report: Report
    streams: Sequence[str]  # names of all streams of the run
    integrations: int  # how many the run has
    failure: str = ""  # what makes the run a failure; empty if it is none
    stopped_by: str | None = None  # a code or a word; none if the run came to its end
    width: int = WIDTH  # where sentences are wrapped

    @property
    def result(self) -> str:
        """The result in a word or four."""
        if self.failure or self.stopped_by:
            return "FAILED"
        skipped = sum(self.report.tallies[one].skipped for one in self.streams)
        return f"OK, with {skipped} skipped" if skipped else "OK"

    @property
    def text(self) -> str:
        """All that a reader wants, the result first; the table has at most 80 columns."""
        return "\n".join((self._headline(), *self._table(), *self._reasons()))

    def as_dict(self) -> dict[str, Any]:
        """The same for a program: result, totals, streams, and why which integration is missing."""
        missing: dict[str, dict[str, dict[str, str]]] = {"failed": {}, "skipped": {}}
        for stream, one, problem in self.report.problems:
            kind = "failed" if problem.is_failure else "skipped"
            missing[kind].setdefault(one, {})[stream] = problem.what
        tallies = {name: self.report.tallies[name].as_dict() for name in self.streams}
        totals = {
            one.name: round(sum(tally[one.name] for tally in tallies.values()), 1)
            for one in fields(Tally)
            if one.name != "seconds"
        }
        totals["requests"] += self.report.look_ups
        totals |= {"integrations": self.integrations, "seconds": round(self.report.seconds, 1)}
        return {
            "result": self.result,
            "stopped_by": self.stopped_by,
            "events": self.report.events,
            "totals": totals,
            "streams": tallies,
            **missing,
        }

    def _headline(self) -> str:
        totals, events = self.as_dict()["totals"], self.report.events
        by = "" if events is None else f", by {events:,} event(s)"
        read = sum(self.report.tallies[one].is_read for one in self.streams)
        text = (
            f"{self.result}: {totals['records']:,} record(s) of {read} stream(s) and "
            f"{self.integrations:,} integration(s){by}; {totals['requests']:,} request(s), "
            f"{totals['seconds']:,} s"
        )
        return self._wrapped(text)

    def _table(self) -> Iterator[str]:
        """Yield a row for each stream that has something to tell."""
        tallies = {name: self.report.tallies[name] for name in self.streams}
        telling = [
            name for name, one in tallies.items() if one.records or one.failed or one.skipped
        ]
        is_any_read = any(one.records or one.complete for one in tallies.values())
        if telling and (is_any_read or self.report.problems):  # else they are rows of zeros
            rows = [[name, *_cells(tallies[name])] for name in telling]
            yield from _aligned([["stream", *COLUMNS], *rows])
        if others := sum(bool(tallies[one].complete) for one in tallies.keys() - telling):
            yield f"nothing new: {others} {'other ' if telling else ''}stream(s)"
        if resting := [one for one in tallies.values() if one.not_due]:
            waiting = sum(one.not_due for one in resting)
            yield f"not due yet: {waiting:,} pass(es) of {len(resting)} stream(s)"

    def _reasons(self) -> Iterator[str]:
        """Yield the most frequent reasons, each with how many integrations it concerns."""
        concerned: defaultdict[tuple[bool, Rule, str], list[tuple[str, str]]] = defaultdict(list)
        for stream, one, problem in self.report.problems:
            concerned[problem.is_failure, problem.rule, problem.what].append((stream, one))
        ordered = sorted(concerned.items(), key=lambda item: (not item[0][0], -len(item[1])))
        for (is_failure, rule, what), places in ordered[:REASONS_AT_MOST]:
            streams, ids = (list(dict.fromkeys(names)) for names in zip(*places, strict=True))
            kind = "Failed" if is_failure else "Skipped"
            text = (
                f"{kind} in {len(ids):,} integration(s): {rule.cause} [{what}]. {rule.cure} "
                f"({place(named(streams), named(ids))})"
            )
            yield self._wrapped(text)
        if (others := len(ordered) - REASONS_AT_MOST) > 0:
            yield f"and {others} other reason(s), named above"

    def _wrapped(self, text: str) -> str:
        return textwrap.fill(text, self.width, subsequent_indent="  ", break_on_hyphens=False)


def conclude(
    report: Report,
    troubles: Mapping[str, Mapping[Any, int]],
    integration_ids: Sequence[str],
    logger: logging.Logger,
    stopped_by: str | None = None,
) -> str | None:
    """Tell of each kind of unusable value, of what fits nothing, and the verdict.

    Args:
        report: What has happened.
        troubles: By stream of the run, how often each path had which trouble.
        integration_ids: The integrations of the run.
        logger: Where to tell it.
        stopped_by: What has ended the run before its time: a code or a word, never a text.

    Returns:
        What makes the run a failure; `None` if it is none.
    """
    for stream, found in troubles.items():
        for (path, trouble), count in sorted(found.items()):
            logger.warning("%s: %s in %d value(s): %s.", stream, path, count, trouble)
    tallies = {name: report.tallies[name] for name in troubles}
    failed = {one for _, one, problem in report.problems if problem.is_failure}
    # Of the shard there may be none.
    is_whole = stopped_by is None and report.events is None and bool(integration_ids)
    failure = None
    if failed:
        passes = sum(tally.failed for tally in tallies.values())
        failure = (
            f"{passes} pass(es) of {len(failed)} integration(s) failed, named above. "
            "They keep their bookmarks; everything that is counted as complete is remembered."
        )
    elif is_whole:
        failure = _nothing_read(tallies)
    if is_whole and not failure:
        _tell_what_fits_nothing(report, tallies, integration_ids, logger)
    verdict = Verdict(report, list(troubles), len(integration_ids), failure or "", stopped_by)
    _tell(verdict, logger)
    return failure


def _nothing_read(tallies: Mapping[str, Tally]) -> str | None:
    """Say why nothing could be read, if that is so."""
    if not tallies:
        return "Nothing was read: no stream is selected. Check `select` for spelling mistakes."
    if not any(tally.passes for tally in tallies.values()):
        return "Nothing was read: no integration has any of the selected streams."
    return None


def _tell_what_fits_nothing(
    report: Report,
    tallies: Mapping[str, Tally],
    integration_ids: Sequence[str],
    logger: logging.Logger,
) -> None:
    """Name the streams that no integration has, and the integrations without a stream."""
    had = report.unsure.union(name for name, tally in tallies.items() if tally.passes)
    if absent := [name for name in tallies if name not in had]:
        logger.info("No integration of this run has: %s.", ", ".join(absent))
    if unread := [one for one in integration_ids if one not in report.integrations]:
        logger.warning("No selected stream applies to %s.", named(unread))
    if all(one.skipped == one.passes for one in tallies.values()):
        logger.warning("Nothing was read: every integration was skipped.")


def _tell(verdict: Verdict, logger: logging.Logger) -> None:
    """Tell it to whoever looks at a terminal, else in the log, for programs and `grep` too."""
    if sys.stderr.isatty():
        with suppress(OSError):  # the terminal may be gone
            sys.stderr.write(f"\n{verdict.text}\n")
        return
    logger.info("%s", replace(verdict, width=sys.maxsize).text)
    told = verdict.as_dict()
    logger.info("VERDICT: %s", msgspec.json.encode(told).decode(), extra={"verdict": told})


def _cells(tally: Tally) -> Iterator[str]:
    counts: Mapping[str, float] = tally.as_dict()
    yield from (f"{counts[name]:,}" for name in COLUMNS.values())


def _aligned(cells: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table; a long name gives way to the numbers."""
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    widths[0] = min(widths[0], WIDTH - sum(2 + width for width in widths[1:]))
    for name, *numbers in cells:
        short = name if len(name) <= widths[0] else f"{name[: widths[0] - 1]}…"
        yield "  ".join((short.ljust(widths[0]), *map(str.rjust, numbers, widths[1:])))
