"""A human resources system: its made-up records."""

from __future__ import annotations

from functools import partialmethod
from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kombo_emulator.clock import stamp
from kombo_emulator.models import names
from kombo_emulator.seeded import SeededIntegration
from kombo_emulator.store.rows import DAY

if TYPE_CHECKING:
    from collections.abc import Mapping

_make, _below = SeededIntegration.make, SeededIntegration.make_below


class HrisIntegration(SeededIntegration):
    """An integration of category HRIS.

    Links are `group_ids` of an employee, `location_ids`, `legal_entity_ids`, `group_ids` and
    `skill_links` (as `skill_link` makes them) of a staffing entity, `reviewee_id`, `reviewer_id`
    and `review_cycle_id` of a review, `employee_id` and `pay_run_id` of a payslip. The
    `proficiency_scale` of a skill shows in staffing entities.
    """

    CATEGORY = "HRIS"
    PLAN = names(
        "hris_locations hris_legal_entities hris_teams hris_absence_types "
        "hris_employee_document_categories hris_skills hris_employees hris_staffing_entities "
        "hris_employee_skill_proficiency_ratings hris_absences hris_timesheets "
        "hris_performance_review_cycles hris_performance_reviews hris_pay_runs hris_payslips"
    )

    add_location = partialmethod(_make, "hris_locations")
    add_legal_entity = partialmethod(_make, "hris_legal_entities")
    add_group = partialmethod(_make, "hris_teams")
    add_absence_type = partialmethod(_make, "hris_absence_types")
    add_document_category = partialmethod(_make, "hris_employee_document_categories")
    add_skill = partialmethod(_make, "hris_skills")
    add_employee = partialmethod(_make, "hris_employees")
    add_staffing_entity = partialmethod(_make, "hris_staffing_entities")
    add_skill_assignment = partialmethod(_make, "hris_employee_skill_proficiency_ratings")
    add_absence = partialmethod(_make, "hris_absences")
    add_timesheet = partialmethod(_make, "hris_timesheets")
    add_performance_review_cycle = partialmethod(_make, "hris_performance_review_cycles")
    add_performance_review = partialmethod(_make, "hris_performance_reviews")
    add_pay_run = partialmethod(_make, "hris_pay_runs")
    add_payslip = partialmethod(_make, "hris_payslips")
    add_employment = partialmethod(_below, "hris_employments", "employee_id")
    add_time_off_balance = partialmethod(_below, "hris_time_off_balances", "employee_id")
    add_line_item = partialmethod(_below, "hris_payslip_line_items", "payslip_id")

    @override
    def complete(self, model: str, made: dict[str, Any]) -> None:
        if model == "hris_employees":
            made["group_ids"] = made["group_ids"][: self.draw.integer(3)]
        elif model == "hris_staffing_entities":
            made["skill_links"] = tuple(map(self.skill_link, made["skill_links"]))

    def skill_link(self, skill_id: str, level: int = 1) -> dict[str, Any]:
        """Make an entry of a staffing entity's `skill_links`; levels count from 0."""
        scale = self.table("hris_skills").rows[skill_id].hidden["proficiency_scale"]
        expected: dict[str, Any] | None = None
        if scale and scale["type"] == "NUMERIC":
            expected = {"type": "NUMERIC", "value": level + 1}
        elif scale:
            option = scale["ordered_options"][level]["id"]
            expected = {"type": "SINGLE_SELECT", "selected_option_id": option}
        return {"id": skill_id, "skill_id": skill_id, "expected_proficiency": expected}

    @override
    def bring(self, model: str, record_id: str) -> None:
        if model == "hris_employees":
            for _ in range(1 + self.draw.number % 2):
                self.add_employment(record_id)
            self.add_time_off_balance(record_id)
        elif model == "hris_payslips":
            for _ in range(3):
                self.add_line_item(record_id)

    def hire_employee(self, **fields: Any) -> str:  # noqa: ANN401 - JSON values
        """Let an employee begin today, with a first employment, and return its id."""
        today = stamp(self.world.now() // DAY * DAY)
        begun = {"employment_status": "ACTIVE", "start_date": today, "termination_date": None}
        employee: str = self.add_employee(**begun | fields)
        self.add_employment(employee, effective_date=today)
        return employee

    def hire_candidate(self, candidate: Mapping[str, Any], **fields: Any) -> str:  # noqa: ANN401
        """Let a candidate, as an ATS sends one, begin today, and return the employee's id."""
        first, last = candidate["first_name"], candidate["last_name"]
        addresses = [one["email_address"] for one in candidate["email_addresses"] or ()]
        known = {
            "first_name": first,
            "last_name": last,
            "display_full_name": " ".join(filter(None, (first, last))) or None,
            "work_email": None,
            "personal_email": next(filter(None, addresses), None),
        }
        return self.hire_employee(**known | fields)
