"""Unknown is not null, and nothing is not everything."""

from __future__ import annotations

import copy
import json
import logging
import sys
from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from support import KEY, Kombo, Sent, catalog, discovered, expected, only, refusal

from kombo_emulator import Behaviour
from kombo_emulator.faults import PASSING, change
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from kombo_emulator.exchange import Received

pytestmark = pytest.mark.timeout(120)

A, B, HR = "greenhouse:demo", "lever:demo", "personio:demo"
FEW = only(interviews=10, applications=2, candidates=2, jobs=1)
ROWS = 10


def failures(caplog: pytest.LogCaptureFixture) -> list[str]:
    messages = [one.getMessage() for one in caplog.records]
    return [one for one in messages if one.startswith("Failed: ")]


# --- 4.1: a look-up that was refused proves nothing


def _always(make: Callable[[], Response]) -> Callable[[Received, Response], Response]:
    return lambda *_: make()


def refused_look_ups() -> dict[str, Callable[[Received, Response], Response]]:
    answers: dict[str, Callable[[], Response]] = {
        "500 UNKNOWN_ERROR": lambda: refusal("PLATFORM.UNKNOWN_ERROR", 500),
        "503 of the tool": lambda: refusal("REMOTE.SERVICE_UNAVAILABLE", 503),
        "403 of the integration": lambda: refusal("INTEGRATION.PERMISSION_MISSING", 403),
        "409 QA_FAILED": lambda: refusal("INTEGRATION.QA_FAILED", 409),
        "400 INPUT_INVALID": lambda: refusal("PLATFORM.INPUT_INVALID", 400),
        "404 as HTML": lambda: HTMLResponse("<html>Not found</html>", 404),
        "418 with an unknown code": lambda: refusal("PLATFORM.NEVER_HEARD_OF", 418),
        "401 as text": lambda: PlainTextResponse("no entry", 401),
    }
    passing = ("503 as text", "200 as HTML", "200 empty", "no data", "reset before the answer")
    silent: dict[str, dict[str, Any]] = {
        "a mark that is no text": {"data_data_expired_at": 7},
        "nothing": {"data": {}},
        "a page of a list": {"data": {"results": [], "next": None}},
        "no mark": {"data": {"category": "ATS", "setup_status": "COMPLETED"}},
    }
    return {
        **{name: _always(make) for name, make in answers.items()},
        **{name: PASSING[name] for name in passing},
        **{name: change(**answer) for name, answer in silent.items()},
    }


REFUSED = refused_look_ups()


@pytest.mark.usefixtures("_no_waiting")
def test_a_refused_look_up_keeps_the_mark_of_outdated_data(kombo: Kombo) -> None:
    """Each refusal is that of an integration of its own."""
    forms = {f"tool:{number}": form for number, form in enumerate(REFUSED)}
    ids = (B, *forms)
    ats = [kombo.emulator.add_integration(one, "ATS", FEW) for one in ids][1:]
    for one in ats:
        one.details.data_expired_at = "2026-11-22T00:00:00.000Z"
    kombo.emulator.clock.advance(days=1)

    def marked(sent: Sent) -> list[str]:
        return [form for one, form in forms.items() if "data_expired_at" in sent.remembered(one)]

    first = kombo.run(*ids)
    assert marked(first) == list(REFUSED)

    kombo.emulator.clock.advance(days=1)
    kombo.emulator.alter = lambda asked, right: (
        REFUSED[forms[asked.path.rpartition("/")[2]]](asked, right)
        if asked.path.rpartition("/")[2] in forms
        else right
    )
    refused = kombo.attempt(*ids, state=first.state, max_retries=0, concurrency=1)
    assert marked(refused) == list(REFUSED)

    kombo.emulator.alter = None
    for one in ats:
        one.details.data_expired_at = None
    kombo.emulator.clock.advance(days=1)
    cleared = kombo.attempt(*ids, state=refused.state)

    assert cleared.error is None
    assert {one["id"] for one in cleared.records()} >= set(expected(kombo, *forms))
    assert marked(cleared) == []
    assert not kombo.attempt(*forms, state=cleared.state, lookback_seconds=0).records()


@pytest.mark.usefixtures("_no_waiting")
def test_a_refused_look_up_lets_no_rows_be_dropped(kombo: Kombo) -> None:
    """Data of which nobody says that it is current proves no absence."""
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    for form in ("404 as HTML", "500 UNKNOWN_ERROR", "no mark"):
        kombo.emulator.alter = lambda asked, right, form=form: (
            REFUSED[form](asked, right) if asked.path == f"/integrations/{A}" else right
        )

        sent = kombo.attempt(
            A, B, method="FULL_TABLE", emit_activate_version_messages=True, max_retries=0
        )

        assert len(sent.records()) == 2 * ROWS, form
        assert "ACTIVATE_VERSION" not in {one["type"] for one in sent.messages}, form


# --- 4.3: nothing selected, or nothing that anybody has, is no success


class Command:
    """The command line in this process."""

    def __init__(self, kombo: Kombo, folder: Path, logged: pytest.LogCaptureFixture) -> None:
        self.kombo, self.folder, self.logged = kombo, folder, logged

    def __call__(
        self,
        chosen: dict[str, Any],
        *options: str,
        integration: str,
        **files: Any,  # noqa: ANN401
    ) -> int | str | None:
        """Return the exit code."""
        config = {"api_key": KEY, "integration_ids": [integration], "api_url": self.kombo.url}
        files |= {"config": config, "catalog": chosen}
        for name, content in files.items():
            (self.folder / f"{name}.json").write_text(json.dumps(content))
        named = [f"--{name}={self.folder / name}.json" for name in files]
        with pytest.raises(SystemExit) as ended:
            TapKombo.get_singer_command().main([*named, *options])
        return ended.value.code

    @property
    def errors(self) -> list[str]:
        lines = [one.getMessage() for one in self.logged.records if one.levelno >= logging.ERROR]
        return [one for one in lines if "An unhandled error occurred while syncing" not in one]


@pytest.fixture
def command(
    kombo: Kombo,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> Command:
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own
    monkeypatch.setattr(logging, "captureWarnings", lambda **_: None)
    monkeypatch.delenv("TAP_KOMBO__SELECT", raising=False)
    return Command(kombo, tmp_path, caplog)


def all_deselected() -> dict[str, Any]:
    whole = copy.deepcopy(discovered())
    for entry in whole["streams"]:
        for one in entry["metadata"]:
            one["metadata"]["selected"] = False
    return whole


def only_unknown() -> dict[str, Any]:
    """What a catalog holds of which the selected stream has been misspelt."""
    one = copy.deepcopy(catalog("interviews"))
    one["streams"][0] |= {"stream": "intervews", "tap_stream_id": "intervews"}
    return one


NOTHING: dict[str, Callable[[], dict[str, Any]]] = {
    "all deselected": all_deselected,
    "no stream": lambda: {"streams": []},
}


@pytest.mark.parametrize("form", [*NOTHING, "a stream misspelt"])
def test_a_run_in_which_nothing_is_selected_fails_in_one_line(command: Command, form: str) -> None:
    command.kombo.emulator.add_integration(A, "ATS", FEW)

    code = command({**NOTHING, "a stream misspelt": only_unknown}[form](), integration=A)

    assert code == 1
    (line,) = command.errors
    assert "select" in line
    assert "Traceback" not in command.logged.text


def test_a_run_in_which_nothing_fits_any_integration_fails_in_one_line(command: Command) -> None:
    command.kombo.emulator.add_integration(HR, "HRIS", FEW)

    code = command(catalog("interviews", "jobs", "lms_courses"), integration=HR)

    assert code == 1
    (line,) = command.errors
    assert "no integration has any of the selected streams" in line
    assert "Traceback" not in command.logged.text


def test_the_doctor_does_not_call_nothing_everything(
    command: Command, capsys: pytest.CaptureFixture[str]
) -> None:
    command.kombo.emulator.add_integration(A, "ATS", FEW)
    for form, nothing in NOTHING.items():
        code = command(nothing(), "--doctor", integration=A)

        assert code == 1, form
        assert "Everything selected can be read" not in capsys.readouterr().out, form


def test_what_some_integration_has_is_enough(kombo: Kombo) -> None:
    """Guards the other side: a stream that fits nobody must not fail the others."""
    kombo.emulator.add_integration(A, "ATS", FEW)
    kombo.emulator.add_integration(HR, "HRIS", FEW)

    sent = kombo.attempt(A, HR, streams=("interviews", "lms_courses"))

    assert sent.error is None
    assert len(sent.records()) == ROWS
    assert {one["stream"] for one in sent.messages if one["type"] == "SCHEMA"} == {"interviews"}


# --- 4.4: a word that is not known says nothing

WORDS: dict[str, list[object]] = {
    "category": ["ats", "APPLICANT_TRACKING", "ATS ", "", 7, True, ["ATS"], {"id": "ATS"}],
    "status": ["active", "PAUSED", "", 0, False, [], {}],
    "setup_status": ["completed", "DONE", "", 1, ["COMPLETED"], {}],
}


@pytest.mark.parametrize("name", WORDS)
def test_a_word_that_is_not_known_is_an_error_of_its_integration(
    kombo: Kombo, caplog: pytest.LogCaptureFixture, name: str
) -> None:
    words = {f"tool:{number}": word for number, word in enumerate(WORDS[name])}
    for one in (*words, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    kombo.emulator.alter = lambda asked, right: (
        change(**{f"data_{name}": words[asked.integration_id]})(asked, right)
        if asked.path == f"/integrations/{asked.integration_id}" and asked.integration_id in words
        else right
    )

    sent = kombo.attempt(*words, B, streams=("interviews", "jobs"), concurrency=1)

    assert f"of {len(words)} integration(s) failed" in str(sent.error)
    told = {one.split(": ")[1]: one for one in failures(caplog)}
    assert len(told) == len(failures(caplog))
    assert [word for one, word in words.items() if f"`{name}`" not in told.get(one, "")] == []
    assert [word for one, word in words.items() if sent.bookmark(one)] == []
    assert {one["integration_id"] for one in sent.records()} == {B}
    assert sent.bookmark(B)
    assert sent.bookmark(B, "jobs")


def test_a_word_that_is_missing_is_no_error(kombo: Kombo) -> None:
    """Guards the other side: what is not told is asked of the lists."""
    ways = {f"{name}-{how}": (name, how) for name in WORDS for how in ("null", "missing")}
    for one in ways:
        kombo.emulator.add_integration(one, "ATS", FEW)

    def alter(asked: Received, right: Response) -> Response:
        if not asked.path.startswith("/integrations/"):
            return right
        name, how = ways[str(asked.integration_id)]
        if how == "null":
            return change(**{f"data_{name}": None})(asked, right)
        answer = json.loads(bytes(right.body))
        del answer["data"][name]
        return Response(json.dumps(answer), media_type="application/json")

    kombo.emulator.alter = alter

    sent = kombo.attempt(*ways)

    assert sent.error is None
    rows = Counter(one["integration_id"] for one in sent.records())
    assert rows == dict.fromkeys(ways, ROWS)


# --- 4.5: a clock that nobody told is no clock


def without_date(_: Received, right: Response) -> Response:
    if "date" in right.headers:
        del right.headers["date"]
    return right


def unreadable_date(_: Received, right: Response) -> Response:
    right.headers["date"] = "half past ten"
    return right


@pytest.mark.parametrize(
    ("hours", "strange"), [(2, without_date), (24 * 100, without_date), (24, unreadable_date)]
)
def test_after_a_bookmark_in_the_future_a_full_pass_follows(
    kombo: Kombo, hours: int, strange: Callable[[Received, Response], Response]
) -> None:
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
    kombo.emulator.clock.advance(days=1)
    kombo.emulator.alter = strange
    kombo.skew = hours * 3600
    wrong = kombo.run(A)
    assert (wrong.bookmark(A) or "") > "2026-11-24T10:00:01"
    kombo.emulator.alter, kombo.skew = None, 0
    kombo.emulator.clock.advance(seconds=1200)
    edited = ats.records("ats_interviews")[4]["id"]
    ats.edit("ats_interviews", edited, title="In between")
    kombo.emulator.clock.advance(seconds=1200)

    right = kombo.attempt(A, state=wrong.state)

    assert right.error is None
    assert {one["id"]: one for one in right.records()} == expected(kombo, A)
    assert right.bookmark(A) == "2026-11-24T10:39:59.000Z"
    assert kombo.run(A, state=right.state, lookback_seconds=0).records() == []


# --- 4.7: a deletion whose record is blanked already is still a deletion


def blanked(kombo: Kombo) -> tuple[str, Sent]:
    """Let a record be loaded, then deleted and blanked before the next run."""
    ats = kombo.emulator.add_integration(A, "ATS", FEW)
    kombo.emulator.clock.advance(days=1)
    first = kombo.run(A, anonymized_records="skip")
    kombo.emulator.behaviour = Behaviour(blanking_updates=True)
    gone = str(ats.records("ats_interviews")[3]["id"])
    ats.delete("ats_interviews", gone)
    kombo.emulator.clock.advance(days=15)
    ats.settle()
    kombo.emulator.clock.advance(seconds=60)
    return gone, first


@pytest.mark.parametrize("page_size", [1, 100])
def test_the_deletion_of_a_blanked_record_goes_through_and_its_last_values_stay(
    kombo: Kombo, page_size: int
) -> None:
    gone, first = blanked(kombo)

    second = kombo.attempt(A, state=first.state, anonymized_records="skip", page_size=page_size)

    assert second.error is None
    of_it = [one for one in second.records() if one["id"] == gone]
    assert [set(one) for one in of_it] == [{"id", "integration_id", "remote_deleted_at"}]
    assert of_it[0]["remote_deleted_at"]
    columns: set[str] = set()
    for message in second.messages:
        if message["type"] == "SCHEMA":
            columns = set(message["schema"]["properties"])
            assert message["key_properties"] == ("id",) or message["key_properties"] == ["id"]
        if message["type"] == "RECORD":
            assert set(message["record"]) <= columns
            is_short = columns == {"id", "integration_id", "remote_deleted_at"}
            assert is_short is (message["record"]["id"] == gone)
    assert len(columns) > 3  # the whole SCHEMA comes last again


@pytest.mark.parametrize("aliased", [False, True])
def test_a_deletion_goes_through_stream_maps(kombo: Kombo, *, aliased: bool) -> None:
    gone, first = blanked(kombo)
    name = "talks" if aliased else "interviews"
    maps = {"interviews": {"__alias__": name, "loud": "title", "__filter__": "id != ''"}}

    second = kombo.attempt(A, state=first.state, anonymized_records="skip", stream_maps=maps)

    assert second.error is None
    (of_it,) = (one for one in second.records(name) if one["id"] == gone)
    assert of_it["remote_deleted_at"]
    assert {one["stream"] for one in second.messages if one["type"] == "SCHEMA"} == {name}
    columns: set[str] = set()
    for message in second.messages:
        if message["type"] == "SCHEMA":
            columns = set(message["schema"]["properties"])
        if message["type"] == "RECORD":
            assert set(message["record"]) <= columns
