"""One HTTP request and its whole answer: to one host only, and within a time.

urllib3 makes the connections and keeps them alive. Its time-outs count silence only, so one thread
for all requests cuts off those that are late.
"""

from __future__ import annotations

import contextlib
import gzip
import logging
import math
import socket
import ssl
import threading
import time
import zlib
from datetime import timedelta
from http import HTTPStatus
from http.client import HTTPResponse, IncompleteRead, RemoteDisconnected
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import requests
import urllib3
from requests import utils
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.util.ssl_ import create_urllib3_context

if TYPE_CHECKING:
    from collections.abc import Iterator

CONNECT_TIMEOUT_SECONDS = 10
AGAIN_SECONDS = 0.05
"""When to cut off once more: a connection that is only about to be made cannot be cut off."""

CLOSED = "the run is ending, so no request is sent"

# Its lines hold addresses, and these hold the user's filters, such as an e-mail address.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)

_current = threading.local()  # urllib3 hands nothing through to a connection


class NoAnswerError(Exception):
    """No complete answer came; the text names the kind of trouble, and neither address nor body."""


class UntrustedError(NoAnswerError):
    """The host cannot prove who it is, so nothing was sent."""


class Transport:
    """Sends requests for all threads.

    Certificates are checked, redirects are not followed, cookies are not kept. Proxies and trusted
    certificates come from the usual environment variables, read once for each host. A request is
    sent as it is: who wants a compressed answer says so in its headers.

    Args:
        connections: How many connections to a host are kept alive.
    """

    def __init__(self, connections: int) -> None:
        """Open no connection yet."""
        self._connections = connections
        self._watchdog = _Watchdog()
        self._pools: dict[tuple[str, str], urllib3.HTTPConnectionPool] = {}
        self._opening = threading.Lock()

    def send(self, request: requests.PreparedRequest, seconds: float) -> requests.Response:
        """Send a request and wait for the whole answer.

        Args:
            request: What to send.
            seconds: How long all of it may take, connecting included. Only the look-up of a host's
                name cannot be cut off; if it took too long, nothing is sent.

        Returns:
            The answer with its body; `elapsed` ends with the headers.

        Raises:
            NoAnswerError: If no answer came, or not all of it in time.
            UntrustedError: If the host's certificate is not valid.
        """
        _current.exchange = exchange = _Exchange(seconds)
        try:
            with self._watchdog.over(exchange):
                response = self._exchange(request, seconds)
        except Exception as error:  # noqa: BLE001
            told = _told(error, exchange)
        else:
            if not exchange.trouble:  # without a length, what is cut off just seems to end
                return response
            told = NoAnswerError(exchange.trouble)
        raise told  # out here, where the library's error is not even its context

    def close(self) -> None:
        """Cut off every request under way, and send none any more."""
        self._watchdog.close()
        for pool in list(self._pools.values()):
            pool.close()

    def _exchange(self, request: requests.PreparedRequest, seconds: float) -> requests.Response:
        url = request.url or ""
        scheme, host, *_ = urlsplit(url)
        pool = self._pools.get((scheme, host)) or self._open(scheme, host)
        began = time.perf_counter()
        answer = pool.urlopen(
            request.method or "GET",
            utils.urldefragauth(url) if pool.proxy and scheme == "http" else request.path_url,
            request.body,
            request.headers,
            retries=False,
            redirect=False,
            assert_same_host=False,
            timeout=urllib3.Timeout(connect=min(CONNECT_TIMEOUT_SECONDS, seconds), read=seconds),
            preload_content=False,
        )
        elapsed = timedelta(seconds=time.perf_counter() - began)
        # urllib3 would take half a gzip for a whole one.
        zipped = answer.headers.get("content-encoding", "").lower() == "gzip"
        body = answer.read(decode_content=not zipped)
        response = requests.Response()
        response.raw = BytesIO(gzip.decompress(body) if zipped else body)
        response.request, response.url, response.elapsed = request, url, elapsed
        response.status_code, response.reason = answer.status, answer.reason or ""
        response.headers = requests.structures.CaseInsensitiveDict(answer.headers)
        response.encoding = utils.get_encoding_from_headers(response.headers)
        return response

    def _open(self, scheme: str, host: str) -> urllib3.HTTPConnectionPool:
        with self._opening:
            if (scheme, host) not in self._pools:
                pool = _pool(f"{scheme}://{host}", self._connections)
                self._pools[scheme, host] = pool
            return self._pools[scheme, host]


class _Exchange:
    """A request and its answer, which another thread can cut off."""

    def __init__(self, seconds: float) -> None:
        self.late = f"not complete after {seconds:g} seconds"
        self.ends_at = time.monotonic() + seconds
        self.trouble = ""
        self._line: socket.socket | None = None
        self._lock = threading.Lock()

    def use(self, line: socket.socket) -> None:
        """Go on over this connection."""
        with self._lock:
            self._line = line
            if self.trouble:
                raise ConnectionAbortedError

    def cut(self, trouble: str) -> None:
        with self._lock:
            self.trouble = self.trouble or trouble
            if self._line:
                with contextlib.suppress(OSError):
                    # That of the base class, as TLS would take its own state away from the reader.
                    socket.socket.shutdown(self._line, socket.SHUT_RDWR)


class _Watchdog:
    """Cuts off what is late, with one thread that starts with the first request."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._under_way: set[_Exchange] = set()
        self._wakes_at = math.inf
        self._thread = threading.Thread(target=self._run, name="deadlines", daemon=True)
        self._closed = False

    @contextlib.contextmanager
    def over(self, exchange: _Exchange) -> Iterator[None]:
        with self._changed:
            if self._closed:
                raise NoAnswerError(CLOSED)
            if not self._thread.ident:
                self._thread.start()
            self._under_way.add(exchange)
            if exchange.ends_at < self._wakes_at:
                self._changed.notify()
        try:
            yield
        finally:
            with self._changed:
                self._under_way.remove(exchange)

    def close(self) -> None:
        with self._changed:
            self._closed = True
            self._changed.notify()

    def _run(self) -> None:
        with self._changed:
            while self._under_way or not self._closed:
                now = time.monotonic()
                for exchange in self._under_way:
                    if self._closed:
                        exchange.cut(CLOSED)
                    elif exchange.ends_at <= now:
                        exchange.cut(exchange.late)
                # The next to be late may end early: it wakes in vain then, but not each time.
                self._wakes_at = min(
                    (
                        now + AGAIN_SECONDS if one.trouble else one.ends_at
                        for one in self._under_way
                    ),
                    default=math.inf,
                )
                self._changed.wait(min(self._wakes_at - now, threading.TIMEOUT_MAX))


class _Answer(HTTPResponse):
    """Reads on past interim answers; http.client would take 103 for the answer itself.

    The one that follows it on the line would then belong to the next request (RFC 9110, 15.2).
    """

    @override
    def begin(self) -> None:
        super().begin()
        while self.status < HTTPStatus.OK:
            self.headers = None  # type: ignore[assignment] # so that the next one is read
            super().begin()


class _Connection(HTTPConnection):
    """Lets the exchange know its socket, before anything can take long."""

    response_class = _Answer

    @override
    def _new_conn(self) -> socket.socket:
        trouble = OSError()
        for family, kind, protocol, _, address in socket.getaddrinfo(
            self.host, self.port, type=socket.SOCK_STREAM
        ):
            line = socket.socket(family, kind, protocol)
            try:
                for option in self.socket_options or ():
                    line.setsockopt(*option)
                line.settimeout(self.timeout)
                _current.exchange.use(line)
                line.connect(address)
            except OSError as error:
                line.close()
                trouble = error
            else:
                return line
        # Else urllib3 would take a reset for one that came after the request.
        raise urllib3.exceptions.NewConnectionError(self, "") from trouble

    @override
    def request(self, *args: Any, **kwargs: Any) -> None:
        if self.sock:  # of TLS within TLS, which is no socket, the one below
            _current.exchange.use(getattr(self.sock, "socket", self.sock))
        super().request(*args, **kwargs)


class _TlsConnection(_Connection, HTTPSConnection):
    pass


class _TlsSocket(ssl.SSLSocket):
    @override
    def do_handshake(self, block: bool = False) -> None:
        _current.exchange.use(self)  # it has taken the place of the socket below
        super().do_handshake(block)


def _pool(url: str, connections: int) -> urllib3.HTTPConnectionPool:
    """Find the way to a host."""
    with requests.Session() as session:
        found = session.merge_environment_settings(url, {}, None, None, None)
    proxy = utils.select_proxy(url, found["proxies"]) or ""
    proxy = f"http://{proxy}" if proxy and "://" not in proxy else proxy
    is_secure = any(one.startswith("https:") for one in (url, proxy))
    trust = _trust(found["verify"]) if is_secure else None
    ways: dict[str, Any] = {"ssl_context": trust, "maxsize": connections}
    manager = urllib3.PoolManager(**ways)
    if proxy:
        ways["proxy_headers"] = requests.adapters.HTTPAdapter().proxy_headers(proxy)
        manager = urllib3.ProxyManager(proxy, proxy_ssl_context=trust, **ways)
    pool = manager.connection_from_url(url)
    pool.ConnectionCls = _TlsConnection if pool.scheme == "https" else _Connection
    return pool


def _trust(bundle: object) -> ssl.SSLContext:
    """Load the trusted certificates, once for all connections as it takes long."""
    path = bundle if isinstance(bundle, str) else utils.DEFAULT_CA_BUNDLE_PATH
    context = create_urllib3_context()
    context.sslsocket_class = _TlsSocket
    try:
        context.load_verify_locations(**{"capath" if Path(path).is_dir() else "cafile": path})
    except OSError:
        msg = "the trusted certificates cannot be read"
        raise NoAnswerError(msg) from None
    return context


def _told(error: Exception, exchange: _Exchange) -> NoAnswerError:
    """Say what went wrong; the libraries' own texts hold the address with its filters."""
    cause = _root(error)
    if exchange.trouble:
        return NoAnswerError(exchange.trouble)
    if isinstance(cause, NoAnswerError):
        return cause
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UntrustedError(_CERTIFICATES.get(cause.verify_code, "certificate not trusted"))
    if exchange.ends_at <= time.monotonic():
        return NoAnswerError(exchange.late)
    if type(cause) is OSError and cause.errno is None:  # so http.client says it
        return NoAnswerError("refused by the proxy")
    kind = type(cause).__name__
    return NoAnswerError(next((text for kinds, text in _TEXTS if isinstance(cause, kinds)), kind))


def _root(error: BaseException) -> BaseException:
    """Return the innermost of nested errors: urllib3 wraps those of the libraries below."""
    for inner in (*error.args, error.__cause__):
        if isinstance(inner, BaseException) and not isinstance(error, _UNDECODABLE):
            return _root(inner)
    return error


_UNDECODABLE = (urllib3.exceptions.DecodeError, gzip.BadGzipFile, zlib.error, EOFError)
_TEXTS = (
    (socket.gaierror, "the host name is not known"),
    (ConnectionRefusedError, "connection refused"),
    (RemoteDisconnected, "connection closed without an answer"),
    (ConnectionResetError, "connection reset"),
    (TimeoutError, "no answer in time"),
    (IncompleteRead, "the answer ended early"),
    (ssl.SSLError, "no secure connection"),
    (_UNDECODABLE, "the answer is not compressed as it says"),
)
_CERTIFICATES = {
    10: "certificate expired",
    18: "self-signed certificate",
    62: "certificate of another host",
    64: "certificate of another host",
}
"""OpenSSL's codes; its own texts name the host."""
