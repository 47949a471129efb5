"""The SDK's seams mean what they mean elsewhere: who overrides one changes what is read."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from singer_sdk.pagination import JSONPathPaginator, SinglePagePaginator
from typing_extensions import override

from tap_kombo import kinds
from tap_kombo.api.pagination import NextPaginator
from tap_kombo.streams import KomboStream

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    import requests
    from singer_sdk.helpers.types import Auth
    from singer_sdk.pagination import BaseAPIPaginator
    from singer_sdk.streams.rest import HTTPRequest, PageContext
    from support import Kombo, Sent

A = "greenhouse:demo"


def run(
    kombo: Kombo,
    kind: type[KomboStream],
    monkeypatch: pytest.MonkeyPatch,
    **more: Any,  # noqa: ANN401
) -> Sent:
    monkeypatch.setattr(kinds, "KomboStream", kind)
    kombo.emulator.add_integration(A)
    return kombo.run(A, page_size=50, **more)


def test_get_http_request_makes_each_request(kombo: Kombo, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(KomboStream):
        @override
        def get_http_request(self, *, page: PageContext[str | None]) -> HTTPRequest:
            request = super().get_http_request(page=page)
            request.params["page_size"] = 7
            request.headers["X-Mine"] = "yes"
            return request

    run(kombo, Mine, monkeypatch)

    asked = kombo.asked()
    assert len(asked) == -(-120 // 7)
    assert {one.headers["x-mine"] for one in asked} == {"yes"}


@pytest.mark.parametrize(
    ("paginator", "pages"),
    [
        (SinglePagePaginator, 1),
        (lambda: JSONPathPaginator("$.data.next"), 3),
        (type("Two", (NextPaginator,), {"has_more": lambda self, _: self.count < 2}), 2),
    ],
    ids=["the SDK's for one page", "the SDK's by JSONPath", "a subclass of ours"],
)
def test_get_new_paginator_decides_where_a_list_ends(
    paginator: Callable[[], BaseAPIPaginator[Any]],
    pages: int,
    kombo: Kombo,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Mine(KomboStream):
        @override
        def get_new_paginator(self) -> BaseAPIPaginator[Any]:
            return paginator()

    sent = run(kombo, Mine, monkeypatch)

    assert len(kombo.asked()) == pages
    assert len(sent.records()) == min(50 * pages, 120)
    assert sent.bookmark(A)


def test_parse_response_makes_the_records(kombo: Kombo, monkeypatch: pytest.MonkeyPatch) -> None:
    class Mine(KomboStream):
        @override
        def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
            for record in response.json()["data"]["results"][:2]:
                yield {**record, "title": "mine"}

    sent = run(kombo, Mine, monkeypatch)

    assert len(sent.records()) == 2 * 3
    assert {one["title"] for one in sent.records()} == {"mine"}


def test_authenticator_and_url_base_lead_to_kombo(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Mine(KomboStream):
        @property
        def authenticator(self) -> Auth:
            def sign(request: requests.PreparedRequest) -> requests.PreparedRequest:
                request.headers["Authorization"] = "Bearer ks_dev_emulator"
                request.headers["X-Signed"] = "yes"
                return request

            return sign

    run(kombo, Mine, monkeypatch)

    assert {one.headers["x-signed"] for one in kombo.asked()} == {"yes"}


def test_a_seam_that_fails_fails_its_model_only(
    kombo: Kombo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    class Mine(KomboStream):
        @override
        def parse_response(self, response: requests.Response) -> Iterable[dict[str, Any]]:
            if self.name == "interviews":
                msg = "a value of somebody"
                raise LookupError(msg)
            return super().parse_response(response)

    with pytest.raises(Exception, match="1 pass"):
        run(kombo, Mine, monkeypatch, streams=("interviews", "jobs"))

    assert "LookupError at test_seams.py:" in caplog.text
    assert "somebody" not in caplog.text
