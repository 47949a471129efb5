"""How many records an integration starts with."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Self

from kombo_emulator.table import MODELS

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass(frozen=True, kw_only=True)
class Size:
    """Number of records per model, oldest first; each category takes what it has.

    Jobs, employees, payslips and courses bring along what is nested in them.
    """

    roles: int = 6
    users: int = 12
    tags: int = 8
    rejection_reasons: int = 6
    application_stages: int = 7
    jobs: int = 6
    candidates: int = 60
    applications: int = 80
    notes: int = 30
    attachments: int = 50
    offers: int = 15
    interviews: int = 120
    scorecards: int = 40

    locations: int = 5
    legal_entities: int = 3
    teams: int = 9
    absence_types: int = 5
    employee_document_categories: int = 4
    skills: int = 6
    employees: int = 40
    staffing_entities: int = 14
    employee_skill_proficiency_ratings: int = 30
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

    def of(self, category: str) -> Iterator[tuple[str, int]]:
        """The models of a category, oldest first, and how many records there are of each."""
        for noun, count in asdict(self).items():
            if (model := f"{category.lower()}_{noun}") in MODELS:
                yield model, count

    @classmethod
    def empty(cls) -> Self:
        """No record at all."""
        return cls(**dict.fromkeys(cls.__annotations__, 0))
