"""How one page of a Kombo list is asked for and read, and how pages become a stream."""

from __future__ import annotations

import sys
import time
from datetime import UTC, datetime
from functools import cached_property
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, metrics
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.helpers.conform import TypeConformanceLevel
from singer_sdk.singerlib import Metadata, RecordMessage
from singer_sdk.singerlib.catalog import REPLICATION_FULL_TABLE
from singer_sdk.streams.rest import HTTPRequest, PageContext
from typing_extensions import override

from tap_kombo.endpoints import PRIMARY_KEY
from tap_kombo.errors import (
    CIRCULAR,
    UNREACHABLE,
    UNREADABLE,
    UNTRUSTED,
    Action,
    KomboError,
    LimitedKomboError,
    from_answer,
    kombo_error,
)
from tap_kombo.filters import as_text, query_parameters
from tap_kombo.pagination import (
    CircularError,
    EnvelopeError,
    ErrorEnvelopeError,
    Page,
    follow,
    read_page,
)
from tap_kombo.passes import PassReader
from tap_kombo.retries import retried
from tap_kombo.schemas import load_schema
from tap_kombo.settings import REGIONS
from tap_kombo.tally import Tally
from tap_kombo.timestamps import to_kombo
from tap_kombo.transport import NoAnswerError, UntrustedError

if TYPE_CHECKING:
    from collections.abc import Generator, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Auth, Context, Record
    from singer_sdk.singerlib import MetadataMapping

    from tap_kombo.bookmarks import Pass
    from tap_kombo.endpoints import Endpoint
    from tap_kombo.fanout import Batch, Step
    from tap_kombo.tap import TapKombo
    from tap_kombo.transport import Answer


class KomboStream(RESTStream[str | None]):
    """One model of all configured integrations.

    `get_records` reads the integrations itself and `partitions` stays `None`: the SDK would
    read partitions strictly one after the other and promote a failed one's progress.

    Args:
        tap: The tap.
        endpoint: The stream's row in the endpoint table.
    """

    TYPE_CONFORMANCE_LEVEL = TypeConformanceLevel.NONE  # the records are cleaned already
    STATE_MSG_FREQUENCY = sys.maxsize  # the tap decides when the state is written
    partitions = None

    def __init__(self, tap: TapKombo, endpoint: Endpoint) -> None:
        """Load the schema and set the keys that the table names."""
        super().__init__(
            tap, name=endpoint.name, path=endpoint.path, schema=load_schema(endpoint.name)
        )
        self.tap = tap
        self.endpoint = endpoint
        self.tally = Tally()
        self._counters: dict[str, metrics.Counter] = {}
        self._complete = True
        self.primary_keys = (PRIMARY_KEY,)
        self.replication_key = endpoint.replication_key
        self.selected_by_default = endpoint.selected_by_default

    @property
    @override
    def metadata(self) -> MetadataMapping:
        metadata = super().metadata
        metadata["properties", "integration_id"].inclusion = Metadata.InclusionType.AUTOMATIC
        for name in self.endpoint.sensitive:
            metadata["properties", name].selected_by_default = False
        return metadata

    # --- the request

    @property
    @override
    def url_base(self) -> str:
        return str(self.config.get("api_url") or REGIONS[self.config["region"]]).rstrip("/")

    @cached_property
    @override
    def authenticator(self) -> Auth:
        return BearerTokenAuthenticator(token=self.config["api_key"])

    @cached_property
    @override
    def user_agent(self) -> str:
        return self.config.get("user_agent") or f"{self.tap_name}/{self.tap.plugin_version}"

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return {"User-Agent": self.user_agent}

    @override
    def get_http_request(self, *, page: PageContext[str | None]) -> HTTPRequest:
        request = super().get_http_request(page=page)
        context = page.stream_context or {}
        if self.endpoint.sends_integration_header:
            request.headers["X-Integration-Id"] = context["integration_id"]
        if self.endpoint.accepts_page_size:
            request.params["page_size"] = self.config["page_size"]
        request.params["cursor"] = page.next_page_token
        if self.endpoint.incremental:
            request.params["updated_after"] = context.get("updated_after")
            request.params["include_deleted"] = as_text(self.config["include_deleted"])
        if self.filters:
            request.params |= self.filters
        if self.filters and self.endpoint.accepts_ignore_unsupported_filters:
            request.params["ignore_unsupported_filters"] = as_text(
                self.config["ignore_unsupported_filters"]
            )
        return request

    @cached_property
    def filters(self) -> dict[str, str]:
        """The user's filters for this stream, as query parameters."""
        return query_parameters(self.config.get("filters") or {}, self.name)

    # --- one pass

    def read_pages(self, pass_: Pass) -> Iterator[Page]:
        """Read the pages of one pass, each request with the filters of the pass.

        Args:
            pass_: The pass.

        Yields:
            The pages, first to last.

        Raises:
            KomboError: If a page could not be read, after retries.
        """
        context = {"integration_id": pass_.integration_id}
        if pass_.updated_after:
            context["updated_after"] = to_kombo(pass_.updated_after)
        with self.get_http_request_counter() as counter:
            counter.with_context({"integration_id": pass_.integration_id})
            self._counters[pass_.integration_id] = counter
            yield from self.follow_pages(context, pass_.cursor)

    def follow_pages(self, context: Mapping[str, str], cursor: str | None = None) -> Iterator[Page]:
        """Read page after page of one list.

        Args:
            context: What fills the path and the parameters.
            cursor: Where to begin; `None` is the first page.

        Yields:
            The pages, first to last.

        Raises:
            KomboError: If a page could not be read, after retries, or a cursor came back.
        """
        stopped = self.tap.fanout.budget.stopped
        read = retried(self.read_with_patience, self.config["max_retries"], stopped, self.logger)
        try:
            yield from follow(lambda at: read(context, at), cursor)
        except CircularError as error:
            where = self.where(context["integration_id"])
            raise kombo_error(CIRCULAR, where, str(error)) from None

    def read_page(self, context: Mapping[str, str], cursor: str | None) -> Page:
        """Ask once for the page at a cursor.

        Args:
            context: The integration and the filters of the pass.
            cursor: `None` for the first page.

        Returns:
            The page.

        Raises:
            KomboError: If there was no answer, a refusal or an answer of another shape;
                a `RetriableKomboError` if asking again may help.
        """
        where = self.where(context["integration_id"])
        request = self.get_http_request(page=PageContext(context, cursor))
        if counter := self._counters.get(context["integration_id"]):
            counter.increment()
        answer = self._send(request, where)
        self._log_duration(answer, context)
        if answer.status != HTTPStatus.OK:
            raise from_answer(answer, where)
        try:
            return read_page(answer, self.endpoint.records_key, paginated=self.endpoint.paginated)
        except ErrorEnvelopeError:
            raise from_answer(answer, where) from None
        except EnvelopeError as error:
            raise kombo_error(UNREADABLE, where, str(error)) from None

    def _send(self, request: HTTPRequest, where: str) -> Answer:
        """Send a request as soon as the budget allows.

        Raises:
            KomboError: If no answer came; to ask again may help, unless the host is a wrong one.
        """
        budget, seconds = self.tap.fanout.budget, self.config["request_timeout_seconds"]
        with budget.request() as waited:
            self.tally.sent(waited)
            sent_at = time.monotonic()
            try:
                answer = self.tap.transport.send(request, self.authenticator, seconds)
            except UntrustedError as error:
                raise kombo_error(UNTRUSTED, where, str(error)) from None
            except NoAnswerError as error:
                raise kombo_error(UNREACHABLE, where, str(error)) from None
            limited = answer.status == HTTPStatus.TOO_MANY_REQUESTS
            budget.learn(answer.headers, sent_at, refused=limited)
        return answer

    def read_with_patience(self, context: Mapping[str, str], cursor: str | None) -> Page:
        """Read a page; what Kombo refuses for its limit is asked again, however often.

        Args:
            context: The integration and the filters of the pass.
            cursor: `None` for the first page.

        Returns:
            The page.

        Raises:
            KomboError: As `read_page` does for any other reason.
        """
        while True:
            try:
                return self.read_page(context, cursor)
            except LimitedKomboError as error:
                self.logger.debug("%s", error)

    # --- the stream

    @property
    @override
    def emit_activate_version_messages(self) -> bool:
        """Keep the SDK from sending ACTIVATE_VERSION before the records.

        A target would then drop rows that a cut-off run never sends again.
        """
        return False

    @property
    def replaces_table(self) -> bool:
        """Whether rows that are not sent shall vanish from the table."""
        return (
            self.replication_method == REPLICATION_FULL_TABLE
            and self.config["emit_activate_version_messages"]
        )

    @cached_property
    def passes(self) -> PassReader:
        """How this stream's passes are read."""
        return PassReader(self)

    # Final in the SDK, which writes stream after stream. This one is called once per stream as
    # well, and does what the SDK's does; but other streams may be written while it waits.
    @override  # type: ignore[misc]
    def sync(self, context: Context | None = None) -> None:
        self.tap.write(self, alone=self._is_dry_run)

    def write(self) -> None:
        """Write the stream from its first message to its last, as the SDK does it."""
        super().sync()

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        if self.replaces_table:
            self._stream_version = self.tap.initialized_at
        for batch in self.tap.fanout.batches():
            if self._is_dry_run:
                yield from batch  # the SDK stops at the first one
            else:
                self._write_batch(batch)
        if self._stream_version is not None:
            self._activate_version(self._stream_version)

    def _write_batch(self, batch: Batch) -> None:
        """Send the records of a page; what the SDK does record by record was done to the page."""
        extracted = datetime.now(UTC)  # that of pendulum is encoded in Python, record by record
        for record in batch:
            for stream_map in self.stream_maps:
                mapped = stream_map.transform(record)
                if mapped is not None:
                    message = RecordMessage(
                        stream_map.stream_alias, mapped, self._stream_version, extracted
                    )
                    self.tap.write_message(message)
        self._record_counter.increment(len(batch))

    @override
    def get_record_counter(self, **options: Any) -> metrics.Counter:
        self._record_counter = super().get_record_counter(**options)
        return self._record_counter

    def steps(self, integration_id: str) -> Generator[Step, Any, None]:
        """Read what an integration has of the model; an error stays with the integration.

        Args:
            integration_id: The integration.

        Yields:
            Work to wait for, and batches of records.

        Raises:
            KomboError: If the whole run has to stop.
        """
        self.tally.begin()
        try:
            self.tap.verdict.raise_if_given_up(integration_id)
            was_read = yield from self.passes.read(integration_id)
            self.tally.complete += was_read
        except KomboError as error:
            self.tap.verdict.add(integration_id, error)
            self._complete = False
            self.tally.failed += error.is_failure
            self.tally.skipped += not error.is_failure
            # `--test` stops early and never reaches the end of the run.
            if error.action is Action.STOP_RUN or (error.is_failure and self._is_dry_run):
                raise
        self.tally.end()

    @property
    def _is_dry_run(self) -> bool:
        return self.ABORT_AT_RECORD_COUNT is not None

    def _activate_version(self, version: int) -> None:
        """Let the target drop the rows that were not sent, if all were asked for."""
        if self._complete and self.tap.integration_ids == self.tap.configured_ids:
            self._write_activate_version_message(version)
        else:
            self.logger.warning(
                "ACTIVATE_VERSION of %s is not sent, as not every integration was read in full.",
                self.name,
            )

    @override
    def _increment_stream_state(
        self, latest_record: Record, *, context: Context | None = None
    ) -> None:
        """Do nothing: a bookmark is the start of a pass, not the newest `changed_at`."""

    @override
    def log_sync_costs(self) -> None:
        """Give the verdict on the run; the SDK calls this last, stream by stream."""
        super().log_sync_costs()
        self.tap.conclude(self)

    def where(self, integration_id: str) -> str:
        """Name the list of an integration, for messages."""
        return f"{self.name} of {integration_id}"

    def _log_duration(self, answer: Answer, context: Mapping[str, str]) -> None:
        """Log the SDK's metric of one request."""
        succeeded = answer.status == HTTPStatus.OK
        point = metrics.Point(
            "timer",
            metric=metrics.Metric.HTTP_REQUEST_DURATION,
            value=answer.seconds,
            tags={
                metrics.Tag.STREAM: self.name,
                metrics.Tag.ENDPOINT: self.path,
                metrics.Tag.HTTP_STATUS_CODE: answer.status,
                metrics.Tag.STATUS: (
                    metrics.Status.SUCCEEDED if succeeded else metrics.Status.FAILED
                ),
                metrics.Tag.CONTEXT: {"integration_id": context["integration_id"]},
            },
        )
        metrics.log(self.metrics_logger, point)
