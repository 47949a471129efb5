"""What changes do to the emulator's answers in the categories HRIS, LMS and ASSESSMENT."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pytest
from category_scene import (
    Change,
    Nested,
    Scene,
    delete,
    edit,
    hris_scene,
    link,
    lms_scene,
    unlink,
)
from category_server import NOW, PATHS, REFERENCE, Server, serving

from kombo_emulator import Emulator, HrisIntegration, Size
from kombo_emulator.table import LISTS

if TYPE_CHECKING:
    from collections.abc import Iterator

BEFORE = "2026-11-23T09:00:00.000Z"


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    with serving() as served:
        yield served


@pytest.fixture
def scene(server: Server, request: pytest.FixtureRequest) -> Scene:
    """A scene of the category that the test asks for, an hour old."""
    category = getattr(request, "param", "HRIS")
    name = f"scene:{len(server.emulator.integrations)}"
    with server.emulator.clock.at(BEFORE):
        if category == "LMS":
            lms = server.emulator.add_integration(name, "LMS", Size.empty())
            return Scene(lms, lms_scene(lms))
        hris = server.emulator.add_integration(name, "HRIS", Size.empty())
        return Scene(hris, hris_scene(hris))


RENAME_EMPLOYEE = edit("hris_employees", "employee", last_name="New name")
RENAME_MANAGER = edit("hris_employees", "manager", last_name="New name")
RENAME_GROUP = edit("hris_teams", "group", name="New name")
RENAME_ENTITY = edit("hris_legal_entities", "entity", name="New name")
RENAME_LOCATION = edit("hris_locations", "location", name="New name")
RENAME_TYPE = edit("hris_absence_types", "type", name="New name")
RENAME_SKILL = edit("hris_skills", "skill", name="New name")


TEAM_OF = ("hris_employees", "employee", "group_ids")
POSITION = ("/hris/staffing-entities", "position")
ON_POSITION = ("hris_staffing_entities", "position")
TAUGHT = ("lms_course_revisions", "revision", "skill_ids")
DOCUMENTED = (
    Nested("/hris/absences", "absence", "type", "n/a yes", change=RENAME_TYPE),
    Nested(
        "/hris/employees",
        "employee",
        "employments",
        "yes yes",
        change=edit("hris_employments", "employment", pay_rate=1),
        add=lambda scene: scene.at.add_employment(scene.ids["employee"]),
        remove=delete("hris_employments", "employment"),
    ),
    Nested(
        "/hris/employees",
        "employee",
        "time_off_balances",
        "yes yes",
        change=edit("hris_time_off_balances", "balance", used=1.25),
        add=lambda scene: scene.at.add_time_off_balance(scene.ids["employee"]),
        remove=delete("hris_time_off_balances", "balance"),
    ),
    Nested("/hris/employees", "employee", "manager", "n/a yes", change=RENAME_MANAGER),
    Nested(
        "/hris/employees",
        "employee",
        "group_memberships",
        "yes no",
        change=RENAME_GROUP,
        add=link(*TEAM_OF, "other group"),
        remove=unlink(*TEAM_OF, "group"),
    ),
    Nested("/hris/employees", "employee", "legal_entity", "n/a yes", change=RENAME_ENTITY),
    Nested("/hris/employees", "employee", "work_location", "n/a yes", change=RENAME_LOCATION),
    Nested("/hris/payslips", "payslip", "employee", "no no", change=RENAME_EMPLOYEE),
    Nested(
        "/hris/payslips",
        "payslip",
        "pay_run",
        "no no",
        change=edit("hris_pay_runs", "run", end_date="2026-11-30"),
    ),
    Nested(
        "/hris/payslips",
        "payslip",
        "line_items",
        "yes yes",
        change=edit("hris_payslip_line_items", "line", name="New name"),
        add=lambda scene: scene.at.add_line_item(scene.ids["payslip"]),
        remove=delete("hris_payslip_line_items", "line"),
    ),
    Nested(
        "/hris/performance-reviews",
        "review",
        "review_cycle",
        "n/a yes",
        change=edit("hris_performance_review_cycles", "cycle", name="New name"),
    ),
    Nested("/hris/performance-reviews", "review", "reviewee", "n/a yes", change=RENAME_EMPLOYEE),
    Nested("/hris/performance-reviews", "review", "reviewer", "n/a yes", change=RENAME_MANAGER),
    Nested(
        *POSITION,
        "locations",
        "yes yes",
        change=RENAME_LOCATION,
        add=link(*ON_POSITION, "location_ids", "other location"),
        remove=unlink(*ON_POSITION, "location_ids", "location"),
    ),
    Nested(
        *POSITION,
        "legal_entities",
        "yes yes",
        change=RENAME_ENTITY,
        add=link(*ON_POSITION, "legal_entity_ids", "other entity"),
        remove=unlink(*ON_POSITION, "legal_entity_ids", "entity"),
    ),
    Nested(
        *POSITION,
        "groups",
        "yes yes",
        change=RENAME_GROUP,
        add=link(*ON_POSITION, "group_ids", "other group"),
        remove=unlink(*ON_POSITION, "group_ids", "group"),
    ),
    Nested(
        *POSITION,
        "skills",
        "yes yes",
        change=RENAME_SKILL,
        add=lambda scene: scene.expect("skill", "other skill"),
        remove=unlink(*ON_POSITION, "skill_links", "skill"),
    ),
    Nested("/hris/time-off-balances", "balance", "type", "n/a yes", change=RENAME_TYPE),
    Nested(
        "/lms/course-progressions",
        "progression",
        "user",
        "no no",
        change=edit("lms_users", "user", last_name="New name"),
    ),
    Nested(
        "/lms/course-progressions",
        "progression",
        "course_revision",
        "no no",
        change=edit("lms_course_revisions", "revision", title="New name"),
    ),
    Nested(
        "/lms/courses",
        "course",
        "provider",
        "no no",
        change=edit("lms_course_providers", "provider", name="New name"),
    ),
    Nested(
        "/lms/courses",
        "course",
        "revisions",
        "yes yes",
        change=edit("lms_course_revisions", "revision", title="New name"),
        add=lambda scene: scene.at.add_course_revision(scene.ids["course"]),
        remove=delete("lms_course_revisions", "revision"),
    ),
    Nested(
        "/lms/courses",
        "course",
        "revisions.skill_assignments",
        "no no",
        change=edit("lms_skills", "skill", name="New name"),
        add=link(*TAUGHT, "other skill"),
        remove=unlink(*TAUGHT, "skill"),
    ),
)
ONLY_AN_ID = tuple(
    Nested(f"/hris/{path}", key, "", "n/a no", change=change)
    for path, key, change in (
        ("absences", "absence", RENAME_EMPLOYEE),
        ("employees", "manager", RENAME_EMPLOYEE),
        ("employments", "employment", RENAME_EMPLOYEE),
        ("groups", "other group", RENAME_GROUP),
        ("pay-runs", "run", RENAME_ENTITY),
        ("time-off-balances", "balance", RENAME_EMPLOYEE),
        ("timesheets", "timesheet", RENAME_EMPLOYEE),
    )
)
"""Records that point at the one that changes, but do not show it."""


def cases() -> Iterator[Any]:
    """Each way in which a nested path can change, and whether it returns the record."""
    for nested in (*DOCUMENTED, *ONLY_AN_ID):
        for kind, change in (
            ("added", nested.add),
            ("removed", nested.remove),
            ("changed", nested.change),
        ):
            if change:
                returned = nested.rule[kind == "changed"]
                category = LISTS[nested.path].category
                name = f"{nested.path}-{nested.name}-{kind}"
                yield pytest.param(category, nested, change, returned, id=name)


@pytest.mark.parametrize(
    ("scene", "nested", "change", "returned"), list(cases()), indirect=["scene"]
)
def test_nested_change_returns_the_record_or_not(
    server: Server, scene: Scene, nested: Nested, change: Change, *, returned: bool
) -> None:
    def read(**params: str) -> dict[str, dict[str, Any]]:
        return {row["id"]: row for row in server.read(nested.path, scene.at.id, **params)}

    key = scene.ids[nested.key]
    before = read()[key]
    change(scene)
    assert (key in read(updated_after=NOW)) is returned
    after = read()[key]
    assert after["changed_at"] == before["changed_at"] == BEFORE
    assert (after != before) is bool(nested.name)


def test_nested_paths_are_those_of_the_reference() -> None:
    document = REFERENCE / "kombo-endpoints.json"
    if not document.exists():
        pytest.skip(f"no reference at {REFERENCE}; set KOMBO_REFERENCE_DIR")
    expected = {}
    for endpoint in json.loads(document.read_text())["endpoints"]:
        if endpoint["path"] in PATHS and endpoint["updated_after_triggers"]:
            by_source = endpoint["updated_after_triggers"]
            for row in by_source["sdk-1.4.0"] or by_source["openapi-2026-05"] or ():
                rule = (row["added_or_removed"], row["linked_record_changed"])
                expected[endpoint["path"], row["path"]] = rule
    # No record shows what kind of pay a line is.
    assert expected.pop(("/hris/payslips", "line_items.salary_type")) == (False, False)
    assert {(row.path, row.name): row.rule for row in DOCUMENTED} == expected


OWN = {
    "absences": ("absence", {"amount": 1.25}),
    "absence-types": ("type", {"name": "New name"}),
    "employee-document-categories": ("category", {"name": "New name"}),
    "employees": ("employee", {"job_title": "New name"}),
    "employments": ("employment", {"pay_rate": 1}),
    "groups": ("group", {"name": "New name"}),
    "legal-entities": ("entity", {"name": "New name"}),
    "locations": ("location", {"name": "New name"}),
    "pay-runs": ("run", {"totals": {}}),
    "payslips": ("payslip", {"totals": {}}),
    "performance-review-cycles": ("cycle", {"name": "New name"}),
    "performance-reviews": ("review", {"summary_comment": "New text"}),
    "staffing-entities": ("position", {"name": "New name"}),
    "teams": ("group", {"name": "New name"}),
    "time-off-balances": ("balance", {"balance": 1.25}),
    "timesheets": ("timesheet", {"comment": "New text"}),
}
LMS_OWN = {
    "course-progressions": ("progression", {"status": "DROPPED"}),
    "courses": ("course", {"origin_id": "new"}),
    "skills": ("skill", {"name": "New name"}),
    "users": ("user", {"first_name": "New"}),
}


@pytest.mark.parametrize(
    ("scene", "path", "key", "fields"),
    [
        pytest.param(category, f"/{category.lower()}/{path}", key, fields, id=path)
        for category, own in (("HRIS", OWN), ("LMS", LMS_OWN))
        for path, (key, fields) in own.items()
    ],
    indirect=["scene"],
)
def test_own_change_and_deletion_return_the_record(
    server: Server, scene: Scene, path: str, key: str, fields: dict[str, Any]
) -> None:
    def changed() -> list[dict[str, Any]]:
        params = {"updated_after": NOW, "include_deleted": "true"}
        rows = server.read(path, scene.at.id, **params)
        return [row for row in rows if row["id"] == scene.ids[key]]

    model = LISTS[path].id
    assert not changed()
    scene.edit(model, key, **fields)
    (row,) = changed()
    assert row["changed_at"] == NOW
    assert {name: row[name] for name in fields} == fields
    scene.delete(model, key)
    (row,) = changed()
    assert row["remote_deleted_at"] == NOW


def test_all_lists_with_updated_after_are_tried() -> None:
    tried = {f"/hris/{name}" for name in OWN} | {f"/lms/{name}" for name in LMS_OWN}
    assert tried == {path for path in PATHS if LISTS[path].incremental}


def test_skill_of_a_staffing_entity_says_what_is_expected(server: Server, scene: Scene) -> None:
    scale = {"id": "s", "remote_id": "s", "type": "NUMERIC", "min": 1, "max": 5, "step": 1}
    scene.edit("hris_skills", "other skill", proficiency_scale=scale)
    scene.expect("skill", "other skill")
    (position,) = server.read("/hris/staffing-entities", scene.at.id, updated_after=NOW)
    assert position["changed_at"] == BEFORE
    first, second = position["skills"]
    assert set(first) == {"skill_id", "skill", "expected_proficiency"}
    assert first["skill"]["id"] == first["skill_id"] == scene.ids["skill"]
    options = first["skill"]["proficiency_scale"]["ordered_options"]
    assert first["expected_proficiency"]["selected_option_id"] == options[1]["id"]
    assert second["skill"]["proficiency_scale"] == scale
    assert second["expected_proficiency"] == {"type": "NUMERIC", "value": 2}


def test_blanked_payslip_has_lost_its_links() -> None:
    emulator = Emulator(now=NOW)
    hris = emulator.add_integration("personio:old", "HRIS", replace(Size.empty(), payslips=1))
    (payslip,) = hris.records("hris_payslips")
    hris.delete("hris_payslips", payslip["id"])
    emulator.clock.advance(days=14)
    (blank,) = hris.records("hris_payslips")
    assert set(blank) == set(payslip)
    assert (blank["employee"], blank["pay_run"], blank["totals"]) == (None, None, None)


def test_hired_employee_begins_today(server: Server, scene: Scene) -> None:
    hris: HrisIntegration = scene.at
    employee = hris.hire_employee(first_name="Änne")
    (found,) = server.read("/hris/employees", hris.id, ids=employee)
    assert (found["first_name"], found["employment_status"]) == ("Änne", "ACTIVE")
    assert (
        found["start_date"]
        == found["employments"][0]["effective_date"]
        == f"{NOW[:10]}T00:00:00.000Z"
    )


def test_order_is_finished_and_deleted(server: Server) -> None:
    size = replace(Size.empty(), packages=1)
    assessment = server.emulator.add_integration("ashby:finished", "ASSESSMENT", size)
    order = assessment.add_order(status="OPEN")
    assessment.edit("assessment_orders", order, status="COMPLETED")
    (row,) = server.read("/assessment/orders", assessment.id, statuses="COMPLETED")
    (package,) = server.read("/assessment/packages", assessment.id)
    assert (row["id"], row["package_id"]) == (order, package["id"])
    assert server.emulator.requests[-1].records == 1
    assessment.delete("assessment_orders", order)
    assert not server.read("/assessment/orders", assessment.id)
