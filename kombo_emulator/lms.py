"""A learning management system: its made-up records and the changes that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kombo_emulator.clock import stamp
from kombo_emulator.lms_values import CUSTOM_FIELDS, LmsValues
from kombo_emulator.seeded import SeededIntegration

if TYPE_CHECKING:
    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


class LmsIntegration(SeededIntegration):
    """An integration of category LMS."""

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    CATEGORY = "LMS"
    CUSTOM_FIELDS = CUSTOM_FIELDS

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect a learning tool without any record."""
        super().__init__(integration_id, world)
        self._values = LmsValues(integration_id, world, self._random)

    @override
    def seed(self, size: Size) -> None:
        self._repeat(size.users, (180, 160), self.add_user)
        self._repeat(size.skills, (180, 170), self.add_skill)
        self._repeat(size.course_providers, (180, 170), self.add_course_provider)
        self._repeat(size.courses, (160, 100), self._add_whole_course)
        self._repeat(size.course_progressions, (100, 1), self.add_course_progression)

    # New records

    def add_user(self, **fields: Any) -> str:
        """Add a user and return its id."""
        return self._create("lms_users", self._values.user() | fields)

    def add_skill(self, **fields: Any) -> str:
        """Add a skill and return its id."""
        return self._create("lms_skills", self._values.skill() | fields)

    def add_course_provider(self, **fields: Any) -> str:
        """Add a provider of courses and return its id."""
        return self._create("lms_course_providers", self._values.course_provider() | fields)

    def add_course(self, **fields: Any) -> str:
        """Add a course without a revision and return its id."""
        values = self._values.course()
        provider = self._pick("lms_course_providers") if values["origin_id"] else None
        return self._create("lms_courses", values | {"provider_id": provider} | fields)

    def add_course_revision(self, course_id: str, **fields: Any) -> str:
        """Add a revision to a course and return its id; `skill_ids` are what it teaches."""
        links = {"course_id": course_id, "skill_ids": self._pick_some("lms_skills", 2)}
        values = self._values.course_revision() | links | fields
        return self._create("lms_course_revisions", values)

    def add_course_progression(self, **fields: Any) -> str:
        """Enroll a user in a revision of a course and return the progression's id."""
        links = {
            "user_id": self._pick("lms_users"),
            "course_revision_id": self._pick("lms_course_revisions"),
        }
        values = self._values.course_progression() | links | fields
        return self._create("lms_course_progressions", values)

    # Named changes

    def complete_course(self, progression_id: str) -> None:
        """Let a user complete a course now."""
        self.edit(
            "lms_course_progressions",
            progression_id,
            status="COMPLETED",
            completed_at=stamp(self.world.now()),
        )

    # How records are made up

    def _add_whole_course(self) -> str:
        course = self.add_course()
        for _ in range(2):
            self.add_course_revision(course)
        return course
