"""The smaller categories: what a learning tool has, and what a provider of assessments sees."""

from __future__ import annotations

from typing_extensions import override

from kombo_emulator.integration import Integration


class LmsIntegration(Integration):
    """An integration of category LMS; `skill_ids` of a revision are what it teaches."""

    CATEGORY = "LMS"
    PLAN = (
        "lms_users",
        "lms_skills",
        "lms_course_providers",
        "lms_courses",
        "lms_course_progressions",
    )

    @override
    def bring(self, model: str, record_id: str) -> None:
        for _ in range(2 if model == "lms_courses" else 0):
            self.make("lms_course_revisions", course_id=record_id)


class AssessmentIntegration(Integration):
    """An integration of category ASSESSMENT: packages on offer, and orders of recruiters."""

    CATEGORY = "ASSESSMENT"
    PLAN = ("assessment_packages", "assessment_orders")
