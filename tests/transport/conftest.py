from __future__ import annotations

import contextlib
import socket
import threading
from functools import partial
from typing import TYPE_CHECKING

import pytest
import trustme
from transport.hosts import Host, Line, Scene, certified

from tap_kombo.api.transport import Transport

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def authority(tmp_path: Path) -> trustme.CA:
    authority = trustme.CA()
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    return authority


@pytest.fixture
def tls(authority: trustme.CA) -> ssl.SSLContext:
    return certified(authority, "127.0.0.1")


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
