"""Runs by what changed: which passes webhook events lead to, and what becomes of all others."""

from __future__ import annotations

import json
import logging
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest
from support import KEY, REFERENCE, Kombo, Sent, catalog, needs_reference, only

from kombo_emulator.events import data_changed, lifecycle
from kombo_emulator.table import MODELS
from tap_kombo.api.endpoints import ENDPOINTS, TOUCHING
from tap_kombo.changes import changes_of
from tap_kombo.config import FROM_FILES
from tap_kombo.doctor import examine
from tap_kombo.tap import TapKombo

if TYPE_CHECKING:
    from pathlib import Path
    from subprocess import CompletedProcess

    from kombo_emulator.models import Embed

OPENAPI = REFERENCE / "kombo-openapi.json"
A, B, C = "tool:a", "tool:b", "tool:c"
LISTS = [one for one in ENDPOINTS if one.model]
BY_NAME = {one.name: one for one in ENDPOINTS}
STREAMS = ("integrations", "interviews", "applications", "candidates", "jobs", "tags")


def event(integration_id: str, *models: str, kind: str = "data-changed") -> dict[str, Any]:
    """An event as Kombo sends it."""
    data = {
        "integration_id": integration_id,
        "integration_tool": "tool",
        "integration_category": "ATS",
        "changed_models": [{"name": one} for one in models],
    }
    return {"id": "e1", "type": kind, "data": data}


def touched(*events: dict[str, Any], integration_id: str = A) -> set[str]:
    """The streams of an integration that events touch."""
    changes = changes_of(events)
    return {one.name for one in ENDPOINTS if changes.touches(one, integration_id)}


# --- the table


@needs_reference
def test_every_name_of_the_document_is_mapped() -> None:
    document = json.loads(OPENAPI.read_text())
    schema = document["components"]["schemas"]["DataChangedWebhookPayload"]
    data = schema["properties"]["data"]["properties"]
    names = data["changed_models"]["items"]["properties"]["name"]["enum"]
    kinds = {one for one in document["webhooks"] if "order-received" in one}

    assert set(names) - TOUCHING == set()
    assert len(names) > 40
    assert {one for one in TOUCHING if ":" in one} == kinds


def triggering(embeds: tuple[Embed, ...]) -> set[str]:
    return {one.model for one in embeds if one.on_link or one.on_change}


def test_a_stream_is_touched_by_all_that_updated_after_answers_to() -> None:
    """What the emulator knows of Kombo's documentation is written down a second time there."""
    left_out = {
        one.name: triggering(MODELS[one.model or ""].embeds) - one.touching for one in LISTS
    }
    assert {name: models for name, models in left_out.items() if models} == {}


def test_a_list_per_record_is_touched_by_the_record() -> None:
    lists = [one for one in ENDPOINTS if one.parent]
    assert lists
    assert [one.name for one in lists if BY_NAME[one.parent or ""].model not in one.touching] == []


NAMED: dict[tuple[str, ...], set[str]] = {
    ("ats_jobs",): {"jobs"},
    ("ats_rejection_reasons", "ats_jobs"): {"jobs", "rejection_reasons"},
    ("ats_tags",): {"candidates", "tags"},
    ("ats_join_interviews_users",): {"interviews"},
    ("ats_offers",): {"applications", "offers"},
    ("hris_teams",): {"hris_employees", "hris_groups", "hris_staffing_entities", "hris_teams"},
    ("lms_course_revisions",): {"lms_courses"},
    ("ats_something_new",): set(BY_NAME),
    ("ats_jobs", "ats_something_new"): set(BY_NAME),
    (): set(BY_NAME),
}


def test_what_an_event_names_is_touched() -> None:
    others = event(B, "ats_roles")
    assert {one: touched(event(A, *one)) for one in NAMED} == NAMED
    assert {one: touched(event(A, *one), event(A, *one), others) for one in NAMED} == NAMED
    assert [one for one in NAMED if touched(event(B, *one))] == []


def test_what_an_event_of_another_kind_touches() -> None:
    streams: dict[str, set[str]] = {
        "sync-finished": set(BY_NAME),
        "assessment:order-received": {"assessment_orders"},
        "inline-assessment:order-received": {"assessment_orders"},
        "integration-state-changed": set(),
        "ai-apply-application-status-updated": set(),
        "something-new": set(),
    }
    assert {kind: touched(event(A, kind=kind)) for kind in streams} == streams


# --- a run


@pytest.fixture
def three(kombo: Kombo) -> dict[str, Any]:
    """The state after three integrations were read as a whole; nothing was asked since."""
    for one in (A, B, C):
        kombo.emulator.add_integration(
            one, "ATS", only(interviews=3, applications=2, candidates=2, jobs=2, tags=2)
        )
        assert data_changed(kombo.emulator.integrations[one])
    state = kombo.run(A, B, C, streams=STREAMS).state
    kombo.emulator.clock.advance(seconds=3600)
    kombo.emulator.clear_requests()
    return state


def asked(kombo: Kombo) -> list[tuple[str, str | None]]:
    return sorted((one.path, one.integration_id) for one in kombo.emulator.requests)


def test_only_what_is_touched_is_asked_for(
    kombo: Kombo, three: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    ats = kombo.emulator.integrations[B]
    edited = next(iter(ats.table("ats_jobs").rows))
    ats.edit("ats_jobs", edited, name="new")
    told = data_changed(ats)
    assert told
    others = [event("tool:stranger", "ats_jobs"), lifecycle("integration-deleted", ats)]
    caplog.clear()

    sent = kombo.run(A, B, C, streams=STREAMS, state=three, changes=[told, *others, told])

    assert asked(kombo) == [("/ats/jobs", B), (f"/integrations/{B}", B)]
    assert [one["id"] for one in sent.records("jobs")] == [edited]
    before, after = three["bookmarks"], sent.state["bookmarks"]
    moved = {
        (stream, one["context"]["integration_id"])
        for stream in before
        for one, other in zip(
            before[stream].get("partitions", ()),
            after[stream].get("partitions", ()),
            strict=True,
        )
        if one != other
    }
    assert moved == {("jobs", B)}
    assert "Only what 4 event(s) touch is read: 1 pass(es)." in caplog.text
    assert "1 integration(s) that are not configured, 1 event(s) that report no" in caplog.text
    verdict = json.loads(caplog.messages[-1].removeprefix("VERDICT: "))
    assert (verdict["result"], verdict["events"]) == ("OK", 4)
    assert verdict["totals"]["integrations"] == 1
    assert verdict["totals"]["requests"] == 2
    assert list(verdict["streams"]) == ["jobs"]
    assert (
        "1 record(s) of 1 stream(s) and 1 integration(s), by 4 event(s); 2 request(s), "
        in caplog.text
    )


def test_the_next_whole_run_brings_what_no_event_told_of(
    kombo: Kombo, three: dict[str, Any]
) -> None:
    ats = kombo.emulator.integrations[C]
    lost = next(iter(ats.table("ats_jobs").rows))
    ats.edit("ats_jobs", lost, name="new")
    kombo.emulator.clock.advance(seconds=3600)
    state = kombo.run(A, B, C, streams=STREAMS, state=three, changes=[event(B, "ats_jobs")]).state
    kombo.emulator.clock.advance(seconds=3600)

    sent = kombo.run(A, B, C, streams=STREAMS, state=state)

    assert [one["id"] for one in sent.records("jobs")] == [lost]


def test_nothing_is_read_if_no_event_touches_anything(
    kombo: Kombo, three: dict[str, Any], caplog: pytest.LogCaptureFixture
) -> None:
    for events in (
        [],
        [event("tool:stranger", "ats_jobs")],  # not configured
        [event(A, "ats_roles")],  # not selected
        [event(A, kind="x")],  # of no data
    ):
        caplog.clear()

        sent = kombo.run(A, B, C, streams=STREAMS, state=three, changes=events)

        assert asked(kombo) == [], events
        assert sent.state == three, events
        assert "Nothing is read, as no event " in caplog.text, events
        assert '"result":"OK"' in caplog.messages[-1], events
        assert [one for one in caplog.records if one.levelno > logging.INFO] == [], events


def test_an_unknown_name_reads_all_selected_streams_of_its_integration(
    kombo: Kombo, three: dict[str, Any]
) -> None:
    events = [event(B, "ats_something_new"), event(A, "ats_jobs")]

    sent = kombo.run(A, B, C, streams=STREAMS, state=three, changes=events)

    lists = [f"/ats/{one}" for one in STREAMS[1:]]
    of_b = [(one, B) for one in (*lists, f"/integrations/{B}")]
    assert asked(kombo) == sorted([*of_b, ("/ats/jobs", A), (f"/integrations/{A}", A)])
    assert [one["integration_id"] for one in sent.records("integrations")] == [B]


def test_an_event_of_an_integration_without_any_of_the_streams_is_no_failure(
    kombo: Kombo, caplog: pytest.LogCaptureFixture
) -> None:
    kombo.emulator.add_integration("tool:hris", "HRIS", only())

    kombo.run("tool:hris", streams=STREAMS[1:], changes=[event("tool:hris", "hris_something_new")])

    assert asked(kombo) == [("/integrations/tool:hris", "tool:hris")]
    assert '"result":"OK"' in caplog.messages[-1]


def test_rows_of_integrations_that_are_not_read_stay(kombo: Kombo, three: dict[str, Any]) -> None:
    """The target must not drop them, though all that was to be read was."""
    options: dict[str, Any] = {"method": "FULL_TABLE", "emit_activate_version_messages": True}
    events = [event(one, "ats_jobs") for one in (A, B, C)]

    whole = kombo.run(A, B, C, streams=("jobs",), state=three, **options)
    some = kombo.run(A, B, C, streams=("jobs",), state=three, changes=events, **options)

    kinds = [{one["type"] for one in sent.messages} for sent in (whole, some)]
    assert kinds[0] - kinds[1] == {"ACTIVATE_VERSION"}
    assert len(some.records("jobs")) == len(whole.records("jobs")) == 6


def test_only_what_is_read_is_marked_as_a_mixture_of_two_questions(
    kombo: Kombo, three: dict[str, Any]
) -> None:
    earlier = kombo.run(A, B, C, streams=("jobs",), deselected=("name",)).state
    seen: list[dict[str, Any]] = []
    sent = Sent()
    kombo.emulator.intercept = lambda _: seen.append(sent.state)

    kombo.run(A, B, streams=("jobs",), state=earlier, changes=[event(B, "ats_jobs")], sent=sent)

    marked = [one for one in (A, B, C) if "mixed" in json.dumps(entry_of(seen[-1], one))]
    assert marked == [B]
    assert three


def entry_of(state: dict[str, Any], integration_id: str) -> dict[str, Any]:
    entries = state["bookmarks"]["jobs"]["partitions"]
    context = {"integration_id": integration_id}
    return next(one for one in entries if one["context"] == context)


def test_a_pass_that_fails_is_named_and_keeps_its_bookmark(
    kombo: Kombo, three: dict[str, Any]
) -> None:
    del kombo.emulator.integrations[B]

    sent = kombo.attempt(
        A, B, streams=STREAMS, state=three, changes=[event(one, "ats_jobs") for one in (A, B)]
    )

    assert "1 pass(es) of 1 integration(s) failed" in str(sent.error)
    assert sent.bookmark(A, "jobs") != sent.bookmark(B, "jobs") == sent.bookmark(C, "jobs")


def test_the_doctor_forecasts_what_is_touched(kombo: Kombo, three: dict[str, Any]) -> None:
    assert three
    config = {
        "api_key": KEY,
        "integration_ids": [A, B, C],
        "api_url": kombo.url,
        "changes": [event(B, "ats_tags"), event("tool:stranger", "ats_tags")],
    }
    tap = TapKombo(config=config, catalog=catalog(*STREAMS))

    lines = list(examine(tap, tap.make_run([], max_retries=0), tap.selected).lines())

    told = "Without a state: a first run reads 2 full passes; at least 3 requests"
    assert any(told in one for one in lines), lines
    assert any(one.split() == ["changes", "2", "entries"] for one in lines)


# --- from standard input

LINES = "\n".join(json.dumps(event(*one)) for one in ((A, "ats_jobs"), (B, "ats_tags")))


def piped(folder: Path, url: str, state: dict[str, Any], events: str) -> CompletedProcess[str]:
    """Run the tap as a process that has events on its standard input."""
    config = {"api_key": KEY, "integration_ids": [A, B, C], "api_url": url, "changes": "@-"}
    command = [sys.executable, "-m", "tap_kombo"]
    files = {"config": config, "catalog": catalog(*STREAMS), "state": state}
    for name, content in files.items():
        (folder / name).write_text(json.dumps(content))
        command.append(f"--{name}={folder / name}")
    return subprocess.run(command, input=events, capture_output=True, text=True, check=False)


def test_events_come_from_standard_input(
    kombo: Kombo, three: dict[str, Any], tmp_path: Path
) -> None:
    done = piped(tmp_path, kombo.url, three, LINES)

    assert done.returncode == 0, done.stderr
    expected = [("/ats/candidates", B), ("/ats/jobs", A), ("/ats/tags", B)]
    assert asked(kombo) == [*expected, (f"/integrations/{A}", A), (f"/integrations/{B}", B)]


def test_standard_input_that_holds_no_event_is_refused_in_one_line(
    kombo: Kombo, tmp_path: Path
) -> None:
    done = piped(tmp_path, kombo.url, {}, "jane")

    assert done.returncode == 1
    assert "Setting 'changes': the file - is wrong in line 1" in done.stderr
    assert "jane" not in done.stderr
    assert kombo.emulator.requests == []


@pytest.mark.parametrize("setting", FROM_FILES)
def test_discovery_leaves_standard_input_to_the_run(setting: str, tmp_path: Path) -> None:
    """Meltano lets both read the same."""
    read = "import sys, tap_kombo.tap as one; one.TapKombo.cli(sys.argv[1:], standalone_mode=False)"
    (tmp_path / "config.json").write_text(json.dumps({setting: "@-"}))
    code = f"{read}; sys.stderr.write('left: ' + sys.stdin.read())"
    command = [sys.executable, "-c", code, "--discover", f"--config={tmp_path / 'config.json'}"]

    done = subprocess.run(command, input=LINES, capture_output=True, text=True, check=False)

    assert done.returncode == 0
    assert done.stderr.endswith(f"left: {LINES}")
