"""Made-up properties of ATS records: mostly filled, sometimes null, as tools differ."""

from __future__ import annotations

from itertools import cycle
from typing import TYPE_CHECKING

from kombo_emulator.clock import stamp
from kombo_emulator.rows import DAY, derive_id
from kombo_emulator.values import MadeUp, Values

if TYPE_CHECKING:
    from random import Random

    from kombo_emulator.rows import World

STAGES = ("Applied", "Screening", "Phone interview", "Case study", "On-site", "Offer", "Hired")
ROLES = ("RECRUITER", "HIRING_MANAGER", "INTERVIEWER", "COORDINATOR", "SOURCER", "ADMIN")
TAGS = ("High potential", "Referral", "Relocation", "Junior", "Senior", "Speaker", "Alumni")
REASONS = ("Not enough experience", "Withdrew", "Salary", "Position filled", "No answer")
JOBS = ("Backend engineer", "Account executive", "Data analyst", "Nurse", "Designer", "Lawyer")
CUSTOM_FIELDS = (
    ("ats_candidates", "notice_period_weeks"),
    ("ats_applications", "referral_bonus"),
    ("ats_jobs", "cost_center"),
    ("ats_offers", "signing_bonus"),
)
_TITLES = ("Phone screen", "Technical interview", "Culture interview", "Panel", "Final talk")
_SOURCES = ("Referral", "Job board", "Career site", "Agency", None)
_OFFER_STATUSES = ("ACCEPTED", "DECLINED", "SENT", "APPROVED", "DRAFT", "ABANDONED", None)
_OUTCOMES = ("PENDING",) * 6 + ("DECLINED",) * 3 + ("HIRED",)
_HOUR = 60 * 60 * 1000
_FILES = (
    ("CV", "cv.pdf", "application/pdf"),
    ("COVER_LETTER", "letter.pdf", "application/pdf"),
    ("OTHER", "portfolio.png", "image/png"),
)


class AtsValues(MadeUp):
    """Draws the own properties of ATS records."""

    def __init__(self, integration_id: str, world: World, random: Random) -> None:
        """Take names from the pools of the world's seed."""
        super().__init__(integration_id, world, random)
        self._cycles = {
            kind: cycle(names)
            for kind, names in {
                "stage": STAGES,
                "role": ROLES,
                "tag": TAGS,
                "reason": REASONS,
                "job": JOBS,
            }.items()
        }
        self._answers = cycle(_screening_answers())

    def role(self) -> Values:
        """A role, on the whole system or on a job."""
        kind = next(self._cycles["role"])
        label = kind.replace("_", " ").capitalize()
        scope = "SYSTEM" if kind in {"ADMIN", "RECRUITER"} else "JOB"
        return {"remote_label": label, "scope": scope, "unified_type": kind}

    def tag(self) -> Values:
        """A tag."""
        return {"name": next(self._cycles["tag"])}

    def rejection_reason(self) -> Values:
        """A reason to decline an application."""
        return {"name": next(self._cycles["reason"])}

    def application_stage(self, index: int) -> Values:
        """A stage of the recruiting process."""
        name = next(self._cycles["stage"])
        return {"name": name, "index": index, "status": "ACTIVE", "custom_fields": {}}

    def user(self) -> Values:
        """A user of the tool, sometimes without an address."""
        first, last, email = self._person("example.com")
        status = "ACTIVE" if self._chance(0.9) else "INACTIVE"
        email_or_none = email if self._chance(0.95) else None
        return {"first_name": first, "last_name": last, "email": email_or_none, "status": status}

    def job(self) -> Values:
        """A job."""
        number = self._number(10_000)
        salary = self._number(120, 30) * 1000
        opened = stamp(self._world.now())
        return {
            "name": next(self._cycles["job"]),
            "job_code": f"J-{number:04}",
            "description": f"<p>{self._one(self._pools.sentences)}</p>",
            "confidential": False if self._chance(0.8) else None,
            "weekly_hours": self._one((20, 37.5, 40, None)),
            "employment_type": self._one(("FULL_TIME", "PART_TIME", "CONTRACT", "Mini job")),
            "status": self._one(("OPEN", "OPEN", "CLOSED", "DRAFT")),
            "visibility": self._one(("PUBLIC", "INTERNAL", None)),
            "category": self._one(("Engineering", "Sales", None)),
            "department": self._one(("Product", "Operations", "Legal")),
            "post_url": f"{self._site}/posts/{number}",
            "experience_level": self._one(("Junior", "Senior", None)),
            "remote_work_status": self._one(("REMOTE", "HYBRID", "ON_SITE", None)),
            "salary_amount": salary if self._chance(0.3) else None,
            "salary_amount_from": salary,
            "salary_amount_to": salary + 12_000,
            "salary_currency": "EUR",
            "salary_period": "YEAR",
            "location": self._one(self._pools.places),
            "custom_fields": {"cost_center": {"code": number, "name": "Growth"}},
            "integration_fields": self._integration_fields("ats_jobs", "cost_center", number),
            "remote_url": f"{self._site}/jobs/{number}",
            "opened_at": opened,
            **self._remote_times(),
        }

    def screening_question(self, index: int) -> Values:
        """A question of a job's application form."""
        options = [
            {"id": derive_id(self._id, "option", name), "name": name, "remote_id": None}
            for name in ("Yes", "Later")
        ]
        forms = (
            {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": None},
            {"type": "SINGLE_SELECT", "display_type": "RADIO", "options": options},
        )
        title = ("What do you like to do?", "May we keep your data?")[index % 2]
        form = forms[index % 2]
        return {"title": title, "format": form, "index": index, "required": index == 0}

    def job_posting(self) -> Values:
        """A public posting of a job."""
        number = self._number(10_000)
        return {
            "title": self._one(JOBS),
            "description_html": f"<p>{self._one(self._pools.sentences)}</p>",
            "status": "ACTIVE",
            "visibility": "PUBLIC",
            "url": f"{self._site}/posts/{number}",
        }

    def candidate(self) -> Values:
        """A candidate; addresses, networks and fields of one's own are there for some."""
        number = self._number(1_000_000)
        first, last, email = self._person("example.org")
        media = [{"link": f"https://social.example.com/{number}", "type": "SOCIAL"}]
        weeks = self._one((2, 4, 12))
        return {
            "first_name": first,
            "last_name": last,
            "company": self._one(self._pools.companies) if self._chance(0.6) else None,
            "title": self._one(self._pools.titles) if self._chance(0.7) else None,
            "confidential": self._one((True, False, None)),
            "source": self._one(_SOURCES),
            "phone_numbers": [{"phone_number": self._one(self._pools.phones), "type": "HOME"}],
            "email_addresses": [{"email_address": email, "type": "PRIVATE"}],
            "social_media": media if self._chance(0.3) else [],
            "location": self._one(self._pools.places) if self._chance(0.7) else None,
            "custom_fields": {"notice_period_weeks": weeks} if self._chance(0.5) else {},
            "integration_fields": self._integration_fields(
                "ats_candidates", "notice_period_weeks", weeks
            ),
            "remote_url": f"{self._site}/people/{number}",
            **self._remote_times(),
        }

    def application(self) -> Values:
        """An application that is still open, or was declined or won."""
        number = self._number(1_000_000)
        outcome = self._one(_OUTCOMES)
        declined = outcome == "DECLINED"
        return {
            "outcome": outcome,
            "rejection_reason_name": self._one(REASONS) if declined else None,
            "rejected_at": stamp(self._world.now()) if declined else None,
            "screening_question_answers": [next(self._answers)] if self._chance(0.5) else [],
            "custom_fields": {"referral_bonus": 500} if self._chance(0.2) else None,
            "integration_fields": self._integration_fields(
                "ats_applications", "referral_bonus", None
            ),
            "remote_url": f"{self._site}/applications/{number}" if self._chance(0.9) else None,
            **self._remote_times(),
        }

    def interview(self) -> Values:
        """An interview of 30 to 90 minutes, on site or by video."""
        starting = (self._world.now() + self._number(30, 1) * DAY) // _HOUR * _HOUR
        on_site = self._chance(0.3)
        url = None if on_site else f"https://meet.example.com/{self._number(1_000_000)}"
        return {
            "title": self._one(_TITLES),
            "starting_at": stamp(starting),
            "ending_at": stamp(starting + self._one((1, 2, 3)) * _HOUR // 2),
            "location": self._one(self._pools.places) if on_site else None,
            "video_conferencing_url": url,
            "canceled": self._one((False, False, False, False, True, None)),
            **self._remote_times(),
        }

    def offer(self) -> Values:
        """An offer."""
        start = (self._world.now() // DAY + self._number(120, 30)) * DAY
        bonus = self._number(9, 1) * 1000
        return {
            "status": self._one(_OFFER_STATUSES),
            "employment_start_date": stamp(start) if self._chance(0.8) else None,
            "custom_fields": {"signing_bonus": bonus} if self._chance(0.4) else {},
            "integration_fields": self._integration_fields("ats_offers", "signing_bonus", bonus),
            **self._remote_times(),
        }

    def note(self) -> Values:
        """A note on a candidate."""
        text = self._one(self._pools.sentences)
        return {
            "title": self._one(("First impression", "Call", None)),
            "content_html": f"<p>{text}</p>",
            "is_private": self._one((True, False, None)),
            **self._remote_times(),
        }

    def scorecard(self) -> Values:
        """An interviewer's evaluation, sometimes without answers."""
        answers = _responses(self._number(6, 1)) if self._chance(0.8) else None
        return {"responses": answers, **self._remote_times()}

    def attachment(self) -> Values:
        """A candidate's file."""
        kind, name, content_type = self._one(_FILES)
        number = self._number(1_000_000)
        reference = {"bucket": "example-attachments", "key": f"{number}/{name}", "type": "s3"}
        return {
            "type": kind,
            "file_name": name,
            "content_ref": reference if self._chance(0.5) else None,
            "content_type": content_type,
            "data_url": f"https://files.example.com/{number}/{name}",
            **self._remote_times(),
        }

    def _integration_fields(self, model: str, key: str, value: object) -> list[Values]:
        if not self._chance(0.2):
            return []
        return [self._integration_field(model, key, value)]


def _screening_answers() -> list[Values]:
    """One answer of each kind."""
    answers = (
        ("TEXT", {"content": "Gardening"}),
        ("SINGLE_SELECT", {"choice": "Python"}),
        ("MULTI_SELECT", {"choices": ["German", "English"]}),
        ("BOOLEAN", {"checked": True}),
        ("NUMBER", {"number": 7}),
        ("DATE", {"date": "2026-01-15T00:00:00.000Z"}),
        ("UNKNOWN", {"raw": {"any": ["thing"]}}),
    )
    return [
        {
            "answer": answer,
            "question": {"remote_id": str(n), "title": f"Question {n}", "type": kind},
        }
        for n, (kind, answer) in enumerate(answers)
    ]


def _responses(rating: int) -> list[Values]:
    """One answer of each kind that a scorecard knows."""
    options = [{"remote_id": "y", "label": "Yes"}, {"remote_id": "n", "label": "No"}]
    kinds: tuple[tuple[str, Values], ...] = (
        ("TEXT", {"answer": "Would work with them again."}),
        ("SINGLE_SELECT", {"answer": options[rating % 2], "options": options}),
        ("MULTI_SELECT", {"answer": options, "options": options}),
        ("BOOLEAN", {"answer": rating > 3}),  # noqa: PLR2004 - better than the middle of five
        ("NUMBER", {"answer": rating}),
        ("DATE", {"answer": "2026-01-15"}),
    )
    return [
        {
            "remote_id": str(number),
            "label": f"Question {number}",
            "description": None,
            "required": False,
            "type": kind,
            **answer,
        }
        for number, (kind, answer) in enumerate(kinds)
    ]
