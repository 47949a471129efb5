"""How many records an integration starts with."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Self


@dataclass(frozen=True, kw_only=True)
class Size:
    """Number of records per model; each category takes what it has.

    Some bring others along: a job two screening questions and a posting, an employee its
    employments and a time-off balance, a payslip three line items, a course two revisions.
    """

    users: int = 12
    roles: int = 6
    tags: int = 8
    rejection_reasons: int = 6
    application_stages: int = 7
    jobs: int = 6
    candidates: int = 60
    applications: int = 80
    interviews: int = 120
    offers: int = 15
    notes: int = 30
    scorecards: int = 40
    attachments: int = 50

    employees: int = 40
    locations: int = 5
    legal_entities: int = 3
    teams: int = 9
    absence_types: int = 5
    employee_document_categories: int = 4
    skills: int = 6
    employee_skill_proficiency_ratings: int = 30
    staffing_entities: int = 14
    absences: int = 60
    timesheets: int = 40
    performance_review_cycles: int = 3
    performance_reviews: int = 20
    pay_runs: int = 10
    payslips: int = 25

    course_providers: int = 3
    courses: int = 15
    course_progressions: int = 50

    packages: int = 5
    orders: int = 30

    def of(self, model: str) -> int:
        """How many records of a model there are."""
        count: int = getattr(self, model.partition("_")[2])
        return count

    @classmethod
    def empty(cls) -> Self:
        """No record at all."""
        return cls(**{item.name: 0 for item in fields(cls)})

    @classmethod
    def around(cls, interviews: int) -> Self:
        """So many interviews, and as many applications, candidates and offers as go with them."""
        return cls(
            interviews=interviews,
            applications=-(-interviews // 2),
            candidates=-(-interviews // 3),
            offers=-(-interviews // 10),
            jobs=max(6, interviews // 1000),
            users=max(12, interviews // 500),
        )
