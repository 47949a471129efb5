"""Which nested changes return the record around them, and what does to records themselves."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest
from emulator_client import PATHS, Client, everyone
from support import REFERENCE, needs_reference

from kombo_emulator import Size
from kombo_emulator.table import LISTS, MODELS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from kombo_emulator.models import Embed

# List, nested property, whether an entry added or removed returns the record, whether a change of
# the nested record does, as Kombo documents it.
_RULES = """
/hris/absences type - yes
/hris/employees employments yes yes
/hris/employees time_off_balances yes yes
/hris/employees manager - yes
/hris/employees groups yes no
/hris/employees legal_entity - yes
/hris/employees work_location - yes
/hris/payslips employee - no
/hris/payslips pay_run - no
/hris/payslips line_items yes yes
/hris/performance-reviews review_cycle - yes
/hris/performance-reviews reviewee - yes
/hris/performance-reviews reviewer - yes
/hris/staffing-entities locations yes yes
/hris/staffing-entities legal_entities yes yes
/hris/staffing-entities groups yes yes
/hris/staffing-entities skills yes yes
/hris/time-off-balances type - yes
/ats/applications candidate - yes
/ats/applications candidate.tags no no
/ats/applications current_stage - no
/ats/applications job - no
/ats/applications interviews yes yes
/ats/applications offers yes yes
/ats/candidates applications yes yes
/ats/candidates applications.current_stage - no
/ats/candidates applications.job - no
/ats/candidates tags yes no
/ats/interviews users yes no
/ats/interviews application - yes
/ats/interviews application.candidate - no
/ats/interviews application.job - no
/ats/jobs stages yes no
/ats/jobs screening_questions yes yes
/ats/jobs job_postings yes yes
/ats/jobs hiring_team yes no
/ats/notes author - no
/ats/offers application - yes
/ats/offers application.candidate - no
/ats/offers application.job - no
/ats/scorecards author - no
/ats/users system_roles yes yes
/lms/course-progressions user - no
/lms/course-progressions course_revision - no
/lms/courses provider - no
/lms/courses revisions yes yes
/lms/courses revisions.skill_assignments no no
"""
RULES = [tuple(line.split()) for line in _RULES.strip().splitlines()]
INCREMENTAL = [path for path in PATHS if LISTS[path].incremental]
UNSEEN = {("notes", "application"), ("notes", "candidate"), ("payslips", "line_items.salary_type")}
UNSEEN |= {("scorecards", key) for key in ("application", "candidate", "interview")}
"""What the documentation names though no record shows it."""

KEYS = {
    "group_memberships": "groups",
    "interviewers": "users",
    "system_role_assignment": "system_roles",
}
"""Properties that the documentation calls otherwise."""


@pytest.fixture(scope="module")
def clients() -> Iterator[dict[str, Client]]:
    with everyone(Size(applications=60, skills=30)) as served:
        yield served


def found(client: Client, path: str, key: str) -> tuple[str, Embed, Any, str]:
    """A record with something nested: its id, the embed, the row around it, the nested id."""
    first, _, second = key.partition(".")
    outer = next(one for one in LISTS[path].embeds if one.key == first)
    inner = next((one for one in outer.embeds if one.key == second), outer)
    for row in client.ats.table(LISTS[path].id).rows.values():
        owners = [row] if inner is outer else client.ats.linked(row, outer)
        for owner in owners if not row.deleted else ():
            for nested in client.ats.linked(owner, inner):
                if nested is not row:
                    return row.id, inner, owner, nested.id
    raise LookupError(key)


def change(client: Client, embed: Embed, nested: str) -> None:
    fields = embed.fields or ("outcome", "name")
    name = next(one for one in fields if one in MODELS[embed.model].fields and "id" not in one)
    client.ats.edit(embed.model, nested, **{name: client.now()})


def add(client: Client, embed: Embed, owner: Any) -> None:  # noqa: ANN401 - a row
    if embed.reverse:
        client.ats.make(embed.model, **{embed.reverse: owner.id})
        return
    (model,) = (one for one in MODELS.values() if owner in client.ats.table(one.id).rows.values())
    target = client.ats.make(embed.model)
    link = client.ats.skill_link(target) if embed.many == "skill_links" else target
    links = (*owner.values[embed.many], link)
    client.ats.edit(model.id, owner.id, **{embed.many: links})


def remove(client: Client, embed: Embed, owner: Any, nested: str) -> None:  # noqa: ANN401
    if embed.reverse:
        client.ats.delete(embed.model, nested)
        return
    (model,) = (one for one in MODELS.values() if owner in client.ats.table(one.id).rows.values())
    client.ats.unlink(model.id, owner.id, embed.many, nested)


@pytest.mark.parametrize("path", sorted({path for path, *_ in RULES}))
def test_nested_change_returns_the_record_or_not(clients: dict[str, Client], path: str) -> None:
    client = clients[LISTS[path].category]
    expected = {
        (key, kind): answer == "yes"
        for list_, key, listed, changed in RULES
        for kind, answer in (("added", listed), ("removed", listed), ("changed", changed))
        if list_ == path and answer != "-"
    }
    returned = {(key, kind): is_returned(client, path, key, kind) for key, kind in expected}
    assert returned == expected


def is_returned(client: Client, path: str, key: str, kind: str) -> bool:
    """Whether a record comes again after a change of what is nested in it."""
    record, embed, owner, nested = found(client, path, key)
    before = client.one(path, record)
    client.ats.world.clock.advance(seconds=1)

    if kind == "changed":
        change(client, embed, nested)
    elif kind == "added":
        add(client, embed, owner)
    else:
        remove(client, embed, owner, nested)

    after = client.one(path, record)
    assert after["changed_at"] == before["changed_at"], (key, kind)
    seen = bool(embed.fields or kind != "changed" or embed.many)
    assert (after != before) is seen, (key, kind)
    return record in client.ids(path, updated_after=client.now())


@needs_reference
def test_rules_are_those_of_the_reference() -> None:
    document = REFERENCE / "kombo-endpoints.json"
    documented = set()
    for endpoint in json.loads(document.read_text())["endpoints"]:
        by_source = endpoint["updated_after_triggers"] or {}
        rows = by_source.get("sdk-1.4.0") or by_source.get("openapi-2026-05") or ()
        for row in rows if endpoint["path"] in PATHS else ():
            key = KEYS.get(row["path"], row["path"])
            if (endpoint["path"].rpartition("/")[2], key) not in UNSEEN:
                rule = (row["added_or_removed"], row["linked_record_changed"])
                documented.add((endpoint["path"], key, *rule))
    words = {"yes": True, "no": False, "-": None}
    ours = {(path, key, words[listed], words[changed]) for path, key, listed, changed in RULES}
    one_of_a_kind = {(path, key) for path, key, listed, _ in ours if listed is None}
    assert {
        (path, key, None if (path, key) in one_of_a_kind and not listed else listed, changed)
        for path, key, listed, changed in documented
    } == ours


def test_a_record_that_is_only_named_does_not_return_another(clients: dict[str, Client]) -> None:
    client = clients["ATS"]
    card = next(row for row in client.rows("/ats/scorecards") if row["candidate_id"])
    client.ats.world.clock.advance(seconds=1)
    client.ats.edit("ats_candidates", card["candidate_id"], first_name="Newname")
    assert client.ids("/ats/scorecards", updated_after=client.now()) == []


@pytest.mark.parametrize("category", sorted({LISTS[path].category for path in INCREMENTAL}))
def test_own_change_and_deletion_return_the_record(
    clients: dict[str, Client], category: str
) -> None:
    client, returned, expected = clients[category], {}, {}
    for path in (one for one in INCREMENTAL if LISTS[one].category == category):
        model = LISTS[path]
        record = client.ids(path)[-1]
        name = next(one for one in model.fields if one in model.shown and "id" not in one)
        steps: dict[str, Callable[[], object]] = {
            "edited": partial(client.ats.edit, model.id, record, **{name: "New"}),
            "deleted": partial(client.ats.delete, model.id, record),
        }
        for step, happen in steps.items():
            client.ats.world.clock.advance(seconds=1)
            happen()
            now = client.now()
            changed = client.rows(path, updated_after=now, include_deleted="true")
            returned[path, step] = [
                (row[name], row["changed_at"], row["remote_deleted_at"])
                for row in changed
                if row["id"] == record
            ]
            expected[path, step] = [("New", now, now if step == "deleted" else None)]
    assert returned == expected


def test_application_given_to_another_candidate_returns_both(clients: dict[str, Client]) -> None:
    client = clients["ATS"]
    other, row = client.ats.make("ats_candidates"), client.rows("/ats/applications")[0]
    client.ats.world.clock.advance(seconds=1)
    client.ats.edit("ats_applications", row["id"], candidate_id=other)
    touched = set(client.ids("/ats/candidates", updated_after=client.now()))
    assert touched == {row["candidate_id"], other}
    assert client.one("/ats/candidates", other)["applications"][0]["id"] == row["id"]


def test_a_skill_of_a_staffing_entity_says_what_is_expected(clients: dict[str, Client]) -> None:
    hris = clients["HRIS"].ats
    scale = {"id": "s", "remote_id": "s", "type": "NUMERIC", "min": 1, "max": 5, "step": 1}
    options = [{"id": name, "remote_id": None, "name": name} for name in "ab"]
    choice = {"id": "c", "remote_id": "c", "type": "SINGLE_SELECT", "ordered_options": options}
    skills = [hris.make("hris_skills", proficiency_scale=one) for one in (scale, choice, None)]
    links = tuple(map(hris.skill_link, skills))
    position = clients["HRIS"].one(
        "/hris/staffing-entities", hris.make("hris_staffing_entities", skill_links=links)
    )
    assert [one["skill"]["proficiency_scale"] for one in position["skills"]] == [
        scale,
        choice,
        None,
    ]
    assert [one["expected_proficiency"] for one in position["skills"]] == [
        {"type": "NUMERIC", "value": 2},
        {"type": "SINGLE_SELECT", "selected_option_id": "b"},
        None,
    ]
