"""The streams that are more than a list, and which class a row of the table becomes."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from typing_extensions import override

from tap_kombo.api.answers import EnvelopeError, Page
from tap_kombo.api.endpoints import LEDGER, PRIMARY_KEY
from tap_kombo.api.problems import Action, KomboError
from tap_kombo.streams import KomboStream

if TYPE_CHECKING:
    from collections.abc import AsyncIterator, Iterable, Iterator, Mapping

    from singer_sdk.helpers.types import Context

    from tap_kombo.api.answers import Record
    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.api.kombo import Aside
    from tap_kombo.replication.bookmarks import Pass
    from tap_kombo.sdk import SeamTap


class IntegrationStream(KomboStream):
    """What Kombo says of an integration, made of the look-up that each run makes anyway."""

    @override
    async def pages(self, current: Pass, aside: Aside) -> AsyncIterator[Page]:
        answer = await self.tap.run.kombo.integration(current.integration_id, aside)
        context = {"integration_id": current.integration_id}
        try:
            yield self._read(context, self.get_new_paginator(), answer)
        except EnvelopeError as error:
            raise KomboError(error.problem, f"{self.name} of {current.integration_id}") from None


class IntegrationModelStream(IntegrationStream):
    """What an integration covers: a row per model and per field of a model."""

    @override
    def to_records(self, context: Mapping[str, str], parsed: Iterable[Record]) -> list[Record]:
        try:
            return [row for model in parsed for row in _rows(context, model)]
        except (KeyError, TypeError):
            msg = "a model or field without `id`"
            raise EnvelopeError(msg) from None


class AttachmentStream(KomboStream):
    """The files of each application or candidate: one request per parent.

    Reading them is an action at Kombo, which the connected tool answers
    (docs.kombo.dev/ats/features/attachments); deleted parents have none.
    """

    @override
    async def pages(self, current: Pass, aside: Aside) -> AsyncIterator[Page]:
        parents = cast("KomboStream", self.tap.streams[self.endpoint.parent or ""])
        context = {"integration_id": current.integration_id}
        async for page in parents.follow(self, context, aside):
            for parent in page.records:
                if parent.get("remote_deleted_at") is None:
                    async for files in self._files(context, parent, aside):
                        yield files

    async def _files(
        self, context: Mapping[str, str], parent: Record, aside: Aside
    ) -> AsyncIterator[Page]:
        """Yield the files of one parent; one that is refused is left out."""
        parent_id = parent.get(PRIMARY_KEY)
        if not isinstance(parent_id, str) or not parent_id:
            yield Page([], left_out=("a parent without `id`",))
            return
        key = f"{(self.endpoint.parent or '').removesuffix('s')}_id"
        try:
            async for page in self.follow(self, {**context, key: parent_id}, aside):
                yield page
        except KomboError as error:
            if error.problem.action is not Action.FAIL_MODEL:
                raise
            yield Page([], left_out=(error.problem.what,))

    @override
    def to_records(self, context: Mapping[str, str], parsed: Iterable[Record]) -> list[Record]:
        own = {name: value for name, value in context.items() if name != "integration_id"}
        return [{**record, **own} for record in parsed]


class PassStream(KomboStream):
    """The ledger: a row for each pass that has ended, which no request is sent for."""

    replaces_table = False  # rows of earlier runs stay in any case

    @override
    def get_records(self, context: Context | None) -> Iterable[Record]:
        """Return nothing: the rows were written as the passes ended."""
        return ()


def make_stream(tap: SeamTap, endpoint: Endpoint) -> KomboStream:
    """Return the stream of a row of the endpoint table."""
    kinds: dict[str, type[KomboStream]] = {
        "integrations": IntegrationStream,
        "integration_models": IntegrationModelStream,
        LEDGER.name: PassStream,
    }
    kind = AttachmentStream if endpoint.parent else kinds.get(endpoint.name, KomboStream)
    return kind(tap, endpoint)


def _rows(context: Mapping[str, str], model: Record) -> Iterator[Record]:
    """Yield the row of a model and one for each of its fields.

    `id` is made of integration, model and field, so that it is the same in every run.
    """
    for field in (None, *(model.get("fields") or ())):
        one = field or model
        name = field["id"] if field else None
        yield {
            "id": ":".join(filter(None, (context["integration_id"], model["id"], name))),
            "model": model["id"],
            "field": name,
            "label": one.get("label"),
            "is_available": one.get("is_available"),
            "coverage_status": one.get("coverage_status"),
            "scope_config_setting": one.get("scope_config_setting"),
            "opted_out_by_customer": one.get("opted_out_by_customer"),
        }
