"""What changes, deletions and time do to the emulator's answers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
import requests
from emulator_world import NOW, World, make_world

from kombo_emulator import Behaviour, Emulator, serve

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Change = Callable[["World"], object]


@pytest.fixture(scope="module")
def emulator() -> Emulator:
    """One emulator for all tests: each has an integration of its own."""
    return Emulator(now=NOW)


@pytest.fixture(scope="module")
def session(emulator: Emulator) -> Iterator[tuple[str, requests.Session]]:
    """The emulator's address and a connection to it."""
    with serve(emulator) as url, requests.Session() as session:
        yield url, session


@pytest.fixture
def world(emulator: Emulator, session: tuple[str, requests.Session]) -> World:
    return make_world(emulator, *session)


def rename(model: str, key: str = "", **fields: str) -> Change:
    """Change own properties of a record."""
    values: dict[str, Any] = dict(fields)
    return lambda world: world.ats.edit(model, world.ids[key or model], **values)


def relink(model: str, links: str, target: str) -> Change:
    """Add an entry to a list of links."""
    return lambda world: world.ats.link(model, world.ids[model], links, world.ids[target])


def unlink(model: str, links: str, target: str) -> Change:
    """Take an entry out of a list of links."""
    return lambda world: world.ats.unlink(model, world.ids[model], links, world.ids[target])


def remove(model: str, key: str = "") -> Change:
    """Delete a record."""
    return lambda world: world.ats.delete(model, world.ids[key or model])


RENAME_USER = rename("ats_users", last_name="Newname")
RENAME_CANDIDATE = rename("ats_candidates", first_name="Newname")
RENAME_JOB = rename("ats_jobs", name="New name")
RENAME_STAGE = rename("ats_application_stages", "stage", name="New name")
RENAME_TAG = rename("ats_tags", "tag", name="New name")
DECLINE = rename("ats_applications", outcome="DECLINED")
ADD_TAG = relink("ats_candidates", "tag_ids", "other_tag")
REMOVE_TAG = unlink("ats_candidates", "tag_ids", "tag")

TRIGGERS: list[tuple[str, str, Change, bool]] = [
    ("ats_applications", "candidate changed", RENAME_CANDIDATE, True),
    ("ats_applications", "candidate.tags added", ADD_TAG, False),
    ("ats_applications", "candidate.tags removed", REMOVE_TAG, False),
    ("ats_applications", "candidate.tags changed", RENAME_TAG, False),
    ("ats_applications", "current_stage changed", RENAME_STAGE, False),
    ("ats_applications", "job changed", RENAME_JOB, False),
    ("ats_applications", "interviews added", lambda world: world.ats.add_interview(), True),
    ("ats_applications", "interviews removed", remove("ats_interviews"), True),
    ("ats_applications", "interviews changed", rename("ats_interviews", title="Chat"), True),
    ("ats_applications", "offers added", lambda world: world.ats.add_offer(), True),
    ("ats_applications", "offers removed", remove("ats_offers"), True),
    ("ats_applications", "offers changed", rename("ats_offers", status="ACCEPTED"), True),
    ("ats_candidates", "applications added", lambda world: world.ats.add_application(), True),
    ("ats_candidates", "applications removed", remove("ats_applications"), True),
    ("ats_candidates", "applications changed", DECLINE, True),
    ("ats_candidates", "applications.current_stage changed", RENAME_STAGE, False),
    ("ats_candidates", "applications.job changed", RENAME_JOB, False),
    ("ats_candidates", "tags added", ADD_TAG, True),
    ("ats_candidates", "tags removed", REMOVE_TAG, True),
    ("ats_candidates", "tags changed", RENAME_TAG, False),
    ("ats_interviews", "users added", relink("ats_interviews", "user_ids", "other_user"), True),
    ("ats_interviews", "users removed", unlink("ats_interviews", "user_ids", "ats_users"), True),
    ("ats_interviews", "users changed", RENAME_USER, False),
    ("ats_interviews", "application changed", DECLINE, True),
    ("ats_interviews", "application.candidate changed", RENAME_CANDIDATE, False),
    ("ats_interviews", "application.job changed", RENAME_JOB, False),
    ("ats_jobs", "stages added", relink("ats_jobs", "stage_ids", "other_stage"), True),
    ("ats_jobs", "stages removed", unlink("ats_jobs", "stage_ids", "stage"), True),
    ("ats_jobs", "stages changed", RENAME_STAGE, False),
    (
        "ats_jobs",
        "screening_questions added",
        lambda world: world.ats.add_screening_question(world.ids["ats_jobs"]),
        True,
    ),
    (
        "ats_jobs",
        "screening_questions removed",
        remove("ats_screening_questions", "question"),
        True,
    ),
    (
        "ats_jobs",
        "screening_questions changed",
        rename("ats_screening_questions", "question", title="Why?"),
        True,
    ),
    (
        "ats_jobs",
        "job_postings added",
        lambda world: world.ats.add_job_posting(world.ids["ats_jobs"]),
        True,
    ),
    ("ats_jobs", "job_postings removed", remove("ats_job_postings", "posting"), True),
    ("ats_jobs", "job_postings changed", rename("ats_job_postings", "posting", title="New"), True),
    ("ats_jobs", "hiring_team added", relink("ats_jobs", "hiring_team_links", "other_user"), True),
    (
        "ats_jobs",
        "hiring_team removed",
        unlink("ats_jobs", "hiring_team_links", "ats_users"),
        True,
    ),
    ("ats_jobs", "hiring_team changed", RENAME_USER, False),
    ("ats_notes", "author changed", RENAME_USER, False),
    ("ats_offers", "application.candidate changed", RENAME_CANDIDATE, False),
    ("ats_offers", "application.job changed", RENAME_JOB, False),
    ("ats_scorecards", "author changed", RENAME_USER, False),
    (
        "ats_users",
        "system_roles added",
        relink("ats_users", "system_role_ids", "other_role"),
        True,
    ),
    ("ats_users", "system_roles removed", unlink("ats_users", "system_role_ids", "role"), True),
    ("ats_users", "system_roles changed", rename("ats_roles", "role", remote_label="Boss"), True),
]

UNSEEN_TRIGGERS: list[tuple[str, str, Change, bool]] = [
    ("ats_attachments", "application changed", DECLINE, False),
    ("ats_notes", "application changed", DECLINE, False),
    ("ats_notes", "candidate changed", RENAME_CANDIDATE, False),
    ("ats_offers", "application changed", DECLINE, True),
    ("ats_scorecards", "application changed", DECLINE, False),
    ("ats_scorecards", "candidate changed", RENAME_CANDIDATE, False),
    ("ats_scorecards", "interview changed", rename("ats_interviews", title="Chat"), False),
]


def names(cases: list[tuple[str, str, Change, bool]]) -> list[str]:
    return [f"{model}: {what}" for model, what, _, _ in cases]


@pytest.mark.parametrize(("model", "what", "change", "returned"), TRIGGERS, ids=names(TRIGGERS))
def test_nested_change_is_shown_and_returns_the_parent_if_kombo_says_so(
    world: World, model: str, what: str, change: Change, *, returned: bool
) -> None:
    before, since = world.one(model), world.now()

    change(world)

    after = world.one(model)
    key = what.split(" ", maxsplit=1)[0].split(".", maxsplit=1)[0]
    assert after[key] != before[key]
    assert {**after, key: None} == {**before, key: None}, "own properties stay"
    found = {row["id"] for row in world.read(model, updated_after=since)}
    assert (world.ids[model] in found) is returned


@pytest.mark.parametrize(
    ("model", "what", "change", "returned"), UNSEEN_TRIGGERS, ids=names(UNSEEN_TRIGGERS)
)
def test_related_change_that_is_not_shown(
    world: World, model: str, what: str, change: Change, *, returned: bool
) -> None:
    before, since = world.one(model), world.now()

    change(world)

    assert world.one(model) == before, what
    found = {row["id"] for row in world.read(model, updated_after=since)}
    assert (world.ids[model] in found) is returned


def test_moved_application_is_its_own_change(world: World) -> None:
    since = world.now()
    world.ats.move_application(world.ids["ats_applications"], world.ids["other_stage"])
    (found,) = world.read("ats_applications", updated_after=since)
    assert found["changed_at"] == found["remote_updated_at"] or not found["remote_updated_at"]
    assert found["changed_at"] == since.replace("Z", ".000Z")
    assert found["current_stage"]["id"] == found["current_stage_id"] == world.ids["other_stage"]


def test_application_given_to_another_candidate_returns_both(world: World) -> None:
    since, other = world.now(), world.ats.add_candidate()
    world.ats.world.clock.advance(seconds=1)
    since = world.now()
    world.ats.edit("ats_applications", world.ids["ats_applications"], candidate_id=other)
    found = {row["id"]: row["applications"] for row in world.read("ats_candidates")}
    assert [bool(found[key]) for key in (world.ids["ats_candidates"], other)] == [False, True]
    touched = {row["id"] for row in world.read("ats_candidates", updated_after=since)}
    assert touched == {world.ids["ats_candidates"], other}


def test_named_changes(world: World) -> None:
    ats, ids = world.ats, world.ids
    ats.cancel_interview(ids["ats_interviews"])
    ats.add_interviewer(ids["ats_interviews"], ids["other_user"])
    ats.remove_interviewer(ids["ats_interviews"], ids["ats_users"])
    ats.rename_candidate(ids["ats_candidates"], last_name="Newname")
    ats.untag_candidate(ids["ats_candidates"], ids["tag"])
    ats.tag_candidate(ids["ats_candidates"], ids["other_tag"])
    ats.reject_application(ids["ats_applications"], "Salary")
    interview, candidate = world.one("ats_interviews"), world.one("ats_candidates")
    assert interview["canceled"] is True
    assert [user["id"] for user in interview["users"]] == [ids["other_user"]]
    assert interview["application"]["rejection_reason_name"] == "Salary"
    assert interview["application"]["candidate"]["last_name"] == "Newname"
    assert [tag["id"] for tag in candidate["tags"]] == [ids["other_tag"]]
    assert candidate["applications"][0]["rejected_at"] == world.now().replace("Z", ".000Z")


def test_edit_that_changes_nothing_is_no_change(world: World) -> None:
    since = world.now()
    world.ats.edit("ats_interviews", world.ids["ats_interviews"], title="Talk")
    assert not world.read("ats_interviews", updated_after=since)


@pytest.mark.parametrize("name", ["no_such", "changed_at", "id"])
def test_property_that_cannot_be_set_is_refused(world: World, name: str) -> None:
    fields: dict[str, Any] = {name: "x"}
    with pytest.raises(TypeError, match=name):
        world.ats.edit("ats_interviews", world.ids["ats_interviews"], **fields)


def test_write_may_carry_an_earlier_time(world: World) -> None:
    with world.ats.world.clock.at("2026-11-23T10:00:30.250Z"):
        world.ats.cancel_interview(world.ids["ats_interviews"])
    assert world.one("ats_interviews")["changed_at"] == "2026-11-23T10:00:30.250Z"
    since = "2026-11-23T10:00:30.251Z"
    assert not world.read("ats_interviews", updated_after=since)


def test_earlier_write_does_not_hide_a_later_one(world: World) -> None:
    since = world.now()
    world.ats.cancel_interview(world.ids["ats_interviews"])
    with world.ats.world.clock.at("2026-11-23T10:00:30Z"):
        world.ats.edit("ats_interviews", world.ids["ats_interviews"], title="Chat")
    (found,) = world.read("ats_interviews", updated_after=since)
    assert (found["title"], found["changed_at"]) == ("Chat", since.replace("Z", ".000Z"))


def test_change_may_be_seen_later_than_its_time_stamp(world: World) -> None:
    stamped = world.now().replace("Z", ".000Z")
    key = world.ids["ats_interviews"]
    world.ats.edit("ats_interviews", key, title="Late", visible_after=20)
    late = world.ats.add_interview(title="New", visible_after=20)
    world.ats.world.clock.advance(seconds=19)
    assert [row["title"] for row in world.read("ats_interviews")] == ["Talk"]
    world.ats.world.clock.advance(seconds=1)
    rows = {row["id"]: row for row in world.read("ats_interviews", updated_after=stamped)}
    assert {row["title"] for row in rows.values()} == {"Late", "New"}
    assert {rows[key]["changed_at"], rows[late]["changed_at"]} == {stamped}


def test_tombstone_is_shown_only_on_request_and_may_reappear(world: World) -> None:
    since, key = world.now(), world.ids["ats_interviews"]
    world.ats.delete("ats_interviews", key)
    world.ats.world.clock.advance(seconds=5)
    assert not world.read("ats_interviews")
    (tombstone,) = world.read("ats_interviews", include_deleted="true", updated_after=since)
    assert tombstone["remote_deleted_at"] == tombstone["changed_at"] == since.replace("Z", ".000Z")
    assert tombstone["title"] == "Talk"
    again = world.now()
    world.ats.restore("ats_interviews", key)
    (row,) = world.read("ats_interviews", updated_after=again)
    assert (row["id"], row["remote_deleted_at"]) == (key, None)


def test_disabled_model_is_refused_and_its_records_come_back(world: World) -> None:
    world.ats.disable_model("ats_offers")
    answer = world.get("/ats/offers")
    assert (answer.status_code, answer.json()["error"]["code"]) == (
        403,
        "INTEGRATION.MODEL_DISABLED",
    )
    assert world.one("ats_offers")["remote_deleted_at"]
    assert not world.one("ats_applications")["offers"]
    world.ats.world.clock.advance(days=20)
    assert world.one("ats_offers")["status"] is None
    world.ats.enable_model("ats_offers")
    (offer,) = world.read("ats_offers")
    assert (offer["status"], offer["remote_deleted_at"]) == ("SENT", None)


@pytest.mark.parametrize("blanking_updates", [False, True])
def test_tombstone_is_blanked_after_14_days(
    world: World, emulator: Emulator, *, blanking_updates: bool
) -> None:
    emulator.behaviour = Behaviour(blanking_updates=blanking_updates)
    deleted_at = world.now().replace("Z", ".000Z")
    world.ats.delete("ats_interviews", world.ids["ats_interviews"])
    emulator.clock.advance(days=14, seconds=-1)
    (row,) = world.read("ats_interviews", include_deleted="true")
    assert row["title"] == "Talk"
    since = world.now()
    emulator.clock.advance(seconds=1)
    (row,) = world.read("ats_interviews", include_deleted="true")
    assert row["remote_deleted_at"] == deleted_at
    assert row["changed_at"] == (
        world.now().replace("Z", ".000Z") if blanking_updates else deleted_at
    )
    filled = {name for name, value in row.items() if value not in (None, [])}
    assert filled == {"id", "changed_at", "remote_deleted_at"}
    found = world.read("ats_interviews", include_deleted="true", updated_after=since)
    assert bool(found) is blanking_updates


def test_tombstone_may_be_removed_after_14_days(world: World, emulator: Emulator) -> None:
    emulator.behaviour = Behaviour(after_14_days="remove")
    world.ats.delete("ats_interviews", world.ids["ats_interviews"])
    emulator.clock.advance(days=13)
    assert len(world.read("ats_interviews", include_deleted="true")) == 1
    emulator.clock.advance(days=1)
    assert not world.read("ats_interviews", include_deleted="true")
    assert not world.ats.records("ats_interviews")
    world.ats.restore("ats_interviews", world.ids["ats_interviews"])
    assert world.read("ats_interviews")[0]["title"] == "Talk"


def test_reappeared_record_is_not_blanked_by_its_old_deletion(world: World) -> None:
    key, clock = world.ids["ats_interviews"], world.ats.world.clock
    world.ats.delete("ats_interviews", key)
    clock.advance(days=1)
    world.ats.restore("ats_interviews", key)
    world.ats.delete("ats_interviews", key)
    clock.advance(days=13)
    assert world.one("ats_interviews")["title"] == "Talk"
    clock.advance(days=1)
    assert world.one("ats_interviews")["title"] is None


def test_server_clock_may_be_ahead(world: World, emulator: Emulator) -> None:
    emulator.behaviour = Behaviour(date_offset_seconds=90)
    world.ats.cancel_interview(world.ids["ats_interviews"])
    answer = world.get("/ats/interviews")
    assert answer.json()["data"]["results"][0]["changed_at"] == "2026-11-23T10:02:30.000Z"
    assert answer.headers["Date"] == "Mon, 23 Nov 2026 10:02:30 GMT"
