"""The emulator on a real port, in a thread of its own, and answers that go wrong on the wire."""

from __future__ import annotations

import asyncio
import socket
import struct
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Literal, Protocol

import uvicorn
from starlette.responses import Response
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

from kombo_emulator.emulator import BASE_PATH

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

End = Literal["close", "reset", "hold"]

_NO_LINGER = struct.pack("ii", 1, 0)
_STARTS_WITHIN = 30
"""Seconds after which a server that has not started is given up."""


class WireProtocol(H11Protocol):
    """Lets an answer reach the connection itself."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        app = self.app

        async def with_transport(scope: Scope, receive: Receive, send: Send) -> None:
            scope["kombo.transport"] = transport
            await app(scope, receive, send)

        self.app = with_transport


class WireResponse(Response):
    """Raw bytes instead of an answer: cut off, reset, too slow or never.

    After the last piece the connection is closed, reset, or held until the client leaves.
    """

    def __init__(
        self, *pieces: bytes, end: End = "close", pause_seconds: float = 0, status: int = 200
    ) -> None:
        """Take the bytes; the status is for the log of requests."""
        super().__init__(status_code=status)
        self.pieces = pieces
        self.end: End = end
        self.pause_seconds = pause_seconds

    @override
    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        transport: asyncio.Transport = scope["kombo.transport"]
        for piece in self.pieces:
            if transport.is_closing():
                break
            transport.write(piece)
            await asyncio.sleep(self.pause_seconds)
        if self.end == "reset":
            transport.get_extra_info("socket").setsockopt(
                socket.SOL_SOCKET, socket.SO_LINGER, _NO_LINGER
            )
            transport.abort()
        elif self.end == "close":
            transport.close()
        while (await receive())["type"] != "http.disconnect":
            pass


class Served(Protocol):
    """What has an application to serve, such as an emulator."""

    @property
    def app(self) -> ASGIApp:
        """The application."""


class _Server(uvicorn.Server):
    """Says when it has started, and ends when told instead of looking ten times a second."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = Event()

    @override
    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self._loop, self._end = asyncio.get_running_loop(), asyncio.Event()
        if self.started:  # its application may have failed to start
            self.ready.set()

    @override
    async def main_loop(self) -> None:
        await self._end.wait()

    def stop(self) -> None:
        """End from another thread."""
        self._loop.call_soon_threadsafe(self._end.set)


@contextmanager
def serve(emulator: Served, *, port: int = 0, certificate: Path | None = None) -> Iterator[str]:
    """Serve an emulator until the block ends, at the base URL that it is given.

    Port 0 is a free one; a PEM file with a key and its certificate makes it HTTPS.

    Raises:
        OSError: If the port is taken.
        RuntimeError: If the server does not start.
    """
    config = uvicorn.Config(
        emulator.app,
        log_level="warning",
        access_log=False,
        date_header=False,
        server_header=False,
        interface="asgi3",  # else it takes a method for the older kind
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        http=WireProtocol,
        ssl_certfile=certificate,
    )
    server = _Server(config)
    with socket.create_server(("127.0.0.1", port)) as listener:
        # asyncio sets this only for sockets it made; without it an answer takes 40 ms longer.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if not server.ready.wait(_STARTS_WITHIN):
            msg = "the emulator did not start"
            raise RuntimeError(msg)
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://127.0.0.1:{listener.getsockname()[1]}{BASE_PATH}"
        finally:
            server.stop()
            thread.join()
