"""A Kombo that costs next to nothing: pages rendered beforehand, a bare protocol.

    python -m benchmarks.server '{"pages": 10, "latency_ms": 150}'

It prints its base URL and serves until its standard input is closed. `GET /stats` tells how many
requests it has answered and refused.
"""

from __future__ import annotations

import asyncio
import json
import math
import sys
import time
from dataclasses import asdict, dataclass, field
from email.utils import formatdate
from typing import TYPE_CHECKING
from urllib.parse import parse_qs, urlsplit

from typing_extensions import override

from benchmarks.scenario import Scenario
from kombo_emulator import Emulator, Size
from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Callable

MARK = "#page###"
"""Stands in each id; replaced by a number, so that every record of every page has its own."""


FAILURES = [
    (404, "PLATFORM.INTEGRATION_NOT_FOUND"),
    (400, "PLATFORM.INPUT_INVALID"),
    (400, "REMOTE.INPUT_INVALID"),
    (502, "REMOTE.UNKNOWN_HTTP_ERROR"),
    (418, None),
    (451, None),
    (404, None),
    (403, None),
    (200, "no envelope"),
    (500, None),
]


@dataclass
class Stats:
    """What the server has seen.

    Attributes:
        answered: Requests answered.
        refused: Those of them refused for the limit.
        windows: Requests allowed in each window, by its number.
    """

    answered: int = 0
    refused: int = 0
    windows: dict[int, int] = field(default_factory=dict)


class Kombo:
    """Renders the answers."""

    def __init__(self, scenario: Scenario) -> None:
        self.scenario = scenario
        self.stats = Stats()
        self._held_seconds = scenario.held_seconds
        emulator = Emulator()
        size = Size(interviews=scenario.page_size, applications=250, candidates=250)
        integration = emulator.add_integration("tool:bench", scenario.category, size)
        self._lists: dict[str, bytes] = {}
        for name, model in MODELS.items():
            if name.startswith(scenario.category.lower()) and model.path:
                seeds = integration.records(name)
                records = [
                    {**seeds[number % len(seeds)], "id": f"{MARK}{number:08}"}
                    for number in range(scenario.page_size if seeds else 0)
                ]
                self._lists[model.path] = json.dumps(records, ensure_ascii=False).encode()
        self._details = json.dumps(
            {"status": "success", "data": integration.describe()}, ensure_ascii=False
        ).encode()

    def answer(self, path: str, integration_id: str) -> tuple[int, bytes, str]:  # noqa: PLR0911
        """Return status, body and further headers."""
        parts = urlsplit(path)
        if parts.path == "/stats":
            return 200, json.dumps(asdict(self.stats)).encode(), ""
        allowed, headers = self._count()
        if not allowed:
            return 429, _error("PLATFORM.RATE_LIMIT_EXCEEDED"), headers
        name = parts.path.removeprefix("/v1")
        if name.startswith("/integrations/"):
            return 200, self._details.replace(b"tool:bench", name[14:].encode()), headers
        number = int(integration_id.rpartition("-")[2] or 0)
        if self.scenario.failing and number % self.scenario.failing == 0:
            status, code = FAILURES[number // self.scenario.failing % len(FAILURES)]
            return status, b"{}" if status == 200 else _error(code), headers
        if number == 1 and (seconds := self._held_seconds):
            self._held_seconds = 0
            refusal = _error("REMOTE.SERVICE_UNAVAILABLE")
            return 503, refusal, f"{headers}Retry-After: {seconds}\r\n"
        if name not in self._lists:
            return 404, _error(None), headers
        at = int(parse_qs(parts.query).get("cursor", ["0"])[0])
        following = f'"{at + 1}"' if at + 1 < self.scenario.pages else "null"
        mark = f"{number:04}{at:04}".encode()
        records = self._lists[name].replace(MARK.encode(), mark)
        body = b'{"status":"success","data":{"results":%b,"next":%b}}'
        return 200, body % (records, following.encode()), headers

    def _count(self) -> tuple[bool, str]:
        self.stats.answered += 1
        limit, length = self.scenario.limit, self.scenario.window_seconds
        if limit is None:
            return True, ""
        now = time.time()
        window = int(now // length)
        used = self.stats.windows.get(window, 0)
        allowed = used < limit
        self.stats.windows[window] = used + allowed
        self.stats.refused += not allowed
        reset = math.ceil((window + 1) * length - now)
        return allowed, (
            f"ratelimit-limit: {limit}\r\nratelimit-remaining: {max(limit - used - 1, 0)}\r\n"
            f"ratelimit-reset: {reset}\r\n"
        )


def _error(code: str | None) -> bytes:
    return json.dumps({"status": "error", "error": {"code": code}}).encode()


class Connection(asyncio.Protocol):
    """One keep-alive connection; requests have no body."""

    def __init__(self, kombo: Kombo, later: Callable[..., object]) -> None:
        self._kombo = kombo
        self._later = later
        self._received = b""

    @override
    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport

    @override
    def data_received(self, data: bytes) -> None:
        self._received += data
        while b"\r\n\r\n" in self._received:
            head, self._received = self._received.split(b"\r\n\r\n", 1)
            lines = head.decode("latin-1").split("\r\n")
            headers = {
                name.lower(): value for name, _, value in (one.partition(": ") for one in lines)
            }
            path = lines[0].split(" ")[1]
            self._later(
                0 if path == "/stats" else self._kombo.scenario.latency_ms / 1000,
                self._respond,
                path,
                headers.get("x-integration-id", ""),
            )

    def _respond(self, path: str, integration_id: str) -> None:
        status, body, headers = self._kombo.answer(path, integration_id)
        head = (
            f"HTTP/1.1 {status} X\r\nDate: {formatdate(usegmt=True)}\r\n"
            f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n{headers}\r\n"
        )
        self._transport.write(head.encode() + body)


async def serve(scenario: Scenario) -> None:
    """Serve on a free port until standard input is closed."""
    loop = asyncio.get_running_loop()
    kombo = Kombo(scenario)
    server = await loop.create_server(lambda: Connection(kombo, loop.call_later), "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    print(f"http://127.0.0.1:{port}/v1", flush=True)
    await loop.run_in_executor(None, sys.stdin.read)
    server.close()


if __name__ == "__main__":
    asyncio.run(serve(Scenario(**json.loads(sys.argv[1]))))
