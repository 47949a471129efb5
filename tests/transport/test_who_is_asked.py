"""From the right host: certificates, proxies, connections, and requests that are none."""

from __future__ import annotations

import contextlib
import socket
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TYPE_CHECKING

import pytest
from transport.hosts import (
    BODY,
    OK,
    SECRET,
    SOON,
    WHOLE,
    Host,
    Line,
    answering,
    asking,
    certified,
    get,
    proxied,
    relaying,
)

from tap_kombo.api.transport import NoAnswerError, Transport, UntrustedError

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable
    from pathlib import Path

    import trustme


# --- who is asked


@pytest.mark.usefixtures("authority")
def test_a_host_that_cannot_prove_who_it_is_gets_no_request(
    serve: Callable[..., Host], tls: ssl.SSLContext, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No variable switches the check off."""
    host = serve(answering(WHOLE), tls)
    for name, value in {
        "NOTHING_AT_ALL": "",
        "CURL_CA_BUNDLE": "",
        "REQUESTS_CA_BUNDLE": "",
        "PYTHONHTTPSVERIFY": "0",
        "SSL_CERT_FILE": "",
    }.items():
        with monkeypatch.context() as patch, contextlib.closing(Transport(1)) as transport:
            patch.setenv(name, value)
            with pytest.raises(UntrustedError) as caught:
                get(transport, f"https://127.0.0.1:{host.port}/")

        assert str(caught.value) == "certificate not trusted", name
        assert host.received == [], name


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


def test_an_authority_of_ones_own_is_trusted(
    serve: Callable[..., Host],
    tls: ssl.SSLContext,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    host = serve(answering(WHOLE), tls)
    for name in ("CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE"):
        with monkeypatch.context() as patch, contextlib.closing(Transport(1)) as transport:
            patch.setenv(name, str(tmp_path / "ca.pem"))

            assert get(transport, f"https://127.0.0.1:{host.port}/").content == BODY


def test_certificates_that_cannot_be_read_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "empty").touch()
    (tmp_path / "folder").mkdir()
    unread = "the trusted certificates cannot be read"
    told = {"missing": unread, "empty": unread}
    told["folder"] = "connection refused"  # it is searched by the hash of a name: nobody is trusted
    for name, text in told.items():
        monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / name))

        refused = pytest.raises(NoAnswerError, match=f"^{text}$")
        with contextlib.closing(Transport(1)) as transport, refused:
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


@pytest.mark.parametrize(
    ("scheme", "given"),
    [
        ("http", "http://127.0.0.1:{}"),
        ("https", "http://127.0.0.1:{}"),
        ("http", "127.0.0.1:{}"),
        ("https", "HTTP://127.0.0.1:{}"),
    ],
)
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


def test_a_proxy_gets_its_password(
    transport: Transport, serve: Callable[..., Host], monkeypatch: pytest.MonkeyPatch
) -> None:
    for scheme in ("http", "https"):
        proxy = serve(answering(WHOLE, close=True))
        proxied(monkeypatch, scheme, f"http://me:my%20own@127.0.0.1:{proxy.port}")

        with contextlib.suppress(NoAnswerError):
            get(transport, f"{scheme}://kombo.example.com/v1")

        assert b"Proxy-Authorization: Basic bWU6bXkgb3du\r\n" in proxy.received[0], scheme


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


# --- connections


def test_many_threads_share_the_connections_that_are_kept(serve: Callable[..., Host]) -> None:
    together = threading.Barrier(4)

    def talk(host: Host, line: Line) -> None:
        while host.asked(line):
            together.wait(SOON)
            line.sendall(WHOLE)

    host, transport = serve(talk), Transport(2)
    ask = partial(get, transport, f"http://127.0.0.1:{host.port}/")
    before = set(threading.enumerate())
    with ThreadPoolExecutor(4) as threads:
        assert [one.content for one in threads.map(lambda _: ask(), range(4))] == [BODY] * 4
        begun = [one.name for one in {*threading.enumerate()} - before]
    assert begun.count("deadlines") == 1

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


def test_nobody_there_is_told(transport: Transport) -> None:
    told = {"127.0.0.1": "connection refused", "kombo.invalid": "the host name is not known"}
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        for name, text in told.items():
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
