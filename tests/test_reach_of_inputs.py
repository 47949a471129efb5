"""What a user hands over and cannot be read: ids and a state; each fault costs what it must."""

from __future__ import annotations

import copy
import json
import logging
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import KEY, Kombo, catalog, only
from test_reach import failures

from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path

pytestmark = pytest.mark.timeout(60)

A, B = "greenhouse:demo", "lever:demo"
FEW = only(interviews=10, applications=2, candidates=2, jobs=3)


# --- 2.5: what is an id is read, what is none is refused before anything is asked


def test_a_file_of_ids_with_a_byte_order_mark_is_read(kombo: Kombo, tmp_path: Path) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    for text in (f"{A}\n{B}\n", f"{A},{B}", f"{A}\r\n{B}\r\n", f"\n\n{A} , {B}\n"):
        (tmp_path / "ids").write_bytes(f"\ufeff{text}".encode())

        sent = kombo.attempt(integration_ids=f"@{tmp_path / 'ids'}")

        assert (sent.error, len(sent.records())) == (None, 20), text


def test_what_is_no_id_in_a_file_is_refused_before_anything_is_asked(
    kombo: Kombo, tmp_path: Path
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    for odd in ("gr\u00fcnhaus:demo", "a\u200bb", "\U0001f600", "a\x00b", "a\x7fb"):
        (tmp_path / "ids").write_bytes(f"{A}\n{odd}\n".encode())

        sent = kombo.attempt(integration_ids=f"@{tmp_path / 'ids'}")

        errors: list[str] = getattr(sent.error, "errors", [])
        assert [("integration_ids" in one, len(one.splitlines())) for one in errors] == [
            (True, 1)
        ], repr(odd)
        assert kombo.emulator.requests == [], repr(odd)


# --- 2.6: an unreadable entry of the state fails its model of its integration


def damage(state: dict[str, Any], form: str) -> None:
    partitions = state["bookmarks"]["interviews"]["partitions"]
    mine = next(one for one in partitions if one["context"]["integration_id"] == A)
    if form == "twice":
        partitions.append(dict(mine))
    elif form == "twice, another bookmark":
        partitions.insert(0, {**mine, "replication_key_value": "2020-01-01T00:00:00.000Z"})
    else:
        partitions += [dict(mine), dict(mine)]


def test_an_entry_that_stands_in_the_state_twice_fails_its_model_of_its_integration(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    for one in (A, B):
        kombo.emulator.add_integration(one, "ATS", FEW)
    streams = ("interviews", "jobs")
    whole = kombo.run(A, B, streams=streams).state
    kombo.emulator.clock.advance(days=1)
    for form in ("twice", "twice, another bookmark", "three times"):
        state = copy.deepcopy(whole)
        damage(state, form)
        caplog.clear()

        sent = kombo.attempt(A, B, streams=streams, state=state)

        assert "1 pass(es) of 1 integration(s) failed" in str(sent.error), form
        (failed,) = failures(caplog)
        assert f"interviews of {A}: " in failed
        later = "2026-11-24T09:59:59.000Z"
        marks = [(one, stream) for stream in streams for one in (A, B)]
        moved = [(one, name) for one, name in marks if sent.bookmark(one, name) == later]
        assert moved == [(B, "interviews"), (A, "jobs"), (B, "jobs")], form


# --- 2.6: a state of another shape is told of in one line, or concerns nobody

STATES: dict[str, object] = {
    "bookmarks null": {"bookmarks": None},
    "bookmarks a list": {"bookmarks": []},
    "stream null": {"bookmarks": {"interviews": None}},
    "partitions null": {"bookmarks": {"interviews": {"partitions": None}}},
    "partitions an object": {"bookmarks": {"interviews": {"partitions": {}}}},
    "entry null": {"bookmarks": {"interviews": {"partitions": [None]}}},
    "entry without context": {"bookmarks": {"interviews": {"partitions": [{}]}}},
}


def test_a_state_of_another_shape_brings_no_stack_trace(
    kombo: Kombo,
    tmp_path: Path,
    caplog: pytest.LogCaptureFixture,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    kombo.emulator.add_integration(A, "ATS", FEW)
    monkeypatch.setattr(sys, "excepthook", sys.excepthook)  # the SDK's command sets its own
    monkeypatch.setattr(logging, "captureWarnings", lambda **_: None)
    files = {
        "config": {"api_key": KEY, "integration_ids": [A], "api_url": kombo.url},
        "catalog": catalog("interviews", "jobs"),
    }
    for form, state in STATES.items():
        for name, content in {**files, "state": state}.items():
            (tmp_path / f"{name}.json").write_text(json.dumps(content))
        paths = [f"--{name}={tmp_path / name}.json" for name in (*files, "state")]
        caplog.clear()

        with pytest.raises(SystemExit):
            TapKombo.get_singer_command().main(paths)

        assert "Traceback" not in caplog.text, form
        errors = [one.getMessage() for one in caplog.records if one.levelno >= logging.ERROR]
        assert [one for one in errors if len(one.splitlines()) != 1] == [], form
