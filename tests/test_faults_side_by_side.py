"""Every fault once, each in an integration of its own; test_faults.py has the places of a pass."""

from __future__ import annotations

import re
import threading
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from support import Kombo, Sent, expected, only

from kombo_emulator.faults import (
    CODES,
    GATEWAYS,
    HINTED,
    LIMITS,
    PASSING,
    REFUSALS,
    RELABELLED,
    SPOILED,
    refuse,
)
from tap_kombo.api import limits
from tap_kombo.api.problems import OF_INTEGRATION, RETRIED, RULES, SKIPPED, Action
from tap_kombo.api.transport import Transport

if TYPE_CHECKING:
    from collections.abc import Mapping

    from requests import PreparedRequest
    from requests import Response as Answer
    from starlette.responses import Response

    from kombo_emulator.exchange import Received
    from kombo_emulator.faults import Fault

pytestmark = [pytest.mark.usefixtures("_no_waiting", "_short_time"), pytest.mark.timeout(120)]

WELL = "greenhouse:well"
LIST, LOOK_UP = "/ats/interviews", "/integrations/{}"
STREAMS = ("interviews", "jobs")
FEW = only(interviews=6, applications=2, candidates=2, jobs=2)
ALWAYS = 10**6
BROKEN_KEY = "invalid UTF-8"  # costs one record only: `test_faults.py` has it
UNREADABLE = {
    *("200 empty", "200 as HTML", "NaN", "nested too deeply", "an error with status 200"),
    *("no data", "results that are an object", "results of texts", "next that is a number"),
    *("cut short, no length told", "cut short, length wrong"),
}
"""Those that are an answer, but not one that Kombo documents."""

ACTIONS: Mapping[str, Action] = {
    **{code: RULES[code].action for code in CODES if code in RULES},
    "ATS.JOB_CLOSED": Action.FAIL_MODEL,
    "PLATFORM.NEVER_HEARD_OF": Action.FAIL_MODEL,
    "PERMISSION_MISSING": Action.SKIP_MODEL,
    "302": Action.FAIL_INTEGRATION,
    "401": Action.FAIL_INTEGRATION,
    **dict.fromkeys(("403", "404", "409"), Action.FAIL_MODEL),
}
"""What is documented for each refusal, by its code, or else its status: the code decides."""


def action_of(name: str) -> Action:
    if name in UNREADABLE:
        return Action.RETRY
    return ACTIONS.get(name.partition(" ")[0], Action.RETRY_INTEGRATION)


LIMITED = {
    name: fault
    for name, fault in {**LIMITS, **RELABELLED}.items()
    if name.startswith(("429", "PLATFORM.RATE", "PLATFORM.CONC"))
}
ENDLESS = {name: fault for name, fault in PASSING.items() if name != BROKEN_KEY}
SLOW = {name for name in PASSING if name.startswith(("a byte at a time", "silence"))}
"""Only the end of the time for an answer ends these."""

REFUSING = {
    name: fault
    for name, fault in {**REFUSALS, **GATEWAYS, **RELABELLED}.items()
    if name not in LIMITED and action_of(name) is not Action.STOP_RUN
}


@pytest.fixture
def _short_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let it be up sooner for those who will not answer: a second is the least to be set."""
    send = Transport.send

    def hurry(its: Transport, request: PreparedRequest, seconds: float) -> Answer:
        asked = f"{request.url} {request.headers.get('X-Integration-Id')}"
        return send(its, request, 0.3 if "slow" in asked else seconds)

    monkeypatch.setattr(Transport, "send", hurry)


class Row:
    """An integration for each fault, and one that is well.

    Attributes:
        hits: How many answers each fault has replaced.
        sent: What the last run has sent.
    """

    def __init__(
        self,
        kombo: Kombo,
        faults: Mapping[str, Fault],
        *,
        times: int = ALWAYS,
        path: str = LIST,
    ) -> None:
        self.hits: Counter[str] = Counter()
        self._kombo, self._faults, self._times, self._path = kombo, faults, times, path
        self._names = {
            f"{'slow' if name in SLOW else 'tool'}:{number}": name
            for number, name in enumerate(faults)
        }
        self._lock = threading.Lock()
        for one in {WELL, *self._names} - set(kombo.emulator.integrations):
            kombo.emulator.add_integration(one, "ATS", FEW)
        kombo.emulator.alter = self._alter

    def _alter(self, asked: Received, right: Response) -> Response:
        name = self._names.get(asked.integration_id or "")
        if name is None or asked.path != self._path.format(asked.integration_id):
            return right
        with self._lock:
            if self.hits[name] >= self._times:
                return right
            self.hits[name] += 1
        return self._faults[name](asked, right)

    def load(self, **settings: Any) -> Sent:  # noqa: ANN401
        settings = {"page_size": 4, "concurrency": 1, "request_timeout_seconds": 1} | settings
        ids = (WELL, *self._names)
        self.sent = self._kombo.attempt(*ids, streams=STREAMS, **settings)
        return self.sent

    def name_of(self, integration_id: str) -> str:
        return self._names[integration_id]

    def rows(self, name: str) -> dict[str, dict[str, Any]]:
        """The interviews that were sent of the integration of a fault."""
        return {
            one["id"]: one
            for one in self.sent.records()
            if self._names.get(one["integration_id"]) == name
        }

    def right_rows(self, name: str) -> dict[str, dict[str, Any]]:
        return expected(self._kombo, *(one for one, its in self._names.items() if its == name))

    @property
    def complete(self) -> set[str]:
        """The faults that kept no interview from being read."""
        return {
            name
            for one, name in self._names.items()
            if self.sent.bookmark(one) and self.rows(name) == self.right_rows(name)
        }

    def with_bookmark(self, stream: str) -> set[str]:
        return {name for one, name in self._names.items() if self.sent.bookmark(one, stream)}

    def told(self, caplog: pytest.LogCaptureFixture) -> dict[str, str]:
        """How the pass of each fault ended, if it was not well."""
        lines = self._lines(caplog)
        assert len(lines) == len({one for *_, one in lines})
        return {self._names[one]: how for how, _, one in lines}

    def told_of_a_stream(self, caplog: pytest.LogCaptureFixture) -> set[str]:
        """The faults that are told as those of a stream, and not of a whole integration."""
        return {self._names[one] for _, stream, one in self._lines(caplog) if stream}

    def _lines(self, caplog: pytest.LogCaptureFixture) -> list[tuple[str, str, str]]:
        return re.findall(r"\b(Failed|Skipped): (interviews of )?(\S+): ", caplog.text)


def assert_handled(row: Row, caplog: pytest.LogCaptureFixture, actions: dict[str, Action]) -> None:
    """Each fault was told, retried, and reached as far as is documented for its action."""
    assert row.told(caplog) == {
        name: "Skipped" if action in SKIPPED else "Failed" for name, action in actions.items()
    }
    assert row.hits == {name: 1 + (action in RETRIED) for name, action in actions.items()}
    assert row.with_bookmark("interviews") == set()
    of_a_stream = {name for name, action in actions.items() if action not in OF_INTEGRATION}
    assert row.with_bookmark("jobs") == row.told_of_a_stream(caplog) == of_a_stream
    assert row.sent.bookmark(WELL)
    assert row.sent.bookmark(WELL, "jobs")


# --- what an answer says, or that there is none


def test_what_passes_is_waited_out(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    row = Row(kombo, {**LIMITS, **ENDLESS}, times=1)

    assert row.load(max_retries=2).error is None  # a connection that just closed costs one more

    assert row.complete == {*LIMITS, *ENDLESS} == set(row.hits)
    assert row.told(caplog) == {}


def test_a_limit_is_never_a_failure(kombo: Kombo, caplog: pytest.LogCaptureFixture) -> None:
    row = Row(kombo, LIMITED, times=5)

    assert row.load(max_retries=0).error is None

    assert row.hits == dict.fromkeys(LIMITED, 5)
    assert row.complete == set(LIMITED)
    assert row.told(caplog) == {}


@pytest.mark.parametrize("faults", [ENDLESS, REFUSING], ids=["no answer", "a refusal"])
def test_what_lasts_reaches_as_far_as_is_documented(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, faults: dict[str, Fault]
) -> None:
    row = Row(kombo, faults)

    assert "failed, named above" in str(row.load(max_retries=1).error)

    assert_handled(row, caplog, {name: action_of(name) for name in faults})
    assert "Kombo is not available" not in caplog.text

    kombo.emulator.alter = None
    row.load(state=row.sent.state)
    assert row.sent.error is None
    assert row.complete == set(faults)


def test_the_code_decides_whatever_the_status(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    faults = {
        f"{code} with {status}": refuse(status, code)
        for code, rule in RULES.items()
        for status in (200, 401, 404, 429, 503)
        if rule.action not in {Action.WAIT, Action.STOP_RUN}
    }
    row = Row(kombo, faults)

    row.load(max_retries=1)

    assert_handled(row, caplog, {name: action_of(name) for name in faults})
    assert "asks for a pause" not in caplog.text


@pytest.mark.parametrize(
    "code", [code for code, rule in RULES.items() if rule.action is Action.STOP_RUN]
)
def test_a_code_that_stops_the_run_does_so_whatever_the_status(kombo: Kombo, code: str) -> None:
    in_lists = [(LIST, status) for status in (200, 401, 403, 429, 500)]
    for path, status in (*in_lists, (LOOK_UP, 200), (LOOK_UP, 429)):
        row = Row(kombo, {"": refuse(status, code)}, path=path)

        row.load(max_retries=1)

        assert f"[{code}, HTTP {status}]" in str(row.sent.error), path
        assert row.hits.total() == 1, (path, status)


def test_a_refused_look_up_leaves_it_to_the_lists(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    row = Row(kombo, {**REFUSING, **ENDLESS}, path=LOOK_UP)

    assert row.load(max_retries=1).error is None

    assert row.complete == {*REFUSING, *ENDLESS} == set(row.hits)
    assert row.told(caplog) == {}


# --- `Retry-After`


OF_TOOL: Mapping[str, Fault] = {
    **{name: one for name, one in HINTED.items() if name.startswith(("REMOTE.", "INTEGRATION."))},
    **{
        f"{code} with {status}": refuse(status, code, {"retry-after": "30"})
        for code, status in (
            ("REMOTE.SERVICE_UNAVAILABLE", 200),
            ("REMOTE.RATE_LIMIT_EXCEEDED", 503),
            ("REMOTE.NEVER_HEARD_OF", 429),
            ("REMOTE.NEVER_HEARD_OF", 503),
            ("REMOTE.NEVER_HEARD_OF", 401),
            ("INTEGRATION.QA_FAILED", 503),
            ("INTEGRATION.NEVER_HEARD_OF", 503),
        )
    },
}
OF_PLATFORM = {
    name: fault
    for name, fault in HINTED.items()
    if name not in OF_TOOL and action_of(name) is not Action.STOP_RUN
}


@pytest.fixture
def _short_pauses(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_PAUSE_SECONDS", 0.2)
    monkeypatch.setattr(limits, "WORTH_TELLING_SECONDS", 0.1)


def pauses(caplog: pytest.LogCaptureFixture) -> list[str]:
    """Whom each pause holds up."""
    return re.findall(
        r"asks for a pause of 0\.2 seconds(?:; then| for integration) (.*)", caplog.text
    )


@pytest.mark.usefixtures("_short_pauses")
def test_a_tool_that_asks_for_a_pause_holds_up_nobody_else(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    row = Row(kombo, OF_TOOL)

    row.load(max_retries=0)

    paused = {row.name_of(one.removesuffix(".")) for one in pauses(caplog)}
    assert paused == {
        *("REMOTE.SERVICE_UNAVAILABLE with retry-after", "REMOTE.SERVICE_UNAVAILABLE with 200"),
        *("REMOTE.RATE_LIMIT_EXCEEDED with retry-after", "REMOTE.RATE_LIMIT_EXCEEDED with 503"),
        *("REMOTE.NEVER_HEARD_OF with 429", "REMOTE.NEVER_HEARD_OF with 503"),
        "INTEGRATION.NEVER_HEARD_OF with 503",
    }
    assert len(paused) == len(pauses(caplog))
    assert row.hits == dict.fromkeys(OF_TOOL, 1)
    assert row.sent.bookmark(WELL)
    assert row.sent.bookmark(WELL, "jobs")


@pytest.mark.usefixtures("_short_pauses")
def test_kombo_that_asks_for_a_pause_holds_up_all(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    row = Row(kombo, OF_PLATFORM)

    row.load(max_retries=0)

    retried = [name for name in OF_PLATFORM if action_of(name) in RETRIED]
    assert retried
    assert pauses(caplog) == ["at most 1 request(s) at a time."] * len(retried)
    assert set(row.told(caplog)) == set(OF_PLATFORM)


# --- one record of a page

KEYLESS = {"no id", "null for an id", "a number for an id"}
STORED: Mapping[str, tuple[str, object]] = {
    "half of a surrogate pair": ("title", "Anna \ufffd"),
    "the other half": ("title", "\ufffd Anna"),
    "U+2028": ("title", "a\u2028b"),
    "U+0000": ("title", "ab"),
    "975 levels in a text": ("title", None),
    "a number beyond all floats in a text": ("title", "1E+400"),
    "an object for a text": ("title", None),
    "no day of the calendar": ("starting_at", None),
}
"""What becomes of a spoiled value, and in which column; others are not selected."""
TOLD = """\
remote_data in 2 value(s): broken text, replaced by U+FFFD.
remote_data in 2 value(s): nested more than 64 levels deep, sent as null.
remote_data in 4 value(s): not of the declared type, sent as null.
starting_at in 2 value(s): neither date nor time, sent as null.
title in 2 value(s): U+0000 removed.
title in 4 value(s): broken text, replaced by U+FFFD.
title in 4 value(s): not of the declared type, sent as null.
id in 6 value(s): no key, the record is left out.
"""


def test_a_spoiled_record_costs_its_value_or_itself(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    """The first record of each of two pages; not a row more, and not a value more."""
    row = Row(kombo, SPOILED)

    row.load(max_retries=0)

    for name in SPOILED:
        rows, right = row.rows(name), row.right_rows(name)
        odd = {one for one in right if rows.get(one) != right[one]}
        column, value = STORED.get(name, ("", None))
        assert len(odd) == (2 if name in STORED or name in KEYLESS else 0), name
        assert len(rows) == len(right) - (len(odd) if name in KEYLESS else 0), name
        if name in STORED:
            assert [rows[one] for one in odd] == [{**right[one], column: value} for one in odd]
    assert row.told(caplog) == dict.fromkeys(KEYLESS, "Failed")
    assert row.with_bookmark("interviews") == set(SPOILED) - KEYLESS
    assert row.with_bookmark("jobs") == set(SPOILED)
    heard = re.findall(r"interviews: (.* value\(s\): .*\n)", caplog.text)
    assert sorted(heard) == sorted(TOLD.splitlines(keepends=True))
