"""The SDK's private names that the tap overrides, all of them; `tests/test_sdk.py` guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from singer_sdk import RESTStream, Tap
from typing_extensions import override

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers.types import Context, Record


class SeamStream(RESTStream[str | None]):
    """A stream whose SCHEMA goes out when it says so, and whose bookmark is not its newest record."""

    def announce(self) -> None:
        """Send the SCHEMA."""
        super()._write_schema_message()

    @override
    def _write_schema_message(self) -> None:
        """Do nothing: which models the integrations have is known only when they are read."""

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Do nothing: a bookmark is the start of a pass, not the newest `changed_at`."""


class SeamTap(Tap):
    """A tap that decides itself what a signal does; the SDK would end with exit code 0."""

    def interrupt(self, number: int) -> None:
        """End the run.

        Args:
            number: The signal.
        """
        raise NotImplementedError

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.interrupt(signum)
