"""Where the schemas are that tell what the records of each model hold."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from kombo_emulator.models import Schema

_NOUNS = {
    "ats": "interviews applications candidates jobs offers users roles tags rejection_reasons "
    "application_stages notes scorecards attachments",
    "hris": "employees employments teams locations legal_entities absences absence_types "
    "time_off_balances timesheets performance_reviews performance_review_cycles "
    "staffing_entities employee_document_categories pay_runs payslips skills",
    "lms": "users courses course_progressions skills",
    "assessment": "orders packages",
}
STREAMS = {
    f"{category}_{noun}": noun if category == "ats" else f"{category}_{noun}"
    for category, nouns in _NOUNS.items()
    for noun in nouns.split()
} | {"hris_employee_skill_proficiency_ratings": "hris_employee_skill_assignments"}
"""Name of the schema of each model that has a list."""

_PARTS = {
    "ats_screening_questions": ("ats_jobs", "screening_questions"),
    "ats_job_postings": ("ats_jobs", "job_postings"),
    "hris_payslip_line_items": ("hris_payslips", "line_items"),
    "lms_course_providers": ("lms_courses", "provider"),
    "lms_course_revisions": ("lms_courses", "revisions"),
}
"""Model and property that hold the schema of a model that is only seen nested."""


def properties(schema: Schema) -> dict[str, Any]:
    """The properties of an object, or of a list's objects."""
    found: dict[str, Any] = schema.get("items", schema)["properties"]
    return found


def load(stream: str, *added: str) -> dict[str, Any]:
    """The properties of a stream's schema but those that the tap adds."""
    known = properties(load_schema(stream))
    return {name: known[name] for name in known if name not in {"integration_id", *added}}


def load_all() -> dict[str, dict[str, Any]]:
    """The properties of each model's records."""
    found = {model: load(stream) for model, stream in STREAMS.items()}
    return found | {
        model: properties(found[parent][key]) for model, (parent, key) in _PARTS.items()
    }
