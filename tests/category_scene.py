"""Small integrations in which everything is linked with everything, and changes to them."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import KW_ONLY, dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from kombo_emulator import HrisIntegration, LmsIntegration


@dataclass(frozen=True)
class Scene:
    """A small integration, and the ids of what is in it."""

    at: Any
    ids: dict[str, str]

    def edit(self, model: str, key: str, **fields: object) -> None:
        self.at.edit(model, self.ids[key], **fields)

    def link(self, model: str, key: str, links: str, target: str) -> None:
        self.at.link(model, self.ids[key], links, self.ids[target])

    def unlink(self, model: str, key: str, links: str, target: str) -> None:
        self.at.unlink(model, self.ids[key], links, self.ids[target])

    def expect(self, *skills: str) -> None:
        """Let the position call for skills."""
        links = tuple(self.at.skill_link(self.ids[skill]) for skill in skills)
        self.edit("hris_staffing_entities", "position", skill_links=links)

    def delete(self, model: str, key: str) -> None:
        self.at.delete(model, self.ids[key])


Change = Callable[[Scene], object]


def edit(model: str, key: str, **fields: object) -> Change:
    """Change own properties of a record."""
    return lambda scene: scene.edit(model, key, **fields)


def delete(model: str, key: str) -> Change:
    """Delete a record."""
    return lambda scene: scene.delete(model, key)


def link(model: str, key: str, links: str, target: str) -> Change:
    """Add an entry to a list of links."""
    return lambda scene: scene.link(model, key, links, target)


def unlink(model: str, key: str, links: str, target: str) -> Change:
    """Take an entry out of a list of links."""
    return lambda scene: scene.unlink(model, key, links, target)


@dataclass(frozen=True)
class Nested:
    """A nested path of a list, and what makes `updated_after` return the record around it.

    Attributes:
        path: Path of the list.
        key: The scene's record in it.
        name: Kombo's name of the nested path.
        counts: Whether an added or removed entry counts, and whether a change of the nested record
            does, as Kombo's tables say it.
        change: Changes the nested record.
        add: Adds an entry.
        remove: Removes one.
    """

    path: str
    key: str
    name: str
    counts: str
    _: KW_ONLY
    change: Change
    add: Change | None = None
    remove: Change | None = None

    @property
    def rule(self) -> tuple[bool | None, bool | None]:
        """The same as the reference writes it."""
        words = {"yes": True, "no": False, "n/a": None}
        listed, linked = self.counts.split()
        return words[listed], words[linked]


def hris_scene(hris: HrisIntegration) -> dict[str, str]:
    """One record of each model, all linked with each other."""
    ids = {
        "entity": hris.add_legal_entity(),
        "other entity": hris.add_legal_entity(),
        "location": hris.add_location(),
        "other location": hris.add_location(),
        "group": hris.add_group(parent_id=None),
        "other group": hris.add_group(parent_id=None),
        "type": hris.add_absence_type(),
        "category": hris.add_document_category(),
        "skill": hris.add_skill(),
        "other skill": hris.add_skill(),
        "manager": hris.add_employee(manager_id=None, group_ids=()),
    }
    at_work = {"work_location_id": ids["location"], "legal_entity_id": ids["entity"]}
    ids["employee"] = employee = hris.add_employee(
        manager_id=ids["manager"], group_ids=(ids["group"],), **at_work
    )
    ids["employment"] = hris.add_employment(employee)
    ids["balance"] = hris.add_time_off_balance(employee)
    ids["absence"] = hris.add_absence(employee_id=employee, type_id=ids["type"])
    ids["timesheet"] = hris.add_timesheet(employee_id=employee)
    ids["cycle"] = cycle = hris.add_performance_review_cycle()
    ids["review"] = hris.add_performance_review(
        reviewee_id=employee, reviewer_id=ids["manager"], review_cycle_id=cycle
    )
    ids["position"] = hris.add_staffing_entity(
        location_ids=(ids["location"],),
        legal_entity_ids=(ids["entity"],),
        group_ids=(ids["group"],),
        skill_links=(hris.skill_link(ids["skill"]),),
    )
    ids["run"] = hris.add_pay_run(legal_entity_id=ids["entity"])
    ids["payslip"] = hris.add_payslip(employee_id=employee, pay_run_id=ids["run"])
    ids["line"] = hris.add_line_item(ids["payslip"])
    return ids


def lms_scene(lms: LmsIntegration) -> dict[str, str]:
    """One record of each model, all linked with each other."""
    ids = {
        "user": lms.add_user(),
        "skill": lms.add_skill(),
        "other skill": lms.add_skill(),
        "provider": lms.add_course_provider(),
    }
    ids["course"] = lms.add_course(provider_id=ids["provider"])
    ids["revision"] = revision = lms.add_course_revision(ids["course"], skill_ids=(ids["skill"],))
    ids["progression"] = lms.add_course_progression(
        user_id=ids["user"], course_revision_id=revision, status="ENROLLED"
    )
    return ids
