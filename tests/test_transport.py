"""Where the key goes, and how long an answer may take."""

from __future__ import annotations

import socket
import socketserver
import threading
from typing import TYPE_CHECKING

import pytest
import trustme
from singer_sdk.authenticators import BearerTokenAuthenticator
from singer_sdk.streams.rest import HTTPRequest
from support import KEY, Kombo, Sent, expected

from kombo_emulator import Size, serve
from kombo_emulator.faults import PASSING
from tap_kombo.errors import KomboError
from tap_kombo.transport import NoAnswerError, Transport, UntrustedError
from tap_kombo.verdict import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.responses import Response

    from kombo_emulator import Emulator
    from kombo_emulator.received import Received
    from tap_kombo.transport import Answer

A = "greenhouse:demo"
AUTH = BearerTokenAuthenticator(token=KEY)


def get(url: str, seconds: float = 10) -> Answer:
    return Transport().send(HTTPRequest(url=url), AUTH, seconds)


class Recorder(socketserver.BaseRequestHandler):
    """Remembers what a host is sent, and answers that there is nothing."""

    def handle(self) -> None:
        assert isinstance(self.server, Host)
        self.server.received.append(self.request.recv(65536))
        self.request.sendall(b"HTTP/1.1 204 No Content\r\nConnection: close\r\n\r\n")


class Host(socketserver.ThreadingTCPServer):
    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Recorder)
        self.received: list[bytes] = []


@pytest.fixture
def other_host() -> Iterator[Host]:
    with Host() as host:
        thread = threading.Thread(target=host.serve_forever)
        thread.start()
        yield host
        host.shutdown()
        thread.join()


@pytest.fixture
def authority() -> trustme.CA:
    return trustme.CA()


def certified(authority: trustme.CA, name: str, folder: Path) -> Path:
    file = folder / "server.pem"
    authority.issue_cert(name).private_key_and_cert_chain_pem.write_to_path(file)
    return file


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.mark.parametrize(
    "env", ["", "CURL_CA_BUNDLE", "REQUESTS_CA_BUNDLE", "PYTHONHTTPSVERIFY", "SSL_CERT_FILE"]
)
def test_a_host_that_cannot_prove_who_it_is_gets_no_request(
    emulator: Emulator,
    authority: trustme.CA,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    env: str,
) -> None:
    """No variable switches the check off."""
    if env:
        monkeypatch.setenv(env, "0" if env == "PYTHONHTTPSVERIFY" else "")
    file = certified(authority, "127.0.0.1", tmp_path)

    with serve(emulator, certificate=file) as url, pytest.raises(UntrustedError):
        get(f"{url}/check-api-key")

    assert emulator.requests == []


def test_a_certificate_of_another_host_is_refused(
    emulator: Emulator, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    file = certified(authority, "kombo.example.com", tmp_path)

    with serve(emulator, certificate=file) as url, pytest.raises(UntrustedError):
        get(f"{url}/check-api-key")

    assert emulator.requests == []


def test_an_authority_of_ones_own_is_trusted(
    emulator: Emulator, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))

    with serve(emulator, certificate=certified(authority, "127.0.0.1", tmp_path)) as url:
        assert get(f"{url}/check-api-key").status == 200


def test_a_wrong_certificate_stops_the_run(
    emulator: Emulator, authority: trustme.CA, tmp_path: Path
) -> None:
    emulator.add_integration(A)
    with (
        serve(emulator, certificate=certified(authority, "127.0.0.1", tmp_path)) as url,
        pytest.raises(KomboError, match="cannot prove that it is Kombo") as caught,
    ):
        Kombo(emulator, url).run(A)

    assert "REQUESTS_CA_BUNDLE" in str(caught.value)


def test_a_late_answer_over_tls_is_cut_off(
    emulator: Emulator, authority: trustme.CA, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    authority.cert_pem.write_to_path(tmp_path / "ca.pem")
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", str(tmp_path / "ca.pem"))
    emulator.alter = PASSING["a byte at a time"]

    with serve(emulator, certificate=certified(authority, "127.0.0.1", tmp_path)) as url:
        with pytest.raises(NoAnswerError, match="not complete after 1 second"):
            get(f"{url}/check-api-key", 1)
        emulator.alter = None
        assert get(f"{url}/check-api-key").status == 200


def test_the_key_stays_with_its_host(kombo: Kombo, other_host: Host) -> None:
    kombo.emulator.add_integration(A)
    address, port = other_host.server_address[:2]

    def redirect(_: Received, right: Response) -> Response:
        right.status_code = 307
        right.headers["location"] = f"http://{address!s}:{port}/v1/ats/interviews"
        return right

    kombo.emulator.alter = redirect
    with pytest.raises(RunFailedError):
        kombo.run(A)

    assert kombo.emulator.requests
    assert other_host.received == []


@pytest.mark.parametrize("scheme", ["http", "https"])
def test_a_proxy_is_taken_from_the_environment(
    other_host: Host, monkeypatch: pytest.MonkeyPatch, scheme: str
) -> None:
    monkeypatch.setenv(f"{scheme}_proxy", f"http://127.0.0.1:{other_host.server_address[1]}")
    monkeypatch.delenv("no_proxy", raising=False)

    if scheme == "http":
        assert get("http://kombo.example.com/v1").status == 204
        assert other_host.received[0].startswith(b"GET http://kombo.example.com/v1 HTTP/1.1")
    else:
        with pytest.raises(NoAnswerError):  # it does not let us through
            get("https://kombo.example.com/v1")
        assert other_host.received[0].startswith(b"CONNECT kombo.example.com:443 HTTP/1.")
        assert KEY.encode() not in other_host.received[0]


@pytest.mark.parametrize(
    ("host", "what"),
    [("127.0.0.1", "connection refused"), ("kombo.invalid", "the host name is not known")],
)
@pytest.mark.usefixtures("_no_waiting")
def test_nobody_there_is_an_error_and_no_loss(
    emulator: Emulator, caplog: pytest.LogCaptureFixture, host: str, what: str
) -> None:
    emulator.add_integration(A)
    port = free_port()
    url = f"http://{host}:{port}/v1"
    sent = Sent()

    with pytest.raises(RunFailedError):
        Kombo(emulator, url).run(A, sent=sent, max_retries=1, allow_http=True)

    assert sent.records() == []
    assert sent.bookmark(A) is None
    assert f"no complete answer came from Kombo [{what}]" in caplog.text
    with serve(emulator, port=port) as url:
        kombo = Kombo(emulator, url)
        assert len(kombo.run(A, state=sent.state).records()) == len(expected(kombo, A))


@pytest.mark.usefixtures("_no_waiting")
def test_a_server_that_goes_away_and_comes_back(emulator: Emulator) -> None:
    """What was read is kept, and the next run goes on where this one stopped."""
    emulator.add_integration(A, "ATS", Size(interviews=40))
    sent, port, ended = Sent(), free_port(), threading.Event()
    server = serve(emulator, port=port)
    url = server.__enter__()

    def end() -> None:
        if len(sent.records()) == 20 and not ended.is_set():
            server.__exit__(None, None, None)
            ended.set()

    sent.before = end
    with pytest.raises(RunFailedError):
        Kombo(emulator, url).run(A, page_size=5, sent=sent, max_retries=1)

    assert ended.is_set()
    assert 20 <= len(sent.records()) < 40
    assert sent.bookmark(A) is None
    with serve(emulator, port=port) as url:
        kombo = Kombo(emulator, url)
        more = kombo.run(A, page_size=5, state=sent.state)
        assert {one["id"] for one in sent.records() + more.records()} == set(expected(kombo, A))
        assert more.bookmark(A)
