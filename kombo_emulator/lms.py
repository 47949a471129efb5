"""A learning management system: its made-up records."""

from __future__ import annotations

from functools import partialmethod

from typing_extensions import override

from kombo_emulator.models import names
from kombo_emulator.seeded import SeededIntegration

_make, _below = SeededIntegration.make, SeededIntegration.make_below


class LmsIntegration(SeededIntegration):
    """An integration of category LMS; `skill_ids` of a revision are what it teaches."""

    CATEGORY = "LMS"
    PLAN = names("lms_users lms_skills lms_course_providers lms_courses lms_course_progressions")

    add_user = partialmethod(_make, "lms_users")
    add_skill = partialmethod(_make, "lms_skills")
    add_course_provider = partialmethod(_make, "lms_course_providers")
    add_course = partialmethod(_make, "lms_courses")
    add_course_progression = partialmethod(_make, "lms_course_progressions")
    add_course_revision = partialmethod(_below, "lms_course_revisions", "course_id")

    @override
    def bring(self, model: str, record_id: str) -> None:
        if model == "lms_courses":
            for _ in range(2):
                self.add_course_revision(record_id)
