"""A human resources system: its made-up records and the changes that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kombo_emulator.clock import stamp
from kombo_emulator.hris_values import CUSTOM_FIELDS, LEVELS, HrisValues
from kombo_emulator.rows import DAY
from kombo_emulator.seeded import SeededIntegration

if TYPE_CHECKING:
    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


class HrisIntegration(SeededIntegration):
    """An integration of category HRIS."""

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    CATEGORY = "HRIS"
    CUSTOM_FIELDS = CUSTOM_FIELDS

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect an HR tool without any record."""
        super().__init__(integration_id, world)
        self._values = HrisValues(integration_id, world, self._random)

    @override
    def seed(self, size: Size) -> None:
        self._repeat(size.locations, (180, 170), self.add_location)
        self._repeat(size.legal_entities, (180, 170), self.add_legal_entity)
        self._repeat(size.groups, (180, 170), self.add_group)
        self._repeat(size.absence_types, (180, 170), self.add_absence_type)
        self._repeat(size.document_categories, (180, 170), self.add_document_category)
        self._repeat(size.skills, (180, 170), self.add_skill)
        self._repeat(size.employees, (160, 100), self._add_whole_employee)
        self._repeat(size.staffing_entities, (100, 60), self.add_staffing_entity)
        self._repeat(size.skill_assignments, (100, 60), self.add_skill_assignment)
        self._repeat(size.absences, (60, 1), self.add_absence)
        self._repeat(size.timesheets, (30, 1), self.add_timesheet)
        self._repeat(size.review_cycles, (60, 50), self.add_performance_review_cycle)
        self._repeat(size.performance_reviews, (50, 20), self.add_performance_review)
        self._repeat(size.pay_runs, (60, 50), self.add_pay_run)
        self._repeat(size.payslips, (50, 20), self._add_whole_payslip)

    # New records

    def add_location(self, **fields: Any) -> str:
        """Add a place of work and return its id."""
        return self._create("hris_locations", self._values.location() | fields)

    def add_legal_entity(self, **fields: Any) -> str:
        """Add a legal entity and return its id."""
        return self._create("hris_legal_entities", self._values.legal_entity() | fields)

    def add_group(self, **fields: Any) -> str:
        """Add a group and return its id."""
        links = {"parent_id": self._pick("hris_teams")}
        return self._create("hris_teams", self._values.group() | links | fields)

    def add_absence_type(self, **fields: Any) -> str:
        """Add a kind of absence and return its id."""
        return self._create("hris_absence_types", self._values.absence_type() | fields)

    def add_document_category(self, **fields: Any) -> str:
        """Add a kind of documents and return its id."""
        values = self._values.document_category() | fields
        return self._create("hris_employee_document_categories", values)

    def add_skill(self, **fields: Any) -> str:
        """Add a skill and return its id; its `proficiency_scale` shows in staffing entities."""
        return self._create("hris_skills", self._values.skill() | fields)

    def add_employee(self, **fields: Any) -> str:
        """Add an employee and return its id; `group_ids` are its groups."""
        links = {
            "work_location_id": self._pick_mostly("hris_locations"),
            "legal_entity_id": self._pick_mostly("hris_legal_entities"),
            "manager_id": self._pick("hris_employees"),
            "group_ids": self._pick_some("hris_teams", int(self._random.random() * 3)),
        }
        return self._create("hris_employees", self._values.employee() | links | fields)

    def add_employment(self, employee_id: str | None = None, *, ago: int = 0, **fields: Any) -> str:
        """Add what an employee is paid from a day on, so many days ago, and return its id."""
        links = {"employee_id": employee_id or self._pick("hris_employees")}
        return self._create("hris_employments", self._values.employment(ago=ago) | links | fields)

    def add_time_off_balance(self, employee_id: str | None = None, **fields: Any) -> str:
        """Add what an employee has left of a kind of absence and return its id."""
        links = {
            "employee_id": employee_id or self._pick("hris_employees"),
            "type_id": self._pick("hris_absence_types"),
        }
        return self._create(
            "hris_time_off_balances", self._values.time_off_balance() | links | fields
        )

    def add_staffing_entity(self, **fields: Any) -> str:
        """Add a position, a requisition or a job and return its id.

        Its links are `location_ids`, `legal_entity_ids`, `group_ids`, and `skill_links` as
        `skill_link` makes them.
        """
        links = {
            "parent_id": self._pick("hris_staffing_entities"),
            "location_ids": self._pick_some("hris_locations", 2),
            "legal_entity_ids": self._pick_some("hris_legal_entities", 1),
            "group_ids": self._pick_some("hris_teams", 2),
            "skill_links": tuple(map(self.skill_link, self._pick_some("hris_skills", 2))),
        }
        return self._create(
            "hris_staffing_entities", self._values.staffing_entity() | links | fields
        )

    def skill_link(self, skill_id: str, level: int = 1) -> dict[str, Any]:
        """Make an entry of a staffing entity's `skill_links`; levels count from 0."""
        scale = self.table("hris_skills").rows[skill_id].hidden["proficiency_scale"]
        if scale["type"] == "NUMERIC":
            expected = {"type": "NUMERIC", "value": level + 1}
        else:
            option = scale["ordered_options"][level]["id"]
            expected = {"type": "SINGLE_SELECT", "selected_option_id": option}
        return {"id": skill_id, "skill_id": skill_id, "expected_proficiency": expected}

    def add_skill_assignment(self, **fields: Any) -> str:
        """Add how well an employee does something and return its id."""
        links = {
            "employee_id": self._pick("hris_employees"),
            "skill_id": self._pick("hris_skills"),
        }
        values = self._values.skill_assignment() | links | fields
        return self._create("hris_employee_skill_proficiency_ratings", values)

    def add_absence(self, **fields: Any) -> str:
        """Add an absence and return its id."""
        links = {
            "employee_id": self._pick("hris_employees"),
            "approver_id": self._pick_mostly("hris_employees"),
            "type_id": self._pick_mostly("hris_absence_types"),
        }
        return self._create("hris_absences", self._values.absence() | links | fields)

    def add_timesheet(self, **fields: Any) -> str:
        """Add a timesheet and return its id."""
        links = {"employee_id": self._pick("hris_employees")}
        return self._create("hris_timesheets", self._values.timesheet() | links | fields)

    def add_performance_review_cycle(self, **fields: Any) -> str:
        """Add a season of reviews and return its id."""
        values = self._values.performance_review_cycle() | fields
        return self._create("hris_performance_review_cycles", values)

    def add_performance_review(self, **fields: Any) -> str:
        """Add a review and return its id.

        Its links are `reviewee_id`, `reviewer_id` and `review_cycle_id`.
        """
        links = {
            "reviewee_id": self._pick("hris_employees"),
            "reviewer_id": self._pick_mostly("hris_employees"),
            "review_cycle_id": self._pick_mostly("hris_performance_review_cycles"),
        }
        values = self._values.performance_review() | links | fields
        return self._create("hris_performance_reviews", values)

    def add_pay_run(self, **fields: Any) -> str:
        """Add a payroll run and return its id."""
        links = {"legal_entity_id": self._pick_mostly("hris_legal_entities")}
        return self._create("hris_pay_runs", self._values.pay_run() | links | fields)

    def add_payslip(self, **fields: Any) -> str:
        """Add a payslip and return its id; its links are `employee_id` and `pay_run_id`."""
        links = {
            "employee_id": self._pick("hris_employees"),
            "pay_run_id": self._pick_mostly("hris_pay_runs"),
        }
        return self._create("hris_payslips", self._values.payslip() | links | fields)

    def add_line_item(self, payslip_id: str, **fields: Any) -> str:
        """Add a line to a payslip and return its id."""
        values = self._values.line_item() | {"payslip_id": payslip_id} | fields
        return self._create("hris_payslip_line_items", values)

    # Named changes

    def hire_employee(self, **fields: Any) -> str:
        """Let an employee begin today, with a first employment, and return its id."""
        begun = {
            "employment_status": "ACTIVE",
            "start_date": self._today(),
            "termination_date": None,
        }
        employee = self.add_employee(**begun | fields)
        self.add_employment(employee)
        return employee

    def terminate_employee(self, employee_id: str) -> None:
        """Let an employee leave today."""
        self.edit(
            "hris_employees",
            employee_id,
            employment_status="INACTIVE",
            termination_date=self._today(),
        )

    def rename_employee(self, employee_id: str, first_name: str, last_name: str) -> None:
        """Change an employee's names."""
        self.edit(
            "hris_employees",
            employee_id,
            first_name=first_name,
            last_name=last_name,
            display_full_name=f"{first_name} {last_name}",
        )

    def change_pay(self, employee_id: str, pay_rate: float, **fields: Any) -> str:
        """Pay an employee differently from today on, and return the new employment's id."""
        return self.add_employment(
            employee_id, pay_rate=pay_rate, effective_date=self._today(), **fields
        )

    def move_employee(self, employee_id: str, group_id: str) -> None:
        """Take an employee out of its groups and put it into another."""
        self.edit("hris_employees", employee_id, group_ids=(group_id,))

    def change_manager(self, employee_id: str, manager_id: str | None) -> None:
        """Let an employee report to somebody else, or to nobody."""
        self.edit("hris_employees", employee_id, manager_id=manager_id)

    def expect_skill(self, staffing_entity_id: str, skill_id: str, level: int = 1) -> None:
        """Let a position call for a skill; levels count from 0."""
        links = self.table("hris_staffing_entities").rows[staffing_entity_id].hidden["skill_links"]
        others = tuple(link for link in links if link["id"] != skill_id)
        expected = (*others, self.skill_link(skill_id, level))
        self.edit("hris_staffing_entities", staffing_entity_id, skill_links=expected)

    def request_absence(self, employee_id: str, **fields: Any) -> str:
        """Let an employee ask for an absence, and return its id."""
        asked = {"employee_id": employee_id, "status": "REQUESTED", "approver_id": None}
        return self.add_absence(**asked | fields)

    def approve_absence(self, absence_id: str, approver_id: str | None = None) -> None:
        """Approve an absence."""
        self.edit("hris_absences", absence_id, status="APPROVED", approver_id=approver_id)

    # How records are made up

    def _add_whole_employee(self) -> str:
        employee = self.add_employee()
        for ago in (400, 0)[: 1 + len(self._known["hris_employees"]) % 2]:
            self.add_employment(employee, ago=ago)
        self.add_time_off_balance(employee)
        return employee

    def _add_whole_payslip(self) -> str:
        payslip = self.add_payslip()
        for _ in LEVELS:
            self.add_line_item(payslip)
        return payslip

    def _pick_mostly(self, model: str) -> str | None:
        """Link with a record that exists, but not always."""
        return self._pick(model) if self._random.random() < 0.8 else None  # noqa: PLR2004 - a share

    def _today(self) -> str:
        return stamp(self.world.now() // DAY * DAY)
