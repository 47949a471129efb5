"""A whole answer or an error, and nothing told."""

from __future__ import annotations

import contextlib
import gzip
import logging
import re
import socket
import struct
import time
import zlib
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest
import requests
from transport.hosts import BODY, OK, SECRET, WHOLE, Host, Line, Scene, answering, asking, get

from tap_kombo.api.transport import NoAnswerError, Transport

if TYPE_CHECKING:
    from collections.abc import Callable


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


INTERIM = (100, 101, 102, 103, 199)
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
    **{f"after {one}": b"HTTP/1.1 %d Soon\r\nLink: </x>\r\n\r\n" % one + WHOLE for one in INTERIM},
    "after several": b"HTTP/1.1 102 Soon\r\n\r\nHTTP/1.1 103 Soon\r\n\r\n" + WHOLE,
}


def test_a_body_comes_in_many_forms(transport: Transport, serve: Callable[..., Host]) -> None:
    ports = {form: serve(answering(answer, close=True)).port for form, answer in FORMS.items()}

    bodies = {
        form: get(transport, f"http://127.0.0.1:{port}/").content for form, port in ports.items()
    }

    assert bodies == dict.fromkeys(FORMS, BODY)


def test_an_answer_is_that_of_its_own_request(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    """What follows an interim answer on the line is not left to the next request."""

    def talk(host: Host, line: Line) -> None:
        for number in range(3):
            host.asked(line)
            line.sendall(b"HTTP/1.1 103 Early Hints\r\n\r\n")
            line.sendall(OK + b"Content-Length: 1\r\n\r\n%d" % number)

    host = serve(talk)

    bodies = [get(transport, f"http://127.0.0.1:{host.port}/").content for _ in range(3)]

    assert bodies == [b"0", b"1", b"2"]
    assert host.opened == 1


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


def test_half_an_answer_or_a_wrong_one_is_none(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    told = {}
    for wrong, (answer, _) in WRONG.items():
        url = f"http://127.0.0.1:{serve(answering(answer, close=True)).port}/"
        try:
            told[wrong] = str(get(transport, url))
        except NoAnswerError as error:
            told[wrong] = str(error)

    assert told == {wrong: text for wrong, (_, text) in WRONG.items()}


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


REQUESTS: dict[str, list[dict[str, Any]]] = {
    "LocationValueError": [{"url": None}, {"url": f"{SECRET}"}],
    "URLSchemeUnknown": [{"url": f"ftp://127.0.0.1/{SECRET}"}],
    "LocationParseError": [{"url": f"http://127.0.0.1:99999/{SECRET}"}],
    ".": [
        {"url": f"http://{'a' * 64}.example.com/{SECRET}"},
        {"url": f"http://a..example.com/{SECRET}"},
        {"headers": {"X": object()}},
    ],
    "ValueError": [
        {"url": f"http://[::1/{SECRET}"},
        {"method": f"GET {SECRET}"},
        {"headers": {"X": f"{SECRET}\n{SECRET}"}},
        {"headers": {f"{SECRET}:": "x"}},
    ],
    "UnicodeEncodeError": [{"headers": {"X": f"{SECRET}\u20ac"}}],
    "TypeError": [{"body": object()}],
}
"""What is wrong with a request, by what the error tells."""


def test_whatever_is_wrong_with_a_request_ends_in_one_kind_of_error(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    url = f"http://127.0.0.1:{serve(answering(WHOLE)).port}/?email={SECRET}"
    for kind, change in ((kind, one) for kind, some in REQUESTS.items() for one in some):
        request = asking(url)
        vars(request).update(change)

        with pytest.raises(NoAnswerError) as caught:
            transport.send(request, 30)

        assert re.search(kind, str(caught.value)), change
        assert SECRET not in str(caught.value), change
        assert caught.value.__context__ is None, change
        assert caught.value.__cause__ is None, change


def test_whatever_the_time_is_it_ends_in_one_kind_of_error(
    transport: Transport, serve: Callable[..., Host]
) -> None:
    host = serve(answering(WHOLE))
    for seconds in (0, -1, float("nan"), float("inf"), 1e12):
        with contextlib.suppress(NoAnswerError):
            get(transport, f"http://127.0.0.1:{host.port}/", seconds)

        assert get(transport, f"http://127.0.0.1:{host.port}/").content == BODY, seconds


def test_nothing_is_logged(
    transport: Transport, serve: Callable[..., Host], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.handler.setLevel(logging.NOTSET)
    for answer in (
        WHOLE,
        b"",
        OK + b"Content-Length: 21\r\nbroken\r\n\r\n" + BODY,
        OK + b"Content-Length: 21\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    ):
        host = serve(answering(answer, close=True))

        with contextlib.suppress(NoAnswerError):
            get(transport, f"http://127.0.0.1:{host.port}/?email={SECRET}")

        assert host.received, answer
        assert caplog.records == [], answer
