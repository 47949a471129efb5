"""An applicant tracking system: its made-up records and the changes that have a name."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from typing_extensions import override

from kombo_emulator.clock import stamp
from kombo_emulator.models import names
from kombo_emulator.seeded import SeededIntegration

_make, _below = SeededIntegration.make, SeededIntegration.make_below
_OF_PERSON = {"ats_notes", "ats_scorecards", "ats_attachments"}


class AtsIntegration(SeededIntegration):
    """An integration of category ATS.

    Links are `system_role_ids` of a user, `stage_ids` and `hiring_team_links` of a job, `tag_ids`
    of a candidate and `user_ids` of an interview.
    """

    CATEGORY = "ATS"
    PLAN = names(
        "ats_roles ats_users ats_tags ats_rejection_reasons ats_application_stages ats_jobs "
        "ats_candidates ats_applications ats_notes ats_attachments ats_offers ats_interviews "
        "ats_scorecards"
    )

    add_role = partialmethod(_make, "ats_roles")
    add_user = partialmethod(_make, "ats_users")
    add_tag = partialmethod(_make, "ats_tags")
    add_rejection_reason = partialmethod(_make, "ats_rejection_reasons")
    add_application_stage = partialmethod(_make, "ats_application_stages")
    add_job = partialmethod(_make, "ats_jobs")
    add_candidate = partialmethod(_make, "ats_candidates")
    add_application = partialmethod(_make, "ats_applications")
    add_interview = partialmethod(_make, "ats_interviews")
    add_offer = partialmethod(_make, "ats_offers")
    add_note = partialmethod(_make, "ats_notes")
    add_scorecard = partialmethod(_make, "ats_scorecards")
    add_attachment = partialmethod(_make, "ats_attachments")
    add_screening_question = partialmethod(_below, "ats_screening_questions", "job_id")
    add_job_posting = partialmethod(_below, "ats_job_postings", "job_id")

    @override
    def complete(self, model: str, made: dict[str, Any]) -> None:
        known = self.draw.known
        if model in _OF_PERSON and made["application_id"] and made["candidate_id"]:
            application = self.own("ats_applications", made["application_id"])
            made["candidate_id"] = application["candidate_id"] or made["candidate_id"]
        elif model == "ats_users":
            roles = known["ats_roles"]
            system = [one for one in roles if self.own("ats_roles", one)["scope"] == "SYSTEM"]
            made["system_role_ids"] = (self.draw.pick(system),) if system else ()
        elif model == "ats_candidates":
            made["tag_ids"] = made["tag_ids"][: self.draw.integer(3)]
        elif model == "ats_jobs":
            made["stage_ids"] = tuple(known["ats_application_stages"])
            team = (self._member(user) for user in self.draw.links("ats_users", 2))
            made["hiring_team_links"] = tuple(team)

    def _member(self, user_id: str) -> dict[str, Any]:
        names = ("remote_id", "remote_label", "scope", "unified_type")
        values = self.draw.pick((("1", "Recruiter", "JOB", "RECRUITER"), (None, None, "JOB", None)))
        role = dict(zip(names, values, strict=True))
        return {"id": user_id, "hiring_team_roles": ["RECRUITER"], "job_roles": [role]}

    @override
    def bring(self, model: str, record_id: str) -> None:
        if model == "ats_jobs":
            for _ in range(2):
                self.add_screening_question(record_id)
            self.add_job_posting(record_id)

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

    def rename_candidate(self, candidate_id: str, **names: Any) -> None:  # noqa: ANN401 - JSON
        """Change the `first_name` or `last_name` given."""
        self.edit("ats_candidates", candidate_id, **names)

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
