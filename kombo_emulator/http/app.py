"""The HTTP side: routes, authentication, headers, errors and the log of requests."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from email.utils import formatdate
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, Generic, TypeVar

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response
from starlette.routing import Route

from kombo_emulator.errors import ApiError, input_invalid
from kombo_emulator.examples import EXAMPLES_ID, Examples
from kombo_emulator.integration import Integration
from kombo_emulator.lists.filters import read_paging, read_query
from kombo_emulator.lists.pages import Pager, refuse
from kombo_emulator.ratelimit import RateLimit
from kombo_emulator.received import Received
from kombo_emulator.rows import World, derive_id
from kombo_emulator.table import LISTS, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.requests import Request

    from kombo_emulator.models import Embed, Model

BASE_PATH = "/v1"
FIELDS_AT_MOST = 2000
"""Largest `page_size` of the list of integration fields; other lists allow 250."""

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"]
_INTEGRATION = re.compile(r"/integrations/([^/]+)(?:/(custom-fields|integration-fields))?")
Kind = TypeVar("Kind", bound=Integration)
_SUBLISTS: list[tuple[re.Pattern[str], Model, Embed]] = [
    (re.compile(f"{model.path}/([^/]+)/{embed.key}"), model, embed)
    for model in MODELS.values()
    for embed in model.sublists
]


class Api(Generic[Kind]):
    """Answers requests.

    Attributes:
        api_key: The only key that is accepted.
        world: Clock, behaviour and lock.
        integrations: All integrations by id.
        requests: Every answered request, oldest first.
        intercept: Called with each request before it is answered, in a thread of its own; a
            response that it returns is sent instead. It may also change data or the clock.
        alter: Called with each request and its answer, in a thread of its own; what it returns is
            sent instead. `kombo_emulator.faults` has what can go wrong.
        app: The ASGI application.
    """

    def __init__(self, api_key: str, world: World) -> None:
        """Start without an integration."""
        self.api_key = api_key
        self.world = world
        self.integrations: dict[str, Kind] = {}
        self.requests: list[Received] = []
        self.intercept: Callable[[Received], Response | None] | None = None
        self.alter: Callable[[Received, Response], Response] | None = None
        self.examples: Examples | None = None
        self.app = Starlette(routes=[Route("/{path:path}", self._answer, methods=_METHODS)])
        self._pager = Pager()
        self._limit = RateLimit()
        self._serial = 0

    async def _answer(self, request: Request) -> Response:
        """Answer one request, whatever it asks for, and remember it."""
        received, behaviour = self._received(request), self.world.behaviour
        if behaviour.latency_ms:
            await asyncio.sleep(behaviour.latency_ms / 1000)
        response, count = None, None
        if self.intercept:
            response = await run_in_threadpool(self.intercept, received)
        with self.world.lock:
            now = self.world.clock.millis()
            allowed, headers = self._limit.count(now, self.world.behaviour)
            if response is None:
                response, count = self._respond(received, request.url.path, allowed=allowed)
        headers["Date"] = formatdate(now // 1000, usegmt=True)
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
        general = _INTEGRATION.fullmatch(path)
        return Received(
            method=request.method,
            path=path,
            params=dict(request.query_params),
            integration_id=general[1] if general else request.headers.get("x-integration-id"),
            headers=dict(request.headers),
            at=self.world.clock.now(),
        )

    def _respond(
        self, received: Received, raw_path: str, *, allowed: bool
    ) -> tuple[Response, int | None]:
        self._serial += 1
        try:
            self._admit(received, raw_path, allowed=allowed)
            data = self._data(received, received.path)
        except ApiError as error:
            log_url = f"https://app.example.com/logs/{self._serial}"
            return _json(error.status, error.body(log_url)), None
        results = data.get("results", data.get("packages"))
        count = len(results) if isinstance(results, list) else None
        return _json(HTTPStatus.OK, {"status": "success", "data": data}), count

    def _admit(self, received: Received, raw_path: str, *, allowed: bool) -> None:
        if not allowed:
            raise ApiError(429, "PLATFORM.RATE_LIMIT_EXCEEDED", "too many requests")
        if received.headers.get("authorization") != f"Bearer {self.api_key}":
            raise ApiError(401, "PLATFORM.AUTHENTICATION_INVALID", "this API key is not known")
        if not raw_path.startswith(BASE_PATH + "/") or received.method != "GET":
            raise _not_found()

    def _data(self, received: Received, path: str) -> dict[str, Any]:
        """Find the `data` of a successful answer."""
        if path == "/check-api-key":
            names = ("environment_id", "customer_id")
            return {name: derive_id(self.api_key, name) for name in names}
        if received.integration_id == EXAMPLES_ID and self.examples:
            return self.examples.answer(path)
        if general := _INTEGRATION.fullmatch(path):
            return self._general(self._integration(received), general[2], received)
        if model := LISTS.get(path):
            integration = self._integration(received)
            query = read_query(model, received.params)
            return self._pager.model_page(integration, model, query)
        for pattern, parent, embed in _SUBLISTS:
            if found := pattern.fullmatch(path):
                return _sublist(self._integration(received), parent, embed, found[1])
        if self.examples:
            return self.examples.answer(path)
        raise _not_found()

    def _integration(self, received: Received) -> Integration:
        if received.integration_id is None:
            message = "the header X-Integration-Id is missing"
            raise input_invalid(message)
        if found := self.integrations.get(received.integration_id):
            return found
        message = "there is no such integration in this environment"
        raise ApiError(404, "PLATFORM.INTEGRATION_NOT_FOUND", message)

    def _general(
        self, integration: Integration, part: str | None, received: Received
    ) -> dict[str, Any]:
        if part is None:
            return integration.describe()
        most, records = (
            (250, integration.custom_fields())
            if part == "custom-fields"
            else (FIELDS_AT_MOST, integration.integration_fields())
        )
        query, place = read_paging(received.params, most=most), (integration.id, part)
        return self._pager.plain_page(place, query, self.world.behaviour, records)


def _sublist(
    integration: Integration, parent: Model, embed: Embed, record_id: str
) -> dict[str, Any]:
    refuse(integration, MODELS[embed.model])
    integration.settle()
    if record_id not in integration.table(parent.id).rows:
        raise _not_found()
    return {"results": integration.sublist(parent.id, record_id, embed)}


def _not_found() -> ApiError:
    return ApiError(HTTPStatus.NOT_FOUND, None, "there is nothing at this path")


def _json(status: int, body: dict[str, Any]) -> Response:
    return Response(msgspec.json.encode(body), status, media_type="application/json")
