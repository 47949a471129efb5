"""Hosts and proxies that answer, stall or break off, and how they are asked."""

from __future__ import annotations

import contextlib
import socket
import socketserver
import ssl
import threading
from typing import TYPE_CHECKING, Any

import requests
from typing_extensions import override

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    import pytest
    import trustme

    from tap_kombo.api.transport import Transport

SOON = 8
"""Seconds within which what should happen at once has happened, on a slow machine too."""

SECRET = "ada@example.com"
OK = b"HTTP/1.1 200 OK\r\n"
BODY = b'{"status": "success"}'
WHOLE = OK + b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(BODY) + BODY

Line = socket.socket


class Host(socketserver.ThreadingTCPServer):
    """Talks to each connection in a thread of its own.

    Attributes:
        received: The heads of the requests.
        opened: Connections that were made.
        reached: Set when the talk has come to what it is about.
        over: Set when the test ends.
        closed: Released once for each connection that has ended.
    """

    daemon_threads = True

    def __init__(self, talk: Callable[[Host, Line], None], tls: ssl.SSLContext | None) -> None:
        super().__init__(("127.0.0.1", 0), socketserver.BaseRequestHandler)
        self.talk, self.tls = talk, tls
        self.received: list[bytes] = []
        self.opened = 0
        self.reached, self.over = threading.Event(), threading.Event()
        self.closed = threading.Semaphore(0)

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    @override
    def finish_request(self, request: Any, client_address: Any) -> None:
        self.opened += 1
        with contextlib.suppress(OSError):
            if self.tls:
                with self.tls.wrap_socket(request, server_side=True) as line:
                    self.talk(self, line)
            else:
                self.talk(self, request)

    @override
    def shutdown_request(self, request: Any) -> None:
        super().shutdown_request(request)
        self.closed.release()

    def asked(self, line: Line) -> bytes:
        """The head of the next request; nothing if there is none."""
        head = b""
        while b"\r\n\r\n" not in head:
            if not (more := line.recv(65536)):
                return b""
            head += more
        self.received.append(head)
        return head

    def dribble(self, line: Line, piece: bytes) -> None:
        """Send piece after piece, never silent for long and never done."""
        self.reached.set()
        while piece and not self.over.wait(0.02):
            line.sendall(piece)
        line.recv(1)  # comes back when the other side hangs up


def answering(*answers: bytes, close: bool = False) -> Callable[[Host, Line], None]:
    """Give these answers to the requests of a connection, the last one again and again."""

    def talk(host: Host, line: Line) -> None:
        left = list(answers)
        while host.asked(line):
            line.sendall(left.pop(0) if len(left) > 1 else left[0])
            if close:
                return

    return talk


def stalling(first: bytes, piece: bytes) -> Callable[[Host, Line], None]:
    """Answer `/whole` at once; begin other answers, and never end them."""

    def talk(host: Host, line: Line) -> None:
        while b"/whole" in (head := host.asked(line)):
            line.sendall(WHOLE)
        if head:
            line.sendall(first)
            host.dribble(line, piece)

    return talk


def stalling_in_the_handshake(host: Host, line: Line) -> None:
    line.recv(65536)
    line.sendall(b"\x16\x03\x03\x3f\xff\x02\x00\x3f\xfb\x03\x03")
    host.dribble(line, b"x")


def stalling_in_connect(host: Host, line: Line) -> None:
    host.asked(line)
    line.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    host.dribble(line, b"x")


def relaying(host: Host, line: Line) -> None:
    """Be a proxy."""
    head = host.asked(line)
    method, target, _ = head.split(b" ", 2)
    name, _, port = target.removeprefix(b"http://").split(b"/")[0].partition(b":")
    with socket.create_connection((name.decode(), int(port))) as there:
        if method == b"CONNECT":
            line.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        else:
            there.sendall(head)
        back = threading.Thread(target=pump, args=(there, line))
        back.start()
        pump(line, there)
        back.join()


def pump(source: Line, sink: Line) -> None:
    with contextlib.suppress(OSError):
        while some := source.recv(65536):
            sink.sendall(some)
    with contextlib.suppress(OSError):
        Line.shutdown(sink, socket.SHUT_RDWR)
    with contextlib.suppress(OSError):
        Line.shutdown(source, socket.SHUT_RDWR)


def certified(
    authority: trustme.CA, name: str, not_after: datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


def asking(url: str, **headers: str) -> requests.PreparedRequest:
    return requests.Request("GET", url, headers=headers).prepare()


def get(transport: Transport, url: str, seconds: float = 30) -> requests.Response:
    return transport.send(asking(url), seconds)


def proxied(monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)


WAYS = ["http", "https", "http by http", "http by https", "https by http", "https by https"]
PHASES = {
    "no headers": stalling(b"", b""),
    "status": stalling(b"", b"H"),
    "headers": stalling(OK + b"X-Slow: ", b"x"),
    "body": stalling(OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "chunks": stalling(OK + b"Transfer-Encoding: chunked\r\n\r\n", b"1\r\nx\r\n"),
    "no length": stalling(OK + b"Connection: close\r\n\r\n", b"x"),
}


class Scene:
    """A host that stalls, at the end of a way."""

    def __init__(
        self,
        serve: Callable[..., Host],
        tls: ssl.SSLContext,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        self._serve, self._tls, self._monkeypatch = serve, tls, monkeypatch

    def way(self, way: str, talk: Callable[[Host, Line], None]) -> Host:
        scheme, _, by = way.partition(" by ")
        host = self._serve(talk, self._tls if scheme == "https" else None)
        if by:
            proxy = self._serve(relaying, self._tls if by == "https" else None)
            proxied(self._monkeypatch, scheme, f"{by}://127.0.0.1:{proxy.port}")
        self.url = f"{scheme}://127.0.0.1:{host.port}/"
        return host

    def stall(self, where: str) -> threading.Event:
        """Stall before there is a connection to the host; tell by the event that it is so."""
        stalls = {"handshake": stalling_in_the_handshake, "connect": stalling_in_connect}
        if where == "handshake":
            host = self._serve(stalls[where])
            self.url = f"https://127.0.0.1:{host.port}/"
        elif where == "handshake with a proxy":
            host = self._serve(stalling_in_the_handshake)
            self.url = "https://kombo.example.com/"
            proxied(self._monkeypatch, "https", f"https://127.0.0.1:{host.port}")
        elif where == "handshake through a proxy":
            host = self.way("https by https", stalling_in_the_handshake)
            host.tls = None
        else:
            by = "https" if where.endswith("https proxy") else "http"
            host = self._serve(stalling_in_connect, self._tls if by == "https" else None)
            self.url = "https://kombo.example.com/"
            proxied(self._monkeypatch, "https", f"{by}://127.0.0.1:{host.port}")
        return host.reached


STALLS = [
    "handshake",
    "handshake with a proxy",
    "handshake through a proxy",
    "CONNECT of an http proxy",
    "CONNECT of an https proxy",
]
