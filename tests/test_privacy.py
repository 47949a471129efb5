"""A canary: every text of every record is marked, and so is the key; only RECORD messages sing."""

from __future__ import annotations

import itertools
import json
import logging
import os
import subprocess
import traceback
from typing import TYPE_CHECKING, Any

import msgspec
import pytest
from privacy import leaks
from starlette.responses import Response
from support import KEY, Kombo, Sent, catalog
from warm import warm_tap

from kombo_emulator import Emulator, Size, serve
from kombo_emulator.faults import (
    CIRCLES,
    GATEWAYS,
    LIMITS,
    PASSING,
    REFUSALS,
    RELABELLED,
    SPOILED,
)
from tap_kombo.api.endpoints import ENDPOINTS
from tap_kombo.api.problems import KomboError
from tap_kombo.api.transport import Transport
from tap_kombo.replication.report import RunFailedError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

    from kombo_emulator.exchange import Received
    from kombo_emulator.faults import Fault

pytestmark = pytest.mark.usefixtures("_no_waiting")

MARK = "canary"
TOLD_BY_SERVERS = ("it was not to be", "upstream connect", "Bad Gateway", "Not found", "Log in")
"""Texts of the faults' bodies and of Kombo's `message`."""

INTEGRATIONS = {
    "greenhouse:demo": "ATS",
    "personio:demo": "HRIS",
    "docebo:demo": "LMS",
    "tests:demo": "ASSESSMENT",
}
STREAMS = tuple(one.name for one in ENDPOINTS)
SIZE = Size(**dict.fromkeys(vars(Size()), 6) | {"interviews": 20, "attachments": 20})


KINDS: Mapping[str, Callable[[], Mapping[str, Fault]]] = {
    "no good answer": lambda: {**LIMITS, **PASSING, **REFUSALS, **RELABELLED, **GATEWAYS},
    "spoiled records": lambda: SPOILED,
    **{name: lambda make=make: {"": make()} for name, make in CIRCLES.items()},  # type: ignore[misc]
}
"""Circles are made anew for each run, other faults remember nothing."""

IMPATIENT = """
from tap_kombo.api import kombo, limits
from tap_kombo.api.transport import Transport
kombo.MAX_WAIT_SECONDS = limits.MAX_GUESS_SECONDS = limits.ROUNDING_SECONDS = 0
send = Transport.send
Transport.send = lambda its, request, _: send(its, request, 0.3)
"""
"""Retries at once, as `_no_waiting` does, and waits for no slow answer, in another process."""


def marked(value: Any, name: str = "") -> Any:  # noqa: ANN401
    """Mark every text but ids, which logs may name, and what decides how a model is read."""
    if isinstance(value, dict):
        return {key: marked(one, key) for key, one in value.items()}
    if isinstance(value, list):
        return [marked(one, name) for one in value]
    if isinstance(value, str) and not name.endswith(("id", "category", "status", "setting")):
        return f"{MARK} {value}"
    return value


def mark(_: Received, right: Response) -> Response:
    """Answer with marked records; `next` and the outline of the envelope stay."""
    answer = msgspec.json.decode(right.body)
    if right.status_code == 200:
        data = answer["data"]
        answer["data"] = {**marked(data), **({"next": data["next"]} if "next" in data else {})}
    else:
        answer["error"]["message"] = MARK
    headers = {"date": right.headers["date"]}
    return Response(msgspec.json.encode(answer), right.status_code, headers)


class Sometimes:
    """Lets each n-th answer be a fault, the next of those that it can be.

    Attributes:
        left: Those that have not been sent yet.
    """

    def __init__(self, faults: Mapping[str, Fault], every: int = 3) -> None:
        self._faults, self.left = faults, dict(faults)
        self._every, self._count = every, itertools.count(1)

    def __call__(self, asked: Received, right: Response) -> Response:
        right = mark(asked, right)
        if asked.path == "/check-api-key" or next(self._count) % self._every:
            return right  # the first, as a run that gets no answer to it is an outage, and ends
        for name, fault in (*self.left.items(), *self._faults.items()):
            if (answer := fault(asked, right)) is not right:
                self.left.pop(name, None)
                return answer
        return right


def assert_silent(text: str, about: object = "") -> None:
    secrets = (MARK, *TOLD_BY_SERVERS)
    telling = [
        line for line in text.split("\n") if leaks(line) or any(one in line for one in secrets)
    ]
    assert telling == [], about


def test_the_canary_is_in_the_records(kombo: Kombo) -> None:
    add_integrations(kombo.emulator)
    kombo.emulator.alter = mark

    sent = kombo.run(*INTEGRATIONS, streams=STREAMS)

    records = [one for one in sent.messages if one["type"] == "RECORD"]
    names = {one["stream"] for one in records if MARK in json.dumps(one["record"], default=str)}
    assert set(STREAMS) - names <= {"hris_pay_runs"}  # moments and numbers, no text


def add_integrations(emulator: Emulator) -> None:
    for one, category in INTEGRATIONS.items():
        emulator.add_integration(one, category, SIZE)


@pytest.mark.parametrize("kind", KINDS)
def test_nothing_but_records_tells_of_records(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    """What is told names the fault, by its code or in other words."""
    caplog.set_level(logging.DEBUG)
    send = Transport.send
    monkeypatch.setattr(Transport, "send", lambda its, request, _: send(its, request, 0.3))
    add_integrations(kombo.emulator)
    kombo.emulator.alter = faults = Sometimes(KINDS[kind]())
    sent, ended = Sent(), []

    for _ in range(30):  # some faults end a run before all were there
        try:
            kombo.run(
                *INTEGRATIONS,
                streams=("interviews", "candidates", "hris_employees", "lms_users", "attachments"),
                sent=sent,
                page_size=5,
                concurrency=1,
                max_retries=3,
                filters={"candidates": {"email": f"{MARK}@example.com"}},
            )
        except (KomboError, RunFailedError):
            ended.append(traceback.format_exc())
        if not faults.left:
            break

    assert faults.left == {}
    assert_silent(caplog.text)
    assert_silent("\n".join(ended))
    records: list[str] = []
    others: list[str] = []
    for one in sent.messages:
        (records if one["type"] == "RECORD" else others).append(json.dumps(one, default=str))
    assert_silent("\n".join(others))
    assert MARK in "".join(records)


REFUSED: Sequence[dict[str, Any]] = (
    {"start_date": f"{MARK}@example.com"},
    {"filters": {"candidates": f"{MARK}@example.com"}},
    {"api_key": [MARK]},
    {"api_key": f"{MARK} {MARK}"},
    {"stream_maps": {"interviews": {"x": f"'{MARK}"}}},
)


def test_the_real_program_at_debug_is_silent(tmp_path: Path) -> None:
    """Each end of the program: refused settings, nobody there, and every fault in turn."""
    emulator = Emulator(f"{MARK}_key")
    add_integrations(emulator)
    emulator.alter = faults = Sometimes(
        {k: v for make in KINDS.values() for k, v in make().items()}, 2
    )
    (tmp_path / "catalog.json").write_text(json.dumps(catalog(*STREAMS)))
    with serve(emulator) as url:
        for settings in ({"api_url": "http://127.0.0.1:1/v1"}, *REFUSED, *({},) * 20):
            config = {
                "api_key": f"{MARK}_key",
                "integration_ids": list(INTEGRATIONS),
                "api_url": url,
                "max_retries": 0,
                "page_size": 5,
            }
            (tmp_path / "config.json").write_text(json.dumps(config | settings))
            done = subprocess.run(
                [*warm_tap(), "--config=config.json", "--catalog=catalog.json"],
                cwd=tmp_path,
                capture_output=True,
                text=True,
                check=False,
                env=os.environ | {"TAP_KOMBO_LOGLEVEL": "DEBUG", "BEFORE_THE_PROGRAM": IMPATIENT},
                timeout=120,
            )

            assert done.returncode == 1, settings
            assert "Traceback" not in done.stderr, settings
            told = [one for one in done.stdout.split("\n") if '"type":"RECORD"' not in one]
            if not {"stream_maps", "start_date"} & set(settings):  # one's own text is quoted
                assert_silent(done.stderr, settings)
            assert_silent("\n".join(told), settings)
            assert KEY not in done.stderr, settings
            if not faults.left:
                break
    assert faults.left == {}
