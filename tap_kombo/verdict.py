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
        self._errors: list[KomboError] = []
        self._given_up: dict[str, KomboError] = {}

    def add(self, integration_id: str, error: KomboError) -> None:
        """Note why a pass was not completed.

        Args:
            integration_id: The pass's integration.
            error: What Kombo answered.
        """
        if self._given_up.get(integration_id) is error:
            return
        self._errors.append(error)
        if error.action in {Action.SKIP_INTEGRATION, Action.FAIL_INTEGRATION}:
            self._given_up[integration_id] = error

    def raise_if_given_up(self, integration_id: str) -> None:
        """Leave an integration alone after an error that concerns all of its models.

        Raises:
            KomboError: That error.
        """
        if error := self._given_up.get(integration_id):
            raise error

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
        failed = [error for error in self._errors if error.is_failure]
        for error in self._errors:
            if not error.is_failure:
                logger.warning("Skipped: %s", error)
        for error in failed:
            logger.error("Failed: %s", error)
        if failed:
            msg = (
                f"{len(failed)} pass(es) failed and keep their bookmarks, named above; "
                "no other was harmed."
            )
            raise RunFailedError(msg)
