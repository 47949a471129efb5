"""An answer becomes records or a problem: the only place that reads status, code and headers."""

from __future__ import annotations

import re
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from email.utils import parsedate_to_datetime
from http import HTTPStatus
from math import ceil
from typing import TYPE_CHECKING, Any

import msgspec
import pendulum

from tap_kombo.api.limits import Grant
from tap_kombo.api.mending import UNSTORABLE, Unstorable, mend
from tap_kombo.api.problems import (
    KEY_REFUSED,
    KEY_REFUSED_HERE,
    LIMITED,
    REDIRECTED,
    REFUSED,
    RETRIED,
    RULES,
    TRANSIENT,
    UNREADABLE,
    Action,
    Pause,
    Problem,
    Rule,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    import requests

Record = dict[str, Any]


class EnvelopeError(ValueError):
    """An answer that is not what Kombo documents; names no value of it."""

    rule = UNREADABLE

    @property
    def problem(self) -> Problem:
        """What that means."""
        return Problem(self.rule, str(self))


@dataclass(frozen=True)
class Page:
    """One page of a list."""

    records: list[Record]  # as Kombo sent them
    next: str | None = None  # cursor of the following page; `None` on the last one
    served_at: pendulum.DateTime | None = None  # when it was asked for by the server's clock
    suspect: bool = False  # whether values that no database stores may be in the records
    left_out: tuple[str, ...] = ()  # of each parent that was refused, why


MAX_LIMIT = 10**9
"""Nobody grants so many requests; with a limit of 400 digits nothing can be reckoned."""


class _Error(msgspec.Struct):
    code: Any = None
    log_url: Any = None


class _Envelope(msgspec.Struct):
    status: str
    data: dict[str, Any] | None = None
    error: _Error | None = None
    suspect: bool = False


def _storable(text: str) -> Decimal | Unstorable:
    """Read a number; one beyond all exponents costs no more than itself."""
    try:
        return Decimal(text)
    except InvalidOperation:
        return UNSTORABLE


# Decimals keep a number exactly as Kombo wrote it.
_decoder = msgspec.json.Decoder(_Envelope, float_hook=Decimal)
_patient = msgspec.json.Decoder(_Envelope, float_hook=_storable)

_CODE = re.compile(r"[A-Z_]{1,40}(\.[A-Z_]{1,60})?")
_LOG_URL = re.compile(r"https://[a-z0-9.-]{1,60}/[A-Za-z0-9/_-]{1,200}")
_OF_TOOL = ("REMOTE.", "INTEGRATION.")
_SUCCESS, _REDIRECTION, _SERVER_ERROR = 2, 3, 5


def data_of(response: requests.Response) -> dict[str, Any]:
    """Return the `data` of a successful answer.

    Raises:
        EnvelopeError: If the answer is not the documented envelope
            (docs.kombo.dev/getting-started/querying-api).
    """
    envelope = vars(response).get("envelope") or _envelope_of(response)
    if envelope.status != "success" or envelope.data is None:
        msg = "`status` is not `success` or `data` is missing"
        raise EnvelopeError(msg)
    return envelope.data


def records_of(response: requests.Response, records_key: str | None) -> list[Record]:
    """Return the records of a successful answer; without a `records_key`, `data` is the only one.

    Raises:
        EnvelopeError: If there is no list of objects.
    """
    data = data_of(response)
    records = data.get(records_key) if records_key else [data]
    if not isinstance(records, list) or not all(isinstance(one, dict) for one in records):
        msg = f"`data.{records_key}` is not a list of objects"
        raise EnvelopeError(msg)
    return records


def next_of(response: requests.Response) -> str | None:
    """Return the cursor of the following page; `None`, and only that, says that there is none.

    Raises:
        EnvelopeError: If `data.next` is missing or no cursor.
    """
    data = data_of(response)
    cursor = data.get("next")
    if "next" not in data or not isinstance(cursor, str | None) or cursor == "":
        msg = "`data.next` is neither a text nor null"
        raise EnvelopeError(msg)
    return cursor


def served_at(response: requests.Response) -> pendulum.DateTime | None:
    """Return when a request was sent, by the server's `Date`; `None` if that cannot be read.

    The header has whole seconds, and so has what is taken off for the time that the answer took,
    rounded up: the moment may be too early, but never too late.
    """
    moment = _moment(response.headers.get("Date"))
    return moment and moment.subtract(seconds=ceil(response.elapsed.total_seconds()))


def is_suspect(response: requests.Response) -> bool:
    """Return whether values that no database stores may be in the records."""
    return _envelope_of(response).suspect


def grant_of(response: requests.Response) -> Grant | None:
    """Return what an answer says of the request limit, if it says all of it believably.

    Kombo sends `ratelimit-limit`, `ratelimit-remaining` and `ratelimit-reset` in seconds
    (docs.kombo.dev/assessment/getting-started/fetching-data).
    """
    headers = response.headers
    try:
        limit, remaining, reset = (
            int(headers[f"ratelimit-{name}"]) for name in ("limit", "remaining", "reset")
        )
    except (KeyError, ValueError):
        return None
    return Grant(limit, remaining, reset) if limit < MAX_LIMIT else None


def problem_of(response: requests.Response, *, key_works: bool) -> Problem | None:
    """Judge an answer, by Kombo's code first and by HTTP status then; never by its message.

    Args:
        response: The answer.
        key_works: Whether Kombo has accepted the API key in this run.

    Returns:
        The problem; `None` for an answer that holds records.
    """
    status, told = response.status_code, _Error()
    try:
        envelope = _envelope_of(response)
    except EnvelopeError as error:
        if status == HTTPStatus.OK:
            return Problem(UNREADABLE, str(error), status=status)
    else:
        if status == HTTPStatus.OK and envelope.status != "error":
            return None
        told = envelope.error or told
    code = told.code if isinstance(told.code, str) and _CODE.fullmatch(told.code) else ""
    log_url = told.log_url if isinstance(told.log_url, str) else ""
    of_tool = code.startswith(_OF_TOOL)
    rule = RULES.get(code) or _rule_of(status, of_tool=of_tool, key_works=key_works)
    return Problem(
        rule,
        f"{code}, HTTP {status}" if code else f"HTTP {status}",
        code or None,
        status,
        log_url if _LOG_URL.fullmatch(log_url) else None,
        _pause(rule, response.headers, of_integration=of_tool),
    )


def _rule_of(status: int, *, of_tool: bool, key_works: bool) -> Rule:
    """Return what an HTTP status means if no known code says it; a tool's concerns nobody else."""
    if status == HTTPStatus.UNAUTHORIZED:
        of_kombo = KEY_REFUSED_HERE if key_works else KEY_REFUSED
        return REFUSED if of_tool else of_kombo
    if status == HTTPStatus.TOO_MANY_REQUESTS:
        return RULES["REMOTE.RATE_LIMIT_EXCEEDED"] if of_tool else LIMITED
    kind = status // 100
    if kind == _SERVER_ERROR or status == HTTPStatus.REQUEST_TIMEOUT:
        return TRANSIENT
    return {_SUCCESS: UNREADABLE, _REDIRECTION: REDIRECTED}.get(kind, REFUSED)


def _pause(rule: Rule, headers: Mapping[str, str], *, of_integration: bool) -> Pause | None:
    """Return the wait that an answer asks for before a request is sent again."""
    seconds = _seconds(headers.get("retry-after"))
    if rule.action is Action.WAIT:
        return Pause(_seconds(headers.get("ratelimit-reset")) if seconds is None else seconds)
    if seconds is None or rule.action not in RETRIED:
        return None
    return Pause(seconds, of_integration)


def _seconds(value: str | None) -> float | None:
    """Return how long a header asks to wait, given in seconds or as a date (RFC 9110)."""
    if value and value.strip().isdecimal():
        return float(value)
    until = _moment(value)
    return max((until - pendulum.now("UTC")).total_seconds(), 0) if until else None


def _moment(date: str | None) -> pendulum.DateTime | None:
    try:
        return pendulum.instance(parsedate_to_datetime(date or "")).in_timezone("UTC")
    except (ValueError, OverflowError):
        return None


def _envelope_of(response: requests.Response) -> _Envelope:
    """Decode the body, once for all who want it; what is broken within a value costs that only.

    Raises:
        EnvelopeError: If it is not Kombo's envelope.
    """
    kept: _Envelope | None = vars(response).get("envelope")
    if kept:
        return kept
    body = response.content
    try:
        envelope = _decoder.decode(body)
        envelope.suspect = rb"\u0000" in body
    except (msgspec.DecodeError, UnicodeDecodeError, InvalidOperation, RecursionError):
        envelope = _mended(body)
        envelope.suspect = True
    vars(response)["envelope"] = envelope
    return envelope


def _mended(body: bytes) -> _Envelope:
    try:
        return _patient.decode(mend(body))
    except msgspec.DecodeError as error:  # its text names places and types, not values
        raise EnvelopeError(str(error)) from None
    except RecursionError:
        msg = "it is nested too deeply"
        raise EnvelopeError(msg) from None
