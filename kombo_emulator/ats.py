"""An applicant tracking system: its made-up records and the changes that have a name."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from typing_extensions import override

from kombo_emulator.ats_values import CUSTOM_FIELDS, AtsValues
from kombo_emulator.clock import stamp
from kombo_emulator.seeded import SeededIntegration

if TYPE_CHECKING:
    from kombo_emulator.rows import World
    from kombo_emulator.size import Size


class AtsIntegration(SeededIntegration):
    """An integration of category ATS."""

    # JSON values come in as keywords.
    # ruff: noqa: ANN401

    CATEGORY = "ATS"
    CUSTOM_FIELDS = CUSTOM_FIELDS

    def __init__(self, integration_id: str, world: World) -> None:
        """Connect a recruiting tool without any record."""
        super().__init__(integration_id, world)
        self._values = AtsValues(integration_id, world, self._random)

    @override
    def seed(self, size: Size) -> None:
        self._repeat(size.roles, (180, 170), self.add_role)
        self._repeat(size.users, (170, 160), self.add_user)
        self._repeat(size.tags, (170, 160), self.add_tag)
        self._repeat(size.rejection_reasons, (170, 160), self.add_rejection_reason)
        self._repeat(size.application_stages, (170, 160), self.add_application_stage)
        self._repeat(size.jobs, (160, 120), self._add_whole_job)
        self._repeat(size.candidates, (120, 60), self.add_candidate)
        self._repeat(size.applications, (60, 30), self.add_application)
        self._repeat(size.interviews, (30, 10), self.add_interview)
        self._repeat(size.offers, (10, 1), self.add_offer)
        self._repeat(size.notes, (30, 1), self.add_note)
        self._repeat(size.scorecards, (10, 1), self.add_scorecard)
        self._repeat(size.attachments, (30, 1), self.add_attachment)

    # New records

    def add_role(self, **fields: Any) -> str:
        """Add a role and return its id."""
        return self._create("ats_roles", self._values.role() | fields)

    def add_user(self, **fields: Any) -> str:
        """Add a user and return its id; `system_role_ids` are its roles."""
        roles = self._known["ats_roles"]
        system = [role for role in roles if self.own("ats_roles", role)["scope"] == "SYSTEM"]
        links = {"system_role_ids": tuple(system[:1])}
        return self._create("ats_users", self._values.user() | links | fields)

    def add_tag(self, **fields: Any) -> str:
        """Add a tag and return its id."""
        return self._create("ats_tags", self._values.tag() | fields)

    def add_rejection_reason(self, **fields: Any) -> str:
        """Add a rejection reason and return its id."""
        return self._create("ats_rejection_reasons", self._values.rejection_reason() | fields)

    def add_application_stage(self, **fields: Any) -> str:
        """Add a stage and return its id."""
        index = len(self._known["ats_application_stages"])
        return self._create(
            "ats_application_stages", self._values.application_stage(index) | fields
        )

    def add_job(self, **fields: Any) -> str:
        """Add a job and return its id; `stage_ids` and `hiring_team_links` are its links."""
        team = [
            {"id": user, "hiring_team_roles": ["RECRUITER"], "job_roles": [self._job_role()]}
            for user in self._pick_some("ats_users", 2)
        ]
        links = {
            "contact_id": self._pick("ats_users"),
            "stage_ids": tuple(self._known["ats_application_stages"]),
            "hiring_team_links": tuple(team),
        }
        return self._create("ats_jobs", self._values.job() | links | fields)

    def add_screening_question(self, job_id: str, **fields: Any) -> str:
        """Add a question to a job and return its id."""
        index = len(self._known["ats_screening_questions"]) % 2
        values = self._values.screening_question(index) | {"job_id": job_id} | fields
        return self._create("ats_screening_questions", values)

    def add_job_posting(self, job_id: str, **fields: Any) -> str:
        """Add a posting to a job and return its id."""
        values = self._values.job_posting() | {"job_id": job_id} | fields
        return self._create("ats_job_postings", values)

    def add_candidate(self, **fields: Any) -> str:
        """Add a candidate and return its id; `tag_ids` are its tags."""
        links = {"tag_ids": self._pick_some("ats_tags", int(self._random.random() * 3))}
        return self._create("ats_candidates", self._values.candidate() | links | fields)

    def add_application(self, **fields: Any) -> str:
        """Add an application and return its id."""
        links = {
            "candidate_id": self._pick("ats_candidates"),
            "job_id": self._pick("ats_jobs"),
            "current_stage_id": self._pick("ats_application_stages"),
        }
        return self._create("ats_applications", self._values.application() | links | fields)

    def add_interview(self, **fields: Any) -> str:
        """Add an interview and return its id; `user_ids` are its interviewers."""
        links = {
            "application_id": self._pick("ats_applications"),
            "stage_id": self._pick("ats_application_stages"),
            "user_ids": self._pick_some("ats_users", 1 + int(self._random.random() * 2)),
        }
        return self._create("ats_interviews", self._values.interview() | links | fields)

    def add_offer(self, **fields: Any) -> str:
        """Add an offer and return its id."""
        links = {"application_id": self._pick("ats_applications")}
        return self._create("ats_offers", self._values.offer() | links | fields)

    def add_note(self, **fields: Any) -> str:
        """Add a note and return its id."""
        return self._create("ats_notes", self._values.note() | self._written() | fields)

    def add_scorecard(self, **fields: Any) -> str:
        """Add a scorecard and return its id."""
        links = self._written() | {"interview_id": self._pick("ats_interviews")}
        return self._create("ats_scorecards", self._values.scorecard() | links | fields)

    def add_attachment(self, **fields: Any) -> str:
        """Add an attachment and return its id."""
        return self._create("ats_attachments", self._values.attachment() | self._person() | fields)

    # Named changes

    def move_application(self, application_id: str, stage_id: str) -> None:
        """Move an application to another stage."""
        self.edit("ats_applications", application_id, current_stage_id=stage_id)

    def reject_application(self, application_id: str, reason: str = "Position filled") -> None:
        """Decline an application."""
        self.edit(
            "ats_applications",
            application_id,
            outcome="DECLINED",
            rejection_reason_name=reason,
            rejected_at=stamp(self.world.now()),
        )

    def hire_application(self, application_id: str) -> None:
        """Let an application succeed."""
        self.edit("ats_applications", application_id, outcome="HIRED")

    def rename_candidate(
        self, candidate_id: str, *, first_name: str | None = None, last_name: str | None = None
    ) -> None:
        """Change the names given."""
        names = {"first_name": first_name, "last_name": last_name}
        given: dict[str, Any] = {key: name for key, name in names.items() if name is not None}
        self.edit("ats_candidates", candidate_id, **given)

    def rename_job(self, job_id: str, name: str) -> None:
        """Rename a job."""
        self.edit("ats_jobs", job_id, name=name)

    def rename_stage(self, stage_id: str, name: str) -> None:
        """Rename a stage of the recruiting process."""
        self.edit("ats_application_stages", stage_id, name=name)

    def cancel_interview(self, interview_id: str) -> None:
        """Cancel an interview."""
        self.edit("ats_interviews", interview_id, canceled=True)

    def add_interviewer(self, interview_id: str, user_id: str) -> None:
        """Add a user to an interview."""
        self.link("ats_interviews", interview_id, "user_ids", user_id)

    def remove_interviewer(self, interview_id: str, user_id: str) -> None:
        """Take a user off an interview."""
        self.unlink("ats_interviews", interview_id, "user_ids", user_id)

    def tag_candidate(self, candidate_id: str, tag_id: str) -> None:
        """Put a tag on a candidate."""
        self.link("ats_candidates", candidate_id, "tag_ids", tag_id)

    def untag_candidate(self, candidate_id: str, tag_id: str) -> None:
        """Take a tag off a candidate."""
        self.unlink("ats_candidates", candidate_id, "tag_ids", tag_id)

    # How records are made up

    def _add_whole_job(self) -> str:
        job = self.add_job()
        for _ in range(2):
            self.add_screening_question(job)
        self.add_job_posting(job)
        return job

    def _person(self) -> dict[str, Any]:
        application = self._pick("ats_applications")
        candidate = application and self.own("ats_applications", application)["candidate_id"]
        return {"application_id": application, "candidate_id": candidate}

    def _written(self) -> dict[str, Any]:
        return self._person() | {"author_id": self._pick("ats_users")}

    def _job_role(self) -> dict[str, Any]:
        label = {"remote_id": "1", "remote_label": "Recruiter"}
        return label | {"scope": "JOB", "unified_type": "RECRUITER"}
