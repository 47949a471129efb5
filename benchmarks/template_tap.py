"""The stream `interviews` as the SDK's template would write it, for comparison only."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from singer_sdk import RESTStream, Tap
from singer_sdk import typing as th
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.pagination import JSONPathPaginator
from typing_extensions import override

from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from singer_sdk.helpers.types import Auth, Context


class TemplateStream(RESTStream[Any]):
    """Records and cursor by JSONPath; writer and conformance as they come."""

    primary_keys = ("id",)
    replication_key = "changed_at"
    records_jsonpath = "$.data.results[*]"

    @property
    @override
    def url_base(self) -> str:
        return str(self.config["api_url"])

    @property
    @override
    def authenticator(self) -> Auth:
        return BearerTokenAuthenticator(token=self.config["api_key"])

    @property
    @override
    def http_headers(self) -> dict[str, str]:
        return {"X-Integration-Id": self.config["integration_ids"][0]}

    @override
    def get_new_paginator(self) -> JSONPathPaginator:
        return JSONPathPaginator("$.data.next")

    @override
    def get_url_params(
        self, context: Context | None, next_page_token: Any | None
    ) -> dict[str, Any]:
        return {"page_size": 250, "include_deleted": "true", "cursor": next_page_token}


class TemplateTap(Tap):
    """A tap of one stream."""

    name = "template-tap"
    config_jsonschema = th.PropertiesList(
        th.Property("api_key", th.StringType), th.Property("api_url", th.StringType)
    ).to_dict()

    @override
    def discover_streams(self) -> Sequence[TemplateStream]:
        return [
            TemplateStream(tap=self, name=one.name, path=one.path, schema=load_schema(one.name))
            for one in ENDPOINTS
            if one.name == "interviews"
        ]


if __name__ == "__main__":
    TemplateTap.cli()
