"""Which property holds the `id` of which stream's record."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable

    from tap_kombo.api.endpoints import Category, Endpoint

FOREIGN_KEYS: dict[Category, dict[str, str]] = {
    "ATS": {
        "application_id": "applications",
        "author_id": "users",
        "candidate_id": "candidates",
        "contact_id": "users",
        "current_stage_id": "application_stages",
        "interview_id": "interviews",
        "job_id": "jobs",
        "stage_id": "application_stages",
    },
    "HRIS": {
        "approver_id": "hris_employees",
        "employee_id": "hris_employees",
        "legal_entity_id": "hris_legal_entities",
        "manager_id": "hris_employees",
        "skill_id": "hris_skills",
        "type_id": "hris_absence_types",
        "work_location_id": "hris_locations",
    },
    "LMS": {"user_id": "lms_users"},
    "ASSESSMENT": {"package_id": "assessment_packages"},
    "GENERAL": {},
}
"""Stream whose `id` a property holds; within a category such a property means the same."""


def references(endpoint: Endpoint, properties: Iterable[str]) -> dict[str, str]:
    """Name the streams that a stream's properties point at.

    Args:
        endpoint: The row of the table.
        properties: Names of the stream's top-level properties.

    Returns:
        Stream by property, `integration_id` and a `parent_id` within the same stream included.
    """
    known = FOREIGN_KEYS[endpoint.category] | {"parent_id": endpoint.name}
    if endpoint.noun != "integrations":
        known["integration_id"] = "integrations"
    return {name: known[name] for name in properties if name in known}
