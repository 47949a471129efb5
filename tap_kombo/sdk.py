"""The SDK's private names that the tap needs, all four; `tests/test_sdk.py` guards them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap

# It finds and reads `.env`, as users of SDK taps expect.
from singer_sdk.configuration._dict_config import parse_environment_config
from typing_extensions import override

if TYPE_CHECKING:
    from types import FrameType

    from singer_sdk.helpers.types import Context, Record
    from singer_sdk.singerlib import Catalog


__all__ = ["SeamStream", "SeamTap", "parse_environment_config"]


class SeamStream(RESTStream[str | None]):
    """A stream whose SCHEMA waits for its first page, and whose bookmark is not a `changed_at`.

    A catalog that asks for more than that, or gives it an odd type, does not end a run.
    """

    tap: SeamTap

    def announce(self) -> None:
        """Send the SCHEMA."""
        super()._write_schema_message()

    @override
    def _write_schema_message(self) -> None:
        """Do nothing in a run: which models the integrations have is known only when they are read.

        `--test=schema` asks for it outside of one.
        """
        if self.ABORT_AT_RECORD_COUNT is None and not self.tap.is_syncing:
            super()._write_schema_message()

    @override
    def apply_catalog(self, catalog: Catalog) -> None:
        """Take all but the replication key, which is Kombo's choice; without one all is read."""
        key = self.replication_key
        super().apply_catalog(catalog)
        self.replication_key = key
        if key is None:
            self.forced_replication_method = None

    @property
    @override
    def is_timestamp_replication_key(self) -> bool:
        """Whether the bookmark is a moment: it is, whatever type a catalog gives `changed_at`."""
        return self.replication_key is not None

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Do nothing: a bookmark is the start of a pass, not the newest `changed_at`."""


class SeamTap(Tap):
    """A tap that decides itself what a signal does; the SDK would end with exit code 0.

    Streams and run know the tap by this class, so that it can know them. `TapKombo` says what each
    attribute is.
    """

    is_syncing = False
    run: Any
    url: Any
    headers: Any
    configured_ids: Any
    integration_ids: Any
    changes: Any
    stream_maps: Any
    make_maps: Any
    interrupt: Any
    unread: Any

    @override
    def _handle_termination(self, signum: int, frame: FrameType | None) -> None:
        self.interrupt(signum)
