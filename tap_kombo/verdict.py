"""What the run skipped and what failed, told at its end."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk.exceptions import FatalSyncError

from tap_kombo.errors import Action, KomboError

if TYPE_CHECKING:
    import logging
    from collections.abc import Iterable

    from tap_kombo.client import KomboStream


class RunFailedError(FatalSyncError):
    """Some of the run failed; the rest is complete and remembered."""


class Verdict:
    """Collects what happened to the passes of one run."""

    def __init__(self) -> None:
        """Begin with a clean run."""
        self._skipped: list[KomboError] = []
        self._failed: list[KomboError] = []
        self._given_up: set[str] = set()

    def add(self, integration_id: str, error: KomboError) -> None:
        """Note why a pass was not completed.

        Args:
            integration_id: The pass's integration.
            error: What Kombo answered.
        """
        skipped = error.action in {Action.SKIP_MODEL, Action.SKIP_INTEGRATION}
        (self._skipped if skipped else self._failed).append(error)
        if error.action in {Action.SKIP_INTEGRATION, Action.FAIL_INTEGRATION}:
            self._given_up.add(integration_id)

    def is_given_up(self, integration_id: str) -> bool:
        """Return whether the run leaves an integration alone from here on."""
        return integration_id in self._given_up

    def conclude(self, streams: Iterable[KomboStream], logger: logging.Logger) -> None:
        """Name all that was skipped or failed, and each kind of unusable value once.

        Args:
            streams: The streams of the run.
            logger: Where to tell it.

        Raises:
            RunFailedError: If something failed.
        """
        for stream in streams:
            for (path, trouble), count in sorted(stream.passes.troubles.items()):
                logger.warning("%s: %s in %d value(s): %s.", stream.name, path, count, trouble)
        for error in self._skipped:
            logger.warning("Skipped: %s", error)
        for error in self._failed:
            logger.error("Failed: %s", error)
        if self._failed:
            msg = (
                f"{len(self._failed)} pass(es) failed and keep their bookmarks, named above; "
                "all others are complete."
            )
            raise RunFailedError(msg)
