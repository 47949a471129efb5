"""Answers that a well-behaved server cannot give: cut off, reset, too slow or never."""

from __future__ import annotations

import asyncio
import socket
import struct
from functools import partial
from typing import TYPE_CHECKING, Literal

from starlette.responses import Response
from typing_extensions import override
from uvicorn.protocols.http.h11_impl import H11Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence

    from starlette.types import ASGIApp, Receive, Scope, Send

End = Literal["close", "reset", "hold"]

_NO_LINGER = struct.pack("ii", 1, 0)


class WireProtocol(H11Protocol):
    """Lets an answer reach the connection itself."""

    @override
    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        super().connection_made(transport)
        self.app = partial(_with_transport, self.app, transport)


async def _with_transport(
    app: ASGIApp, transport: asyncio.Transport, scope: Scope, receive: Receive, send: Send
) -> None:
    scope["kombo.transport"] = transport
    await app(scope, receive, send)


class WireResponse(Response):
    """Raw bytes instead of an answer.

    Attributes:
        pieces: What is sent, piece by piece.
        end: What happens then: the connection is closed, reset, or held until the client leaves.
        pause_seconds: Time between two pieces.
    """

    def __init__(
        self, *pieces: bytes, end: End = "close", pause_seconds: float = 0, status: int = 200
    ) -> None:
        """Take the bytes; the status is for the log of requests."""
        super().__init__(status_code=status)
        self.pieces: Sequence[bytes] = pieces
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
