"""The streams that are more than a list, and which class a row of the table becomes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from typing_extensions import override

from tap_kombo.client import KomboStream
from tap_kombo.errors import UNREADABLE, kombo_error

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from tap_kombo.bookmarks import Pass
    from tap_kombo.endpoints import Endpoint
    from tap_kombo.pagination import Page, Record
    from tap_kombo.tap import TapKombo


class IntegrationModelStream(KomboStream):
    """What an integration covers: a row per model and per field of a model."""

    @override
    def read_page(self, context: Mapping[str, str], cursor: str | None) -> Page:
        page = super().read_page(context, cursor)
        try:
            rows = [row for model in page.records for row in _rows(context, model)]
        except (KeyError, TypeError):
            where = self.where(context["integration_id"])
            raise kombo_error(UNREADABLE, where, "a model or field without `id`") from None
        return replace(page, records=rows)


class AttachmentStream(KomboStream):
    """The files of each application or candidate: one request per parent.

    Reading them is an action at Kombo, which the connected tool answers
    (docs.kombo.dev/ats/features/attachments); deleted parents have none.
    """

    @override
    def read_pages(self, pass_: Pass) -> Iterator[Page]:
        parents = self.tap.stream(self.endpoint.parent or "")
        for page in parents.read_pages(pass_):
            for parent in page.records:
                if parent.get("remote_deleted_at") is None:
                    yield from self._read_files(pass_.integration_id, parent["id"])

    def _read_files(self, integration_id: str, parent_id: str) -> Iterator[Page]:
        key = f"{(self.endpoint.parent or '').removesuffix('s')}_id"
        for page in self.follow_pages({"integration_id": integration_id, key: parent_id}):
            yield replace(page, records=[{**record, key: parent_id} for record in page.records])


def make_stream(tap: TapKombo, endpoint: Endpoint) -> KomboStream:
    """Return the stream of a row of the endpoint table."""
    if endpoint.parent:
        return AttachmentStream(tap, endpoint)
    if endpoint.name == "integration_models":
        return IntegrationModelStream(tap, endpoint)
    return KomboStream(tap, endpoint)


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
