"""Made-up properties of assessment records: mostly filled, sometimes null, as tools differ."""

from __future__ import annotations

from kombo_emulator.clock import stamp
from kombo_emulator.values import MadeUp, Values

_PACKAGES = ("Logic", "Video interview", "Typing", "Background check", "References")
_TYPES = ("BEHAVIORAL", "VIDEO_INTERVIEW", "SKILLS_TEST", "BACKGROUND_CHECK", None)
_JOBS = ("Backend engineer", "Account executive", "Data analyst", None)


class AssessmentValues(MadeUp):
    """Draws the own properties of assessment records."""

    def package(self) -> Values:
        """A test that can be ordered."""
        return {
            "name": self._turn("package", _PACKAGES),
            "description": self._one(self._pools.sentences),
            "updated_at": self._mostly("updated", stamp(self._world.now()), every=3),
            "type": self._turn("type", _TYPES),
        }

    def order(self) -> Values:
        """An order for a candidate of a job."""
        statuses = ("OPEN", "OPEN", "COMPLETED", "CANCELLED", "REJECTED")
        return {
            "status": self._turn("status", statuses),
            "created_at": stamp(self._world.now()),
            "candidate": self._candidate(),
            "application": {"remote_id": self._remote_id("application")},
            "job": self._job(),
        }

    def _candidate(self) -> Values:
        first, last, email = self._person("example.org")
        return {
            "remote_id": self._remote_id("candidate"),
            "email": email,
            "first_name": self._mostly("first name", first, every=9),
            "last_name": self._mostly("last name", last, every=10),
            "phone": self._mostly("phone", self._one(self._pools.phones), every=3),
        }

    def _job(self) -> Values:
        first, last, email = self._person("example.com")
        member = {
            "remote_id": self._remote_id("member"),
            "email": self._mostly("member email", email, every=4),
            "first_name": self._mostly("member first name", first, every=6),
            "last_name": self._mostly("member last name", last, every=7),
            "hiring_team_roles": self._turn("role", (["RECRUITER"], ["HIRING_MANAGER"], [])),
        }
        return {
            "remote_id": self._remote_id("job"),
            "name": self._turn("job", _JOBS),
            "job_code": self._mostly("code", f"J-{self._number(10_000):04}", every=3),
            "description": self._mostly("text", self._one(self._pools.sentences), every=3),
            "location": self._mostly("place", self._one(self._pools.places), every=4),
            "hiring_team": self._turn("team", ([member], [member], [])),
        }

    def _remote_id(self, kind: str) -> str | None:
        return self._mostly(f"{kind} id", str(self._number(1_000_000)), every=8)
