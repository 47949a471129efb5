"""Which column holds the key of which stream: what the pictures of the joins are drawn from.

A test joins the emulator's records over each of them, and holds that no `*_id` of a schema is
neither drawn nor left out with a reason.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from kombo_emulator.table.nesting import FOREIGN_KEYS
from tap_kombo.api.endpoints import PRIMARY_KEY
from tap_kombo.privacy import place, walk
from tap_kombo.schemas import load_schema

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from tap_kombo.api.endpoints import Endpoint
    from tap_kombo.selection import Path


class Join(NamedTuple):
    """A column whose value stands in a column of another stream, or of the same.

    Attributes:
        stream: Where it leads from.
        column: Its name there, with dots for what lies deeper.
        other: Where it leads to.
        key: The column there.
    """

    stream: str
    column: str
    other: str
    key: str = PRIMARY_KEY


NESTED = (
    Join("interviews", "users.id", "users"),
    Join("candidates", "tags.id", "tags"),
    Join("jobs", "stages.id", "application_stages"),
    Join("jobs", "hiring_team.id", "users"),
    Join("users", "system_roles.remote_id", "roles", "remote_id"),
    Join("hris_employees", "groups.id", "hris_groups"),
    Join("hris_employees", "teams.id", "hris_teams"),
    Join("hris_performance_reviews", "reviewee.id", "hris_employees"),
    Join("hris_performance_reviews", "reviewer.id", "hris_employees"),
    Join("hris_performance_reviews", "review_cycle.id", "hris_performance_review_cycles"),
    Join("hris_staffing_entities", "locations.id", "hris_locations"),
    Join("hris_staffing_entities", "legal_entities.id", "hris_legal_entities"),
    Join("hris_staffing_entities", "groups.id", "hris_groups"),
    Join("hris_staffing_entities", "skills.skill_id", "hris_skills"),
    Join("hris_payslips", "employee.id", "hris_employees"),
    Join("hris_payslips", "pay_run.id", "hris_pay_runs"),
    Join("lms_course_progressions", "course_revision_id", "lms_courses", "revisions.id"),
    Join("lms_courses", "revisions.skill_assignments.skill.id", "lms_skills"),
    Join("custom_fields", "integration_field.id", "integration_fields"),
)
"""Joins whose column lies in an object or a list, or which do not lead to an `id`."""

EVERYWHERE = ("integration_id", "integration_fields.id")
"""Joins that most streams have, to `integrations` and `integration_fields`; told once in words."""

LEFT_OUT = {
    "application.candidate.id": "`applications` has it",
    "application.job.id": "`applications` has it",
    "applications.current_stage.id": "`applications` has it",
    "applications.job.id": "`applications` has it",
    "candidate.tags.id": "`candidates` has it",
    "applications.interviews.id": "the other side of `interviews.application_id`",
    "applications.offers.id": "the other side of `offers.application_id`",
    "candidates.applications.id": "the other side of `applications.candidate_id`",
    "hris_employees.employments": "the other side of `hris_employments.employee_id`",
    "hris_employees.time_off_balances": "the other side of `hris_time_off_balances.employee_id`",
    "lms_courses.revisions.course_id": "the course that it stands in",
    "lms_courses.revisions.id": "where `lms_course_progressions.course_revision_id` leads",
    "course_revision.course.id": "the course that `course_revision_id` leads to",
    "pay_run.legal_entity_id": "`hris_pay_runs` has it",
    "skills.skill.id": "the same as `skill_id` beside it",
    "proficiency_scale.id": "`hris_skills` has the scale",
    "ordered_options.id": "`hris_skills` has the scale",
    "selected_option_id": "an option of the scale beside it",
    "screening_questions": "questions are in no stream of their own",
    "job_postings.id": "postings are in no stream of their own",
    "line_items.id": "line items are in no stream of their own",
    "provider_id": "providers are in no stream of their own",
    "provider.id": "providers are in no stream of their own",
    "origin_id": "an ID outside of Kombo",
    "tax_id": "no ID of a record",
    "tool.id": "tools are in no stream of their own",
    "scope_config.id": "scopes are in no stream of their own",
    "passes.run_id": "runs are in no stream of their own",
    "integrations.read_models": "`integration_models` has them",
    "integrations.write_actions": "actions are in no stream of their own",
}
"""Why other IDs are in no picture, by the end of their path or of what they lie in."""


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


def joins(endpoint: Endpoint) -> Iterator[Join]:
    """Yield the joins that lead from a stream, in the order of its columns.

    Args:
        endpoint: The row of the table.
    """
    found = references(endpoint, load_schema(endpoint.name)["properties"])
    own = [Join(endpoint.name, *one) for one in found.items() if one[0] not in EVERYWHERE]
    yield from own
    yield from (one for one in NESTED if one.stream == endpoint.name)


def ids(stream: str) -> Iterator[Path]:
    """Yield the paths of all that may be the key of another record.

    Args:
        stream: Name of the stream.
    """
    for path, _ in walk(load_schema(stream)):
        is_id = path[-1].endswith(("_id", "_ids")) and path[-1] != "remote_id"
        if is_id or (path[-1] == PRIMARY_KEY and len(path) > 1):
            yield path


def is_copy(stream: str, path: Path) -> bool:
    """Return whether an `id` repeats the column beside its object: `job.id` that of `job_id`."""
    beside = (*path[:-2], f"{path[-2]}_id") if len(path) > 1 else ()
    return path[-1] == PRIMARY_KEY and any(beside == one for one, _ in walk(load_schema(stream)))


def unexplained(endpoint: Endpoint) -> Iterator[str]:
    """Yield the IDs of a stream that are in no picture, and left out without a reason.

    Args:
        endpoint: The row of the table.
    """
    drawn = {one.column for one in joins(endpoint)}
    for path in ids(endpoint.name):
        whole = place(endpoint.name, path)
        column = whole.removeprefix(f"{endpoint.name}.")
        if column in drawn or column.endswith(EVERYWHERE) or is_copy(endpoint.name, path):
            continue
        if not reasons(whole):
            yield whole


def reasons(whole: str) -> list[str]:
    """Return the keys of `LEFT_OUT` that explain a place: its end, or what it lies in."""
    parts = whole.split(".")
    ends = [".".join(parts[start:end]) for end in range(1, len(parts) + 1) for start in range(end)]
    return [one for one in ends if one in LEFT_OUT]
