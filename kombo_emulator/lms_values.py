"""Made-up properties of LMS records: mostly filled, sometimes null, as tools differ."""

from __future__ import annotations

from kombo_emulator.clock import stamp
from kombo_emulator.values import MadeUp, Values

TOPICS = ("Fire safety", "Data protection", "Kubernetes", "Giving feedback", "Spreadsheets")
CUSTOM_FIELDS = (
    ("lms_users", "cohort"),
    ("lms_courses", "budget_code"),
    ("lms_course_revisions", "language"),
    ("lms_skills", "framework"),
)


class LmsValues(MadeUp):
    """Draws the own properties of LMS records."""

    def user(self) -> Values:
        """A learner."""
        first, last, email = self._person("example.com")
        return {
            "first_name": self._mostly("first name", first, every=11),
            "last_name": self._mostly("last name", last, every=12),
            "work_email": self._mostly("email", email),
            "status": self._turn("user status", ("ACTIVE", "ACTIVE", "INACTIVE", None)),
            **self._created("user"),
            **self._extra_fields("lms_users", "cohort"),
        }

    def skill(self) -> Values:
        """A skill that courses teach."""
        return {
            "name": self._turn("skill", (*TOPICS, None)),
            **self._created("skill"),
            **self._extra_fields("lms_skills", "framework"),
        }

    def course_provider(self) -> Values:
        """Somebody who offers courses."""
        company = self._one(self._pools.companies)
        return {"name": self._mostly("provider", company, every=3)}

    def course(self) -> Values:
        """A course, made by the customer or by a provider."""
        return {
            "origin_id": self._mostly("origin", f"course-{self._number(10_000)}", every=3),
            **self._created("course"),
            **self._extra_fields("lms_courses", "budget_code"),
        }

    def course_revision(self) -> Values:
        """One version of a course."""
        url = f"{self._site}/revisions/{self._number(10_000)}"
        return {
            "title": self._turn("title", (*TOPICS, None)),
            "description": self._mostly("text", self._one(self._pools.sentences), every=3),
            "remote_url": self._mostly("url", url, every=4),
            "status": self._turn("revision status", ("INACTIVE", "ACTIVE", "ACTIVE", None)),
            **self._created("revision"),
            **self._extra_fields("lms_course_revisions", "language"),
        }

    def course_progression(self) -> Values:
        """How far a user has come with a course."""
        status = self._turn("status", ("ENROLLED", "IN_PROGRESS", "COMPLETED", "DROPPED", None))
        now = stamp(self._world.now())
        return {
            "status": status,
            "enrolled_at": self._mostly("enrolled", now, every=8),
            "completed_at": now if status == "COMPLETED" else None,
        }

    def _created(self, kind: str) -> Values:
        now = stamp(self._world.now())
        return {"remote_created_at": self._mostly(f"{kind} created", now, every=4)}
