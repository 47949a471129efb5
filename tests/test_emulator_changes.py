"""What changes, deletions and time do to the emulator's answers."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import NOW, Client

from kombo_emulator import Behaviour, Emulator, Size, serve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from kombo_emulator import Integration

LIST = "/ats/interviews"
FEW = replace(Size.empty(), users=2, tags=2, application_stages=2, jobs=1)


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[Emulator, str]]:
    """One emulator for all tests: each has an integration of its own."""
    emulator = Emulator(now=NOW)
    with serve(emulator) as url:
        yield emulator, url


@dataclass(frozen=True)
class World:
    """An integration with one interview, and what it hangs together with."""

    emulator: Emulator
    ats: Integration
    client: Client
    interview: str
    application: str
    candidate: str

    def read(self, **params: str) -> list[dict[str, Any]]:
        return self.client.rows(LIST, **params)

    @property
    def now(self) -> str:
        return self.client.now()


@pytest.fixture
def world(served: tuple[Emulator, str]) -> World:
    emulator, url = served
    emulator.behaviour = Behaviour()
    emulator.clock.set(NOW)
    ats = emulator.add_integration(f"greenhouse:{len(emulator.integrations)}", "ATS", FEW)
    candidate = ats.make("ats_candidates")
    application = ats.make("ats_applications", candidate_id=candidate, outcome="PENDING")
    users = tuple(row["id"] for row in ats.records("ats_users"))[:1]
    interview = ats.make(
        "ats_interviews", application_id=application, title="Talk", canceled=False, user_ids=users
    )
    emulator.clock.advance(seconds=60)
    return World(emulator, ats, Client(url, ats), interview, application, candidate)


def test_moved_application_is_its_own_change(world: World) -> None:
    stage = world.ats.records("ats_application_stages")[0]["id"]
    world.ats.edit("ats_applications", world.application, current_stage_id=None)
    world.emulator.clock.advance(seconds=1)
    world.ats.edit("ats_applications", world.application, current_stage_id=stage)
    (found,) = world.client.rows("/ats/applications", updated_after=world.now)
    assert found["changed_at"] == world.now
    assert found["remote_updated_at"] in {None, world.now}
    assert found["current_stage"]["id"] == found["current_stage_id"] == stage


def test_changes_show_wherever_the_record_is_nested(world: World) -> None:
    ats = world.ats
    known = {name: [row["id"] for row in ats.records(f"ats_{name}")] for name in ("users", "tags")}
    ats.edit("ats_candidates", world.candidate, tag_ids=(known["tags"][0],))
    ats.edit("ats_interviews", world.interview, canceled=True)
    ats.link("ats_interviews", world.interview, "user_ids", known["users"][1])
    ats.unlink("ats_interviews", world.interview, "user_ids", known["users"][0])
    ats.edit("ats_candidates", world.candidate, last_name="Newname")
    ats.unlink("ats_candidates", world.candidate, "tag_ids", known["tags"][0])
    ats.link("ats_candidates", world.candidate, "tag_ids", known["tags"][1])
    ats.edit("ats_applications", world.application, rejection_reason_name="Salary")
    interview = world.client.one(LIST, world.interview)
    candidate = world.client.one("/ats/candidates", world.candidate)
    assert interview["canceled"] is True
    assert [user["id"] for user in interview["users"]] == [known["users"][1]]
    assert interview["application"]["rejection_reason_name"] == "Salary"
    assert interview["application"]["candidate"]["last_name"] == "Newname"
    assert [tag["id"] for tag in candidate["tags"]] == [known["tags"][1]]
    assert candidate["applications"][0]["rejection_reason_name"] == "Salary"


def test_hired_employee_begins_today(world: World) -> None:
    name = f"personio:{len(world.emulator.integrations)}"
    hris = world.emulator.add_integration(name, "HRIS", Size.empty())
    employee = hris.hire_employee(first_name="\u00c4nne")
    found = Client(world.client.url, hris).one("/hris/employees", employee)
    assert (found["first_name"], found["employment_status"]) == ("\u00c4nne", "ACTIVE")
    today = f"{NOW[:10]}T00:00:00.000Z"
    assert found["start_date"] == found["employments"][0]["effective_date"] == today


def test_edit_that_changes_nothing_is_no_change(world: World) -> None:
    world.ats.edit("ats_interviews", world.interview, title="Talk")
    assert not world.read(updated_after=world.now)


@pytest.mark.parametrize("name", ["no_such", "changed_at", "id"])
def test_property_that_cannot_be_set_is_refused(world: World, name: str) -> None:
    fields: dict[str, Any] = {name: "x"}
    with pytest.raises(TypeError, match=name):
        world.ats.edit("ats_interviews", world.interview, **fields)


def test_earlier_write_keeps_its_time_and_does_not_hide_a_later_one(world: World) -> None:
    with world.emulator.clock.at("2026-11-23T10:00:30.250Z"):
        world.ats.edit("ats_interviews", world.interview, canceled=True)
    (found,) = world.read()
    assert found["changed_at"] == "2026-11-23T10:00:30.250Z"
    assert not world.read(updated_after="2026-11-23T10:00:30.251Z")
    world.ats.edit("ats_interviews", world.interview, location=None, canceled=None)
    with world.emulator.clock.at("2026-11-23T10:00:40Z"):
        world.ats.edit("ats_interviews", world.interview, title="Chat")
    (found,) = world.read(updated_after=world.now)
    assert (found["title"], found["changed_at"]) == ("Chat", world.now)


def test_change_may_be_seen_later_than_its_time_stamp(world: World) -> None:
    stamped, clock = world.now, world.emulator.clock
    world.ats.edit("ats_interviews", world.interview, title="Late", visible_after=20)
    world.ats.make("ats_interviews", title="New", visible_after=20)
    clock.advance(seconds=19)
    assert [row["title"] for row in world.read()] == ["Talk"]
    clock.advance(seconds=1)
    found = world.read(updated_after=stamped)
    assert {(row["title"], row["changed_at"]) for row in found} == {
        ("Late", stamped),
        ("New", stamped),
    }


def test_tombstone_is_shown_only_on_request_and_may_reappear(world: World) -> None:
    since = world.now
    world.ats.delete("ats_interviews", world.interview)
    world.emulator.clock.advance(seconds=5)
    assert not world.read()
    (tombstone,) = world.read(include_deleted="true", updated_after=since)
    assert tombstone["remote_deleted_at"] == tombstone["changed_at"] == since
    assert tombstone["title"] == "Talk"
    world.ats.restore("ats_interviews", world.interview)
    (row,) = world.read(updated_after=world.now)
    assert (row["id"], row["remote_deleted_at"]) == (world.interview, None)


def test_disabled_model_is_refused_and_its_records_come_back(world: World) -> None:
    world.ats.disable_model("ats_interviews")
    answer = world.client.get(LIST)
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        403,
        "INTEGRATION.MODEL_DISABLED",
    )
    (row,) = world.ats.records("ats_interviews")
    assert row["remote_deleted_at"]
    assert not world.client.one("/ats/applications", world.application)["interviews"]
    world.emulator.clock.advance(days=20)
    (row,) = world.ats.records("ats_interviews")
    assert row["title"] is None
    world.ats.enable_model("ats_interviews")
    (row,) = world.read()
    assert (row["title"], row["remote_deleted_at"]) == ("Talk", None)


@pytest.mark.parametrize("blanking_updates", [False, True])
def test_tombstone_is_blanked_after_14_days(world: World, *, blanking_updates: bool) -> None:
    world.emulator.behaviour = Behaviour(blanking_updates=blanking_updates)
    deleted_at = world.now
    world.ats.delete("ats_interviews", world.interview)
    world.emulator.clock.advance(days=14, seconds=-1)
    (row,) = world.read(include_deleted="true")
    assert row["title"] == "Talk"
    since = world.now
    world.emulator.clock.advance(seconds=1)
    (row,) = world.read(include_deleted="true")
    assert row["remote_deleted_at"] == deleted_at
    assert row["changed_at"] == (world.now if blanking_updates else deleted_at)
    filled = {name for name, value in row.items() if value not in (None, [])}
    assert filled == {"id", "changed_at", "remote_deleted_at"}
    assert bool(world.read(include_deleted="true", updated_after=since)) is blanking_updates


def test_tombstone_may_be_removed_after_14_days(world: World) -> None:
    world.emulator.behaviour = Behaviour(after_14_days="remove")
    world.ats.delete("ats_interviews", world.interview)
    world.emulator.clock.advance(days=13)
    assert len(world.read(include_deleted="true")) == 1
    world.emulator.clock.advance(days=1)
    assert not world.read(include_deleted="true")
    assert not world.ats.records("ats_interviews")
    world.ats.restore("ats_interviews", world.interview)
    assert world.read()[0]["title"] == "Talk"


def test_reappeared_record_is_not_blanked_by_its_old_deletion(world: World) -> None:
    clock = world.emulator.clock
    world.ats.delete("ats_interviews", world.interview)
    clock.advance(days=1)
    world.ats.restore("ats_interviews", world.interview)
    world.ats.delete("ats_interviews", world.interview)
    clock.advance(days=13)
    assert world.client.one(LIST, world.interview)["title"] == "Talk"
    clock.advance(days=1)
    assert world.client.one(LIST, world.interview)["title"] is None
