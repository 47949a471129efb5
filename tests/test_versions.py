"""A table that keeps every version: after random edits it equals a journal kept at Kombo.

The map is that of docs/history.md; `tests/test_history.py` runs the page itself.
"""

from __future__ import annotations

import copy
import itertools
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from programs import STREAMS, Change, Scene, Wait
from support import KEY, Kombo, Sent, promised, shown
from test_convergence import EXAMPLES, scene_kombo, waits

from kombo_emulator import Behaviour, Size
from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from support import Measured

A = "greenhouse:demo"
NAMES = ("applications", "candidates")
SOURCES = {f"{name}_log": name for name in NAMES}
MAPS = {
    log: {"__source__": name, "__key_properties__": ["id", "changed_at"]}
    for log, name in SOURCES.items()
}
Version = tuple[str, str]
Table = dict[tuple[str, ...], dict[str, Any]]

__all__ = ["scene_kombo"]  # a fixture

small = st.integers(0, 40)
changes = st.builds(
    Change,
    st.sampled_from(
        ["edit"] * 3 + ["move", "add", "delete", "restore", "tag", "untag"],
    ),
    st.integers(0, len(STREAMS) - 1),
    small,
    small,
    st.sampled_from([0.0, 0.0, 3.0, 30.0]),
)


class History:
    """An integration, a loader that writes over by key, and a journal of what Kombo has had."""

    def __init__(self, kombo: Kombo, keys: Sequence[str] = ("id", "changed_at")) -> None:
        """Connect a new integration."""
        self.scene = Scene(kombo, NAMES)
        self.maps = {log: one | {"__key_properties__": list(keys)} for log, one in MAPS.items()}
        self.tables: dict[str, Table] = {}
        self.journal: dict[str, dict[Version, dict[str, Any]]] = {log: {} for log in MAPS}
        self.state: dict[str, Any] = {}

    def run(self, *, state: Mapping[str, Any] | None = None) -> Sent:
        """Note what Kombo has, run the tap, and load what it sends."""
        for log, name in SOURCES.items():
            for record in self.scene.ats.records(STREAMS[name]):
                version = (record["id"], record["changed_at"])
                self.journal[log][version] = shown(name, record)
        sent = self.scene.kombo.run(
            self.scene.id,
            streams=NAMES,
            state=dict(self.state if state is None else state),
            stream_maps=copy.deepcopy(self.maps),
            page_size=3,
        )
        keys: dict[str, Sequence[str]] = {}
        for message in sent.messages:
            if message["type"] == "SCHEMA":
                keys[message["stream"]] = message["key_properties"]
            elif message["type"] == "RECORD":
                name, record = message["stream"], dict(message["record"])
                key = tuple(record[one] for one in keys[name])
                assert record.pop("integration_id") == self.scene.id
                self.tables.setdefault(name, {})[key] = record
        self.state = sent.state
        return sent

    def play(self, program: Sequence[Change | Wait]) -> None:
        """Let things happen, with a run after each; at the end all is visible."""
        self.run()
        for step in (*program, Wait(60)):
            self.scene.do(step)
            self.run()

    def assert_equal(self) -> None:
        """Compare each version with the journal, but for what is nested and not promised.

        What Kombo has blanked it may have blanked without a sign.
        """
        for log, journal in self.journal.items():
            embeds = MODELS[STREAMS[SOURCES[log]]].embeds
            assert set(self.tables[log]) == set(journal)
            for version, record in journal.items():
                if record["remote_deleted_at"] is None:
                    stored = self.tables[log][version]
                    assert promised(stored, embeds) == promised(record, embeds)

    def assert_current(self) -> None:
        """Compare the newest versions with all that Kombo has, and with the plain table."""
        for log, name in SOURCES.items():
            for record in self.scene.ats.records(STREAMS[name]):
                key, wanted = record["id"], shown(name, record)
                assert self.tables[log][key, record["changed_at"]] == wanted
                assert self.tables[name][(key,)] == wanted


@pytest.mark.timeout(1800)
@settings(
    max_examples=max(2, EXAMPLES // 50),
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(program=st.lists(changes | changes | waits, min_size=1, max_size=8))
def test_with_a_run_after_each_edit_the_log_equals_the_journal(
    scene_kombo: Kombo, program: list[Change | Wait]
) -> None:
    history = History(scene_kombo)
    history.play(program)
    history.assert_equal()
    versions = {log: set(history.tables[log]) for log in MAPS}

    history.run(state={})  # a full pass

    assert {log: set(history.tables[log]) for log in MAPS} == versions
    history.assert_equal()
    history.assert_current()


@pytest.mark.parametrize("scene_kombo", [Behaviour()], indirect=True)
def test_the_proof_can_fail(scene_kombo: Kombo) -> None:
    """With the key of the stream alone only the present is kept."""
    program: list[Change | Wait] = [Change("edit", model=1)]
    history = History(scene_kombo)
    history.play(program)
    history.assert_equal()
    history = History(scene_kombo, keys=("id",))
    history.play(program)
    with pytest.raises(AssertionError):
        history.assert_equal()


def versions(sent: Sent) -> Table:
    """The versions in the messages of a run."""
    found = sent.records("applications_log")
    return {(one["id"], one["changed_at"]): one for one in found}


def test_the_log_costs_no_request_and_leaves_the_stream_as_it_is(
    kombo: Kombo, measured: Measured
) -> None:
    kombo.emulator.add_integration(A, "ATS", Size(applications=120))
    plain = kombo.run(A, streams=NAMES, page_size=50)
    requests = len(kombo.emulator.requests)
    kombo.emulator.clear_requests()

    sent = kombo.run(A, streams=NAMES, page_size=50, stream_maps=copy.deepcopy(MAPS))

    assert len(kombo.emulator.requests) == requests
    for log, name in SOURCES.items():
        assert sent.records(name) == sent.records(log) == plain.records(name)
    measured(f"history: {requests} requests without a log, {len(kombo.emulator.requests)} with it")


def test_adding_the_log_makes_one_full_pass(kombo: Kombo) -> None:
    """So the log begins with a version of each record."""
    ats = kombo.emulator.add_integration(A)
    before = kombo.run(A, streams=NAMES)
    kombo.emulator.clock.advance(days=1)

    added = kombo.run(A, streams=NAMES, state=before.state, stream_maps=copy.deepcopy(MAPS))
    kombo.emulator.clock.advance(days=1)
    after = kombo.run(A, streams=NAMES, state=added.state, stream_maps=copy.deepcopy(MAPS))

    assert len(versions(added)) == len(ats.records("ats_applications"))
    assert versions(after) == {}


def test_changes_between_two_runs_are_one_version(kombo: Kombo) -> None:
    ats = kombo.emulator.add_integration(A)
    moved, current = (ats.records("ats_applications")[0][one] for one in ("id", "current_stage_id"))
    others = {one["id"] for one in ats.records("ats_application_stages")} - {current}
    stages = itertools.cycle(sorted(others))
    state: dict[str, Any] = {}
    found: Table = {}
    for moves in (0, 1, 3):
        for _ in range(moves):
            kombo.emulator.clock.advance(seconds=3600)
            ats.edit("ats_applications", moved, current_stage_id=next(stages))
        sent = kombo.run(A, streams=NAMES, state=state, stream_maps=copy.deepcopy(MAPS))
        state, found = sent.state, found | versions(sent)
    assert len([key for key, _ in found if key == moved]) == 3


def test_what_is_nested_changes_within_a_version(kombo: Kombo) -> None:
    """`changed_at` does not move, so the version is written over."""
    ats = kombo.emulator.add_integration(A)
    first = kombo.run(A, streams=NAMES, stream_maps=copy.deepcopy(MAPS))
    kombo.emulator.clock.advance(days=1)
    candidate = ats.records("ats_applications")[0]["candidate_id"]
    ats.edit("ats_candidates", candidate, last_name="Otherwise")

    second = kombo.run(A, streams=NAMES, state=first.state, stream_maps=copy.deepcopy(MAPS))

    again = [one for one in second.records("applications_log") if one["candidate_id"] == candidate]
    assert {one["candidate"]["last_name"] for one in again} == {"Otherwise"}
    assert {(one["id"], one["changed_at"]) for one in again} <= set(versions(first))


@pytest.mark.parametrize("anonymized_records", ["emit", "skip"])
def test_a_blanked_deletion_takes_the_place_of_the_deletion_and_of_nothing_before(
    kombo: Kombo, anonymized_records: str
) -> None:
    """So what Kombo erases after 14 days stays in older versions."""
    ats = kombo.emulator.add_integration(A)
    gone = ats.records("ats_applications")[0]["id"]
    state: dict[str, Any] = {}
    seen: list[list[dict[str, Any]]] = []
    for days in (0, 1, 20):
        kombo.emulator.clock.advance(days=days)
        if days == 1:
            ats.delete("ats_applications", gone)
        sent = kombo.run(
            A,
            streams=NAMES,
            state=state,
            stream_maps=copy.deepcopy(MAPS),
            anonymized_records=anonymized_records,
        )
        state = sent.state
        seen.append([one for one in sent.records("applications_log") if one["id"] == gone])
    [alive], [deleted], [blanked] = seen
    assert alive["changed_at"] < deleted["changed_at"] == deleted["remote_deleted_at"]
    assert blanked["changed_at"] == deleted["changed_at"]
    assert deleted["candidate_id"] == alive["candidate_id"]
    emitted = anonymized_records == "emit"
    assert blanked.get("candidate_id", "not sent") == (None if emitted else "not sent")


@pytest.mark.parametrize("preset", [None, "people", "strict"])
def test_the_log_holds_what_the_stream_holds(kombo: Kombo, preset: str | None) -> None:
    """What has to be opted in, is deselected or becomes a pseudonym is so in the log too."""
    kombo.emulator.add_integration(A)
    hidden: dict[str, Any] = {"pseudonyms": preset, "pseudonym_key": KEY * 4} if preset else {}
    sent = kombo.run(
        A,
        streams=NAMES,
        deselected=("remote_url", "candidate.phone_numbers"),
        stream_maps=copy.deepcopy(MAPS),
        **hidden,
    )
    schemas = {one["stream"]: one["schema"] for one in sent.messages if one["type"] == "SCHEMA"}
    for log, name in SOURCES.items():
        assert schemas[log]["properties"] == schemas[name]["properties"]
        assert sent.records(log) == sent.records(name) != []
    assert {"remote_data", "remote_url"} & schemas["applications_log"]["properties"].keys() == set()
