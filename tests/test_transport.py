"""One request and its whole answer: from the right host, in time, and with nothing told."""

from __future__ import annotations

import contextlib
import gc
import gzip
import logging
import socket
import socketserver
import ssl
import struct
import threading
import time
import warnings
import zlib
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
import requests
import trustme
from typing_extensions import override

from tap_kombo.api import transport as module
from tap_kombo.api.transport import CLOSED, NoAnswerError, Transport, UntrustedError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

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


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return certified(authority, "127.0.0.1")


def certified(
    authority: trustme.CA, name: str, not_after: datetime | None = None
) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    authority.issue_cert(name, not_after=not_after).configure_cert(context)
    return context


@pytest.fixture
def serve() -> Iterator[Callable[..., Host]]:
    """Let a host listen until the test ends."""
    hosts: list[tuple[Host, threading.Thread]] = []

    def start(talk: Callable[[Host, Line], None], tls: ssl.SSLContext | None = None) -> Host:
        host = Host(talk, tls)
        thread = threading.Thread(target=partial(host.serve_forever, poll_interval=0.01))
        thread.start()
        hosts.append((host, thread))
        return host

    yield start
    for host, thread in hosts:
        host.over.set()
        host.shutdown()
        thread.join()
        host.server_close()


@pytest.fixture(autouse=True)
def _a_clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("http_proxy", "https_proxy", "all_proxy", "no_proxy"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.upper(), raising=False)
    for name in ("REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"):
        monkeypatch.delenv(name, raising=False)


@pytest.fixture
def _trusting(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))


@pytest.fixture
def transport() -> Iterator[Transport]:
    transport = Transport(4)
    yield transport
    transport.close()


def asking(url: str, **headers: str) -> requests.PreparedRequest:
    return requests.Request("GET", url, headers=headers).prepare()


def get(transport: Transport, url: str, seconds: float = 30) -> requests.Response:
    return transport.send(asking(url), seconds)


# --- who is asked


@pytest.mark.usefixtures("authority")
@pytest.mark.parametrize(
    "env", ["", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PYTHONHTTPSVERIFY", "SSL_CERT_FILE"]
)
def test_a_host_that_cannot_prove_who_it_is_gets_no_request(
    transport: Transport,
    serve: Callable[..., Host],
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    env: str,
) -> None:
    """No variable switches the check off."""
    if env:
        monkeypatch.setenv(env, "0" if env == "PYTHONHTTPSVERIFY" else "")
    host = serve(answering(WHOLE), tls)

    with pytest.raises(UntrustedError, match=r"^certificate not trusted$"):
        get(transport, f"https://127.0.0.1:{host.port}/")

    assert host.received == []


YESTERDAY = datetime.now(UTC) - timedelta(days=1)


@pytest.mark.usefixtures("_trusting")
@pytest.mark.parametrize(
    ("name", "not_after", "text"),
    [
        ("kombo.example.com", None, "certificate of another host"),
        ("127.0.0.2", None, "certificate of another host"),
        ("127.0.0.1", YESTERDAY, "certificate expired"),
    ],
)
def test_a_wrong_certificate_is_refused(
    transport: Transport,
    serve: Callable[..., Host],
    authority: trustme.CA,
    name: str,
    not_after: datetime | None,
    text: str,
) -> None:
    host = serve(answering(WHOLE), certified(authority, name, not_after))

    with pytest.raises(UntrustedError, match=f"^{text}$"):
        get(transport, f"https://127.0.0.1:{host.port}/")

    assert host.received == []


@pytest.mark.parametrize("env", ["CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"])
def test_an_authority_of_ones_own_is_trusted(
    transport: Transport,
    serve: Callable[..., Host],
    tls: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    env: str,
) -> None:
    monkeypatch.setenv(env, str(tmp_path / "ca.pem"))
    host = serve(answering(WHOLE), tls)

    assert get(transport, f"https://127.0.0.1:{host.port}/").content == BODY


@pytest.mark.parametrize("what", ["missing", "empty", "a folder"])
def test_certificates_that_cannot_be_read_are_told(
    transport: Transport, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    path = tmp_path / "own.pem"
    if what == "empty":
        path.touch()
    if what == "a folder":  # it is searched by the hash of a name, so nobody is trusted
        path.mkdir()
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(path))

    text = "connection refused" if what == "a folder" else "the trusted certificates cannot be read"
    with pytest.raises(NoAnswerError, match=f"^{text}$"):
        get(transport, "https://127.0.0.1:1/")


def test_the_key_stays_with_its_host(transport: Transport, serve: Callable[..., Host]) -> None:
    other = serve(answering(WHOLE))
    there = f"http://127.0.0.1:{other.port}/".encode()
    host = serve(
        answering(
            b"HTTP/1.1 307 Go\r\nLocation: " + there + b"\r\nContent-Length: 0\r\n\r\n",
        )
    )

    assert get(transport, f"http://127.0.0.1:{host.port}/").status_code == 307
    assert other.received == []


def test_nothing_is_added_to_a_request(
    transport: Transport,
    serve: Callable[..., Host],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """No cookie that was set, no password of a .netrc."""
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login me password mine\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    host = serve(answering(OK + b"Set-Cookie: a=b\r\nContent-Length: 0\r\n\r\n"))

    for _ in range(2):
        assert get(transport, f"http://127.0.0.1:{host.port}/").headers["set-cookie"] == "a=b"

    assert host.received[0] == host.received[1]
    assert b"uthorization" not in host.received[0]


# --- proxies


def proxied(monkeypatch: pytest.MonkeyPatch, scheme: str, proxy: str) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", proxy)


@pytest.mark.parametrize("given", ["http://127.0.0.1:{}", "127.0.0.1:{}", "HTTP://127.0.0.1:{}"])
@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_taken_from_the_environment(
    transport: Transport,
    serve: Callable[..., Host],
    monkeypatch: pytest.MonkeyPatch,
    scheme: str,
    given: str,
) -> None:
    proxy = serve(answering(b"HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n", close=True))
    proxied(monkeypatch, scheme, given.format(proxy.port))
    request = asking(f"{scheme}://kombo.example.com/v1", Authorization=SECRET)

    if scheme == "http":
        assert transport.send(request, 30).status_code == 407
        assert proxy.received[0].startswith(b"GET http://kombo.example.com/v1 HTTP/1.1\r\n")
        assert b"\r\nHost: kombo.example.com\r\n" in proxy.received[0]
    else:
        with pytest.raises(NoAnswerError, match=r"^refused by the proxy$"):
            transport.send(request, 30)
        assert proxy.received[0].startswith(b"CONNECT kombo.example.com:443 HTTP/1.")
        assert SECRET.encode() not in proxy.received[0]


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_gets_its_password(
    transport: Transport, serve: Callable[..., Host], monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    proxy = serve(answering(WHOLE, close=True))
    proxied(monkeypatch, scheme, f"http://me:my%20own@127.0.0.1:{proxy.port}")

    with contextlib.suppress(NoAnswerError):
        get(transport, f"{scheme}://kombo.example.com/v1")

    assert b"Proxy-Authorization: Basic bWU6bXkgb3du\r\n" in proxy.received[0]


def test_no_proxy_is_kept_to(
    transport: Transport, serve: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    host, proxy = serve(answering(WHOLE)), serve(answering(WHOLE))
    proxied(monkeypatch, "http", f"http://127.0.0.1:{proxy.port}")
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")

    assert get(transport, f"http://127.0.0.1:{host.port}/").content == BODY
    assert proxy.opened == 0


def test_other_proxies_are_not_passed_by(
    transport: Transport, serve: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    host = serve(answering(WHOLE))
    monkeypatch.setenv("ALL_PROXY", "socks5://127.0.0.1:1")

    with pytest.raises(NoAnswerError, match="ProxySchemeUnknown"):
        get(transport, f"http://127.0.0.1:{host.port}/")

    assert host.opened == 0


@pytest.mark.usefixtures("_trusting")
def test_a_proxy_proves_who_it_is_too(
    transport: Transport,
    serve: Callable[..., Host],
    authority: trustme.CA,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    proxy = serve(relaying, certified(authority, "proxy.example.com"))
    proxied(monkeypatch, "https", f"https://127.0.0.1:{proxy.port}")

    with pytest.raises(UntrustedError):
        get(transport, "https://kombo.example.com/")

    assert proxy.received == []


# --- in time, and no longer than the transport

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


@pytest.fixture
def scene(
    serve: Callable[..., Host],
    tls: ssl.SSLContext,
    monkeypatch: pytest.MonkeyPatch,
    _trusting: None,
) -> Scene:
    return Scene(serve, tls, monkeypatch)


@pytest.fixture
def full() -> Iterator[int]:
    """A port that lets nobody in: as many wait already as may wait."""
    with contextlib.ExitStack() as stack:
        listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
        for _ in range(4):
            waiting = stack.enter_context(socket.socket())
            waiting.settimeout(0)
            waiting.connect_ex(listener.getsockname())
        yield listener.getsockname()[1]


@pytest.mark.parametrize("way", WAYS)
def test_an_answer_arrives_over_each_way(transport: Transport, scene: Scene, way: str) -> None:
    host = scene.way(way, answering(WHOLE))

    for _ in range(3):
        assert get(transport, scene.url).content == BODY

    assert (len(host.received), host.opened) == (3, 1)


@pytest.mark.parametrize("first", ["", "whole"], ids=["new", "reused"])
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("way", WAYS)
def test_a_late_answer_is_cut_off(
    transport: Transport, scene: Scene, way: str, phase: str, first: str
) -> None:
    host = scene.way(way, PHASES[phase])
    if first:
        get(transport, scene.url + first)

    with pytest.raises(NoAnswerError, match=r"^not complete after 0\.1 seconds$"):
        get(transport, scene.url, 0.1)

    assert host.closed.acquire(timeout=SOON)
    assert get(transport, f"{scene.url}whole").content == BODY


@pytest.mark.parametrize("stall", STALLS)
def test_a_late_connection_is_cut_off(transport: Transport, scene: Scene, stall: str) -> None:
    scene.stall(stall)

    with pytest.raises(NoAnswerError, match=r"^not complete after 0\.1 seconds$"):
        get(transport, scene.url, 0.1)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_connecting_has_a_time_of_its_own(
    transport: Transport, full: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    with pytest.raises(NoAnswerError, match=r"^not complete after"):
        get(transport, f"{scheme}://127.0.0.1:{full}/", 0.2)
    monkeypatch.setattr(module, "CONNECT_TIMEOUT_SECONDS", 0.2)
    with pytest.raises(NoAnswerError, match=r"^no sign of life$"):
        get(transport, f"{scheme}://127.0.0.1:{full}/", 300)


def test_who_is_late_does_not_wait_for_others(transport: Transport, scene: Scene) -> None:
    """The watchdog sleeps until the first deadline, and is woken for an earlier one."""
    host = scene.way("http", PHASES["headers"])
    with ThreadPoolExecutor() as threads:
        slow = threads.submit(get, transport, scene.url, 300)
        assert host.reached.wait(SOON)

        with pytest.raises(NoAnswerError, match=r"0\.1 seconds"):
            get(transport, scene.url, 0.1)

        assert not slow.done()
        transport.close()
        assert isinstance(slow.exception(SOON), NoAnswerError)


@contextlib.contextmanager
def cut_off(transport: Transport, url: str) -> Iterator[None]:
    """Close the transport while a request is under way."""
    with ThreadPoolExecutor() as threads:
        sent = threads.submit(get, transport, url, 300)
        yield
        transport.close()
        error = sent.exception(SOON)
    assert isinstance(error, NoAnswerError)
    assert str(error) == CLOSED


@pytest.mark.parametrize("first", ["", "whole"], ids=["new", "reused"])
@pytest.mark.parametrize("phase", PHASES)
@pytest.mark.parametrize("way", WAYS)
def test_close_cuts_off_an_answer(
    transport: Transport, scene: Scene, way: str, phase: str, first: str
) -> None:
    host = scene.way(way, PHASES[phase])
    if first:
        get(transport, scene.url + first)

    with cut_off(transport, scene.url):
        assert host.reached.wait(SOON)

    assert host.closed.acquire(timeout=SOON)


@pytest.mark.parametrize("stall", STALLS)
def test_close_cuts_off_a_connection_in_the_making(
    transport: Transport, scene: Scene, stall: str
) -> None:
    reached = scene.stall(stall)

    with cut_off(transport, scene.url):
        assert reached.wait(SOON)


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_close_cuts_off_connecting(
    transport: Transport, full: int, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    """Even if it was told too early: what does not connect yet cannot be cut off."""
    connecting, told = threading.Event(), threading.Event()

    class Socket(socket.socket):
        @override
        def connect(self, address: Any) -> None:
            connecting.set()
            assert told.wait(SOON)
            super().connect(address)

        @override
        def shutdown(self, how: int) -> None:
            try:
                super().shutdown(how)
            finally:
                told.set()

    monkeypatch.setattr(socket, "socket", Socket)
    with cut_off(transport, f"{scheme}://127.0.0.1:{full}/"):
        assert connecting.wait(SOON)


@pytest.mark.parametrize("way", WAYS)
def test_nothing_is_left_open(scene: Scene, way: str) -> None:
    host = scene.way(way, PHASES["no length"])
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always")
        transport = Transport(4)
        get(transport, f"{scene.url}whole")
        with pytest.raises(NoAnswerError):
            get(transport, scene.url, 0.1)
        get(transport, f"{scene.url}whole")
        with cut_off(transport, scene.url):
            assert host.reached.wait(SOON)
        del transport
        gc.collect()

    assert [str(one.message) for one in warned] == []


def test_close_ends_all(transport: Transport, serve: Callable[..., Host]) -> None:
    before = set(threading.enumerate())
    host = serve(answering(WHOLE))
    url = f"http://127.0.0.1:{host.port}/"
    get(transport, url)
    (watchdog,) = (one for one in threading.enumerate() if one.name == "deadlines")

    transport.close()
    transport.close()

    assert host.closed.acquire(timeout=SOON)  # the connection that was kept alive
    watchdog.join(SOON)
    assert watchdog not in before
    assert not watchdog.is_alive()
    with pytest.raises(NoAnswerError, match=f"^{CLOSED}$"):
        get(transport, url)
    assert host.opened == 1


def test_what_was_never_used_can_be_closed() -> None:
    before = threading.active_count()
    transport = Transport(1)
    transport.close()

    with pytest.raises(NoAnswerError, match=f"^{CLOSED}$"):
        get(transport, "http://127.0.0.1:1/")
    assert threading.active_count() == before


# --- connections


def test_many_threads_share_the_connections_that_are_kept(serve: Callable[..., Host]) -> None:
    together = threading.Barrier(4)

    def talk(host: Host, line: Line) -> None:
        while host.asked(line):
            together.wait(SOON)
            line.sendall(WHOLE)

    host, transport = serve(talk), Transport(2)
    ask = partial(get, transport, f"http://127.0.0.1:{host.port}/")
    names = [one.name for one in threading.enumerate()]
    with ThreadPoolExecutor(4) as threads:
        assert [one.content for one in threads.map(lambda _: ask(), range(4))] == [BODY] * 4
        assert [one.name for one in threading.enumerate()].count("deadlines") == 1
    assert "deadlines" not in names

    assert [host.closed.acquire(timeout=SOON) for _ in range(2)] == [True, True]
    assert not host.closed.acquire(blocking=False)
    transport.close()
    assert [host.closed.acquire(timeout=SOON) for _ in range(2)] == [True, True]


def test_a_connection_that_the_host_has_closed_is_not_used_again(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    host = serve(answering(WHOLE, close=True))

    for _ in range(3):
        assert get(transport, f"http://127.0.0.1:{host.port}/").content == BODY
        assert host.closed.acquire(timeout=SOON)

    assert host.opened == 3


@pytest.mark.parametrize(
    ("name", "text"),
    [("127.0.0.1", "connection refused"), ("kombo.invalid", "the host name is not known")],
)
def test_nobody_there_is_told(transport: Transport, name: str, text: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        with pytest.raises(NoAnswerError, match=f"^{text}$"):
            get(transport, f"http://{name}:{probe.getsockname()[1]}/")


def test_a_host_that_goes_away_and_comes_back(transport: Transport) -> None:
    for _ in range(2):
        with socket.create_server(("127.0.0.1", 0)) as listener:
            port = listener.getsockname()[1]
        with pytest.raises(NoAnswerError, match=r"^connection refused$"):
            get(transport, f"http://127.0.0.1:{port}/")
        with socket.create_server(("127.0.0.1", port)) as listener, ThreadPoolExecutor() as threads:
            sent = threads.submit(get, transport, f"http://127.0.0.1:{port}/")
            line, _ = listener.accept()
            with line:
                line.recv(65536)
                line.sendall(WHOLE)
            assert sent.result(SOON).content == BODY


# --- the answer


def test_an_answer_is_one_of_requests(transport: Transport, serve: Callable[..., Host]) -> None:
    host = serve(answering(WHOLE))
    request = asking(f"http://127.0.0.1:{host.port}/v1?page_size=1")
    began = time.perf_counter()

    answer = transport.send(request, 30)

    assert timedelta() < answer.elapsed < timedelta(seconds=time.perf_counter() - began)
    assert isinstance(answer, requests.Response)
    assert (answer.status_code, answer.reason, answer.ok) == (200, "OK", True)
    assert answer.headers["CONTENT-type"] == "application/json"
    assert answer.json() == {"status": "success"}
    assert answer.text == BODY.decode()
    assert answer.content == answer.content == BODY
    assert (answer.request, answer.url) == (request, request.url)
    answer.close()
    assert host.received[0].startswith(b"GET /v1?page_size=1 HTTP/1.1\r\n")


def test_a_body_can_be_sent(transport: Transport, serve: Callable[..., Host]) -> None:
    host = serve(answering(WHOLE))
    request = requests.Request("POST", f"http://127.0.0.1:{host.port}/", json={"a": 1}).prepare()

    assert transport.send(request, 30).content == BODY
    assert b"\r\nContent-Length: 8\r\n" in host.received[0]


def test_a_large_body_arrives_whole(transport: Transport, scene: Scene) -> None:
    body = bytes(20_000_000)
    scene.way("https", answering(OK + b"Content-Length: %d\r\n\r\n" % len(body) + body))

    assert get(transport, scene.url).content == body


def compressed(encoding: bytes, body: bytes, *, told: bool = True) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body) if told else b"Connection: close\r\n"
    return OK + b"Content-Encoding: %s\r\n" % encoding + length + b"\r\n" + body


ZIPPED = gzip.compress(BODY)


FORMS = {
    "gzip": compressed(b"gzip", ZIPPED),
    "two gzips": compressed(b"GZIP", gzip.compress(BODY[:5]) + gzip.compress(BODY[5:])),
    "gzip without a length": compressed(b"gzip", ZIPPED, told=False),
    "deflate": compressed(b"deflate", zlib.compress(BODY)),
    "x-gzip": compressed(b"x-gzip", ZIPPED),
    "chunks": OK
    + b"Transfer-Encoding: chunked\r\n\r\n"
    + b"5\r\n%b\r\n10\r\n%b\r\n0\r\n\r\n" % (BODY[:5], BODY[5:]),
    "no length": OK + b"Connection: close\r\n\r\n" + BODY,
    "HTTP 1.0": b"HTTP/1.0 200 OK\r\n\r\n" + BODY,
    "after 100": b"HTTP/1.1 100 Continue\r\n\r\n" + WHOLE,
}


@pytest.mark.parametrize("form", FORMS)
def test_a_body_comes_in_many_forms(
    transport: Transport, serve: Callable[..., Host], form: str
) -> None:
    host = serve(answering(FORMS[form], close=True))

    assert get(transport, f"http://127.0.0.1:{host.port}/").content == BODY


def test_an_answer_may_have_no_body(transport: Transport, serve: Callable[..., Host]) -> None:
    host = serve(answering(b"HTTP/1.1 204 No Content\r\nContent-Encoding: gzip\r\n\r\n"))

    for _ in range(2):
        assert get(transport, f"http://127.0.0.1:{host.port}/").content == b""
    assert host.opened == 1


CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
SILENT = "connection closed without an answer"
EARLY = "the answer ended early"
WRONG_GZIP = "the answer is not compressed as it says"
WRONG = {
    "nothing": (b"", SILENT),
    "cut in the body": (WHOLE[:-1], EARLY),
    "cut in a chunk": (CHUNKED + b"5\r\nabc", EARLY),
    "cut after a chunk": (CHUNKED + b"5\r\nabcde\r\n", EARLY),
    "no number of a chunk": (CHUNKED + b"five\r\n", EARLY),
    "no gzip": (compressed(b"gzip", BODY), WRONG_GZIP),
    "gzip cut in the data": (compressed(b"gzip", ZIPPED[:-9]), WRONG_GZIP),
    "gzip cut in the end": (compressed(b"gzip", ZIPPED[:-4]), WRONG_GZIP),
    "gzip cut in the beginning": (compressed(b"gzip", ZIPPED[:5]), WRONG_GZIP),
    "gzip with a wrong sum": (compressed(b"gzip", ZIPPED[:-8] + bytes(8)), WRONG_GZIP),
    "gzip with wrong data": (compressed(b"gzip", ZIPPED[:12] + b"\xff" * 9), WRONG_GZIP),
    "gzip cut without a length": (compressed(b"gzip", ZIPPED[:-9], told=False), WRONG_GZIP),
    "no deflate": (compressed(b"deflate", BODY), WRONG_GZIP),
    "no HTTP": (b"SSH-2.0-OpenSSH_9.6\r\n", "BadStatusLine"),
    "long headers": (OK + b"X: " + b"x" * 70000 + b"\r\n\r\n", "LineTooLong"),
    "two lengths": (OK + b"Content-Length: 1, 2\r\n\r\n", "InvalidHeader"),
}


@pytest.mark.parametrize("wrong", WRONG)
def test_half_an_answer_or_a_wrong_one_is_none(
    transport: Transport, serve: Callable[..., Host], wrong: str
) -> None:
    answer, text = WRONG[wrong]
    host = serve(answering(answer, close=True))

    with pytest.raises(NoAnswerError, match=f"^{text}$"):
        get(transport, f"http://127.0.0.1:{host.port}/")


def test_a_reset_is_an_error_without_a_length_too(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    def talk(host: Host, line: Line) -> None:
        host.asked(line)
        line.sendall(OK + b"Connection: close\r\n\r\n" + BODY)
        line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        line.close()

    with pytest.raises(NoAnswerError, match=r"^connection reset$"):
        get(transport, f"http://127.0.0.1:{serve(talk).port}/")


def test_a_host_without_tls_is_told(transport: Transport, serve: Callable[..., Host]) -> None:
    def talk(_: Host, line: Line) -> None:
        line.recv(65536)
        line.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")

    with pytest.raises(NoAnswerError, match=r"^no secure connection$"):
        get(transport, f"https://127.0.0.1:{serve(talk).port}/")


# --- nothing but the two errors, and not a word of what was asked


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({"url": None}, "LocationValueError"),
        ({"url": f"{SECRET}"}, "LocationValueError"),
        ({"url": f"ftp://127.0.0.1/{SECRET}"}, "URLSchemeUnknown"),
        ({"url": f"http://127.0.0.1:99999/{SECRET}"}, "LocationParseError"),
        ({"url": f"http://{'a' * 64}.example.com/{SECRET}"}, "."),
        ({"url": f"http://a..example.com/{SECRET}"}, "."),
        ({"url": f"http://[::1/{SECRET}"}, "ValueError"),
        ({"method": f"GET {SECRET}"}, "ValueError"),
        ({"headers": {"X": f"{SECRET}\n{SECRET}"}}, "ValueError"),
        ({"headers": {f"{SECRET}:": "x"}}, "ValueError"),
        ({"headers": {"X": f"{SECRET}\u20ac"}}, "UnicodeEncodeError"),
        ({"headers": {"X": object()}}, "."),
        ({"body": object()}, "TypeError"),
    ],
)
def test_whatever_is_wrong_with_a_request_ends_in_one_kind_of_error(
    transport: Transport, serve: Callable[..., Host], change: dict[str, Any], kind: str
) -> None:
    request = asking(f"http://127.0.0.1:{serve(answering(WHOLE)).port}/?email={SECRET}")
    vars(request).update(change)

    with pytest.raises(NoAnswerError, match=kind) as caught:
        transport.send(request, 30)

    assert SECRET not in str(caught.value)
    assert caught.value.__context__ is None
    assert caught.value.__cause__ is None


@pytest.mark.parametrize("seconds", [0, -1, float("nan"), float("inf"), 1e12])
def test_whatever_the_time_is_it_ends_in_one_kind_of_error(
    transport: Transport, serve: Callable[..., Host], seconds: float
) -> None:
    host = serve(answering(WHOLE))

    with contextlib.suppress(NoAnswerError):
        get(transport, f"http://127.0.0.1:{host.port}/", seconds)

    assert get(transport, f"http://127.0.0.1:{host.port}/").content == BODY


@pytest.mark.parametrize(
    "answer",
    [
        WHOLE,
        b"",
        OK + b"Content-Length: 21\r\nbroken\r\n\r\n" + BODY,
        OK + b"Content-Length: 21\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ],
    ids=["whole", "nothing", "broken headers", "length and chunks"],
)
def test_nothing_is_logged(
    transport: Transport,
    serve: Callable[..., Host],
    caplog: pytest.LogCaptureFixture,
    answer: bytes,
) -> None:
    caplog.handler.setLevel(logging.NOTSET)
    host = serve(answering(answer, close=True))

    with contextlib.suppress(NoAnswerError):
        get(transport, f"http://127.0.0.1:{host.port}/?email={SECRET}")

    assert host.received
    assert caplog.records == []
