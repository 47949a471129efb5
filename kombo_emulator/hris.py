"""A human resources system: its made-up records."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from typing_extensions import override

from kombo_emulator.clock import stamp
from kombo_emulator.integration import Integration
from kombo_emulator.rows import DAY


class HrisIntegration(Integration):
    """An integration of category HRIS.

    Links are `group_ids` of an employee, `location_ids`, `legal_entity_ids`, `group_ids` and
    `skill_links` (as `skill_link` makes them) of a staffing entity, `reviewee_id`, `reviewer_id`
    and `review_cycle_id` of a review, `employee_id` and `pay_run_id` of a payslip. The
    `proficiency_scale` of a skill shows in staffing entities.
    """

    add_employee = partialmethod(Integration.make, "hris_employees")
    add_employment = partialmethod(Integration.make, "hris_employments")

    @override
    def complete(self, model: str, made: dict[str, Any]) -> None:
        if model == "hris_employees":
            made["group_ids"] = made["group_ids"][: self.draw.integer(3)]
        elif model == "hris_staffing_entities":
            made["skill_links"] = tuple(map(self.skill_link, made["skill_links"]))

    def skill_link(self, skill_id: str, level: int = 1) -> dict[str, Any]:
        """Make an entry of a staffing entity's `skill_links`; levels count from 0."""
        scale = self.table("hris_skills").rows[skill_id].values["proficiency_scale"]
        expected: dict[str, Any] | None = None
        if scale and scale["type"] == "NUMERIC":
            expected = {"type": "NUMERIC", "value": level + 1}
        elif scale:
            option = scale["ordered_options"][level]["id"]
            expected = {"type": "SINGLE_SELECT", "selected_option_id": option}
        return {"id": skill_id, "skill_id": skill_id, "expected_proficiency": expected}

    @override
    def bring(self, model: str, record_id: str) -> None:
        if model == "hris_employees" and self.draw.number % 2:
            self.add_employment(employee_id=record_id)  # some have had two
        super().bring(model, record_id)

    def hire_employee(self, **fields: Any) -> str:  # noqa: ANN401 - JSON values
        """Let an employee begin today, with a first employment, and return its id."""
        today = stamp(self.world.clock.millis() // DAY * DAY)
        begun = {"employment_status": "ACTIVE", "start_date": today, "termination_date": None}
        employee: str = self.add_employee(**begun | fields)
        self.add_employment(employee_id=employee, effective_date=today)
        return employee
