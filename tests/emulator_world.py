"""An integration of the emulator in which everything is linked with everything."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from kombo_emulator import AtsIntegration, Behaviour, Emulator, Size

if TYPE_CHECKING:
    import requests

NOW = "2026-11-23T10:00:00Z"
PATHS = {
    "ats_applications": "/ats/applications",
    "ats_attachments": "/ats/attachments",
    "ats_candidates": "/ats/candidates",
    "ats_interviews": "/ats/interviews",
    "ats_jobs": "/ats/jobs",
    "ats_notes": "/ats/notes",
    "ats_offers": "/ats/offers",
    "ats_scorecards": "/ats/scorecards",
    "ats_users": "/ats/users",
}


@dataclass(frozen=True)
class World:
    """An integration in which everything is linked with everything, and the ids in it."""

    ats: AtsIntegration
    url: str
    session: requests.Session
    ids: dict[str, str]

    def get(self, path: str, **params: str) -> requests.Response:
        return self.session.get(self.url + path, params=params, timeout=10)

    def read(self, model: str, **params: str) -> list[dict[str, Any]]:
        """The records that a list answers."""
        answer = self.get(PATHS[model], page_size="250", **params)
        assert answer.status_code == 200, answer.text
        results: list[dict[str, Any]] = answer.json()["data"]["results"]
        return results

    def one(self, model: str) -> dict[str, Any]:
        """The only record of a model that the fixture made, nested records included."""
        wanted = self.ids[model]
        return next(row for row in self.ats.records(model) if row["id"] == wanted)

    def now(self) -> str:
        """The present moment as a parameter."""
        return self.ats.world.clock.now().isoformat().removesuffix("+00:00") + "Z"


def make_world(emulator: Emulator, url: str, session: requests.Session) -> World:
    """Add such an integration to an emulator."""
    name = f"greenhouse:{len(emulator.integrations)}"
    emulator.behaviour = Behaviour()
    emulator.clock.set(NOW)
    ats = emulator.add_integration(name, size=Size.empty())
    ids = {"role": ats.add_role(scope="SYSTEM"), "other_role": ats.add_role(scope="SYSTEM")}
    ids["ats_users"] = ats.add_user(system_role_ids=(ids["role"],))
    ids["other_user"] = ats.add_user()
    ids["tag"], ids["other_tag"] = ats.add_tag(), ats.add_tag()
    ids["stage"], ids["other_stage"] = ats.add_application_stage(), ats.add_application_stage()
    team = {"id": ids["ats_users"], "hiring_team_roles": ["RECRUITER"], "job_roles": []}
    ids["ats_jobs"] = job = ats.add_job(stage_ids=(ids["stage"],), hiring_team_links=(team,))
    ids["question"] = ats.add_screening_question(job)
    ids["posting"] = ats.add_job_posting(job)
    ids["ats_candidates"] = candidate = ats.add_candidate(tag_ids=(ids["tag"],))
    ids["ats_applications"] = application = ats.add_application(
        candidate_id=candidate, job_id=job, current_stage_id=ids["stage"], outcome="PENDING"
    )
    ids["ats_interviews"] = ats.add_interview(
        application_id=application, user_ids=(ids["ats_users"],), title="Talk", canceled=False
    )
    ids["ats_offers"] = ats.add_offer(application_id=application, status="SENT")
    by_user = {"author_id": ids["ats_users"]}
    ids["ats_notes"] = ats.add_note(**by_user)
    ids["ats_scorecards"] = ats.add_scorecard(**by_user)
    ids["ats_attachments"] = ats.add_attachment()
    emulator.clock.advance(seconds=60)
    session.headers.update({"Authorization": "Bearer ks_dev_emulator", "X-Integration-Id": name})
    return World(ats, url, session, ids)
