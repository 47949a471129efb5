"""How values are made up that are no words: by the name of the property."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from kombo_emulator.clock import milliseconds, stamp
from kombo_emulator.made.words import ANYTHING, CUSTOM_FIELDS, STAGES
from kombo_emulator.rows import DAY, derive_id

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from kombo_emulator.made.draw import Draw

Made = dict[str, Any]

LEVELS = ("Beginner", "Practised", "Expert")
_HOUR = 60 * 60 * 1000
_OPTIONS = (
    {"id": "o1", "remote_id": "y", "name": "Yes"},
    {"id": "o2", "remote_id": None, "name": "Later"},
)
_LABELS = ({"remote_id": "y", "label": "Yes"}, {"remote_id": None, "label": "No"})

# Where a schema holds the properties of several kinds, each record has those of one kind only.

FORMATS: tuple[Made, ...] = (
    {"type": "TEXT", "display_type": "SINGLE_LINE", "max_length": 80},
    {"type": "TEXT", "display_type": None, "max_length": None},
    {"type": "NUMBER", "display_type": "FIELD", "min": 0, "max": 10},
    {"type": "NUMBER", "display_type": "SLIDER", "min": None, "max": None},
    {"type": "FILE", "accepted_mime_types": ["application/pdf"], "max_file_size_bytes": 9000},
    {"type": "FILE", "accepted_mime_types": None, "max_file_size_bytes": None},
    {"type": "SINGLE_SELECT", "display_type": "RADIO", "options": [*_OPTIONS]},
    {"type": "MULTI_SELECT", "options": [*_OPTIONS]},
    {"type": "BOOLEAN"},
    {"type": "DATE"},
    {"type": "INFORMATION"},
    {"type": "UNKNOWN", "raw_question": {"any": ["thing"]}},
)
ANSWERS: tuple[tuple[str, Made], ...] = (
    ("TEXT", {"content": "Gardening"}),
    ("SINGLE_SELECT", {"choice": "Python"}),
    ("MULTI_SELECT", {"choices": ["German", "English"]}),
    ("BOOLEAN", {"checked": True}),
    ("NUMBER", {"number": 7.5}),
    ("DATE", {"date": "2026-01-15T00:00:00.000Z"}),
    ("UNKNOWN", {"raw": {"any": ["thing"]}}),
)
RESPONSES: tuple[tuple[str, Made], ...] = (
    ("TEXT", {"answer": "Would work with them again."}),
    ("SINGLE_SELECT", {"answer": _LABELS[0], "options": [*_LABELS]}),
    ("MULTI_SELECT", {"answer": [*_LABELS], "options": [*_LABELS]}),
    ("BOOLEAN", {"answer": True}),
    ("NUMBER", {"answer": 4}),
    ("DATE", {"answer": "2026-01-15"}),
)
RATINGS: tuple[Made, ...] = (
    {"type": "NUMERIC", "min": 1, "max": 5, "value": 3.5},
    {"type": "SINGLE_SELECT", "ordered_options": ["Below", "Above"], "value": "Above"},
    {"type": "NUMERIC", "min": None, "max": None, "value": None},
    {"type": "SINGLE_SELECT", "ordered_options": None, "value": None},
)


def integration_field(integration_id: str, model: str) -> Made:
    """The field of the tool that a custom field is mapped to."""
    key = CUSTOM_FIELDS[model]
    return {
        "id": derive_id(integration_id, "integration_fields", model, key),
        "key": key,
        "type": "CUSTOM",
        "label": key.replace("_", " ").capitalize(),
    }


def _fields(draw: Draw) -> list[Made]:
    """Fields of the tool, of every JSON type in turn, or none."""
    if draw.number % 3 == 2:  # noqa: PLR2004 - any share will do
        return []
    value = ANYTHING[draw.number % len(ANYTHING)]
    passed = integration_field(draw.id, draw.model) | {"value": value}
    return [passed | {"label": None} if draw.number % 4 else passed]


def _custom(draw: Draw) -> Made:
    """A custom field of every JSON type in turn, or none."""
    if draw.number % 3 == 0:
        return {}
    return {CUSTOM_FIELDS[draw.model]: draw.deal(f"{draw.model} value", ANYTHING)}


def _answers(draw: Draw) -> list[Made]:
    turn = draw.turn("answers")
    kind, answer = ANSWERS[turn % 7]
    answer = dict.fromkeys(answer) if turn % 4 == 1 else answer
    question = {"remote_id": str(turn) if turn % 3 else None, "title": draw.text(), "type": kind}
    return [{"answer": answer, "question": question}][: turn % 5]


def _responses(draw: Draw) -> list[Made]:
    bare, common = draw.number % 2 == 0, {"description": draw.text(), "required": False}
    common |= dict.fromkeys(common) if bare else {}
    return [
        {
            "remote_id": None if bare else str(at),
            "label": f"Question {at}",
            "type": kind,
            **common,
            **answer,
            "answer": None if bare and kind != "SINGLE_SELECT" else answer["answer"],
        }
        for at, (kind, answer) in enumerate(RESPONSES)
    ]


def _scale(draw: Draw) -> Made:
    scale_id = derive_id(draw.id, "scale", str(draw.number))
    common = {"id": scale_id, "remote_id": f"scale-{draw.number}"}
    if draw.number % 2:
        numbers: tuple[int | None, ...] = (1, 5, 1) if draw.number % 4 == 1 else (None, None, None)
        return common | dict(zip(("min", "max", "step"), numbers, strict=True), type="NUMERIC")
    options = [
        {"id": derive_id(scale_id, level), "name": level, "remote_id": level if at else None}
        for at, level in enumerate(LEVELS)
    ]
    return common | {"type": "SINGLE_SELECT", "ordered_options": options}


def _breaks(draw: Draw) -> list[Made]:
    start = draw.now // DAY * DAY + 12 * _HOUR
    times = {"started_at": stamp(start), "ended_at": stamp(start + _HOUR // 2)}
    return [times | {"paid": draw.chance(0.5)}][: draw.number % 4]


def _file(draw: Draw) -> tuple[str, str, str]:
    kinds = (("CV", "cv.pdf"), ("COVER_LETTER", "letter.pdf"), ("OTHER", "portfolio.png"))
    kind, name = kinds[draw.number % 3]
    return kind, name, "image/png" if name.endswith("png") else "application/pdf"


def _money(draw: Draw) -> float:
    return round(draw.integer(9000, -900) + draw.integer(4) / 4, 2)


_VALUES: Mapping[str, Callable[[Draw], Any]] = {
    # People
    "first_name": lambda draw: draw.first,
    "last_name": lambda draw: draw.last,
    "display_full_name holder_name": lambda draw: f"{draw.first} {draw.last}",
    "email work_email": lambda draw: f"{draw.address}@example.com",
    "email_address candidate.email": lambda draw: f"{draw.address}@example.org",
    "personal_email": lambda draw: f"private{draw.number}@example.org",
    "username": lambda draw: draw.address,
    "phone phone_number mobile_phone_number": lambda draw: draw.pick(draw.pools.phones),
    # Nobody's secrets: numbers of people and accounts are zeros with a running number at the end.
    "ssn": lambda draw: f"000-00-{draw.number:04}",
    "tax_id": lambda draw: f"0000000{draw.number:04}",
    "iban": lambda draw: f"DE00 0000 0000 0000 00{draw.number:04}",
    "account_number": lambda draw: f"000000{draw.number:04}",
    "domestic_bank_routing.number": lambda _: "00000000",
    "employee_number": lambda draw: f"E-{draw.number:04}",
    # Places, companies, texts
    "location address home_address": lambda draw: draw.pick(draw.pools.places),
    "hris_locations.name": lambda draw: f"Office {draw.pick(draw.pools.places)['city'] or 'North'}",
    "company hris_legal_entities.name lms_course_providers.name": lambda draw: draw.pick(
        draw.pools.companies
    ),
    "hris_performance_review_cycles.name": lambda draw: f"Review {stamp(draw.now)[:4]}",
    "content_html description_html": lambda draw: f"<p>{draw.text()}</p>",
    "job_code": lambda draw: f"J-{draw.integer(10_000):04}",
    "origin_id": lambda draw: f"course-{draw.number}",
    "remote_id": lambda draw: str(draw.integer(1_000_000)),
    # Files
    "ats_attachments.type": lambda draw: _file(draw)[0],
    "file_name": lambda draw: _file(draw)[1],
    "content_type": lambda draw: _file(draw)[2],
    "content_ref.key": lambda draw: f"{draw.number}/{_file(draw)[1]}",
    "content_ref.bucket": lambda _: "example-attachments",
    # Numbers
    "weekly_hours": lambda draw: draw.pick((20, 37.5, 40)),
    "salary_amount": lambda draw: draw.integer(120, 30) * 1000,
    "pay_rate": lambda draw: draw.integer(120, 36) * 1000,
    "value": _money,
    "balance": lambda draw: draw.integer(30) + 0.5,
    "payable_hours": lambda draw: draw.pick((7, 7.25, 8)),
    "unpaid_break_minutes": lambda draw: draw.pick((0, 60)),
    "index": lambda draw: draw.number,
    # Days and moments
    "created_at": lambda draw: stamp(draw.now),
    "date_of_birth": lambda draw: draw.day(ago=draw.integer(22_000, 7000)),
    "start_date": lambda draw: draw.day(ago=draw.integer(3000, 200)),
    "termination_date": lambda draw: draw.day(ago=draw.integer(60)),
    "effective_date": lambda draw: draw.day(ago=draw.number % 2 * 400),
    "review_period_start_date": lambda draw: draw.day(ago=90),
    "employment_start_date": lambda draw: draw.day(ago=-draw.integer(120, 30)),
    "starting_at": lambda draw: stamp((draw.now + draw.integer(30, 1) * DAY) // _HOUR * _HOUR),
    "hris_absences.start_date": lambda draw: draw.day(ago=-draw.integer(60))[:10],
    "hris_pay_runs.start_date": lambda draw: draw.day(ago=30)[:10],
    "hris_pay_runs.end_date": lambda draw: draw.day()[:10],
    "started_at": lambda draw: stamp(draw.now // DAY * DAY + draw.integer(10, 6) * _HOUR),
    # Of several kinds
    "custom_fields": _custom,
    "integration_fields": _fields,
    "screening_question_answers": _answers,
    "responses": _responses,
    "format": lambda draw: draw.deal("format", FORMATS),
    "precondition_question_id": lambda draw: derive_id(draw.id, "question", str(draw.number - 1)),
    "precondition_options": lambda draw: draw.pick((["o1"], [True])),
    "summary_rating": lambda draw: draw.deal("rating", RATINGS),
    "proficiency_scale": _scale,
    "ordered_levels": lambda _: list(LEVELS),
    "breaks": _breaks,
    "remote_data": lambda _: None,
}

VALUES = {name: make for names, make in _VALUES.items() for name in names.split()}
"""How a value is made, as `model.property`, `object.property` or `property`."""


def _after(moment: str, minutes: int) -> str:
    return stamp(milliseconds(moment) + minutes * 60_000)


def _agree_in_ats(draw: Draw, model: str, made: Made) -> None:
    match model:
        case "ats_roles":
            kind = made["unified_type"]
            made["remote_label"] = kind.replace("_", " ").capitalize()
            made["scope"] = "SYSTEM" if kind in {"ADMIN", "RECRUITER"} else "JOB"
        case "ats_application_stages":
            made["name"] = STAGES[draw.number % len(STAGES)]
        case "ats_jobs":
            made["salary_amount_from"] = made["salary_amount"]
            made["salary_amount_to"] = made["salary_amount"] + 12_000
        case "ats_interviews":
            made["ending_at"] = _after(made["starting_at"], draw.pick((30, 60, 90)))
            made["canceled"] = draw.chance(0.15)
            made["video_conferencing_url" if draw.chance(0.3) else "location"] = None


def _agree_elsewhere(draw: Draw, model: str, made: Made) -> None:
    match model:
        case "hris_employments" if made["pay_period"] == "HOUR":
            made["pay_rate"] = draw.integer(40, 13) + 0.5
        case "hris_absences":
            hours = made["unit"] == "HOURS"
            length = 1 if hours else draw.integer(14, 1)
            made["amount"] = 3.75 if hours else length
            made["end_date"] = _after(made["start_date"], (length - 1) * 24 * 60)[:10]
        case "hris_timesheets":
            made["ended_at"] = _after(made["started_at"], 8 * 60)
            made["approved_at"] = _after(made["ended_at"], 60)
        case "lms_courses" if made["provider_id"] is None:
            made["origin_id"] = None


_ONLY_IF = {
    "ats_jobs": ("status", "CLOSED", ("closed_at",)),
    "ats_applications": ("outcome", "DECLINED", ("rejection_reason_name", "rejected_at")),
    "hris_employees": ("employment_status", "INACTIVE", ("termination_date",)),
    "hris_absences": ("unit", "HOURS", ("start_time", "end_time")),
    "hris_timesheets": ("approval_status", "APPROVED", ("approved_at",)),
    "lms_course_progressions": ("status", "COMPLETED", ("completed_at",)),
}
"""For each model a property, and what is null unless that has one value."""


def agree(draw: Draw, model: str, made: Made) -> None:
    """Make a record of a model agree with itself."""
    _agree_in_ats(draw, model, made)
    _agree_elsewhere(draw, model, made)
    if model in _ONLY_IF:
        name, value, others = _ONLY_IF[model]
        made |= {} if made[name] == value else dict.fromkeys(others)
