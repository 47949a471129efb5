"""What the run skipped and what failed, told at its end with what each stream did."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import msgspec
from singer_sdk.exceptions import FatalSyncError

from tap_kombo.errors import Action, KomboError
from tap_kombo.tally import table

if TYPE_CHECKING:
    import logging
    from collections.abc import Mapping, Sequence

    from tap_kombo.client import KomboStream
    from tap_kombo.tally import Tally

OF_INTEGRATION = {Action.SKIP_INTEGRATION, Action.RETRY_INTEGRATION, Action.FAIL_INTEGRATION}


class RunFailedError(FatalSyncError):
    """Some of the run failed; the rest is complete and remembered."""


class Verdict:
    """Collects what happened to the passes of one run."""

    def __init__(self) -> None:
        """Begin with a clean run."""
        self._errors: list[tuple[str, KomboError]] = []
        self._given_up: dict[str, KomboError] = {}

    def add(self, integration_id: str, error: KomboError) -> None:
        """Note why a pass was not completed.

        Args:
            integration_id: The pass's integration.
            error: What Kombo answered.
        """
        if integration_id in self._given_up:
            return
        self._errors.append((integration_id, error))
        if error.action in OF_INTEGRATION:
            self._given_up[integration_id] = error

    def raise_if_given_up(self, integration_id: str) -> None:
        """Leave an integration alone after an error that concerns all of its models.

        Raises:
            KomboError: That error.
        """
        if error := self._given_up.get(integration_id):
            raise error

    def conclude(self, streams: Sequence[KomboStream], logger: logging.Logger) -> None:
        """Name all that was skipped or failed, each kind of unusable value, and what was done.

        Args:
            streams: The streams of the run.
            logger: Where to tell it.

        Raises:
            RunFailedError: If something failed.
        """
        for stream in streams:
            for (path, trouble), count in sorted(stream.passes.troubles.items()):
                logger.warning("%s: %s in %d value(s): %s.", stream.name, path, count, trouble)
        failed = [(one, error) for one, error in self._errors if error.is_failure]
        for _, error in self._errors:
            if not error.is_failure:
                logger.warning("Skipped: %s", error)
        for _, error in failed:
            logger.error("Failed: %s", error)
        tallies = {stream.name: stream.tally for stream in streams}
        counts = tallies.values()
        if any(one.skipped for one in counts) and not any(
            one.complete + one.failed for one in counts
        ):
            logger.warning("Nothing was read: every integration was skipped.")
        tell(tallies, logger)
        if failed:
            integrations = len({one for one, _ in failed})
            msg = (
                f"{len(failed)} pass(es) of {integrations} integration(s) failed, named above. "
                "They keep their bookmarks; all that is counted as complete is remembered."
            )
            raise RunFailedError(msg)


def tell(tallies: Mapping[str, Tally], logger: logging.Logger) -> None:
    """Tell what each stream did: as a table on a terminal, else as one line of JSON."""
    if sys.stderr.isatty():
        for line in table(tallies):
            logger.info("%s", line)
    else:
        counts = {name: tally.as_dict() for name, tally in tallies.items()}
        text = msgspec.json.encode({"streams": counts}).decode()
        logger.info("VERDICT: %s", text, extra={"streams": counts})


def progress(tallies: Sequence[Tally], passes: int, seconds: float) -> str:
    """Return a line on how far a run has come.

    Args:
        tallies: The counts of its streams.
        passes: How many passes it has in all.
        seconds: How long it has been running.
    """
    total = sum((Counter(records=one.records, passes=one.passes) for one in tallies), Counter())
    records = total["records"]
    speed = records / max(seconds, 1)
    return (
        f"{total['passes']:,} of {passes:,} passes done, {records:,} records, "
        f"{speed:,.0f} records per second."
    )
