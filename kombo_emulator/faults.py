"""What can go wrong between Kombo and a reader, by name: what is sent instead of an answer.

A fault is a function of the request and the right answer. `Emulator.alter` takes one.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Mapping
from functools import partial
from http import HTTPStatus
from typing import Any, TypeAlias

import msgspec
from starlette.responses import Response

from kombo_emulator.emulator import json_response
from kombo_emulator.exchange import ApiError, Received
from kombo_emulator.server import End, WireResponse

Fault: TypeAlias = Callable[[Received, Response], Response]

CODES: Mapping[str, int] = {
    "PLATFORM.AUTHENTICATION_INVALID": 401,
    "PLATFORM.IP_NOT_WHITELISTED": 403,
    "PLATFORM.INTEGRATION_NOT_FOUND": 404,
    "PLATFORM.INPUT_INVALID": 400,
    "PLATFORM.UNKNOWN_ERROR": 500,
    "PLATFORM.TASK_TIMED_OUT": 504,
    "INTEGRATION.SETUP_SYNC_PENDING": 409,
    "INTEGRATION.SETUP_INCOMPLETE": 409,
    "INTEGRATION.QA_FAILED": 409,
    "INTEGRATION.INACTIVE": 403,
    "INTEGRATION.AUTHENTICATION_INVALID": 403,
    "INTEGRATION.PERMISSION_MISSING": 403,
    "INTEGRATION.MODEL_NOT_AVAILABLE": 403,
    "INTEGRATION.MODEL_DISABLED": 403,
    "INTEGRATION.ACTION_NOT_AVAILABLE": 403,
    "INTEGRATION.ACTION_DISABLED": 403,
    "REMOTE.SERVICE_UNAVAILABLE": 503,
    "REMOTE.RATE_LIMIT_EXCEEDED": 429,
    "REMOTE.INPUT_INVALID": 400,
    "REMOTE.UNKNOWN_HTTP_ERROR": 502,
    "ATS.JOB_CLOSED": 400,
    "PLATFORM.NEVER_HEARD_OF": 418,
}
"""A refusal for each error code that is no matter of limits, with a status it may come with."""


def refuse(status: int, code: str | None, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer with an error as Kombo does it."""
    body = ApiError(status, code, "it was not to be").body()
    return lambda _, __: json_response(body, status, headers)


def say(body: bytes, status: int = 200, headers: Mapping[str, str] | None = None) -> Fault:
    """Answer with something that is not Kombo's, as a load balancer does it."""
    return lambda _, __: Response(body, status, headers)


def change(**changes: Any) -> Fault:  # noqa: ANN401
    """Answer with a changed envelope; what begins with `data_` goes into `data`."""

    def changed(_: Received, right: Response) -> Response:
        if right.status_code != HTTPStatus.OK:
            return right
        answer: dict[str, Any] = msgspec.json.decode(right.body)
        for name, value in changes.items():
            place = answer["data"] if name.startswith("data_") else answer
            place[name.removeprefix("data_")] = value
        return json_response(answer)

    return changed


def spoil(value: bytes | None, name: str = "title") -> Fault:
    """Put something into the first record of a list, in the bytes of its JSON, or take it out."""

    def spoiled(_: Received, right: Response) -> Response:
        answer: dict[str, Any] = msgspec.json.decode(right.body)
        records = (answer.get("data") or {}).get("results")
        if not records:
            return right
        if value is None:
            records[0].pop(name, None)
        else:
            records[0][name] = msgspec.Raw(value)
        return json_response(answer)

    return spoiled


def circle(back: int) -> Fault:
    """Let `next` be a cursor used before: of the page itself, or so many pages further back."""
    seen: defaultdict[tuple[str | None, str], list[str]] = defaultdict(list)

    def circled(asked: Received, right: Response) -> Response:
        used = seen[asked.integration_id, asked.path]
        if cursor := asked.params.get("cursor"):
            used.append(cursor)
        return right if len(used) <= back else change(data_next=used[-1 - back])(asked, right)

    return circled


def cut(upto: str, end: End = "close") -> Fault:
    """Send the first bytes of an answer only."""

    def first(_: Received, right: Response) -> Response:
        head, body = _head(right), bytes(right.body)
        half = body[: len(body) // 2]
        without_length = re.sub(rb"content-length: \d+", b"connection: close", head)
        told = b"content-length: %d\r\nconnection: close" % len(half)
        shorter = re.sub(rb"content-length: \d+", told, head)
        sent = {
            "nothing": b"",
            "in the headers": head[: len(head) // 2],
            "the headers": head,
            "in the body": head + half,
            "in a body without a length": without_length + half,
            "in a body with the length of what came": shorter + half,
        }[upto]
        return WireResponse(sent, end=end, status=right.status_code)

    return first


def dribble(*, headers: bool) -> Fault:
    """Send an answer byte by byte, never silent for long and never done in time."""

    def slowly(_: Received, right: Response) -> Response:
        head, body = _head(right), bytes(right.body)
        quick, slow = (b"", head + body) if headers else (head, body)
        pieces = (slow[at : at + 1] for at in range(len(slow)))
        return WireResponse(quick, *pieces, pause_seconds=0.1, status=right.status_code)

    return slowly


def _head(response: Response) -> bytes:
    lines = [b"HTTP/1.1 %d OK" % response.status_code]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join((*lines, b"", b""))


_LIMIT = "PLATFORM.RATE_LIMIT_EXCEEDED"

LIMITS: Mapping[str, Fault] = {
    "429 with ratelimit-reset": refuse(429, _LIMIT, {"ratelimit-reset": "0"}),
    "429 with retry-after in seconds": refuse(429, _LIMIT, {"retry-after": "0"}),
    "429 with retry-after as a date": refuse(
        429, _LIMIT, {"retry-after": "Mon, 23 Nov 2020 10:00:00 GMT"}
    ),
    "429 with an unreadable retry-after": refuse(429, _LIMIT, {"retry-after": "soon"}),
    "429 without a hint": refuse(429, _LIMIT),
    "429 without a body": say(b"", 429),
    "429 for concurrency": refuse(429, "PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", {"retry-after": "0"}),
}
"""Too many requests, for a moment."""

PASSING: Mapping[str, Fault] = {
    "500 without a code": refuse(500, None),
    "502 as HTML": say(b"<html><body>Bad Gateway</body></html>", 502),
    "503 as text": say(b"upstream connect error", 503),
    "503 empty": say(b"", 503),
    "503 without a code": refuse(503, None),
    "504 without a code": refuse(504, None),
    "reset before the answer": cut("nothing", end="reset"),
    "reset in the headers": cut("in the headers", end="reset"),
    "reset between headers and body": cut("the headers", end="reset"),
    "reset in the body": cut("in the body", end="reset"),
    "closed before the answer": cut("nothing"),
    "closed in the headers": cut("in the headers"),
    "cut short, length told": cut("in the body"),
    "cut short, no length told": cut("in a body without a length"),
    "cut short, length wrong": cut("in a body with the length of what came"),
    "a byte at a time": dribble(headers=False),
    "a byte at a time from the first": dribble(headers=True),
    "silence": cut("nothing", end="hold"),
    "silence after the headers": cut("the headers", end="hold"),
    "not gzip as told": say(b'{"status":"success"}', headers={"content-encoding": "gzip"}),
    "200 empty": say(b""),
    "200 as HTML": say(b"<html>Log in</html>"),
    "invalid UTF-8": say(b'{"status":"success","data":{"results":[{"id":"\xff"}],"next":null}}'),
    "NaN": say(b'{"status":"success","data":{"results":[{"id":NaN}],"next":null}}'),
    "nested too deeply": say(b"[" * 100_000),
    "an error with status 200": refuse(200, None),
    "no data": change(data=None),
    "results that are an object": change(data_results={}),
    "results of texts": change(data_results=["one"]),
    "next that is a number": change(data_next=7),
}
"""What may be over when the request is sent again."""

REFUSALS: Mapping[str, Fault] = {
    **{code: refuse(status, code) for code, status in CODES.items()},
    **{
        f"{code} with 503": refuse(503, code)
        for code, status in CODES.items()
        if status == HTTPStatus.CONFLICT
    },
    "PERMISSION_MISSING with status 200": refuse(200, "INTEGRATION.PERMISSION_MISSING"),
    "409 without a code": refuse(409, None),
    "403 without a code": refuse(403, None),
    "404 as HTML": say(b"<html>Not found</html>", 404),
    "302 to another host": say(b"", 302, {"location": "http://127.0.0.2/v1/"}),
}
"""What an answer says by its code or status."""

CIRCLES: Mapping[str, Callable[[], Fault]] = {
    "next is the page itself": partial(circle, 0),
    "next is the page before": partial(circle, 1),
}
"""Pages without an end; each pass needs one of its own."""

_NESTED = b'{"a":' * 975 + b"1" + b"}" * 975

SPOILED: Mapping[str, Fault] = {
    "half of a surrogate pair": spoil(rb'"Anna \ud83d"'),
    "the other half": spoil(rb'"\udc4d Anna"'),
    "half of a pair as a key": spoil(rb'{"\ud83d":1}', "remote_data"),
    "U+2028": spoil(rb'"a\u2028b"'),
    "U+0000": spoil(rb'"a\u0000b"'),
    "975 levels": spoil(_NESTED, "remote_data"),
    "975 levels in a text": spoil(_NESTED),
    "a number beyond all floats": spoil(b"1e400", "remote_data"),
    "a number beyond all floats in a text": spoil(b"1e400"),
    "a number of 5000 digits": spoil(b"9" * 5000, "remote_data"),
    "an object for a text": spoil(b'{"a":[1]}'),
    "no day of the calendar": spoil(b'"2026-02-30T10:00:00Z"', "starting_at"),
    "no id": spoil(None, "id"),
    "null for an id": spoil(b"null", "id"),
    "a number for an id": spoil(b"7", "id"),
}
"""One record of a good page that not everybody can store as it is; the others are as ever."""

GATEWAYS: Mapping[str, Fault] = {
    f"{status} {form}": say(body, status)
    for status in (401, 403, 404, 409)
    for form, body in (
        ("as text", b"no"),
        ("as HTML", b"<html>no</html>"),
        ("empty", b""),
        ("as foreign JSON", b'{"message":"no"}'),
    )
}
"""Refusals by something in between, which knows no code."""

HINTED: Mapping[str, Fault] = {
    f"{code} with retry-after": refuse(status, code, {"retry-after": "30"})
    for code, status in CODES.items()
}
"""Each refusal of `CODES` with a time after which to ask again."""

RELABELLED: Mapping[str, Fault] = {
    f"{code} with {status}": refuse(status, code)
    for code, statuses in (
        ("PLATFORM.RATE_LIMIT_EXCEEDED", (200, 403, 500, 503)),
        ("PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", (200, 403, 500, 503)),
        ("PLATFORM.AUTHENTICATION_INVALID", (403, 500)),
        ("REMOTE.SERVICE_UNAVAILABLE", (500,)),
        ("REMOTE.RATE_LIMIT_EXCEEDED", (503,)),
        ("INTEGRATION.MODEL_DISABLED", (404,)),
    )
    for status in statuses
}
"""Codes with another status than the usual: the code decides."""
