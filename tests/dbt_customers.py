"""Four customers with different tools for the dbt package, and what Kombo has of them."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass, field
from typing import Any

from kombo_emulator import Emulator, Size

Row = dict[str, Any]

ATS = Size(
    users=5,
    jobs=6,
    application_stages=4,
    candidates=15,
    applications=40,
    interviews=30,
    offers=20,
    scorecards=15,
)
NEITHER_INTERVIEWS_NOR_OFFERS = Size(
    users=3, jobs=3, candidates=8, applications=12, interviews=0, offers=0, scorecards=0
)
DELETED = 3
LONG_AGO = "2026-11-08T09:00:00Z"  # over 14 days before the emulator's clock
FIRST, SECOND = "2026-11-23T10:00:00Z", "2026-11-30T10:00:00Z"
"""When the tap runs."""


@dataclass
class Customers:
    """The emulator, and every version of an application that a run has seen."""

    emulator: Emulator = field(default_factory=lambda: Emulator(now=FIRST))
    versions: dict[tuple[str, str], Row] = field(default_factory=dict)

    def __post_init__(self) -> None:
        """Let each of them have records."""
        self._recruit()
        self._employ()
        self._a_year()
        lms = self.emulator.add_integration("docebo:umbrella", "LMS", Size(courses=9))
        lms.delete("lms_courses", lms.records("lms_courses")[0]["id"])
        lms.delete("lms_course_progressions", lms.records("lms_course_progressions")[0]["id"])
        for integration in self.emulator.integrations.values():
            name = integration.id.partition(":")[2].capitalize()
            integration.details.organization_name = name

    def _recruit(self) -> None:
        """Two recruiting tools, with all that must not count and all that may be unknown."""
        acme = self.emulator.add_integration("greenhouse:acme", "ATS", ATS)
        globex = self.emulator.add_integration("lever:globex", "ATS", NEITHER_INTERVIEWS_NOR_OFFERS)
        globex.details.unsupported.add("ats_offers")
        acme.make("ats_interviews", starting_at=None)
        acme.make("ats_interviews", ending_at=None, starting_at="2026-11-23T00:00:00.000Z")
        late, over = "2026-11-22T23:59:00.000Z", "2026-11-23T00:59:00.000Z"
        acme.make("ats_interviews", starting_at=late, ending_at=over)  # still the week before
        acme.make("ats_applications", job_id=None, current_stage_id=None, outcome=None)
        acme.make("ats_jobs", opened_at="2026-01-05T23:00:00.000Z", closed_at=None, status="OPEN")
        acme.make("ats_jobs", opened_at="2026-01-05T00:00:00.000Z", closed_at=None, status="CLOSED")
        acme.make(
            "ats_jobs", opened_at="2026-01-05T00:00:00.000Z", closed_at="9999-01-01T00:00:00.000Z"
        )
        for model in ("interviews", "applications", "offers", "candidates"):
            long_ago, *rest = [row["id"] for row in acme.records(f"ats_{model}")][:DELETED]
            for one in rest:
                acme.delete(f"ats_{model}", one)
            with self.emulator.clock.at(LONG_AGO):
                acme.delete(f"ats_{model}", long_ago)
        for model in ("jobs", "users"):
            acme.delete(f"ats_{model}", acme.records(f"ats_{model}")[0]["id"])

    def _a_year(self) -> None:
        """Ten months in which people apply, are interviewed and hired, join and leave."""
        ats, hris = (
            self.emulator.integrations[one] for one in ("greenhouse:acme", "workday:initech")
        )
        at, day = self.emulator.clock.at, dt.timedelta(days=1)
        for number in range(10):
            month = dt.datetime(2026, number + 1, 2, 9, tzinfo=dt.UTC)
            for nth in range(3):
                with at(month + nth * day):
                    one = ats.make("ats_applications", outcome="PENDING")
                with at(month + 7 * day):
                    ats.make("ats_interviews", application_id=one, canceled=False)
                if (number + nth) % 3:
                    with at(month + (9 + 7 * nth + number * 5 % 11) * day):
                        ats.make("ats_offers", application_id=one, status="ACCEPTED")
                        ats.edit("ats_applications", one, outcome="HIRED")
            for nth in range(1 + number % 3):
                left = f"2026-10-{3 * number + 1:02}T00:00:00.000Z" if nth else None
                status = "INACTIVE" if left else "ACTIVE"
                hris.make(
                    "hris_employees",
                    start_date=f"{month + nth * day:%Y-%m-%dT00:00:00.000Z}",
                    termination_date=left,
                    employment_status=status,
                )

    def _employ(self) -> None:
        """An HR tool; some first and last days are at the end of a month, to come or unknown."""
        hris = self.emulator.add_integration("workday:initech", "HRIS", Size(employees=30))
        for model in ("hris_employees", "hris_employments"):
            for row in hris.records(model)[:DELETED]:
                hris.delete(model, row["id"])
        for first, last, status in (
            ("2020-02-29", "2020-06-30", "INACTIVE"),
            ("2020-03-01", "2020-06-29", "INACTIVE"),
            ("2020-05-10", "2020-05-01", "INACTIVE"),
            ("2020-04-01", None, "INACTIVE"),
            (None, None, "ACTIVE"),
            ("9999-01-01", None, "PENDING"),
            ("2020-05-01", "9999-01-01", "ACTIVE"),
        ):
            start, end = (one and f"{one}T00:00:00.000Z" for one in (first, last))
            hris.make(
                "hris_employees", start_date=start, termination_date=end, employment_status=status
            )
        known_by_terms = hris.make(
            "hris_employees", start_date=None, termination_date=None, employment_status="LEAVE"
        )
        for effective, kind in (("2021-03-15", "PART_TIME"), ("2022-03-15", "FULL_TIME")):
            hris.make(
                "hris_employments",
                employee_id=known_by_terms,
                effective_date=f"{effective}T00:00:00.000Z",
                employment_type=kind,
            )

    def loaded(self) -> None:
        """Note what a run sees of the applications."""
        for one in self.records("applications", include_deleted=True):
            self.versions[one["id"], one["changed_at"]] = one

    def a_week_later(self) -> None:
        """Move applications to other stages, hire and decline, on different days."""
        self.emulator.clock.set(SECOND)
        acme = self.emulator.integrations["greenhouse:acme"]
        stages = [row["id"] for row in acme.records("ats_application_stages")]
        pending = [
            row["id"]
            for row in acme.records("ats_applications", include_deleted=False)
            if row["outcome"] == "PENDING"
        ]
        for number, one in enumerate(pending[:12]):
            day = dt.datetime(2026, 11, 24 + number % 5, 9, number, tzinfo=dt.UTC)
            with self.emulator.clock.at(day):
                if number % 3:
                    acme.edit(
                        "ats_applications", one, current_stage_id=stages[number % len(stages)]
                    )
                else:
                    acme.edit("ats_applications", one, outcome="HIRED")

    def records(self, stream: str, *, include_deleted: bool = False) -> list[Row]:
        """The records of a stream, of all customers."""
        prefixes = ("hris_", "lms_")
        model = stream if stream.startswith(prefixes) else f"ats_{stream}"
        model = {"hris_groups": "hris_teams"}.get(model, model)
        return [
            {"integration_id": one.id, **row}
            for one in self.emulator.integrations.values()
            if model.startswith(one.category.lower())
            for row in one.records(model, include_deleted=include_deleted)
        ]

    @property
    def names(self) -> dict[str, tuple[str, str]]:
        """The customer and the tool of each integration."""
        return {
            one: (told["end_user"]["organization_name"], told["tool"]["label"])
            for one, told in ((i.id, i.describe()) for i in self.emulator.integrations.values())
        }
