"""An applicant tracking system: its made-up records."""

from __future__ import annotations

from functools import partialmethod
from typing import Any

from typing_extensions import override

from kombo_emulator.integration import Integration

_OF_PERSON = {"ats_notes", "ats_scorecards", "ats_attachments"}
_ROLES = (("1", "Recruiter", "RECRUITER"), (None, None, None))


class AtsIntegration(Integration):
    """An integration of category ATS.

    Links are `system_role_ids` of a user, `stage_ids` and `hiring_team_links` of a job, `tag_ids`
    of a candidate and `user_ids` of an interview.
    """

    add_user = partialmethod(Integration.make, "ats_users")
    add_tag = partialmethod(Integration.make, "ats_tags")
    add_job = partialmethod(Integration.make, "ats_jobs")
    add_candidate = partialmethod(Integration.make, "ats_candidates")
    add_application = partialmethod(Integration.make, "ats_applications")
    add_interview = partialmethod(Integration.make, "ats_interviews")
    add_offer = partialmethod(Integration.make, "ats_offers")

    @override
    def complete(self, model: str, made: dict[str, Any]) -> None:
        known = self.draw.known
        if model in _OF_PERSON and made["application_id"] and made["candidate_id"]:
            application = self.table("ats_applications").rows[made["application_id"]].values
            made["candidate_id"] = application["candidate_id"] or made["candidate_id"]
        elif model == "ats_users":
            roles = self.table("ats_roles").rows
            system = [one for one in known["ats_roles"] if roles[one].values["scope"] == "SYSTEM"]
            made["system_role_ids"] = (self.draw.pick(system),) if system else ()
        elif model == "ats_candidates":
            made["tag_ids"] = made["tag_ids"][: self.draw.integer(3)]
        elif model == "ats_jobs":
            made["stage_ids"] = tuple(known["ats_application_stages"])
            team = self.draw.links("ats_users", 2)
            made["hiring_team_links"] = tuple(self._member(user) for user in team)

    def _member(self, user_id: str) -> dict[str, Any]:
        key, label, kind = self.draw.pick(_ROLES)
        role = {"remote_id": key, "remote_label": label, "scope": "JOB", "unified_type": kind}
        return {"id": user_id, "hiring_team_roles": ["RECRUITER"], "job_roles": [role]}
