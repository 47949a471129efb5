"""How one pass becomes records, and in the end a bookmark."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pendulum
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE

from tap_kombo.bookmarks import BookmarkError, Bookmarks, Pass, Settings
from tap_kombo.endpoints import PRIMARY_KEY
from tap_kombo.errors import BAD_STATE, CURSOR_REFUSED, UNUSABLE, KomboError, kombo_error
from tap_kombo.filters import as_text
from tap_kombo.fitting import compile_fits
from tap_kombo.integrations import Details
from tap_kombo.records import Found, compile_cleaner, is_anonymized
from tap_kombo.selection import compile_deselection
from tap_kombo.timestamps import to_moment

if TYPE_CHECKING:
    from collections.abc import Generator, Iterator

    from tap_kombo.client import KomboStream
    from tap_kombo.fanout import Step
    from tap_kombo.pagination import Page, Record


class PassReader:
    """Reads the passes of one stream.

    Args:
        stream: The stream.
    """

    def __init__(self, stream: KomboStream) -> None:
        """Prepare what all passes of the stream share."""
        self._stream = stream
        self._tap = stream.tap
        self._skips_anonymized = stream.config["anonymized_records"] == "skip"
        self.troubles: Found = Counter()
        self._clean = compile_cleaner(stream.schema, self.troubles)
        self._fits = compile_fits(stream.schema, stream.name)
        self._deselect = compile_deselection(stream.mask)
        self._bookmarks = Bookmarks(stream.get_context_state, _settings(stream), stream.logger)

    def read(self, integration_id: str) -> Generator[Step, Any, bool]:
        """Read what an integration has of the stream's model.

        Args:
            integration_id: The integration.

        Yields:
            Work to wait for, and batches of records that every loader can store.

        Returns:
            Whether there was a pass; an integration of another category has none.

        Raises:
            KomboError: If a pass could not be completed; its bookmark stays.
        """
        endpoint, details = self._stream.endpoint, Details()
        if endpoint.category != "GENERAL":
            details = yield self._tap.integrations.look_up(integration_id)
            if not details.serves(endpoint):
                return False
            details.require_readable(endpoint, self._stream.where(integration_id))
        done = yield from self._read_pass(self._begin(integration_id, details.data_expired_at))
        if done.resumed:
            yield from self._read_pass(self._bookmarks.follow_up(done))
        return True

    def _read_pass(self, current: Pass) -> Generator[Step, Any, Pass]:
        """Read one pass and remember it once its last page was written."""
        submit, restarted = self._tap.fanout.submit, False
        pages = self._start(current)
        coming = submit(next, pages, None)
        while True:
            try:
                page = yield coming
            except KomboError as error:
                if restarted or current.cursor is None or error.code != CURSOR_REFUSED:
                    raise
                self._stream.logger.warning("%s The pass starts anew.", error)
                current, restarted = self._bookmarks.restart(current), True
                pages = self._start(current)
                coming = submit(next, pages, None)
                continue
            if page is None:
                break
            coming = submit(next, pages, None)  # on its way while this page is written
            yield self._storable(page, current.integration_id)
            current = current.seen_by_server(page.served_at).at(page.next)
            if page.next:
                self._bookmarks.progress(current)
                self._tap.checkpoint()
        self._bookmarks.complete(current)
        self._tap.checkpoint(finished=True)
        return current

    def _start(self, current: Pass) -> Iterator[Page]:
        """Tell about a pass that begins and return its pages, still to be asked for."""
        where = self._stream.where(current.integration_id)
        self._stream.logger.info("Reading %s: %s.", where, current.kind)
        return self._stream.read_pages(current)

    def _begin(self, integration_id: str, expired_at: str | None) -> Pass:
        """Return the pass to read now.

        Raises:
            KomboError: If the state cannot be read.
        """
        try:
            return self._bookmarks.begin(integration_id, expired_at)
        except BookmarkError as error:
            where = self._stream.where(integration_id)
            raise kombo_error(BAD_STATE, where, str(error)) from None

    def _storable(self, page: Page, integration_id: str) -> list[Record]:
        """Make the records of a page fit for every loader, and say whose they are.

        Raises:
            KomboError: If a record has no key, or values within values within values.
        """
        records, where = page.records, self._stream.where(integration_id)
        if page.may_hold_nul or not self._fits(records):
            try:
                records = [self._clean(record) for record in records]
            except RecursionError:
                raise kombo_error(UNUSABLE, where, "a value is nested too deeply") from None
            if not all(record.get(PRIMARY_KEY) for record in records):
                raise kombo_error(UNUSABLE, where, "a record without `id`")
        if self._skips_anonymized:
            records = [record for record in records if not is_anonymized(record)]
        for record in records:
            record["integration_id"] = integration_id
        tombstones = sum(record.get("remote_deleted_at") is not None for record in records)
        self._stream.tally.read(len(records), tombstones)
        self._deselect(records)
        return records


def _settings(stream: KomboStream) -> Settings:
    """Return what decides where the passes of a stream begin."""
    config, start_date = stream.config, stream.config.get("start_date")
    return Settings(
        incremental=stream.endpoint.incremental,
        lookback=pendulum.duration(seconds=config["lookback_seconds"]),
        full_pass_interval=pendulum.duration(days=config["full_pass_interval_days"]),
        always_full=stream.replication_method == REPLICATION_FULL_TABLE,
        start_date=to_moment(start_date) if start_date else None,
        parameters=stream.filters | {"include_deleted": as_text(config["include_deleted"])},
        resumable=not stream.replaces_table,  # rows of an earlier run would be dropped
    )
