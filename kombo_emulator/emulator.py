"""The emulator: its integrations, the routes, who is let in, and the log of requests."""

from __future__ import annotations

import re
from dataclasses import replace
from email.utils import formatdate
from typing import TYPE_CHECKING, Any

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from kombo_emulator.behaviour import Behaviour
from kombo_emulator.clock import Clock
from kombo_emulator.examples import EXAMPLES_ID, example
from kombo_emulator.exchange import INPUT_INVALID, ApiError, Received
from kombo_emulator.integration import Integration
from kombo_emulator.lists.filters import read_query
from kombo_emulator.lists.pages import Pager, refuse
from kombo_emulator.rows import World, derive_id
from kombo_emulator.size import Size
from kombo_emulator.table import LISTS, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime

    from starlette.requests import Request

BASE_PATH = "/v1"
CATEGORIES = ("ATS", "HRIS", "LMS", "ASSESSMENT")

_NOT_FOUND = (404, None, "there is nothing at this path")
_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_GENERAL = re.compile(r"/integrations/([^/]+)(?:/(custom-fields|integration-fields))?")
_FIELDS_AT_MOST = {"custom-fields": 250, "integration-fields": 2000}
"""Largest `page_size` of the lists of fields."""

_SUBLISTS = [
    (re.compile(f"{model.path}/([^/]+)/{embed.key}"), model, embed)
    for model in MODELS.values()
    for embed in model.sublists
]


class Emulator(World):
    """Kombo's Unified API with made-up data, kept in memory.

    Attributes:
        size: How many records an integration starts with, unless it is said.
        integrations: All integrations by id.
        requests: Every answered request, oldest first.
        intercept: Called with each request before it is answered, in a thread of its own; a
            response that it returns is sent instead. It may also change data or the clock.
        alter: Called with each request and its answer, in a thread of its own; what it returns is
            sent instead. `kombo_emulator.faults` has what can go wrong.
        examples: What the integration `examples:openapi` answers, as `read_examples` finds it.
    """

    def __init__(
        self,
        api_key: str = "ks_dev_emulator",
        now: str | datetime | None = None,
        seed: int = 1,
        behaviour: Behaviour | None = None,
        size: Size | None = None,
    ) -> None:
        """Start without an integration; `now` lets the clock stand still until it is moved."""
        super().__init__(Clock(now), behaviour or Behaviour(), seed)
        self.api_key = api_key
        self.size = size or Size()
        self.integrations: dict[str, Integration] = {}
        self.requests: list[Received] = []
        self.intercept: Callable[[Received], Response | None] | None = None
        self.alter: Callable[[Received, Response], Response] | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=_METHODS)])
        self.examples: dict[str, Any] = {}
        self._pager = Pager(self)
        self._window = self._used = 0

    def add_integration(
        self, integration_id: str, category: str = "ATS", size: Size | None = None
    ) -> Integration:
        """Connect a tool, with records drawn by chance.

        Raises:
            ValueError: If the id is taken, or there is no such category.
        """
        if integration_id in self.integrations:
            msg = f"there already is an integration {integration_id}"
            raise ValueError(msg)
        if category not in CATEGORIES:
            msg = f"{category} is not one of {', '.join(CATEGORIES)}"
            raise ValueError(msg)
        integration = Integration(integration_id, category, self)
        integration.seed(size or self.size)
        with self.lock:
            self.integrations[integration_id] = integration
        return integration

    def clear_requests(self) -> None:
        """Forget the requests answered so far."""
        with self.lock:
            self.requests.clear()

    async def _answer(self, request: Request) -> Response:
        """Answer one request, whatever it asks for, and remember it."""
        received = self._received(request)
        response, count = None, None
        if self.intercept:
            response = await run_in_threadpool(self.intercept, received)
        with self.lock:
            headers = self._count()
            if response is None:
                response, count = self._respond(received, request.url.path)
        for name, value in headers.items():
            response.headers.setdefault(name, value)
        if self.alter:
            right = response
            response = await run_in_threadpool(self.alter, received, right)
            count = count if response is right else None
        self.requests.append(replace(received, status=response.status_code, records=count))
        return response

    def _received(self, request: Request) -> Received:
        path = request.url.path.removeprefix(BASE_PATH)
        general = _GENERAL.fullmatch(path)
        return Received(
            method=request.method,
            path=path,
            params=dict(request.query_params),
            integration_id=general[1] if general else request.headers.get("x-integration-id"),
            headers=dict(request.headers),
        )

    def _count(self) -> dict[str, str]:
        """Count a request in its window of time, and return the headers of its answer."""
        now, length = self.clock.millis(), self.behaviour.rate_window_seconds * 1000
        window, passed = divmod(now, length)
        if window != self._window:
            self._window, self._used = window, 0
        self._used += 1
        return {
            "Date": formatdate(now // 1000, usegmt=True),
            "ratelimit-limit": str(self.behaviour.rate_limit),
            "ratelimit-remaining": str(max(self.behaviour.rate_limit - self._used, 0)),
            "ratelimit-reset": str(-((passed - length) // 1000)),
        }

    def _respond(self, received: Received, raw_path: str) -> tuple[Response, int | None]:
        """Answer rightly, and say how many records that holds."""
        try:
            self._admit(received, raw_path)
            data = self._data(received, received.path)
        except ApiError as error:
            return json_response(error.body(), error.status), None
        results = data.get("results", data.get("packages"))
        count = len(results) if isinstance(results, list) else None
        return json_response({"status": "success", "data": data}), count

    def _admit(self, received: Received, raw_path: str) -> None:
        if self._used > self.behaviour.rate_limit:
            raise ApiError(429, "PLATFORM.RATE_LIMIT_EXCEEDED", "too many requests")
        if received.headers.get("authorization") != f"Bearer {self.api_key}":
            raise ApiError(401, "PLATFORM.AUTHENTICATION_INVALID", "this API key is not known")
        if not raw_path.startswith(BASE_PATH + "/") or received.method != "GET":
            raise ApiError(*_NOT_FOUND)

    def _data(self, received: Received, path: str) -> dict[str, Any]:
        """Find the `data` of a successful answer."""
        if path == "/check-api-key":
            names = ("environment_id", "customer_id")
            return {name: derive_id(self.api_key, name) for name in names}
        if received.integration_id == EXAMPLES_ID and self.examples:
            return example(self.examples, path)
        if general := _GENERAL.fullmatch(path):
            return self._general(self._integration(received), general[2], received)
        if model := LISTS.get(path):
            integration = self._integration(received)
            return self._pager.model_page(
                integration, model, read_query(model, received.params, self.behaviour)
            )
        for pattern, parent, embed in _SUBLISTS:
            if found := pattern.fullmatch(path):
                integration = self._integration(received)
                refuse(integration, MODELS[embed.model])
                integration.settle()
                if found[1] in integration.table(parent.id).rows:
                    return {"results": integration.sublist(parent.id, found[1], embed)}
        raise ApiError(*_NOT_FOUND)

    def _integration(self, received: Received) -> Integration:
        if received.integration_id is None:
            raise ApiError(*INPUT_INVALID, "the header X-Integration-Id is missing")
        if found := self.integrations.get(received.integration_id):
            return found
        message = "there is no such integration in this environment"
        raise ApiError(404, "PLATFORM.INTEGRATION_NOT_FOUND", message)

    def _general(
        self, integration: Integration, part: str | None, received: Received
    ) -> dict[str, Any]:
        if part is None:
            return integration.describe()
        is_custom = part == "custom-fields"
        records = integration.custom_fields() if is_custom else integration.integration_fields()
        query = read_query(None, received.params, self.behaviour, _FIELDS_AT_MOST[part])
        place = (integration.id, part)
        return self._pager.plain_page(place, query, records)


def json_response(
    body: object, status: int = 200, headers: Mapping[str, str] | None = None
) -> Response:
    """Answer with JSON."""
    return Response(msgspec.json.encode(body), status, headers, media_type="application/json")
