"""One HTTP request and its whole answer: to one host only, and within a time."""

from __future__ import annotations

import contextlib
import logging
import socket
import ssl
import threading
from dataclasses import dataclass
from http.client import RemoteDisconnected
from typing import TYPE_CHECKING, Any

import requests
from requests.adapters import HTTPAdapter
from typing_extensions import override
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.exceptions import DecodeError, IncompleteRead

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from singer_sdk.helpers.types import Auth
    from singer_sdk.streams.rest import HTTPRequest
    from urllib3 import PoolManager, ProxyManager

CONNECT_TIMEOUT_SECONDS = 10
CHUNK_BYTES = 1 << 20

# Its lines hold addresses, and these hold the user's filters, such as an e-mail address.
logging.getLogger("urllib3").setLevel(logging.CRITICAL)


class NoAnswerError(Exception):
    """No complete answer came; the text names the kind of trouble, and neither address nor body."""


class UntrustedError(NoAnswerError):
    """The host cannot prove who it is, so nothing was sent."""


@dataclass(frozen=True)
class Answer:
    """An answer that has arrived whole.

    Attributes:
        status: HTTP status.
        headers: Headers; names are found in any case.
        body: The body, decompressed.
        seconds: From sending the request to the end of the headers.
    """

    status: int
    headers: Mapping[str, str]
    body: bytes
    seconds: float


class Transport:
    """The HTTP session of one worker; its connections are kept alive.

    Certificates are checked, redirects are not followed, proxies are taken from the usual
    environment variables.
    """

    def __init__(self) -> None:
        """Open no connection yet."""
        self._session = requests.Session()
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, _Adapter())

    def send(self, request: HTTPRequest, auth: Auth, seconds: float) -> Answer:
        """Send a request and wait for the whole answer.

        Args:
            request: What to send.
            auth: Adds the credentials.
            seconds: How long the answer may take to its last byte.

        Raises:
            NoAnswerError: If no answer came, or not all of it in time.
            UntrustedError: If the host's certificate is not valid.
        """
        with _deadline(seconds) as deadline:
            try:
                response = self._session.request(
                    request.method,
                    request.url,
                    params=request.params,
                    headers=request.headers,
                    auth=auth,
                    timeout=(CONNECT_TIMEOUT_SECONDS, seconds),
                    allow_redirects=False,
                    stream=True,
                )
                body = b"".join(response.iter_content(CHUNK_BYTES))
            except requests.RequestException as error:
                raise _told(error, _late(seconds) if deadline.missed else "") from None
        if deadline.missed:  # an answer without a length just seems to end
            raise NoAnswerError(_late(seconds))
        return Answer(
            response.status_code, response.headers, body, response.elapsed.total_seconds()
        )


class _Deadline:
    """Cuts a connection off when its answer is late: time-outs of sockets count silence only.

    Attributes:
        missed: Whether the answer was late.
    """

    def __init__(self, seconds: float) -> None:
        self.missed = False
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._cut)
        self._timer.daemon = True

    def watch(self, connection: socket.socket) -> None:
        """Begin to count; the request has been sent."""
        if self._socket is None:
            self._timer.start()
        self._socket = connection

    def end(self) -> None:
        """Let the connection live on."""
        self._timer.cancel()

    def _cut(self) -> None:
        self.missed = True
        if self._socket:
            with contextlib.suppress(OSError):
                # That of the base class, as TLS would take its own state away from the reader.
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


_current = threading.local()


@contextlib.contextmanager
def _deadline(seconds: float) -> Iterator[_Deadline]:
    """Watch over the connection that this thread uses next."""
    _current.deadline = deadline = _Deadline(seconds)
    try:
        yield deadline
    finally:
        deadline.end()


class _Connection(HTTPConnection):
    @override
    def getresponse(self) -> Any:
        _current.deadline.watch(self.sock)
        return super().getresponse()


class _TlsConnection(HTTPSConnection):
    @override
    def getresponse(self) -> Any:
        _current.deadline.watch(self.sock)
        return super().getresponse()


class _Pool(HTTPConnectionPool):
    ConnectionCls = _Connection


class _TlsPool(HTTPSConnectionPool):
    ConnectionCls = _TlsConnection


class _Adapter(HTTPAdapter):
    """Makes connections that keep deadlines."""

    @override
    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        _set_pools(self.poolmanager)

    @override
    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> ProxyManager:
        manager: ProxyManager = super().proxy_manager_for(*args, **kwargs)
        _set_pools(manager)
        return manager


def _set_pools(manager: PoolManager) -> None:
    manager.pool_classes_by_scheme = {"http": _Pool, "https": _TlsPool}


def _told(error: requests.RequestException, late: str) -> NoAnswerError:
    """Say what went wrong; the library's own texts hold the address with its filters."""
    cause = _root(error)
    if isinstance(cause, ssl.SSLCertVerificationError):
        return UntrustedError(cause.verify_message)
    if late:
        return NoAnswerError(late)
    return NoAnswerError(
        next((text for kind, text in _TEXTS if isinstance(cause, kind)), type(cause).__name__)
    )


_TEXTS = (
    (socket.gaierror, "the host name is not known"),
    (ConnectionRefusedError, "connection refused"),
    (ConnectionResetError, "connection reset"),
    (TimeoutError, "no sign of life"),
    (RemoteDisconnected, "connection closed without an answer"),
    (IncompleteRead, "the answer ended early"),
    (DecodeError, "the answer is not compressed as it says"),
)


def _root(error: BaseException) -> BaseException:
    """Return the innermost of nested errors: each library wraps that of the one below."""
    while True:
        candidates = (getattr(error, "reason", None), *error.args, error.__cause__)
        inner = next((one for one in candidates if isinstance(one, BaseException)), None)
        if inner is None or isinstance(error, IncompleteRead | DecodeError):
            return error
        error = inner


def _late(seconds: float) -> str:
    return f"not complete after {seconds:g} seconds"
