"""Takes Kombo's webhook events: checks the signature, stores each event once, answers at once.

uvicorn --factory receiver:app
"""

from __future__ import annotations

import asyncio
import base64
import hashlib
import hmac
import json
import logging
import os
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import AsyncConnectionPool
from starlette.applications import Starlette
from starlette.requests import Request  # noqa: TC002 - Starlette looks at the types of a route
from starlette.responses import Response
from starlette.routing import Route

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

MAX_BYTES = 1_000_000
ANSWER_WITHIN_SECONDS = 0.9
"""Kombo is told to come again rather than kept waiting."""

STORE = """
insert into kombo_webhooks.events (id, event, done_at)
values (%(id)s, %(event)s, case when %(is_data)s then null else now() end)
on conflict (id) do nothing
"""
CREATED = """
insert into kombo_webhooks.integrations (id) values (%s) on conflict (id) do nothing
"""
DELETED = """
insert into kombo_webhooks.integrations (id, deleted_at) values (%s, now())
on conflict (id) do update set deleted_at = coalesce(integrations.deleted_at, now())
"""
LIFE = {"integration-created": CREATED, "integration-deleted": DELETED}
"""In whatever order both arrive, a deleted one stays so: its ID does not return."""

KEPT = ("id", "integration_id", "integration_tool", "integration_category", "changed_models")
"""What is stored of `data`; the rest may name a candidate, or who has made the connection."""

log = logging.getLogger("uvicorn.error")


@dataclass(frozen=True)
class Event:
    """An event, fit to be stored."""

    id: str
    type: str
    data: dict[str, Any]

    @classmethod
    def read(cls, body: bytes) -> Event:
        """Read what Kombo has signed.

        Raises:
            KeyError: If something is missing.
            TypeError: If something is of another type.
            ValueError: If it is no JSON.
        """
        event = json.loads(body)
        data = {name: event["data"][name] for name in KEPT if name in event["data"]}
        texts = [event["id"], event["type"], data.get("integration_id", "")]
        if event["type"] == "data-changed":
            texts += [data["integration_id"], *(one["name"] for one in data["changed_models"])]
        "".join(texts)  # one that the tap refuses would hold up all others
        return cls(event["id"], event["type"], data)

    @property
    def is_about_data(self) -> bool:
        """Whether it may tell a run what to read."""
        return "integration_id" in self.data and not self.type.startswith("integration-")


@dataclass(frozen=True)
class Receiver:
    """Receives events.

    Attributes:
        secret: What Kombo signs with.
        pool: Connections to PostgreSQL.
    """

    secret: bytes
    pool: AsyncConnectionPool

    async def receive(self, request: Request) -> Response:
        """Store an event: 204 if that is done, 401 if it is not signed, 503 to come again."""
        body = b""
        async for part in request.stream():
            body += part
            if len(body) > MAX_BYTES:
                return Response(status_code=413)
        if not self.is_signed(body, request.headers.get("x-kombo-signature", "")):
            return Response(status_code=401)
        try:
            event = Event.read(body)
            async with asyncio.timeout(ANSWER_WITHIN_SECONDS):
                await self.store(event)
        except (TimeoutError, psycopg.OperationalError) as error:
            log.warning("An event is not stored: %s", type(error).__name__)
            return Response(status_code=503)
        except (KeyError, RecursionError, TypeError, ValueError, psycopg.DataError):
            return Response(status_code=400)
        return Response(status_code=204)

    def is_signed(self, body: bytes, signature: str) -> bool:
        """Check the signature of the bytes as they came; JSON written anew would be other bytes."""
        digest = hmac.digest(self.secret, body, hashlib.sha256)
        expected = base64.urlsafe_b64encode(digest).rstrip(b"=")
        return hmac.compare_digest(expected, signature.encode("latin-1", "replace"))

    async def store(self, event: Event) -> None:
        """Store an event, and what it says of the list of integrations: both or neither."""
        kept = {"id": event.id, "type": event.type, "data": event.data}
        row = {"id": event.id, "event": Jsonb(kept), "is_data": event.is_about_data}
        async with self.pool.connection() as connection:
            await connection.execute(STORE, row)
            if statement := LIFE.get(event.type):
                await connection.execute(statement, [event.data["id"]])


def app() -> Starlette:
    """Make the app of what the environment says."""
    secret = os.environ["KOMBO_WEBHOOK_SECRET"].encode()
    if not secret:
        raise SystemExit("KOMBO_WEBHOOK_SECRET is empty, so anyone could sign.")  # noqa: EM101, TRY003
    database = os.environ["KOMBO_WEBHOOKS_DATABASE"]
    pool = AsyncConnectionPool(database, min_size=1, max_size=8, open=False)

    @asynccontextmanager
    async def connected(_: Starlette) -> AsyncIterator[None]:
        async with pool:  # it does not wait for the database
            yield

    routes = [Route("/kombo", Receiver(secret, pool).receive, methods=["POST"])]
    return Starlette(routes=routes, lifespan=connected)
