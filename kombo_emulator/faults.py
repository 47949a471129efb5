"""What can go wrong between Kombo and a reader, by name: what is sent instead of an answer.

A fault is a function of the request and the right answer. `Emulator.alter` takes one.
"""

from __future__ import annotations

import re
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


def refuse(
    _: Received,
    __: Response,
    *,
    status: int,
    code: str | None,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with an error as Kombo does it."""
    return json_response(ApiError(status, code, "it was not to be").body(), status, headers)


def say(
    _: Received,
    __: Response,
    *,
    body: bytes,
    status: int = 200,
    headers: Mapping[str, str] | None = None,
) -> Response:
    """Answer with something that is not Kombo's, as a load balancer does it."""
    return Response(body, status, headers)


def change(_: Received, right: Response, **changes: Any) -> Response:  # noqa: ANN401
    """Answer with a changed envelope; what begins with `data_` goes into `data`."""
    if right.status_code != HTTPStatus.OK:
        return right
    answer: dict[str, Any] = msgspec.json.decode(right.body)
    for name, value in changes.items():
        if name.startswith("data_"):
            answer["data"][name.removeprefix("data_")] = value
        else:
            answer[name] = value
    return json_response(answer)


def spoil(_: Received, right: Response, *, value: bytes | None, name: str = "title") -> Response:
    """Put something into the first record of a list, in the bytes of its JSON, or take it out."""
    answer: dict[str, Any] = msgspec.json.decode(right.body)
    records = (answer.get("data") or {}).get("results")
    if not records:
        return right
    if value is None:
        records[0].pop(name, None)
    else:
        records[0][name] = msgspec.Raw(value)
    return json_response(answer)


class Circle:
    """Lets `next` be a cursor that was used before: that of the page itself, or an earlier one.

    Attributes:
        back: How many pages it leads back; 0 is the page itself.
    """

    def __init__(self, back: int) -> None:
        """Begin without having seen a cursor."""
        self.back = back
        self._seen: dict[tuple[str | None, str], list[str]] = {}

    def __call__(self, asked: Received, right: Response) -> Response:
        """Answer with the right records and a wrong `next`."""
        seen = self._seen.setdefault((asked.integration_id, asked.path), [])
        if cursor := asked.params.get("cursor"):
            seen.append(cursor)
        if len(seen) <= self.back:
            return right
        return change(asked, right, data_next=seen[-1 - self.back])


def cut(_: Received, right: Response, *, upto: str, end: End = "close") -> Response:
    """Send the first bytes of an answer only."""
    head, body = _head(right), bytes(right.body)
    half = body[: len(body) // 2]
    without_length = re.sub(rb"content-length: \d+", b"connection: close", head)
    told = b"content-length: %d\r\nconnection: close" % len(half)
    shorter = re.sub(rb"content-length: \d+", told, head)
    first = {
        "nothing": b"",
        "in the headers": head[: len(head) // 2],
        "the headers": head,
        "in the body": head + half,
        "in a body without a length": without_length + half,
        "in a body with the length of what came": shorter + half,
    }[upto]
    return WireResponse(first, end=end, status=right.status_code)


def dribble(_: Received, right: Response, *, headers: bool) -> Response:
    """Send an answer byte by byte, never silent for long and never done in time."""
    head, body = _head(right), bytes(right.body)
    quick, slow = (b"", head + body) if headers else (head, body)
    pieces = (slow[at : at + 1] for at in range(len(slow)))
    return WireResponse(quick, *pieces, pause_seconds=0.1, status=right.status_code)


def _head(response: Response) -> bytes:
    lines = [b"HTTP/1.1 %d OK" % response.status_code]
    lines += [name + b": " + value for name, value in response.raw_headers]
    return b"\r\n".join((*lines, b"", b""))


_limit = partial(refuse, status=429, code="PLATFORM.RATE_LIMIT_EXCEEDED")

LIMITS: Mapping[str, Fault] = {
    "429 with ratelimit-reset": partial(_limit, headers={"ratelimit-reset": "0"}),
    "429 with retry-after in seconds": partial(_limit, headers={"retry-after": "0"}),
    "429 with retry-after as a date": partial(
        _limit, headers={"retry-after": "Mon, 23 Nov 2020 10:00:00 GMT"}
    ),
    "429 with an unreadable retry-after": partial(_limit, headers={"retry-after": "soon"}),
    "429 without a hint": _limit,
    "429 without a body": partial(say, status=429, body=b""),
    "429 for concurrency": partial(
        refuse, status=429, code="PLATFORM.CONCURRENCY_LIMIT_EXCEEDED", headers={"retry-after": "0"}
    ),
}
"""Too many requests, for a moment."""

PASSING: Mapping[str, Fault] = {
    "500 without a code": partial(refuse, status=500, code=None),
    "502 as HTML": partial(say, status=502, body=b"<html><body>Bad Gateway</body></html>"),
    "503 as text": partial(say, status=503, body=b"upstream connect error"),
    "503 empty": partial(say, status=503, body=b""),
    "503 without a code": partial(refuse, status=503, code=None),
    "504 without a code": partial(refuse, status=504, code=None),
    "reset before the answer": partial(cut, upto="nothing", end="reset"),
    "reset in the headers": partial(cut, upto="in the headers", end="reset"),
    "reset between headers and body": partial(cut, upto="the headers", end="reset"),
    "reset in the body": partial(cut, upto="in the body", end="reset"),
    "closed before the answer": partial(cut, upto="nothing"),
    "closed in the headers": partial(cut, upto="in the headers"),
    "cut short, length told": partial(cut, upto="in the body"),
    "cut short, no length told": partial(cut, upto="in a body without a length"),
    "cut short, length wrong": partial(cut, upto="in a body with the length of what came"),
    "a byte at a time": partial(dribble, headers=False),
    "a byte at a time from the first": partial(dribble, headers=True),
    "silence": partial(cut, upto="nothing", end="hold"),
    "silence after the headers": partial(cut, upto="the headers", end="hold"),
    "not gzip as told": partial(
        say, body=b'{"status":"success"}', headers={"content-encoding": "gzip"}
    ),
    "200 empty": partial(say, body=b""),
    "200 as HTML": partial(say, body=b"<html>Log in</html>"),
    "invalid UTF-8": partial(
        say, body=b'{"status":"success","data":{"results":[{"id":"\xff"}],"next":null}}'
    ),
    "NaN": partial(say, body=b'{"status":"success","data":{"results":[{"id":NaN}],"next":null}}'),
    "nested too deeply": partial(say, body=b"[" * 100_000),
    "an error with status 200": partial(refuse, status=200, code=None),
    "no data": partial(change, data=None),
    "results that are an object": partial(change, data_results={}),
    "results of texts": partial(change, data_results=["one"]),
    "next that is a number": partial(change, data_next=7),
}
"""What may be over when the request is sent again."""

REFUSALS: Mapping[str, Fault] = {
    **{code: partial(refuse, status=status, code=code) for code, status in CODES.items()},
    **{
        f"{code} with 503": partial(refuse, status=503, code=code)
        for code, status in CODES.items()
        if status == HTTPStatus.CONFLICT
    },
    "PERMISSION_MISSING with status 200": partial(
        refuse, status=200, code="INTEGRATION.PERMISSION_MISSING"
    ),
    "409 without a code": partial(refuse, status=409, code=None),
    "403 without a code": partial(refuse, status=403, code=None),
    "404 as HTML": partial(say, status=404, body=b"<html>Not found</html>"),
    "302 to another host": partial(
        say, status=302, body=b"", headers={"location": "http://127.0.0.2/v1/"}
    ),
}
"""What an answer says by its code or status."""

CIRCLES: Mapping[str, Callable[[], Fault]] = {
    "next is the page itself": partial(Circle, 0),
    "next is the page before": partial(Circle, 1),
}
"""Pages without an end; each pass needs one of its own."""

_NESTED = b'{"a":' * 975 + b"1" + b"}" * 975

SPOILED: Mapping[str, Fault] = {
    "half of a surrogate pair": partial(spoil, value=rb'"Anna \ud83d"'),
    "the other half": partial(spoil, value=rb'"\udc4d Anna"'),
    "half of a pair as a key": partial(spoil, value=rb'{"\ud83d":1}', name="remote_data"),
    "U+2028": partial(spoil, value=rb'"a\u2028b"'),
    "U+0000": partial(spoil, value=rb'"a\u0000b"'),
    "975 levels": partial(spoil, value=_NESTED, name="remote_data"),
    "975 levels in a text": partial(spoil, value=_NESTED),
    "a number beyond all floats": partial(spoil, value=b"1e400", name="remote_data"),
    "a number beyond all floats in a text": partial(spoil, value=b"1e400"),
    "a number of 5000 digits": partial(spoil, value=b"9" * 5000, name="remote_data"),
    "an object for a text": partial(spoil, value=b'{"a":[1]}'),
    "no day of the calendar": partial(spoil, value=b'"2026-02-30T10:00:00Z"', name="starting_at"),
    "no id": partial(spoil, value=None, name="id"),
    "null for an id": partial(spoil, value=b"null", name="id"),
    "a number for an id": partial(spoil, value=b"7", name="id"),
}
"""One record of a good page that not everybody can store as it is; the others are as ever."""

GATEWAYS: Mapping[str, Fault] = {
    f"{status} {form}": partial(say, status=status, body=body)
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
    f"{code} with retry-after": partial(
        refuse, status=status, code=code, headers={"retry-after": "30"}
    )
    for code, status in CODES.items()
}
"""Each refusal of `CODES` with a time after which to ask again."""

RELABELLED: Mapping[str, Fault] = {
    f"{code} with {status}": partial(refuse, status=status, code=code)
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
