"""How webhook events are handed in, and what is said of what is none."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from settings_told import meant, refused, short
from test_changes import A, B, event

if TYPE_CHECKING:
    from pathlib import Path

EVENTS = [event(A, "ats_jobs"), event(B, "ats_tags")]
LINES = "\n".join(json.dumps(one) for one in EVENTS)
WAYS = {
    "a list": json.dumps(EVENTS, indent=1),
    "lines": f"\n{LINES}\r\n\n",
}


@pytest.mark.parametrize("way", WAYS)
def test_events_come_as_text_or_from_a_file(way: str, tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(b"\xef\xbb\xbf" + WAYS[way].encode())

    assert meant("changes", WAYS[way]) == EVENTS
    assert meant("changes", f"@{tmp_path / 'events'}") == EVENTS
    assert meant("changes", EVENTS) == EVENTS


def test_one_event_is_a_list_of_one(tmp_path: Path) -> None:
    for text in (json.dumps(EVENTS[0]), json.dumps(EVENTS[0], indent=2)):
        (tmp_path / "event").write_text(text)

        assert meant("changes", text) == meant("changes", f"@{tmp_path / 'event'}") == EVENTS[:1]
    assert meant("changes", EVENTS[0]) == EVENTS[:1]
    (tmp_path / "event").write_text("")
    assert meant("changes", f"@{tmp_path / 'event'}") == meant("changes", "[]") == []


WRONG: dict[str, tuple[object, str]] = {
    "empty": (" ", "the text is empty"),
    "no JSON": ("jane", "is wrong in line 1, which does not hold a JSON object"),
    "a broken line": (f"{LINES}\n{{jane", "is wrong in line 3, which does not hold"),
    "half a list": ('[{"type": "jane"}', "is wrong in line 1"),
    "a list of texts": ('["jane"]', "holds a list of something else"),
    "null": ("null", "is wrong in line 1"),
    "a number": (5, "it must be a list of events"),
    "a list of numbers": ([5], "event 1: expected 'object', got 'int'"),
    "no type": ([{"data": "jane"}], "event 1: object missing required field 'type'"),
    "a type that is none": ([{"type": ["jane"]}], "event 1.type: expected 'string'"),
    "no data": ([*EVENTS, {"type": "data-changed", "jane": 1}], "event 3: object missing"),
    "no integration": ([{"type": "data-changed", "data": {"changed_models": []}}], "event 1.data"),
    "no name": (
        [event(A), {**event(A), "data": {"integration_id": "jane", "changed_models": [{}]}}],
        "event 2.data.changed_models[0]: object missing required field 'name'",
    ),
    "another form": ([{"type": "data-changed", "data": ["jane"]}], "event 1.data: expected"),
    "no file": ("@no/such/file", "the file no/such/file cannot be read: No such file"),
    "no path": ("@x\0y", "cannot be read: there is no such name"),
    "deep": ("[" * 200 + "]" * 200, "is nested over"),
}


@pytest.mark.parametrize("kind", WRONG)
def test_what_is_no_event_is_refused_in_one_line(kind: str) -> None:
    value, why = WRONG[kind]

    assert why in refused("changes", value), short(value)
