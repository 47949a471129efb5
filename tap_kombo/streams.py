"""One model of all integrations as a stream of the SDK."""

from __future__ import annotations

import sys
from collections import Counter
from datetime import UTC, datetime
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any

from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.mapper import RemoveRecordTransform
from singer_sdk.pagination import SinglePagePaginator
from singer_sdk.singerlib import ActivateVersionMessage, Metadata, RecordMessage
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams.rest import PageContext
from typing_extensions import override

from tap_kombo.api import answers
from tap_kombo.api.answers import Page, Record
from tap_kombo.api.filters import as_text, query_parameters
from tap_kombo.api.kombo import Call
from tap_kombo.api.pagination import NextPaginator
from tap_kombo.api.timestamps import to_kombo
from tap_kombo.logs import log_duration
from tap_kombo.mapping import Maps
from tap_kombo.privacy import hidden_paths
from tap_kombo.pseudonyms import hiding
from tap_kombo.records import Fitter, is_anonymized, survey
from tap_kombo.replication.fanout import Written
from tap_kombo.schemas import load_schema
from tap_kombo.sdk import SeamStream, SeamTap
from tap_kombo.selection import compile_edits, deselected_paths, overlay, topmost, without

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Callable, Iterable, Mapping

    import requests
    from singer_sdk import metrics
    from singer_sdk.helpers.types import Auth, Context
    from singer_sdk.mapper import StreamMap
    from singer_sdk.pagination import BaseAPIPaginator
    from singer_sdk.singerlib import MetadataMapping
    from singer_sdk.streams.rest import HTTPRequest

    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.api.kombo import Aside
    from tap_kombo.replication.bookmarks import Pass


class KomboStream(SeamStream):
    """One model of all configured integrations.

    Requests, pages and records go through the SDK's seams: `get_http_request`,
    `get_new_paginator` and `parse_response` mean what they mean in any tap. `get_records` writes
    whatever page comes next, of this stream or of another; `partitions` stays `None`, as the SDK
    would read partitions strictly one after the other and promote a failed one's progress.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the records are made fit already
    STATE_MSG_FREQUENCY = sys.maxsize  # the run decides when the state is written
    partitions = None
    is_announced = False

    def __init__(self, tap: SeamTap, endpoint: Endpoint) -> None:
        """Load the schema, without what nobody has opted in, and set the keys."""
        self.whole_schema = load_schema(endpoint.name)
        self.hidden = hidden_paths(endpoint.name, tap.config.get("opt_in", ()))
        schema = without(self.whole_schema, self.hidden)
        super().__init__(tap, name=endpoint.name, path=endpoint.path, schema=schema)
        self.tap = tap
        self.endpoint = endpoint
        self.primary_keys = endpoint.key
        self.replication_key = endpoint.replication_key
        self.selected_by_default = endpoint.selected_by_default

    @property
    @override
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        metadata["properties", "integration_id"].inclusion = Metadata.InclusionType.AUTOMATIC
        return metadata

    # --- what is asked

    @cached_property
    @override
    def url_base(self) -> str:
        return str(self.tap.url)

    @cached_property
    @override
    def authenticator(self) -> Auth:
        return BearerTokenAuthenticator(token=self.config["api_key"])

    @property
    @override
    def user_agent(self) -> str:
        return str(self.tap.headers["User-Agent"])

    @override
    def get_http_request(self, *, page: PageContext[str | None]) -> HTTPRequest:
        request = super().get_http_request(page=page)
        context = page.stream_context or {}
        if self.endpoint.sends_integration_header:
            request.headers["X-Integration-Id"] = context["integration_id"]
        request.params |= self._parameters
        request.params["cursor"] = page.next_page_token
        if self.endpoint.incremental:
            request.params["updated_after"] = context.get("updated_after")
        return request

    @cached_property
    def _parameters(self) -> dict[str, Any]:
        """The parameters that all requests of a run have in common."""
        parameters: dict[str, Any] = {}
        if self.endpoint.accepts_page_size:
            parameters["page_size"] = self.config["page_size"]
        if self.endpoint.incremental:
            parameters["include_deleted"] = as_text(self.config["include_deleted"])
        if self.filters and self.endpoint.incremental:
            ignored = as_text(self.config["ignore_unsupported_filters"])
            parameters["ignore_unsupported_filters"] = ignored
        return parameters | self.filters

    @cached_property
    def filters(self) -> dict[str, str]:
        """The user's filters for this stream, as query parameters."""
        return query_parameters(self.config.get("filters") or {}, self.name)

    @override
    def get_new_paginator(self) -> BaseAPIPaginator[Any]:
        return NextPaginator() if self.endpoint.paginated else SinglePagePaginator()

    @override
    def parse_response(self, response: requests.Response) -> Iterable[Record]:
        """Return the records in an answer.

        Raises:
            EnvelopeError: If it holds no list of records.
        """
        return answers.records_of(response, self.endpoint.records_key)

    # --- what a pass reads

    def pages(self, current: Pass, aside: Aside) -> AsyncIterator[Page]:
        """Return the pages of one pass, each request with the filters of the pass.

        Raises:
            KomboError: If a page could not be read, after retries.
        """
        context = {"integration_id": current.integration_id}
        if current.updated_after:
            context["updated_after"] = to_kombo(current.updated_after)
        return self.follow(self, context, aside, current.cursor)

    async def follow(
        self,
        counted: KomboStream,
        context: Mapping[str, str],
        aside: Aside,
        cursor: str | None = None,
    ) -> AsyncIterator[Page]:
        """Yield page after page of the list of a context, on another stream's account if need be.

        Raises:
            KomboError: If a page could not be read, after retries, or a cursor came back.
        """
        paginator = self.get_new_paginator()
        if cursor is not None and isinstance(paginator, NextPaginator):
            paginator = type(paginator)(cursor)
        integration_id = context["integration_id"]
        counts = self.tap.run.report.counts_of(counted.name, integration_id)
        call = Call(
            where=f"{counted.name} of {integration_id}",
            integration_id=integration_id,
            build=partial(self._build, context, paginator),
            read=partial(self._read, context, paginator),
            sent=counts.sent,
            answered=partial(log_duration, counted, integration_id),
            aside=aside,
        )
        while not paginator.finished:
            before = counts.requests
            try:
                page = await self.tap.run.kombo.ask(call)
            finally:
                counts.retries += max(counts.requests - before - 1, 0)
            yield page

    def _build(
        self, context: Mapping[str, str], paginator: BaseAPIPaginator[Any]
    ) -> requests.PreparedRequest:
        """Make the request for the page at which a paginator stands; this runs in a worker."""
        request = self.get_http_request(page=PageContext(context, paginator.current_value))
        return self.build_prepared_request(
            method=request.method,
            url=request.url,
            params=request.encode_params(),
            headers=request.headers,
        )

    def _read(
        self,
        context: Mapping[str, str],
        paginator: BaseAPIPaginator[Any],
        response: requests.Response,
    ) -> Page:
        """Make a page of an answer and move the paginator on; this runs in a worker."""
        records = self.to_records(context, self.parse_response(response))
        paginator.advance(response)
        goes_on = isinstance(paginator, NextPaginator) and not paginator.finished
        return Page(
            records,
            paginator.current_value if goes_on else None,
            answers.served_at(response),
            answers.is_suspect(response),
        )

    def to_records(
        self,
        context: Mapping[str, str],  # noqa: ARG002 - others need it
        parsed: Iterable[Record],
    ) -> list[Record]:
        """Return the records that are made of what a page holds of the list of a context."""
        return parsed if isinstance(parsed, list) else list(parsed)

    # --- what is sent

    @override
    def announce(self) -> None:
        """Send the SCHEMA with the first page; models that nobody has get no table."""
        if not self.is_announced:
            self.is_announced = True
            super().announce()

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        # Sent before the records, it would let rows go that a cut-off run never sends again.
        return False

    @cached_property
    def replaces_table(self) -> bool:
        """Whether rows that are not sent shall vanish from the table."""
        return (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.config["emit_activate_version_messages"]
        )

    @cached_property
    def _overlay(self) -> tuple[dict[str, Any], list[tuple[str, ...]]]:
        """The schema of all that Kombo sends, and what of it the loader is not told of."""
        return overlay(self.whole_schema, self.effective_schema)

    @cached_property
    def unwanted(self) -> list[tuple[str, ...]]:
        """Paths of what Kombo sends and the tap does not, whatever a catalog leaves open."""
        return [*topmost({*self._overlay[1], *self.hidden}), *deselected_paths(self.mask)]

    @cached_property
    def fitter(self) -> Fitter:
        """What makes the pages of the stream fit to store."""
        return Fitter(self._overlay[0], self.name)

    @cached_property
    def hide(self) -> Callable[[list[Record]], None]:
        """What takes out of records what is not sent, and hides what is personal."""
        hidden = hiding(self.config, self.name, self.schema)
        return compile_edits({**hidden, **dict.fromkeys(self.unwanted)})

    @cached_property
    @override
    def stream_maps(self) -> list[StreamMap]:
        # Made when they are needed: up to 0.54 the SDK takes the columns, and so the key, from a
        # stream that is not selected, and then refuses a map for all streams.
        if self.name not in self.tap.mapper.stream_maps:
            self.tap.make_maps(self.name)
        return super().stream_maps

    @cached_property
    def maps(self) -> Maps:
        """What makes messages of the records of the stream."""
        return Maps(self)

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        if self.ABORT_AT_RECORD_COUNT is not None:
            yield from self.tap.run.sample(self)  # of which the SDK takes the first
            return
        self.tap.run.write_until_done(self)
        tally = self.tap.run.report.tallies[self.name]
        self._record_counter.increment(tally.records)
        with self.get_http_request_counter() as counter:
            counter.increment(tally.requests)
        if self.replaces_table:
            self._activate_version()

    def write(self, page: Page, integration_id: str) -> Written:
        """Send the records of a page; what the SDK does record by record is done to the page.

        Raises:
            KomboError: If a stream map fails.
        """
        self.announce()
        records = self.fitter.fit(page, integration_id)
        newest, blanked = survey(records)
        skipped = blanked if self.config["anonymized_records"] == "skip" else []
        if skipped:
            records = [record for record in records if not is_anonymized(record)]
        extracted = datetime.now(UTC)  # that of pendulum is encoded in Python, record by record
        version = self.tap.initialized_at if self.replaces_table else None
        write, sent, deleted = self.tap.write_message, Counter[str](), Counter[str]()
        try:
            for alias, mapped in self.maps.mapped(records, integration_id):
                write(RecordMessage(alias, mapped, version, extracted))
                sent[alias] += 1
                deleted[alias] += mapped.get("remote_deleted_at") is not None
            if skipped:
                for message in self.maps.deletions(skipped, integration_id, version, extracted):
                    write(message)
                    if isinstance(message, RecordMessage):
                        sent[message.stream] += 1
                        deleted[message.stream] += 1
                super().announce()  # the columns that stayed are sent again from here on
        finally:
            self.tap.run.report.wrote(self.name, sent.total(), deleted.total())
        most, gone = (max(one.values(), default=0) for one in (sent, deleted))
        fitter = self.fitter
        return Written(most, gone, len(blanked), fitter.keyless, newest, fitter.misfits)

    @override
    def get_record_counter(self, **options: Any) -> metrics.Counter:
        self._record_counter = super().get_record_counter(**options)
        return self._record_counter

    def _activate_version(self) -> None:
        """Let the target drop the rows that were not sent, if all were asked for."""
        if not self.tap.run.is_exhaustive(self):
            told = "ACTIVATE_VERSION of %s is not sent, as not every integration was read in full."
            self.logger.warning(told, self.name)
            return
        if not self.tap.run.report.tallies[self.name].complete:
            return  # no integration has it, so no loader needs a table for it
        self.announce()  # there may have been no page
        for stream_map in self.stream_maps:
            alias, version = stream_map.stream_alias, self.tap.initialized_at
            keeps_versions = self.replication_key in (stream_map.transformed_key_properties or ())
            if not keeps_versions and not isinstance(stream_map, RemoveRecordTransform):
                self.tap.write_message(ActivateVersionMessage(alias, version))
