"""What of a made-up record depends on another of its properties."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kombo_emulator.clock import milliseconds, stamp
from kombo_emulator.made.words import STAGES

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kombo_emulator.made.draw import Draw

Made = dict[str, Any]


def _after(moment: str, minutes: int) -> str:
    return stamp(milliseconds(moment) + minutes * 60_000)


def _role(_: Draw, made: Made) -> None:
    kind = made["unified_type"]
    made["remote_label"] = kind.replace("_", " ").capitalize()
    made["scope"] = "SYSTEM" if kind in {"ADMIN", "RECRUITER"} else "JOB"


def _stage(draw: Draw, made: Made) -> None:
    made["name"] = STAGES[draw.number % len(STAGES)]


def _job(_: Draw, made: Made) -> None:
    made["salary_amount_from"] = made["salary_amount"]
    made["salary_amount_to"] = made["salary_amount"] + 12_000
    if made["status"] != "CLOSED":
        made["closed_at"] = None


def _application(_: Draw, made: Made) -> None:
    if made["outcome"] != "DECLINED":
        made["rejection_reason_name"] = made["rejected_at"] = None


def _interview(draw: Draw, made: Made) -> None:
    made["ending_at"] = _after(made["starting_at"], draw.pick((30, 60, 90)))
    made["canceled"] = draw.chance(0.15)
    made["video_conferencing_url" if draw.chance(0.3) else "location"] = None


def _employee(_: Draw, made: Made) -> None:
    if made["employment_status"] != "INACTIVE":
        made["termination_date"] = None


def _employment(draw: Draw, made: Made) -> None:
    if made["pay_period"] == "HOUR":
        made["pay_rate"] = draw.integer(40, 13) + 0.5


def _absence(draw: Draw, made: Made) -> None:
    hours = made["unit"] == "HOURS"
    length = 1 if hours else draw.integer(14, 1)
    made["amount"] = 3.75 if hours else length
    made["end_date"] = _after(made["start_date"], (length - 1) * 24 * 60)[:10]
    if not hours:
        made["start_time"] = made["end_time"] = None


def _timesheet(_: Draw, made: Made) -> None:
    made["ended_at"] = _after(made["started_at"], 8 * 60)
    made["approved_at"] = _after(made["ended_at"], 60)
    if made["approval_status"] != "APPROVED":
        made["approved_at"] = None


def _progression(_: Draw, made: Made) -> None:
    if made["status"] != "COMPLETED":
        made["completed_at"] = None


def _course(_: Draw, made: Made) -> None:
    if made["provider_id"] is None:
        made["origin_id"] = None


AGREEMENT: Mapping[str, Callable[[Draw, Made], None]] = {
    "ats_roles": _role,
    "ats_application_stages": _stage,
    "ats_jobs": _job,
    "ats_applications": _application,
    "ats_interviews": _interview,
    "hris_employees": _employee,
    "hris_employments": _employment,
    "hris_absences": _absence,
    "hris_timesheets": _timesheet,
    "lms_courses": _course,
    "lms_course_progressions": _progression,
}
"""Makes a record of a model agree with itself."""
