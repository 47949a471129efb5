"""The emulator on a real port, in a thread of its own."""

from __future__ import annotations

import asyncio
import socket
from contextlib import contextmanager
from threading import Event, Thread
from typing import TYPE_CHECKING, Protocol

import uvicorn
from typing_extensions import override

from kombo_emulator.http.app import BASE_PATH
from kombo_emulator.http.wire import WireProtocol

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

_STARTS_WITHIN = 30
"""Seconds after which a server that has not started is given up."""


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
        self.ready.set()

    @override
    async def main_loop(self) -> None:
        await self._end.wait()

    def stop(self) -> None:
        """End from another thread."""
        self._loop.call_soon_threadsafe(self._end.set)


@contextmanager
def serve(
    emulator: Served,
    *,
    port: int = 0,
    host: str = "127.0.0.1",
    certificate: Path | None = None,
) -> Iterator[str]:
    """Serve an emulator until the block ends.

    Args:
        emulator: What to serve.
        port: Port to listen on; 0 for a free one.
        host: Address to listen on.
        certificate: PEM file with a key and its certificate, to serve HTTPS; none for HTTP.

    Yields:
        The base URL, e.g. `http://127.0.0.1:40001/v1`.

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
        lifespan="off",
        ws="none",
        timeout_keep_alive=75,
        timeout_graceful_shutdown=2,
        http=WireProtocol,
        ssl_certfile=certificate,
    )
    server = _Server(config)
    with socket.create_server((host, port)) as listener:
        # asyncio sets this only for sockets it made; without it an answer takes 40 ms longer.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        if not server.ready.wait(_STARTS_WITHIN):
            msg = "the emulator did not start"
            raise RuntimeError(msg)
        try:
            scheme = "https" if certificate else "http"
            yield f"{scheme}://{host}:{listener.getsockname()[1]}{BASE_PATH}"
        finally:
            server.stop()
            thread.join()
